"""`vigil alerts`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipelines.settings import Settings

_PACE = 2.0  # s
_NEWS = timedelta(hours=1)
"""What is not older is told at the first start as well: cameras and alerts may have been started one after the other."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def alerts(
        config: Annotated[Path, typer.Argument(help="File that names webhooks, mail and MQTT (docs/alerts.md).")],
        *,
        once: Annotated[bool, typer.Option("--once", help="Send what waits and end.")] = False,
        history: Annotated[
            bool, typer.Option("--history", help="At the first start, send as well what was stored more than an hour ago.")
        ] = False,
        test: Annotated[
            bool,
            typer.Option("--test", help="Send a test message to every channel and end; exit code 3 when one does not take it."),
        ] = False,
    ) -> None:
        """Tell others about events as they are stored: webhooks, mail, MQTT, at least once each."""
        if test:
            raise typer.Exit(code=3 if _try(config) else 0)
        run(Settings(), config, once=once, history=history)


def _try(config: Path) -> int:
    """Say how each channel takes a test message; how many do not."""
    from datetime import UTC, datetime

    from pipelines.alert_file import load_channels
    from pipelines.alerts import tried

    outcome = tried(load_channels(config), datetime.now(UTC))
    for name, problem in outcome.items():
        typer.echo(f"{name}: {problem or 'sent'}", err=bool(problem))
    return sum(1 for problem in outcome.values() if problem)


def run(settings: Settings, config: Path, *, once: bool, history: bool = False) -> None:
    """Relay until a signal comes. At the first start what is old is passed over, unless its ``history`` is asked for."""
    from datetime import UTC, datetime

    import structlog

    from pipelines.alert_file import load_channels
    from pipelines.alert_memory import Taken
    from pipelines.alerts import Relay
    from pipelines.commands.live import signalled
    from pipelines.errors import StoreError
    from pipelines.store import Repository, migrate, open_database
    from pipelines.telemetry import configure

    configure(settings.log_level)
    channels = load_channels(config)
    stopped = signalled()
    with open_database(settings.database) as database:
        migrate(database)
        repository = Repository(database)
        now = datetime.now(UTC)
        first = first_start(settings.alerts.with_name("alerts.started"))
        if first and not history and (old := repository.pass_over_history(now - _NEWS, now)):
            structlog.get_logger().warning("alerts.history_passed_over", count=old)
        relay = Relay(repository, channels, Taken(settings.alerts))
        while not stopped.is_set():
            try:
                relay.round(datetime.now(UTC))
            except StoreError as error:
                structlog.get_logger().error("store.unavailable", error=str(error))
            if once:
                return
            stopped.wait(_PACE)


def first_start(marker: Path) -> bool:
    """Whether alerts were never started before; noted at once. What waits at a later start waits for a channel that was away, however old it is."""
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch(exist_ok=False)
    except OSError:  # there already; or it cannot be noted, and then nothing is passed over: noise loses nothing
        return False
    return True
