"""The packet ring: the last minutes of a camera on disk, as they came, without decoding a picture.

A ring is a folder of short files, each beginning with a keyframe and named after its first instant
(``20261124T031500.250000Z.mkv``), so that cutting a clip is choosing files. Matroska, because a file that ends in the
middle of a write plays up to there.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.private_folder import make_private

ENDING: Final = ".mkv"
SEEN: Final = ".jsonl"
"""Of the files beside the packets that tell what was seen (`pipelines.scene_ring`)."""
_FORM: Final = "%Y%m%dT%H%M%S.%fZ"
_BASE: Final = Fraction(1, 1000)
_RECORD_AGAIN: Final = 15.0  # s after the disk has refused


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the ring. It lasts until the next one begins (or, the last one, until now)."""

    path: Path
    starts_at: datetime


def name_of(begins: datetime, ending: str = ENDING) -> str:
    """What a file of a ring is called that begins at an instant (UTC)."""
    return begins.strftime(_FORM) + ending


def segments(folder: Path, ending: str = ENDING) -> tuple[Segment, ...]:
    """The files of a ring in the order of time; foreign files are left alone."""
    found = []
    for path in sorted(folder.glob(f"*{ending}")):
        with contextlib.suppress(ValueError):
            found.append(Segment(path, datetime.strptime(path.name.removesuffix(ending), _FORM).replace(tzinfo=UTC)))
    return tuple(found)


def covering(folder: Path, start: datetime, end: datetime, ending: str = ENDING) -> tuple[Segment, ...]:
    """The files that hold [start, end)."""
    every = segments(folder, ending)
    following = [*(s.starts_at for s in every[1:]), datetime.max.replace(tzinfo=UTC)]
    return tuple(s for s, until in zip(every, following, strict=True) if s.starts_at < end and until > start) if every else ()


def prune(folder: Path, before: datetime) -> int:
    """Remove files whose last instant lies before ``before``; the number removed. The newest file of packets, and of what was seen, always stays."""
    removed = 0
    for ending in (ENDING, SEEN):
        for segment, following in pairwise(segments(folder, ending)):
            if following.starts_at <= before:
                segment.path.unlink(missing_ok=True)
                removed += 1
    return removed


def size_of(folder: Path) -> int:
    """Bytes that a ring takes."""
    taken = 0
    for segment in (*segments(folder), *segments(folder, SEEN)):
        with contextlib.suppress(OSError):  # just pruned
            taken += segment.path.stat().st_size
    return taken


class RingWriter:
    """Writes the packets of one connection. Times are those of arrival: the stream's own may jump."""

    def __init__(self, folder: Path, length: float = 10.0) -> None:
        make_private(folder)
        self._folder, self._length = folder, length
        self._file: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._began, self._last = 0.0, -1

    def write(self, packet: Packet[VideoStream], source: VideoStream, arrival: float, wall: float) -> None:
        """Add one packet; begins with the first keyframe.

        Args:
            packet: left as it is.
            source: the stream that it comes from.
            arrival: monotonic seconds.
            wall: seconds since 1970 at the same instant, for the name of a new file.
        """
        if packet.is_keyframe and (self._file is None or arrival - self._began >= self._length):
            self.close()
            name = name_of(datetime.fromtimestamp(wall, UTC))
            self._file = av.open(
                str(self._folder / name), "w", format="matroska", options={"cluster_time_limit": "1000", "flush_packets": "1"}
            )
            self._stream = self._file.add_stream_from_template(source)
            self._began, self._last = arrival, -1
        if self._file is None or self._stream is None:
            return
        copy: Packet[VideoStream] = av.Packet(bytes(packet))  # type: ignore[assignment]  # the stream is given below
        self._last = max(self._last + 1, round((arrival - self._began) * 1000))
        copy.pts = copy.dts = self._last
        copy.time_base = _BASE
        copy.is_keyframe = packet.is_keyframe
        copy.stream = self._stream
        self._file.mux(copy)

    def close(self) -> None:
        """End the current file."""
        if self._file is not None:
            self._file.close()
            self._file = self._stream = None


class Recorder:
    """The ring, as long as the disk takes it: a full disk costs the recording, never the watching."""

    def __init__(self, folder: Path, segment: float) -> None:
        self._folder, self._segment = folder, segment
        self._ring: RingWriter | None = None
        self._again = 0.0

    def write(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, wall: float, *, wanted: bool) -> None:
        """Write one packet, if that is wanted and has not just failed; see `RingWriter.write`."""
        if not wanted or arrival < self._again:
            self.close()
            return
        try:
            if self._ring is None:
                self._ring = RingWriter(self._folder, self._segment)
            self._ring.write(packet, stream, arrival, wall)
        except OSError:  # every error of the library that the disk causes is one
            self._again = arrival + _RECORD_AGAIN
            self.close()

    def close(self) -> None:
        ring, self._ring = self._ring, None
        if ring is not None:
            with contextlib.suppress(OSError):
                ring.close()
