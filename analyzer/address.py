"""Whom a rule addresses at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from analyzer.judgement import Judgement
from analyzer.moment import Admission, Called, Moment, Person
from analyzer.scope import Scope, Standing
from analyzer.types import Measure, Reason, Verdict

SHORT = timedelta(seconds=2)
"""Somebody in view for less than this may not have been looked at yet."""


class Addressed(Called):
    """Somebody who was called, ready to be judged."""

    __slots__ = ()

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


def addressed(scope: Scope, moment: Moment) -> list[Addressed]:
    """The people in the zones of a rule whose role it names, or may name.

    Without drawings (mask-only mode) a rule that holds anywhere addresses everybody in view.
    """
    number = moment.known.scopes.get(scope)
    if number is None:
        # A scope not met before: whom it addresses is still to be found out for every place.
        number = moment.known.scopes[scope] = len(moment.known.scopes)
        moment.known.admissions.clear()
        moment.rolls.clear()
    if not moment.rolls:
        _call_the_roll(moment)
    return cast("list[Addressed]", moment.rolls[number])  # a moment knows nothing of judgements


def _call_the_roll(moment: Moment) -> None:
    """Work out whom each scope addresses: for all scopes in one pass over the people."""
    rolls: list[list[Called]] = [[] for _ in moment.known.scopes]
    known = moment.known.admissions
    for person in moment.people:
        admissions = known.get(person.place)
        if admissions is None:
            admissions = known[person.place] = _admissions(person, moment)
        for number, zone, decided in admissions:
            rolls[number].append(Addressed(person, zone, decided))
    moment.rolls.extend(rolls)


def _admissions(person: Person, moment: Moment) -> list[Admission]:
    found = []
    for scope, number in moment.known.scopes.items():
        zone, standing = scope.zone(person.zones), scope.standing(person.role.role)
        placed = zone is not None or (moment.mask_only and scope.anywhere)
        if placed and standing is not Standing.OUTSIDE:
            found.append((number, zone, standing is Standing.INSIDE))
    return found
