"""`vigil perceive`."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from pipelines.commands.sizes import in_steps
from pipelines.commands.targets import writes_over
from pipelines.settings import Settings

BAD_INPUT, PARTIAL = 2, 3


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def perceive(
        paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Pictures, folders of them, or recordings.")],
        *,
        as_json: Annotated[
            Path | None, typer.Option("--json", help="Write one JSON line a picture into this file; - is the standard output.")
        ] = None,
        every: Annotated[float, typer.Option(min=0.04, help="Seconds between the instants taken from a recording.")] = 1.0,
        size: Annotated[
            int,
            typer.Option(
                min=320, max=1280, callback=in_steps, help="Longer side of the detector's input in pixels, in steps of 32."
            ),
        ] = 640,
        tiles: Annotated[int, typer.Option(min=1, max=4, help="Look at N x N parts as well, for small people.")] = 1,
        precision: Annotated[
            str | None, typer.Option(help="What is computed with: f32, bf16 or auto; from VIGIL_PRECISION, else f32.")
        ] = None,
        backend: Annotated[
            str | None, typer.Option(help="Runtime: openvino, onnxruntime or torch; from VIGIL_BACKEND, else openvino.")
        ] = None,
        device: Annotated[str | None, typer.Option(help="auto, cpu or cuda:N; from VIGIL_DEVICE, else auto.")] = None,
        detector: Annotated[Path | None, typer.Option(help="A YOLOX person network (ONNX) in place of Vigil's own.")] = None,
    ) -> None:
        """Say what is seen in pictures: persons, heads, mask state, PPE, attire.

        Exit code 0: all pictures looked at; 2: none could be; 3: some could not (they are reported and counted).
        """
        settings = Settings()
        code = run(
            paths,
            as_json,
            every=timedelta(seconds=every),
            size=size,
            tiles=tiles,
            precision=precision or settings.precision,
            backend=backend or settings.backend,
            device=device or settings.device,
            detector=detector,
        )
        raise typer.Exit(code)


def run(
    paths: list[Path],
    target: Path | None,
    *,
    every: timedelta,
    size: int = 640,
    tiles: int = 1,
    precision: str = "f32",
    backend: str = "openvino",
    device: str = "auto",
    detector: Path | None = None,
) -> int:
    """Look at everything; returns the exit code."""
    from models.detectors import DetectorOptions
    from models.errors import PerceptionError
    from models.perception import PerceptionOptions, load_perception
    from pipelines.stills import Unread, look_line, stills, unread_line

    console = Console(stderr=True)
    try:
        options = PerceptionOptions(detector=DetectorOptions(longest=size, tiles=tiles))
        factory = load_perception(device, precision, backend, options=options, stand_in=detector)
    except PerceptionError as unfit:
        console.print(f"[red]{escape(str(unfit))}[/]")
        return BAD_INPUT
    perception = factory.for_stills()
    looked = unread = people = 0
    if target is not None and _is_looked_at(target, paths):
        console.print(f"[red]{escape(str(target))}: is what is looked at; name another file after --json[/]", soft_wrap=True)
        return BAD_INPUT
    out = _opened(target, console)
    if out is None:
        return BAD_INPUT
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} pictures"))
    with out, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("looking", total=None)
        for still in stills(paths, every):
            if isinstance(still, Unread):
                unread += 1
                console.print(f"[yellow]{escape(still.file)}: {escape(still.problem)}[/]", soft_wrap=True)
                line = unread_line(still)
            else:
                looked += 1
                line = look_line(still, perception)
                people += len(line["persons"])
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            progress.advance(task)
    console.print(
        f"{looked} pictures, {people} people or heads, {unread} unreadable; "
        f"{factory.backend} {factory.precision}, reads {', '.join(factory.attributes) or 'nothing but boxes'}"
    )
    if unread:
        return PARTIAL if looked else BAD_INPUT
    return 0


def _is_looked_at(target: Path, paths: list[Path]) -> bool:
    """Whether writing there would destroy a picture or recording."""
    from models.pictures import ENDINGS as PICTURES
    from pipelines.sources.checks import ENDINGS as RECORDINGS

    if not target.is_file():
        return False
    media = target.suffix.lower() in PICTURES | RECORDINGS
    return writes_over(target, paths) or (media and any(path.resolve() in target.resolve().parents for path in paths))


def _opened(target: Path | None, console: Console) -> TextIO | None:
    if target is None or str(target) == "-":
        return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("w", encoding="utf-8")
    except OSError as refused:
        console.print(f"[red]{escape(str(target))}: cannot be written: {refused.strerror}[/]")
        return None
