"""Whoever leaves a zone after a visit: the moment at which taking equipment off (S06) is judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from analyzer.moment import Moment, Person
from analyzer.scope import Scope, Standing
from analyzer.site import Zone


def leaving(moment: Moment, scope: Scope, visit_min: timedelta) -> Iterator[tuple[Person, Zone, bool]]:
    """Yield whom the scope may concern, the zone they leave, and whether their role is sure enough to be judged.

    Shorter visits than ``visit_min`` are passages.
    """
    for person in moment.people:
        for left in person.left:
            standing = scope.standing(person.role.role)
            concerns = left.zone.kind in scope.zones and left.stayed >= visit_min
            if concerns and standing is not Standing.OUTSIDE:
                yield person, left.zone, standing is Standing.INSIDE
