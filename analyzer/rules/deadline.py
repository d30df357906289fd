"""Kind ``deadline``: not connected in time (F05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.status import Progress
from analyzer.types import FacilitySubject, Measure, Reason, Verdict

_DONE = frozenset({Progress.CONNECTED, Progress.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Deadline:
    """Violating from the deadline on while the facility is not connected; ``deadline`` holds where the site names none."""

    cue: ClassVar[Cue] = Cue.PLACES
    scope: Scope
    deadline: datetime

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        assert moment.status is not None
        subject = FacilitySubject(moment.site.facility.id)
        late = moment.status.at - (moment.site.deadline or self.deadline)
        progress = moment.status.progress
        if progress is None:
            yield Judgement(subject, Verdict.UNKNOWN, Reason.NO_SCHEDULE)
        elif progress in _DONE or late.total_seconds() < 0:
            yield Judgement(subject, Verdict.COMPLIANT)
        else:
            yield Judgement(subject, Verdict.VIOLATING, measures=(Measure("late", late.total_seconds() / 86400, "days", 0.0),))
