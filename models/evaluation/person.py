"""How well people and heads are found: any folder of pictures with YOLO labels, the shipped detector, the peers beside it.

Figures are given per class, per source (what stands before `__` in a file name) and per height of the label. Where a
set labels faces only, a head counts as found when its box holds the face; nothing is said about its precision then.
Peers see the same pictures in the same run; no figure of theirs is copied from elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.detectors.letterbox import as_input, input_sides, letterbox
from models.detectors.overlap import suppressed, within
from models.detectors.plausible import plausible
from models.errors import BadPicture
from models.evaluation.boxes import (
    Floats,
    Matched,
    average_precision,
    holding,
    match,
    operating_point,
    precision_at,
    recall_at,
    recall_interval,
)
from models.evaluation.metrics import HEIGHT_BINS, Interval, bin_name
from models.frame import Image
from models.labelled.annotations import Annotations, Defect, pictures_under, read_annotations
from models.labelled.published import Published, tiled, tiled_anatomy
from models.labelled.scored import Scored, without_doubles
from models.pictures import read_picture

KINDS: Final = ("person", "head")

_PERSONS: Final = frozenset({"person", "people", "subject", "other_personnel", "personnel", "worker", "pedestrian"})
_HEADS: Final = frozenset({"head"})
_FACES: Final = frozenset({"face", "with_mask", "without_mask", "mask_incorrect", "incorrect_mask", "mask_weared_incorrect"})

_PRECISION: Final = 0.95
_DOUBLED: Final = 0.6
_LOWEST: Final = 0.01


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector says about one picture, in pixels of it. None: it has no answer for this kind."""

    persons: Scored | None
    heads: Scored | None


Detect = Callable[[Image], Found]


@dataclass(frozen=True, slots=True)
class HeightFigures:
    """Labels of one height, in pixels of the picture: how many, how many found at the operating point, AP50."""

    height: str
    labelled: int
    found: int
    recall: float | None
    interval: Interval | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind on one source. ``score`` is the threshold of the operating point over all sources together.

    ``recall_at_p95`` is the best recall on this source alone at a precision of 0.95: it needs no common threshold.
    """

    kind: str
    source: str
    pictures: int
    labelled: int
    ap50: float | None
    recall_at_p95: float | None
    score: float | None
    precision: float | None
    recall: float | None
    interval: Interval | None
    by_height: tuple[HeightFigures, ...]


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """One detector on all pictures. ``milliseconds`` is the median per picture, reading excluded."""

    name: str
    milliseconds: float
    figures: tuple[KindFigures, ...]


@dataclass(frozen=True, slots=True)
class PersonEvaluation:
    """All detectors on the same pictures, and what could not be used."""

    pictures: int
    detectors: tuple[DetectorFigures, ...]
    ignored_classes: tuple[str, ...]
    defects: tuple[str, ...]


@dataclass(slots=True)
class _Labels:
    source: str
    person: Floats | None
    head: Floats | None
    face: Floats | None
    undecided: tuple[Floats, Floats]


@dataclass(slots=True)
class _Collected:
    """Matches of one detector by kind and source."""

    matched: dict[tuple[str, str], list[Matched]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


def evaluate_person(
    images: Path,
    labels: Path,
    classes: Sequence[str],
    detectors: Mapping[str, Detect],
    *,
    undecided: Path | None = None,
    source: str | None = None,
) -> PersonEvaluation:
    """Run each detector over a folder in YOLO format.

    Args:
        images: folder of pictures.
        labels: folder of text files of the same stems.
        classes: names of the class numbers; names that are neither people, heads nor faces are left out and listed.
        detectors: name -> detector.
        undecided: folder of files in which 0 is a region undecided for people and 1 one for heads.
        source: name of the source where file names do not carry it.
    """
    defects: list[Defect] = []
    collected = {name: _Collected() for name in detectors}
    count = 0
    for path in pictures_under(images):
        try:
            image = read_picture(path)
        except BadPicture as broken:
            defects.append(Defect(path.name, None, str(broken)))
            continue
        count += 1
        truth = _labels_of(path, labels, classes, undecided=undecided, size=image.shape[:2], source=source, defects=defects)
        for name, detect in detectors.items():
            began = time.perf_counter()
            found = detect(image)
            collected[name].seconds.append(time.perf_counter() - began)
            _collect(collected[name], truth, found)
    return PersonEvaluation(
        count,
        tuple(_summarised(name, each) for name, each in collected.items()),
        tuple(name for name in classes if _kind(name) is None),
        tuple(str(defect) for defect in defects),
    )


def shipped_detector(weights: Path, longest: int = 640, *, threads: int = 1) -> Detect:
    """Return a person-and-head network (ONNX, end to end) as a detector at this longest side.

    Raises:
        ModuleNotFoundError: onnxruntime is not installed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name

    def detect(image: Image) -> Found:
        across, down = input_sides(image.shape[1], image.shape[0], longest)
        canvas, placed = letterbox(image, across, down)
        rows = np.asarray(session.run(None, {entry: as_input(canvas)})[0][0], dtype=np.float64)
        rows = rows[rows[:, 4] >= _LOWEST]
        rows[:, :4] = within(placed.back(rows[:, :4]), image.shape[1], image.shape[0])
        persons, heads = (_single(rows[rows[:, 5] == kind]) for kind in range(2))
        return Found(Scored(persons.boxes, plausible(persons.boxes, persons.scores, heads.boxes, heads.scores)), heads)

    return detect


