"""Deciding about a sign: the same steps whether a program or a page asks."""

from __future__ import annotations

from analyzer.types import EventId
from api.schemas import ReviewIn
from api.service import Service
from pipelines.records import Review, StoredEvent


def decide(service: Service, reviewer: str, event: EventId, review: ReviewIn, version: int) -> StoredEvent:
    """Store a decision; the store writes it into the audit log in the same transaction.

    Raises:
        NotFound: no such event.
        VersionConflict: somebody else decided since ``version`` was read.
    """
    now = service.now()
    decision = Review(event, review.decision, review.reason_code, review.comment, reviewer, now)
    return service.repository.decide(decision, version)
