"""Recordings watched as live cameras are, in stream time; and what the gates would have missed in them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.synthetic import synthetic_factory
from pipelines.cli import app
from pipelines.commands.gates import measured
from pipelines.errors import BadRecording
from pipelines.rehearsal import BEGIN, Passed, compare, length_of, run_live
from tests.pipelines.live.running import painted_walk
from tests.rtsp.pictures import write_clip


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody for 25 s, then somebody walks through for 12 s."""
    path = tmp_path_factory.mktemp("clips") / "visit.mp4"
    return write_clip(path, painted_walk(450, 10, seen=(25.0, 37.0)), rate=10, keyframe_every=20, bit_rate=800_000)


def passed(present: dict[float, int], events: list[tuple[str, float]] | None = None, seconds: float = 10.0) -> Passed:
    return Passed(seconds=seconds, present=present, events=events or [])


def test_what_was_seen_without_gates_only_was_missed() -> None:
    ungated = passed({0.0: 0, 2.0: 2, 4.0: 1, 6.0: 0}, [("G04", 5.0), ("Q01", 6.0)])
    gated = passed({0.0: 0, 3.0: 2, 4.0: 1, 6.0: 0}, [("G04", 9.0)])
    found = compare(gated, ungated)
    assert found.person_seconds == pytest.approx(6.0)
    assert found.missed_seconds == pytest.approx(2.0)
    assert found.missed_share == pytest.approx(1 / 3)
    assert (found.events, found.missed_events) == (2, 1)


def test_who_is_seen_too_late_is_not_made_up_for_by_seeing_him_too_long() -> None:
    ungated = passed({0.0: 0, 2.0: 1, 3.0: 0})
    gated = passed({0.0: 0, 2.25: 1, 3.5: 0})
    assert compare(gated, ungated).missed_seconds == pytest.approx(0.25)


def test_what_is_looked_at_afterwards_is_known_from_then_on_when_it_was() -> None:
    late = passed({0.0: 0, 4.0: 1, 6.0: 0})
    looked_back = passed({0.0: 0, 4.0: 1, 6.0: 0, 2.0: 1, 3.0: 1})
    ungated = passed({0.0: 0, 2.0: 1, 6.0: 0})
    assert compare(late, ungated).missed_seconds == pytest.approx(2.0)
    assert compare(looked_back, ungated).missed_seconds == 0.0


def test_a_look_counts_for_four_seconds_at_most() -> None:
    assert passed({0.0: 1}).person_seconds() == pytest.approx(4.2)
    assert passed({0.0: 1}).person_seconds(2.0, 3.0) == pytest.approx(1.0)


def test_an_event_much_later_is_another_one() -> None:
    found = compare(passed({}, [("G04", 40.0)], 60.0), passed({}, [("G04", 5.0)], 60.0))
    assert found.missed_events == 1
    assert found.missed_share is None


def test_gates_save_looks_and_miss_neither_people_nor_events(visit: Path) -> None:
    found = measured(visit, synthetic_factory(), 5.0, 45.0, None)
    assert found.judged < 0.75 * found.judged_ungated
    assert found.events >= 1
    assert found.missed_events == 0
    assert found.person_seconds == pytest.approx(12.0, abs=0.2)
    assert found.missed_seconds <= 0.01 * found.person_seconds


def test_somebody_who_comes_and_goes_between_two_keyframes_is_seen(tmp_path: Path) -> None:
    """The encoder spends the same bytes whatever happens: neither the packets nor any keyframe shows him."""
    path = tmp_path / "short.mp4"
    write_clip(path, painted_walk(320, 10, seen=(26.3, 27.8)), rate=10, keyframe_every=20, bit_rate=800_000)
    found = measured(path, synthetic_factory(), 5.0, 32.0, None)
    assert found.person_seconds == pytest.approx(1.5, abs=0.2)
    assert found.missed_seconds == pytest.approx(0.0, abs=0.01)
    assert found.judged < 0.8 * found.judged_ungated


def test_the_books_of_the_gates_are_kept(visit: Path) -> None:
    looks = run_live(visit, synthetic_factory(), rate=5.0, seconds=24.0).looks
    assert looks is not None
    assert looks.hour == BEGIN
    assert looks.audits >= 3  # they sleep from the tenth second on
    assert looks.misses == 0
    assert looks.judged < looks.asked


def test_a_camera_that_was_quiet_for_long_is_looked_at_every_four_seconds(tmp_path: Path) -> None:
    nobody = painted_walk(400, 10, seen=(99.0, 100.0))
    clip = write_clip(tmp_path / "quiet.mp4", nobody, rate=10, keyframe_every=20, bit_rate=800_000)
    times = sorted(run_live(clip, synthetic_factory(), rate=5.0, seconds=90.0).present)
    steps = [(at, until - at) for at, until in pairwise(times)]
    assert max(step for _, step in steps) <= 4.3
    assert {round(step) for at, step in steps if 20.0 < at < 35.0} == {2}
    assert {round(step) for at, step in steps if at > 50.0} == {4}


def test_somebody_who_moves_nothing_is_found_by_an_audit(tmp_path: Path) -> None:
    """Who stands there from the first picture on belongs to the background: a track and, without one, an audit sees him."""
    picture = next(painted_walk(1, 10, seen=(0.0, 300.0)))
    clip = write_clip(tmp_path / "still.mp4", [picture] * 300, rate=10, keyframe_every=20)
    found = run_live(clip, synthetic_factory(), rate=5.0, seconds=30.0)
    assert found.person_seconds(25.0, 29.0) == pytest.approx(4.0, abs=0.05)


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(BadRecording, match="cannot be read"):
        run_live(tmp_path / "a.mp4", synthetic_factory(), rate=5.0, seconds=3.0)


def test_the_command_measures_what_it_can_and_names_the_rest(visit: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"nothing")
    arguments = ["gates", str(visit), str(tmp_path / "bad.mp4"), "--perception", "synthetic", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 3
    (row,) = json.loads(result.stdout)
    assert row["camera"] == "visit"
    assert row["missed_events"] == 0
    assert row["person_seconds"] > 8
    assert "bad.mp4" in result.stderr


@pytest.mark.timeout(30)
def test_a_list_of_a_running_stream_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    lines = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n"
    (tmp_path / "a.m3u8").write_text(lines, encoding="utf-8")
    with pytest.raises(BadRecording, match="playlist"):
        length_of(tmp_path / "a.m3u8")
