"""Kind ``line_crossing``: going over a boundary in a direction, or in clothes, that are forbidden (Q08, S04, S05, G01)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Crossing, Moment, Person
from analyzer.scope import Scope, Standing
from analyzer.site import Activity, Side
from analyzer.types import Measure, Presence, Reason, Role, TrackId, Verdict, ZoneKind


@dataclass(frozen=True, slots=True)
class LineCrossing:
    """One judgement a completed crossing: violating unless a permit covers it or the person stopped where they must.

    Attributes:
        origins, targets: the sides that make the direction; empty means any.
        excuses: activities of slots and permits that allow it.
        gown_wrong: violating only with the gown in this state; a gown not seen cannot be told. ``None``: clothes do not matter.
        red_unknown: people of unknown role count when they came from the red zone.
        log_within: an entry of the gate's log no farther off than this makes it compliant, for as many people as it names; ``None``: the log does not matter.
        stop: standing this long before in a zone of ``stop_zones`` makes it compliant; ``None`` when no stop does.
    """

    cue: ClassVar[Cue] = Cue.CROSSING
    scope: Scope
    origins: frozenset[Side]
    targets: frozenset[Side]
    excuses: tuple[Activity, ...] = ()
    gown_wrong: Presence | None = None
    red_unknown: bool = False
    log_within: timedelta | None = None
    stop: timedelta | None = None
    stop_zones: frozenset[ZoneKind] = frozenset()

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for person in moment.people:
            for crossing in person.crossed:
                standing = self.scope.standing(person.role.role)
                if self._concerns(crossing) and standing is not Standing.OUTSIDE:
                    from_red = self.red_unknown and person.from_red and person.role.role is Role.UNKNOWN
                    yield self._judge(moment, person, decided=from_red or standing is Standing.INSIDE)

    def _concerns(self, crossing: Crossing) -> bool:
        return (not self.origins or crossing.origin in self.origins) and (not self.targets or crossing.target in self.targets)

    def _logged(self, moment: Moment, person: Person) -> bool:
        """Whether an entry of the gate's log is about this person: each is used up by as many people as it names."""
        within = self.log_within
        if within is None or not moment.site.gate_log:
            return False
        left = [entry.people for entry in moment.site.gate_log]
        covered = set[tuple[datetime, TrackId]]()
        for at, track, role in moment.entered:
            if track != person.id and self.scope.standing(role) is Standing.OUTSIDE:
                continue
            for k, entry in enumerate(moment.site.gate_log):
                places = left[k]
                if abs(at - entry.at) <= within and places != 0:
                    left[k] = None if places is None else places - 1
                    covered.add((at, track))
                    break
        return (moment.scene.frame.at, person.id) in covered

    def _judge(self, moment: Moment, person: Person, *, decided: bool) -> Judgement:
        zone = self.scope.zone(person.zones)
        reason = None
        if not decided:
            reason = Reason.ROLE_UNKNOWN
        elif self.gown_wrong is not None and person.gown is Presence.NOT_VISIBLE:
            reason = Reason.ITEM_NOT_VISIBLE
        if reason is not None:
            return Judgement(person.subject, Verdict.UNKNOWN, reason, zone, person.role, person.tracks)
        excused = moment.now.allows(*self.excuses, role=person.role.role, room=person.room)
        excused = excused or (self.gown_wrong is not None and person.gown is not self.gown_wrong)
        excused = excused or self._logged(moment, person)
        measures: tuple[Measure, ...] = ()
        if self.stop is not None:
            stood = sum((time for kind, time in person.stops if kind in self.stop_zones), timedelta(0))
            excused = excused or stood >= self.stop
            measures = (Measure("stopped", stood.total_seconds(), "s", self.stop.total_seconds()),)
        verdict = Verdict.COMPLIANT if excused else Verdict.VIOLATING
        return Judgement(person.subject, verdict, None, zone, person.role, person.tracks, measures)
