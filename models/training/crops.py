"""Labelled heads of the data sets, and the wider cuts around them from which training crops are drawn.

Public mask sets box *faces*; at run time a *head* detector boxes heads. Every face box is therefore widened to the
head box that the detector would draw (`models.crops.head_of_face`), and what is cached is not the crop but its
context, twice the head: scale, offset and rotation can then be drawn anew in every epoch.
"""

from __future__ import annotations

import csv
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.crops import cut, head_of_face
from models.errors import BadPicture, PerceptionError
from models.frame import Image
from models.labelled.annotations import parse_line
from models.pictures import read_picture
from models.training.copies import difference_hash, groups, near_duplicates
from models.upright import opened_clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

log = logging.getLogger(__name__)

MASK_STATES: Final = ("worn", "incorrect", "none", "not_visible")
"""Order of the outputs of the mask network."""
CONTEXT_SIZE: Final = 232
"""Side of a cached context in pixels."""
CONTEXT_SCALE: Final = 2.0
"""Side of a context over the larger side of the head box."""

_FACE_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "mask_kaggle": ("worn", "none", "incorrect"),
    "mask_ilc": ("worn", "none", "incorrect"),
}
_FRAME_MARK: Final = "#"


class NoHeads(PerceptionError):
    """There is nothing to train on, or nothing to measure on."""


@dataclass(frozen=True, slots=True)
class LabelledHead:
    """One head of one picture: where it is, what was seen, and how tall the labelled box was in pixels."""

    source: str
    picture: Path
    head: Box
    state: str
    labelled_height: float


