"""Records that only the store and the service speak of: accounts, sessions, the audit log, tallies of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from analyzer.types import RunId, Tally


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``password_hash`` is argon2's own text form; ``grade`` is a code whose meaning the service knows."""

    name: str
    password_hash: str
    grade: str
    created_at: datetime
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A signed-in browser. ``token_hash`` is the SHA-256 of the cookie's value: the cookie itself is not stored."""

    token_hash: str
    user: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit log: ``hash`` is SHA-256 over the hash before and this row's canonical JSON, in hex."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class RunTally:
    """The count of one rule on one camera in one run."""

    run: RunId
    tally: Tally


class Topic(StrEnum):
    """What a notice is about."""

    OPENED = "event.opened"
    ESCALATED = "event.escalated"  # its severity rose
    ENDED = "event.ended"
    REVIEWED = "event.reviewed"
    OUTAGE_OPENED = "outage.opened"
    OUTAGE_ENDED = "outage.ended"
    THIN_OPENED = "line.thin"  # connected, but pictures come late or not all of them come
    THIN_ENDED = "line.recovered"


OUTAGES: Final = frozenset({Topic.OUTAGE_OPENED, Topic.OUTAGE_ENDED, Topic.THIN_OPENED, Topic.THIN_ENDED})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell others. ``number`` grows; ``version`` is the event's at that time.

    ``subject`` is the id of the event; of an outage, which is no row, all that is known of it (`pipelines.outages`).
    """

    number: int
    topic: Topic
    subject: str
    version: int
    at: datetime
