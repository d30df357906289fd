"""The bad-input corpus, as far as recordings go: each piece is refused in one clear line, or read as far as it goes."""

from __future__ import annotations

import os
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.types import CameraId
from pipelines.errors import BadRecording
from pipelines.sources.checks import Limits, cut_off, shown
from pipelines.sources.items import Captured, Ended
from pipelines.sources.recording import Recording
from tests.media import Film, cut, make, make_sound_only

CAMERA = CameraId("corridor")
SHORT = Film(count=10)


def refusal(path: Path, limits: Limits | None = None) -> BadRecording:
    with pytest.raises(BadRecording) as caught:
        list(Recording(path, CAMERA, limits=limits).frames())
    assert "\n" not in str(caught.value)
    assert caught.value.problem
    assert caught.value.remedy
    return caught.value


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "empty" in refusal(written(tmp_path / "a.mp4", b"")).problem


@pytest.mark.parametrize("content", [b"hello\n", "hành lang\n".encode(), b"PK" * 40, b"<html></html>"])
def test_text_is_refused_whatever_it_is_called(tmp_path: Path, content: bytes) -> None:
    assert "text" in refusal(written(tmp_path / "a.mp4", content)).problem


@pytest.mark.parametrize(
    "script",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\n{other}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '{other}'\n",
        b"\xef\xbb\xbfffconcat version 1.0\nfile '{other}'\n",
        b"\n  #EXTM3U\n{other}\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n",
        b"[playlist]\nFile1={other}\n",
        b"<?xml version='1.0'?><MPD></MPD>",
    ],
)
@pytest.mark.parametrize("ending", [".mp4", ".ts", ".m3u8"])
def test_a_playlist_never_leads_to_another_file(tmp_path: Path, script: bytes, ending: str) -> None:
    other = make(tmp_path / "other.ts", SHORT)
    error = refusal(written(tmp_path / f"list{ending}", script.replace(b"{other}", other.name.encode())))
    assert "playlist" in error.problem


def test_a_script_that_hides_behind_binary_is_stopped_by_the_list_of_formats(tmp_path: Path) -> None:
    make(tmp_path / "other.ts", SHORT)
    # A zero byte makes it look binary; a subtitle-like or unknown format must not be probed either.
    refusal(written(tmp_path / "a.mp4", b"ffconcat version 1.0\nfile 'other.ts'\n#\x00\x01"))
    refusal(written(tmp_path / "b.mp4", b"\x00\x01#EXTM3U\nother.ts\n"))


def test_noise_is_refused(tmp_path: Path) -> None:
    assert "not a recording" in refusal(written(tmp_path / "a.mp4", bytes(range(256)) * 40)).problem


@pytest.mark.parametrize("share", [0.1, 0.7, 0.99])
def test_an_mp4_without_its_whole_index_says_how_to_recover(tmp_path: Path, share: float) -> None:
    error = refusal(cut(make(tmp_path / "a.mp4", SHORT), share))
    assert "index" in error.problem
    assert "untrunc" in error.remedy


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "missing", "in a file"])
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.mp4"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "in a file":
            path = written(path, b"x") / "y.mp4"
    assert {"folder": "folder", "fifo": "FIFO", "device": "device"}.get(kind, "no such file") in refusal(path).problem


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", SHORT)
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may read everything
    try:
        assert "may not be read" in refusal(path).problem
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_vanishes_before_it_is_opened_is_named(tmp_path: Path) -> None:
    recording = Recording(make(tmp_path / "a.mp4", SHORT), CAMERA)
    recording.path.unlink()
    with pytest.raises(BadRecording, match="no such file"):
        list(recording.frames())
    with pytest.raises(BadRecording, match="no such file"):
        recording.sha256()


def test_a_file_that_vanishes_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    recording = Recording(make(tmp_path / "a.mp4", SHORT), CAMERA)
    items = recording.frames()
    first = next(items)
    recording.path.unlink()
    rest = list(items)
    assert isinstance(first, Captured)
    assert sum(isinstance(item, Captured) for item in rest) == 9


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    assert "no video stream" in refusal(make_sound_only(tmp_path / "a.mp4")).problem


def test_pictures_that_show_nobody_are_refused(tmp_path: Path) -> None:
    # The smallest that this encoder writes; one pixel is refused by the same comparison.
    assert "16x16" in refusal(make(tmp_path / "a.avi", Film(codec="mjpeg", count=2, width=16, height=16))).problem
    assert "1x1" in refusal(make(tmp_path / "b.mkv", Film(codec="ffv1", count=2, width=1, height=1, pixel_format="bgr0"))).problem


def test_what_is_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", SHORT)
    assert "192x128" in refusal(path, Limits(long_side=191)).problem
    assert "192x128" in refusal(path, Limits(short_side=127)).problem
    assert "10 pictures a second" in refusal(path, Limits(rate=9)).problem
    assert "0:00:01" in refusal(path, Limits(duration=timedelta(seconds=0.9))).problem
    tight = Limits(long_side=192, short_side=128, rate=10, duration=timedelta(seconds=1))
    assert len(list(Recording(path, CAMERA, limits=tight).frames())) == 11


def test_a_thousand_pictures_a_second_are_refused(tmp_path: Path) -> None:
    assert "1000 pictures" in refusal(make(tmp_path / "a.mp4", Film(rate=1000, count=20))).problem


def test_more_than_8k_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.avi", Film(codec="mjpeg", width=8208, height=64, count=1))
    assert "too large" in refusal(path).problem


@pytest.mark.parametrize(
    "name",
    [
        unicodedata.normalize("NFC", "hành lang tầng 2 – phòng cách ly.mp4"),
        unicodedata.normalize("NFD", "hành lang tầng 2 – phòng cách ly.mp4"),
        "img%03d.mp4",
        "a\nb.mp4",
        "-i.mp4",
        "concat:a|b.mp4",
        "subfile,,start,0,end,9,,:x.mp4",
        "con.mp4",
        "a b'c\"d.mp4",
        "🎥.mp4",
        "\u202egpj.4pm.mp4",
        "http:x.mp4",
        "x.mp4.",
        "n" * 251 + ".mp4",
    ],
)
def test_odd_names_are_only_names(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "plain.mp4", SHORT).rename(tmp_path / name)
    recording = Recording(path, CAMERA)
    items = list(recording.frames())
    assert items[-1] == Ended(timedelta(seconds=1), complete=True)
    assert len(items) == 11
    assert recording.name.isprintable()


def test_names_that_are_not_text_are_refused_politely(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    make(tmp_path / "plain.mp4", SHORT).rename(path)
    assert "UTF-8" in refusal(path).problem
    assert "name" in refusal(tmp_path / "a\0b.mp4").problem
    assert refusal(tmp_path / ("n" * 256)).problem == "the name is too long"


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(make(tmp_path / "a.mp4", SHORT))
    assert len(list(Recording(link, CAMERA).frames())) == 11


def test_messages_show_names_without_obeying_them() -> None:
    assert shown(Path("/v/a\nb\x1b[31m\u202e.mp4")) == "/v/a\\nb\\x1b[31m\\u202e.mp4"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.mov", "a.ts"])
def test_whole_files_are_not_called_cut_off(tmp_path: Path, name: str) -> None:
    assert not cut_off(make(tmp_path / name, SHORT))


def test_an_unreadable_file_is_not_called_cut_off(tmp_path: Path) -> None:
    assert not cut_off(tmp_path / "nothing.mp4")
    assert not cut_off(written(tmp_path / "noise", b"\x1a\x45\xdf\xa3"))
