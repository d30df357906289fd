"""Kind ``presence``: being in a zone at all, outside of what is planned (Q04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from analyzer.address import addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.site import Activity
from analyzer.types import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Presence:
    """Violating while in a zone without a reason that the site's plan knows. Without a plan nothing is held against anybody.

    Attributes:
        excuses: the activities of slots and permits that allow it.
        night: only at night, or only by day; ``None``: at any hour.
        wc_allowance: where toilets are shared, nobody first seen less than this ago is held to stay without a reason.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    excuses: tuple[Activity, ...]
    night: bool | None = None
    wc_allowance: timedelta = timedelta(0)

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        if self.night is not None and self.night is not moment.now.night:
            return
        planned = not self.excuses or moment.now.planned(*self.excuses)
        for one in addressed(self.scope, moment):
            if not one.decided:
                yield one.unknown(Reason.ROLE_UNKNOWN)
                continue
            if not planned:
                yield one.unknown(Reason.NO_SCHEDULE)
                continue
            person = one.person
            assert one.zone is not None  # no plan holds where nothing is drawn
            allowed = moment.now.allows(*self.excuses, role=person.role.role, zone=one.zone.kind, room=person.room)
            visit = moment.site.shared_wc and moment.scene.frame.at - person.since < self.wc_allowance
            yield one.judge(Verdict.COMPLIANT if allowed or visit else Verdict.VIOLATING)
