"""Kind ``distance``: two people closer than they may be (Q06, S07, S08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Couple, Moment, Pair, Person
from analyzer.nearness import Reach, close_pairs, crowded
from analyzer.scope import Scope, Standing, standing
from analyzer.site import Activity, Zone
from analyzer.types import Measure, PairSubject, Reason, Role, Severity, Verdict

_OUTER = 1.5
"""Pairs up to this multiple of the distance are judged compliant; those farther apart are not worth a judgement."""


@dataclass(frozen=True, slots=True)
class Distance:
    """Violating while two people of different rooms are closer than ``metres`` on a calibrated floor.

    Attributes:
        partners: the role of the other one; empty means both are of the scope.
        same_zone: both must stand in the same zone (the strip of one door).
        error_m_max: pairs whose distance is less certain than this are not told: for the crowd, where a third person stands
            before the feet of one of them, else for the calibration.
        reach_heights: without a calibration, pairs this close (in body heights) are reported as not assessable.
        slots: activities whose slots make it an event of the rule's severity; outside them it has ``outside``.
    """

    cue: ClassVar[Cue] = Cue.PAIRS
    scope: Scope
    partners: frozenset[Role] = frozenset()
    metres: float = 2.0
    same_zone: bool = False
    error_m_max: float = 0.4
    reach_heights: float = 1.2
    slots: tuple[Activity, ...] = ()
    outside: Severity = Severity.LOW

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        if len(moment.people) < 2:
            return
        known = moment.known.couples.get(self)
        if known is None:
            known = moment.known.couples[self] = {}
        reach = Reach(self.metres * _OUTER, self.reach_heights, self.error_m_max)
        for pair in close_pairs(moment, moment.people, reach):
            places = pair.first.place, pair.second.place
            couple = known.get(places)
            if couple is None:
                couple = known[places] = self._couple(pair.first, pair.second)
            zone, decided = couple
            if zone is not None and not moment.related(pair.first, pair.second):
                yield self._judge(moment, pair, zone, decided)

    def _couple(self, first: Person, second: Person) -> Couple:
        """The zone in which two people of these roles, in these places, are the rule's matter."""
        zone, other = self.scope.zone(first.zones), self.scope.zone(second.zones)
        decided = self._standing(first.role.role, second.role.role)
        if other is None or (self.same_zone and other is not zone) or decided is Standing.OUTSIDE:
            return None, decided
        return zone, decided

    def _judge(self, moment: Moment, pair: Pair, zone: Zone, decided: Standing) -> Judgement:
        first, second = pair.first, pair.second
        subject = PairSubject(min(first.id, second.id), max(first.id, second.id))
        tracks = tuple(sorted({*first.tracks, *second.tracks}))
        role = first.role if self.scope.standing(first.role.role) is Standing.INSIDE else second.role
        reason = None
        if decided is Standing.UNDECIDED:
            reason = Reason.ROLE_UNKNOWN
        elif pair.metres is None:
            reason = Reason.NO_CALIBRATION
        elif not pair.sure:
            reason = Reason.CROWD if crowded(moment, pair) else Reason.NO_CALIBRATION
        elif self.slots and not moment.now.planned(*self.slots):
            reason = Reason.NO_SCHEDULE
        if reason is not None or pair.metres is None or pair.error is None:
            return Judgement(subject, Verdict.UNKNOWN, reason, zone, role, tracks)
        if pair.metres >= self.metres:
            return Judgement(subject, Verdict.COMPLIANT, None, zone, role, tracks)
        measures = (
            Measure("distance", pair.metres, "m", self.metres),
            Measure("distance_error", pair.error, "m", self.error_m_max),
        )
        severity = self.outside if self.slots and not moment.now.allows(*self.slots, zone=zone.kind) else None
        return Judgement(subject, Verdict.VIOLATING, None, zone, role, tracks, measures, severity=severity)

    def _standing(self, first: Role, second: Role) -> Standing:
        """Whether the rule is about a pair of these roles."""
        if not self.partners:
            return _worse(self.scope.standing(first), self.scope.standing(second))
        ways = (
            _worse(self.scope.standing(first), standing(self.partners, second)),
            _worse(self.scope.standing(second), standing(self.partners, first)),
        )
        if Standing.INSIDE in ways:
            return Standing.INSIDE
        return Standing.UNDECIDED if Standing.UNDECIDED in ways else Standing.OUTSIDE


def _worse(first: Standing, second: Standing) -> Standing:
    """Both must be inside; one outside decides against, one undecided leaves it open."""
    if first is Standing.INSIDE:
        return second
    return Standing.OUTSIDE if second is Standing.OUTSIDE else first
