from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import av
import cv2
import numpy as np
import pytest
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.types import CameraId, FrameRef
from pipelines.errors import BadRecording
from pipelines.records import DropReason, GapReason, TimeBasis
from pipelines.sources.checks import Limits
from pipelines.sources.items import Captured, Ended, Hole, Item, Passed
from pipelines.sources.recording import Recording
from tests.media import Film, blinded, copied, cut, make, number_of, spoil, turned

CAMERA = CameraId("corridor")
B_FRAMES = {"bf": "3"}


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def numbers(items: list[Item]) -> list[int]:
    return [number_of(item.frame.image) for item in items if isinstance(item, Captured)]


def times(items: list[Item]) -> list[float]:
    return [item.frame.ref.pts.total_seconds() for item in items if isinstance(item, Captured)]


def passed(items: list[Item]) -> Counter[DropReason]:
    return Counter(item.reason for item in items if isinstance(item, Passed))


def holes(items: list[Item]) -> list[Hole]:
    return [item for item in items if isinstance(item, Hole)]


def ended(items: list[Item]) -> Ended:
    assert isinstance(items[-1], Ended)
    assert sum(isinstance(item, Ended) for item in items) == 1
    return items[-1]


_ENDINGS = (".mp4", ".mkv", ".avi", ".mov", ".ts")
_CODECS = {
    "h264": Film(options=B_FRAMES),
    "h265": Film(codec="libx265"),
    "mjpeg": Film(codec="mjpeg"),
    "mpeg4": Film(codec="mpeg4"),
}
_NOT_MADE = {("mjpeg", ".ts"), ("h265", ".avi")}  # these containers do not know these codecs


@pytest.mark.parametrize(("codec", "ending"), sorted({(c, e) for c in _CODECS for e in _ENDINGS} - _NOT_MADE))
def test_every_picture_comes_out_once_in_order_and_on_time(tmp_path: Path, ending: str, codec: str) -> None:
    items = list(Recording(make(tmp_path / f"a{ending}", _CODECS[codec]), CAMERA).frames())
    assert numbers(items) == list(range(50))
    assert times(items) == pytest.approx([k / 10 for k in range(50)], abs=0.001)
    assert [item.frame.ref.index for item in items if isinstance(item, Captured)] == list(range(50))
    assert ended(items).complete
    assert ended(items).end.total_seconds() == pytest.approx(5, abs=0.002)
    assert len(items) == 51


def test_at_a_rate_the_others_are_counted_and_not_converted(tmp_path: Path) -> None:
    items = list(Recording(make(tmp_path / "a.mp4", Film(options=B_FRAMES)), CAMERA).frames(rate=2))
    assert numbers(items) == list(range(0, 50, 5))
    assert passed(items) == {DropReason.RATE: 40}


def test_a_variable_rate_is_told_by_its_own_times(tmp_path: Path) -> None:
    instants = [k / 25 for k in range(50)] + [2.0 + k for k in range(20)]
    items = list(Recording(make(tmp_path / "a.mp4", Film(times=instants)), CAMERA).frames())
    assert times(items) == pytest.approx(instants, abs=0.001)
    assert holes(items) == []


def test_the_same_recording_gives_the_same_pictures_whatever_the_threads(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Film(count=120, options=B_FRAMES))
    one = [i.frame for i in Recording(path, CAMERA).frames(3) if isinstance(i, Captured)]
    four = [i.frame for i in Recording(path, CAMERA, threads=4).frames(3) if isinstance(i, Captured)]
    assert [f.ref for f in one] == [f.ref for f in four]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, four, strict=True))


@pytest.mark.parametrize("after", [0.0, 0.5, 2.9, 6.0, 7.9])
def test_a_resumed_pass_is_the_rest_of_a_whole_one(tmp_path: Path, after: float) -> None:
    film = Film(times=[k / 10 for k in range(30)] + [6 + k / 10 for k in range(20)])
    recording = Recording(make(tmp_path / "a.mkv", film), CAMERA)

    def told(items: Iterator[Item]) -> list[object]:
        return [item.frame.ref if isinstance(item, Captured) else item for item in items]

    whole = told(recording.frames(2))
    last = next(k for k, item in enumerate(whole) if isinstance(item, FrameRef | Passed) and item.pts == seconds(after))
    assert told(recording.frames(2, resume_after=seconds(after))) == whole[last + 1 :]


