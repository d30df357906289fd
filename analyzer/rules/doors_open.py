"""Kind ``doors_open``: doors that face each other open at the same time (Q10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.site import DoorId
from analyzer.types import DoorReading, Measure, Presence, Reason, Verdict, ZoneId, zone_subject


@dataclass(frozen=True, slots=True)
class DoorsOpen:
    """Violating while two doors marked as facing or adjacent are both seen open; compliant when one is seen shut.

    Attributes:
        probability_min: a state less probable than this is not believed.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    probability_min: float = 0.8

    def judge(self, moment: Moment) -> Iterable[Judgement]:
        return self._judged(moment) if moment.scene.doors else moment.absent(self, self._judged)

    def _judged(self, moment: Moment) -> Iterator[Judgement]:
        states = {reading.door: self._state(reading) for reading in moment.scene.doors}
        rooms = {door.id: door.number or door.id for door in moment.site.doors}
        told: set[tuple[str, str]] = set()
        for door in moment.site.doors:
            for other in door.facing:
                pair = (min(door.id, other), max(door.id, other))
                if pair not in told:
                    told.add(pair)
                    yield _judge(pair, states, rooms)

    def _state(self, reading: DoorReading) -> Presence:
        return reading.open if reading.probability >= self.probability_min else Presence.NOT_VISIBLE


def _judge(pair: tuple[str, str], states: Mapping[str, Presence], rooms: Mapping[DoorId, str]) -> Judgement:
    subject = zone_subject(ZoneId("+".join(pair)))
    seen = {states.get(door, Presence.NOT_VISIBLE) for door in pair}
    if Presence.ABSENT in seen:
        return Judgement(subject, Verdict.COMPLIANT)
    if Presence.NOT_VISIBLE in seen:
        return Judgement(subject, Verdict.UNKNOWN, Reason.OCCLUDED)
    measures = tuple(Measure(f"door:{rooms.get(DoorId(door), door)}", 1.0, "") for door in pair)
    return Judgement(subject, Verdict.VIOLATING, measures=measures)
