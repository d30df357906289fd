"""What is to be told to others: written in the transaction that made it true, told at least once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from pipelines.outages import OutageNotice
from pipelines.store.entries import OUTAGES, Notice, Topic
from pipelines.store.noun import Noun
from pipelines.store.tables import OutboxRow


def announce(session: Session, topic: Topic, event: str, version: int, at: datetime) -> None:
    """Write a notice as part of the caller's transaction."""
    session.add(OutboxRow(topic=topic, subject=event, version=version, at=at))


class Outbox(Noun):
    """Notices that wait for a reader."""

    def undelivered(self, limit: int = 100, after: int = 0) -> tuple[Notice, ...]:
        """The oldest first, of those whose number is greater than ``after``."""
        waiting = col(OutboxRow.delivered_at).is_(None), col(OutboxRow.number) > after
        wanted = select(OutboxRow).where(*waiting).order_by(col(OutboxRow.number)).limit(limit)
        with self._database.read() as session:
            return tuple(_notice(row) for row in session.exec(wanted))

    def announce_outages(self, notices: Sequence[OutageNotice], at: datetime) -> None:
        """Write that outages, or stretches of thin lines, began or ended."""
        with self._database.write() as session:
            for one in notices:
                announce(session, _topic(one), one.encode(), 1, at)

    def outages(self, since: datetime) -> tuple[OutageNotice, ...]:
        """What was told of outages since then, in its order."""
        wanted = (
            select(OutboxRow).where(col(OutboxRow.topic).in_(OUTAGES), col(OutboxRow.at) >= since).order_by(col(OutboxRow.number))
        )
        with self._database.read() as session:
            return tuple(OutageNotice.decode(row.subject) for row in session.exec(wanted))

    def delivered(self, numbers: Sequence[int], at: datetime) -> None:
        """Strike notices off. Those struck off before keep their time."""
        with self._database.write() as session:
            session.exec(
                sa.update(OutboxRow)
                .where(col(OutboxRow.number).in_(numbers), col(OutboxRow.delivered_at).is_(None))
                .values(delivered_at=at)
            )

    def pass_over_history(self, before: datetime, at: datetime) -> int:
        """Strike off what is older than ``before``, if nothing was ever struck off; how many that were.

        Nobody was told of anything yet: the first who is to be told hears of what happens now, and not of years.
        """
        with self._database.write() as session:
            told = select(OutboxRow.number).where(col(OutboxRow.delivered_at).is_not(None)).limit(1)
            if session.exec(told).first() is not None:
                return 0
            old = sa.update(OutboxRow).where(col(OutboxRow.at) < before).values(delivered_at=at)
            return int(session.exec(old).rowcount)


def _topic(outage: OutageNotice) -> Topic:
    if outage.thin:
        return Topic.THIN_OPENED if outage.end is None else Topic.THIN_ENDED
    return Topic.OUTAGE_OPENED if outage.end is None else Topic.OUTAGE_ENDED


def _notice(row: OutboxRow) -> Notice:
    assert row.number is not None
    return Notice(row.number, row.topic, row.subject, row.version, row.at)
