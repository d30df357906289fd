"""Stream time goes forward whatever the timestamps do, and keeps durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.timeline import Arrivals, StreamTimeline, dated_back

timestamps = st.one_of(st.none(), st.floats(-1e6, 1e6))


@given(st.lists(st.tuples(timestamps, st.floats(0, 60)), max_size=80))
def test_only_forward(packets: list[tuple[float | None, float]]) -> None:
    line, arrival, last = StreamTimeline(), 100.0, -1.0
    for pts, wait in packets:
        arrival += wait
        at = line.place(pts, arrival)
        assert at > last
        last = at


@given(st.floats(0, 1e6), st.lists(st.floats(-2, 2), min_size=2, max_size=60))
def test_believes_the_stream_over_a_jittery_network(start: float, jitter: list[float]) -> None:
    line = StreamTimeline()
    placed = [line.place(start + i * 0.2, 50.0 + i * 0.2 + late) for i, late in enumerate(jitter)]
    assert placed == pytest.approx([i * 0.2 for i in range(len(jitter))], abs=1e-6)
    assert line.anomalies == 0


@pytest.mark.parametrize(
    "pts",
    [
        lambda t: t if t < 2 else t - 2**32 / 90_000,  # RTP wrap
        lambda t: t if t < 2 else t - 2**33 / 90_000,  # MPEG-TS wrap
        lambda t: t - 3600 * (int(t) % 2),  # jumps to and fro
        lambda t: None if t < 1 else t,
        lambda t: None,
        lambda t: t if int(t * 5) % 7 else None,
    ],
)
def test_a_dwell_is_as_long_as_it_was(pts: object) -> None:
    line = StreamTimeline()
    placed = [line.place(pts(i / 5), 10 + i / 5) for i in range(200)]  # type: ignore[operator]
    assert placed[-1] - placed[0] == pytest.approx(199 / 5, abs=0.2)
    assert placed[120] - placed[20] == pytest.approx(20.0, abs=0.2)


def test_a_real_pause_is_kept() -> None:
    line = StreamTimeline()
    assert [line.place(t, t) for t in (0.0, 0.2, 8.2, 8.4)] == pytest.approx([0.0, 0.2, 8.2, 8.4])


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_dwell_over_a_thin_line_is_as_long_as_it_was(share: float) -> None:
    """Everything comes, ever later, up to twelve seconds; what gathered then comes at once."""
    line = StreamTimeline()
    length = round(12.0 / (1 / share - 1) * 5)
    slow = [line.place(i / 5, 10 + i / 5 / share) for i in range(length)]
    assert slow == pytest.approx([i / 5 for i in range(length)])
    end = 10 + length / 5 / share
    burst = [line.place(i / 5, end) for i in range(length, length + 60)]
    assert burst == pytest.approx([i / 5 for i in range(length, length + 60)])
    assert line.anomalies == 0


def test_a_clock_at_half_speed_is_set_right_now_and_then() -> None:
    line = StreamTimeline()
    placed = [line.place(i / 10, 10 + i / 5) for i in range(1000)]
    assert 199.8 - 20.2 <= placed[-1] <= 199.8
    assert line.anomalies >= 4


def test_what_gathered_is_dated_back() -> None:
    burst = [(7.0, 50.0), (7.2, 50.001), (7.4, 50.002), (7.6, 50.15)]
    assert dated_back(burst) == pytest.approx([49.55, 49.75, 49.95, 50.15])
    assert dated_back([(None, 50.0), *burst[1:]]) == pytest.approx([49.75, 49.75, 49.95, 50.15])
    assert dated_back([(None, 50.0), (None, 50.1)]) == [50.0, 50.1]


@given(st.lists(st.tuples(timestamps, st.floats(0, 60)), max_size=80))
def test_arrivals_only_go_forward(packets: list[tuple[float | None, float]]) -> None:
    line, arrival, last = Arrivals(), 100.0, 0.0
    for stamp, wait in packets:
        arrival += wait
        placed = line.place(stamp, arrival)
        assert placed > last
        assert placed <= arrival + 0.001 * len(packets) + 1e-6
        last = placed


def test_a_starved_reader_does_not_move_the_stream() -> None:
    line = Arrivals()
    late = [0.0 if i < 50 or i > 80 else max(0.0, 3.0 - (i - 50) * 0.1) for i in range(150)]
    placed = [line.place(i / 10, 20 + i / 10 + late[i]) for i in range(150)]
    assert placed == pytest.approx([20 + i / 10 for i in range(150)], abs=0.01)
