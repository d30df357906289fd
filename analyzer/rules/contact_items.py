"""Kind ``contact_items``: protective equipment while somebody else, or something dirty, is close (S03, S10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.address import Addressed, addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.nearness import Reach, close_pairs
from analyzer.scope import Scope
from analyzer.types import Carried, Measure, Need, Reason, TrackId, Verdict
from analyzer.wearing import wearing


@dataclass(frozen=True, slots=True)
class ContactItems:
    """Violating when, in contact, an item of ``needs`` is seen to be missing; compliant on those seen.

    Attributes:
        needs: what must be worn.
        bags: contact is with a bag or bin, near or carried, instead of with a person.
        reach_m, reach_heights: what counts as contact, on a calibrated floor and without one.
        error_m_max: distances less certain than this are no contact that could be told.
        body_px_min: people lower than this in the picture (source pixels) are not judged.
        probability_min: a state less probable than this is not believed.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    needs: frozenset[Need]
    bags: bool = False
    reach_m: float = 1.5
    reach_heights: float = 0.8
    error_m_max: float = 0.4
    body_px_min: float = 120.0
    probability_min: float = 0.6

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        touching: dict[TrackId, float | None] | None = None
        for one in addressed(self.scope, moment):
            if touching is None:
                touching = self._touching(moment)
            if one.person.id in touching:
                yield self._judge(one, touching[one.person.id])

    def _touching(self, moment: Moment) -> dict[TrackId, float | None]:
        """Who is in contact, with the distance where it is known."""
        people = (*moment.people, *moment.bags) if self.bags else moment.people
        bags = {bag.id for bag in moment.bags}
        touching: dict[TrackId, float | None] = {}
        if self.bags:
            touching.update((person.id, None) for person in moment.people if Carried.WASTE_BAG in person.observation.carried)
            if not bags:
                return touching
        for pair in close_pairs(moment, people, Reach(self.reach_m, self.reach_heights, self.error_m_max), depth=not self.bags):
            if not pair.sure or (self.bags and (pair.first.id in bags) is (pair.second.id in bags)):
                continue
            for person in (pair.first, pair.second):
                known = touching.get(person.id)
                touching[person.id] = pair.metres if known is None or pair.metres is None else min(known, pair.metres)
        return touching

    def _judge(self, one: Addressed, metres: float | None) -> Judgement:
        if not one.decided:
            return one.unknown(Reason.ROLE_UNKNOWN)
        worn = wearing(one.person, self.needs, self.probability_min)
        if one.person.observation.track.box.height < self.body_px_min or not worn.told:
            return one.unknown(Reason.ITEM_NOT_VISIBLE)
        if not worn.missing:
            return one.judge(Verdict.COMPLIANT, votes=worn.fresh)
        apart = () if metres is None else (Measure("contact", metres, "m", self.reach_m),)
        return one.judge(Verdict.VIOLATING, measures=(*worn.measures(self.probability_min), *apart), votes=worn.fresh)
