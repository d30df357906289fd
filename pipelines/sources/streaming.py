"""One connection, packet by packet: what is decoded, what is sent to be analysed, what is only counted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.frame import Image
from pipelines.gate import GLANCE_SIZE, MotionTest, PacketGate, RateSampler
from pipelines.health import LoopWatch
from pipelines.ring import RingWriter
from pipelines.sources.address import Scheme
from pipelines.sources.painted import painted
from pipelines.sources.request import CaptureRequest, StreamChangedError, Wishes
from pipelines.sources.timeline import Arrivals, StreamTimeline, dated_back
from pipelines.sources.wire import Glance, Opened, Pulse, Send, Shot, Tally, send

_GLANCE_EVERY: Final = 1.0  # s
_PULSE_EVERY: Final = 0.5  # s
_UNDECODABLE: Final = 5  # packets in a row without a picture: the stream is another one now
_RECORD_AGAIN: Final = 15.0  # s after the disk has refused
_LONGEST_NAP: Final = 4.0  # s; with keyframes further apart every picture is decoded
_AUDIT: Final = 2.0  # s between the looks that nothing asked for
_QUIET_AUDIT: Final = 4.2  # ... when it has been quiet for long; less than what the ledger calls watched
_LONG_QUIET: Final = 30.0  # s
_TIMELESS: Final = frozenset({"mjpeg"})  # JPEG by JPEG over HTTP says nothing of time: the library makes up 25 a second
_AT_ONCE: Final = 0.02  # s; a packet that was not waited for longer had been there already
_LONGEST_GOP: Final = 600  # packets kept to go back to the last keyframe


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


@dataclass(slots=True)
class _Gop:
    """Packets since the last keyframe that were not decoded, with their times of arrival."""

    packets: list[tuple[Packet[VideoStream], float]] = field(default_factory=list)
    asleep: bool = False  # whether pictures were left out since the keyframe


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
        self._gate, self._motion, self._sampler = PacketGate(), MotionTest(), RateSampler(request.rate)
        self._since, self._last_sent = _SinceGlance(), 0.0
        self._looked = self._wanted = 0.0  # when a picture was sent last, and when one that the gates had asked for
        self._gop, self._loops = _Gop(), LoopWatch()
        self._broken, self._fruitless = False, 0
        self._size: tuple[int, int] = (0, 0)
        self._codec = ""
        self._key_at, self._gop_seconds = 0.0, 0.0

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
                self._codec, self._gop, self._broken, self._fruitless = stream.codec_context.name, _Gop(), False, 0
                self._announce(stream.width, stream.height, stream.average_rate)
                self._watch(container, stream)
            if self._request.scheme is not Scheme.FILE:
                return  # a recording is played again, a camera that ends is a fault

    def _announce(self, width: int, height: int, rate: Fraction | None) -> None:
        self._size = width, height
        self._send(self._request.descriptor, Opened(self._codec, width, height, float(rate) if rate else None))

    def _arriving(self, container: InputContainer, stream: VideoStream) -> Iterator[tuple[Packet[VideoStream], float]]:
        if self._request.scheme is Scheme.FILE:
            return _paced(container, stream, self._clock, self._sleep)
        return _live(container, stream, self._clock)

    def _watch(self, container: InputContainer, stream: VideoStream) -> None:
        folder = self._request.ring
        ring = _Recorder(Path(folder), self._request.segment) if folder is not None else None
        arrivals = Arrivals()
        try:
            for packet, arrival in self._arriving(container, stream):
                if ring is not None:
                    came = arrivals.place(None if self._codec in _TIMELESS else _stamp(packet), arrival)
                    wall = self._request.wall + came - self._request.mono
                    ring.write(packet, stream, came, wall, wanted=self._wishes.record)
                self._packet(packet, stream, arrival)
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
        if self._wishes.rate != self._sampler.rate:
            self._sampler = RateSampler(self._wishes.rate, self._sampler.next_due)
        self._gate.hold(self._wishes.hold_until)
        if key:
            self._gop_seconds = arrival - self._key_at if self._key_at else 0.0
            self._key_at = arrival
        awake = self._gate.packet(packet.size, arrival, key=key) or not self._request.gated or self._gop_seconds > _LONGEST_NAP
        if not self._request.decode:
            counts.quiet += 1
        elif key:
            self._gop = _Gop([(packet, arrival)])
            self._keyframe(packet, stream, arrival, awake=awake)
        elif awake:
            self._catch_up(stream)
            self._decode(packet, stream, arrival)
        else:
            self._gop.asleep = True
            if len(self._gop.packets) < _LONGEST_GOP:
                self._gop.packets.append((packet, arrival))
            counts.quiet += 1
        if arrival - self._last_sent >= _PULSE_EVERY:
            self._tell(Pulse(arrival, self.tally))

    def _keyframe(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, *, awake: bool) -> None:
        self._broken = False
        produced = self._decode(packet, stream, arrival)
        if not awake and not produced:
            # The decoder waits for pictures that will not be shown to it: ask for the one it has.
            context = stream.codec_context
            for frame in context.decode(None):
                self._picture(frame, arrival)
            context.flush_buffers()

    def _catch_up(self, stream: VideoStream) -> None:
        """Something happens: decode what was left out since the last keyframe, so that nothing is skipped."""
        if not self._gop.asleep:
            return
        context, waiting = stream.codec_context, self._gop.packets
        self._gop = _Gop(waiting[:1])
        context.flush_buffers()
        for index, (packet, arrival) in enumerate(waiting):
            if index == 0:
                context.decode(packet)  # was looked at when it came
                continue
            self._counts.quiet -= 1
            self._decode(packet, stream, arrival, catch_up=True)

    def _decode(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, *, catch_up: bool = False) -> bool:
        """Whether a picture came out."""
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._counts.decode += 1
            frames, self._broken = [], True
        self._fruitless = 0 if frames else self._fruitless + 1
        if self._fruitless >= _UNDECODABLE and self._gate.awake(arrival):
            raise StreamChangedError("packets cannot be decoded any more")
        for frame in frames:
            self._broken = self._broken or frame.is_corrupt or packet.is_corrupt
            if self._broken:
                # What refers to a damaged picture is damaged, flagged or not, until the next keyframe.
                self._counts.corrupt += 1
            else:
                self._picture(frame, arrival, catch_up=catch_up)
        return bool(frames)

    # --- pictures ---------------------------------------------------------------------------------

    def _picture(self, frame: VideoFrame, arrival: float, *, catch_up: bool = False) -> None:
        at = self._timeline.place(None if self._codec in _TIMELESS else frame.time, arrival)
        if (frame.width, frame.height) != self._size:
            self._announce(frame.width, frame.height, None)
        if not self._sampler.due(at):
            self._counts.rate += 1
            return
        grey = _glance_of(frame)
        moved = self._motion.moved(grey, arrival)
        self._gate.moved(arrival, moved=moved)
        wanted = moved or not self._request.gated or self._gate.awake(arrival)
        if at - self._since.at >= _GLANCE_EVERY or self._since.at == 0.0:
            self._glance(grey, at, arrival)
        if wanted:
            self._wanted = arrival
        elif not self._overdue(arrival):
            self._counts.quiet += 1
            return
        width, height = _fit(frame.width, frame.height, self._request.width)
        picture = np.ascontiguousarray(frame.to_ndarray(format="bgr24", width=width, height=height), dtype=np.uint8)
        self._shoot(picture, at, arrival, catch_up=catch_up, unasked=not wanted)

    def _overdue(self, arrival: float) -> bool:
        """While nothing happens the detector still looks now and then: what both gates miss must not stay unseen.

        Every two seconds at first. When it has been quiet for long, only when the next keyframe would be too late.
        """
        if arrival - self._wanted < _LONG_QUIET:
            return arrival - self._looked >= _AUDIT
        step = self._gop_seconds if self._gop_seconds <= _LONGEST_NAP else 0.0
        return arrival + step - self._looked > _QUIET_AUDIT

    def _shoot(self, picture: Image, at: float, arrival: float, *, catch_up: bool = False, unasked: bool = False) -> None:
        self._counts.sent += 1
        self._looked = arrival
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
                grey = _glance_of(frame)
                self._glance(grey, at, arrival)
            self._shoot(picture, at, arrival)


def _glance_of(frame: VideoFrame) -> Image:
    return np.ascontiguousarray(frame.reformat(*GLANCE_SIZE, "gray", interpolation="AREA").to_ndarray(), dtype=np.uint8)


class _Recorder:
    """The ring, as long as the disk takes it: a full disk costs the recording, never the watching."""

    def __init__(self, folder: Path, segment: float) -> None:
        self._folder, self._segment = folder, segment
        self._ring: RingWriter | None = None
        self._again = 0.0

    def write(self, packet: Packet[VideoStream], stream: VideoStream, arrival: float, wall: float, *, wanted: bool) -> None:
        """Write one packet, if that is wanted and has not just failed."""
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


def _paced(
    container: InputContainer, stream: VideoStream, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[tuple[Packet[VideoStream], float]]:
    """Packets of a recording with the second at which each came, held back to the speed at which it was made."""
    start: tuple[float, float] | None = None
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if (at := _stamp(packet)) is not None:
            start = start or (clock(), at)
            sleep(max(start[0] + at - start[1] - clock(), 0.0))
        yield packet, clock()


def _live(
    container: InputContainer, stream: VideoStream, clock: Callable[[], float]
) -> Iterator[tuple[Packet[VideoStream], float]]:
    """Packets with the time at which each arrived.

    What had gathered while the stream was being recognised comes in one go: it is dated back by its own timestamps, or the
    whole connection would lie in the future by as much.
    """
    gathered: list[tuple[Packet[VideoStream], float]] = []
    asked, burst = clock(), True
    for packet in container.demux(stream):
        now = clock()
        if packet.size == 0:
            continue
        if not burst:
            yield packet, now
            continue
        gathered.append((packet, now))
        burst = now - asked < _AT_ONCE and len(gathered) < _LONGEST_GOP
        asked = now
        if not burst:
            dated = dated_back([(_stamp(one), read) for one, read in gathered])
            yield from zip((one for one, _ in gathered), dated, strict=True)
            asked, gathered = now, []
    yield from gathered


def _stamp(packet: Packet[VideoStream]) -> float | None:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return None if stamp is None else float(stamp * packet.time_base)


def _fit(width: int, height: int, widest: int) -> tuple[int, int]:
    if width <= widest:
        return width, height
    return widest, max(2, round(height * widest / width) // 2 * 2)


_COMMON: Final = {"analyzeduration": "500000", "probesize": "500000"}
_RTSP: Final = {**_COMMON, "rtsp_transport": "tcp", "protocol_whitelist": "rtp,tcp,tls,crypto,udp"}
_HTTP: Final = {
    **_COMMON,
    "protocol_whitelist": "http,https,tcp,tls,crypto",
    "format_whitelist": "mpjpeg,mjpeg,jpeg_pipe,mpegts,h264,hevc,flv",
    "max_redirects": "0",  # a redirect could lead to a machine that was not checked
}
_FILE: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,h264,hevc",
}


def open_stream(request: CaptureRequest) -> InputContainer:
    """Open with allow-lists of protocols and formats: a camera may not send us a playlist that names other places.

    Raises:
        av.FFmpegError: what the library says.
        ValueError: no video in it.
    """
    # When its own read times out the library first hands out the picture it had kept, which would look like a live camera:
    # the owner's watchdog has to be quicker.
    timeout = (request.timeout, 6 * request.timeout)
    if request.scheme in {Scheme.RTSP, Scheme.RTSPS}:
        container = av.open(request.url, options=_RTSP, timeout=timeout)
    elif request.scheme in {Scheme.HTTP, Scheme.HTTPS}:
        container = av.open(request.url, options=_HTTP, timeout=timeout)
    elif request.scheme is Scheme.USB:
        device = Path(f"/dev/video{int(request.url)}")
        if not device.exists():
            raise FileNotFoundError(f"{device}: there is no camera of that index on this machine")
        container = av.open(str(device), format="v4l2", timeout=timeout)
    else:
        container = av.open(request.url, options=_FILE)
    if not container.streams.video:
        container.close()
        raise ValueError("there is no video in the stream")
    return container
