"""Train the person-and-head detector: one small network (YOLO26n) from a checkpoint that has seen COCO.

The pictures are degraded to what ceiling cameras deliver (`degrade`), composed into mosaics, scaled and turned. Whole
sources are held out. It may learn from what a published network says of the same pictures as well (`imitation`). A run saves every epoch and goes on where it stopped. Training runs in bfloat16 where the
processor has it: half the time, no measurable loss.

torch and ultralytics are imported when training begins, never when this module is imported. ultralytics is told to
load pickles safely, to install nothing and to ask nobody; a starting checkpoint is opened only if its hash is known.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import os
import random
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.errors import AbsentWeights, ChangedWeights, PerceptionError
from models.frame import Image
from models.labelled.annotations import pictures_under
from models.labelled.published import NoTeacher
from models.training.averaging import average_checkpoints
from models.training.dataset import CLASSES, HELD_OUT, Composition, compose, gather, refuse_foreign
from models.training.degrade import degrade
from models.training.restored import restore_person
from models.weights import confirm_shipped

log = logging.getLogger(__name__)

START_SHA256: Final = "0d99ae9f829b0bb22607dd0cb770dc8642a8a588b0962a8e1d5dd501c3eccd08"
"""`best1.pt` of the package shsk-suspiciousness 1.0.7 (AGPL-3.0): YOLO26n, fine-tuned from COCO weights. Its pickle names
nothing but torch and ultralytics classes."""

STEP_SECONDS: Final = {320: 0.055, 416: 0.09, 640: 0.21}
"""Seconds of one core a picture and epoch by input side, measured with bfloat16 on a processor with AMX."""

_SETTINGS: Final[Mapping[str, Any]] = {
    "batch": 16,
    "nbs": 64,
    "workers": 1,
    "cache": "ram",
    "lrf": 0.05,
    "cos_lr": True,
    "warmup_epochs": 1,
    "val": False,
    "plots": False,
    "amp": False,
    "deterministic": False,
    "save_period": 1,
    "exist_ok": True,
    "degrees": 8.0,
    "scale": 0.6,
    "translate": 0.12,
    "mosaic": 1.0,
    "hsv_h": 0.03,
    "hsv_s": 0.7,
    "hsv_v": 0.4,
    "flipud": 0.03,
}

_WITH_BFLOAT16: Final[Mapping[str, Any]] = {"optimizer": "MuSGD", "lr0": 0.01}
_WITHOUT_BFLOAT16: Final[Mapping[str, Any]] = {"optimizer": "AdamW", "lr0": 0.001, "warmup_bias_lr": 0.0}
"""MuSGD multiplies matrices in bfloat16: where the processor does not, its step takes ten times as long as the pictures.

The biases warm up from nothing: the default of 0.1 is meant for SGD, and one such step of AdamW undoes what they have learned."""

_GOING_ON: Final[Mapping[str, Any]] = {"optimizer": "AdamW", "lr0": 0.0004, "lrf": 0.02, "warmup_bias_lr": 0.0, "nbs": 16}
"""A trained network is moved gently, and at every batch: of the few epochs it gets, each is then 240 steps and not 60."""

_OPSET: Final = 17

AVERAGED: Final = 3
"""How many of the last epochs make the weights that are exported."""


class NothingToTrainOn(PerceptionError):
    """There is no picture with labels left to train on."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a run did. ``losses`` are the sums of box and class loss, one an epoch; ``seconds`` is wall time of this call."""

    weights: Path
    sha256: str
    epochs: int
    image_size: int
    seed: int
    seconds: float
    composition: Composition
    losses: tuple[float, ...]
    defects: tuple[str, ...]


def expected_hours(pictures: int, epochs: int, image_size: int, *, cores: float = 2.0) -> float:
    """Return the wall time to expect in hours: work grows with the area of the input."""
    nearest = min(STEP_SECONDS, key=lambda side: abs(side - image_size))
    seconds = STEP_SECONDS[nearest] * (image_size / nearest) ** 2
    return float(pictures * epochs * seconds / cores**0.7 / 3600)


