"""A vote over assessed instants in a sliding window of time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from analyzer.types import Reason, Verdict, Votes


class Instant(NamedTuple):
    """When something was seen: wall time, and time since the start of the stream."""

    at: datetime
    pts: timedelta


class Vote(NamedTuple):
    """One judged instant. ``full``: it may carry an opening, not only support it."""

    instant: Instant
    verdict: Verdict
    full: bool = True
    reason: Reason | None = None


class _Sums(NamedTuple):
    """Votes since the beginning: assessed, violating, and violating fully."""

    assessed: int = 0
    violating: int = 0
    full: int = 0


class _Start(NamedTuple):
    """A violating vote with which a stretch may begin, and what had been counted before it."""

    instant: Instant
    before: _Sums


_ROUNDING = 1e-9


class Ballot:
    """The votes of one subject under one rule that still count.

    Args:
        span: how far back votes count.
        silence: an unassessed stretch longer than this voids all earlier votes.

    Attributes:
        idle: nothing that counts violates, so no stretch can win yet.
    """

    __slots__ = ("_assessed", "_heard", "_ready", "_silence", "_span", "_starts", "_sums", "_violating", "_votes", "idle")

    def __init__(self, span: timedelta, silence: timedelta) -> None:
        self._span, self._silence = span, silence
        self._votes: deque[Vote] = deque()
        self._starts: deque[_Start] = deque()
        self._ready: deque[tuple[float, _Start]] = deque()
        self._sums = _Sums()
        self._assessed = self._violating = 0
        self._heard: datetime | None = None
        self.idle = True

    def cast(self, vote: Vote) -> None:
        """Add a vote, the latest so far, and drop those that no longer count."""
        at = vote.instant.at
        if vote.verdict is not Verdict.UNKNOWN:
            if self._heard is not None and at - self._heard > self._silence:
                self.void()
            self._heard = at
            violating = vote.verdict is Verdict.VIOLATING
            if violating:
                self._starts.append(_Start(vote.instant, self._sums))
            self._assessed += 1
            self._violating += violating
            sums = self._sums
            self._sums = _Sums(sums.assessed + 1, sums.violating + violating, sums.full + (violating and vote.full))
        self._votes.append(vote)
        self._drop(at - self._span)
        self.idle = not self._starts and not self._ready

    def void(self) -> None:
        """Forget every vote."""
        self._votes.clear()
        self._starts.clear()
        self._ready.clear()
        self._sums = _Sums()
        self._assessed = self._violating = 0
        self._heard = None
        self.idle = True

    def violation_wins(self, at: datetime, min_assessed: int, ratio: float, duration: timedelta) -> Instant | None:
        """Whether a stretch up to now wins: it begins with a violation at least ``duration`` ago, enough instants in it
        were assessed, enough of them violate, and one of them fully.

        What was seen before the stretch does not count: somebody who took the mask off was wearing it until then. The
        arguments must be the same each time. Constant time on average.

        Returns:
            The beginning of the stretch that speaks most clearly, or ``None``.
        """
        now = self._sums
        while self._starts:
            start = self._starts[0]
            before = start.before
            if at - start.instant.at < duration or now.assessed - before.assessed < min_assessed or now.full == before.full:
                break
            self._starts.popleft()
            lead = before.violating - ratio * before.assessed
            while self._ready and self._ready[-1][0] > lead:
                self._ready.pop()
            self._ready.append((lead, start))
        if self._ready and now.violating - ratio * now.assessed >= self._ready[0][0] - _ROUNDING:
            return self._ready[0][1].instant
        return None

    def undecided(self, at: datetime, min_assessed: int, duration: timedelta, soon: timedelta) -> bool:
        """Whether votes within ``soon`` may let a stretch win that has not: the same arguments as for `violation_wins`.

        A violation so new that too few instants of it were assessed, one whose duration is nearly full, or one long and
        sure enough but for the share of violating votes. Not one that was last heard longer than ``soon`` ago.
        """
        if self._heard is None or at - self._heard > soon:
            return False
        if self._ready:
            return True
        return bool(self._starts) and (
            self._sums.assessed - self._starts[0].before.assessed < min_assessed
            or duration - (at - self._starts[0].instant.at) <= soon
        )

    def _drop(self, horizon: datetime) -> None:
        while self._votes[0].instant.at < horizon:
            old = self._votes.popleft()
            if old.verdict is not Verdict.UNKNOWN:
                self._assessed -= 1
                self._violating -= old.verdict is Verdict.VIOLATING
        while self._starts and self._starts[0].instant.at < horizon:
            self._starts.popleft()
        while self._ready and self._ready[0][1].instant.at < horizon:
            self._ready.popleft()

    def count(self) -> Votes:
        """The votes that count, by what they say."""
        unknown = Counter(vote.reason for vote in self._votes if vote.reason is not None)
        return Votes(self._violating, self._assessed - self._violating, tuple(sorted(unknown.items())))

    def since(self, begin: datetime) -> Iterator[Vote]:
        """Votes from an instant on, in time order."""
        return (vote for vote in self._votes if vote.instant.at >= begin)

    def latest(self, begin: datetime, least: int) -> list[Vote]:
        """The assessed votes from an instant on, or the latest ``least`` when they are fewer; the latest first."""
        votes: list[Vote] = []
        for vote in reversed(self._votes):
            if vote.instant.at < begin and len(votes) >= least:
                break
            if vote.verdict is not Verdict.UNKNOWN:
                votes.append(vote)
        return votes
