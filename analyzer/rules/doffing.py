"""Kind ``doffing``: the order in which equipment was taken off (S06). Assistance only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.leaving import leaving
from analyzer.moment import Moment, Person
from analyzer.outfits import Off
from analyzer.scope import Scope
from analyzer.site import Zone
from analyzer.types import Need, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Doffing:
    """One judgement each time staff leave a doffing zone: gloves come off first and the mask last.

    Only what every published order has in common is checked. Hand hygiene is the matter of `hand_hygiene`.

    Attributes:
        visit_min: shorter visits are passages.
    """

    cue: ClassVar[Cue] = Cue.LEAVING
    scope: Scope
    visit_min: timedelta = timedelta(seconds=30)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for person, zone, decided in leaving(moment, self.scope, self.visit_min):
            yield self._judge(person, zone, decided=decided)

    def _judge(self, person: Person, zone: Zone, *, decided: bool) -> Judgement:
        taken = dict(person.doffed)
        reason = None
        if not decided:
            reason = Reason.ROLE_UNKNOWN
        elif len(taken) < 2:
            reason = Reason.ITEM_NOT_VISIBLE
        if reason is not None:
            return Judgement(person.subject, Verdict.UNKNOWN, reason, zone, person.role, person.tracks)
        verdict = _order(taken)
        reason = Reason.LOW_CONFIDENCE if verdict is Verdict.UNKNOWN else None
        return Judgement(person.subject, verdict, reason, zone, person.role, person.tracks)


def _order(taken: Mapping[Need, Off]) -> Verdict:
    """Gloves before all else and the mask after all else; unknown when pieces came off too close together to tell."""
    due = [(Need.GLOVES, need) for need in taken if Need.GLOVES in taken and need is not Need.GLOVES]
    due += [(need, Need.MASK) for need in taken if Need.MASK in taken and need not in {Need.GLOVES, Need.MASK}]
    if any(taken[later].before <= taken[sooner].after for sooner, later in due):
        return Verdict.VIOLATING
    told = all(taken[sooner].before <= taken[later].after for sooner, later in due)
    return Verdict.COMPLIANT if told else Verdict.UNKNOWN