def _told(items: Iterator[Item]) -> list[object]:
    return [(i.frame.ref, crc32(i.frame.image.tobytes())) if isinstance(i, Captured) else i for i in items]


@pytest.fixture(scope="module")
def long_recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    """With what makes resuming hard: reordering, open groups, a hole, and a spoilt stretch."""
    folder = tmp_path_factory.mktemp("long")
    instants = [k / 10 for k in range(250)] + [60 + k / 10 for k in range(250)]
    films = {
        "a.mp4": Film(times=instants, gop=20, options=B_FRAMES),
        "b.mkv": Film(times=instants, gop=20, options=B_FRAMES),
        "c.ts": Film(count=500, gop=20, options=B_FRAMES),
        "d.avi": Film(count=500, gop=20, options=B_FRAMES),
        "e.mkv": Film(times=instants, options={"bf": "3", "x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0"}),
        "f.mov": Film(codec="libx265", times=instants, gop=20),
        "g.mp4": Film(times=instants, gop=20, options=B_FRAMES),
        "h.avi": Film(codec="mjpeg", count=500),
    }
    made = {name: Recording(make(folder / name, film), CAMERA) for name, film in films.items()}
    blinded(made["g.mp4"].path, 150, 230)
    return made


_WHOLE: dict[tuple[str, float | None], list[object]] = {}


def _whole(recording: Recording, rate: float | None) -> list[object]:
    """An uninterrupted pass, made once."""
    key = (recording.name, rate)
    if key not in _WHOLE:
        _WHOLE[key] = _told(recording.frames(rate))
    return _WHOLE[key]


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(["a.mp4", "b.mkv", "c.ts", "d.avi", "e.mkv", "f.mov", "g.mp4", "h.avi"]),
    at=st.integers(0, 499),
    rate=st.sampled_from([None, 2, 3.3]),
)
def test_wherever_a_pass_is_resumed_the_rest_is_the_same(
    long_recordings: dict[str, Recording], name: str, at: int, rate: float | None
) -> None:
    recording = long_recordings[name]
    whole = _whole(recording, rate)
    pts = [one[0].pts if isinstance(one, tuple) else one.pts if isinstance(one, Passed) else None for one in whole]
    resume_after = pts[min(at, len(pts) - 2)] or seconds(0)
    rest = _told(recording.frames(rate, resume_after=resume_after))
    assert sum(isinstance(one, tuple | Passed) for one in whole) == 500
    # Pictures that could not be decoded share the time of the last one that could: the last of these items counts.
    last = next(k for k, one in enumerate(whole) if isinstance(one, tuple | Passed) and pts[k] == resume_after and not _lost(one))
    assert rest == whole[last + 1 :]


def _lost(one: object) -> bool:
    return isinstance(one, Passed) and one.reason is not DropReason.RATE


@pytest.mark.parametrize("name", ["a.mp4", "b.mkv", "c.ts", "d.avi", "e.mkv", "f.mov", "h.avi"])
def test_what_was_told_is_not_decoded_again(long_recordings: dict[str, Recording], name: str) -> None:
    recording = long_recordings[name]
    skipped = recording._resumable(seconds(40 if name in {"c.ts", "d.avi", "h.avi"} else 75))
    assert 250 < skipped <= 400 - 64


