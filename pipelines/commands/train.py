"""`vigil train`."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from pipelines.commands.sizes import in_steps

BAD_INPUT = 2
_EXPECTED_HOURS = {"mask": 0.8, "ppe": 0.5, "attire": 0.5}


class Task(StrEnum):
    """Which network is trained. Items and attire share one."""

    PERSON = "person"
    MASK = "mask"
    PPE = "ppe"
    ATTIRE = "attire"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def train(
        task: Annotated[Task, typer.Argument(help="Which network; ppe and attire are one network and one run.")],
        *,
        data: Annotated[Path, typer.Option(help="Folder with one folder a data set (see `vigil data check`).")],
        out: Annotated[Path, typer.Option(help="Folder of the run; one that was cut off goes on where it stopped.")],
        checkpoint: Annotated[
            Path | None,
            typer.Option(
                help="Weights to start from: YOLO26n for person, EfficientNet-lite0 for the others; or the shipped .onnx, to go on from it (ppe: its last layers alone)."
            ),
        ] = None,
        teachers: Annotated[Path | None, typer.Option(help="person: folder of the published networks that label.")] = None,
        landmarks: Annotated[Path | None, typer.Option(help="mask: YuNet as ONNX, to make more wrongly worn masks.")] = None,
        people: Annotated[
            Path | None, typer.Option(help="mask: corpus that a run for person wrote (OUT/corpus), to make heads that are none.")
        ] = None,
        held_out: Annotated[str | None, typer.Option(help="mask: a data set to measure on and not to train on.")] = None,
        epochs: Annotated[int, typer.Option(min=1, help="person: passes over the pictures.")] = 14,
        size: Annotated[
            int,
            typer.Option(
                min=320, max=1280, callback=in_steps, help="person: side of the training input in pixels, a multiple of 32."
            ),
        ] = 416,
        imitate: Annotated[
            bool, typer.Option(help="person: learn from what one of the published networks says as well; needs --teachers.")
        ] = False,
        seed: Annotated[int, typer.Option(help="Of everything that is drawn at random.")] = 20,
    ) -> None:
        """Train a network from the data folder to an ONNX file, with curves as PNG and figures as JSON.

        Needs the extra `train`. To ship the result, put the file into models/weights and record it with
        `python -m models.weights pin NAME`.
        """
        console = Console(stderr=True)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=console, show_path=False)])
        from models.errors import PerceptionError

        if not data.is_dir():
            console.print(f"[red]{escape(str(data))}: there is no such folder; check the path[/]")
            raise typer.Exit(BAD_INPUT)
        out.mkdir(parents=True, exist_ok=True)
        try:
            if task is Task.PERSON:
                weights = _person(data, out, checkpoint, teachers, epochs=epochs, size=size, seed=seed, imitate=imitate)
            else:
                console.print(f"expected: about {_EXPECTED_HOURS[task.value]} hours on 2 cores")
                weights = _classifier(
                    task, data, out, checkpoint=checkpoint, landmarks=landmarks, people=people, held_out=held_out, seed=seed
                )
        except (PerceptionError, ModuleNotFoundError) as problem:
            remedy = "; install the extra `train`" if isinstance(problem, ModuleNotFoundError) else ""
            console.print(f"[red]{escape(str(problem))}{remedy}[/]", soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from problem
        console.print(f"{escape(str(weights))} {weights.stat().st_size / 1e6:.1f} MB")


def _person(
    data: Path, out: Path, checkpoint: Path | None, teachers: Path | None, *, epochs: int, size: int, seed: int, imitate: bool
) -> Path:
    from models.training.person import train_person

    resume = (out / "run" / "weights" / "last.pt").is_file()
    report = train_person(
        data, out, epochs=epochs, image_size=size, seed=seed, resume=resume, teachers=teachers, start=checkpoint, imitate=imitate
    )
    return report.weights


def _classifier(
    task: Task,
    data: Path,
    out: Path,
    *,
    checkpoint: Path | None,
    landmarks: Path | None,
    people: Path | None,
    held_out: str | None,
    seed: int,
) -> Path:
    from dataclasses import replace

    from models.errors import AbsentWeights
    from models.training.runs import FURTHER_SCHEDULE, MASK_SCHEDULE, PPE_SCHEDULE, train_mask, train_ppe

    if checkpoint is None:
        raise AbsentWeights("name the weights to start from: --checkpoint FILE (EfficientNet-lite0 of ImageNet)")
    if task is Task.MASK:
        schedule = replace(FURTHER_SCHEDULE if checkpoint.suffix == ".onnx" else MASK_SCHEDULE, seed=seed)
        return train_mask(
            data, out, checkpoint=checkpoint, landmarks=landmarks, people=people, held_out=held_out, schedule=schedule
        )
    return train_ppe(data, out, checkpoint=checkpoint, schedule=replace(PPE_SCHEDULE, seed=seed))
