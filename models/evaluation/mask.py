"""How well mask states are judged: any folder of pictures with boxes of faces or heads, and a peer on the same pictures.

Every figure stands by source and by height of the labelled box. Two questions are answered for each slice:

* What does the network say about every box? (precision, recall, F1, average precision, calibration)
* What would the product claim? A state is claimed when it is the most probable one and reaches its threshold;
  otherwise the head is not assessed. The false-accusation rate is the share of masked heads of which *no mask* is
  claimed.

A peer that knows only mask and no mask is compared on yes and no: worn against everything else, on the heads that
are labelled worn or none, and on those of them that the peer found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.attributes.second_look import look
from models.backends.protocol import Network
from models.crops import MASK_SIZE, head_crop, head_of_face
from models.errors import BadPicture
from models.evaluation.metrics import (
    HEIGHT_BINS,
    ClassFigures,
    Interval,
    Labels,
    Probabilities,
    average_precision,
    balanced_accuracy,
    bin_name,
    bootstrap_interval,
    confusion,
    expected_calibration_error,
    figures_of_class,
    wilson,
)
from models.frame import Image
from models.labelled.annotations import Defect, pictures_under, read_annotations
from models.pictures import read_picture

STATES: Final = ("worn", "incorrect", "none", "not_visible")
_WORN, _INCORRECT, _NONE, _NOT_VISIBLE = range(4)

_NAMES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("worn", "mask", "masked", "withmask", "facemask", "maskon", "maskworn", "facewithmask"), _WORN),
    **dict.fromkeys(("correct", "correctmask", "maskcorrect", "wornright", "properlyworn", "wearingmask"), _WORN),
    **dict.fromkeys(("none", "nomask", "withoutmask", "unmasked", "maskoff", "face", "nofacemask", "facenomask"), _NONE),
    **dict.fromkeys(("facewithoutmask", "notwearingmask", "without", "bareface"), _NONE),
    **dict.fromkeys(("incorrect", "maskincorrect", "incorrectmask", "maskwearedincorrect", "wornincorrect"), _INCORRECT),
    **dict.fromkeys(("maskwornincorrect", "maskwornincorrectly", "incorrectlyworn", "wornincorrectly"), _INCORRECT),
    **dict.fromkeys(("improper", "impropermask", "improperlyworn", "wrongmask", "noseout", "partialmask"), _INCORRECT),
    **dict.fromkeys(("notvisible", "unknown", "occluded", "unclear"), _NOT_VISIBLE),
}
"""What data sets call the states, in lower case and without anything that is not a letter."""

_BATCH: Final = 8
_ALL: Final = "all"


def state_named(name: str) -> int:
    """Return the index in STATES of what a data set calls a class; -1 if it means none of them."""
    return _NAMES.get("".join(filter(str.isalpha, name.lower())), -1)


class Boxes(StrEnum):
    """What the labels enclose: the face (forehead to chin) or the whole head."""

    FACE = "face"
    HEAD = "head"


Judge = Callable[[Image, Sequence[Box]], Probabilities]
"""From a BGR picture and head boxes to calibrated probabilities [N,4] in the order of STATES."""
Peer = Callable[[Image, Sequence[Box]], npt.NDArray[np.int64]]
"""From a BGR picture and labelled boxes to 1 (mask), 0 (no mask) or -1 (did not find this face)."""


@dataclass(frozen=True, slots=True)
class MaskSlice:
    """One source at one height of the labelled box. A figure is None where nothing was there to measure it on."""

    source: str
    height: str
    heads: int
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    macro_f1: float | None
    yes_no_balanced_accuracy: float | None
    yes_no_interval: Interval | None
    calibration_error: float | None
    assessed: int
    assessed_share: float | None
    assessed_interval: Interval | None
    falsely_accused: int
    false_accusation_rate: float | None
    false_accusation_interval: Interval | None


@dataclass(frozen=True, slots=True)
class PeerSlice:
    """A peer on the heads labelled worn or none of one source and height, and the shipped network on the same heads."""

    peer: str
    source: str
    height: str
    heads: int
    found: int
    balanced_accuracy: float | None
    interval: Interval | None
    balanced_accuracy_of_ours: float | None
    interval_of_ours: Interval | None


@dataclass(frozen=True, slots=True)
class MaskReport:
    """What was measured, and what could not be used. ``milliseconds`` is the median per head, cutting included."""

    pictures: int
    heads: int
    boxes: str
    thresholds: Mapping[str, float]
    milliseconds: float | None
    slices: tuple[MaskSlice, ...]
    peers: tuple[PeerSlice, ...]
    ignored_classes: tuple[str, ...]
    defects: tuple[str, ...]


@dataclass(slots=True)
class _Judged:
    """Everything said about every labelled box, in one order."""

    truth: list[int] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    probabilities: list[Probabilities] = field(default_factory=list)
    peers: dict[str, list[npt.NDArray[np.int64]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


def evaluate_mask(
    images: Path,
    labels: Path,
    classes: Sequence[str],
    judge: Judge,
    *,
    thresholds: Mapping[str, float],
    peers: Mapping[str, Peer] | None = None,
    boxes: Boxes = Boxes.FACE,
    source: str | None = None,
) -> MaskReport:
    """Judge every labelled box of a folder in YOLO format.

    Args:
        images: folder of pictures, searched recursively.
        labels: folder of text files of the same stems.
        classes: names of the class numbers; a name that is no mask state is left out and listed in the report.
        judge: the network, for example `shipped_mask`.
        thresholds: state -> probability from which it is claimed.
        peers: name -> peer, run on the same pictures.
        boxes: what the labels enclose.
        source: name of the source where file names do not carry it (`source__name.jpg`).

    A picture or line that cannot be used is reported with its file and line, and the rest goes on.
    """
    defects: list[Defect] = []
    judged = _Judged(peers={name: [] for name in peers or {}})
    states = [state_named(name) for name in classes]
    pictures = 0
    for path in pictures_under(images):
        try:
            image = read_picture(path)
        except BadPicture as broken:
            defects.append(Defect(path.name, None, str(broken)))
            continue
        pictures += 1
        label_file = labels / path.relative_to(images).with_suffix(".txt")
        if not label_file.exists():
            label_file = labels / f"{path.stem}.txt"
        read = read_annotations(label_file, len(classes), defects)
        known = [(states[int(number)], box) for number, box in zip(read.classes, read.boxes, strict=True)]
        _judge_picture(
            image,
            [(state, _in_pixels(box, image)) for state, box in known if state >= 0],
            judged,
            source=source or _source_of(path),
            judge=judge,
            peers=peers or {},
            boxes=boxes,
        )
    ignored = tuple(name for name, state in zip(classes, states, strict=True) if state < 0)
    return _report(judged, pictures=pictures, boxes=boxes, thresholds=thresholds, ignored=ignored, defects=defects)


def shipped_mask(network: Network) -> Judge:
    """Return the mask network as a judge, in batches of 8 crops."""

    def judge(image: Image, heads: Sequence[Box]) -> Probabilities:
        parts = []
        for first in range(0, len(heads), _BATCH):
            cuts = [head_crop(image, head, MASK_SIZE) for head in heads[first : first + _BATCH]]
            parts.append(np.asarray(look(network, cuts).probabilities, dtype=np.float64))
        return np.concatenate(parts) if parts else np.zeros((0, len(STATES)))

    return judge


def as_json(report: MaskReport) -> dict[str, Any]:
    """Return the report as plain objects for a JSON file."""
    return asdict(report)


def claims(probabilities: Probabilities, thresholds: Mapping[str, float]) -> Labels:
    """Return the claimed state of each head, or -1 where none is claimed; `not_visible` is never a claim."""
    best = probabilities.argmax(axis=1).astype(np.int64)
    needed = np.array([thresholds[state] for state in STATES[:_NOT_VISIBLE]] + [np.inf])
    reached = probabilities.max(axis=1) >= needed[best] if len(best) else np.zeros(0, dtype=np.bool_)
    return np.where(reached, best, -1)


def _in_pixels(box: npt.NDArray[np.float64], image: Image) -> Box:
    height, width = image.shape[:2]
    return Box(*(float(value) for value in box * np.array([width, height, width, height])))


def _source_of(path: Path) -> str:
    if "__" in path.stem:
        return path.stem.split("__")[0]
    return path.parent.parent.name if path.parent.name == "images" else path.parent.name


def _judge_picture(
    image: Image,
    labelled: Sequence[tuple[int, Box]],
    into: _Judged,
    *,
    source: str,
    judge: Judge,
    peers: Mapping[str, Peer],
    boxes: Boxes,
) -> None:
    if not labelled:
        return
    marked = [box for _, box in labelled]
    heads = [head_of_face(box) for box in marked] if boxes is Boxes.FACE else marked
    began = time.perf_counter()
    into.probabilities.append(judge(image, heads))
    into.seconds.append((time.perf_counter() - began) / len(heads))
    into.truth.extend(state for state, _ in labelled)
    into.heights.extend(box.height for box in marked)
    into.sources.extend(source for _ in labelled)
    for name, peer in peers.items():
        into.peers[name].append(peer(image, marked))


def _report(
    judged: _Judged,
    *,
    pictures: int,
    boxes: Boxes,
    thresholds: Mapping[str, float],
    ignored: tuple[str, ...],
    defects: Sequence[Defect],
) -> MaskReport:
    truth = np.array(judged.truth, dtype=np.int64)
    heights = np.array(judged.heights, dtype=np.float64)
    sources = np.array(judged.sources, dtype=np.str_)
    probabilities = np.concatenate(judged.probabilities) if judged.probabilities else np.zeros((0, len(STATES)))
    said = {name: np.concatenate(parts) for name, parts in judged.peers.items() if parts}
    slices: list[MaskSlice] = []
    beside: list[PeerSlice] = []
    names = sorted(set(judged.sources))
    for source in names if len(names) == 1 else [*names, _ALL]:
        of_source = np.ones(len(truth), dtype=np.bool_) if source == _ALL else sources == source
        for low, high in (*HEIGHT_BINS, (0.0, np.inf)):
            chosen = of_source & (heights >= low) & (heights < high)
            if not chosen.any():
                continue
            height = _ALL if low == 0 and np.isinf(high) else bin_name(low, high)
            slices.append(_slice(source, height, truth[chosen], probabilities[chosen], thresholds))
            beside.extend(
                _beside((name, source, height), truth[chosen], probabilities[chosen], answers[chosen])
                for name, answers in said.items()
            )
    milliseconds = float(np.median(judged.seconds) * 1000) if judged.seconds else None
    return MaskReport(
        pictures,
        len(truth),
        boxes.value,
        dict(thresholds),
        milliseconds,
        tuple(slices),
        tuple(beside),
        ignored,
        tuple(str(defect) for defect in defects),
    )


def _slice(
    source: str,
    height: str,
    truth: Labels,
    probabilities: Probabilities,
    thresholds: Mapping[str, float],
) -> MaskSlice:
    said = probabilities.argmax(axis=1).astype(np.int64)
    table = confusion(truth, said, len(STATES))
    classes = tuple(
        figures_of_class(name, index, table, average_precision(truth == index, probabilities[:, index]))
        for index, name in enumerate(STATES)
    )
    f1 = [each.f1 for each in classes if each.f1 is not None]
    yes_no = np.isin(truth, (_WORN, _NONE))
    worn, said_worn = (truth[yes_no] == _WORN).astype(np.int64), (said[yes_no] == _WORN).astype(np.int64)
    both = len(np.unique(worn)) > 1
    claimed = claims(probabilities, thresholds)
    assessed = int((claimed >= 0).sum())
    masked_assessed = int(((truth == _WORN) & (claimed >= 0)).sum())
    accused = int(((truth == _WORN) & (claimed == _NONE)).sum())
    return MaskSlice(
        source=source,
        height=height,
        heads=len(truth),
        classes=classes,
        confusion=tuple(tuple(int(value) for value in row) for row in table),
        macro_f1=float(np.mean(f1)) if f1 else None,
        yes_no_balanced_accuracy=balanced_accuracy(worn, said_worn) if both else None,
        yes_no_interval=bootstrap_interval(worn, said_worn) if both else None,
        calibration_error=expected_calibration_error(probabilities, truth),
        assessed=assessed,
        assessed_share=assessed / len(truth) if len(truth) else None,
        assessed_interval=wilson(assessed, len(truth)),
        falsely_accused=accused,
        false_accusation_rate=accused / masked_assessed if masked_assessed else None,
        false_accusation_interval=wilson(accused, masked_assessed),
    )


def _beside(
    names: tuple[str, str, str],
    truth: Labels,
    probabilities: Probabilities,
    answers: npt.NDArray[np.int64],
) -> PeerSlice:
    yes_no = np.isin(truth, (_WORN, _NONE))
    found = yes_no & (answers >= 0)
    worn = (truth[found] == _WORN).astype(np.int64)
    ours = (probabilities[found].argmax(axis=1) == _WORN).astype(np.int64)
    both = len(np.unique(worn)) > 1
    return PeerSlice(
        *names,
        int(yes_no.sum()),
        int(found.sum()),
        balanced_accuracy(worn, answers[found]) if both else None,
        bootstrap_interval(worn, answers[found]) if both else None,
        balanced_accuracy(worn, ours) if both else None,
        bootstrap_interval(worn, ours) if both else None,
    )
