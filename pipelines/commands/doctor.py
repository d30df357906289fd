"""`vigil doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import Settings

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        *,
        site: Annotated[Path | None, typer.Option(help="Site file whose cameras are called as well.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """Say whether this installation is fit: versions, SQLite, device, weights, database, folders, space, cameras.

        Exit code 0 when everything needed works, 1 when something does not.
        """
        from pipelines.doctor import examine, fit

        findings = examine(Settings(), site)
        if as_json:
            print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        else:
            table = Table(show_header=False, box=None)
            for finding in findings:
                remedy = f"\n[dim]{escape(finding.remedy)}[/]" if finding.remedy else ""
                table.add_row(_MARKS[finding.health], finding.subject, escape(finding.found) + remedy)
            Console().print(table)
        raise typer.Exit(0 if fit(findings) else 1)
