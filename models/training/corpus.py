"""Data sets as code: a card a set, one common form for all, and a check that names file and line of every defect.

A set is a folder of pictures outside the project and a card inside it (`datasets/<name>/card.toml`): origin, licence,
classes, known noise, and the SHA-256 of the list of its files. A defect is recorded, counted, and the rest goes on:
one corrupt picture must not cost a night of training.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import BadPicture, PerceptionError
from models.labelled.annotations import Defect, pictures_under, read_annotations
from models.pictures import read_picture
from models.training.copies import Hashes, difference_hash, groups, near_duplicates

CARDS: Final = Path(__file__).resolve().parents[2] / "datasets"
"""Where the cards lie in a checkout of the project."""


class BadCard(PerceptionError):
    """A card cannot be used; the message names file and key."""


class Layout(StrEnum):
    """How a set lies on disk."""

    YOLO = "yolo"
    FOLDERS = "folders"
    FLAGS = "flags"
    CLIPS = "clips"


class Card(BaseModel):
    """What `card.toml` states about a set.

    ``person``, ``head`` and ``face`` are the class numbers of the set that are boxes of these things; an empty list
    means that the set does not box them, which is not the same as "there are none".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    origin: str
    licence: str
    may_use: str
    layout: Layout
    files: int = Field(ge=1)
    list_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    images: str = "images"
    labels: str = "labels"
    flags: str = ""
    groups: str = ""
    classes: tuple[str, ...] = ()
    person: tuple[int, ...] = ()
    face: tuple[int, ...] = ()
    noise: tuple[str, ...]
    label_errors: str = ""


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What the check of one set found.

    ``fingerprint`` is the SHA-256 over the sorted lines "<sha256 of the file>  <path>"; ``unchanged`` compares it with
    the card. ``copies`` counts pictures that are near-duplicates of an earlier one, in this set or a set before it.
    """

    name: str
    present: bool
    pictures: int
    boxes: int
    fingerprint: str
    unchanged: bool
    copies: int
    defects: tuple[Defect, ...]


def read_card(file: Path) -> Card:
    """Return a card.

    Raises:
        BadCard: the file is missing, is not TOML, or a key is absent, unknown or has a wrong value.
    """
    try:
        return Card.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise BadCard(f"{file.parent.name}/{file.name}: {broken}") from broken
    except ValidationError as wrong:
        first = wrong.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadCard(f"{file.parent.name}/{file.name}: {key}: {first['msg']}") from wrong


def read_cards(folder: Path = CARDS) -> tuple[Card, ...]:
    """Return all cards in the order of their names.

    Raises:
        BadCard: as in `read_card`, or there is none: an installed package has no cards.
    """
    cards = tuple(read_card(file) for file in sorted(folder.glob("*/card.toml")))
    if not cards:
        raise BadCard(
            "there are no cards of data sets here: they lie in `datasets/` of a checkout of the project; run it from there"
        )
    return cards


def fingerprint(folder: Path) -> tuple[str, int]:
    """Return the SHA-256 of the list of a set's files, and how many files it has."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest(), len(files)


def check_corpora(root: Path, cards: Path = CARDS) -> Sequence[CorpusReport]:
    """Check every set that has a card against the folder of the same name under ``root``.

    Raises:
        BadCard: a card cannot be used. Everything that is wrong with the data is in the reports instead.
    """
    reports: list[CorpusReport] = []
    seen: list[Hashes] = []
    for card in read_cards(cards):
        folder = root / card.name
        if not folder.is_dir():
            reports.append(CorpusReport(card.name, present=False, pictures=0, boxes=0, fingerprint="", unchanged=False,
                                        copies=0, defects=()))  # fmt: skip
            continue
        reports.append(_check(card, folder, seen))
    return tuple(reports)


def _check(card: Card, folder: Path, seen: list[Hashes]) -> CorpusReport:
    defects: list[Defect] = []
    digest, files = fingerprint(folder)
    if files != card.files:
        defects.append(Defect("card.toml", None, f"{files} files instead of {card.files}"))
    boxes = 0
    before = len(seen)
    pictures = pictures_under(folder)
    for picture in pictures:
        try:
            seen.append(difference_hash(read_picture(picture)))
        except BadPicture as broken:
            defects.append(Defect(picture.relative_to(folder).as_posix(), None, str(broken)))
        if card.layout is Layout.YOLO:
            label = folder / card.labels / f"{picture.stem}.txt"
            boxes += len(read_annotations(label, len(card.classes), defects).boxes)
    of_set = groups(len(seen), near_duplicates(np.array(seen, dtype=np.uint8).reshape(-1, 8)))
    copies = sum(1 for index in range(before, len(seen)) if of_set[index] != index)
    return CorpusReport(
        card.name, present=True, pictures=len(pictures), boxes=boxes, fingerprint=digest,
        unchanged=digest == card.list_sha256, copies=copies, defects=tuple(defects),
    )  # fmt: skip


def stated_groups(file: Path) -> Mapping[str, str]:
    """Return picture name -> group from a `groups.csv` with the columns image and group (or filename, source_group).

    Raises:
        BadCard: the file lacks both pairs of columns or cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as broken:
        raise BadCard(f"{file.name}: {broken.__class__.__name__}") from broken
    for name, group in (("image", "group"), ("filename", "source_group")):
        if rows and name in rows[0] and group in rows[0]:
            return {row[name]: row[group] for row in rows}
    raise BadCard(f"{file.name}: no columns image and group")
