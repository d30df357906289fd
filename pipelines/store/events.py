"""Events: one row an episode, whatever order its messages come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from analyzer.types import CameraId, Event, EventId, FacilityId, RuleId, ZoneId
from pipelines.errors import NotFound
from pipelines.records import (
    Ending,
    EventFilter,
    EventPage,
    EventPosition,
    EvidenceState,
    ReviewState,
    StoredEvent,
    TimeBasis,
)
from pipelines.store.columns import Identifier, Moment
from pipelines.store.entries import Topic
from pipelines.store.episodes import Episode, Message, episode_of, merged, message_of
from pipelines.store.noun import Noun
from pipelines.store.outbox import announce
from pipelines.store.tables import EventRow, EvidenceRow

PAGE_LIMIT = 200

_AT_ONCE = 500  # ids a statement; every database takes far more parameters
_DERIVED = tuple(field.name for field in fields(Episode) if field.name != "role")


class Events(Noun):
    """Signs of violations."""

    def put_events(self, events: Sequence[Event], *, facility: FacilityId, time_basis: TimeBasis, at: datetime) -> int:
        """Take messages of episodes, in any order and any number of times. Decisions and evidence stay as they are.

        Args:
            events: messages; their run must be stored.
            facility: whose they are.
            time_basis: where the run's times come from.
            at: now, for the notices.

        Returns:
            How many episodes were not known before.
        """
        by_id: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_id[event.id].append(event)
        if not by_id:
            return 0
        with self._database.write(*{f"run:{event.provenance.run}" for event in events}) as session:
            known = _known(session, list(by_id))
            for id_, messages in by_id.items():
                row = known.get(id_)
                if row is None:
                    row = _begun(messages[0], facility, time_basis, at)
                    session.add(row)
                for topic in _take(row, messages, is_new=id_ not in known):
                    announce(session, topic, row.id, row.version, at)
            return len(by_id) - len(known)

    def event(self, event: EventId) -> StoredEvent:
        with self._database.read() as session:
            row = session.get(EventRow, event)
            if row is None:
                raise NotFound(f"no event {event!r}")
            return stored_event(row)

    def events(self, wanted: EventFilter, after: EventPosition | None = None, limit: int = 50) -> EventPage:
        """One page, newest first.

        Args:
            wanted: what to show.
            after: where the page before ended.
            limit: 1..200.

        Raises:
            ValueError: a limit outside its range.
        """
        if not 1 <= limit <= PAGE_LIMIT:
            raise ValueError(f"a page holds 1 to {PAGE_LIMIT} events, not {limit}")
        with self._database.read() as session:
            rows = session.exec(page_statement(wanted, after, limit + 1)).all()
            events = tuple(stored_event(row) for row in rows[:limit])
        more = len(rows) > limit
        return EventPage(events, EventPosition(events[-1].opened_at, events[-1].id) if more else None)

    def every_event(self, wanted: EventFilter) -> Iterator[StoredEvent]:
        """All of them, newest first, read page by page."""
        page = self.events(wanted, limit=PAGE_LIMIT)
        yield from page.events
        while page.next is not None:
            page = self.events(wanted, page.next, PAGE_LIMIT)
            yield from page.events

    def count_events(self, wanted: EventFilter) -> Mapping[ReviewState, int]:
        """How many there are in each state; every state is a key."""
        statement = (
            sa.select(col(EventRow.review_state), sa.func.count())
            .where(*_conditions(wanted))
            .group_by(col(EventRow.review_state))
        )
        with self._database.read() as session:
            counts = {state: count for state, count in session.connection().execute(statement)}  # noqa: C416  a row is no pair to the type checker
        return {state: counts.get(state, 0) for state in ReviewState}

    def events_without_evidence(self) -> tuple[StoredEvent, ...]:
        """Events that wait for evidence of which not even a row was written: the process ended in between."""
        wanted = (
            select(EventRow)
            .where(EventRow.evidence_state == EvidenceState.PENDING)
            .where(~sa.exists().where(col(EvidenceRow.event) == col(EventRow.id)))
            .order_by(col(EventRow.opened_at), EventRow.id)
        )
        with self._database.read() as session:
            return tuple(stored_event(row) for row in session.exec(wanted))


def page_statement(wanted: EventFilter, after: EventPosition | None, limit: int) -> SelectOfScalar[EventRow]:
    """The rows of a page: the index read backwards from where the page before ended, never counted through."""
    statement = select(EventRow).where(*_conditions(wanted))
    if after is not None:
        here = sa.tuple_(sa.literal(after.opened_at, Moment()), sa.literal(after.id, Identifier()))
        statement = statement.where(sa.tuple_(col(EventRow.opened_at), col(EventRow.id)) < here)
    return statement.order_by(col(EventRow.opened_at).desc(), col(EventRow.id).desc()).limit(limit)


def _conditions(wanted: EventFilter) -> Iterable[sa.ColumnElement[bool]]:
    for column, value in ((EventRow.facility, wanted.facility), (EventRow.run, wanted.run)):
        if value is not None:
            yield col(column) == value
    narrowed: tuple[tuple[Mapped[Any], Sequence[object]], ...] = (
        (col(EventRow.camera), wanted.cameras),
        (col(EventRow.rule), wanted.rules),
        (col(EventRow.severity), wanted.severities),
        (col(EventRow.role), wanted.roles),
        (col(EventRow.review_state), wanted.review_states),
    )
    for choice, values in narrowed:
        if values:
            yield choice.in_(values)
    opened_at, since = col(EventRow.opened_at), col(EventRow.since)
    yield from (column >= least for column, least in ((opened_at, wanted.since), (since, wanted.began_from)) if least is not None)
    yield from (column < end for column, end in ((opened_at, wanted.until), (since, wanted.began_before)) if end is not None)
    if wanted.during is not None:
        begin, end = wanted.during
        yield col(EventRow.since) < end
        yield sa.func.coalesce(col(EventRow.ended_at), col(EventRow.opened_at)) >= begin
    if wanted.run is None and not wanted.superseded:
        yield ~col(EventRow.superseded)


def _known(session: Session, ids: Sequence[str]) -> dict[str, EventRow]:
    rows: dict[str, EventRow] = {}
    for start in range(0, len(ids), _AT_ONCE):
        wanted = select(EventRow).where(col(EventRow.id).in_(ids[start : start + _AT_ONCE])).with_for_update()
        rows.update((row.id, row) for row in session.exec(wanted))
    return rows


def _begun(event: Event, facility: FacilityId, time_basis: TimeBasis, at: datetime) -> EventRow:
    return EventRow(
        id=event.id,
        facility=facility,
        run=event.provenance.run,
        rule=event.rule,
        rule_version=event.rule_version,
        camera=event.camera,
        subject=event.subject.key,
        zone=event.zone,
        zone_version=event.zone_version,
        provenance=event.provenance,
        time_basis=time_basis,
        review_state=ReviewState.AWAITING,
        evidence_state=EvidenceState.PENDING,
        version=1,
        stored_at=at,
        **_derived((message_of(event),)),
    )


def _take(row: EventRow, events: Sequence[Event], *, is_new: bool) -> list[Topic]:
    """Merge messages into a row. Returns what has become true by it."""
    open_before, severity_before = is_new or row.ending is Ending.OPEN, row.severity
    messages = merged(() if is_new else row.messages, [message_of(event) for event in events])
    if messages != row.messages:
        for name, value in _derived(messages).items():
            setattr(row, name, value)
    news = {
        Topic.OPENED: is_new,
        Topic.ESCALATED: not is_new and row.severity is not severity_before,
        Topic.ENDED: open_before and row.ending is not Ending.OPEN,
    }
    return [topic for topic, is_true in news.items() if is_true]


def _derived(messages: tuple[Message, ...]) -> dict[str, Any]:
    """The columns that follow from the messages."""
    episode = episode_of(messages)
    columns = {name: getattr(episode, name) for name in _DERIVED}
    return columns | {"messages": messages, "role_claim": episode.role, "role": episode.role.role if episode.role else None}


def stored_event(row: EventRow) -> StoredEvent:
    return StoredEvent(
        id=EventId(row.id),
        facility=FacilityId(row.facility),
        rule=RuleId(row.rule),
        rule_version=row.rule_version,
        severity=row.severity,
        camera=CameraId(row.camera),
        subject=row.subject,
        since=row.since,
        since_pts=row.since_pts,
        opened_at=row.opened_at,
        opened_pts=row.opened_pts,
        ended_at=row.ended_at,
        ending=row.ending,
        votes=row.votes,
        provenance=row.provenance,
        zone=ZoneId(row.zone) if row.zone is not None else None,
        zone_version=row.zone_version,
        role=row.role_claim,
        measures=row.measures,
        tracks=row.tracks,
        time_basis=row.time_basis,
        review_state=row.review_state,
        evidence_state=row.evidence_state,
        version=row.version,
    )
