"""Kind ``drive_through``: leaving a zone without the stop it is for (G03)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import Measure, Reason, Verdict


@dataclass(frozen=True, slots=True)
class DriveThrough:
    """One judgement each time a vehicle leaves a zone of the scope: violating unless it stood there for ``stop``.

    A vehicle that came into view within the zone may have stood there before: that cannot be told.
    """

    cue: ClassVar[Cue] = Cue.VEHICLES
    scope: Scope
    stop: timedelta

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for vehicle in moment.vehicles:
            for leaving in vehicle.left:
                zone, stood = leaving.zone, leaving.stood
                if zone.kind not in self.scope.zones:
                    continue
                if stood < self.stop and not leaving.whole:
                    yield Judgement(vehicle.subject, Verdict.UNKNOWN, Reason.OCCLUDED, zone, None, vehicle.tracks)
                    continue
                verdict = Verdict.COMPLIANT if stood >= self.stop else Verdict.VIOLATING
                measures = (Measure("stopped", stood.total_seconds(), "s", self.stop.total_seconds()),)
                yield Judgement(vehicle.subject, verdict, None, zone, None, vehicle.tracks, measures)
