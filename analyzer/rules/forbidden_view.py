"""Kind ``forbidden_view``: a camera that looks where none may look (F04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import CameraSubject, Reason, Verdict


@dataclass(frozen=True, slots=True)
class ForbiddenView:
    """Violating while a forbidden area is drawn in a camera's picture, or an operator says it looks into one.

    What a camera sees of which nobody drew anything is not known.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        flagged = {camera.camera for camera in moment.status.cameras if camera.flagged}
        site = moment.site
        known = {zone.camera for zone in site.zones} | {door.camera for door in site.doors} | {line.camera for line in site.lines}
        for camera in site.cameras:
            subject = CameraSubject(camera.id)
            drawn = [zone for zone in site.zones if zone.camera == camera.id and zone.kind in self.scope.zones]
            if drawn or camera.id in flagged:
                yield Judgement(subject, Verdict.VIOLATING, zone=drawn[0] if drawn else None)
            elif camera.id in known:
                yield Judgement(subject, Verdict.COMPLIANT)
            else:
                yield Judgement(subject, Verdict.UNKNOWN, Reason.NO_ZONE)
