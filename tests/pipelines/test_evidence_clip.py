"""Clips are the camera's own packets, start at a keyframe, tell the right time, and play."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.types import CameraId
from pipelines.errors import EvidenceError
from pipelines.evidence.footage import Clip, RecordedFootage, _decoding_times, plays_in_browser
from pipelines.evidence.proxy import make_proxy
from pipelines.sources.recording import Recording
from tests.media import Film, copied, cut, make, number_of, turned

CAMERA = CameraId("corridor")
B_FRAMES = {"bf": "3"}
OPEN = {"bf": "3", "x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0"}
FOUR_SECONDS = Film(count=400, options=B_FRAMES)


@dataclass(frozen=True)
class Played:
    """What a player makes of a file: (media time, number of the picture), codec, tag."""

    pictures: tuple[tuple[float, int], ...]
    codec: str
    tag: str
    streams: int
    rotation: int


def play(path: Path) -> Played:
    with av.open(str(path), format="mp4") as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        frames = list(_decoded(container, stream))
        pictures = tuple(
            (round(float((f.pts or 0) * stream.time_base), 4), number_of(f.to_ndarray(format="bgr24"))) for f in frames
        )  # type: ignore[arg-type]
        return Played(
            pictures, stream.codec_context.name, stream.codec_context.codec_tag, len(container.streams), frames[0].rotation
        )


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """As a player does, which passes over what it cannot decode."""
    for packet in container.demux(stream):
        with suppress(av.FFmpegError):
            yield from stream.codec_context.decode(packet)


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def clip_of(path: Path, since: float, until: float, target: Path) -> Clip:
    return RecordedFootage(Recording(path, CAMERA)).cut(seconds(since), seconds(until), target)


SOURCES = {
    "h264.mp4": FOUR_SECONDS,
    "h264.mkv": FOUR_SECONDS,
    "h264.mov": FOUR_SECONDS,
    "h264.ts": FOUR_SECONDS,
    "h264.avi": FOUR_SECONDS,
    "open-groups.mp4": replace(FOUR_SECONDS, options=OPEN),
    "open-groups.ts": replace(FOUR_SECONDS, options=OPEN),
    "no-b.avi": replace(FOUR_SECONDS, options={"bf": "0"}),
    "fragmented.mp4": replace(FOUR_SECONDS, container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "sound.mp4": replace(FOUR_SECONDS, sound=True),
    "hevc.mp4": Film(codec="libx265", count=400),
    "hevc.mkv": Film(codec="libx265", count=400),
    "hevc.ts": Film(codec="libx265", count=400),
    "mjpeg.avi": Film(codec="mjpeg", count=400),
    "mpeg4.avi": Film(codec="mpeg4", count=400),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_picture_of_a_clip_is_the_right_one_at_the_right_time(tmp_path: Path, name: str) -> None:
    source, target = make(tmp_path / name, SOURCES[name]), tmp_path / "clip.mp4.part"
    clip = clip_of(source, 15, 25, target)
    played = play(target)
    starts = clip.starts.total_seconds()
    assert 13 <= starts <= 15  # the keyframe at or before; a group is two seconds long
    assert played.pictures[0][0] == 0
    assert all(starts + at == pytest.approx(number / 10, abs=0.002) for at, number in played.pictures)
    wanted = set(range(150, 251))
    assert wanted <= {number for _, number in played.pictures}
    assert clip.duration.total_seconds() == pytest.approx(played.pictures[-1][0] + 0.1, abs=0.01)
    assert played.streams == 1  # no sound
    assert played.tag == {"h264": "avc1", "hevc": "hvc1"}.get(played.codec, played.tag)
    assert clip.codec == played.codec
    # Chromium stumbles over open groups and cannot play the other codecs everywhere.
    assert clip.plays_in_browser == plays_in_browser(target) == (played.codec == "h264" and "open" not in name)


def _first_payload(path: Path, kind: str | None) -> bytes:
    with av.open(str(path), format=kind) as container:
        return next(bytes(packet) for packet in container.demux(video=0) if packet.size)


def test_packets_are_copied_and_not_encoded_again(tmp_path: Path) -> None:
    source, target = make(tmp_path / "a.mp4", FOUR_SECONDS), tmp_path / "clip"
    clip_of(source, 0, 5, target)
    assert _first_payload(source, None) == _first_payload(target, "mp4")


def test_annex_b_becomes_what_mp4_demands(tmp_path: Path) -> None:
    for name, film in (("a.ts", FOUR_SECONDS), ("h.ts", Film(codec="libx265", count=400))):
        target = tmp_path / f"{name}.clip"
        clip_of(make(tmp_path / name, film), 15, 20, target)
        with av.open(str(target), format="mp4") as container:
            extradata = container.streams.video[0].codec_context.extradata
            packet = next(bytes(p) for p in container.demux(video=0) if p.size)
        assert extradata is not None
        assert extradata[0] == 1  # avcC and hvcC begin with their version, Annex B with zeros
        assert not packet.startswith(b"\0\0\0\1")
        assert int.from_bytes(packet[:4], "big") < len(packet)  # a length in front of each unit


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.avi", "a.mkv"])
@pytest.mark.parametrize(("since", "until"), [(0, 3), (0.05, 0.06), (38, 99), (39.9, 39.95)])
def test_clips_at_the_edges_of_a_recording(tmp_path: Path, name: str, since: float, until: float) -> None:
    target = tmp_path / "clip"
    clip = clip_of(make(tmp_path / name, FOUR_SECONDS), since, until, target)
    played = play(target)
    assert clip.starts.total_seconds() <= since
    shown = {number for _, number in played.pictures}
    assert {n for n in range(400) if since <= n / 10 <= until} <= shown
    assert all(clip.starts.total_seconds() + at == pytest.approx(n / 10, abs=0.002) for at, n in played.pictures)


def test_a_full_disk_is_told_and_leaves_no_clip_that_ends_anywhere(tmp_path: Path) -> None:
    film, full = make(tmp_path / "film.mp4", Film(count=60)), tmp_path / "full.mp4"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as refused:
        clip_of(film, 0.0, 3.0, full)
    assert refused.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match="No space left"):
        make_proxy(film, full)


def test_no_footage_of_that_time_is_said(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Film(count=30))
    broken = source.read_bytes()
    source.write_bytes(broken)
    recording = Recording(source, CAMERA)
    source.write_bytes(broken[:600])
    with pytest.raises(EvidenceError, match="no_footage"):
        RecordedFootage(recording).cut(seconds(1), seconds(2), tmp_path / "clip")


def test_a_codec_that_mp4_does_not_know_is_said(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Film(codec="ffv1", count=20))
    with pytest.raises(EvidenceError, match="ffv1"):
        clip_of(source, 0, 1, tmp_path / "clip")


def test_after_a_reset_of_the_clock_no_clip_is_better_than_the_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(make(tmp_path / "1.ts", Film(count=60)).read_bytes() * 2)
    recording = Recording(path, CAMERA)
    list(recording.frames(1))
    with pytest.raises(EvidenceError, match="times_jump"):
        RecordedFootage(recording).cut(seconds(0), seconds(1), tmp_path / "clip")


@pytest.mark.parametrize("name", ["a.ts", "a.mkv"])
def test_a_clip_over_a_change_of_size_shows_both(tmp_path: Path, name: str) -> None:
    """Both halves carry their parameters in the stream; times go on."""
    first = make(tmp_path / "1.ts", Film(count=60, options={"bf": "0"}))
    second = make(tmp_path / "2.ts", Film(count=60, width=320, height=240, options={"bf": "0"}))
    later = copied(second, tmp_path / "3.ts", [(90_000 * (60 + k) // 10,) * 2 for k in range(60)])
    begin = copied(first, tmp_path / "4.ts", [(90_000 * k // 10,) * 2 for k in range(60)])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(begin.read_bytes() + later.read_bytes())
    source = joined if name == "a.ts" else copied(joined, tmp_path / name, [(9000 * k,) * 2 for k in range(120)])
    clip = clip_of(source, 4, 8, tmp_path / "clip")
    with av.open(str(tmp_path / "clip"), format="mp4") as container:
        stream = container.streams.video[0]
        frames = list(_decoded(container, stream))
    widths = [frame.width for frame in frames]
    assert widths == sorted(widths)
    assert set(widths) == {192, 320}
    assert clip.starts.total_seconds() == pytest.approx(4, abs=0.11)
    numbers = [number_of(frame.to_ndarray(format="bgr24")) for frame in frames if frame.width == 320]  # type: ignore[arg-type]
    assert numbers == list(range(len(numbers)))


def test_a_clip_of_a_cut_off_recording_ends_where_it_ends(tmp_path: Path) -> None:
    source = cut(make(tmp_path / "a.mkv", FOUR_SECONDS), 0.6)
    clip = clip_of(source, 15, 60, tmp_path / "clip")
    assert 3 < clip.duration.total_seconds() < 15
    assert play(tmp_path / "clip").pictures[0][1] == clip.starts.total_seconds() * 10


def test_a_clip_cut_off_in_the_middle_still_plays_up_to_there(tmp_path: Path) -> None:
    clip_of(make(tmp_path / "a.mp4", FOUR_SECONDS), 5, 35, tmp_path / "clip")
    whole = len(play(tmp_path / "clip").pictures)
    assert 0.4 * whole < len(play(cut(tmp_path / "clip", 0.6)).pictures) < whole


def test_a_clip_is_turned_as_its_recording(tmp_path: Path) -> None:
    clip_of(turned(make(tmp_path / "a.mp4", Film(count=30)), 90), 0, 2, tmp_path / "clip")
    assert play(tmp_path / "clip").rotation == -90


def test_a_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    instants = [k / 10 for k in range(100)] + [10.0 + k for k in range(20)]
    clip = clip_of(make(tmp_path / "a.mp4", Film(times=instants)), 8, 15, tmp_path / "clip")
    played = play(tmp_path / "clip")
    assert all(clip.starts.total_seconds() + at == pytest.approx(instants[n], abs=0.002) for at, n in played.pictures)


@pytest.fixture(scope="module")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = make(tmp_path_factory.mktemp("long") / "a.mkv", Film(count=600, gop=35, options=OPEN))
    return Recording(path, CAMERA)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=st.integers(0, 590), length=st.integers(0, 200))
def test_any_window_is_covered(long_recording: Recording, tmp_path: Path, since: int, length: int) -> None:
    clip = RecordedFootage(long_recording).cut(seconds(since / 10), seconds((since + length) / 10), tmp_path / "clip")
    played = play(tmp_path / "clip")
    assert all(clip.starts.total_seconds() + at == pytest.approx(n / 10, abs=0.002) for at, n in played.pictures)
    assert set(range(since, min(600, since + length + 1))) <= {n for _, n in played.pictures}


@given(st.permutations(list(range(0, 4000, 40))).map(lambda order: order[:30]), st.booleans())
def test_decoding_times_always_suit_a_muxer(shown: list[int], missing: bool) -> None:
    made = _decoding_times(shown, [None if missing else pts for pts in shown])
    assert all(a < b for a, b in pairwise(made))
    assert all(dts <= pts for dts, pts in zip(made, shown, strict=True))


# --- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hevc.mp4", "mjpeg.avi", "mpeg4.avi"])
def test_a_proxy_shows_the_same_pictures_at_the_same_times(tmp_path: Path, name: str) -> None:
    clip_of(make(tmp_path / name, SOURCES[name]), 15, 18, tmp_path / "clip")
    make_proxy(tmp_path / "clip", tmp_path / "proxy")
    original, proxy = play(tmp_path / "clip"), play(tmp_path / "proxy")
    assert proxy.codec == "h264"
    assert [n for _, n in proxy.pictures] == [n for _, n in original.pictures]
    assert [at for at, _ in proxy.pictures] == pytest.approx([at for at, _ in original.pictures], abs=0.002)
    assert plays_in_browser(tmp_path / "proxy")


def test_a_proxy_is_upright_and_small_enough(tmp_path: Path) -> None:
    film = Film(codec="mjpeg", width=2048, height=130, count=3)
    clip_of(turned(make(tmp_path / "a.mp4", film), 90), 0, 1, tmp_path / "clip")
    make_proxy(tmp_path / "clip", tmp_path / "proxy")
    with av.open(str(tmp_path / "proxy"), format="mp4") as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (122, 1920, 0)
        image = np.asarray(cv2.rotate(frame.to_ndarray(format="bgr24"), cv2.ROTATE_90_COUNTERCLOCKWISE), dtype=np.uint8)
        assert number_of(image) == 0


def test_a_proxy_has_square_pixels(tmp_path: Path) -> None:
    clip_of(make(tmp_path / "a.mp4", Film(codec="mpeg4", pixel_aspect=Fraction(2), count=3)), 0, 1, tmp_path / "clip")
    make_proxy(tmp_path / "clip", tmp_path / "proxy")
    with av.open(str(tmp_path / "proxy"), format="mp4") as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height) == (384, 128)
        assert container.streams.video[0].sample_aspect_ratio in {None, Fraction(1)}
        assert number_of(np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)) == 0


def _length(path: Path) -> float:
    """As a player knows it before it has read the pictures: the durations of all samples."""
    with av.open(str(path), format="mp4") as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        return float(stream.duration * stream.time_base)


@pytest.mark.parametrize(("before", "until"), [(150, 14.0), (150, 40.0), (148, 20.0), (149, 20.0), (150, 20.0), (151, 20.0)])
def test_a_clip_over_a_gap_is_as_long_as_it_says(tmp_path: Path, before: int, until: float) -> None:
    # Pictures of the gap's two sides lean on each other, so one from behind it stands in a clip that ends within it.
    times = [k / 10 for k in (*range(before), *range(270, 450))]
    source = make(tmp_path / "a.mp4", Film(times=times, options=B_FRAMES | {"x264-params": "scenecut=0"}, gop=1000))
    clip = clip_of(source, 0, until, tmp_path / "clip")
    make_proxy(tmp_path / "clip", tmp_path / "proxy")
    last = play(tmp_path / "clip").pictures[-1][0]
    assert clip.duration.total_seconds() == pytest.approx(last + 0.1)
    assert _length(tmp_path / "clip") == pytest.approx(last + 0.1)
    assert _length(tmp_path / "proxy") == pytest.approx(last + 0.1)


def test_a_clip_without_pictures_has_no_proxy(tmp_path: Path) -> None:
    clip_of(make(tmp_path / "a.avi", Film(codec="mjpeg", count=20)), 0, 1, tmp_path / "clip")
    data = bytearray((tmp_path / "clip").read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    (tmp_path / "clip").write_bytes(bytes(data))
    with pytest.raises(EvidenceError, match="not_decoded"):
        make_proxy(tmp_path / "clip", tmp_path / "proxy")
