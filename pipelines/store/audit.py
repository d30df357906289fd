"""The audit log: every row carries the hash of all before it, so that a changed past shows.

Rows are numbered 1, 2, 3 ... without holes. A chain cannot show that its newest rows were cut off: keep
`audit_head` outside from time to time and compare.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from pipelines.store.database import Database
from pipelines.store.entries import AuditRow
from pipelines.store.noun import Noun
from pipelines.store.tables import AuditLogRow

BEFORE_THE_FIRST = "0" * 64

_CLAIM = "audit"
_BATCH = 1000


def append(
    database: Database, session: Session, *, action: str, actor: str, subject: str, at: datetime, detail: str = ""
) -> AuditRow:
    """Write a row as the last part of the caller's transaction: nobody else appends until that ends."""
    database.claim(session, _CLAIM)
    last = session.exec(select(AuditLogRow).order_by(col(AuditLogRow.number).desc()).limit(1)).one_or_none()
    number, previous = (last.number + 1, last.hash) if last else (1, BEFORE_THE_FIRST)
    actor, action, subject, detail = (unicodedata.normalize("NFC", text) for text in (actor, action, subject, detail))
    unsealed = AuditRow(number, at, actor, action, subject, detail, previous, hash="")
    row = replace(unsealed, at=at.astimezone(UTC), hash=digest(unsealed))
    session.add(
        AuditLogRow(
            number=row.number,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
            previous=row.previous,
            hash=row.hash,
        )
    )
    return row


def digest(row: AuditRow) -> str:
    """SHA-256 over the 32 bytes of the hash before and the row as a JSON array without spaces, in UTF-8."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = json.dumps(
        [row.number, at, row.actor, row.action, row.subject, row.detail], ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(bytes.fromhex(row.previous) + content.encode()).hexdigest()


def first_broken(rows: Iterable[AuditRow], last: AuditRow | None = None) -> AuditRow | None:
    """The first row that does not follow from the one before it (``last`` stands before the first)."""
    number, previous = (last.number, last.hash) if last else (0, BEFORE_THE_FIRST)
    for row in rows:
        if row.number != number + 1 or row.previous != previous or row.hash != digest(row):
            return row
        number, previous = row.number, row.hash
    return None


class AuditLog(Noun):
    """Who did what."""

    def audit(self, action: str, actor: str, subject: str, at: datetime, detail: str = "") -> AuditRow:
        """Append a row. Never put a secret or the content of a decision's comment into it."""
        with self._database.write() as session:
            return append(self._database, session, action=action, actor=actor, subject=subject, at=at, detail=detail)

    def audit_rows(self, after: int = 0, limit: int = 200) -> tuple[AuditRow, ...]:
        """Rows whose number is above ``after``, in order."""
        wanted = select(AuditLogRow).where(col(AuditLogRow.number) > after).order_by(col(AuditLogRow.number)).limit(limit)
        with self._database.read() as session:
            return tuple(_row(row) for row in session.exec(wanted))

    def audit_head(self) -> AuditRow | None:
        """The newest row."""
        with self._database.read() as session:
            row = session.exec(select(AuditLogRow).order_by(col(AuditLogRow.number).desc()).limit(1)).one_or_none()
            return _row(row) if row else None

    def verify_audit(self) -> AuditRow | None:
        """Go through the whole log. Returns the first row that does not follow from the one before it."""
        last: AuditRow | None = None
        while rows := self.audit_rows(last.number if last else 0, _BATCH):
            if broken := first_broken(rows, last):
                return broken
            last = rows[-1]
        return None


def _row(row: AuditLogRow) -> AuditRow:
    return AuditRow(row.number, row.at, row.actor, row.action, row.subject, row.detail, row.previous, row.hash)