def test_a_resumed_pass_over_a_reset_clock_decodes_everything(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(make(tmp_path / "1.ts", Film(count=300)).read_bytes() * 2)
    recording = Recording(path, CAMERA)
    whole = _told(recording.frames(2))
    captured = [one for one in whole if isinstance(one, tuple)]
    assert recording._resumable(captured[-3][0].pts) == 0
    assert _told(recording.frames(2, captured[-3][0].pts)) == whole[whole.index(captured[-3]) + 1 :]


def test_a_hole_in_the_times_is_reported(tmp_path: Path) -> None:
    film = Film(times=[k / 10 for k in range(20)] + [60 + k / 10 for k in range(20)])
    items = list(Recording(make(tmp_path / "a.mp4", film), CAMERA).frames(5))
    assert holes(items) == [Hole(seconds(2), seconds(60), GapReason.RECORDING_GAP)]
    assert ended(items).complete  # a hole inside is known time, not a missing end


@pytest.mark.parametrize(
    ("degrees", "back"), [(90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_CLOCKWISE)]
)
def test_pictures_are_turned_upright(tmp_path: Path, degrees: int, back: int) -> None:
    recording = Recording(turned(make(tmp_path / "a.mp4"), degrees), CAMERA)
    frame = next(i.frame for i in recording.frames() if isinstance(i, Captured) and i.frame.ref.index == 37)
    assert number_of(np.asarray(cv2.rotate(frame.image, back), dtype=np.uint8)) == 37
    assert (frame.ref.width, frame.ref.height) == ((192, 128) if degrees == 180 else (128, 192))
    assert (recording.metadata.width, recording.metadata.height) == (frame.ref.width, frame.ref.height)


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(2), (384, 128)),
        (Fraction(16, 15), (205, 128)),
        (Fraction(8, 9), (192, 144)),
        (Fraction(1), (192, 128)),
        (Fraction(100), (192, 128)),  # nonsense
    ],
)
def test_pictures_have_square_pixels(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    recording = Recording(make(tmp_path / "a.mp4", Film(pixel_aspect=aspect)), CAMERA)
    frame = next(i.frame for i in recording.frames() if isinstance(i, Captured) and i.frame.ref.index == 37)
    assert (frame.ref.width, frame.ref.height) == size == (recording.metadata.width, recording.metadata.height)
    assert number_of(frame.image) == 37
    found = recording.still(frame.ref.pts)
    assert found is not None
    assert (found.ref.width, found.ref.height) == size


def test_turned_pictures_have_square_pixels_as_well(tmp_path: Path) -> None:
    recording = Recording(turned(make(tmp_path / "a.mp4", Film(pixel_aspect=Fraction(2))), 90), CAMERA)
    frame = next(i.frame for i in recording.frames() if isinstance(i, Captured))
    assert (frame.ref.width, frame.ref.height) == (128, 384) == (recording.metadata.width, recording.metadata.height)


def test_a_change_of_size_in_the_middle_is_followed(tmp_path: Path) -> None:
    small, large = Film(count=60), Film(count=60, width=320, height=240)
    first, second = make(tmp_path / "1.ts", small).read_bytes(), make(tmp_path / "2.ts", large).read_bytes()
    path = tmp_path / "a.ts"
    path.write_bytes(first + second)
    items = list(Recording(path, CAMERA).frames())
    sizes = Counter((i.frame.ref.width, i.frame.ref.height) for i in items if isinstance(i, Captured))
    assert sizes == {(192, 128): 59, (320, 240): 58}
    # The second part begins its clock anew: two pictures are spent on believing it; the seam itself counts as corrupt.
    assert passed(items) == {DropReason.TIME: 2, DropReason.CORRUPT: 1}
    assert "reset" in ended(items).notes[0]
    assert times(items) == sorted(times(items))


def test_a_change_to_pictures_beyond_the_limits_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    large = Film(count=60, width=320, height=240)
    path.write_bytes(make(tmp_path / "1.ts", Film(count=60)).read_bytes() + make(tmp_path / "2.ts", large).read_bytes())
    items = list(Recording(path, CAMERA, limits=Limits(long_side=192, short_side=128)).frames())
    assert {(i.frame.ref.width, i.frame.ref.height) for i in items if isinstance(i, Captured)} == {(192, 128)}
    assert passed(items)[DropReason.DECODE] >= 58
    assert len(numbers(items)) + sum(passed(items).values()) == 120


class Failing:
    """A container on a disk that breaks after some packets."""

    def __init__(self, container: InputContainer, good: int) -> None:
        self.container, self.good = container, good

    def demux(self, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        yield from (packet for packet, _ in zip(self.container.demux(stream), range(self.good), strict=False))
        raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_breaks_while_reading_gives_a_partial_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(make(tmp_path / "a.mp4", Film(options=B_FRAMES)), CAMERA)
    plain = recording.decoding
    monkeypatch.setattr(recording, "decoding", lambda container, stream, skip: plain(Failing(container, 30), stream, skip))  # type: ignore[arg-type]
    items = list(recording.frames())
    assert numbers(items) == sorted(numbers(items))
    assert len(numbers(items)) + sum(passed(items).values()) == 30
    assert not ended(items).complete
    assert "reading stopped early" in ended(items).notes[0]


def test_spoilt_pictures_are_counted_and_never_judged(tmp_path: Path) -> None:
    path = spoil(make(tmp_path / "a.ts", Film(count=300, gop=10, options={"bf": "0"})), every=50)
    items = list(Recording(path, CAMERA).frames())
    drops = passed(items)
    assert drops[DropReason.CORRUPT] + drops[DropReason.DECODE] > 0
    assert all(not i.frame.corrupt for i in items if isinstance(i, Captured))
    assert len(numbers(items)) < 300


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_a_long_spoilt_stretch_is_a_hole_and_every_picture_is_accounted_for(tmp_path: Path, codec: str) -> None:
    film = Film(count=200, gop=10, codec=codec, options={"bf": "0"} if codec == "libx264" else {})
    items = list(Recording(blinded(make(tmp_path / "a.mp4", film), 60, 120), CAMERA).frames())
    assert len(numbers(items)) + sum(passed(items).values()) == 200
    assert passed(items)[DropReason.DECODE] + passed(items)[DropReason.CORRUPT] >= 55
    (hole,) = holes(items)
    assert hole.reason is GapReason.CORRUPT
    assert seconds(5.9) <= hole.start <= seconds(6.1)
    assert seconds(11.9) <= hole.end <= seconds(13)
    assert not set(numbers(items)) & set(range(61, 119))


def test_a_spoilt_end_is_not_called_complete(tmp_path: Path) -> None:
    items = list(Recording(blinded(make(tmp_path / "a.mp4", Film(count=100, gop=10)), 60, 100), CAMERA).frames())
    assert [hole.reason for hole in holes(items)] == [GapReason.CORRUPT]
    assert not ended(items).complete


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("a.mkv", Film(count=200)),
        ("a.avi", Film(count=200, codec="mjpeg")),
        ("a.ts", Film(count=200)),
        ("a.mp4", Film(count=200, container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})),
        ("b.mp4", Film(count=200, container_options={"movflags": "faststart"})),
    ],
)
def test_a_file_cut_off_at_60_percent_gives_what_it_has_and_says_so(tmp_path: Path, name: str, film: Film) -> None:
    path = make(tmp_path / name, film)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6) // 188 * 188 + 100])
    items = list(Recording(path, CAMERA).frames())
    assert 80 <= len(numbers(items)) <= 160
    assert numbers(items) == sorted(numbers(items))
    assert not ended(items).complete
    assert any("cut off" in note or "stopped early" in note or "declared end" in note for note in ended(items).notes)


