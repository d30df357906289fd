"""`vigil replay` and `vigil explain`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.targets import writes_over

if TYPE_CHECKING:
    from pipelines.impact import Impact


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def replay(
        scenes: Annotated[
            list[Path], typer.Argument(help="Scenes of one camera each, as `vigil analyze --record-scenes` writes.")
        ],
        *,
        site: Annotated[Path, typer.Option("--site", "--rules", help="Site file with the rules (TOML).")],
        against: Annotated[
            Path | None, typer.Option(help="Site file in force now: say what would change instead of printing events.")
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Where to write the events; else they are printed.")] = None,
        run: Annotated[str, typer.Option(help="Run id that goes into the event ids.")] = "replay",
    ) -> None:
        """Judge stored scenes again: the same scenes and site file give the same bytes on every machine.

        With --against: which events appear, disappear or change, by rule, before a rule is put in force.
        Exit code 0 when all scenes were judged, 2 when the input cannot be used.
        """
        from pipelines.impact import impact
        from pipelines.replay import replay_lines
        from pipelines.scene_file import write_lines
        from pipelines.site_file import load_site

        if out is not None:
            _spare(out, [*scenes, site], against)
        if against is not None:
            _show(impact(scenes, load_site(site), load_site(against)))
            return
        lines = [line for path in scenes for line in replay_lines(path, site, run)]
        if out is None:
            for line in lines:
                print(line)
        else:
            typer.echo(f"{write_lines(out, lines)} events -> {out}", err=True)

    @app.command()
    def explain(
        scenes: Annotated[Path, typer.Argument(help="Scenes of one camera.")],
        *,
        site: Annotated[Path, typer.Option(help="Site file.")],
        at: Annotated[
            datetime,
            typer.Option(help="The moment, such as 2021-06-12T07:15:20; without a zone it is meant in the facility's time."),
        ],
        camera: Annotated[str | None, typer.Option(help="Camera the scenes must be of.")] = None,
        language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
    ) -> None:
        """Say why there is an event at a moment, or why there is none: every rule, what it judged, and its votes."""
        from pipelines.explain import explained

        console = Console()
        for line in explained(scenes, site, at, camera, language):
            console.print(escape(line), highlight=False, soft_wrap=True)


def _spare(out: Path, given: list[Path], against: Path | None) -> None:
    """Events are written over nothing that they are made from, and where something is compared there are none."""
    from pipelines.errors import BadInput

    if against is not None:
        raise BadInput("--out", "goes with events, and --against prints none", "leave one of the two out")
    if writes_over(out, given):
        raise BadInput(f"--out {out}", "is one of the files that are read", "name another file")


def _show(found: Impact) -> None:
    table = Table("rule", "appear", "disappear", "change", title=f"{found.facility}: {found.unchanged} events unchanged")
    for rule, appearing, disappearing, changed in found.by_rule():
        table.add_row(rule, str(appearing), str(disappearing), str(changed))
    console = Console()
    console.print(table)
    for sign, episodes in (("+", found.appearing), ("-", found.disappearing)):
        for episode in episodes:
            console.print(
                f"{sign} {episode.rule} {episode.camera} {episode.subject} {episode.since} {episode.severity}", highlight=False
            )
    for change in found.changed:
        before, after = change.before, change.after
        console.print(
            f"~ {after.rule} {after.camera} {after.subject} {before.since}..{before.until} {before.severity}"
            f" -> {after.since}..{after.until} {after.severity}",
            highlight=False,
        )
