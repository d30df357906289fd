"""One connection, packet by packet: what is decoded, what is sent to be analysed, what is only counted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.frame import Image
from models.upright import pixel_aspect, squared
from pipelines.gate import GLANCE_SIZE, LONGEST_NAP, Attention, MotionTest, PacketGate, RateSampler, is_cheap, peek_due
from pipelines.health import LoopWatch
from pipelines.ring import Recorder
from pipelines.sources.address import Scheme
from pipelines.sources.arriving import AT_ONCE, live, paced, stamp_of
from pipelines.sources.line import LineWatch
from pipelines.sources.nap import Nap
from pipelines.sources.opening import open_stream
from pipelines.sources.painted import painted
from pipelines.sources.request import CaptureRequest, StreamChangedError, Wishes
from pipelines.sources.timeline import Arrivals, StreamTimeline
from pipelines.sources.wire import Glance, Opened, Pulse, Send, Shot, Tally, send

_GLANCE_EVERY: Final = 1.0  # s
_PULSE_EVERY: Final = 0.5  # s
_LINE_EVERY: Final = 1.0  # s
_UNDECODABLE: Final = 5  # packets in a row without a picture: the stream is another one now
_TIMELESS: Final = frozenset({"mjpeg"})  # JPEG by JPEG over HTTP says nothing of time: the library makes up 25 a second


@dataclass(slots=True)
class _Counts:
    captured: int = 0
    sent: int = 0
    rate: int = 0
    quiet: int = 0
    corrupt: int = 0
    decode: int = 0

    def tally(self) -> Tally:
        return Tally(self.captured, self.sent, self.rate, self.quiet, self.corrupt, self.decode)


@dataclass(slots=True)
class _SinceGlance:
    at: float = 0.0
    p_bytes: int = 0
    p_count: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture with its small grey one, ``at`` in stream time; ``catch_up``: from before the gates woke up.

    Without gates nobody asks whether a picture moved: ``grey`` is None then and made for the picture health alone.
    """

    frame: VideoFrame
    grey: Image | None
    at: float
    arrival: float
    catch_up: bool = False


