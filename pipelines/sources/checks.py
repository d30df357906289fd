"""Refuses what is not a recording, before a demuxer sees it and in one clear line.

Everything here works on the bytes and the directory entry only. It exists because FFmpeg, asked nicely, opens
playlists and concat scripts that name *other* files, whatever their own name says, and because its
"Invalid data found" tells nobody what to do about a cut-off file.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import BadRecording

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts"
"""Demuxers that are allowed to open a recording (FFmpeg's names): none of them follows a reference to another file."""

OPEN_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}

ENDINGS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".3gp", ".dav"})
"""File name endings that a folder is searched for; a file named outright may have any ending."""

UNREAD_ENDINGS = frozenset(
    {".wmv", ".asf", ".flv", ".mpg", ".mpeg", ".vob", ".mod", ".rm", ".rmvb", ".ogv"}
    | {".h264", ".264", ".h265", ".265", ".hevc"}
)
"""Endings of recordings that cannot be read: in a folder they are told of, not passed over."""

_USE = "use a recording in MP4, MOV, MKV, AVI or MPEG-TS"
_SCRIPTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"v=0\r\n", b"v=0\n", b"<?xml", b"<asx", b"<smil", b"<mpd", b"rtsptext")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest recording that is taken on; sides in pixels, longer and shorter, and the shortest side that can show a head."""

    long_side: int = 8192
    short_side: int = 4320
    smallest_side: int = 32
    rate: float = 240.0
    duration: timedelta = timedelta(hours=24)


def shown(path: Path) -> str:
    """The path for a message: one line, with everything that a terminal would obey (newline, RTL override) escaped."""
    text = os.fspath(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def ffmpeg_name(path: Path) -> str:
    """The path as FFmpeg takes it literally: the protocol in front disarms ``concat:``, ``%03d`` and a leading dash."""
    return f"file:{os.fspath(path)}"


def refuse_unless_recording(path: Path) -> None:
    """Check the directory entry and the first bytes.

    Raises:
        BadRecording: there is no such file, it is not a regular one, cannot be read, is empty, text, or a
            playlist, or is an MP4 without its index.
    """
    _refuse_unless_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            size = os.fstat(file.fileno()).st_size
            if not head:
                raise BadRecording(shown(path), "the file is empty", "copy it from the recorder again")
            _refuse_text(path, head)
            if head[4:8] in _MP4_FIRST and _has_no_index(file, size):
                raise BadRecording(
                    shown(path),
                    "the MP4 has no index (moov): it was cut off while it was being written",
                    "export it again, or rebuild the index from an intact recording of the same camera with `untrunc`; "
                    "set the recorder to MKV, MPEG-TS or fragmented MP4, which survive a cut",
                )
    except OSError as error:
        raise unreadable(path, error) from error


def _refuse_unless_file(path: Path) -> None:
    try:
        os.fspath(path).encode("utf-8")
        mode = path.stat().st_mode
    except (UnicodeEncodeError, ValueError) as error:  # ValueError: an embedded NUL
        raise BadRecording(shown(path), "the name is not valid UTF-8", "rename the file") from error
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise BadRecording(shown(path), "this is a folder", "name the recording itself, or a folder of recordings or images")
    if not stat.S_ISREG(mode):
        kind = "a FIFO" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise BadRecording(shown(path), f"this is {kind}, not a file", _USE)


def unreadable(path: Path, error: OSError) -> BadRecording:
    """What the operating system's refusal means for the user."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return BadRecording(shown(path), "there is no such file", "check the path; it may have been moved or deleted meanwhile")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return BadRecording(shown(path), "the file may not be read", "give the account that runs Vigil the right to read it")
    if error.errno == errno.ENAMETOOLONG:
        return BadRecording(shown(path), "the name is too long", "shorten it")
    return BadRecording(shown(path), f"the file cannot be read ({error.strerror})", "check the disk or copy the file again")


def _refuse_text(path: Path, head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_SCRIPTS):
        raise BadRecording(
            shown(path), "this is a playlist or script that points to other files", "name the recordings themselves"
        )
    if not any(byte < 9 or 13 < byte < 27 for byte in head):
        # No container of ours goes without a zero or another control byte in its first bytes.
        raise BadRecording(shown(path), "this is text, not a recording", _USE)


# --- what the container says about its own end ---------------------------------------------------

_MP4_FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"pnot"})


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    end: int  # offset after the box, as it declares it; may lie beyond the end of the file


def _boxes(file: BinaryIO, size: int) -> list[_Box]:
    """Top-level boxes of an ISO media file, at most 100,000 (a day of one-second fragments)."""
    boxes: list[_Box] = []
    offset = 0
    while offset + 8 <= size and len(boxes) < 100_000:
        file.seek(offset)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # to the end of the file
            length = size - offset
        if length < 8:  # noise after the last box
            break
        offset += length
        boxes.append(_Box(kind, offset))
    return boxes


def complete_boxes(path: Path) -> frozenset[bytes]:
    """Kinds of the top-level boxes of an ISO media file that are wholly there.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return frozenset(box.kind for box in _boxes(file, size) if box.end <= size)


def _has_no_index(file: BinaryIO, size: int) -> bool:
    return not any(box.kind == b"moov" and box.end <= size for box in _boxes(file, size))


def cut_off(path: Path) -> bool:
    """Whether the container itself says that there should be more of it than there is.

    MPEG-TS declares no length: there only a last packet in pieces shows. False when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(256)
            if head[4:8] in _MP4_FIRST:
                boxes = _boxes(file, size)
                return bool(boxes) and boxes[-1].end > size
            if head[:4] == b"RIFF":
                return int.from_bytes(head[4:8], "little") + 8 > size
            if head[:4] == b"\x1a\x45\xdf\xa3":
                return _matroska_end(head) > size
            if head[:1] == b"\x47" and head[188:189] == b"\x47":
                return size % 188 != 0
    except OSError:
        return False
    return False


def _matroska_end(head: bytes) -> int:
    """Offset at which the segment declares to end; 0 when it declares none (live writers do not know)."""

    def number(at: int) -> tuple[int, int]:
        """Value of the variable-length number at an offset and the offset after it."""
        width = 9 - head[at].bit_length()
        value = int.from_bytes(head[at : at + width], "big") & ((1 << (7 * width)) - 1)
        return (-1 if value == (1 << (7 * width)) - 1 else value), at + width

    try:
        header_size, at = number(4)
        at += header_size
        if head[at : at + 4] != b"\x18\x53\x80\x67":
            return 0
        segment_size, at = number(at + 4)
    except IndexError:
        return 0
    return at + segment_size if segment_size > 0 else 0
