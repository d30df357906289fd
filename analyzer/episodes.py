"""One subject under one rule over time: votes gather, an episode opens, grows, and ends.

    quiet --violation wins the vote--> open --compliance wins the vote--> closing --cool-down--> closed
                                        ^ '--unheard for the cool-down--> lost     |
                                        '---------violation wins again------------'

``unknown`` is counted and moves nothing. A completed act (a crossing) opens by itself and closes after the cool-down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from analyzer.ballot import Ballot, Instant, Vote
from analyzer.judgement import Judgement, Timing
from analyzer.types import Change, Reason, Severity, TrackId, Verdict, Votes

_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of an episode and the instant it tells of, which may lie before the one it became known at."""

    change: Change
    instant: Instant


class Episode:
    """One act, from its first violating instant on.

    ``first`` is the judgement that opened it: zone and subject of its events are taken from it; ``last`` the latest
    that violated: role and measures are. ``seen`` is for how long the violation was seen: a gap longer than the silence of
    the rule is none of it.
    """

    __slots__ = (
        "_after", "_counts", "_kept", "_unknown", "assessed", "ended", "first", "heard", "last", "opened", "seen", "severity",
        "since", "tracks", "violated",
    )  # fmt: skip

    def __init__(self, judgement: Judgement, opened: Instant, votes: Iterable[Vote]) -> None:
        self.first = self.last = judgement
        self.opened = self.since = self.heard = self.assessed = self.violated = opened
        self.ended: Instant | None = None
        self.severity = Severity.ASSIST
        self.seen = timedelta(0)
        self.tracks: frozenset[TrackId] = frozenset(judgement.tracks)
        self._counts: Counter[Verdict] = Counter()
        self._unknown: Counter[Reason] = Counter()
        self._after: list[Vote] = []
        self._kept: tuple[timedelta, Instant, Judgement, frozenset[TrackId]] | None = None
        last: Vote | None = None
        for vote in votes:
            self._count(vote)
            if vote.verdict is Verdict.VIOLATING:
                if last is None:
                    self.since = vote.instant
                else:
                    self.seen += vote.instant.at - last.instant.at
                last = vote

    @property
    def votes(self) -> Votes:
        """The instants of the episode; those after its end, while the cool-down runs, are not of it."""
        return Votes(self._counts[Verdict.VIOLATING], self._counts[Verdict.COMPLIANT], tuple(sorted((+self._unknown).items())))

    def take(self, judgement: Judgement, vote: Vote, silence: timedelta) -> None:
        """Another judgement inside the episode."""
        if self.ended is None:
            self._count(vote)
        else:
            self._after.append(vote)
        if vote.verdict is not Verdict.UNKNOWN:
            self.assessed = vote.instant
        if vote.verdict is Verdict.VIOLATING:
            if vote.instant.at - self.violated.at <= silence:
                self.seen += vote.instant.at - self.violated.at
            self.violated = vote.instant
            self.last = judgement
            self.tracks |= frozenset(judgement.tracks)

    def end(self, instant: Instant, after: Iterable[Vote]) -> None:
        """Compliance has won since an instant; the votes from it on are no longer of the episode."""
        self.ended = instant
        self._kept = self.seen, self.violated, self.last, self.tracks
        self._after = list(after)
        for vote in self._after:
            self._count(vote, -1)

    def resume(self) -> None:
        """Violation has won again within the cool-down: it was one act all along."""
        self.ended = self._kept = None
        for vote in self._after:
            self._count(vote)
        self._after = []

    def settle(self) -> None:
        """The end holds: what was heard while the cool-down ran is not of the episode."""
        if self._kept is not None:
            self.seen, self.violated, self.last, self.tracks = self._kept

    def _count(self, vote: Vote, by: int = 1) -> None:
        if vote.reason is None:
            self._counts[vote.verdict] += by
        else:
            self._unknown[vote.reason] += by