def test_the_missing_end_of_a_cut_off_file_is_a_hole(tmp_path: Path) -> None:
    items = list(Recording(cut(make(tmp_path / "a.mkv", Film(count=200)), 0.5), CAMERA).frames())
    hole = holes(items)[-1]
    assert hole.reason is GapReason.RECORDING_CUT
    assert hole.end == seconds(20)
    assert hole.start == ended(items).end


def test_time_stamps_that_repeat_or_go_back_are_counted_apart(tmp_path: Path) -> None:
    source = make(tmp_path / "s.mkv", Film(count=20, options={"bf": "0"}))
    stamps = [(100 * k, 100 * k) for k in range(20)]
    stamps[7] = (600, 600)  # shown again at the time of the sixth
    items = list(Recording(copied(source, tmp_path / "a.mkv", stamps), CAMERA).frames())
    assert passed(items) == {DropReason.TIME: 1}
    assert 7 not in numbers(items)
    assert len(numbers(items)) == 19


def test_a_stream_that_begins_late_or_below_zero_begins_at_zero(tmp_path: Path) -> None:
    source = make(tmp_path / "s.mkv", Film(count=20, options={"bf": "0"}))
    for first in (-500, 70_000):
        stamps = [(first + 100 * k, first + 100 * k) for k in range(20)]
        items = list(Recording(copied(source, tmp_path / f"{first}.ts", [(p * 1, d * 1) for p, d in stamps]), CAMERA).frames())
        assert times(items)[0] == 0
        assert len(times(items)) == 20


@pytest.mark.parametrize(
    "film",
    [
        Film(pixel_format="yuv420p10le"),
        Film(pixel_format="yuvj420p"),
        Film(pixel_format="gray"),
        Film(pixel_format="yuv444p"),
        Film(codec="ffv1", pixel_format="bgra"),
        Film(options={"x264-params": "interlaced=1"}),
        Film(options={"bf": "3", "x264-params": "open-gop=1:keyint=10:min-keyint=10:scenecut=0"}),
    ],
    ids=["10 bit", "full range", "gray", "4:4:4", "alpha", "interlaced", "open groups"],
)
def test_unusual_pictures_are_read(tmp_path: Path, film: Film) -> None:
    items = list(Recording(make(tmp_path / "a.mkv", film), CAMERA).frames())
    assert numbers(items) == list(range(50))


