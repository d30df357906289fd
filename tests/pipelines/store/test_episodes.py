"""The merging of messages is a join: any order, any grouping, any repetition gives the same episode."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import Change, Measure, Severity, TrackId, Votes
from pipelines.records import Ending
from pipelines.store.episodes import Message, episode_of, merged, message_of
from tests.pipelines.store.made import T0, make_event, seconds

MESSAGES = st.builds(
    lambda change, pts, violating, tracks, measured: Message(
        change=change,
        at=T0 + seconds(pts),
        pts=seconds(pts),
        since=T0,
        since_pts=timedelta(0),
        severity=Severity.HIGH,
        votes=Votes(violating, 0),
        role=None,
        measures=(Measure("m", measured, "s"),) if measured else (),
        tracks=tuple(TrackId(track) for track in tracks),
    ),
    st.sampled_from(Change),
    st.integers(0, 3),
    st.integers(0, 2),
    st.lists(st.integers(1, 3), max_size=2),
    st.integers(0, 2),
)
LISTS = st.lists(MESSAGES, min_size=1, max_size=6)


@given(LISTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(messages: list[Message], random: object) -> None:
    shuffled = list(messages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merged((), messages) == merged((), shuffled)


@given(LISTS, LISTS, LISTS)
def test_grouping_does_not_matter(first: list[Message], second: list[Message], third: list[Message]) -> None:
    assert merged(merged(merged((), first), second), third) == merged(first, merged(second, third))


@given(LISTS)
def test_repetition_does_not_matter(messages: list[Message]) -> None:
    once = merged((), messages)
    assert merged(once, messages) == once
    assert len({message.change for message in once}) == len(once)


@given(LISTS)
def test_an_episode_tells_of_all_its_messages(messages: list[Message]) -> None:
    kept = merged((), messages)
    episode = episode_of(kept)
    ends = [message for message in kept if message.change in {Change.CLOSED, Change.LOST}]
    assert (episode.ended_at is None) == (not ends)
    assert set(episode.tracks) == {track for message in kept for track in message.tracks}
    assert episode.votes == kept[-1].votes


def test_a_severity_that_rose_stays() -> None:
    events = [
        make_event(change=Change.CLOSED, pts=30, severity=Severity.HIGH),
        make_event(change=Change.ESCALATED, pts=20, severity=Severity.CRITICAL),
        make_event(change=Change.OPENED, pts=10, severity=Severity.HIGH),
    ]
    episode = episode_of(merged((), [message_of(event) for event in events]))

    assert (episode.severity, episode.ending) == (Severity.CRITICAL, Ending.CLOSED)