@dataclass(slots=True)
class Contexts:
    """Cached cuts: arrays of one length, in the order of the heads."""

    pixels: npt.NDArray[np.uint8]
    states: npt.NDArray[np.int64]
    heights: npt.NDArray[np.float32]
    sources: npt.NDArray[np.str_]
    groups: npt.NDArray[np.int64]
    names: npt.NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))

    def __len__(self) -> int:
        return len(self.states)

    def select(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Contexts:
        """Return the chosen rows."""
        return Contexts(
            self.pixels[chosen],
            self.states[chosen],
            self.heights[chosen],
            self.sources[chosen],
            self.groups[chosen],
            self.names[chosen],
        )


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A line, from 1, of the label file of a picture of a set."""

    source: str
    picture: str
    line: int


def read_corrections(path: Path) -> dict[LabelLine, str]:
    """Return the state that a person saw on faces that their set labels otherwise (set, picture, line, labelled, seen).

    Raises:
        ValueError: a row has no line number or names no mask state.
    """
    found: dict[LabelLine, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=2):
            if not row["line"].isdigit() or row["seen"] not in MASK_STATES:
                raise ValueError(f"{path.name}:{number}: expected a line number and one of {', '.join(MASK_STATES)}")
            found[LabelLine(row["set"], row["picture"], int(row["line"]))] = row["seen"]
    return found


def labelled_heads(
    data: Path, head_labels: Path | None = None, corrections: Mapping[LabelLine, str] | None = None
) -> Iterator[LabelledHead]:
    """Yield every labelled head below the data folder: face sets, folders of faces, and labels made by eye.

    A picture or a line of labels that cannot be used is logged with its place and left out.

    Args:
        data: folder that holds `mask_kaggle`, `mask_ilc`, `mask_folders`, ...; a set that is absent is logged.
        head_labels: CSV of head boxes labelled by eye (set, picture, x1, y1, x2, y2, state).
        corrections: of `read_corrections`: what replaces a label of a face set. For training; a measurement takes the
            labels as they are.
    """
    for name in present_sets(data, _FACE_SETS):
        yield from _yolo_faces(name, data / name, _FACE_SETS[name], corrections or {})
    for folder, state in (("with_mask", "worn"), ("without_mask", "none")):
        for picture in sorted((data / "mask_folders" / folder).glob("*.jpg")):
            image = picture_or_frame(picture)
            if image is None:
                continue
            height, width = image.shape[:2]
            yield LabelledHead("mask_folders", picture, Box(0, -0.1 * height, width, height), state, float(height))
    if head_labels is not None:
        yield from _heads_by_eye(data, head_labels)


def _yolo_faces(source: str, folder: Path, states: Sequence[str], corrections: Mapping[LabelLine, str]) -> Iterator[LabelledHead]:
    for labels in sorted((folder / "labels").glob("*.txt")):
        picture = next((folder / "images").glob(labels.stem + ".*"), None)
        if picture is None:
            continue
        image = picture_or_frame(picture)
        if image is None:
            continue
        height, width = image.shape[:2]
        for number, line in _lines_of(labels):
            parsed = parse_line(line, len(states))
            if isinstance(parsed, str):
                log.warning("%s:%d: %s", labels, number, parsed)
                continue
            x, y, w, h = (float(value) * side for value, side in zip(line.split()[1:5], (width, height) * 2, strict=True))
            face = Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            state = corrections.get(LabelLine(source, picture.name, number), states[parsed[0]])
            yield LabelledHead(source, picture, head_of_face(face), state, h)


def _lines_of(labels: Path) -> list[tuple[int, str]]:
    """Return the lines that say something with their numbers from 1; none, logged, of a file that cannot be read."""
    try:
        lines = labels.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as unreadable:
        log.warning("%s: label file cannot be read: %s", labels, type(unreadable).__name__)
        return []
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def present_sets(data: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return which sets lie below the data folder; one that does not is logged, once."""
    there = {name: (data / name).is_dir() for name in names}
    for name, found in there.items():
        if not found:
            log.warning("data set %s is absent", name)
    return tuple(name for name, found in there.items() if found)


def labelled_rows(data: Path, labels: Path) -> Iterator[tuple[Mapping[str, str], Path]]:
    """Yield the rows of a CSV of labels made by eye (set, picture, ...), each with its picture; those of absent sets are left out."""
    with labels.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    present = present_sets(data, dict.fromkeys(row["set"] for row in rows))
    for row in rows:
        if row["set"] in present:
            folder = data / row["set"]
            yield row, folder / row["picture"] if _FRAME_MARK in row["picture"] else folder / "images" / row["picture"]


def _heads_by_eye(data: Path, head_labels: Path) -> Iterator[LabelledHead]:
    for row, picture in labelled_rows(data, head_labels):
        box = Box(float(row["x1"]), float(row["y1"]), float(row["x2"]), float(row["y2"]))
        yield LabelledHead(row["set"], picture, box, row["state"], box.height)


def picture_or_frame(picture: Path) -> Image | None:
    """Return the BGR picture, or one frame of a recording for a name like `clip.mp4#120`; None, logged, if unreadable."""
    if _FRAME_MARK not in picture.name:
        try:
            return read_picture(picture)
        except BadPicture as unreadable:
            log.warning("%s: %s", picture, unreadable)
            return None
    clip, _, frame = picture.name.partition(_FRAME_MARK)
    try:
        with opened_clip(picture.with_name(clip)) as recording:  # seeking is not exact in every container; these clips are short
            wanted = next((one for one in recording.pictures() if one.number == int(frame)), None)
            return None if wanted is None else wanted.image()
    except (av.FFmpegError, OSError, BadPicture) as unreadable:
        log.warning("%s: %s", picture, unreadable)
        return None


def same_picture_groups(pictures: Sequence[Path]) -> dict[Path, int]:
    """Return a group number a picture; near-duplicates share one, across all sets that are given."""
    readable = [(picture, image) for picture in pictures if (image := picture_or_frame(picture)) is not None]
    if not readable:
        return {}
    hashes = np.stack([difference_hash(image) for _, image in readable])
    members = groups(len(readable), near_duplicates(hashes))
    return {picture: member for (picture, _), member in zip(readable, members, strict=True)}


def context(image: Image, head: Box) -> Image:
    """Return the square of CONTEXT_SCALE heads around a head box, CONTEXT_SIZE pixels wide."""
    x, y = head.centre
    half = max(head.width, head.height) * CONTEXT_SCALE / 2
    return cut(image, Box(x - half, y - half, x + half, y + half), CONTEXT_SIZE, CONTEXT_SIZE)


def build_contexts(heads: Iterable[LabelledHead]) -> Contexts:
    """Cut the context of every head; a picture that cannot be read is logged and left out.

    Raises:
        NoHeads: there is no head, or none of the pictures can be read.
    """
    by_picture: dict[Path, list[LabelledHead]] = defaultdict(list)
    for head in heads:
        by_picture[head.picture].append(head)
    groups = same_picture_groups(list(by_picture))
    cuts: list[Image] = []
    kept: list[LabelledHead] = []
    for picture, members in by_picture.items():
        image = picture_or_frame(picture) if picture in groups else None
        if image is None:
            continue
        for head in members:
            cuts.append(context(image, head.head))
            kept.append(head)
    if not kept:
        raise NoHeads("there is not one labelled head in a picture that can be read; `vigil data check` says what is missing")
    return Contexts(
        np.stack(cuts),
        np.array([MASK_STATES.index(head.state) for head in kept], dtype=np.int64),
        np.array([head.labelled_height for head in kept], dtype=np.float32),
        np.array([head.source for head in kept]),
        np.array([groups[head.picture] for head in kept], dtype=np.int64),
        np.array([head.picture.name for head in kept]),
    )


def cached_contexts(
    data: Path, cache: Path, head_labels: Path | None = None, corrections: Mapping[LabelLine, str] | None = None
) -> Contexts:
    """Load the contexts from the cache file, or cut them and write it.

    Delete the file after the data or this module have changed: the cache does not know.

    Raises:
        NoHeads: there is nothing to cut.
    """
    if not cache.exists():
        made = build_contexts(labelled_heads(data, head_labels, corrections))
        cache.parent.mkdir(parents=True, exist_ok=True)
        unfinished = cache.with_name(f"{cache.stem}.part.npz")  # a run that is stopped here must not leave half of it
        np.savez(
            unfinished,
            pixels=made.pixels,
            states=made.states,
            heights=made.heights,
            sources=made.sources,
            groups=made.groups,
            names=made.names,
        )
        unfinished.replace(cache)
        return made
    with np.load(cache) as stored:
        return Contexts(
            stored["pixels"],
            stored["states"],
            stored["heights"],
            stored["sources"],
            stored["groups"],
            stored["names"],
        )
