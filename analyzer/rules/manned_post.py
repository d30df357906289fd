"""Kind ``manned_post``: a post at which somebody must always be (G02)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope, Standing
from analyzer.types import Measure, Verdict, zone_subject


@dataclass(frozen=True, slots=True)
class MannedPost:
    """Violating while fewer than ``count_min`` people who may be on duty are in a zone of the scope.

    Somebody whose role is not known may be on duty; somebody known to be of another role is not.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    count_min: float = 1

    def judge(self, moment: Moment) -> Iterable[Judgement]:
        return self._judged(moment) if moment.people else moment.absent(self, self._judged)

    def _judged(self, moment: Moment) -> Iterator[Judgement]:
        for zone in moment.zones_of(self.scope):
            present = [
                person
                for person in moment.people
                if any(one is zone for one in person.zones) and self.scope.standing(person.role.role) is not Standing.OUTSIDE
            ]
            verdict = Verdict.COMPLIANT if len(present) >= self.count_min else Verdict.VIOLATING
            measures = (Measure("people", float(len(present)), "", self.count_min),)
            tracks = tuple(sorted(track for person in present for track in person.tracks))
            yield Judgement(zone_subject(zone.id), verdict, None, zone, None, tracks, measures)
