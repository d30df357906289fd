"""`vigil serve`."""

from __future__ import annotations

import errno
import socket
from typing import Annotated

import typer

from pipelines.errors import BadInput
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
    """Start the service in this process; returns when it is stopped.

    Raises:
        BadInput: nothing can listen on the host and port.
    """
    import uvicorn

    configure(settings.log_level)
    shown, number = host or str(settings.host), port or settings.port
    _check(shown, number)
    print(f"Review page: http://{f'[{shown}]' if ':' in shown else shown}:{number}/", flush=True)
    # By name, not by import: the service is the upper layer (docs/adr/0001).
    uvicorn.run(
        "api.app:serve_app",
        factory=True,
        host=shown,
        port=number,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        # Without them the server would believe a header that anybody on this machine can write.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_STOP_WITHIN,
    )


def _check(host: str, port: int) -> None:
    """Bind as the service will, and let go: it says only after the start, in lines of its own, that it cannot."""
    try:
        _bind(host, port)
    except (socket.gaierror, UnicodeError):
        raise BadInput(f"host {host}", "cannot be resolved", "choose another with --host, such as 127.0.0.1") from None
    except OSError as problem:
        match problem.errno:
            case errno.EADDRINUSE:
                raise BadInput(f"port {port}", "is in use", "choose another with VIGIL_PORT") from None
            case errno.EACCES:
                raise BadInput(f"port {port}", "is not for this account", "choose one above 1023 with --port") from None
            case errno.EADDRNOTAVAIL:
                raise BadInput(f"host {host}", "is no address of this machine", "choose another with --host") from None
            case _:
                raise BadInput(
                    f"host {host}, port {port}", f"cannot be listened on ({problem})", "choose others with --host and --port"
                ) from None


def _bind(host: str, port: int) -> None:
    """On every address of the host, as the server of asyncio does."""
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family is socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(place)
