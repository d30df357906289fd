"""Frames for a measurement come in order, at the asked rate, with the times of the file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from models.errors import BadPicture
from models.evaluation.recorded import frames_of
from tests.media import Film, make, make_sound_only, number_of, turned


def test_every_frame_comes_when_the_rate_is_that_of_the_recording(tmp_path: Path) -> None:
    recording = make(tmp_path / "corridor.mp4", Film(rate=10, count=20))
    frames = list(frames_of(recording, 10.0))
    assert [number_of(frame.image) for frame in frames] == list(range(20))
    assert [frame.ref.index for frame in frames] == list(range(20))
    assert {str(frame.ref.camera) for frame in frames} == {"corridor.mp4"}


def test_a_lower_rate_takes_the_first_frame_of_each_interval(tmp_path: Path) -> None:
    recording = make(tmp_path / "corridor.mp4", Film(rate=10, count=21))
    frames = list(frames_of(recording, 2.0))
    assert [frame.ref.pts.total_seconds() for frame in frames] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0])
    assert [number_of(frame.image) for frame in frames] == [0, 5, 10, 15, 20]


def test_a_hole_in_the_recording_is_not_filled(tmp_path: Path) -> None:
    recording = make(tmp_path / "corridor.mp4", Film(times=(0.0, 0.1, 3.0, 3.1)))
    assert [frame.ref.pts.total_seconds() for frame in frames_of(recording, 10.0)] == pytest.approx([0.0, 0.1, 3.0, 3.1])


def test_what_is_no_video_says_so(tmp_path: Path) -> None:
    (tmp_path / "corridor.mp4").write_bytes(b"no video at all")
    with pytest.raises(av.FFmpegError):
        next(frames_of(tmp_path / "corridor.mp4", 5.0))


def test_frames_are_upright_and_of_square_pixels_as_in_an_analysis(tmp_path: Path) -> None:
    recording = turned(make(tmp_path / "corridor.mp4", Film(count=3, pixel_aspect=Fraction(2))), 180)
    frames = list(frames_of(recording, 10.0))
    assert [frame.image.shape for frame in frames] == [(128, 384, 3)] * 3
    assert [(frame.ref.width, frame.ref.height) for frame in frames] == [(384, 128)] * 3
    assert [number_of(np.rot90(frame.image, 2)) for frame in frames] == [0, 1, 2]


def test_sound_without_video_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match="no video"):
        next(frames_of(make_sound_only(tmp_path / "corridor.mp4"), 5.0))
