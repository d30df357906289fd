"""Boxes that are called heads and are none: whole people, upper halves, chests. For the mask network they are *not visible*.

At the edge of a picture and far away, a detector of heads sometimes boxes a whole body. A mask network that has only seen
heads answers for the small face somewhere in that crop, or for a dark jacket: before it was trained with these, it claimed a worn mask
for six of ten of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.errors import AbsentWeights, BadPicture
from models.frame import Image
from models.labelled.annotations import Defect, pictures_under, read_annotations
from models.pictures import read_picture
from models.training.crops import CONTEXT_SIZE, MASK_STATES, Contexts, context
from models.training.dataset import CLASSES

SOURCE: Final = "bodies"
_NOT_VISIBLE: Final = MASK_STATES.index("not_visible")
_PERSON, _HEAD = CLASSES.index("person"), CLASSES.index("head")
_TALL: Final = (36.0, 320.0)
"""Heights of people in pixels of the picture: those whom a detector mistakes for heads."""
_SMALL_HEAD: Final = 0.3
"""A person whose head is taller than this share is a portrait, and its box might well be a head's."""
_HALVES, _CHESTS = 0.2, 0.2
_A_PICTURE: Final = 3


@dataclass(frozen=True, slots=True)
class _Person:
    body: Box
    head: Box


def bodies(corpus: Path, *, count: int = 1200, seed: int = 3) -> Contexts:
    """Return up to ``count`` contexts of people instead of heads, all *not visible*, named after the set of their picture.

    Args:
        corpus: what `vigil train person` wrote: `images/train` and `labels/train` with boxes of people and heads.
        count: how many at most.
        seed: of what is drawn.

    Raises:
        AbsentWeights: the corpus is not there.
    """
    images, labels = corpus / "images" / "train", corpus / "labels" / "train"
    if not images.is_dir() or not labels.is_dir():
        raise AbsentWeights(f"no corpus of people at {corpus.name}; `vigil train person` writes one")
    rng = np.random.default_rng(seed)
    defects: list[Defect] = []
    found: list[tuple[Image, float, str]] = []
    for path in pictures_under(images):
        marked = read_annotations(labels / f"{path.stem}.txt", len(CLASSES), defects)
        try:
            image = read_picture(path)
        except BadPicture:
            continue
        height, width = image.shape[:2]
        people = _with_small_heads(marked.of((_PERSON,), width, height), marked.of((_HEAD,), width, height))
        for row in rng.permutation(len(people))[:_A_PICTURE]:
            box = _draw(people[row], rng)
            found.append((context(image, box), box.height, path.stem))
    chosen = [found[row] for row in rng.permutation(len(found))[:count]]
    return Contexts(
        np.stack([cut for cut, _, _ in chosen]) if chosen else np.zeros((0, CONTEXT_SIZE, CONTEXT_SIZE, 3), np.uint8),
        np.full(len(chosen), _NOT_VISIBLE, dtype=np.int64),
        np.array([height for _, height, _ in chosen], dtype=np.float32),
        np.array([f"{SOURCE}|{name.split('__')[0]}" for _, _, name in chosen], dtype=np.str_),
        np.full(len(chosen), -1, dtype=np.int64),
        np.array([name for _, _, name in chosen], dtype=np.str_),
    )


def _with_small_heads(persons: npt.NDArray[np.float64], heads: npt.NDArray[np.float64]) -> list[_Person]:
    """Return the people of a fitting height whose head is known and small beside them."""
    found = []
    for row in persons:
        body = Box(*(float(edge) for edge in row))
        if not _TALL[0] <= body.height <= _TALL[1]:
            continue
        mine = [head for head in (Box(*(float(edge) for edge in one)) for one in heads) if _belongs(head, body)]
        if mine and max(head.height for head in mine) <= _SMALL_HEAD * body.height:
            found.append(_Person(body, max(mine, key=lambda head: head.height)))
    return found


def _belongs(head: Box, body: Box) -> bool:
    x, y = head.centre
    return abs(x - body.centre[0]) < body.width / 2 and body.y1 - 0.1 * body.height < y < body.centre[1]


def _draw(person: _Person, rng: np.random.Generator) -> Box:
    """Return the box of the whole body, of its upper half, or of the chest below the head."""
    body, drawn = person.body, rng.random()
    if drawn < _HALVES:
        return Box(body.x1, body.y1, body.x2, body.y1 + 0.55 * body.height)
    if drawn < _HALVES + _CHESTS:
        side, middle = max(24.0, min(body.width, 0.35 * body.height)), person.head.centre[0]
        top = person.head.y2 + 0.1 * person.head.height
        return Box(middle - side / 2, top, middle + side / 2, top + side)
    return body
