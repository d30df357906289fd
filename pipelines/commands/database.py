"""`vigil database`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.errors import BadInput, StoreError
from pipelines.settings import Settings

DAMAGED = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    database = typer.Typer(help="The database: back up, check.", no_args_is_help=True)
    database.command()(backup)
    database.command()(check)
    app.add_typer(database, name="database")


def backup(target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; must not exist yet.")]) -> None:
    """Copy the SQLite database while it is in use, and check the copy.

    Copying the file by other means silently loses what is still in its log. PostgreSQL is backed up by pg_dump.
    Exit code 0: copied; 1: the copy is damaged, which the database then is too; 2: bad input.
    """
    from pipelines.store.backup import back_up
    from pipelines.store.database import sqlite_path

    source = sqlite_path(Settings().database)
    if source is None:
        raise BadInput("database", "is PostgreSQL", "back it up with pg_dump")
    if not source.exists():
        raise BadInput(str(source), "is not there yet", "nothing needs a backup before the first use")
    if target.exists():
        raise BadInput(str(target), "is there already", "name a new file")
    target.resolve().parent.mkdir(parents=True, exist_ok=True)
    try:
        back_up(source, target.resolve())
    except StoreError as refusal:
        _complain(str(refusal))
        raise typer.Exit(DAMAGED) from refusal
    Console().print(f"{escape(str(target))}: {target.stat().st_size / 1e6:.1f} MB, checked", highlight=False)


def check() -> None:
    """Check the database: pages, references between rows, schema, and the chain of the audit log.

    Exit code 0: whole; 1: damaged (each fault is one line); 2: bad input.
    """
    from pipelines.store import open_database
    from pipelines.store.database import require_database
    from pipelines.store.integrity import faults
    from pipelines.store.migration import filled

    address = Settings().database
    require_database(address)
    with open_database(address) as opened:
        filled(opened)
        found = faults(opened)
    for fault in found:
        _complain(fault)
    if found:
        raise typer.Exit(DAMAGED)
    Console().print("whole", highlight=False)


def _complain(line: str) -> None:
    Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)
