"""One suite over every tracker that is installed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.types import Detection, Label, Track, TrackId
from models.errors import BackendUnavailable
from models.protocols import Tracker
from models.remembered import TrackerMemory
from models.trackers import TRACKERS, SteadyTracker, TrackerOptions
from tests.models.seen import frame, head, person

RATES = [1.0, 2.0, 5.0, 12.5, 25.0]
WALK = 60.0  # pixels a second of a person 300 px tall: a slow walk


def opened(name: str) -> Tracker:
    try:
        return TRACKERS[name]()
    except BackendUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=list(TRACKERS))
def tracker(request: pytest.FixtureRequest) -> Tracker:
    return opened(str(request.param))


def run(tracker: Tracker, scenes: Sequence[Sequence[Detection]], rate: float, start: float = 0.0) -> list[tuple[Track, ...]]:
    return [tracker.update(frame(start + k / rate, index=k), scene) for k, scene in enumerate(scenes)]


def ids(tracks: Sequence[tuple[Track, ...]]) -> set[TrackId]:
    return {one.id for scene in tracks for one in scene}


@pytest.mark.parametrize("rate", RATES)
def test_a_walking_person_keeps_one_id_at_every_rate(tracker: Tracker, rate: float) -> None:
    scenes = [[person(20 + WALK * k / rate)] for k in range(round(6 * rate))]
    assert ids(run(tracker, scenes, rate)) == {1}


@pytest.mark.parametrize("rate", [5.0, 25.0])
def test_two_people_who_pass_one_another_keep_their_ids(tracker: Tracker, rate: float) -> None:
    count = round(6 * rate)
    scenes = [[person(50 + 80 * k / rate, 100), person(500 - 80 * k / rate, 150)] for k in range(count)]
    tracks = run(tracker, scenes, rate)
    first = {one.box.y1: one.id for one in tracks[2]}
    last = {one.box.y1: one.id for one in tracks[-1]}
    assert first == last
    assert len(ids(tracks)) == 2


def test_nobody_gives_no_tracks(tracker: Tracker) -> None:
    assert tracker.update(frame(), []) == ()
    assert tracker.memory == TrackerMemory()


def test_boxes_are_those_of_the_detector(tracker: Tracker) -> None:
    run(tracker, [[person(100)]] * 3, 5)
    (track,) = tracker.update(frame(1.0), [person(104, score=0.8)])
    assert (track.box, track.label, track.score) == (person(104).box, Label.PERSON, 0.8)


def test_ids_are_never_given_twice(tracker: Tracker) -> None:
    seen: set[TrackId] = set()
    for n in range(4):
        now = ids(run(tracker, [[person(100)]] * 4, 5, start=20.0 * n))
        assert not seen & now
        seen |= now
    told = tracker.memory
    assert told is None or told.next_track > max(seen)


def test_a_tracker_remembers_nobody_when_nobody_can_come_back(tracker: Tracker) -> None:
    run(tracker, [[person(100)]] * 4, 5)
    assert tracker.memory != TrackerMemory(TrackId(2))
    tracker.update(frame(60.0), [])
    tracker.update(frame(60.2), [])
    assert tracker.memory == TrackerMemory(TrackId(2))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=4, unique=True), max_size=8), st.randoms(use_true_random=False))
@pytest.mark.parametrize("name", list(TRACKERS))
def test_order_of_detections_does_not_matter(name: str, scenes: list[list[int]], random: object) -> None:
    one, other = opened(name), opened(name)
    shuffled = []
    for scene in scenes:
        mixed = list(scene)
        random.shuffle(mixed)  # type: ignore[attr-defined]
        shuffled.append(mixed)
    boxes = [[person(40.0 * x, score=0.5 + x / 100) for x in scene] for scene in scenes]
    mixed_boxes = [[person(40.0 * x, score=0.5 + x / 100) for x in scene] for scene in shuffled]
    assert run(one, boxes, 5) == run(other, mixed_boxes, 5)


# --- Vigil's own ---------------------------------------------------------------------------------


def test_a_short_gap_keeps_the_id_and_a_long_one_does_not() -> None:
    for gap, kept in ((1.5, True), (4.0, False)):
        tracker = SteadyTracker()
        run(tracker, [[person(100)]] * 5, 5)
        tracks = run(tracker, [[person(100)]] * 3, 5, start=0.8 + gap)
        assert (ids(tracks) == {1}) is kept


@pytest.mark.parametrize("rate", RATES)
def test_durations_are_times_and_not_frames(rate: float) -> None:
    tracker = SteadyTracker(TrackerOptions(lost_after=timedelta(seconds=2)))
    run(tracker, [[person(100)]] * 4, rate)
    last = 3 / rate
    for k in range(round(5 * rate)):
        now = last + (k + 1) / rate
        tracker.update(frame(now), [])
        assert (not tracker.memory.tracklets) is (now - last > 2 + 1e-9)


PEOPLE = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(10, 99)), max_size=4, unique_by=lambda one: one[:2]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(PEOPLE, min_size=2, max_size=12), st.data())
def test_who_goes_on_with_a_memory_sees_what_the_first_would_have_seen(
    scenes: list[list[tuple[int, int, int]]], data: st.DataObject
) -> None:
    def seen(scene: list[tuple[int, int, int]]) -> list[Detection]:
        bodies = [person(40.0 * x, 80.0 * y, score=score / 100) for x, y, score in scene]
        return bodies + [head(40.0 * x + 25, 80.0 * y, score=score / 100) for x, y, score in scene if score % 2]

    boxes = [seen(scene) for scene in scenes]
    cut = data.draw(st.integers(0, len(boxes)))
    rate = data.draw(st.sampled_from(RATES))
    whole = run(SteadyTracker(), boxes, rate)
    first = SteadyTracker()
    before = run(first, boxes[:cut], rate)
    after = run(SteadyTracker(memory=first.memory), boxes[cut:], rate, start=cut / rate)
    assert before + after == whole


def test_a_weak_box_continues_a_track_and_begins_none() -> None:
    tracker = SteadyTracker()
    assert run(tracker, [[person(100, score=0.2)]] * 5, 5) == [()] * 5
    run(tracker, [[person(100)]] * 2, 5, start=2)
    assert ids([tracker.update(frame(2.6), [person(104, score=0.15)])]) == {1}


def test_a_doubtful_box_is_reported_at_its_second_sighting() -> None:
    tracker = SteadyTracker()
    tracks = run(tracker, [[person(100, score=0.45)]] * 3, 5)
    assert [len(scene) for scene in tracks] == [0, 1, 1]


def test_a_head_continues_the_track_of_a_hidden_body_and_says_so() -> None:
    tracker = SteadyTracker()
    run(tracker, [[person(100), head(125)]] * 5, 5)
    (hidden,) = tracker.update(frame(1.0), [head(128)])
    assert (hidden.id, hidden.label, hidden.box) == (1, Label.HEAD, head(128).box)
    (back,) = tracker.update(frame(1.2), [person(104), head(129)])
    assert (back.id, back.label) == (1, Label.PERSON)


def test_a_head_without_a_body_is_a_track_of_its_own() -> None:
    tracks = run(SteadyTracker(), [[person(100), head(125), head(500)]] * 3, 5)
    assert [(one.id, one.label) for one in tracks[-1]] == [(1, Label.PERSON), (2, Label.HEAD)]


def test_a_body_too_weak_to_begin_a_track_does_not_hide_its_head() -> None:
    (track,) = SteadyTracker().update(frame(), [person(100, score=0.15), head(125)])
    assert (track.label, track.box) == (Label.HEAD, head(125).box)


def test_a_body_that_appears_under_a_known_head_takes_its_track() -> None:
    tracker = SteadyTracker()
    run(tracker, [[head(125)]] * 3, 5)
    (track,) = tracker.update(frame(0.6), [person(100), head(126)])
    assert (track.id, track.label) == (1, Label.PERSON)


def test_somebody_far_away_is_somebody_else() -> None:
    tracker = SteadyTracker()
    run(tracker, [[person(20)]] * 4, 5)
    assert ids([tracker.update(frame(0.8), [person(500)])]) == {2}


def test_a_person_whom_a_desk_hides_keeps_the_id() -> None:
    tracker = SteadyTracker()
    heights = [300, 300, 280, 240, 200, 180, 180]
    tracks = run(tracker, [[person(100, height=height)] for height in heights], 5)
    assert ids(tracks) == {1}
