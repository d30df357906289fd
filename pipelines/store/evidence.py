"""Files that show events. The file is written first and named here last, so a row that says READY has its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from analyzer.types import EventId
from pipelines.errors import NotFound
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState
from pipelines.store.noun import Noun
from pipelines.store.tables import EventRow, EvidenceRow

# The first of these that any part is in is the state of the whole.
_WORST_FIRST = (EvidenceState.PENDING, EvidenceState.LOST, EvidenceState.FAILED, EvidenceState.READY)


class EvidenceFiles(Noun):
    """What can be shown."""

    def put_evidence(self, evidence: Sequence[Evidence]) -> None:
        """Store pieces of evidence, or the same ones further on; the state of their events follows in the same transaction.

        Raises:
            StoreError: an event is unknown.
        """
        events = sorted({piece.event for piece in evidence})
        if not events:
            return
        with self._database.write(*(f"evidence:{event}" for event in events)) as session:
            for piece in evidence:
                session.merge(_row(piece))
            session.flush()
            for event in events:
                owner = session.exec(select(EventRow).where(EventRow.id == event).with_for_update()).one()
                owner.evidence_state = state_of(_pieces(session, event))

    def evidence(self, event: EventId) -> tuple[Evidence, ...]:
        with self._database.read() as session:
            return _pieces(session, event)

    def evidence_by_id(self, evidence: EvidenceId) -> Evidence:
        with self._database.read() as session:
            row = session.get(EvidenceRow, evidence)
            if row is None:
                raise NotFound(f"no evidence {evidence!r}")
            return _evidence(row)

    def pending_evidence(self) -> tuple[Evidence, ...]:
        """Pieces that were begun and not finished."""
        wanted = select(EvidenceRow).where(EvidenceRow.state == EvidenceState.PENDING).order_by(EvidenceRow.id)
        with self._database.read() as session:
            return tuple(_evidence(row) for row in session.exec(wanted))

    def evidence_paths(self) -> frozenset[str]:
        """Every path that a row names, whatever its state: any other file in the folder belongs to no event."""
        with self._database.read() as session:
            return frozenset(session.exec(select(EvidenceRow.path)))


def state_of(pieces: Iterable[Evidence]) -> EvidenceState:
    """How the evidence of an event stands: as its clips do; where no clip was ever meant, as the other pieces do."""
    everything = tuple(pieces)
    clips = {piece.state for piece in everything if piece.kind is EvidenceKind.CLIP}
    states = clips or {piece.state for piece in everything} or {EvidenceState.PENDING}
    return next(state for state in _WORST_FIRST if state in states)


def _pieces(session: Session, event: str) -> tuple[Evidence, ...]:
    wanted = (
        select(EvidenceRow)
        .where(EvidenceRow.event == event)
        .order_by(col(EvidenceRow.kind), col(EvidenceRow.ordinal), EvidenceRow.id)
    )
    return tuple(_evidence(row) for row in session.exec(wanted))


def _row(piece: Evidence) -> EvidenceRow:
    return EvidenceRow(
        id=piece.id,
        event=piece.event,
        kind=piece.kind,
        state=piece.state,
        path=piece.path,
        media_type=piece.media_type,
        ordinal=piece.ordinal,
        sha256=piece.sha256,
        size_bytes=piece.size_bytes,
        codec=piece.codec,
        starts_at=piece.starts_at,
        duration=piece.duration,
        derived_from=piece.derived_from,
        reason=piece.reason,
    )


def _evidence(row: EvidenceRow) -> Evidence:
    return Evidence(
        id=EvidenceId(row.id),
        event=EventId(row.event),
        kind=row.kind,
        state=row.state,
        path=row.path,
        media_type=row.media_type,
        ordinal=row.ordinal,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        codec=row.codec,
        starts_at=row.starts_at,
        duration=row.duration,
        derived_from=EvidenceId(row.derived_from) if row.derived_from is not None else None,
        reason=row.reason,
    )
