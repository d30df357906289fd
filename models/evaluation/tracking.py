"""How well identities are kept: IDF1, identity switches and HOTA of tracks against people with known identities.

HOTA as Luiten et al. (2021) define it: for each overlap threshold the geometric mean of detection and association
accuracy, averaged over 0.05 to 0.95. Sequences are merged by summing their counts, so parts may be measured apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from analyzer.types import Box
from models.detectors.overlap import overlaps

_ALPHAS: Final = np.arange(0.05, 0.99, 0.05)
_SAME: Final = 0.5
"""Overlap from which a track is on a person, for IDF1 and switches."""

Instant = Mapping[int, Box]
"""Who is where in one frame, by identity."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackingFigures:
    """``idf1`` and ``hota`` in 0..1; ``switches`` counts how often a person's track id changed; ``tracks`` the ids given."""

    people: int
    tracks: int
    idf1: float
    hota: float
    switches: int
    recall: float


def evaluate_tracking(truth: Sequence[Instant], tracked: Sequence[Instant]) -> TrackingFigures:
    """Compare two lists of frames of one length.

    Raises:
        ValueError: the lists differ in length.
    """
    if len(truth) != len(tracked):
        raise ValueError(f"{len(truth)} frames of truth and {len(tracked)} of tracks")
    people, ids = sorted({one for now in truth for one in now}), sorted({one for now in tracked for one in now})
    tables = [_table(now, then) for now, then in zip(truth, tracked, strict=True)]
    met = np.zeros((len(people), len(ids)))
    seen = np.array([sum(one in now for now in truth) for one in people], dtype=np.float64)
    given = np.array([sum(one in now for now in tracked) for one in ids], dtype=np.float64)
    for (now, then), table in zip(zip(truth, tracked, strict=True), tables, strict=True):
        rows, columns = [people.index(one) for one in sorted(now)], [ids.index(one) for one in sorted(then)]
        if rows and columns:
            met[np.ix_(rows, columns)] += table >= _SAME
    pairs = linear_sum_assignment(met, maximize=True)
    together = float(met[pairs].sum())
    total = float(seen.sum() + given.sum())
    switches, found = _switches(truth, tracked, tables)
    return TrackingFigures(
        people=len(people),
        tracks=len(ids),
        idf1=2 * together / total if total else 1.0,
        hota=_hota(truth, tracked, tables),
        switches=switches,
        recall=found / float(seen.sum()) if seen.sum() else 1.0,
    )


def _table(now: Instant, then: Instant) -> Floats:
    """Return the overlap of every person with every track of a frame, both by rising identity."""
    first, second = (np.array([_edges(one[key]) for key in sorted(one)]).reshape(-1, 4) for one in (now, then))
    return overlaps(first, second)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _switches(truth: Sequence[Instant], tracked: Sequence[Instant], tables: Sequence[Floats]) -> tuple[int, int]:
    last: dict[int, int] = {}
    switches = found = 0
    for now, then, table in zip(truth, tracked, tables, strict=True):
        rows, columns = linear_sum_assignment(np.where(table >= _SAME, table, 0.0), maximize=True)
        people, ids = sorted(now), sorted(then)
        for row, column in zip(rows, columns, strict=True):
            if table[row, column] < _SAME:
                continue
            found += 1
            person, track = people[row], ids[column]
            switches += last.get(person, track) != track
            last[person] = track
    return switches, found


def _hota(truth: Sequence[Instant], tracked: Sequence[Instant], tables: Sequence[Floats]) -> float:
    people = {one: n for n, one in enumerate(sorted({one for now in truth for one in now}))}
    ids = {one: n for n, one in enumerate(sorted({one for now in tracked for one in now}))}
    if not people or not ids:
        return 1.0 if not people and not ids else 0.0
    seen, given = np.zeros(len(people)), np.zeros(len(ids))
    potential = np.zeros((len(people), len(ids)))
    places = []
    for now, then, table in zip(truth, tracked, tables, strict=True):
        rows, columns = [people[one] for one in sorted(now)], [ids[one] for one in sorted(then)]
        places.append((rows, columns))
        np.add.at(seen, rows, 1)
        np.add.at(given, columns, 1)
        if rows and columns:
            shares = table.sum(axis=0)[None, :] + table.sum(axis=1)[:, None] - table
            potential[np.ix_(rows, columns)] += np.where(shares > 0, table / np.where(shares > 0, shares, 1), 0)
    alike = potential / np.maximum(seen[:, None] + given[None, :] - potential, 1e-12)
    matches = np.zeros((len(_ALPHAS), len(people), len(ids)))
    for (rows, columns), table in zip(places, tables, strict=True):
        if not rows or not columns:
            continue
        chosen = linear_sum_assignment(alike[np.ix_(rows, columns)] * table, maximize=True)
        for row, column in zip(*chosen, strict=True):
            matches[:, rows[row], columns[column]] += table[row, column] >= _ALPHAS - 1e-12
    return float(np.mean([_of_alpha(one, seen, given) for one in matches]))


def _of_alpha(matches: Floats, seen: Floats, given: Floats) -> float:
    true = float(matches.sum())
    detection = true / float(seen.sum() + given.sum() - true)
    if true == 0:
        return 0.0
    of_pair = matches / np.maximum(seen[:, None] + given[None, :] - matches, 1e-12)
    association = float((matches * of_pair).sum()) / true
    return float(np.sqrt(detection * association))
