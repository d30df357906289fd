"""`vigil camera`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.readiness import HeadFinder

UNFIT = 3


def register(app: typer.Typer) -> None:
    """Add the commands."""
    camera = typer.Typer(help="Look at single cameras.", no_args_is_help=True)
    app.add_typer(camera, name="camera")

    @camera.callback()
    def _camera() -> None:
        """Look at single cameras."""

    @camera.command()
    def check(
        address: Annotated[str, typer.Argument(metavar="URL", help="rtsp://, http:// ...; ${env:NAME} stands for a secret.")],
        *,
        seconds: Annotated[float, typer.Option(min=3, max=600, help="How long to look.")] = 10.0,
        people: Annotated[
            bool, typer.Option("--people", help="Measure the heads of people who walk by, with the networks.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Say whether a camera is fit: connection, access, codec, size, rate, damage, picture, height of heads.

        Not measured: the camera's own clock. Exit code 0: fit, perhaps with remarks; 2: bad address; 3: not fit.
        """
        raise typer.Exit(run(Settings(), address, seconds, people=people, as_json=as_json))


def run(settings: Settings, text: str, seconds: float, *, people: bool, as_json: bool) -> int:
    """Measure, print, and give the exit code."""
    from pipelines.readiness import Grade, judge, look
    from pipelines.sources.address import destination, parse_address

    address = parse_address(text, "URL")
    try:
        destination(address, "URL", loopback=settings.allow_loopback_cameras)
    except OSError as error:
        Console(stderr=True).print(f"the host cannot be resolved: {error}", highlight=False)
    sheet = judge(
        address, look(address, seconds, loopback=settings.allow_loopback_cameras, heads=_heads(settings) if people else None)
    )
    if as_json:
        print(json.dumps({**asdict(sheet), "verdict": sheet.verdict}, ensure_ascii=False, indent=2))
    else:
        table = Table("point", "measured", "asked", "grade", title=escape(sheet.source))
        colours = {Grade.PASS: "green", Grade.WARN: "yellow", Grade.FAIL: "red", Grade.NOT_MEASURED: "dim"}
        for one in sheet.findings:
            table.add_row(one.point, escape(one.measured), one.asked, f"[{colours[one.grade]}]{one.grade}[/]")
        console = Console()
        console.print(table)
        console.print(f"verdict: [{colours[sheet.verdict]}]{sheet.verdict}[/]")
    return UNFIT if sheet.verdict is Grade.FAIL else 0


def _heads(settings: Settings) -> HeadFinder:
    from collections.abc import Sequence

    from analyzer.types import Label
    from models.frame import Frame
    from models.perception import load_perception

    detector = load_perception(settings.device, settings.precision, settings.backend).detector

    def find(frames: Sequence[Frame]) -> list[list[float]]:
        return [
            [one.box.height for one in detector.detect([frame])[0] if one.label is Label.HEAD and one.score >= 0.5]
            for frame in frames
        ]

    return find
