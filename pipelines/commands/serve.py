"""`vigil serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.settings import Settings
from pipelines.telemetry import configure


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        host: Annotated[
            str | None, typer.Option(help="Address to listen on; from VIGIL_HOST, else 127.0.0.1 (this machine only).")
        ] = None,
        port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; from VIGIL_PORT, else 8400.")] = None,
    ) -> None:
        """Serve the API and the review page over the database and the evidence folder.

        The first start prints the password of the account `admin` once. Ctrl-C stops it.
        """
        run(Settings(), host, port)


_STOP_WITHIN = 10
"""Seconds for requests that are being answered; a client that follows the events would otherwise hold up every stop."""


def run(settings: Settings, host: str | None = None, port: int | None = None) -> None:
    """Start the service in this process; returns when it is stopped."""
    import uvicorn

    configure(settings.log_level)
    shown = host or str(settings.host)
    print(f"Review page: http://{f'[{shown}]' if ':' in shown else shown}:{port or settings.port}/", flush=True)
    # By name, not by import: the service is the upper layer (docs/adr/0001).
    uvicorn.run(
        "api.app:serve_app",
        factory=True,
        host=host or str(settings.host),
        port=port or settings.port,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_WITHIN,
    )
