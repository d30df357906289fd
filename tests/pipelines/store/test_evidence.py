"""Evidence: rows follow files, the state of an event follows its clip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.types import EventId
from pipelines.errors import NotFound, StoreError
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState
from pipelines.store import Repository
from pipelines.store.evidence import state_of
from tests.pipelines.store.made import furnish, make_event, make_evidence, put

EVENT = EventId("event-1")


@pytest.fixture
def stocked(repository: Repository) -> Repository:
    put(furnish(repository), [make_event("event-1"), make_event("event-2")])
    return repository


def test_evidence_comes_back_as_it_was_put(stocked: Repository) -> None:
    clip = make_evidence("b")
    proxy = make_evidence("c", kind=EvidenceKind.PROXY, derived_from=EvidenceId("b"), path="x/Cổng.mp4", reason="codec hevc")
    frames = [
        make_evidence(
            f"a{i}",
            kind=EvidenceKind.KEY_FRAME,
            ordinal=i,
            sha256=None,
            size_bytes=None,
            codec=None,
            starts_at=None,
            duration=None,
        )
        for i in (1, 0)
    ]
    stocked.put_evidence([clip, proxy, *frames])

    assert stocked.evidence(EVENT) == (clip, frames[1], frames[0], proxy)
    assert stocked.evidence_by_id(proxy.id) == proxy
    assert stocked.evidence(EventId("event-2")) == ()
    assert stocked.evidence_paths() == {piece.path for piece in (clip, proxy, *frames)}


def test_a_pending_piece_becomes_ready_and_its_event_with_it(stocked: Repository) -> None:
    pending = make_evidence(state=EvidenceState.PENDING, sha256=None, size_bytes=None)
    stocked.put_evidence([pending])
    assert stocked.pending_evidence() == (pending,)
    assert stocked.event(EVENT).evidence_state is EvidenceState.PENDING

    stocked.put_evidence([make_evidence()])
    stocked.put_evidence([make_evidence()])
    assert stocked.pending_evidence() == ()
    assert stocked.evidence(EVENT) == (make_evidence(),)
    assert stocked.event(EVENT).evidence_state is EvidenceState.READY


def test_events_without_a_row_of_evidence_are_found(stocked: Repository) -> None:
    stocked.put_evidence([make_evidence(state=EvidenceState.PENDING)])
    assert [event.id for event in stocked.events_without_evidence()] == ["event-2"]


CLIP, FRAME = make_evidence(), make_evidence("k", kind=EvidenceKind.KEY_FRAME)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], EvidenceState.PENDING),
        ([CLIP], EvidenceState.READY),
        ([CLIP, replace(FRAME, state=EvidenceState.FAILED)], EvidenceState.READY),
        ([replace(CLIP, state=EvidenceState.LOST), FRAME], EvidenceState.LOST),
        ([CLIP, replace(CLIP, state=EvidenceState.PENDING)], EvidenceState.PENDING),
        ([CLIP, replace(CLIP, state=EvidenceState.FAILED)], EvidenceState.FAILED),
        ([FRAME], EvidenceState.READY),
    ],
)
def test_the_state_of_an_event_is_that_of_its_clips(pieces: list[Evidence], expected: EvidenceState) -> None:
    assert state_of(pieces) is expected


def test_evidence_of_an_unknown_event_is_refused_whole(stocked: Repository) -> None:
    with pytest.raises(StoreError):
        stocked.put_evidence([make_evidence("a"), make_evidence("b", event="event-9")])
    assert stocked.evidence_paths() == frozenset()
    with pytest.raises(NotFound, match="'a'"):
        stocked.evidence_by_id(EvidenceId("a"))


def test_nothing_to_put_is_no_error(stocked: Repository) -> None:
    stocked.put_evidence([])
