"""What is shown of a stream that slept: the pictures that a decoder gives who never sleeps, in the order of time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines import gate
from pipelines.sources.address import Scheme
from pipelines.sources.request import CaptureRequest, Wishes
from pipelines.sources.streaming import Streaming
from pipelines.sources.wire import Message, Shot, Tally
from tests.pipelines.live.running import painted_walk
from tests.rtsp.pictures import Picture

RATE = 10
LENGTH = 30.0  # s of every clip here


class Over(Exception):
    """The clip is through."""


class Show:
    """Plays a clip through `Streaming` in its own time and keeps what it sends."""

    def __init__(
        self, clip: Path, told: Callable[[float, Wishes], None] = lambda at, wishes: None, length: float = LENGTH
    ) -> None:
        self._end = length - 0.35
        self.now, self._told, self._wishes = 0.0, told, Wishes(2.0, 5.0)
        self.shots: dict[int, np.ndarray] = {}
        self.flags: dict[int, Shot] = {}
        request = CaptureRequest(os.open(os.devnull, os.O_WRONLY), Scheme.FILE, str(clip), 2.0, most=5.0)
        self._streaming = Streaming(request, self._wishes, lambda: self.now, self._sleep, self._send)
        try:
            self._streaming.run()
        except Over:
            pass
        finally:
            os.close(request.descriptor)

    @property
    def tally(self) -> Tally:
        return self._streaming.tally

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self._end:
            raise Over
        self._told(self.now, self._wishes)

    def _send(self, descriptor: int, message: Message, pixels: memoryview | None = None) -> None:
        if isinstance(message, Shot) and pixels is not None:
            index = round(message.at * RATE)
            assert not self.shots or index > max(self.shots), "the order of time"
            self.shots[index] = np.array(pixels).reshape(message.height, message.width, 3)
            self.flags[index] = message


def written(
    path: Path, pictures: Iterable[Picture], *, keyframe_every: int, between: int = 0, aspect: Fraction | None = None
) -> Path:
    """A clip of constant bit rate, whose packets tell nothing; ``between`` so many B-pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate, stream.thread_count = 320, 180, "yuv420p", 800_000, 1
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        fixed = f"keyint={keyframe_every}:min-keyint={keyframe_every}:scenecut=0:bframes={between}:b-adapt=0"
        stream.options = {"preset": "veryfast", "x264-params": fixed}
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def decoded(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def visit(since: float, length: float = LENGTH) -> Iterable[Picture]:
    return painted_walk(round(length * RATE), RATE, seen=(since, since + 6.0), width=320, height=180)


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture is too large to look at between two keyframes: a clip of 1080p would take a minute to write."""
    monkeypatch.setattr(gate, "_CHEAP", 0)


def test_a_small_picture_a_second_is_looked_at_while_nobody_knows_what_the_packets_are_worth(tmp_path: Path) -> None:
    clip = written(tmp_path / "visit.mp4", visit(20.8), keyframe_every=20)
    show, truth = Show(clip), decoded(clip)
    assert sorted(index for index, shot in show.flags.items() if shot.catch_up) == [208]
    assert [at for at in sorted(show.shots) if 208 <= at <= 218] == [208, 210, 212, 214, 216, 218]
    for index, shot in show.shots.items():
        assert np.array_equal(shot, truth[index]), index
    assert show.tally.quiet > 60


@pytest.mark.usefixtures("costly")
@pytest.mark.parametrize("between", [0, 2])
def test_what_came_before_the_keyframe_that_shows_somebody_is_looked_at_afterwards(between: int, tmp_path: Path) -> None:
    clip = written(tmp_path / "visit.mp4", visit(20.8), keyframe_every=20, between=between)
    show, truth = Show(clip), decoded(clip)
    looked_back = sorted(index for index, shot in show.flags.items() if shot.catch_up)
    assert looked_back == [208, 210, 212, 214, 216, 218]  # five a second from the first picture that shows him
    for index, shot in show.shots.items():
        assert np.array_equal(shot, truth[index]), index
    tally = show.tally
    assert tally.captured - (tally.sent + tally.rate + tally.quiet) == between  # still in the decoder
    assert tally.corrupt == tally.decode == 0
    assert tally.quiet > 90


@pytest.mark.usefixtures("costly")
@pytest.mark.parametrize("between", [0, 2])
def test_looking_back_goes_over_a_keyframe_at_which_nobody_looked(between: int, tmp_path: Path) -> None:
    """After half a minute of quiet only every second keyframe is looked at; the visit begins before one that is not."""
    clip = written(tmp_path / "rest.mp4", visit(59.0, 70.0), keyframe_every=20, between=between)
    show, truth = Show(clip, length=70.0), decoded(clip)
    resting = [at for at in sorted(show.shots) if 480 <= at < 590]
    assert resting, "somebody looks now and then"
    assert all(at % 20 == 0 for at in resting)
    assert min(np.diff(resting)) == 40  # every second keyframe
    looked_back = sorted(index for index, shot in show.flags.items() if shot.catch_up)
    over = max(at for at in resting) + 20  # the keyframe between: the visit is on both sides of it
    assert 590 in looked_back
    assert min(looked_back) < over < max(looked_back)
    assert looked_back[:11] == list(range(590, 612, 2))  # at the full rate for two seconds
    for index, shot in show.shots.items():
        assert np.array_equal(shot, truth[index]), index
    assert show.tally.corrupt == show.tally.decode == 0


@pytest.mark.parametrize("between", [0, 2])
def test_who_wakes_in_the_middle_between_two_keyframes_sees_no_damaged_picture(between: int, tmp_path: Path) -> None:
    """The camera falls asleep after ten seconds, between two keyframes, and is woken before the next."""

    def told(at: float, wishes: Wishes) -> None:
        if at >= 11.0:
            wishes.hold_until = 20.0

    nobody = painted_walk(round(LENGTH * RATE), RATE, seen=(99.0, 100.0), width=320, height=180)
    clip = written(tmp_path / "quiet.mp4", nobody, keyframe_every=40, between=between)
    show, truth = Show(clip, told), decoded(clip)
    assert {110, 115, 120} <= {index - index % 5 for index in show.shots}
    for index, shot in show.shots.items():
        assert np.array_equal(shot, truth[index]), index
    assert show.tally.corrupt == show.tally.decode == 0


def test_pictures_have_square_pixels(tmp_path: Path) -> None:
    clip = written(tmp_path / "visit.mp4", visit(0.0, 3.0), keyframe_every=20, aspect=Fraction(4, 3))
    show = Show(clip, length=3.0)
    assert {(shot.width, shot.height) for shot in show.flags.values()} == {(427, 180)}


def test_a_camera_that_leaves_its_keyframes_out_is_decoded_all_the_same(tmp_path: Path) -> None:
    nobody = painted_walk(round(LENGTH * RATE), RATE, seen=(99.0, 100.0), width=320, height=180)
    show = Show(written(tmp_path / "quiet.mp4", nobody, keyframe_every=1000))
    assert max(np.diff(sorted(show.shots))) <= 2 * RATE  # though there is no second keyframe to look at
