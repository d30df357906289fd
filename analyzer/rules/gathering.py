"""Kind ``gathering``: several people close together (Q07)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment, Person
from analyzer.nearness import Reach, close_pairs, groups
from analyzer.scope import Scope, Standing
from analyzer.site import Zone
from analyzer.types import Measure, Reason, Verdict, ZoneId, zone_subject


@dataclass(frozen=True, slots=True)
class Gathering:
    """Violating while a zone holds a group of ``count_min`` people each of whom is near another of it.

    Attributes:
        count_min: people in the group.
        radius_m: near means closer than this on the floor.
        radius_heights: near without a calibration, as a share of the mean height of the two in the picture.
        error_m_max: pairs whose distance is less certain than this are not told.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    count_min: float = 3
    radius_m: float = 2.0
    radius_heights: float = 0.9
    error_m_max: float = 0.4

    def judge(self, moment: Moment) -> Iterable[Judgement]:
        return self._judged(moment) if moment.people else moment.absent(self, self._judged)

    def _judged(self, moment: Moment) -> Iterator[Judgement]:
        members: dict[ZoneId, list[Person]] = {}
        for person in moment.people:
            zone = self.scope.zone(person.zones)
            if zone is not None and self.scope.standing(person.role.role) is Standing.INSIDE:
                members.setdefault(zone.id, []).append(person)
        for zone in moment.zones_of(self.scope):
            people = members.get(zone.id, ())
            if len(people) < self.count_min:
                yield Judgement(zone_subject(zone.id), Verdict.COMPLIANT, None, zone)
            else:
                yield self._judge(moment, zone, people)

    def _judge(self, moment: Moment, zone: Zone, people: Sequence[Person]) -> Judgement:
        subject = zone_subject(zone.id)
        pairs = list(close_pairs(moment, people, Reach(self.radius_m, self.radius_heights, self.error_m_max)))
        group = groups(people, [pair for pair in pairs if pair.sure])[0]
        if len(group) >= self.count_min and not _related(moment, group):
            tracks = tuple(sorted(track for person in group for track in person.tracks))
            measures = (Measure("people", float(len(group)), "", self.count_min),)
            return Judgement(subject, Verdict.VIOLATING, zone=zone, tracks=tracks, measures=measures)
        possible = groups(people, pairs)[0]
        if len(possible) >= self.count_min and not _related(moment, possible):
            return Judgement(subject, Verdict.UNKNOWN, Reason.NO_CALIBRATION, zone)
        return Judgement(subject, Verdict.COMPLIANT, zone=zone)


def _related(moment: Moment, group: list[Person]) -> bool:
    """Room-mates and households may be close."""
    return all(moment.related(group[0], other) for other in group[1:])
