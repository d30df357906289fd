"""`vigil evidence`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.records import Evidence
    from pipelines.store.repository import Repository

CHANGED = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    evidence = typer.Typer(help="The files that show events: verify.", no_args_is_help=True)
    evidence.command()(verify)
    app.add_typer(evidence, name="evidence")


def verify() -> None:
    """Hash every file of evidence and compare it with the database: one line for each that is missing or changed.

    Exit code 0: every file is as it was written; 1: something is missing or changed.
    """
    from pipelines.evidence import verify as mismatches
    from pipelines.store import Repository, migrate, open_database

    settings, console = Settings(), Console()
    with open_database(settings.database) as database:
        migrate(database)
        rows = list(_rows(Repository(database)))
    found = mismatches(settings.evidence, rows)
    for mismatch in found:
        console.print(f"{mismatch.path}: {mismatch.problem}", style="red", markup=False, highlight=False, soft_wrap=True)
    ready = sum(1 for row in rows if row.state.value == "ready")
    console.print(f"{ready} files, {len(found)} missing or changed", highlight=False)
    raise typer.Exit(CHANGED if found else 0)


def _rows(repository: Repository) -> Iterator[Evidence]:
    """Of every event, those of superseded runs as well."""
    from pipelines.records import EventFilter

    for event in repository.every_event(EventFilter(superseded=True)):
        yield from repository.evidence(event.id)
