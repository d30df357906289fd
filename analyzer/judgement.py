"""What a rule is: it judges one instant. It keeps no state and reads no clock; the engine owns all time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from analyzer.cue import Cue
from analyzer.scope import Scope
from analyzer.site import Zone
from analyzer.types import Measure, Reason, RoleClaim, Severity, Subject, TrackId, Verdict

if TYPE_CHECKING:
    from analyzer.moment import Moment


class Judgement(NamedTuple):
    """What one rule says about one subject at one instant.

    ``votes`` is false for a carried reading: it keeps an episode heard but is not another vote. ``full`` is false
    for evidence that may support an opening but never carry it alone. ``severity`` overrides that of the rule.
    ``reason`` is set exactly when the verdict is unknown.
    """

    subject: Subject
    verdict: Verdict
    reason: Reason | None = None
    zone: Zone | None = None
    role: RoleClaim | None = None
    tracks: tuple[TrackId, ...] = ()
    measures: tuple[Measure, ...] = ()
    votes: bool = True
    full: bool = True
    severity: Severity | None = None

    def hindered(self, reason: Reason) -> Judgement:
        """The same where something is wrong with the picture: nothing can be told."""
        return self._replace(verdict=Verdict.UNKNOWN, reason=reason, measures=())


@dataclass(frozen=True, slots=True)
class Timing:
    """How judgements become an episode.

    An episode opens when inside ``window`` at least ``min_assessed`` instants were assessed, at least ``ratio`` of
    them violate, and the violating ones span ``min_duration``. The same vote for compliance over ``clear`` ends it,
    but only after ``cooldown``: until then renewed violation is the same act.

    Attributes:
        silence: an unassessed stretch longer than this breaks a vote: nobody knows what happened in it.
        cooldown: a violation resumed within it is the same episode; an unheard one is lost after it.
        patience: an open episode nobody could assess for this long is lost even when its subject is in view.
        warn: opens the episode earlier, as assistance; it becomes an event after ``min_duration``.
        high, critical: the severity rises when violation was seen for this long altogether.
        act: the judgement tells of a completed act (a crossing): it opens at once and needs no vote.
    """

    min_assessed: int = 5
    ratio: float = 0.7
    min_duration: timedelta = timedelta(seconds=3)
    window: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=10)
    clear: timedelta = timedelta(seconds=3)
    cooldown: timedelta = timedelta(seconds=60)
    patience: timedelta = timedelta(minutes=5)
    warn: timedelta | None = None
    high: timedelta | None = None
    critical: timedelta | None = None
    act: bool = False

    @property
    def first(self) -> timedelta:
        """How long violation must span before anything is said."""
        return self.min_duration if self.warn is None else min(self.warn, self.min_duration)

    @property
    def span(self) -> timedelta:
        """The window that can hold the first threshold."""
        return max(self.window, self.first + self.silence)


class Rule(Protocol):
    """One rule kind with its parameters: a frozen dataclass.

    ``cue``: without it in the moment the rule says nothing, and is not asked.
    """

    cue: ClassVar[Cue]

    @property
    def scope(self) -> Scope: ...

    def judge(self, moment: Moment) -> Iterable[Judgement]:
        """Judge one instant. Pure: the answer follows from the moment alone."""
        ...
