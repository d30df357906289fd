"""Whom a rule addresses at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from analyzer.judgement import Judgement
from analyzer.moment import Admission, Moment, Person
from analyzer.scope import Scope, Standing
from analyzer.site import Zone
from analyzer.types import Measure, Reason, Verdict

SHORT = timedelta(seconds=2)
"""Somebody in view for less than this may not have been looked at yet."""


class Addressed(NamedTuple):
    """A person a rule is (or may be) about, and the zone that makes it so; no zone in mask-only mode."""

    person: Person
    zone: Zone | None
    decided: bool

    def judge(
        self,
        verdict: Verdict,
        reason: Reason | None = None,
        *,
        measures: tuple[Measure, ...] = (),
        votes: bool = True,
        full: bool = True,
    ) -> Judgement:
        """A judgement about this person."""
        person = self.person
        return Judgement(person.subject, verdict, reason, self.zone, person.role, person.tracks, measures, votes=votes, full=full)

    def unseen(self, reason: Reason, at: datetime) -> Judgement:
        """Nothing is told about this person: because of the reason, or because they have only just come into view."""
        return self.unknown(Reason.TRACK_SHORT if at - self.person.since < SHORT else reason)

    def unknown(self, reason: Reason) -> Judgement:
        """This person cannot be judged."""
        person = self.person
        return Judgement(person.subject, Verdict.UNKNOWN, reason, self.zone, person.role, person.tracks)


def addressed(scope: Scope, moment: Moment) -> Iterator[Addressed]:
    """The people in the zones of a rule whose role it names, or may name.

    Without drawings (mask-only mode) a rule that holds anywhere addresses everybody in view.
    """
    known = moment.admissions.get(scope)
    if known is None:
        known = moment.admissions[scope] = {}
    for person in moment.people:
        admission = known.get(person.place)
        if admission is None:
            admission = known[person.place] = _admit(scope, person, moment)
        zone, admitted, decided = admission
        if admitted:
            yield Addressed(person, zone, decided)


def _admit(scope: Scope, person: Person, moment: Moment) -> Admission:
    zone = scope.zone(person.zones)
    standing = scope.standing(person.role.role)
    placed = zone is not None or (moment.mask_only and scope.anywhere)
    return zone, placed and standing is not Standing.OUTSIDE, standing is Standing.INSIDE
