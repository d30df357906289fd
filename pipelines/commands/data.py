"""`vigil data`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.targets import refuse_placeless
from pipelines.errors import BadInput

BAD_INPUT, DEFECTS = 2, 3
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    data = typer.Typer(help="Data sets: cards, checks.", no_args_is_help=True)
    app.add_typer(data, name="data")

    @data.callback()
    def choose() -> None:
        """Data sets: cards, checks."""

    @data.command()
    def check(
        root: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with one folder a data set.")],
        *,
        as_json: Annotated[Path | None, typer.Option("--json", help="Write the whole report into this file.")] = None,
    ) -> None:
        """Verify every data set that has a card: files, hashes, pictures, labels, near-duplicates.

        Exit code 0: all present, unchanged and sound; 2: bad input; 3: something is missing or wrong.
        """
        from dataclasses import asdict

        from models.errors import PerceptionError
        from models.training.corpus import check_corpora

        console = Console()
        if not root.is_dir():
            Console(stderr=True).print(f"[red]{escape(str(root))}: there is no such folder; check the path[/]")
            raise typer.Exit(BAD_INPUT)
        try:
            refuse_placeless(as_json)
            reports = check_corpora(root)
        except (BadInput, PerceptionError) as unfit:
            Console(stderr=True).print(f"[red]{escape(str(unfit))}[/]", soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from unfit
        table = Table("set", "pictures", "boxes", "copies", "state", title="Data sets")
        for report in reports:
            state = "as the card says" if report.unchanged else "changed" if report.present else "absent"
            table.add_row(report.name, str(report.pictures), str(report.boxes), str(report.copies), state)
        console.print(table)
        for report in reports:
            for defect in report.defects[:_SHOWN]:
                console.print(f"[yellow]{report.name}: {escape(str(defect))}[/]", soft_wrap=True)
            if len(report.defects) > _SHOWN:
                console.print(f"[yellow]{report.name}: {len(report.defects) - _SHOWN} more defects; see --json[/]")
        if as_json is not None:
            as_json.write_text(
                json.dumps([asdict(one) for one in reports], ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
        sound = all(report.present and report.unchanged and not report.defects for report in reports)
        raise typer.Exit(0 if sound else DEFECTS)
