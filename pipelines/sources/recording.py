"""A recording: one video file of one camera.

Every picture is accounted for and none is dropped for being late; what lies between two analysed instants is
decoded but never converted. Times come from presentation time stamps, never from a frame number and a rate:
a recorder that slows down at night would otherwise stretch or squeeze every duration that a rule measures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from analyzer.types import CameraId, FrameRef
from models.frame import Frame
from models.upright import upright_bgr
from pipelines.errors import BadRecording
from pipelines.records import DropReason
from pipelines.sources.checks import (
    OPEN_OPTIONS,
    Limits,
    cut_off,
    ffmpeg_name,
    refuse_unless_recording,
    shown,
    unreadable,
)
from pipelines.sources.instants import Clockwork, Grid, HoleFinder, as_timedelta
from pipelines.sources.items import Captured, Ended, Hole, Item, Passed, StartTime
from pipelines.sources.metadata import read_metadata, refuse_beyond
from pipelines.sources.pictures import Decoding, holds_picture
from pipelines.sources.times import start_time

_RUN_UP = 64
"""Pictures decoded again in front of what a resumed pass tells: more than any reordering and than the memory of intervals."""


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """A picture with its place in time; ``at`` is ``None`` when its time stamp is unusable, ``index`` counts what was captured."""

    index: int
    at: Fraction | None
    frame: VideoFrame | None
    corrupt: bool


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a pass got: what decides on the next picture."""

    clockwork: Clockwork
    grid: Grid
    holes: HoleFinder

    @property
    def at(self) -> timedelta:
        return as_timedelta(self.clockwork.last or Fraction(0))

    def take(self, placed: _Placed) -> tuple[Hole | None, DropReason | None]:
        """The hole that a picture ends, and why it is not to be analysed, if it is not."""
        if placed.frame is None or placed.at is None or placed.corrupt:
            self.holes.spoil()
            return None, DropReason.DECODE if placed.frame is None else DropReason.CORRUPT if placed.corrupt else DropReason.TIME
        hole = self.holes.usable(placed.at, self.clockwork.interval)
        return hole, None if self.grid.takes(placed.at) else DropReason.RATE


