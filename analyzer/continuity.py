"""When the tracker loses somebody and finds them again under a new id: one person, one act, one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from analyzer.layout import Layout
from analyzer.trails import Trail
from analyzer.types import Attire, Label, Point, TrackId

HANDOVER = timedelta(seconds=4.5)
"""How long a track may be gone, while the camera looks, for another to take over from it: the tracker itself waits for 2.5 s."""

BLIND = timedelta(seconds=10)
"""Where no picture came at all nobody went missing: so long a gap in the recording is bridged."""

STILL = timedelta(minutes=5)
"""A bag does not walk: found where it was, it is the same one, also after somebody stood before it for a while."""

_AT_A_DOOR = timedelta(milliseconds=400)
"""Whoever vanishes in front of a door and is not in the pictures of longer than this went in; who appears there came out."""

_REACH = 0.5
_PACE = 0.6
"""Reach in heights: half a body, and somewhat less than walking pace (0.7 heights a second) for each second of the gap."""

_OTHER_CLOTHES = 0.4
"""Clothes are misread now and then: other clothes are held against a match like this distance, and do not forbid it."""

_LEAD = 0.15
"""The best candidate must be closer by this (in heights) than the next: a doubtful match joins two people."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A track id not met before. ``height`` and ``foot`` are fractions of the picture."""

    track: TrackId
    label: Label
    foot: Point
    height: float
    attire: Attire | None


def take_overs(
    newcomers: Sequence[Newcomer],
    gone: Iterable[Trail],
    layout: Layout,
    aspect: float,
    *,
    at: datetime,
    clock: timedelta,
    before: timedelta,
) -> dict[TrackId, Trail]:
    """Which newcomers are people met before; each person is taken over at most once.

    ``clock`` counts the time in which the camera looked, ``before`` the same up to the picture before.
    """
    missing = [trail for trail in gone if _is_missing(trail, at, clock)]
    if not missing:
        return {}
    # Going through a door takes a moment in which pictures show nobody; a gap between two pictures tells of no door.
    inside = {old.id for old in missing if before - old.clock > _AT_A_DOOR and layout.door_at(old.foot) is not None}
    costs = {
        (new.track, old.id): cost
        for new in newcomers
        for old in missing
        if old.id not in inside and (cost := _cost(new, old, aspect, at)) is not None
    }
    by_id = {old.id: old for old in missing}
    matches: dict[TrackId, Trail] = {}
    taken: set[TrackId] = set()
    for (new, old), cost in sorted(costs.items(), key=lambda item: (item[1], item[0])):
        if new in matches or old in taken:
            continue
        # Whoever has found their match already is no rival any more.
        rivals = [
            other for (n, o), other in costs.items() if (n == new) is not (o == old) and n not in matches and o not in taken
        ]
        if all(other - cost >= _LEAD for other in rivals):
            matches[new] = by_id[old]
            taken.add(old)
    return matches


def _is_missing(trail: Trail, at: datetime, clock: timedelta) -> bool:
    """Whether somebody out of view may still be the one who comes into view."""
    if trail.label is Label.BAG:
        return at - trail.last <= STILL
    return clock - trail.clock <= HANDOVER and at - trail.last <= BLIND and not trail.departed


def _cost(new: Newcomer, old: Trail, aspect: float, at: datetime) -> float | None:
    """Distance in heights from where the person was expected; ``None`` when it cannot be the same."""
    seconds = (at - old.last).total_seconds()
    if new.label is not old.label or not 2 / 3 <= new.height / old.height <= 3 / 2:
        return None
    changed = None not in (new.attire, old.attire) and new.attire is not old.attire
    still = new.label is Label.BAG
    lead = 0.0 if still else min(seconds, 1.0)
    dx = (old.foot[0] + old.velocity[0] * lead - new.foot[0]) * aspect
    dy = old.foot[1] + old.velocity[1] * lead - new.foot[1]
    cost = hypot(dx, dy) / old.height + (_OTHER_CLOTHES if changed else 0.0)
    return cost if cost <= _REACH + (0.0 if still else _PACE * seconds) else None
