"""Kind ``across_line``: two people close to each other on the two sides of a boundary (Q09)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment, Pair, Person
from analyzer.nearness import Reach, close_pairs
from analyzer.scope import Scope, Standing
from analyzer.site import Activity, Side, Zone
from analyzer.types import Measure, PairSubject, Reason, Verdict


@dataclass(frozen=True, slots=True)
class AcrossLine:
    """Violating while somebody of the scope is within ``metres`` of somebody on the other side of the line.

    Attributes:
        inside, outside: the two sides; the scope is about the one ``inside``.
        excuses: activities of slots and permits that allow it.
        error_m_max: pairs whose distance is less certain than this are not told.
        reach_heights: without a calibration, pairs this close (in body heights) are reported as not assessable.
    """

    cue: ClassVar[Cue] = Cue.PAIRS
    scope: Scope
    inside: Side
    outside: Side
    excuses: tuple[Activity, ...] = ()
    metres: float = 2.0
    error_m_max: float = 0.4
    reach_heights: float = 1.2

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        sided = [person for person in moment.people if self.inside in person.sides or self.outside in person.sides]
        if len(sided) < 2:
            return
        for pair in close_pairs(moment, sided, Reach(self.metres, self.reach_heights, self.error_m_max)):
            parted = self._parted(pair)
            if parted is None:
                continue
            zone = self.scope.zone(parted[0].zones) or self.scope.zone(parted[1].zones)
            standing = self.scope.standing(parted[0].role.role)
            if zone is not None and standing is not Standing.OUTSIDE:
                yield self._judge(moment, pair, parted[0], zone, decided=standing is Standing.INSIDE)

    def _parted(self, pair: Pair) -> tuple[Person, Person] | None:
        """The one inside and the one outside, when there is one of each."""
        for near, far in ((pair.first, pair.second), (pair.second, pair.first)):
            if self.inside in near.sides and self.outside in far.sides:
                return near, far
        return None

    def _judge(self, moment: Moment, pair: Pair, inside: Person, zone: Zone, *, decided: bool) -> Judgement:
        subject = PairSubject(min(pair.first.id, pair.second.id), max(pair.first.id, pair.second.id))
        tracks = tuple(sorted({*pair.first.tracks, *pair.second.tracks}))
        if not decided:
            return Judgement(subject, Verdict.UNKNOWN, Reason.ROLE_UNKNOWN, zone, inside.role, tracks)
        if pair.metres is None or not pair.sure:
            return Judgement(subject, Verdict.UNKNOWN, Reason.NO_CALIBRATION, zone, inside.role, tracks)
        allowed = moment.now.allows(*self.excuses, role=inside.role.role, zone=zone.kind, room=inside.room)
        verdict = Verdict.COMPLIANT if allowed else Verdict.VIOLATING
        measures = (Measure("distance", pair.metres, "m", self.metres),)
        return Judgement(subject, verdict, None, zone, inside.role, tracks, measures)
