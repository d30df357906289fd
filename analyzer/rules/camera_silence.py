"""Kind ``camera_silence``: no picture from a camera, or from all of them (F01)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import CameraSubject, FacilitySubject, Measure, Severity, Verdict


@dataclass(frozen=True, slots=True)
class CameraSilence:
    """Violating while no picture has come for ``silent_max``.

    Attributes:
        every: judge the facility as a whole, violating while *all* of its cameras are silent.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    silent_max: timedelta = timedelta(seconds=30)
    every: bool = False

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        cameras = moment.status.cameras
        if self.every:
            if not cameras:
                return
            silent = all(camera.silent >= self.silent_max for camera in cameras)
            yield Judgement(FacilitySubject(moment.site.facility.id), _verdict(silent), severity=Severity.CRITICAL)
            return
        for camera in cameras:
            measures = (Measure("silent", camera.silent.total_seconds(), "s", self.silent_max.total_seconds()),)
            yield Judgement(CameraSubject(camera.camera), _verdict(camera.silent >= self.silent_max), measures=measures)


def _verdict(wrong: bool) -> Verdict:
    return Verdict.VIOLATING if wrong else Verdict.COMPLIANT
