"""`vigil evaluate`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.sizes import in_steps
from pipelines.commands.targets import refuse_placeless
from pipelines.settings import Settings

BAD_INPUT, PARTIAL = 2, 3
_WIDE = 160


class Task(StrEnum):
    """What is measured."""

    MASK = "mask"
    PERSON = "person"
    PPE = "ppe"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def evaluate(
        task: Annotated[Task, typer.Argument(help="What is measured: mask states, people and heads, or PPE and attire.")],
        *,
        images: Annotated[Path, typer.Option(help="Folder of pictures.")],
        labels: Annotated[Path | None, typer.Option(help="Folder of label files in YOLO format, of the same names.")] = None,
        classes: Annotated[
            str, typer.Option(help="Names of the class numbers, separated by commas, or a file with one a line.")
        ] = "",
        labels_csv: Annotated[
            Path | None,
            typer.Option(
                "--labels-csv",
                help="PPE instead: flags of pictures (filename, gown, ...) or people (set, picture, x1 ... attire).",
            ),
        ] = None,
        weights: Annotated[str | None, typer.Option(help="Entry of weights.toml; the shipped one if not given.")] = None,
        peer: Annotated[list[str] | None, typer.Option(help="Also run this peer on the same pictures; may be repeated.")] = None,
        peer_files: Annotated[Path | None, typer.Option(help="Folder with the files of the peers; they are not shipped.")] = None,
        source: Annotated[
            str | None, typer.Option(help="Name of the source, where file names do not begin with it and __.")
        ] = None,
        size: Annotated[
            int,
            typer.Option(
                min=320, max=1280, callback=in_steps, help="Longer side of the detector's input in pixels, in steps of 32."
            ),
        ] = 640,
        tiles: Annotated[int, typer.Option(min=1, max=4, help="Look at N x N parts as well.")] = 1,
        backend: Annotated[
            str | None, typer.Option(help="Runtime: openvino, onnxruntime or torch; from VIGIL_BACKEND, else openvino.")
        ] = None,
        precision: Annotated[
            str | None, typer.Option(help="What is computed with: f32, bf16 or auto; from VIGIL_PRECISION, else f32.")
        ] = None,
        as_json: Annotated[Path | None, typer.Option("--json", help="Write the whole report into this file.")] = None,
    ) -> None:
        """Measure a network on labelled pictures: per class, source and height, with 95 % intervals.

        Pictures or labels that cannot be used are reported with file and line, and the rest goes on.
        Exit code 0: everything used; 2: bad input; 3: measured, but something could not be used.
        """
        from models.errors import PerceptionError
        from pipelines.errors import BadInput
        from pipelines.measuring import Material, Means, class_names, measure

        settings, console = Settings(), Console()
        if not console.is_terminal:
            console = Console(width=_WIDE)  # a file has no edge at which to cut figures
        try:
            refuse_placeless(as_json)
            names = class_names(classes) if labels_csv is None else ()
            means = Means(
                weights=weights,
                backend=backend or settings.backend,
                precision=precision or settings.precision,
                device=settings.device,
                longest=size,
                tiles=tiles,
                peers=tuple(peer or ()),
                peer_files=peer_files,
            )
            report = measure(task.value, Material(images, labels, names, labels_csv, source), means)
        except (BadInput, PerceptionError, ModuleNotFoundError) as problem:
            Console(stderr=True).print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from problem
        if as_json is not None:
            as_json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        show(console, report)
        raise typer.Exit(PARTIAL if report["defects"] else 0)


def show(console: Console, report: dict[str, Any]) -> None:
    """Print the figures as a table, then what could not be used."""
    match report["task"]:
        case "mask":
            console.print(_mask_table(report))
            if report["peers"]:
                console.print(_peer_table(report))
        case "person":
            console.print(_person_table(report))
        case _:
            console.print(_ppe_table(report))
    for network in report["networks"]:
        console.print(f"{network['name']} {network['sha256'][:12]}, {report['backend']} {report['precision']}", highlight=False)
    for name in report.get("ignored_classes", ()):
        console.print(f"class {escape(name)} is left out: it is none of this task")
    for defect in report["defects"]:
        console.print(f"[yellow]{escape(defect)}[/]", soft_wrap=True)


def _share(value: float | None, interval: dict[str, float] | None = None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if interval is None else f"{value:.3f} ({interval['low']:.3f}-{interval['high']:.3f})"


def _mask_table(report: dict[str, Any]) -> Table:
    columns = (
        "source",
        "height px",
        "heads",
        "yes/no balanced",
        "macro F1",
        "F1 incorrect",
        "ECE",
        "assessed",
        "falsely accused",
    )
    table = Table(*columns, title="Mask state")
    for part in report["slices"]:
        incorrect = next((one["f1"] for one in part["classes"] if one["name"] == "incorrect"), None)
        table.add_row(
            part["source"],
            part["height"],
            str(part["heads"]),
            _share(part["yes_no_balanced_accuracy"], part["yes_no_interval"]),
            _share(part["macro_f1"]),
            _share(incorrect),
            _share(part["calibration_error"]),
            _share(part["assessed_share"]),
            _share(part["false_accusation_rate"], part["false_accusation_interval"]),
        )
    return table


def _peer_table(report: dict[str, Any]) -> Table:
    table = Table("peer", "source", "height px", "heads", "found", "peer yes/no", "ours on the same", title="Beside the peers")
    for part in report["peers"]:
        table.add_row(
            part["peer"],
            part["source"],
            part["height"],
            str(part["heads"]),
            str(part["found"]),
            _share(part["balanced_accuracy"], part["interval"]),
            _share(part["balanced_accuracy_of_ours"], part["interval_of_ours"]),
        )
    return table


def _person_table(report: dict[str, Any]) -> Table:
    columns = ("detector", "ms", "kind", "source", "labelled", "AP50", "recall at P 0.95", "precision", "recall")
    table = Table(*columns, title="People and heads")
    for detector in report["detectors"]:
        for part in detector["figures"]:
            table.add_row(
                detector["name"],
                f"{detector['milliseconds']:.0f}",
                part["kind"],
                part["source"],
                str(part["labelled"]),
                _share(part["ap50"]),
                _share(part["recall_at_p95"]),
                _share(part["precision"]),
                _share(part["recall"], part["interval"]),
            )
    return table


def _ppe_table(report: dict[str, Any]) -> Table:
    if "flags" in report:
        table = Table("item", "pictures", "AP", "precision", "recall", title="PPE, flags of pictures")
        for part in report["flags"]:
            present = part["present"]
            table.add_row(
                part["name"],
                str(part["pictures"]),
                _share(part["average_precision"]),
                _share(present["precision"]),
                _share(present["recall"]),
            )
        return table
    table = Table("item", "people", "AP", "balanced accuracy", "ECE", "assessed", title="PPE")
    for part in report["items"]:
        table.add_row(
            part["name"],
            str(report["people"]),
            _share(part["average_precision"]),
            _share(part["balanced_accuracy"], part["interval"]),
            _share(part["calibration_error"]),
            _share(part["assessed_share"]),
        )
    dressed = report["attire"]
    if dressed is not None:
        figures = (dressed["balanced_accuracy"], dressed["interval"])
        table.add_row("attire", str(dressed["people"]), "-", _share(*figures), _share(dressed["calibration_error"]), "-")
    return table