class Streaming:
    """Runs connections for one request. Counts and stream time go on over a reopening.

    Args:
        request: what is asked.
        wishes: what is asked in between.
        clock: monotonic seconds.
        sleep: waits for so many seconds; recordings are held back with it.
        send: passes a message on.
    """

    def __init__(
        self,
        request: CaptureRequest,
        wishes: Wishes,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        send: Send = send,
    ) -> None:
        self._request, self._wishes, self._clock, self._sleep, self._send = request, wishes, clock, sleep, send
        self._counts, self._timeline = _Counts(), StreamTimeline()
        self._gate, self._motion, self._attention = PacketGate(), MotionTest(), Attention()
        self._grid, self._pace = RateSampler(wishes.most), RateSampler(wishes.rate)  # of the motion test, of the detector
        self._since, self._last_sent = _SinceGlance(), 0.0
        self._nap, self._loops = Nap(), LoopWatch()
        self._broken, self._fruitless = False, 0
        self._size: tuple[int, int] = (0, 0)
        self._aspect = Fraction(1)  # of a pixel
        self._codec = ""
        self._key_at, self._gop_seconds = 0.0, 0.0
        self._shown_at = 0.0  # the arrival of the packet that was decoded last
        self._line, self._line_told = LineWatch(wishes.most), -math.inf

    @property
    def tally(self) -> Tally:
        return self._counts.tally()

    def run(self) -> None:
        """Stay with the camera until it ends or fails. Raises whatever the library raises."""
        if self._request.scheme in {Scheme.SYNTHETIC, Scheme.FOLDER}:
            self._paint()
            return
        while True:
            with open_stream(self._request) as container:
                stream = container.streams.video[0]
                stream.thread_count = 1  # as many decoders as cameras share the cores already
                self._codec, self._nap, self._broken, self._fruitless = stream.codec_context.name, Nap(), False, 0
                self._aspect = pixel_aspect(stream)
                self._announce(stream.width, stream.height, stream.average_rate)
                self._watch(container, stream)
            if self._request.scheme is not Scheme.FILE:
                return  # a recording is played again, a camera that ends is a fault

    @property
    def _has_line(self) -> bool:
        """A recording is never late; of a stream that is only recorded nothing is asked."""
        return self._request.decode and self._request.scheme is not Scheme.FILE

    def _announce(self, width: int, height: int, rate: Fraction | None) -> None:
        self._size = width, height
        self._send(self._request.descriptor, Opened(self._codec, width, height, float(rate) if rate else None))

    def _arriving(self, container: InputContainer, stream: VideoStream) -> Iterator[tuple[Packet[VideoStream], float]]:
        if self._request.scheme is Scheme.FILE:
            return paced(container, stream, self._clock, self._sleep)
        return live(container, stream, self._clock)

    def _watch(self, container: InputContainer, stream: VideoStream) -> None:
        folder = self._request.ring
        ring = Recorder(Path(folder), self._request.segment) if folder is not None else None
        arrivals, asked, has_line = Arrivals(), -math.inf, self._has_line
        self._line = LineWatch(self._wishes.most)
        try:
            for packet, arrival in self._arriving(container, stream):
                stamp = None if self._codec in _TIMELESS else stamp_of(packet)
                if has_line:
                    self._line.packet(stamp, arrival, waited=arrival - asked >= AT_ONCE)
                if ring is not None:
                    came = arrivals.place(stamp, arrival)
                    wall = self._request.wall + came - self._request.mono
                    ring.write(packet, stream, came, wall, wanted=self._wishes.record)
                self._packet(packet, stream, arrival)
                if has_line:
                    if arrival - self._line_told >= _LINE_EVERY:
                        self._line_told = arrival
                        self._send(self._request.descriptor, self._line.state(arrival))
                    asked = self._clock()
        finally:
            if ring is not None:
                ring.close()

    # --- packets ----------------------------------------------------------------------------------

    def _packet(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float) -> None:
        counts, key = self._counts, packet.is_keyframe
        counts.captured += 1
        self._since.total += packet.size
        if self._request.scheme is not Scheme.FILE:  # a file is meant to begin again
            self._loops.packet(packet.size, key=key)
        if not key:
            self._since.p_bytes += packet.size
            self._since.p_count += 1
        self._follow_wishes()
        if key:
            self._gop_seconds = arrival - self._key_at if self._key_at else 0.0
            self._key_at = arrival
        awake = self._gate.packet(packet.size, arrival, key=key) or not self._request.gated
        awake = awake or max(self._gop_seconds, arrival - self._key_at) > LONGEST_NAP
        if not self._request.decode:
            counts.quiet += 1
        elif key and (awake or self._wary or not self._attention.idle(arrival, self._gop_seconds)):
            self._keyframe(packet, stream, arrival, awake=awake)
            self._shown_at = arrival
        else:
            self._nap.waiting.append((packet, arrival))
            counts.quiet += 1
            if awake or self._peek(arrival):
                self._catch_up(stream)
                self._shown_at = arrival
        if arrival - self._last_sent >= _PULSE_EVERY:
            self._tell(Pulse(arrival, self.tally))

    @property
    def _wary(self) -> bool:
        """Keyframes do not rest: what the packets are worth is not known, and looking is cheap, or it is known."""
        return not self._gate.reliable or (not self._gate.proven and is_cheap(self._size))

    def _peek(self, arrival: float) -> bool:
        to_keyframe = self._key_at + self._gop_seconds - arrival
        return not self._gate.proven and is_cheap(self._size) and peek_due(arrival - self._shown_at, to_keyframe)

    def _follow_wishes(self) -> None:
        wishes = self._wishes
        if wishes.rate != self._pace.rate:
            self._pace = RateSampler(wishes.rate, self._pace.next_due)
        self._line.rate = wishes.most
        if wishes.most != self._grid.rate:
            self._grid = RateSampler(wishes.most, self._grid.next_due)
        self._gate.hold(wishes.hold_until)

    def _keyframe(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, *, awake: bool) -> None:
        if awake:
            self._catch_up(stream)
            self._nap, self._broken = Nap([packet]), False
            self._decode(packet, stream, arrival, self._nap)
            return
        before, self._nap, self._broken = self._nap, Nap([packet]), False
        for frame in self._alone(packet, stream, arrival):
            if self._damaged(frame, packet):
                continue
            if frame.pts != packet.pts:  # one from before that the decoder had held back
                self._picture(frame, arrival)
                continue
            grey = glance_of(frame)
            untouched = copy(self._motion)
            moved = self._motion.moved(grey, arrival)
            if moved and before.waiting and before.whole:
                self._motion = untouched  # or it would miss in the pictures before what this one has taught it
                self._look_back(before, stream)
                self._motion.moved(grey, arrival)
            at = self._place(frame, arrival)
            self._grid.due(at)
            self._judge(Decoded(frame, grey, at, arrival), moved=moved)

    def _alone(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float) -> list[VideoFrame]:
        """The picture of a keyframe, without those that would follow."""
        context = stream.codec_context
        frames = self._decoded(packet, stream, arrival)
        if all(frame.pts != packet.pts for frame in frames):
            # The decoder waits for pictures that will not be shown to it: ask for the one it has.
            frames += _left(context, packet)
            context.flush_buffers()
            self._nap.behind, self._fruitless = False, 0 if frames else self._fruitless
        return frames

    def _catch_up(self, stream: VideoStream) -> None:
        """Decode what was let pass since the last keyframe, so that nothing is left out."""
        nap = self._nap
        if not nap.behind:
            self._rewind(nap, stream)
        for packet, arrival, last in nap.take():
            self._counts.quiet -= 1
            self._decode(packet, stream, arrival, nap, catch_up=not last)

    def _look_back(self, nap: Nap, stream: VideoStream) -> None:
        """A keyframe shows that something happens: decode what was let pass before it. The decoder is elsewhere then."""
        (newest, arrival), broken = nap.waiting[-1], self._broken
        self._rewind(nap, stream)
        for packet, came, _ in nap.take():
            self._counts.quiet -= 1
            self._decode(packet, stream, came, nap, catch_up=True)
        for frame in _left(stream.codec_context, newest):
            if frame.pts not in nap.again and not self._broken:
                self._picture(frame, arrival, catch_up=True)
        self._nap.behind, self._broken = False, broken

    def _rewind(self, nap: Nap, stream: VideoStream) -> None:
        """Show the decoder once more what it saw of a nap; those pictures are known then."""
        context, self._broken = stream.codec_context, False
        context.flush_buffers()
        for packet in nap.shown:
            for frame in self._decoded(packet, stream, arrival=None):
                self._broken = self._broken or frame.is_corrupt or packet.is_corrupt
        nap.again, nap.behind = nap.labels(), True

    def _decoded(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float | None) -> list[VideoFrame]:
        """What comes out for a packet; ``arrival`` when it is shown for the first time and counts."""
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            if arrival is not None:
                self._counts.decode += 1
            frames, self._broken = [], True
        if arrival is not None:
            self._fruitless = 0 if frames else self._fruitless + 1
            if self._fruitless >= _UNDECODABLE and self._gate.awake(arrival):
                raise StreamChangedError("packets cannot be decoded any more")
        return frames

    def _decode(
        self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, nap: Nap, *, catch_up: bool = False
    ) -> None:
        for frame in self._decoded(packet, stream, arrival):
            if frame.pts not in nap.again and not self._damaged(frame, packet):
                self._picture(frame, arrival, catch_up=catch_up)

    def _damaged(self, frame: VideoFrame, packet: Packet[VideoStream]) -> bool:
        """What refers to a damaged picture is damaged, flagged or not, until the next keyframe."""
        self._broken = self._broken or frame.is_corrupt or packet.is_corrupt
        self._counts.corrupt += self._broken
        if self._broken:
            self._line.damaged()
        return self._broken

    # --- pictures ---------------------------------------------------------------------------------

    def _place(self, frame: VideoFrame, arrival: float) -> float:
        """Seconds of stream time."""
        at = self._timeline.place(None if self._codec in _TIMELESS else frame.time, arrival)
        if (frame.width, frame.height) != self._size:
            self._announce(frame.width, frame.height, None)
        return at

    def _picture(self, frame: VideoFrame, arrival: float, *, catch_up: bool = False) -> None:
        at = self._place(frame, arrival)
        if not self._grid.due(at):
            self._counts.rate += 1
            return
        grey = glance_of(frame) if self._request.gated else None
        moved = grey is not None and self._motion.moved(grey, arrival)
        self._judge(Decoded(frame, grey, at, arrival, catch_up), moved=moved)

    def _judge(self, picture: Decoded, *, moved: bool) -> None:
        """Send a picture to be analysed, or count why not."""
        at, arrival = picture.at, picture.arrival
        self._gate.moved(arrival, moved=moved)
        self._attention.noticed(arrival, moved=moved)
        awake = self._gate.awake(arrival) and not (picture.catch_up and self._attention.still(arrival))
        wanted = moved or not self._request.gated or awake
        if at - self._since.at >= _GLANCE_EVERY or self._since.at == 0.0:
            self._glance(glance_of(picture.frame) if picture.grey is None else picture.grey, at, arrival)
        due = self._pace.due(at) or (wanted and self._attention.close(arrival))
        step = self._gop_seconds if self._gop_seconds <= LONGEST_NAP else 0.0
        if not wanted and (picture.catch_up or not self._attention.overdue(arrival, step)):
            self._counts.quiet += 1
        elif not due:
            self._counts.rate += 1
        else:
            self._attention.looked(arrival, wanted=wanted)
            frame = picture.frame
            width, height = _fit(*squared(frame.width, frame.height, self._aspect), self._request.width)
            pixels = np.ascontiguousarray(frame.to_ndarray(format="bgr24", width=width, height=height), dtype=np.uint8)
            self._shoot(pixels, at, arrival, catch_up=picture.catch_up, unasked=not wanted)

    def _shoot(self, picture: Image, at: float, arrival: float, *, catch_up: bool = False, unasked: bool = False) -> None:
        self._counts.sent += 1
        height, width = picture.shape[:2]
        self._tell(Shot(at, arrival, width, height, self.tally, catch_up, unasked), picture.data)

    def _glance(self, grey: Image, at: float, arrival: float) -> None:
        since = self._since
        mean = since.p_bytes / since.p_count if since.p_count else 0.0
        glance = Glance(
            at=at,
            arrival=arrival,
            width=grey.shape[1],
            height=grey.shape[0],
            tally=self.tally,
            p_bytes=mean,
            bytes_total=since.total,
            awake=self._gate.awake(arrival),
            missed=self._gate.missed,
            anomalies=self._timeline.anomalies,
            looped=self._loops.looped,
            keyframe_seconds=self._gop_seconds,
        )
        self._since = _SinceGlance(at=max(at, 1e-6), total=since.total)
        self._tell(glance, grey.data)

    def _tell(self, message: Shot | Glance | Pulse, pixels: memoryview | None = None) -> None:
        self._last_sent = self._clock()
        self._send(self._request.descriptor, message, pixels)

    def _paint(self) -> None:
        """Sources that have pictures and no packets."""
        self._codec = "raw"
        for picture in painted(self._request.scheme, self._request.url, self._request.rate):
            arrival = self._clock()
            self._counts.captured += 1
            at = self._timeline.place(None, arrival)
            if picture.shape[1::-1] != self._size:
                self._announce(picture.shape[1], picture.shape[0], None)
            frame = VideoFrame.from_ndarray(picture, format="bgr24")
            if at - self._since.at >= _GLANCE_EVERY or self._since.at == 0.0:
                grey = glance_of(frame)
                self._glance(grey, at, arrival)
            self._shoot(picture, at, arrival)


def _left(context: VideoCodecContext, packet: Packet[VideoStream]) -> list[VideoFrame]:
    """What the decoder still holds back. Pictures that come out without a packet do not know what their time is counted in."""
    frames = context.decode(None)
    for frame in frames:
        frame.time_base = packet.time_base
    return frames


def glance_of(frame: VideoFrame) -> Image:
    """The small grey picture that the motion test and the picture health look at."""
    return np.ascontiguousarray(frame.reformat(*GLANCE_SIZE, "gray", interpolation="AREA").to_ndarray(), dtype=np.uint8)


def _fit(width: int, height: int, widest: int) -> tuple[int, int]:
    if width <= widest:
        return width, height
    return widest, max(2, round(height * widest / width) // 2 * 2)
