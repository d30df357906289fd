"""The shipped networks, as evaluation wants them: measured through the very code that runs in the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from analyzer.types import Box, CameraId, Detection, FrameRef, Label
from models.attributes.evidence import ITEMS
from models.backends import Backend, open_backend
from models.detectors import DetectorOptions, PersonHeadDetector
from models.detectors.pairing import pair_heads
from models.evaluation import mask as mask_evaluation
from models.evaluation import person as person_evaluation
from models.evaluation import ppe as ppe_evaluation
from models.evaluation.mask import Boxes
from models.evaluation.peers import aizoo
from models.evaluation.person import Detect, Found
from models.evaluation.ppe_labels import FindPeople, SeenPerson, item_named, people_of_csv, people_of_yolo
from models.frame import Frame, Image
from models.labelled.annotations import pictures_under
from models.labelled.scored import Scored
from models.perception import DETECTOR, MASK, PERSON
from models.weights import WeightsEntry, entry_of, load_catalogue, read_verified
from pipelines.errors import BadInput

MASK_PEERS: Final[Mapping[str, str]] = {"aizoo": "aizoo_face_mask_260.tflite"}
"""Peers of the mask network -> file name in the folder of peers."""

_LOWEST: Final = 0.01
"""Curves need the weak boxes too."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured on.

    ``images`` and ``labels`` are folders in YOLO format, ``classes`` the names of the class numbers; ``flags`` is instead
    of labels a CSV of flags a picture, or of people with their boxes (``images`` then holds the data sets); ``source`` names the source where file names do not.
    """

    images: Path
    labels: Path | None
    classes: tuple[str, ...]
    flags: Path | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """With what is measured: the name of a weights entry (None: the shipped one), runtime, input side, peers."""

    weights: str | None = None
    backend: str = "openvino"
    precision: str = "f32"
    device: str = "auto"
    longest: int = 640
    tiles: int = 1
    peers: tuple[str, ...] = ()
    peer_files: Path | None = None


def class_names(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list, or of a file with one a line.

    Raises:
        BadInput: there are none, or the file is not there or no text.
    """
    path = Path(text)
    try:
        written = path.is_file()
    except (OSError, ValueError):  # a list of names may be longer than the name of a file
        written = False
    if not written and path.suffix == ".txt" and "," not in text:
        raise BadInput(text, "there is no such file", "check the path, or give the names themselves, separated by commas")
    lines = _text_of(path).splitlines() if written else text.split(",")
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise BadInput("--classes", "no class names", "give them like with_mask,without_mask or name a file with one a line")
    return names


def measure(task: str, material: Material, means: Means) -> dict[str, Any]:
    """Return the report of one task (mask, person, ppe) as plain objects, with the networks that took part.

    Raises:
        BadInput: a folder or a peer is missing.
        PerceptionError: a network or a runtime cannot be used.
    """
    _refuse_missing(material)
    runtime = open_backend(means.backend, means.device, means.precision)
    match task:
        case "mask":
            used, report = _mask(material, means, runtime)
        case "person":
            used, report = _person(material, means, runtime)
        case _:
            used, report = _ppe(material, means, runtime)
    return {
        "task": task,
        "networks": [{"name": entry.name, "sha256": entry.sha256} for entry in used],
        "backend": f"{runtime.name}:{runtime.device}",
        "precision": str(runtime.precision),
        **report,
    }


