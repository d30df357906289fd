"""Kind ``permission``: a role in a zone, or at a time, that the facility's table does not allow (S09)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.address import addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.site import Activity
from analyzer.types import Reason, Role, Verdict


@dataclass(frozen=True, slots=True)
class Permission:
    """Violating while somebody stands where the table does not allow their role, or outside every shift of it.

    Roles the table does not name are not judged, nor are the hours of roles that no shift is planned for; a facility without
    a table answers that it has no schedule.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        table = moment.site.allowances
        for one in addressed(self.scope, moment):
            if not one.decided:
                yield one.unknown(Reason.ROLE_UNKNOWN)
                continue
            role = one.person.role.role
            rows = [row for row in table if row.role is role]
            assert one.zone is not None  # no table holds where nothing is drawn
            if not rows:
                yield one.unknown(Reason.NO_SCHEDULE)
                continue
            placed = any(one.zone.kind in row.zones for row in rows)
            on_shift = not _has_shifts(moment, role) or moment.now.allows(Activity.SHIFT, role=role, zone=one.zone.kind)
            yield one.judge(Verdict.COMPLIANT if placed and on_shift else Verdict.VIOLATING)


def _has_shifts(moment: Moment, role: Role) -> bool:
    """Whether the plan has a shift for the role, or one for everybody."""
    return any(slot.activity is Activity.SHIFT and (not slot.roles or role in slot.roles) for slot in moment.site.slots)
