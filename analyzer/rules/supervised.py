"""Kind ``supervised``: alerts nobody received, a duty post nobody is at (F06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import FacilitySubject, Measure, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Supervised:
    """Violating while too many alerts of the shift were received late or not at all, or nobody is on duty.

    Attributes:
        share_max: of alerts received late.
        due_min: fewer alerts than this say nothing.
    """

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    share_max: float = 0.2
    due_min: float = 5

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        subject = FacilitySubject(moment.site.facility.id)
        seen = moment.status.supervision
        if seen is None or (seen.manned is None and seen.due < self.due_min):
            yield Judgement(subject, Verdict.UNKNOWN, Reason.NO_SCHEDULE)
            return
        share = seen.late / seen.due if seen.due >= self.due_min else 0.0
        wrong = seen.manned is False or share > self.share_max
        measures = (Measure("late_share", share, "", self.share_max),)
        yield Judgement(subject, Verdict.VIOLATING if wrong else Verdict.COMPLIANT, measures=measures)
