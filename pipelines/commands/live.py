"""`vigil live` and `vigil up`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from contextlib import ExitStack
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from pipelines.private_folder import make_private
from pipelines.settings import Settings

if TYPE_CHECKING:
    from analyzer.site import Site
    from pipelines.live import Live
    from pipelines.metrics import LiveMetrics
    from pipelines.seeing import SightFactory

EXHAUSTED = 70
SITE = Annotated[
    Path,
    typer.Option(
        help="Site file; its cameras with a source and those added through the service are watched. Changes are taken over."
    ),
]


class PerceptionKind(StrEnum):
    """What looks at the pictures."""

    NETWORKS = "networks"
    SYNTHETIC = "synthetic"  # finds the painted people of synthetic cameras


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def live(
        site: SITE,
        *,
        rate: Annotated[
            float | None,
            typer.Option(min=0.1, max=30, help="Analysed instants a second and camera; from VIGIL_RATE, else 5, when not given."),
        ] = None,
        perception: Annotated[
            PerceptionKind, typer.Option(help="What looks: the shipped networks, or a fake for trials without them.")
        ] = PerceptionKind.NETWORKS,
    ) -> None:
        """Watch the cameras of a site around the clock.

        SIGTERM or Ctrl-C ends within 20 seconds and loses nothing. Exit code 70: perception hung and the process wants to
        be started again (`vigil up` does).
        """
        raise typer.Exit(run(Settings(), site, rate, perception))

    @app.command()
    def up(
        site: SITE,
        *,
        alerts: Annotated[
            Path | None, typer.Option(help="Alerts file (docs/alerts.md): send events by webhook, mail or MQTT as well.")
        ] = None,
        perception: Annotated[
            PerceptionKind, typer.Option(help="What looks: the shipped networks, or a fake for trials without them.")
        ] = PerceptionKind.NETWORKS,
    ) -> None:
        """Watch the cameras, serve the pages and send alerts, all kept running by one supervisor."""
        from pipelines.alert_file import load_channels
        from pipelines.site_file import load_site
        from pipelines.supervisor import Heartbeat, Task, keep, plans_of
        from pipelines.telemetry import configure

        settings = Settings()
        # What cannot be used is said at once, and not by a part that is started again and again.
        plans_of(load_site(site), settings, None)
        if alerts is not None:
            load_channels(alerts)
        configure(settings.log_level)
        vigil = (sys.executable, "-c", "from pipelines.cli import main; main()")
        live_task = Task("live", (*vigil, "live", "--site", str(site), "--perception", perception), Heartbeat(settings.heartbeat))
        tasks = [live_task, Task("serve", (*vigil, "serve"))]
        if alerts is not None:
            tasks.append(Task("alerts", (*vigil, "alerts", str(alerts))))
        raise typer.Exit(0 if keep(tasks, signalled()) else 1)


def signalled() -> threading.Event:
    """Set by SIGTERM and Ctrl-C, as often as they come.

    An event takes a lock, and a second signal in the middle of that would wait for it for ever. So the handler only
    writes into a pipe, and a thread sets the event.
    """
    stopped = threading.Event()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def note(_number: int, _frame: object) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(writing, b"x")

    def follow() -> None:
        os.read(reading, 1)
        stopped.set()

    threading.Thread(target=follow, name="signals", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stopped


def run(settings: Settings, path: Path, rate: float | None, perception: PerceptionKind) -> int:
    """Watch until a signal comes; the exit code."""
    from analyzer.sentences import Language
    from pipelines.disk import Disk
    from pipelines.evidence import EvidenceWriter
    from pipelines.following import Following
    from pipelines.health_memory import HealthMemory
    from pipelines.live import Live
    from pipelines.metrics import LiveMetrics
    from pipelines.seeing import BatchedSeer, Exhausted
    from pipelines.site_file import load_site
    from pipelines.store import Repository, migrate, open_database, place_of
    from pipelines.supervisor import Heartbeat, SiteWatch, alone, plans_of
    from pipelines.telemetry import configure
    from pipelines.thing_memory import ThingFolder

    configure(settings.log_level)
    document = load_site(path)
    plans_of(document, settings, rate)  # what the site file says must be usable before anything is opened
    stopped = signalled()
    watch = SiteWatch(path)
    with ExitStack() as stack:
        make_private(settings.data_dir)
        stack.enter_context(alone(settings.watch))
        database = stack.enter_context(open_database(settings.database))
        migrate(database)
        repository = Repository(database)
        known_as = place_of(settings.database, settings.evidence)
        evidence = stack.enter_context(EvidenceWriter(settings.evidence, repository, Language(settings.language), known_as))
        metrics = LiveMetrics()
        seer = BatchedSeer(factory_of(settings, perception, document.site), metrics.stage)
        following = Following(document, repository, seer, settings, rate)
        origin, zones = following.origin()
        at_work = Live(
            origin,
            repository,
            evidence,
            zones=zones,
            metrics=metrics,
            heartbeat=Heartbeat(settings.heartbeat),
            disk=Disk(settings.data_dir),
            memory=HealthMemory(settings.data_dir / "health"),
            things=ThingFolder(settings.data_dir / "health"),
        )
        if settings.metrics_port is not None:
            _show_figures(metrics, str(settings.host), settings.metrics_port)
        if evidence.reconciled is not None:
            at_work.take_up(evidence.reconciled.lost)
        at_work.reconcile(following.plans().plans)
        threading.Thread(target=_pass_on, args=(stopped, at_work), name="stop", daemon=True).start()
        threading.Thread(target=following.follow, args=(at_work, watch, stopped), name="follow", daemon=True).start()
        try:
            at_work.run()
        except Exhausted:
            return EXHAUSTED
    return 0


def _show_figures(metrics: LiveMetrics, host: str, port: int) -> None:
    from prometheus_client import start_http_server

    from pipelines.errors import BadInput

    try:
        start_http_server(port, host, metrics.registry)
    except OSError as problem:
        said = (problem.strerror or str(problem)).lower()
        raise BadInput(
            f"metrics port {port} of {host}", f"cannot be listened on ({said})", "choose another with VIGIL_METRICS_PORT"
        ) from None


def _pass_on(stopped: threading.Event, at_work: Live) -> None:
    """The wish to stop does not wait for a store that is slow or a site that is being taken over."""
    stopped.wait()
    at_work.stop()


def factory_of(settings: Settings, perception: PerceptionKind, site: Site | None = None) -> SightFactory:
    """Load what looks at the pictures.

    Raises:
        BadInput: the networks cannot be loaded.
    """
    if perception is PerceptionKind.SYNTHETIC:
        from models.synthetic import synthetic_factory

        return synthetic_factory()
    from models.errors import PerceptionError
    from models.perception import PerceptionOptions, load_perception
    from pipelines.errors import BadInput
    from pipelines.linking import link_options

    links = link_options(settings.link_minutes, site, together=True) if site is not None else None

    try:
        options = PerceptionOptions(links=links, still_for=timedelta(minutes=settings.still_minutes))
        factory = load_perception(settings.device, settings.precision, settings.backend, options=options)
    except PerceptionError as error:
        raise BadInput("networks", str(error), "ask vigil doctor, or try --perception synthetic") from error
    for name in factory.absent:
        structlog.get_logger().warning("network.absent", name=name, remedy="vigil doctor names its file")
    return factory
