"""Arithmetic of coverage: laying new stretches of time over old ones, and several runs over each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from pipelines.records import CoverageInterval, CoverageState

_WORTH = {CoverageState.GAP: 0, CoverageState.DEGRADED: 1, CoverageState.LIVE: 2}


def check_disjoint(intervals: Iterable[CoverageInterval]) -> tuple[CoverageInterval, ...]:
    """Sort the intervals of one camera and run; those without length are left out.

    Raises:
        ValueError: one ends before it starts, or two overlap.
    """
    ordered = sorted(intervals, key=lambda interval: (interval.start, interval.end))
    if backwards := next((interval for interval in ordered if interval.end < interval.start), None):
        raise ValueError(f"coverage ends before it starts: {backwards}")
    proper = tuple(interval for interval in ordered if interval.start < interval.end)
    for first, second in pairwise(proper):
        if second.start < first.end:
            raise ValueError(f"coverage overlaps itself: {first} and {second}")
    return proper


def laid_over(old: Sequence[CoverageInterval], new: Sequence[CoverageInterval]) -> tuple[CoverageInterval, ...]:
    """The new intervals, and of the old ones what they leave uncovered. Touching ones that say the same become one.

    Args:
        old: disjoint.
        new: disjoint, of the same camera and run, in order.
    """
    pieces = list(new)
    for interval in old:
        rest = [interval]
        for cover in new:
            rest = [piece for part in rest for piece in _without(part, cover)]
        pieces += rest
    return _joined(sorted(pieces, key=lambda piece: piece.start))


def best_of(intervals: Iterable[CoverageInterval], since: datetime, until: datetime) -> tuple[CoverageInterval, ...]:
    """What is known of a stretch of time when several runs speak of it: an instant that any run watched was watched.

    Returns:
        Disjoint intervals inside [since, until), in order. Between equals the greater run id speaks.
    """
    cut = [
        replace(interval, start=max(interval.start, since), end=min(interval.end, until))
        for interval in intervals
        if interval.start < until and interval.end > since
    ]
    edges = sorted({edge for interval in cut for edge in (interval.start, interval.end)})
    waiting = sorted(cut, key=lambda interval: interval.start, reverse=True)
    active: list[CoverageInterval] = []
    pieces: list[CoverageInterval] = []
    for start, end in pairwise(edges):
        active = [interval for interval in active if interval.end > start]
        while waiting and waiting[-1].start <= start:
            active.append(waiting.pop())
        if active:
            best = max(active, key=lambda interval: (_WORTH[interval.state], interval.run or "", interval.start))
            pieces.append(replace(best, start=start, end=end))
    return _joined(pieces)


def _without(interval: CoverageInterval, cover: CoverageInterval) -> Iterator[CoverageInterval]:
    if cover.end <= interval.start or interval.end <= cover.start:
        yield interval
        return
    if interval.start < cover.start:
        yield replace(interval, end=cover.start)
    if cover.end < interval.end:
        yield replace(interval, start=cover.end)


def _joined(pieces: Iterable[CoverageInterval]) -> tuple[CoverageInterval, ...]:
    joined: list[CoverageInterval] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and last.end == piece.start and replace(last, start=piece.start, end=piece.end) == piece:
            joined[-1] = replace(last, end=piece.end)
        else:
            joined.append(piece)
    return tuple(joined)
