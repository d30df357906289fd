"""The camera we test against plays what it should, and fails in the way it was asked to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import pytest

from tests.rtsp.camera import Auth, Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import walk, write_clip
from tests.rtsp.stream import Recording, load, packetise

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "300000"}


@pytest.fixture(scope="module")
def h264(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return load(write_clip(tmp_path_factory.mktemp("clips") / "h264.mp4", walk(30), rate=30, keyframe_every=10))


@pytest.fixture(scope="module")
def h265(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path: Path = tmp_path_factory.mktemp("clips") / "h265.mp4"
    return load(write_clip(path, walk(30), rate=30, codec="libx265", keyframe_every=10))


def frames(url: str, count: int) -> list[av.VideoFrame]:
    with av.open(url, options=OPTIONS, timeout=(60, 60)) as container:
        return list(islice(container.decode(video=0), count))


def stream(url: str) -> Iterator[av.VideoFrame]:
    with av.open(url, options=OPTIONS, timeout=(60, 60)) as container:
        yield from container.decode(video=0)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_plays_to_pyav(codec: str, h264: Recording, h265: Recording) -> None:
    recording = h264 if codec == "h264" else h265
    assert recording.codec == codec
    with RtspCamera(recording) as camera:
        got = frames(camera.url, 40)  # longer than the recording: it goes round
    assert [(f.width, f.height) for f in got] == [(320, 180)] * 40
    times = [f.time for f in got if f.time is not None]
    assert len(times) >= 38
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) / 30, abs=0.05)


def test_plays_to_opencv(h264: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2")
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    with RtspCamera(h264) as camera:
        reader = cv2.VideoCapture(camera.url, cv2.CAP_FFMPEG)
        shapes = [reader.read()[1].shape for _ in range(10)]
        reader.release()
    assert shapes == [(180, 320, 3)] * 10


@pytest.mark.parametrize("mode", [Mode.RESET, Mode.CLOSE])
def test_ends_after_the_asked_number(mode: Mode, h264: Recording) -> None:
    with RtspCamera(h264, Behaviour(mode, after=12)) as camera:
        got = []
        with contextlib.suppress(av.FFmpegError):
            for frame in stream(camera.url):
                got.append(frame)  # noqa: PERF402 - those before an error count
    assert 10 <= len(got) <= 12


def test_stalls_with_the_connection_open(h264: Recording) -> None:
    with (
        RtspCamera(h264, Behaviour(Mode.STALL, after=12)) as camera,
        av.open(camera.url, options=OPTIONS, timeout=(5, 1)) as container,
    ):
        with pytest.raises(av.FFmpegError):
            list(container.decode(video=0))
        assert camera.counters.plays == 1


def test_corrupt_pictures_are_flagged_by_the_decoder(h264: Recording) -> None:
    with RtspCamera(h264, Behaviour(Mode.CORRUPT)) as camera, av.open(camera.url, options=OPTIONS, timeout=(60, 60)) as container:
        bad = seen = 0
        for packet in container.demux(video=0):
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                bad += 1
                continue
            seen += 1
            bad += sum(bool(frame.is_corrupt) for frame in decoded)
            if seen > 50:
                break
    assert bad > 0


def test_timestamps_wrap_without_the_pictures_ending(h264: Recording) -> None:
    with RtspCamera(h264, Behaviour(Mode.PTS_WRAP)) as camera:
        assert len(frames(camera.url, 100)) == 100  # the wrap comes after 60


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.DIGEST])
def test_asks_for_the_password(auth: Auth, h264: Recording) -> None:
    with RtspCamera(h264, Behaviour(auth=auth, password="Secret1")) as camera:
        with pytest.raises(av.FFmpegError):
            frames(camera.url.replace("rtsp://", "rtsp://viewer:wrong@"), 1)
        assert camera.counters.refused > 0
        assert len(frames(camera.url.replace("rtsp://", "rtsp://viewer:Secret1@"), 3)) == 3


def test_switches_the_size_in_mid_stream(h264: Recording, tmp_path: Path) -> None:
    small = load(write_clip(tmp_path / "small.mp4", walk(30, 160, 96), rate=30, keyframe_every=10))
    with RtspCamera(h264, Behaviour(Mode.SWITCH, after=10, other=small)) as camera:
        sizes = {(f.width, f.height) for f in frames(camera.url, 40)}
    assert sizes == {(320, 180), (160, 96)}


def test_takes_its_port_again_after_a_power_cut(h264: Recording) -> None:
    camera = RtspCamera(h264).start()
    url = camera.url
    camera.stop()
    with pytest.raises(av.FFmpegError):
        frames(url, 1)
    camera.start()
    assert camera.url == url
    assert len(frames(url, 3)) == 3
    camera.stop()


def test_large_units_are_cut_and_joined_again() -> None:
    unit = bytes([0x65]) + bytes(range(256)) * 20
    packets = list(packetise([unit], "h264", 65534, 0, 1))
    assert [p[1] & 0x80 for p in packets] == [0] * (len(packets) - 1) + [0x80]
    assert [int.from_bytes(p[2:4], "big") for p in packets] == [(65534 + i) & 0xFFFF for i in range(len(packets))]
    assert bytes([0x65]) + b"".join(p[14:] for p in packets) == unit
