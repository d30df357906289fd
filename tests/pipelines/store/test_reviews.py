"""Decisions: kept all, the last one counts, and of two at once exactly one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from analyzer.types import EventId
from pipelines.errors import NotFound, VersionConflict
from pipelines.records import Decision, EventFilter, ReviewState
from pipelines.store import Repository, open_database
from pipelines.store.entries import Topic
from tests.pipelines.store.made import furnish, make_event, make_review, put

EVENT = EventId("event-1")


@pytest.fixture
def stocked(repository: Repository) -> Repository:
    put(furnish(repository), [make_event()])
    return repository


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (Decision.CONFIRM, ReviewState.CONFIRMED),
        (Decision.REJECT, ReviewState.REJECTED),
        (Decision.CANNOT_TELL, ReviewState.UNCLEAR),
    ],
)
def test_a_decision_changes_the_event_and_leaves_its_traces(stocked: Repository, decision: Decision, state: ReviewState) -> None:
    review = make_review(decision=decision, comment="Hai dòng\nvà «dấu»")
    decided = stocked.decide(review, 1)

    assert decided == stocked.event(EVENT)
    assert (decided.review_state, decided.version) == (state, 2)
    assert stocked.reviews(EVENT) == (review,)
    (row,) = stocked.audit_rows()
    assert (row.action, row.actor, row.subject, row.at) == ("event.review", "thanh.tra", EVENT, review.at)
    assert stocked.verify_audit() is None
    assert [(n.topic, n.version) for n in stocked.undelivered()] == [(Topic.OPENED, 1), (Topic.REVIEWED, 2)]


def test_undoing_is_deciding_again(stocked: Repository) -> None:
    first, second = make_review(), make_review(decision=Decision.CANNOT_TELL, reviewer="giám.sát")
    stocked.decide(first, 1)
    assert stocked.decide(second, 2).review_state is ReviewState.UNCLEAR
    assert stocked.reviews(EVENT) == (first, second)
    assert stocked.count_events(EventFilter())[ReviewState.UNCLEAR] == 1


@pytest.mark.parametrize("version", [0, 2])
def test_a_decision_about_another_version_is_refused_and_leaves_nothing(stocked: Repository, version: int) -> None:
    with pytest.raises(VersionConflict):
        stocked.decide(make_review(), version)
    assert stocked.event(EVENT).version == 1
    assert stocked.reviews(EVENT) == ()
    assert stocked.audit_rows() == ()


def test_a_decision_about_nothing(stocked: Repository) -> None:
    with pytest.raises(NotFound, match="event-9"):
        stocked.decide(make_review("event-9"), 1)


@pytest.mark.parametrize("shared", [True, False], ids=["one-pool", "two-processes-alike"])
def test_of_two_at_once_exactly_one_wins(address: str, shared: bool) -> None:
    races = 20
    with open_database(address) as one, open_database(address) as other:
        left = Repository(one)
        right = left if shared else Repository(other)
        put(furnish(left), [make_event(f"event-{i}") for i in range(races)])
        start = Barrier(2)

        def race(repository: Repository, decision: Decision) -> list[bool]:
            won = []
            for i in range(races):
                start.wait()
                try:
                    repository.decide(make_review(f"event-{i}", decision), 1)
                    won.append(True)
                except VersionConflict:
                    won.append(False)
            return won

        with ThreadPoolExecutor(2) as pool:
            confirming = pool.submit(race, left, Decision.CONFIRM)
            rejecting = pool.submit(race, right, Decision.REJECT)
            outcomes = list(zip(confirming.result(), rejecting.result(), strict=True))

        assert all(a != b for a, b in outcomes)
        counts = left.count_events(EventFilter())
        assert counts[ReviewState.CONFIRMED] == sum(a for a, _ in outcomes)
        assert counts[ReviewState.REJECTED] == sum(b for _, b in outcomes)
        assert len(left.audit_rows()) == races
        assert left.verify_audit() is None
