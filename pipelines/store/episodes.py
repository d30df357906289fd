"""Many messages, one episode: whatever order they come in and however often.

An episode keeps the latest message of each change (opened, escalated, closed, lost). Taking one more is the join of a
semilattice: commutative, associative, idempotent. What is shown is derived from the kept messages alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from analyzer.types import Change, Event, Measure, RoleClaim, Severity, TrackId, Votes
from pipelines.records import Ending
from pipelines.store.columns import codec_of

# At one instant an end stands above the beginning, and compliance seen above going out of sight.
_RANK = {Change.OPENED: 0, Change.ESCALATED: 1, Change.LOST: 2, Change.CLOSED: 3}
_URGENCY = tuple(Severity)  # the most urgent first
_ENDING = {Change.CLOSED: Ending.CLOSED, Change.LOST: Ending.LOST}


@dataclass(frozen=True, slots=True)
class Message:
    """What one event message says anew about its episode."""

    change: Change
    at: datetime
    pts: timedelta
    since: datetime
    since_pts: timedelta
    severity: Severity
    votes: Votes
    role: RoleClaim | None
    measures: tuple[Measure, ...]
    tracks: tuple[TrackId, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """What the messages say together."""

    since: datetime
    since_pts: timedelta
    opened_at: datetime
    opened_pts: timedelta
    ended_at: datetime | None
    ending: Ending
    severity: Severity
    votes: Votes
    role: RoleClaim | None
    measures: tuple[Measure, ...]
    tracks: tuple[TrackId, ...]


_CODEC = codec_of(Message)


def message_of(event: Event) -> Message:
    return Message(
        event.change,
        event.at,
        event.pts,
        event.since,
        event.since_pts,
        event.severity,
        event.votes,
        event.role,
        event.measures,
        event.tracks,
    )


def _order(message: Message) -> tuple[timedelta, int, bytes]:
    """A total order, so that two messages never tie without being equal."""
    return message.pts, _RANK[message.change], _CODEC.dump_json(message)


def merged(kept: Iterable[Message], new: Iterable[Message]) -> tuple[Message, ...]:
    """The latest message of each change, in time order."""
    latest: dict[Change, Message] = {}
    for message in (*kept, *new):
        rival = latest.get(message.change)
        if rival is None or _order(rival) < _order(message):
            latest[message.change] = message
    return tuple(sorted(latest.values(), key=_order))


def episode_of(messages: tuple[Message, ...]) -> Episode:
    """Derive the episode.

    Until its opening arrives, an episode counts as opened when its first violating instant was.
    What grows over the episode (votes, role, measures) is taken from the last message that says it; its severity
    is the highest that any of them named.

    Args:
        messages: in time order, at least one.
    """
    last = messages[-1]
    opening = next((m for m in messages if m.change is Change.OPENED), None)
    end = next((m for m in reversed(messages) if m.change in _ENDING), None)
    first = min(messages, key=lambda m: (m.since_pts, m.since))
    return Episode(
        since=first.since,
        since_pts=first.since_pts,
        opened_at=opening.at if opening else first.since,
        opened_pts=opening.pts if opening else first.since_pts,
        ended_at=end.at if end else None,
        ending=_ENDING[end.change] if end else Ending.OPEN,
        severity=min((m.severity for m in messages), key=_URGENCY.index),
        votes=last.votes,
        role=next((m.role for m in reversed(messages) if m.role), None),
        measures=next((m.measures for m in reversed(messages) if m.measures), ()),
        tracks=tuple(sorted({track for m in messages for track in m.tracks})),
    )