def train_person(
    data: Path,
    out: Path,
    *,
    epochs: int = 14,
    image_size: int = 416,
    seed: int = 0,
    resume: bool = False,
    teachers: Path | None = None,
    start: Path | None = None,
    start_sha256: str = START_SHA256,
    held_out: Sequence[str] = HELD_OUT,
    imitate: bool = False,
) -> TrainingReport:
    """Label, compose, train and export; everything lies under ``out``.

    Args:
        data: folder with one folder a data set.
        out: work folder: sights (labels of the teachers), corpus, run, `person-head.onnx`, `curves.png`.
        epochs: passes over the pictures.
        image_size: side of the training input in pixels, a multiple of 32.
        seed: of weights, mosaics, degradations and crops.
        resume: go on with the last epoch saved under ``out``; labels and corpus are taken as they are.
        teachers: folder of the published networks that label; None takes only what is cached under ``out``.
        start: checkpoint to start from, or the shipped ONNX file to go on from it; None is `start.pt` under ``out``.
        imitate: learn from one of the teachers beside the labels: better on photographs, worse so far under a ceiling camera.
        start_sha256: its hash; another file is refused before it is opened.
        held_out: prefixes of the groups (`<set>/<camera or clip>/`) that are measured on, not trained on.

    Raises:
        AbsentWeights: there is no checkpoint to start from or to resume.
        ChangedWeights: the checkpoint is not the one with that hash.
        NothingToTrainOn: no picture has labels.
        ForeignFolder: `corpus` under ``out`` was not written by a training.
        NoTeacher: somebody is to be imitated, and the file or the folder is not there.
        ModuleNotFoundError: torch or ultralytics is not installed.
    """
    began = time.monotonic()
    refuse_foreign(out / "corpus")  # before hours of labelling
    if imitate and teachers is None:
        raise NoTeacher("name the folder of the published network that is to be imitated")
    checkpoint = out / "run" / "weights" / "last.pt" if resume else (start or out / "start.pt")
    shipped = checkpoint.suffix == ".onnx"
    _checked(checkpoint, None if resume or shipped else start_sha256)
    if shipped:
        confirm_shipped("person-head", checkpoint)
    gathered = gather(data, out, teachers, held_out=held_out)
    composition = compose(gathered, out / "corpus", held_out=held_out, seed=seed)
    pictures = sum(count for key, count in composition.pictures.items() if key.startswith("train/"))
    if pictures == 0:
        raise NothingToTrainOn(f"no labelled picture under {data.name}: name the folder of teachers, or check the data sets")
    if shipped:
        checkpoint = restore_person(checkpoint, pictures_under(out / "corpus" / "images" / "train"), out / "restored.pt")
    hours = expected_hours(pictures, epochs, image_size)
    log.info("training on %d pictures, %d epochs at %d px: about %.1f hours on 2 cores", pictures, epochs, image_size, hours)
    settings = {
        **_SETTINGS,
        "model": str(checkpoint),
        "data": str(out / "corpus" / "data.yaml"),
        "project": str(out.resolve()),
        "name": "run",
        "epochs": epochs,
        "imgsz": image_size,
        "close_mosaic": max(1, epochs // 5),
        "seed": seed,
    }
    if resume:
        settings["resume"] = str(checkpoint)
    if len(_losses(out / "run" / "results.csv")) < epochs or not resume:
        _run(settings, teachers if imitate else None, going_on=shipped)  # a finished run is only exported again
    _quiet_ultralytics()
    averaged = average_checkpoints(_to_average(out), out / "averaged.pt")
    weights = export_person(averaged, out / "person-head.onnx", one_to_many=True)
    losses = _losses(out / "run" / "results.csv")
    _draw(losses, out / "curves.png")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    return TrainingReport(
        weights,
        digest,
        epochs,
        image_size,
        seed,
        time.monotonic() - began,
        composition,
        losses,
        tuple(str(defect) for defect in gathered.defects),
    )


def export_person(checkpoint: Path, target: Path, *, one_to_many: bool = False) -> Path:
    """Write a checkpoint of this training as ONNX: rows of boxes, any batch and any sides in multiples of 32.

    ``one_to_many`` takes the head that may give several boxes a person (`rows`): better after a short training. Weights are stored as float16 and computed in float32; the names of folders that the exporter notes are removed.
    """
    _quiet_ultralytics()
    import onnx
    from ultralytics import YOLO

    from models.training.export import store_as_half
    from models.training.rows import append_rows

    target.parent.mkdir(parents=True, exist_ok=True)
    copy = target.with_name("export.pt")
    shutil.copyfile(checkpoint, copy)
    try:
        network = YOLO(str(copy))
        settings: dict[str, Any] = {"imgsz": 416, "dynamic": True, "opset": _OPSET, "simplify": False, "device": "cpu"}
        if not one_to_many:
            settings["nms"] = False  # left out, the exporter takes the other head
        written = Path(network.export(format="onnx", **settings))
        model = onnx.load(str(written))
        written.unlink()
    finally:
        copy.unlink()
    del model.metadata_props[:]
    model.doc_string = ""
    model.producer_name = "vigil"
    if one_to_many:
        append_rows(model, len(CLASSES))
    store_as_half(model, onnx)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
    return target


def last_epochs(folder: Path, count: int = AVERAGED) -> list[Path]:
    """Return the checkpoints of the last epochs in order; `last.pt` alone where no epoch was kept.

    Raises:
        AbsentWeights: there is none.
    """
    kept = sorted(folder.glob("epoch*.pt"), key=lambda path: int(path.stem.removeprefix("epoch")))
    last = folder / "last.pt"
    if not kept and not last.is_file():
        raise AbsentWeights(f"{folder.name}: no checkpoint was written")
    return kept[-count:] or [last]


def _to_average(out: Path) -> list[Path]:
    """Return the last epochs of a new network; of one that went on from the shipped one, that one and the last epoch.

    The mean of before and after keeps what the further training forgets (Wortsman et al., Robust fine-tuning of zero-shot models,
    2022): on a ceiling camera that was held out 0.89 against 0.86 after and 0.83 before (average precision of people).
    """
    before, epochs = out / "restored.pt", out / "run" / "weights"
    return [before, *last_epochs(epochs, 1)] if before.is_file() else last_epochs(epochs)


def _checked(checkpoint: Path, sha256: str | None) -> None:
    if not checkpoint.is_file():
        raise AbsentWeights(f"{checkpoint.name} is missing; a first run starts from the YOLO26n checkpoint {START_SHA256[:12]}")
    if sha256 is not None and hashlib.sha256(checkpoint.read_bytes()).hexdigest() != sha256:
        raise ChangedWeights(f"{checkpoint.name} is not the checkpoint {sha256[:12]}; it was not opened")


def _quiet_ultralytics() -> None:
    """Say what ultralytics must not do, before its first import reads these variables."""
    os.environ.update({"ULTRALYTICS_SAFE_LOAD": "1", "YOLO_AUTOINSTALL": "0", "YOLO_OFFLINE": "1"})


def _run(settings: Mapping[str, Any], imitated: Path | None = None, *, going_on: bool = False) -> None:
    """Train with ultralytics, with degraded pictures and in bfloat16 where the processor multiplies it.

    With a folder of ``imitated`` networks only the head that is exported learns, from the labels and from one of them.
    ``going_on`` says that the network is a trained one already.
    """
    _quiet_ultralytics()
    import torch
    import ultralytics.data.build
    import ultralytics.engine.trainer
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.nn.tasks import DetectionModel

    from models.training.imitation import imitating, published_people

    class DegradedPictures(YOLODataset):  # type: ignore[misc]
        """Degrades each picture each time it is drawn, before it goes into a mosaic."""

        def load_image(self, i: int, *further: Any, **named: Any) -> tuple[Image, tuple[int, int], tuple[int, int]]:
            image, original, resized = super().load_image(i, *further, **named)
            if self.augment:
                # `random` is seeded for each worker by ultralytics, so a run repeats.
                image = degrade(image, np.random.default_rng(random.getrandbits(32)))
            return image, original, resized

    class QuickTrainer(DetectionTrainer):  # type: ignore[misc]
        """Keeps pixels of a place together in memory: a quarter less time a step on a processor, the same numbers. Uses every core."""

        def get_model(self, *given: Any, **named: Any) -> Any:
            # ultralytics leaves one core to others, which is half of a machine with two.
            torch.set_num_threads(len(os.sched_getaffinity(0)))
            return super().get_model(*given, **named).to(memory_format=torch.channels_last)

    def half_precision(_enabled: bool, device: str = "cpu") -> Any:
        return torch.autocast(device, dtype=torch.bfloat16)

    # ultralytics offers bfloat16 on CUDA only and takes its data set from a module's name: both are put back afterwards.
    kept = ultralytics.data.build.YOLODataset, ultralytics.engine.trainer.autocast, DetectionModel.init_criterion
    ultralytics.data.build.YOLODataset = DegradedPictures
    on_gpu = torch.cuda.is_available()
    bfloat16 = on_gpu or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - no public question
    if bfloat16 and not on_gpu:
        ultralytics.engine.trainer.autocast = half_precision
    if imitated is not None:
        loss = imitating(published_people(imitated).to("cuda" if on_gpu else "cpu"))

        def criterion(model: Any) -> Any:  # a class is not bound to the network it is asked of, a function is
            return loss(model)

        DetectionModel.init_criterion = criterion
    optimiser = _GOING_ON if going_on else _WITH_BFLOAT16 if bfloat16 else _WITHOUT_BFLOAT16
    try:
        QuickTrainer(overrides={**settings, **optimiser, "device": "0" if on_gpu else "cpu"}).train()
    finally:
        ultralytics.data.build.YOLODataset, ultralytics.engine.trainer.autocast, DetectionModel.init_criterion = kept


def _losses(file: Path) -> tuple[float, ...]:
    """Return box + class loss an epoch from the trainer's table; empty if there is none."""
    if not file.exists():
        return ()
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(stream)]
    return tuple(float(row["train/box_loss"]) + float(row["train/cls_loss"]) for row in rows)


def _draw(losses: Sequence[float], file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4))
    axes = figure.add_subplot()
    axes.plot(range(1, len(losses) + 1), losses)
    axes.set_xlabel("epoch")
    axes.set_ylabel("box + class loss (training)")
    figure.savefig(file)
