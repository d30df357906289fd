"""`vigil gates`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.live import PerceptionKind, factory_of
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.plan import Job
    from pipelines.rehearsal import Comparison, Part
    from pipelines.seeing import SightFactory

PARTIAL = 3


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def gates(
        recordings: Annotated[
            list[str], typer.Argument(metavar="[CAMERA=]PATH...", help="Recordings, or folders of them, of the cameras meant.")
        ],
        *,
        site: Annotated[
            Path | None,
            typer.Option(help="Site file, for its rules; without it, somebody in the picture for three seconds is an event."),
        ] = None,
        rate: Annotated[float, typer.Option(min=0.1, max=30, help="Analysed instants a second.")] = 5.0,
        seconds: Annotated[float, typer.Option(min=0, help="Of each recording; 0: all of it.")] = 0.0,
        perception: Annotated[
            PerceptionKind, typer.Option(help="The shipped networks, or a fake for painted people.")
        ] = PerceptionKind.NETWORKS,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Measure what the activity gates of the live pipeline would miss on recordings: person-seconds and events.

        Each recording is watched as a live camera is, and once more with every asked picture looked at, faster than real time.
        What the gates of running cameras miss is sampled all the time: see `vigil coverage` and the page of coverage. Exit
        code 3: some recordings could not be read.
        """
        factory = factory_of(Settings(), perception)
        raise typer.Exit(run(recordings, site, factory, rate=rate, seconds=seconds, as_json=as_json))


def run(recordings: list[str], site: Path | None, factory: SightFactory, *, rate: float, seconds: float, as_json: bool) -> int:
    """Measure and print; the exit code."""
    from pipelines.errors import BadInput
    from pipelines.plan import make_plan
    from pipelines.rehearsal import Part
    from pipelines.site_file import load_site
    from pipelines.site_records import camera_records

    document = load_site(site) if site is not None else None
    plan = make_plan(recordings, camera_records(document.site) if document is not None else None)
    refused = list(plan.refused)
    found: list[tuple[Job, Comparison]] = []
    for job in plan.jobs:
        part = Part(document.site, job.camera) if document is not None else None
        try:
            found.append((job, measured(job.path, factory, rate, seconds, part)))
        except BadInput as problem:
            refused.append(problem)
    for one in refused:
        Console(stderr=True).print(f"[yellow]{escape(f'{one.place}: {one.problem}; {one.remedy}')}[/]", soft_wrap=True)
    if not found:
        raise BadInput("recordings", "none could be measured", "name recordings with people in them")
    _print_json(found) if as_json else _print(found)
    return PARTIAL if refused else 0


def measured(path: Path, factory: SightFactory, rate: float, seconds: float, part: Part | None) -> Comparison:
    """Watch a recording as a camera is watched, and once more with neither gates nor pace."""
    from pipelines.rehearsal import compare, length_of, run_live

    length = length_of(path)
    wanted = min(seconds, length) if seconds else length
    gated, ungated = (run_live(path, factory, rate=rate, seconds=wanted, gated=on, paced=on, part=part) for on in (True, False))
    return compare(gated, ungated)


def _print_json(found: list[tuple[Job, Comparison]]) -> None:
    rows = [
        {
            "recording": str(job.path),
            "camera": job.camera,
            "person_seconds": round(one.person_seconds, 2),
            "missed_person_seconds": round(one.missed_seconds, 2),
            "events": one.events,
            "missed_events": one.missed_events,
            "judged": one.judged,
            "judged_without_gates": one.judged_ungated,
        }
        for job, one in found
    ]
    print(json.dumps(rows, ensure_ascii=False, indent=2))


def _print(found: list[tuple[Job, Comparison]]) -> None:
    table = Table("camera", "recording", "person-seconds", "missed", "events", "missed", "pictures judged", "without gates")
    for job, one in found:
        share = "-" if one.missed_share is None else f"{one.missed_seconds:.1f} ({one.missed_share:.1%})"
        row = (job.camera, job.path.name, f"{one.person_seconds:.1f}", share, one.events, one.missed_events)
        table.add_row(*(escape(str(text)) for text in row), str(one.judged), str(one.judged_ungated))
    Console().print(table)
    seconds, missed = sum(one.person_seconds for _, one in found), sum(one.missed_seconds for _, one in found)
    events, lost = sum(one.events for _, one in found), sum(one.missed_events for _, one in found)
    share = f"{missed / seconds:.1%}" if seconds else "-"
    Console().print(f"missed {missed:.1f} of {seconds:.1f} person-seconds ({share}) and {lost} of {events} events")