def test_sound_is_no_picture(tmp_path: Path) -> None:
    items = list(Recording(make(tmp_path / "a.mp4", Film(sound=True)), CAMERA).frames())
    assert numbers(items) == list(range(50))


def test_many_streams_and_attachments_do_not_hide_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(make(tmp_path / "s.mkv"))) as source, av.open(str(path), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream, opaque=True)
        output.add_attachment("note.txt", "text/plain", b"hello")
        for _ in range(100):
            output.add_stream("aac", rate=48000)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    assert numbers(list(Recording(path, CAMERA).frames())) == list(range(50))


def test_a_recording_without_one_good_picture_is_refused_when_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Film(count=5))
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    data[start : start + length] = bytes(length)
    path.write_bytes(bytes(data))
    with pytest.raises(BadRecording, match="not one picture"):
        list(Recording(path, CAMERA).frames())


def test_reading_stops_at_the_longest_duration(tmp_path: Path) -> None:
    # MKV written to a pipe declares no duration: only reading shows how long it is.
    path = make(tmp_path / "a.mkv", Film(count=100, container_options={"live": "1"}))
    recording = Recording(path, CAMERA, limits=Limits(duration=seconds(5)))
    assert recording.expected is None
    items = list(recording.frames())
    assert len(numbers(items)) == 51
    assert not ended(items).complete


def test_start_times_come_with_their_basis(tmp_path: Path) -> None:
    plain = make(tmp_path / "a.mp4", Film(count=3))
    assert Recording(plain, CAMERA).start.basis is TimeBasis.UNKNOWN
    named = plain.rename(tmp_path / "20210612_071500.mp4")
    start = Recording(named, CAMERA).start
    assert (start.at, start.basis) == (datetime(2021, 6, 12, 7, 15, tzinfo=UTC), TimeBasis.FILE_NAME)
    dated = make(tmp_path / "b.mp4", Film(count=3, metadata={"creation_time": "2021-06-12T00:15:00Z"}))
    start = Recording(dated, CAMERA).start
    assert (start.at, start.basis) == (datetime(2021, 6, 12, 0, 15, tzinfo=UTC), TimeBasis.CONTAINER)
    told = Recording(dated, CAMERA, start=datetime(2022, 1, 1, tzinfo=UTC))
    frame = next(i.frame for i in told.frames(1) if isinstance(i, Captured))
    assert (frame.ref.at, told.start.basis) == (datetime(2022, 1, 1, tzinfo=UTC), TimeBasis.ARGUMENT)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.avi", "a.mkv"])
def test_one_picture_can_be_had_again(tmp_path: Path, name: str) -> None:
    recording = Recording(make(tmp_path / name, Film(count=100, options=B_FRAMES)), CAMERA)
    for item in recording.frames(1):
        if isinstance(item, Captured):
            again = recording.still(item.frame.ref.pts)
            assert again is not None
            assert again.ref.pts == item.frame.ref.pts
            assert np.array_equal(again.image, item.frame.image)
    assert recording.still(seconds(3.33)) is None


def test_one_picture_can_be_had_again_even_after_the_clock_was_reset(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(make(tmp_path / "1.ts", Film(count=60)).read_bytes() + make(tmp_path / "2.ts", Film(count=60)).read_bytes())
    recording = Recording(path, CAMERA)
    last = [i.frame for i in recording.frames() if isinstance(i, Captured)][-1]
    again = recording.still(last.ref.pts)
    assert recording.jumps
    assert again is not None
    assert number_of(again.image) == number_of(last.image) == 59


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Film(count=3))
    before = Recording(path, CAMERA).sha256()
    assert len(before) == 64
    path.write_bytes(path.read_bytes() + b"\0")
    assert Recording(path, CAMERA).sha256() != before


@pytest.mark.parametrize("begins", [10_000.0, 172_800.0])
def test_matroska_that_does_not_begin_at_zero_is_not_cut_off(tmp_path: Path, begins: float) -> None:
    path = make(tmp_path / "part.mkv", Film(times=tuple(begins + k / 10 for k in range(60))))
    recording = Recording(path, CAMERA)
    assert recording.metadata.duration is not None
    assert abs(recording.metadata.duration - seconds(6)) < seconds(0.3)
    assert ended(list(recording.frames())).complete
