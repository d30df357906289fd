"""Decisions of people about events. Each is kept; the last one counts."""

from __future__ import annotations

import json

from sqlmodel import col, select

from analyzer.types import EventId
from pipelines.errors import NotFound, VersionConflict
from pipelines.records import Decision, Review, ReviewState, StoredEvent
from pipelines.store.audit import append
from pipelines.store.entries import Topic
from pipelines.store.events import stored_event
from pipelines.store.noun import Noun
from pipelines.store.outbox import announce
from pipelines.store.tables import EventRow, ReviewRow

STATES = {
    Decision.CONFIRM: ReviewState.CONFIRMED,
    Decision.REJECT: ReviewState.REJECTED,
    Decision.CANNOT_TELL: ReviewState.UNCLEAR,
}


class Reviews(Noun):
    """What people decided."""

    def decide(self, review: Review, expected_version: int) -> StoredEvent:
        """Add a decision. Decision, new state, audit row and notice are one transaction.

        Args:
            review: the decision; undoing one is deciding again.
            expected_version: the version of the event the person saw.

        Raises:
            NotFound: no such event.
            VersionConflict: somebody decided in between.
        """
        with self._database.write() as session:
            row = session.exec(select(EventRow).where(EventRow.id == review.event).with_for_update()).one_or_none()
            if row is None:
                raise NotFound(f"no event {review.event!r}")
            if row.version != expected_version:
                raise VersionConflict(f"event {review.event} has version {row.version}, not {expected_version}")
            row.version += 1
            row.review_state = STATES[review.decision]
            session.add(
                ReviewRow(
                    event=review.event,
                    version=row.version,
                    decision=review.decision,
                    reason_code=review.reason_code,
                    comment=review.comment,
                    reviewer=review.reviewer,
                    at=review.at,
                )
            )
            announce(session, Topic.REVIEWED, row.id, row.version, review.at)
            detail = json.dumps(
                {"decision": review.decision, "reason": review.reason_code, "version": row.version}, sort_keys=True
            )
            append(
                self._database, session, action="event.review", actor=review.reviewer, subject=row.id, at=review.at, detail=detail
            )
            return stored_event(row)

    def reviews(self, event: EventId) -> tuple[Review, ...]:
        """The oldest first; the last one counts."""
        wanted = select(ReviewRow).where(ReviewRow.event == event).order_by(col(ReviewRow.version))
        with self._database.read() as session:
            return tuple(_review(row) for row in session.exec(wanted))


def _review(row: ReviewRow) -> Review:
    return Review(EventId(row.event), row.decision, row.reason_code, row.comment, row.reviewer, row.at)
