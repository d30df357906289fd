"""Kind ``gathering``: several people close together (Q07)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment, Person
from analyzer.nearness import Reach, close_pairs, groups
from analyzer.scope import Scope, Standing
from analyzer.site import Zone
from analyzer.types import Measure, Reason, TrackId, Verdict, ZoneId, zone_subject


@dataclass(frozen=True, slots=True)
class Gathering:
    """Violating while a zone holds a group of ``count_min`` people each of whom is near another of it, or most of one over its border.

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
        homes: dict[TrackId, ZoneId] = {}
        people: list[Person] = []
        for person in moment.people:
            zone = self.scope.zone(person.zones)
            if zone is not None and self.scope.standing(person.role.role) is Standing.INSIDE:
                homes[person.id] = zone.id
                people.append(person)
        told: dict[ZoneId, list[Person]] = {}
        possible: dict[ZoneId, list[Person]] = {}
        if len(people) >= self.count_min:
            pairs = list(close_pairs(moment, people, Reach(self.radius_m, self.radius_heights, self.error_m_max)))
            told = self._placed(moment, groups(people, [pair for pair in pairs if pair.sure]), homes)
            possible = self._placed(moment, groups(people, pairs), homes)
        for zone in moment.zones_of(self.scope):
            if (group := told.get(zone.id)) is not None:
                yield self._judge(zone, group)
            elif zone.id in possible:
                yield Judgement(zone_subject(zone.id), Verdict.UNKNOWN, Reason.NO_CALIBRATION, zone)
            else:
                yield Judgement(zone_subject(zone.id), Verdict.COMPLIANT, None, zone)

    def _placed(
        self, moment: Moment, joined: Iterable[list[Person]], homes: Mapping[TrackId, ZoneId]
    ) -> dict[ZoneId, list[Person]]:
        """The largest gathering of each zone; one over a border, of which no zone holds enough, is where most of it stands."""
        found: dict[ZoneId, list[Person]] = {}
        for group in joined:
            if len(group) < self.count_min or _related(moment, group):
                continue
            held = Counter(homes[person.id] for person in group)
            enough = [zone for zone, count in held.items() if count >= self.count_min]
            _, most = max((count, zone) for zone, count in held.items())
            for zone in enough or [most]:
                found.setdefault(zone, group)
        return found

    def _judge(self, zone: Zone, group: Sequence[Person]) -> Judgement:
        tracks = tuple(sorted(track for person in group for track in person.tracks))
        measures = (Measure("people", float(len(group)), "", self.count_min),)
        return Judgement(zone_subject(zone.id), Verdict.VIOLATING, zone=zone, tracks=tracks, measures=measures)


def _related(moment: Moment, group: list[Person]) -> bool:
    """Room-mates and households may be close."""
    return all(moment.related(group[0], other) for other in group[1:])
