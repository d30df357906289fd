"""Kind ``area_coverage``: mandatory areas that no working camera sees (F03)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import Measure, Reason, Verdict, ZoneId, ZoneSubject


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """One judgement a mandatory kind of area. A kind neither drawn nor declared absent cannot be judged.

    Attributes:
        silent_max: a camera silent for this long does not see its areas.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    silent_max: timedelta = timedelta(seconds=30)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        seeing = {
            camera.camera for camera in moment.status.cameras if camera.silent < self.silent_max and camera.hindrance is None
        }
        absent = {absence.kind for absence in moment.site.absent}
        for kind in sorted(self.scope.zones - absent):
            subject = ZoneSubject(ZoneId(f"kind:{kind.value}"))
            watching = {zone.camera for zone in moment.site.zones if zone.kind is kind}
            if not watching:
                yield Judgement(subject, Verdict.UNKNOWN, Reason.NO_ZONE)
            else:
                verdict = Verdict.COMPLIANT if watching & seeing else Verdict.VIOLATING
                yield Judgement(subject, verdict, measures=(Measure(f"area:{kind.value}", 1.0, ""),))
