"""Who is close to whom: on the floor where it is calibrated, in body heights where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import floor, hypot
from typing import NamedTuple

from analyzer.ground import Position, distance
from analyzer.moment import Moment, Pair, Person
from analyzer.types import Box, Point

_FEW = 24
"""Up to so many points looking at every pair is quicker than sorting them into cells."""

_SAME_DEPTH = 0.6
"""Heights in the picture whose ratio is below this belong to different depths, so the two are not close."""


class Reach(NamedTuple):
    """What counts as close: metres on the floor, or a share of the mean height of the two in the picture."""

    metres: float
    heights: float
    error_m_max: float


def close_pairs(moment: Moment, people: Sequence[Person], reach: Reach, *, depth: bool = True) -> list[Pair]:
    """Pairs that are or may be within reach, in the order of ``people``. Cost grows with people, not with pairs.

    Args:
        moment: the instant.
        people: those to be paired.
        reach: what counts as close.
        depth: without a calibration, tell depths apart by the heights in the picture; only people have comparable ones.
    """
    if len(people) < 2:
        return []
    far = reach.heights if moment.ground is None else reach.metres
    known, pairs = _worked_out(moment, far, reach.error_m_max, depth=depth)
    if far < known:
        pairs = [pair for pair in pairs if _nearest(pair) < far]
    if people is moment.people:
        return pairs
    among = {person.id for person in people}
    return [pair for pair in pairs if pair.first.id in among and pair.second.id in among]


def _nearest(pair: Pair) -> float:
    """How close the two may be: metres, or body heights where there is no floor."""
    if pair.metres is None or pair.error is None:
        return pair.heights
    return pair.metres if pair.sure else pair.metres - 2 * pair.error


def _worked_out(moment: Moment, far: float, error_m_max: float, *, depth: bool) -> tuple[float, list[Pair]]:
    """Pairs of an instant up to as far apart as asked, or farther. Every rule asks about much the same: they are kept for the next."""
    key = error_m_max if depth else -error_m_max
    known = moment.pairs.get(key)
    if known is not None and far <= known[0]:
        return known
    everybody = moment.people if depth else (*moment.people, *moment.bags)
    if moment.ground is None:
        pairs = list(_by_heights(moment, everybody, far, _SAME_DEPTH if depth else 0.0))
    else:
        places = [moment.position(person) for person in everybody]
        pairs = list(_by_metres(everybody, places, Reach(far, 0.0, error_m_max), moment.ground.scale_error))
    moment.pairs[key] = far, pairs
    return far, pairs


def _by_metres(people: Sequence[Person], places: Sequence[Position | None], reach: Reach, scale_error: float) -> Iterator[Pair]:
    far, error_m_max = reach.metres, reach.error_m_max
    known = [(i, place) for i, place in enumerate(places) if place is not None]
    sharp = [(i, place) for i, place in known if place.spread <= error_m_max]
    pairs = [(sharp[i][0], sharp[j][0]) for i, j in grid_pairs([(place.x, place.y) for _, place in sharp], far)]
    if len(sharp) < len(known):  # those whose place is vague may be close to somebody far off
        vague = [(i, place) for i, place in known if place.spread > error_m_max]
        pairs += {
            (min(i, j), max(i, j))
            for i, place in vague
            for j, other in known
            if i != j and not _surely_apart(place, other, far, scale_error)
        }
    pairs.sort()
    for i, j in pairs:
        a, b = places[i], places[j]
        assert a is not None
        assert b is not None
        metres, error = distance(a, b)
        if scale_error:
            error = hypot(error, scale_error * metres)
        sure = error <= error_m_max
        if metres - (0.0 if sure else 2 * error) < far:
            yield Pair(people[i], people[j], sure, metres, error)


def _surely_apart(a: Position, b: Position, far: float, scale_error: float) -> bool:
    """Whether two positions are farther apart than ``far`` by more than twice the greatest error their distance can have."""
    return hypot(a.x - b.x, a.y - b.y) * (1 - 2 * scale_error) - 2 * (a.spread + b.spread) > far


def _by_heights(moment: Moment, people: Sequence[Person], far: float, same_depth: float) -> Iterator[Pair]:
    frame = moment.scene.frame
    feet = [(person.foot[0] * frame.width, person.foot[1] * frame.height) for person in people]
    heights = [person.observation.track.box.height for person in people]
    for i, j in sorted(grid_pairs(feet, far * max(heights))):
        if min(heights[i], heights[j]) < same_depth * max(heights[i], heights[j]):
            continue
        apart = hypot(feet[i][0] - feet[j][0], feet[i][1] - feet[j][1]) / ((heights[i] + heights[j]) / 2)
        if apart < far:
            yield Pair(people[i], people[j], sure=True, heights=apart)


def crowded(moment: Moment, pair: Pair) -> bool:
    """Whether somebody else stands before the feet of one of the two."""
    for near in (pair.first, pair.second):
        box = near.observation.track.box
        x, y = box.foot
        for other in moment.people:
            cover = other.observation.track.box
            hides = cover.x1 <= x <= cover.x2 and cover.y1 <= y < cover.y2
            if hides and other.id not in (pair.first.id, pair.second.id):
                return True
    return False


def hidden(place: Box, people: Iterable[Person]) -> bool:
    """Whether one of the people stands so that whoever is at a place would be hidden behind them, all but the head."""
    (x, foot), (_, middle) = place.foot, place.centre
    covers = (person.observation.track.box for person in people)
    return any(cover.x1 <= x <= cover.x2 and cover.y1 <= middle and foot < cover.y2 for cover in covers)


def grid_pairs(points: Sequence[Point], reach: float) -> Iterator[tuple[int, int]]:
    """Index pairs (smaller first) that may be closer than ``reach``: those in the same or neighbouring cells."""
    if len(points) <= _FEW:
        near = list[tuple[float, float, int]]()
        for y, x, j in sorted((y, x, j) for j, (x, y) in enumerate(points)):
            near = [one for one in near if y - one[0] < reach]
            for _, other, i in near:
                if -reach < other - x < reach:
                    yield (i, j) if i < j else (j, i)
            near.append((y, x, j))
        return
    cells: dict[tuple[int, int], list[int]] = {}
    for index, (x, y) in enumerate(points):
        column, row = floor(x / reach), floor(y / reach)
        for c in (column - 1, column, column + 1):
            for r in (row - 1, row, row + 1):
                for other in cells.get((c, r), ()):
                    yield other, index
        cells.setdefault((column, row), []).append(index)


def groups(people: Sequence[Person], pairs: Sequence[Pair]) -> list[list[Person]]:
    """People joined by pairs, directly or through others; the largest group first."""
    leader = {person.id: person.id for person in people}
    for pair in pairs:
        a, b = pair.first.id, pair.second.id
        while leader[a] != a:
            a = leader[a]
        while leader[b] != b:
            b = leader[b]
        leader[max(a, b)] = min(a, b)
    joined: dict[int, list[Person]] = {}
    for person in people:
        root = person.id
        while leader[root] != root:
            root = leader[root]
        joined.setdefault(root, []).append(person)
    return sorted(joined.values(), key=lambda group: (-len(group), group[0].id))