def peers(folder: Path) -> dict[str, Detect]:
    """Return the published detectors of people and heads, whole and tiled, as detectors.

    Raises:
        NoTeacher: a file is missing.
        ModuleNotFoundError: onnxruntime or ai-edge-litert is not installed.
    """
    eyes = Published.load(folder)

    def people(find: Callable[[Image], Scored], *, in_tiles: bool) -> Detect:
        if in_tiles:
            return lambda image: Found(without_doubles(tiled(image, find), inside=2.0), None)
        return lambda image: Found(find(image), None)

    def parts(image: Image) -> Found:
        bodies, heads, _ = (without_doubles(each, inside=2.0) for each in tiled_anatomy(image, eyes.anatomy))
        return Found(bodies, heads)

    return {
        "yolov8n": people(eyes.persons, in_tiles=False),
        "yolov8n tiled": people(eyes.persons, in_tiles=True),
        "yolox_nano": people(eyes.second_persons, in_tiles=False),
        "body_head_hand tiled": parts,
    }


def as_json(evaluation: PersonEvaluation) -> dict[str, Any]:
    """Return the evaluation as plain objects for a JSON file."""
    from dataclasses import asdict

    return asdict(evaluation)


def _single(rows: Floats) -> Scored:
    kept = suppressed(rows[:, :4], rows[:, 4], _DOUBLED)
    return Scored(rows[kept, :4], rows[kept, 4])


def _kind(name: str) -> str | None:
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    for kind, names in (("person", _PERSONS), ("head", _HEADS), ("face", _FACES)):
        if plain in names:
            return kind
    return None


def _labels_of(
    path: Path,
    labels: Path,
    classes: Sequence[str],
    *,
    undecided: Path | None,
    size: tuple[int, int],
    source: str | None,
    defects: list[Defect],
) -> _Labels:
    height, width = size
    read = read_annotations(labels / f"{path.stem}.txt", len(classes), defects)

    def boxes(kind: str) -> Floats | None:
        numbers = [number for number, name in enumerate(classes) if _kind(name) == kind]
        return read.of(numbers, width, height) if numbers else None

    open_questions = Annotations(np.zeros(0, dtype=np.int64), np.zeros((0, 4)))
    if undecided is not None and (undecided / f"{path.stem}.txt").exists():
        open_questions = read_annotations(undecided / f"{path.stem}.txt", 2, [])
    named = source or (path.stem.split("__")[0] if "__" in path.stem else images_of(path))
    regions = open_questions.of((0,), width, height), open_questions.of((1,), width, height)
    return _Labels(named, boxes("person"), boxes("head"), boxes("face"), regions)


def images_of(path: Path) -> str:
    """Return the name of the set that a picture lies in: the folder above `images`, or its own folder."""
    return path.parent.parent.name if path.parent.name == "images" else path.parent.name


def _collect(into: _Collected, truth: _Labels, found: Found) -> None:
    def add(kind: str, matched: Matched) -> None:
        into.matched.setdefault((kind, truth.source), []).append(matched)

    if found.persons is not None and truth.person is not None:
        add("person", match(truth.person, found.persons.boxes, found.persons.scores, truth.undecided[0]))
    if found.heads is not None and truth.head is not None:
        add("head", match(truth.head, found.heads.boxes, found.heads.scores, truth.undecided[1]))
    if found.heads is not None and truth.face is not None:
        add("head holding a face", holding(truth.face, found.heads.boxes, found.heads.scores))


def _summarised(name: str, collected: _Collected) -> DetectorFigures:
    kinds = sorted({kind for kind, _ in collected.matched})
    figures: list[KindFigures] = []
    scores: dict[str, float] = {}
    for kind in kinds:
        everything = [one for (each, _), many in collected.matched.items() if each == kind for one in many]
        point = operating_point(everything, _PRECISION)
        scores[kind] = point[0] if point is not None else 1.0
        if kind == "head holding a face":
            scores[kind] = scores.get("head", 0.3)
        figures.append(_figures(kind, "all", everything, scores[kind]))
        figures.extend(
            _figures(kind, source, many, scores[kind])
            for (each, source), many in sorted(collected.matched.items())
            if each == kind
        )
    milliseconds = float(np.median(collected.seconds) * 1000) if collected.seconds else 0.0
    return DetectorFigures(name, milliseconds, tuple(figures))


def _figures(kind: str, source: str, pictures: Sequence[Matched], score: float) -> KindFigures:
    precise = kind != "head holding a face"
    found, labelled = recall_at(pictures, score)
    point = operating_point(pictures, _PRECISION) if precise else None
    by_height = []
    for low, high in HEIGHT_BINS if kind != "person" else ((0.0, np.inf),):
        part, whole = recall_at(pictures, score, low, high)
        by_height.append(
            HeightFigures(
                bin_name(low, high) if kind != "person" else "all",
                whole,
                part,
                part / whole if whole else None,
                recall_interval(pictures, score, low, high),
                average_precision(pictures, low, high) if precise else None,
            )
        )
    return KindFigures(
        kind,
        source,
        len(pictures),
        labelled,
        average_precision(pictures) if precise else None,
        point[1] if point is not None else None,
        score,
        precision_at(pictures, score) if precise else None,
        found / labelled if labelled else None,
        recall_interval(pictures, score),
        tuple(by_height),
    )
