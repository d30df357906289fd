"""Kind ``hand_hygiene``: hands cleaned between taking equipment off and leaving (S06). Assistance only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.leaving import leaving
from analyzer.moment import Moment, Person
from analyzer.scope import Scope
from analyzer.site import Zone
from analyzer.types import Reason, Verdict, ZoneKind


@dataclass(frozen=True, slots=True)
class HandHygiene:
    """One judgement each time staff leave a doffing zone in which something came off.

    What the hands do cannot be seen; that somebody stood at the station after the last piece had come off can. Without a
    station drawn (within the doffing zone or over its edge) nothing is told.

    Attributes:
        visit_min: shorter visits are passages.
    """

    cue: ClassVar[Cue] = Cue.LEAVING
    scope: Scope
    visit_min: timedelta = timedelta(seconds=30)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for person, zone, decided in leaving(moment, self.scope, self.visit_min):
            station = any(one.kind is ZoneKind.HAND_HYGIENE for one in moment.zones)
            yield _judge(person, zone, decided=decided, station=station)


def _judge(person: Person, zone: Zone, *, decided: bool, station: bool) -> Judgement:
    reason = None
    if not station:
        reason = Reason.NO_ZONE
    elif not decided:
        reason = Reason.ROLE_UNKNOWN
    elif not person.doffed:
        reason = Reason.ITEM_NOT_VISIBLE
    if reason is not None:
        return Judgement(person.subject, Verdict.UNKNOWN, reason, zone, person.role, person.tracks)
    last = max(off.after for _, off in person.doffed)
    cleaned = person.cleaned is not None and person.cleaned >= last
    verdict = Verdict.COMPLIANT if cleaned else Verdict.VIOLATING
    return Judgement(person.subject, verdict, None, zone, person.role, person.tracks)
