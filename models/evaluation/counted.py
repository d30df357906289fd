"""Tracks against people counted by hand: how many ids were given, and when, where only presence is known and no boxes.

Every visit (one person from entering to leaving) is matched to at most one id that begins during it. An id left over
was given to somebody who had one already, or to nobody; a visit left over had no id, or that of somebody before. While
exactly one person is there, a second id is certainly a switch.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

_EARLY: Final = 0.5
"""Seconds by which an id may begin before the moment noted by hand."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person, from the first to the last moment that a part of them is seen, in seconds."""

    enters: float
    leaves: float = math.inf


Instant = tuple[float, frozenset[int]]
"""Seconds, and the ids that the tracker reported then."""


@dataclass(frozen=True, slots=True)
class CountedFigures:
    """Attributes:
    visits: people, counted by hand.
    ids: ids that the tracker gave.
    surplus: ids that no visit accounts for: fragments, switches, or nobody.
    missed: visits without an id of their own.
    switches: changes of the id while one and the same person was alone.
    found: share of (person, instant) with an id, counted and not located.
    """

    visits: int
    ids: int
    surplus: int
    missed: int
    switches: int
    found: float


def read_visits(path: Path) -> dict[str, tuple[Visit, ...]]:
    """Return the visits of each recording.

    Raises:
        ValueError: a line is not a visit; names the line.
    """
    found: dict[str, list[Visit]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=2):
            try:
                visit = Visit(float(row["enters_s"]), float(row["leaves_s"] or math.inf))
            except (KeyError, TypeError, ValueError) as wrong:
                raise ValueError(
                    f"{path.name}:{number}: not a visit ({wrong}); write recording,person,enters_s,leaves_s"
                ) from wrong
            if not 0 <= visit.enters < visit.leaves:
                raise ValueError(f"{path.name}:{number}: leaves before entering; give seconds from the beginning")
            found[row["recording"]].append(visit)
    return {name: tuple(visits) for name, visits in found.items()}


def count_tracks(visits: Sequence[Visit], instants: Sequence[Instant]) -> CountedFigures:
    """Compare the ids of a recording, instant by instant, with the visits."""
    begins: dict[int, float] = {}
    for at, ids in instants:
        for one in ids:
            begins.setdefault(one, at)
    fits = np.array(
        [[one.enters - _EARLY <= begin < one.leaves for begin in begins.values()] for one in visits], dtype=np.float64
    )
    table = fits.reshape(len(visits), len(begins))
    matched = int(table[linear_sum_assignment(table, maximize=True)].sum())
    there = [(sum(one.enters <= at < one.leaves for one in visits), len(ids)) for at, ids in instants]
    present = sum(people for people, _ in there)
    return CountedFigures(
        visits=len(visits),
        ids=len(begins),
        surplus=len(begins) - matched,
        missed=len(visits) - matched,
        switches=_switches(visits, instants),
        found=sum(min(pair) for pair in there) / present if present else 1.0,
    )


def _switches(visits: Sequence[Visit], instants: Sequence[Instant]) -> int:
    last: dict[int, int] = {}
    switches = 0
    for at, ids in instants:
        here = [number for number, one in enumerate(visits) if one.enters <= at < one.leaves]
        if len(here) == 1 and len(ids) == 1:
            (person,), (one,) = here, ids
            switches += last.get(person, one) != one
            last[person] = one
    return switches
