"""Events: one row an episode, pages by key, filters, counts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest
import sqlalchemy as sa

from analyzer.types import (
    CameraId,
    CameraSubject,
    Change,
    EventId,
    FacilityId,
    Measure,
    Role,
    RoleClaim,
    RuleId,
    RunId,
    Severity,
    TrackId,
    Votes,
)
from pipelines.errors import NotFound, StoreError
from pipelines.records import (
    Decision,
    Ending,
    EventFilter,
    EventPosition,
    EvidenceState,
    ReviewState,
    StoredEvent,
    TimeBasis,
)
from pipelines.store import Database, Repository
from pipelines.store.entries import Topic
from pipelines.store.events import page_statement
from tests.pipelines.store.made import (
    CAMERA,
    CAMERA_2,
    FACILITY,
    PROVENANCE,
    T0,
    furnish,
    make_event,
    make_evidence,
    make_review,
    make_run,
    put,
    seconds,
)


def test_an_event_comes_back_whole(repository: Repository) -> None:
    event = make_event()
    assert put(furnish(repository), [event]) == 1

    assert repository.event(event.id) == StoredEvent(
        id=event.id,
        facility=FACILITY.id,
        rule=event.rule,
        rule_version=1,
        severity=Severity.HIGH,
        camera=CAMERA.id,
        subject="track:12",
        since=T0 + seconds(4),
        since_pts=seconds(4),
        opened_at=T0 + seconds(10),
        opened_pts=seconds(10),
        ended_at=None,
        ending=Ending.OPEN,
        votes=event.votes,
        provenance=PROVENANCE,
        zone=event.zone,
        zone_version=1,
        role=event.role,
        measures=event.measures,
        tracks=(TrackId(12),),
        time_basis=TimeBasis.FILE_NAME,
        review_state=ReviewState.AWAITING,
        evidence_state=EvidenceState.PENDING,
        version=1,
    )


def test_an_event_without_the_optional_parts(repository: Repository) -> None:
    event = make_event(subject=CameraSubject(CAMERA.id), zone=None, zone_version=None, role=None, measures=(), tracks=())
    put(furnish(repository), [event])
    stored = repository.event(event.id)

    assert (stored.subject, stored.zone, stored.zone_version, stored.role, stored.measures, stored.tracks) == (
        "camera:cam-1",
        None,
        None,
        None,
        (),
        (),
    )


def test_numbers_that_are_not_finite_are_not_a_reason_to_lose_an_event(repository: Repository) -> None:
    measures = (Measure("up", math.inf, "s", -math.inf), Measure("none", math.nan, "1"), Measure("tiny", 5e-324, "1"))
    put(furnish(repository), [make_event(measures=measures)])
    up, none, tiny = repository.event(EventId("event-1")).measures

    assert (up.value, up.threshold, tiny.value) == (math.inf, -math.inf, 5e-324)
    assert math.isnan(none.value)


OPENED = make_event(change=Change.OPENED, pts=10)
CLOSED = make_event(
    change=Change.CLOSED, pts=30, votes=Votes(20, 9), measures=(), tracks=(TrackId(12), TrackId(15)), severity=Severity.CRITICAL
)
LOST = make_event(change=Change.LOST, pts=25, votes=Votes(15, 2), role=None)


@pytest.mark.parametrize(
    "order", list(permutations([OPENED, CLOSED, LOST])), ids=lambda order: "-".join(e.change.value for e in order)
)
@pytest.mark.parametrize("together", [True, False])
def test_the_order_of_messages_does_not_matter(repository: Repository, order: Sequence[object], together: bool) -> None:
    messages = [*order, *order]  # and neither does repetition
    furnish(repository)
    new = [put(repository, messages)] if together else [put(repository, [message]) for message in messages]  # type: ignore[list-item]

    assert sum(new) == 1
    stored = repository.event(OPENED.id)
    assert (stored.opened_at, stored.opened_pts) == (OPENED.at, OPENED.pts)
    assert (stored.ending, stored.ended_at) == (Ending.CLOSED, CLOSED.at)
    assert (stored.votes, stored.severity) == (CLOSED.votes, Severity.CRITICAL)
    assert stored.measures == OPENED.measures  # the closing said nothing about them
    assert stored.role == OPENED.role
    assert stored.tracks == (12, 15)


def test_an_end_that_arrives_first_is_not_lost(repository: Repository) -> None:
    put(furnish(repository), [CLOSED])
    early = repository.event(OPENED.id)
    assert (early.ending, early.ended_at, early.opened_at) == (Ending.CLOSED, CLOSED.at, CLOSED.since)

    assert put(repository, [OPENED]) == 0
    assert repository.event(OPENED.id).opened_at == OPENED.at


def test_lost_is_not_closed(repository: Repository) -> None:
    put(furnish(repository), [OPENED, LOST])
    assert (repository.event(OPENED.id).ending, repository.event(OPENED.id).ended_at) == (Ending.LOST, LOST.at)


def test_late_messages_leave_decisions_and_evidence_alone(repository: Repository) -> None:
    put(furnish(repository), [OPENED])
    repository.put_evidence([make_evidence()])
    decided = repository.decide(make_review(), 1)
    put(repository, [CLOSED, OPENED])
    stored = repository.event(OPENED.id)

    assert (stored.review_state, stored.evidence_state, stored.version) == (
        ReviewState.CONFIRMED,
        EvidenceState.READY,
        decided.version,
    )


def test_notices_are_written_once_with_the_event(repository: Repository) -> None:
    furnish(repository)
    for _ in range(2):
        put(repository, [OPENED])
        put(repository, [replace(CLOSED, severity=OPENED.severity)])

    notices = repository.undelivered()
    assert [(notice.topic, notice.subject, notice.version) for notice in notices] == [
        (Topic.OPENED, OPENED.id, 1),
        (Topic.ENDED, OPENED.id, 1),
    ]
    repository.delivered([notices[0].number], T0)
    assert repository.undelivered() == notices[1:]
    assert repository.undelivered(after=notices[1].number) == notices[2:]


def test_who_is_told_for_the_first_time_does_not_hear_of_years(repository: Repository) -> None:
    furnish(repository)
    put(repository, [OPENED])
    (old,) = repository.undelivered()
    assert repository.pass_over_history(old.at, T0) == 0  # no older than that
    assert repository.undelivered() == (old,)
    assert repository.pass_over_history(old.at + timedelta(seconds=1), T0) == 1
    assert repository.undelivered() == ()

    put(repository, [replace(CLOSED, severity=OPENED.severity)])
    waiting = repository.undelivered()
    assert len(waiting) == 1
    # Somebody has been told since: what waits now waits for a receiver that was away, however old it is.
    assert repository.pass_over_history(waiting[0].at + timedelta(days=9), T0) == 0
    assert repository.undelivered() == waiting


def test_a_rising_severity_is_announced(repository: Repository) -> None:
    put(furnish(repository), [OPENED])
    escalated = make_event(change=Change.ESCALATED, pts=20, severity=Severity.CRITICAL)
    for _ in range(2):
        put(repository, [escalated])
    stored = repository.event(OPENED.id)

    assert (stored.severity, stored.ending, stored.ended_at) == (Severity.CRITICAL, Ending.OPEN, None)
    assert [notice.topic for notice in repository.undelivered()] == [Topic.OPENED, Topic.ESCALATED]


def test_a_batch_is_stored_whole_or_not_at_all(repository: Repository) -> None:
    furnish(repository)
    stranger = make_event("event-2", provenance=replace(PROVENANCE, run=RunId("run-9")))
    with pytest.raises(StoreError):
        put(repository, [make_event("event-1"), stranger])

    assert repository.events(EventFilter()).events == ()
    assert repository.undelivered() == ()


def test_nothing_to_put_is_no_error(repository: Repository) -> None:
    assert put(repository, []) == 0


def test_an_event_that_is_not_there(repository: Repository) -> None:
    with pytest.raises(NotFound, match="event-1"):
        repository.event(EventId("event-1"))


def test_times_of_any_zone_come_back_in_utc_exactly(repository: Repository) -> None:
    hanoi = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=timezone(timedelta(hours=7)))
    early = datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)
    put(furnish(repository), [make_event(at=hanoi, since=early)])
    stored = repository.event(EventId("event-1"))

    assert (stored.opened_at, stored.since) == (hanoi, early)
    assert stored.opened_at.isoformat() == "2026-02-28T17:00:00.000001+00:00"
    assert stored.since.isoformat() == "1970-01-01T00:00:00.999999+00:00"


def fill(repository: Repository, number: int) -> list[EventId]:
    """Events of which several share each instant; gives their ids, newest first and by id among equals."""
    furnish(repository)
    events = [make_event(f"event-{i:03}", pts=i // 3) for i in range(number)]
    put(repository, random.Random(5).sample(events, number))
    return [event.id for event in sorted(events, key=lambda event: (event.at, event.id), reverse=True)]


@pytest.mark.parametrize("limit", [1, 2, 7, 25, 26, 200])
def test_pages_hold_every_event_once_newest_first(repository: Repository, limit: int) -> None:
    expected = fill(repository, 25)
    seen: list[EventId] = []
    position: EventPosition | None = None
    while True:
        page = repository.events(EventFilter(), position, limit)
        assert len(page.events) <= limit
        seen += [event.id for event in page.events]
        if page.next is None:
            break
        position = page.next

    assert seen == expected


def test_a_page_does_not_shift_when_newer_events_arrive(repository: Repository) -> None:
    expected = fill(repository, 9)
    first = repository.events(EventFilter(), None, 4)
    put(repository, [make_event("newer", pts=100)])

    assert [event.id for event in repository.events(EventFilter(), first.next, 200).events] == expected[4:]


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_the_size_of_a_page_has_bounds(repository: Repository, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 200"):
        repository.events(EventFilter(), None, limit)


GUARD = RoleClaim(Role.GUARD, 0.9)
FILTERS = [
    (EventFilter(), "abcd"),
    (EventFilter(facility=FACILITY.id), "abcd"),
    (EventFilter(facility=FacilityId("nowhere")), ""),
    (EventFilter(cameras=(CAMERA_2.id,)), "b"),
    (EventFilter(cameras=(CAMERA.id, CAMERA_2.id, CameraId("nothing"))), "abcd"),
    (EventFilter(rules=(RuleId("Q02"), RuleId("G01"))), "bc"),
    (EventFilter(severities=(Severity.LOW,)), "c"),
    (EventFilter(roles=(Role.GUARD,)), "d"),
    (EventFilter(roles=(Role.GUARD, Role.QUARANTINED)), "abd"),
    (EventFilter(review_states=(ReviewState.REJECTED, ReviewState.UNCLEAR)), "a"),
    (EventFilter(run=RunId("run-2")), "d"),
    (EventFilter(since=T0 + seconds(2)), "bcd"),
    (EventFilter(until=T0 + seconds(2)), "a"),
    (EventFilter(since=T0 + seconds(2), until=T0 + seconds(4)), "bc"),
    (EventFilter(cameras=(CAMERA.id,), rules=(RuleId("Q01"),), roles=(Role.GUARD,)), "d"),
]


@pytest.mark.parametrize(("wanted", "expected"), FILTERS, ids=[str(i) for i in range(len(FILTERS))])
def test_every_field_of_a_filter_narrows(repository: Repository, wanted: EventFilter, expected: str) -> None:
    furnish(repository, make_run(), make_run("run-2"))
    put(
        repository,
        [
            make_event("a", pts=1),
            make_event("b", pts=2, camera=CAMERA_2.id, rule=RuleId("Q02")),
            make_event("c", pts=3, rule=RuleId("G01"), severity=Severity.LOW, role=None),
            make_event("d", pts=4, role=GUARD, provenance=replace(PROVENANCE, run=RunId("run-2"))),
        ],
    )
    repository.decide(make_review("a", Decision.REJECT), 1)

    assert sorted(event.id for event in repository.events(wanted).events) == list(expected)
    counts = repository.count_events(wanted)
    assert sum(counts.values()) == len(expected)
    assert counts[ReviewState.REJECTED] == ("a" in expected)
    assert set(counts) == set(ReviewState)


PLANS = [
    (EventFilter(), "ix_events_opened_at_id"),
    (EventFilter(facility=FACILITY.id), "ix_events_facility_opened_at_id"),
    (EventFilter(cameras=(CAMERA.id,)), "ix_events_camera_opened_at_id"),
    (EventFilter(rules=(RuleId("Q01"),)), "ix_events_rule_opened_at_id"),
    (EventFilter(review_states=(ReviewState.AWAITING,)), "ix_events_review_state_opened_at_id"),
    (EventFilter(run=RunId("run-1")), "ix_events_run_opened_at_id"),
]


@pytest.mark.parametrize(("wanted", "index"), PLANS, ids=[index for _, index in PLANS])
def test_a_page_is_read_off_an_index_and_never_sorted(
    repository: Repository, database: Database, wanted: EventFilter, index: str
) -> None:
    fill(repository, 30)
    statement = page_statement(wanted, EventPosition(T0 + seconds(5), EventId("event-017")), 10)
    with database.read() as session:
        connection = session.connection()
        text = str(statement.compile(connection, compile_kwargs={"render_postcompile": True}))
        parameters = statement.compile(connection, compile_kwargs={"render_postcompile": True})
        if database.kind == "sqlite":
            explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(_bound(parameters))).all()
            plan = "\n".join(row[-1] for row in explained)
            assert f"USING INDEX {index} (" in plan
            assert "TEMP B-TREE" not in plan
        else:
            # A table of thirty rows is read faster without any index; ask what is possible, not what is cheapest here.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", _bound_by_name(parameters)).all())
            assert f"Index Scan Backward using {index}" in plan
            assert "Sort" not in plan


def _bound(compiled: sa.Compiled) -> list[object]:
    values = _bound_by_name(compiled)
    return [values[name] for name in compiled.positiontup]  # type: ignore[attr-defined]


def _bound_by_name(compiled: sa.Compiled) -> dict[str, object]:
    processors = compiled._bind_processors  # type: ignore[attr-defined]
    return {name: processors[name](value) if name in processors else value for name, value in compiled.params.items()}


def test_two_writers_of_the_same_events_make_them_once(repository: Repository) -> None:
    furnish(repository)
    events = [make_event(f"event-{i}", change) for i in range(20) for change in (Change.OPENED, Change.CLOSED)]
    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(lambda chunk: put(repository, chunk), [events, events[::-1], events[5:], events[:30]]))

    assert sum(new) == 20
    assert {event.ending for event in repository.events(EventFilter()).events} == {Ending.CLOSED}
    assert len(repository.undelivered()) == 40


def test_many_events_at_once(repository: Repository) -> None:
    furnish(repository)
    events = [make_event(f"event-{i}") for i in range(1100)]
    assert put(repository, events) == 1100
    assert put(repository, events) == 0
    assert sum(repository.count_events(EventFilter()).values()) == 1100


def test_what_went_on_at_some_time_is_found_by_its_beginning_and_its_end(repository: Repository) -> None:
    furnish(repository)
    spans = {"before": (0, 5), "into": (2, 12), "within": (12, 14), "over": (1, 60), "out": (18, 40), "after": (21, 30)}
    for name, (begin, end) in spans.items():
        opened = make_event(name, pts=begin + 1, since=T0 + seconds(begin), since_pts=seconds(begin))
        put(repository, [opened, replace(opened, change=Change.CLOSED, at=T0 + seconds(end), pts=seconds(end))])
    still_open = make_event("open", pts=15, since=T0 + seconds(14), since_pts=seconds(14))
    put(repository, [still_open])
    found = repository.every_event(EventFilter(during=(T0 + seconds(10), T0 + seconds(20))))
    assert {event.id for event in found} == {"into", "within", "over", "out", "open"}


def test_every_event_is_read_over_the_end_of_a_page(repository: Repository) -> None:
    expected = fill(repository, 203)
    assert [event.id for event in repository.every_event(EventFilter())] == expected
