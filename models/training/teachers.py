"""Small published networks that label pictures for training. Their files are never shipped, only what they say is used.

Five teachers look at each picture: two person detectors, one for body, head and hand, two for faces. What they say is
cached as JSON beside the corpus, so that labelling goes on where it stopped; `agreement` makes labels of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.errors import BadPicture
from models.frame import Image
from models.labelled.annotations import Defect
from models.labelled.published import Find, Published, tiled, tiled_anatomy
from models.labelled.scored import Scored, without_doubles
from models.pictures import read_picture

log = logging.getLogger(__name__)

KINDS: Final = ("persons", "second_persons", "bodies", "heads", "hands", "faces", "second_faces")
"""What is cached for a picture, by the names that `agreement.Opinions` has for them."""

_TILED_FROM: Final = 1000
"""Longest side in pixels from which people are also looked for in tiles: below, the networks' 640 px show enough."""

_SAVE_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Sight:
    """What the teachers saw on one picture of this size in pixels, by kind."""

    width: int
    height: int
    found: dict[str, Scored]


def look(teachers: Published, image: Image) -> Sight:
    """Return what all teachers see: heads whole and in four tiles, people too on large pictures, faces whole."""
    large = max(image.shape[:2]) >= _TILED_FROM
    body, head, hand = (without_doubles(each, inside=2.0) for each in tiled_anatomy(image, teachers.anatomy))
    found = {
        "persons": _people(image, teachers.persons, large=large),
        "second_persons": _people(image, teachers.second_persons, large=large),
        "bodies": body,
        "heads": head,
        "hands": hand,
        "faces": teachers.faces(image),
        "second_faces": teachers.second_faces(image),
    }
    return Sight(image.shape[1], image.shape[0], found)


def _people(image: Image, find: Find, *, large: bool) -> Scored:
    return without_doubles(tiled(image, find), inside=2.0) if large else find(image)


def label(pictures: Iterable[tuple[str, Path]], teachers: Published, cache: Path, defects: list[Defect]) -> dict[str, Sight]:
    """Label named pictures, reading from and adding to the cache; pictures that cannot be read are reported."""
    known = read_sights(cache)
    fresh = 0
    for name, path in pictures:
        if name in known:
            continue
        try:
            known[name] = look(teachers, read_picture(path))
        except BadPicture as broken:
            defects.append(Defect(name, None, str(broken)))
            continue
        fresh += 1
        if fresh % _SAVE_EVERY == 0:
            write_sights(cache, known)
            log.info("labelled %d pictures of %s", fresh, cache.stem)
    if fresh:
        write_sights(cache, known)
    return known


def read_sights(cache: Path) -> dict[str, Sight]:
    """Return what a cache holds; an absent one is empty."""
    if not cache.exists():
        return {}
    rows = json.loads(cache.read_text(encoding="utf-8"))
    return {
        name: Sight(int(row["width"]), int(row["height"]), {kind: _scored(row.get(kind, [])) for kind in KINDS})
        for name, row in rows.items()
    }


def write_sights(cache: Path, sights: dict[str, Sight]) -> None:
    """Replace the cache in one step: a reader never sees half of it."""
    rows = {
        name: {"width": sight.width, "height": sight.height} | {kind: _rows(sight.found.get(kind, Scored())) for kind in KINDS}
        for name, sight in sorted(sights.items())
    }
    cache.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.with_suffix(".partial")
    partial.write_text(json.dumps(rows), encoding="utf-8")
    partial.replace(cache)


def _scored(rows: Sequence[Sequence[float]]) -> Scored:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Scored(table[:, 1:], table[:, 0])


def _rows(found: Scored) -> list[list[float]]:
    return [
        [round(float(score), 4), *(round(float(side), 2) for side in box)]
        for score, box in zip(found.scores, found.boxes, strict=True)
    ]