class Recording:
    """Implements `pipelines.sources.items.Source` for a video file.

    Args:
        path: the file.
        camera: whose recording it is.
        start: when it began, if the user knows; aware.
        local: time zone of the clock that named the file.
        limits: what is refused as too large.
        threads: decoder threads; one is cheapest in CPU time, more finish one recording sooner.

    Raises:
        BadRecording: it is none, or beyond the limits.
    """

    def __init__(
        self,
        path: Path,
        camera: CameraId,
        *,
        start: datetime | None = None,
        local: tzinfo = UTC,
        limits: Limits | None = None,
        threads: int = 1,
    ) -> None:
        refuse_unless_recording(path)
        self.path, self._camera, self._threads = path, camera, threads
        self._limits = limits or Limits()
        self.jumps = False  # set when the time stamps were found to jump: places by time are then not unique
        try:
            with self.opened() as (container, stream):
                self.metadata = read_metadata(path, container, stream)
        except OSError as error:
            raise unreadable(path, error) from error
        refuse_beyond(self._limits, self.metadata, shown(path))
        self._start = start_time(
            argument=start,
            name=path.name,
            parent=path.absolute().parent.name,
            creation_time=self.metadata.creation_time,
            local=local,
        )

    @property
    def camera(self) -> CameraId:
        return self._camera

    @property
    def name(self) -> str:
        return shown(Path(self.path.name))

    @property
    def start(self) -> StartTime:
        return self._start

    @property
    def expected(self) -> timedelta | None:
        return self.metadata.duration

    def sha256(self) -> str:
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise unreadable(self.path, error) from error

    def frames(self, rate: float | None = None, resume_after: timedelta | None = None) -> Iterator[Item]:
        """See `Source.frames`. A resumed pass reads what was told already and decodes only the end of it."""
        skip = 0 if resume_after is None else self._resumable(resume_after)
        yield from self._pass(rate, resume_after, skip)

    def _pass(self, rate: float | None, resume_after: timedelta | None, skip: int) -> Iterator[Item]:
        progress = _Progress(
            Clockwork(self.metadata.origin, self.metadata.time_base, self.metadata.rate), Grid(rate), HoleFinder()
        )
        told = resume_after
        captured, known = skip, skip == 0
        with self.opened() as (container, stream):
            decoding = self.decoding(container, stream, skip)
            for placed in self._placed(decoding, progress.clockwork, skip):
                captured += 1
                self.jumps = self.jumps or bool(progress.clockwork.jumps)
                if progress.at > self._limits.duration:
                    decoding.error = f"longer than {self._limits.duration}"
                    break
                at = None if placed.at is None else as_timedelta(placed.at)
                speaking = told is None or (at is not None and at > told)
                if speaking and not known:
                    break
                hole, drop = progress.take(placed)
                if speaking:
                    told = None
                    yield from self._items(placed, hole, drop, progress.at)
                else:
                    # The grid and the holes go by what was told already as well.
                    known = known or drop in {None, DropReason.RATE}
                    told = None if at == told else told
        if not known:
            # Nothing usable lay between the skipped part and what is new: only a whole pass knows how it stood.
            yield from self._pass(rate, resume_after, 0)
            return
        yield from self._closing(captured, progress, decoding.error)

    def _resumable(self, told: timedelta) -> int:
        """How many packets may be left undecoded so that all that follows `told` comes out as in a whole pass.

        Enough pictures stay in front of it for decoder, intervals and grid to stand as they would. None are left out
        when the decoding times do not rise: then only decoding tells where in time a packet belongs.
        """
        until = self.ticks(told)
        keyframes: list[int] = []
        number = 0
        latest: int | None = None
        with self.opened() as (container, stream):
            try:
                for packet in container.demux(stream):
                    if not holds_picture(packet):
                        continue
                    if packet.dts is not None:
                        if latest is not None and packet.dts < latest:
                            return 0
                        if packet.dts > until:
                            break
                        latest = packet.dts
                    if packet.is_keyframe:
                        keyframes.append(number)
                    number += 1
            except (av.FFmpegError, OSError):
                return 0
        early = [keyframe for keyframe in keyframes if keyframe <= number - _RUN_UP]
        return early[-2] if len(early) > 1 else 0

    def still(self, pts: timedelta) -> Frame | None:
        """The picture with exactly this PTS, or ``None``. Seeks when time stamps permit, else goes through the file."""
        if not self.jumps:
            with self.opened() as (container, stream):
                container.seek(self.ticks(pts), stream=stream)
                found = self._find(container, stream, pts)
            if found is not None:
                return found
        with self.opened() as (container, stream):
            return self._find(container, stream, pts)

    def ticks(self, pts: timedelta) -> int:
        """The stream's own time stamp of a PTS."""
        return self.metadata.origin + round(Fraction(pts / timedelta(microseconds=1)) / 1_000_000 / self.metadata.time_base)

    @contextmanager
    def opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """The container and its video stream, freshly opened; nothing but this one file can be read through it.

        Raises:
            BadRecording: it cannot be opened or holds no video that can be decoded.
        """
        try:
            container = av.open(ffmpeg_name(self.path), mode="r", container_options=OPEN_OPTIONS)
        except OSError as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise unreadable(self.path, error) from error
            raise self._not_a_recording() from error
        except (av.FFmpegError, ValueError) as error:
            raise self._not_a_recording() from error
        with container:
            stream = container.streams.best("video")
            if not isinstance(stream, VideoStream):
                raise BadRecording(shown(self.path), "there is no video stream in it", "use a recording with pictures")
            if stream.codec_context is None:
                raise BadRecording(shown(self.path), "its video codec is unknown", "convert it to H.264, for example with ffmpeg")
            stream.codec_context.thread_count = self._threads
            # A change of size in the middle must not get past the limits either.
            stream.codec_context.options = {"max_pixels": str(self._limits.long_side * self._limits.short_side)}
            yield container, stream

    def decoding(self, container: InputContainer, stream: VideoStream, skip: int = 0) -> Decoding:
        return Decoding(container, stream, invented=self.metadata.lacks_times, skip=skip)

    # --- inside ----------------------------------------------------------------------------------

    def _not_a_recording(self) -> BadRecording:
        return BadRecording(
            shown(self.path),
            "this is not a recording that can be opened",
            "use MP4, MOV, MKV, AVI or MPEG-TS with H.264 or H.265",
        )

    def _placed(self, decoding: Decoding, clockwork: Clockwork, skipped: int = 0) -> Iterator[_Placed]:
        for index, picture in enumerate(decoding, skipped):
            at = None if picture.frame is None else clockwork.place(picture.ticks)
            yield _Placed(index, at, picture.frame, picture.corrupt)

    def _items(self, placed: _Placed, hole: Hole | None, drop: DropReason | None, nearest: timedelta) -> Iterator[Item]:
        if hole is not None:
            yield hole
        if drop is None and placed.frame is not None and placed.at is not None:
            yield Captured(self._frame(placed.index, placed.at, placed.frame))
        elif drop is not None:
            yield Passed(nearest, drop)

    def _frame(self, index: int, at: Fraction, picture: VideoFrame) -> Frame:
        image = upright_bgr(picture, picture.rotation, self.metadata.pixel_aspect)
        height, width = image.shape[:2]
        pts = as_timedelta(at)
        return Frame(FrameRef(self._camera, index, pts, self._start.at + pts, width, height), image)

    def _closing(self, captured: int, progress: _Progress, error: str | None) -> Iterator[Item]:
        clockwork = progress.clockwork
        if captured == 0 or clockwork.last is None:
            raise BadRecording(shown(self.path), "not one picture of it can be decoded", "copy it from the recorder again")
        end = clockwork.last + clockwork.interval
        notes = [
            f"the clock of the recorder was reset at {as_timedelta(jump)}; time counts on from there" for jump in clockwork.jumps
        ]
        cut = cut_off(self.path)
        if error is not None:
            notes.append(f"reading stopped early at {as_timedelta(end)} ({error})")
        elif cut:
            notes.append(f"the file is cut off; it was analysed up to {as_timedelta(end)}")
        declared = self.metadata.duration
        until = max(end, Fraction(declared // timedelta(microseconds=1), 1_000_000)) if declared and not clockwork.jumps else end
        hole = progress.holes.end(until, clockwork.interval)
        if hole is not None:
            notes.append(f"no usable picture from {hole.start} to its declared end {hole.end}")
            yield hole
        yield Ended(as_timedelta(end), complete=error is None and not cut and hole is None, notes=tuple(notes))

    def _find(self, container: InputContainer, stream: VideoStream, pts: timedelta) -> Frame | None:
        clockwork = Clockwork(self.metadata.origin, self.metadata.time_base, self.metadata.rate)
        for placed in self._placed(self.decoding(container, stream), clockwork):
            if placed.at is None or placed.frame is None:
                continue
            at = as_timedelta(placed.at)
            if at == pts and not placed.corrupt:
                return self._frame(placed.index, placed.at, placed.frame)
            if at > pts and not clockwork.jumps:
                return None
        return None