class Docket:
    """Everything one rule knows about one subject."""

    __slots__ = ("_ballot", "_quiet", "_severity", "_timing", "assessed", "episode")

    def __init__(self, timing: Timing, severity: Severity) -> None:
        self._timing, self._severity = timing, severity
        self._ballot = Ballot(timing.span, timing.silence)
        self._quiet: dict[Reason | None, int] = {}
        self.episode: Episode | None = None
        self.assessed = False

    @property
    def votes(self) -> Votes:
        """Those of the open episode, or those that count towards opening one, or all so far while nothing violates."""
        if self.episode is not None:
            return self.episode.votes
        if self._ballot.idle:
            unknown = sorted((reason, count) for reason, count in self._quiet.items() if reason is not None)
            return Votes(0, self._quiet.get(None, 0), tuple(unknown))
        return self._ballot.count()

    def undecided(self, now: datetime, soon: timedelta) -> bool:
        """Whether the votes of the time that comes (``soon``) may open the episode, or end the one that is open."""
        episode, timing = self.episode, self._timing
        if episode is None:
            return self._ballot.undecided(now, timing.min_assessed, timing.first, soon)
        compliance = episode.assessed != episode.violated
        return compliance and episode.ended is None and now - episode.assessed.at <= soon

    def take(self, judgement: Judgement, instant: Instant) -> Turn | None:
        """Hear one judgement; returns what it changed."""
        episode, reason = self.episode, judgement.reason
        if episode is not None:
            episode.heard = instant
        if not judgement.votes:
            return None
        if reason is None:
            self.assessed = True
        if episode is None and judgement.verdict is not Verdict.VIOLATING and self._ballot.idle:
            # Most people keep most rules most of the time: a stretch begins with a violation, so this is only counted.
            self._quiet[reason] = self._quiet.get(reason, 0) + 1
            return None
        vote = Vote(instant, judgement.verdict, judgement.full, judgement.reason)
        if self._timing.act:
            return self._act(judgement, vote)
        self._ballot.cast(vote)
        if self.episode is None:
            return self._open(judgement, vote)
        self.episode.take(judgement, vote, self._timing.silence)
        if vote.verdict is Verdict.COMPLIANT:
            self._ease(instant)
        elif vote.verdict is Verdict.VIOLATING:
            return self._worsen(self.episode, judgement, instant)
        return None

    def tick(self, now: Instant) -> Turn | None:
        """Let time pass; returns the end of the episode when it has come. To be asked while there is an episode."""
        episode = self.episode
        assert episode is not None
        if episode.ended is not None:
            due = now.at - episode.ended.at >= self._timing.cooldown
        else:
            due = now.at - episode.heard.at > self._timing.cooldown or now.at - episode.assessed.at > self._timing.patience
        return self.end() if due else None

    def lapse(self, now: Instant) -> Turn | None:
        """As `tick`, when the camera looks again after a gap and before anything new is heard.

        Whoever breaks the rule now begins another act, unless the gap is one that the rule's votes outlast.
        """
        episode = self.episode
        assert episode is not None
        outlasted = now.at - episode.heard.at <= max(self._timing.cooldown, self._timing.silence)
        return None if outlasted and episode.ended is None else self.tick(now)

    def end(self) -> Turn:
        """End the episode now: closed when compliance had been seen, lost from sight otherwise."""
        episode = self.episode
        assert episode is not None
        self.episode = None
        self._ballot.void()
        if episode.ended is not None:
            episode.settle()
            return Turn(Change.CLOSED, episode.ended)
        return Turn(Change.LOST, episode.violated)

    def _open(self, judgement: Judgement, vote: Vote) -> Turn | None:
        timing = self._timing
        if vote.verdict is not Verdict.VIOLATING:
            return None
        first = self._ballot.violation_wins(vote.instant.at, timing.min_assessed, timing.ratio, timing.first)
        if first is None:
            return None
        self.episode = Episode(judgement, vote.instant, self._ballot.since(first.at))
        self.episode.severity = self._rated(self.episode, judgement)
        return Turn(Change.OPENED, vote.instant)

    def _act(self, judgement: Judgement, vote: Vote) -> Turn | None:
        if vote.verdict is not Verdict.VIOLATING:
            return None
        turn = None
        if self.episode is None:
            self.episode = Episode(judgement, vote.instant, (vote,))
            self.episode.severity = judgement.severity or self._severity
            turn = Turn(Change.OPENED, vote.instant)
        else:
            self.episode.resume()
            self.episode.take(judgement, vote, self._timing.silence)
        self.episode.ended = vote.instant
        return turn

    def _ease(self, instant: Instant) -> None:
        """Compliance was seen: the episode ends when it wins the vote over the last stretch."""
        timing, episode = self._timing, self.episode
        assert episode is not None
        if episode.ended is not None:
            return
        enough = min(timing.min_assessed, _MOST_ASKED)
        votes = self._ballot.latest(instant.at - _STRETCH * timing.clear, enough)
        compliant = [vote.instant for vote in votes if vote.verdict is Verdict.COMPLIANT]
        if len(votes) >= enough and len(compliant) >= timing.ratio * len(votes):
            begin = compliant[-1]
            if instant.at - begin.at >= timing.clear:
                episode.end(begin, self._ballot.since(begin.at))

    def _worsen(self, episode: Episode, judgement: Judgement, instant: Instant) -> Turn | None:
        """Violation was seen: a closing episode may resume, an open one may become more severe."""
        timing = self._timing
        if episode.ended is not None:
            votes = self._ballot.latest(max(episode.ended.at, instant.at - _STRETCH * timing.clear), 1)
            violating = [vote for vote in votes if vote.verdict is Verdict.VIOLATING]
            if len(violating) < max(1, timing.ratio * len(votes)):
                return None
            episode.resume()
        severity = self._rated(episode, judgement)
        if _RANK[severity] <= _RANK[episode.severity]:
            return None
        episode.severity = severity
        return Turn(Change.ESCALATED, instant)

    def _rated(self, episode: Episode, judgement: Judgement) -> Severity:
        """How severe the episode is by now: it starts as assistance while only the warning threshold is passed."""
        timing = self._timing
        severity = judgement.severity or self._severity
        if timing.warn is not None and episode.seen < timing.min_duration:
            return Severity.ASSIST
        for threshold, worse in ((timing.high, Severity.HIGH), (timing.critical, Severity.CRITICAL)):
            if threshold is not None and episode.seen >= threshold:
                severity = max(severity, worse, key=_RANK.__getitem__)
        return severity


_STRETCH = 1.5
"""The end of an episode is voted on over this multiple of the time compliance must last: room for single wrong readings."""

_MOST_ASKED = 5
"""Compliance needs no more assessed instants than this to be believed; a rule may ask for fewer."""
