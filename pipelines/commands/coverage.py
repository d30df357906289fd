"""`vigil coverage`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines.commands.instants import plausible
from pipelines.settings import Settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipelines.coverage import CoverageSummary
    from pipelines.looks import LookHour
    from pipelines.records import CoverageInterval
    from pipelines.sla import ConnectionReport, FacilityReport


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def coverage(
        camera: Annotated[str, typer.Argument(help="Id of the camera, as in the site file.")],
        *,
        day: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="Day in the facility's time, such as 2021-06-12; today when not given."),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Say what a camera watched on a day, what it did not and why, how its connection was, and what its gates missed.

        Time that was not watched is not compliant time. The parts add up to the day exactly.
        """
        show(Settings(), camera, plausible("--day", day), as_json=as_json)

    @app.command()
    def connection(
        *,
        since: Annotated[
            datetime | None,
            typer.Option(
                help="Begin, such as 2021-06-12 or 2021-06-12T07:15:00, in the facility's time; a day before the end when not given."
            ),
        ] = None,
        until: Annotated[datetime | None, typer.Option(help="End, in the same form; now when not given.")] = None,
        facility: Annotated[str | None, typer.Option(help="Id of the facility; needed when there are several.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Say how well a facility and its cameras were connected over a period.

        Uptime, outages with their causes, the longest one, mean time to repair and between failures. A line that failed is
        one incident. Also lists the cameras whose zones have to be drawn again.
        """
        show_connection(Settings(), facility, plausible("--since", since), plausible("--until", until), as_json=as_json)


def show_connection(
    settings: Settings, name: str | None, since: datetime | None, until: datetime | None, *, as_json: bool
) -> None:
    """Print the report of one facility."""
    from zoneinfo import ZoneInfo

    from pipelines.connection import connection_document, connection_of
    from pipelines.errors import BadInput
    from pipelines.redrawing import open_redrawings
    from pipelines.store import Repository, open_database
    from pipelines.store.database import require_database
    from pipelines.store.migration import require_schema

    require_database(settings.database)
    with open_database(settings.database) as database:
        require_schema(database)
        repository = Repository(database)
        known = repository.facilities()
        chosen = [one for one in known if name in {None, one.id}]
        if len(chosen) != 1:
            ids = ", ".join(one.id for one in known) or "none"
            raise BadInput(f"facility {name or ''}".strip(), f"{len(chosen)} facilities fit", f"name one with --facility: {ids}")
        zone, now = ZoneInfo(chosen[0].timezone), datetime.now(UTC)
        end = min(until.replace(tzinfo=until.tzinfo or zone).astimezone(UTC), now) if until else now
        begin = since.replace(tzinfo=since.tzinfo or zone).astimezone(UTC) if since else end - timedelta(days=1)
        if begin >= end:
            raise BadInput("--since", "does not lie before the end of the period", "give an earlier time")
        report = connection_of(repository, chosen[0].id, begin, end, now)
        tasks = open_redrawings(repository, now)
    if as_json:
        document = connection_document(report) | {
            "redraw": [{"camera": task.camera, "moved_at": task.moved_at.isoformat()} for task in tasks]
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _print_connection(report, zone)
    for task in tasks:
        Console().print(f"draw the zones of {task.camera} again: moved since {task.moved_at.astimezone(zone):%Y-%m-%d %H:%M}")


def _print_connection(report: FacilityReport, zone: ZoneInfo) -> None:
    console = Console()
    table = Table("camera", "uptime", "outages", "longest", "mean repair", "mean between")
    rows: list[tuple[str, ConnectionReport | FacilityReport, int]] = [
        *((one.camera, one, len(one.outages)) for one in report.cameras),
        ("facility (at least one camera)", report, len(report.incidents)),
    ]
    for label, one, count in rows:
        uptime = "-" if one.uptime is None else f"{one.uptime:.3%}"
        means = ("-" if length is None else _length(length) for length in (one.mttr, one.mtbf))
        table.add_row(label, uptime, str(count), _length(one.longest), *means)
    console.print(table)
    for incident in report.incidents:
        when = f"{incident.start.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        console.print(f"{when}  {_length(incident.duration)}  {incident.cause}  {', '.join(incident.cameras)}")


def show(settings: Settings, name: str, day: datetime | None, *, as_json: bool) -> None:
    """Print the ledger of a day; a day that is not over ends now."""
    from zoneinfo import ZoneInfo

    from analyzer.types import CameraId
    from pipelines.coverage import day_bounds, filled, summed, told_until
    from pipelines.errors import BadInput, NotFound
    from pipelines.looks import added_up
    from pipelines.sla import report
    from pipelines.store import Repository, open_database
    from pipelines.store.database import require_database
    from pipelines.store.migration import require_schema

    require_database(settings.database)
    with open_database(settings.database) as database:
        require_schema(database)
        repository = Repository(database)
        try:
            camera = repository.camera(CameraId(name))
        except NotFound:
            known = ", ".join(one.id for one in repository.cameras()) or "none"
            raise BadInput(f"camera {name}", "is not known", f"name one of: {known}") from None
        zone = ZoneInfo(repository.facility(camera.facility).timezone)
        now = datetime.now(UTC)
        since, until = day_bounds((day or now.astimezone(zone)).date(), zone)
        until = max(since, min(until, now))
        written = repository.coverage(camera.id, since, until)
        intervals = filled(written, camera.id, since, told_until([written], until, now))
        looks = added_up(camera.id, since, repository.looks(camera.id, since.astimezone(UTC), until.astimezone(UTC)))
    summary, connection = summed(intervals), report(camera.id, intervals)
    if as_json:
        print(json.dumps(_as_json(intervals, summary, connection) | _look_figures(looks), ensure_ascii=False, indent=2))
    else:
        _print(intervals, summary, connection, zone)
        if looks.judged:
            Console().print(
                f"looked at {looks.judged} pictures, {looks.asked:.0f} at the asked rate; in {looks.misses} of {looks.audits} looks while "
                f"the gates slept there was somebody: at most {looks.missed_seconds:.1f} person-seconds missed"
            )


def _look_figures(looks: LookHour) -> dict[str, object]:
    return {
        "gate_audits": looks.audits,
        "gate_misses": looks.misses,
        "missed_person_seconds": looks.missed_seconds,
        "judged": looks.judged,
        "asked": looks.asked,
    }


def _as_json(
    intervals: tuple[CoverageInterval, ...], summary: CoverageSummary, connection: ConnectionReport
) -> dict[str, object]:
    def seconds(length: timedelta | None) -> float | None:
        return None if length is None else length.total_seconds()

    return {
        "intervals": [
            {"start": one.start.isoformat(), "end": one.end.isoformat(), "state": one.state, "reason": one.reason}
            for one in intervals
        ],
        "total_s": seconds(summary.total),
        "live_s": seconds(summary.live),
        "degraded_s": seconds(summary.degraded),
        "gaps_s": {reason: seconds(length) for reason, length in summary.gaps},
        "qualities_s": {quality: seconds(length) for quality, length in summary.qualities},
        "uptime": connection.uptime,
        "outages": len(connection.outages),
        "longest_outage_s": seconds(connection.longest),
        "mttr_s": seconds(connection.mttr),
        "mtbf_s": seconds(connection.mtbf),
        "planned_s": seconds(connection.planned),
    }


def _print(
    intervals: tuple[CoverageInterval, ...], summary: CoverageSummary, connection: ConnectionReport, zone: ZoneInfo
) -> None:
    console = Console()
    table = Table("from", "to", "length", "state", "reason")
    for one in intervals:
        start, end = one.start.astimezone(zone), one.end.astimezone(zone)
        table.add_row(f"{start:%H:%M:%S}", f"{end:%H:%M:%S}", _length(one.duration), one.state, one.reason or "")
    console.print(table)
    share = "-" if summary.share is None else f"{summary.share:.2%}"
    console.print(f"watched {share} of {_length(summary.total)} (of it degraded {_length(summary.degraded)})")
    console.print("; ".join(f"{quality} {_length(length)}" for quality, length in summary.qualities))
    uptime = "-" if connection.uptime is None else f"{connection.uptime:.2%}"
    mttr = "-" if connection.mttr is None else _length(connection.mttr)
    console.print(
        f"uptime {uptime}, {len(connection.outages)} outages, longest {_length(connection.longest)}, mean repair {mttr}"
    )


def _length(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
