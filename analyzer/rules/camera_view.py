"""Kind ``camera_view``: a picture that shows nothing usable (F02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import CameraSubject, Measure, Reason, Verdict


@dataclass(frozen=True, slots=True)
class CameraView:
    """Violating while a camera delivers pictures with something wrong in them; a silent camera cannot be judged.

    Attributes:
        silent_max: from this silence on there is no picture to judge.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    silent_max: timedelta = timedelta(seconds=30)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        for camera in moment.status.cameras:
            subject = CameraSubject(camera.camera)
            if camera.silent >= self.silent_max:
                yield Judgement(subject, Verdict.UNKNOWN, Reason.CAMERA_DOWN)
            elif camera.hindrance is None:
                yield Judgement(subject, Verdict.COMPLIANT)
            else:
                yield Judgement(subject, Verdict.VIOLATING, measures=(Measure(f"view:{camera.hindrance.value}", 1.0, ""),))
