"""Clips and stills out of the packet ring, also where a file of it is empty, cut off, or not to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest

from analyzer.types import CameraId
from pipelines.errors import EvidenceError
from pipelines.live_evidence import RingFootage
from pipelines.ring import RingWriter, name_of, segments
from tests.media import Film, make
from tests.rtsp.pictures import walk, write_clip

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
RATE = 5
LENGTH = 12.0  # s of film; a file of the ring holds four


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    film = write_clip(tmp_path / "film.mp4", walk(round(LENGTH * RATE), 160, 96), rate=RATE, keyframe_every=RATE)
    writer = RingWriter(tmp_path / "ring", length=4.0)
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        for count, packet in enumerate(packets):
            writer.write(packet, stream, count / RATE, T0.timestamp() + count / RATE)
    writer.close()
    assert len(segments(tmp_path / "ring")) == 3
    return tmp_path / "ring"


def footage(ring: Path) -> RingFootage:
    return RingFootage(CameraId("gate"), ring, T0)


def pictures(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def test_a_clip_is_cut_out_of_several_files(ring: Path, tmp_path: Path) -> None:
    clip = footage(ring).cut(seconds(2.5), seconds(9.5), tmp_path / "clip.mp4")
    assert (clip.starts, clip.codec) == (seconds(2), "h264")  # the keyframe before
    assert pictures(tmp_path / "clip.mp4") == 38  # from 2.0 to 9.4 s


def test_a_file_that_has_just_begun_costs_nothing(ring: Path, tmp_path: Path) -> None:
    """The process that writes had opened it and put nothing on disk yet, or was killed then."""
    (ring / name_of(T0 + seconds(LENGTH))).touch()
    (ring / name_of(T0 + seconds(6))).touch()
    clip = footage(ring).cut(seconds(2.5), seconds(30), tmp_path / "clip.mp4")
    assert clip.starts == seconds(2)
    assert pictures(tmp_path / "clip.mp4") == (LENGTH - 2) * RATE
    found = footage(ring).still(seconds(6.5))
    assert found is None or abs(found.ref.pts - seconds(6.5)) < seconds(5)


@pytest.mark.parametrize("kept", [0.5, 0.02])
def test_a_file_that_was_cut_off_gives_what_it_has(ring: Path, tmp_path: Path, kept: float) -> None:
    last = segments(ring)[-1].path
    content = last.read_bytes()
    last.write_bytes(content[: round(len(content) * kept)])
    footage(ring).cut(seconds(2.5), seconds(30), tmp_path / "clip.mp4")
    assert 6 * RATE <= pictures(tmp_path / "clip.mp4") < (LENGTH - 2) * RATE
    footage(ring).still(seconds(11))


def test_rubbish_is_no_footage(ring: Path, tmp_path: Path) -> None:
    for segment in segments(ring):
        segment.path.write_bytes(b"not a film at all" * 20)
    with pytest.raises(EvidenceError, match="no_footage"):
        footage(ring).cut(seconds(2), seconds(9), tmp_path / "clip.mp4")
    assert footage(ring).still(seconds(5)) is None


def test_other_errors_of_the_disk_are_told(ring: Path, tmp_path: Path) -> None:
    first = segments(ring)[0].path
    first.unlink()
    first.mkdir()
    with pytest.raises(OSError, match="directory"):
        footage(ring).cut(seconds(1), seconds(3), tmp_path / "clip.mp4")


def test_the_still_is_the_picture_shown_then(ring: Path) -> None:
    found = footage(ring).still(seconds(6.5))
    assert found is not None
    assert abs(found.ref.pts - seconds(6.5)) <= seconds(0.2)


def test_a_full_disk_is_told(ring: Path, tmp_path: Path) -> None:
    full = tmp_path / "full.mp4"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        footage(ring).cut(seconds(2), seconds(9), full)


def test_a_still_has_square_pixels(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", Film(rate=RATE, count=20, gop=RATE, pixel_aspect=Fraction(2), options={"bf": "0"}))
    writer = RingWriter(tmp_path / "ring", length=4.0)
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        for count, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
            writer.write(packet, stream, count / RATE, T0.timestamp() + count / RATE)
    writer.close()
    found = footage(tmp_path / "ring").still(seconds(2))
    assert found is not None
    assert (found.ref.width, found.ref.height) == (384, 128)