def _text_of(file: Path) -> str:
    """Return the text of a file of labels, without the byte order mark that tools on Windows begin with."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadInput(str(file), f"is no text in UTF-8 (byte {problem.start})", "save it again as UTF-8") from problem


def _refuse_missing(material: Material) -> None:
    for path, what in ((material.images, "pictures"), (material.labels, "labels")):
        if path is not None and not path.is_dir():
            raise BadInput(str(path), f"no folder of {what}", "check the path")
    if material.flags is not None and not material.flags.is_file():
        raise BadInput(str(material.flags), "no such file", "check the path")
    if material.labels is None and material.flags is None:
        raise BadInput(str(material.images), "nothing to compare with", "give --labels, or --labels-csv for flags of pictures")
    if material.flags is None and not pictures_under(material.images):
        raise BadInput(str(material.images), "there are no pictures in this folder", "name the folder that holds them")


def _entry(means: Means, usual: str) -> WeightsEntry:
    """Return the network that is asked for, else the usual one of the task."""
    catalogue = load_catalogue()
    entry, task = entry_of(means.weights or usual, catalogue), entry_of(usual, catalogue).task
    if entry.task != task:
        raise BadInput(
            f"--weights {entry.name}", f"is a network of another task ({entry.task})", f"name one of {task}, such as {usual}"
        )
    return entry


def _labels(material: Material) -> Path:
    if material.labels is None:
        raise BadInput(str(material.images), "no labels", "give --labels")
    return material.labels


def _mask(material: Material, means: Means, runtime: Backend) -> tuple[list[WeightsEntry], dict[str, Any]]:
    entry = _entry(means, MASK)
    folder = means.peer_files
    peers = {}
    for name in means.peers:
        if name not in MASK_PEERS or folder is None:
            raise _unknown_peer(name, MASK_PEERS, folder)
        peers[name] = aizoo(folder / MASK_PEERS[name])
    report = mask_evaluation.evaluate_mask(
        material.images,
        _labels(material),
        material.classes,
        mask_evaluation.shipped_mask(runtime.load(read_verified(entry))),
        thresholds=entry.thresholds,
        peers=peers,
        boxes=Boxes.HEAD if any("head" in name for name in material.classes) else Boxes.FACE,
        source=material.source,
    )
    return [entry], mask_evaluation.as_json(report)


def _person(material: Material, means: Means, runtime: Backend) -> tuple[list[WeightsEntry], dict[str, Any]]:
    entry = _entry(means, DETECTOR)
    detectors: dict[str, Detect] = {entry.name: shipped_detect(entry, runtime, means)}
    if means.peers:
        if means.peer_files is None:
            raise _unknown_peer(means.peers[0], (), None)
        known = person_evaluation.peers(means.peer_files)
        for name in means.peers:
            if name not in known:
                raise _unknown_peer(name, known, means.peer_files)
            detectors[name] = known[name]
    report = person_evaluation.evaluate_person(
        material.images, _labels(material), material.classes, detectors, source=material.source
    )
    return [entry], person_evaluation.as_json(report)


def _ppe(material: Material, means: Means, runtime: Backend) -> tuple[list[WeightsEntry], dict[str, Any]]:
    entry, detector = _entry(means, PERSON), entry_of(DETECTOR, load_catalogue())
    judge = ppe_evaluation.shipped_ppe(runtime.load(read_verified(entry)))
    find = people_finder(detector, runtime, means)
    threshold = entry.threshold("present")
    if material.flags is not None and _names_people(material.flags):
        seen, unusable = people_of_csv(material.images, material.flags)
        report = ppe_evaluation.evaluate_ppe(seen, judge, threshold=threshold, defects=unusable)
        return [entry], ppe_evaluation.as_json(report)
    if material.flags is not None:
        _refuse_without_items(material.flags)
        flags = ppe_evaluation.evaluate_flags(material.images, material.flags, find, judge, threshold=threshold)
        return [detector, entry], ppe_evaluation.as_json(flags)
    people, ignored, defects = people_of_yolo(material.images, _labels(material), material.classes, find)
    report = ppe_evaluation.evaluate_ppe(people, judge, threshold=threshold, ignored=ignored, defects=defects)
    return [detector, entry], ppe_evaluation.as_json(report)


def _refuse_without_items(file: Path) -> None:
    columns = _columns(file)
    if "filename" not in columns or not any(item_named(column) for column in columns):
        raise BadInput(str(file), "it has no column filename, or none of an item", f"begin it with filename,{','.join(ITEMS)}")


def _names_people(file: Path) -> bool:
    """Return whether a CSV has a box a row: people labelled one by one, below the folder of the data sets."""
    return {"x1", "y1", "x2", "y2"} <= set(_columns(file))


def _columns(file: Path) -> list[str]:
    return _text_of(file).partition("\n")[0].strip().split(",")


def _unknown_peer(name: str, known: Mapping[str, object] | Sequence[str], folder: Path | None) -> BadInput:
    if folder is None:
        return BadInput(name, "peers are not shipped", "name the folder with their files: --peer-files DIR")
    return BadInput(name, "no such peer", f"there are {', '.join(known)}")


def _detector(entry: WeightsEntry, runtime: Backend, means: Means, floor: float) -> PersonHeadDetector:
    options = DetectorOptions(longest=means.longest, tiles=means.tiles, floor=floor)
    return PersonHeadDetector(runtime.load(read_verified(entry)), entry.ref, options)


def _looked(detector: PersonHeadDetector, image: Image) -> tuple[Detection, ...]:
    height, width = image.shape[:2]
    ref = FrameRef(CameraId("measured"), 0, timedelta(0), _EPOCH, width, height)
    return detector.detect([Frame(ref, image)])[0]


def shipped_detect(entry: WeightsEntry, runtime: Backend, means: Means) -> Detect:
    """Return the shipped detector as the evaluation of people and heads calls it."""
    detector = _detector(entry, runtime, means, _LOWEST)

    def detect(image: Image) -> Found:
        found = _looked(detector, image)
        return Found(_scored(found, Label.PERSON), _scored(found, Label.HEAD))

    return detect


def people_finder(entry: WeightsEntry, runtime: Backend, means: Means) -> FindPeople:
    """Return the shipped detector as a finder of people with their heads."""
    detector = _detector(entry, runtime, means, entry.threshold("person"))

    def find(image: Image) -> Sequence[SeenPerson]:
        found = _looked(detector, image)
        bodies = [one.box for one in found if one.label is Label.PERSON]
        heads = [one.box for one in found if one.label is Label.HEAD]
        pairs = pair_heads(bodies, heads)
        return [(body, heads[pairs[number]] if number in pairs else None) for number, body in enumerate(bodies)]

    return find


def _scored(found: Sequence[Detection], label: Label) -> Scored:
    chosen = [one for one in found if one.label is label]
    boxes = np.array([_edges(one.box) for one in chosen], dtype=np.float64).reshape(-1, 4)
    return Scored(boxes, np.array([one.score for one in chosen], dtype=np.float64))


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2
