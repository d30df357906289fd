"""Kind ``doffing``: the order in which equipment was taken off (S06). Assistance only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.judgement import Judgement
from analyzer.moment import Moment, Person
from analyzer.scope import Scope, Standing
from analyzer.site import Zone
from analyzer.types import Need, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Doffing:
    """One judgement each time staff leave a doffing zone: gloves come off first and the mask last.

    Only what every published order has in common is checked. Hand hygiene cannot be seen and is not judged.

    Attributes:
        visit_min: shorter visits are passages.
    """

    watches_places: ClassVar[bool] = False
    scope: Scope
    visit_min: timedelta = timedelta(seconds=30)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for person in moment.people:
            for leaving in person.left:
                standing = self.scope.standing(person.role.role)
                concerns = leaving.zone.kind in self.scope.zones and leaving.stayed >= self.visit_min
                if concerns and standing is not Standing.OUTSIDE:
                    yield self._judge(person, leaving.zone, decided=standing is Standing.INSIDE)

    def _judge(self, person: Person, zone: Zone, *, decided: bool) -> Judgement:
        taken = dict(person.doffed)
        reason = None
        if not decided:
            reason = Reason.ROLE_UNKNOWN
        elif len(taken) < 2:
            reason = Reason.ITEM_NOT_VISIBLE
        if reason is not None:
            return Judgement(person.subject, Verdict.UNKNOWN, reason, zone, person.role, person.tracks)
        order = sorted(taken, key=taken.__getitem__)
        wrong = (Need.GLOVES in taken and order[0] is not Need.GLOVES) or (Need.MASK in taken and order[-1] is not Need.MASK)
        verdict = Verdict.VIOLATING if wrong else Verdict.COMPLIANT
        return Judgement(person.subject, verdict, None, zone, person.role, person.tracks)
