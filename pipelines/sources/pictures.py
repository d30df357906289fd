"""Decodes one video stream and accounts for every packet of it: out comes a picture, or the word that there was none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_REORDER = 32
"""A packet whose picture has not come out after so many later ones is lost (H.264 and H.265 reorder at most 16)."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``frame`` is ``None`` when the decoder gave nothing for a packet; ``ticks`` is the stream's own time stamp."""

    ticks: int | None
    frame: VideoFrame | None
    corrupt: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    """A packet whose picture has not come out: ``label`` is what the decoder will hand back with it."""

    ordinal: int
    label: int | None
    ticks: int | None
    corrupt: bool


class Decoding:
    """One pass over a stream from where its container stands.

    Args:
        invented: the container has no presentation times (AVI): its pictures take the times of the packets in rising
            order, which is what a constant rate means.

        skip: so many packets from the beginning are read and not decoded; the next one must be a keyframe.

    After the iteration ``error`` holds what stopped it early, if anything did.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, *, invented: bool, skip: int = 0) -> None:
        self._container, self._stream, self._invented = container, stream, invented
        self._skip = skip
        self._pending: list[_Pending] = []
        self._ordinal = 0
        self.error: str | None = None

    def __iter__(self) -> Iterator[Picture]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, OSError) as error:
                self.error = type(error).__name__
                break
            yield from self._decode(packet)
        if self.error is not None:
            yield from self._decode(None)
        for left in self._pending:
            yield Picture(left.ticks, None, corrupt=True)
        self._pending.clear()

    def _decode(self, packet: Packet[VideoStream] | None) -> Iterator[Picture]:
        if packet is not None and holds_picture(packet):
            if self._ordinal < self._skip:
                self._ordinal += 1
                return
            ticks = packet.dts if self._invented or packet.pts is None else packet.pts
            self._pending.append(_Pending(self._ordinal, packet.pts, ticks, packet.is_corrupt))
            self._ordinal += 1
        try:
            frames = self._stream.codec_context.decode(packet)
        except (av.FFmpegError, ValueError):
            return  # its packet stays pending and is reported as lost
        for frame in frames:
            yield from self._came_out(frame)

    def _came_out(self, frame: VideoFrame) -> Iterator[Picture]:
        match = self._match(frame)
        if match is None:
            # Its packet was counted already: after an error a decoder may bring a picture late, or one twice.
            return
        ticks = match.ticks
        if self._invented:
            ticks = min((p.ticks for p in self._pending if p.ticks is not None), default=match.ticks)
            self._give_time(match, ticks)
        self._pending.remove(match)
        yield from self._overtaken(match.ordinal, ticks)
        yield Picture(ticks, frame, corrupt=frame.is_corrupt or match.corrupt)

    def _overtaken(self, ordinal: int, ticks: int | None) -> Iterator[Picture]:
        """Packets that should have been shown before this one, and were not: pictures come out in the order of time.

        Time stamps alone would not do: after a reset of the recorder's clock they compare wrongly, but then age tells.
        """
        lost = [
            packet
            for packet in self._pending
            if packet.ordinal < ordinal
            and (ordinal - packet.ordinal > _REORDER or (ticks is not None and packet.ticks is not None and packet.ticks < ticks))
        ]
        for packet in lost:
            self._pending.remove(packet)
            yield Picture(packet.ticks, None, corrupt=True)

    def _match(self, frame: VideoFrame) -> _Pending | None:
        if frame.pts is None:
            return self._pending[0] if self._pending else None
        return next((p for p in self._pending if p.label == frame.pts), None)

    def _give_time(self, match: _Pending, ticks: int | None) -> None:
        """The packet that owned the time which `match` takes gets the one of `match` in exchange."""
        for at, other in enumerate(self._pending):
            if other.ticks == ticks and other is not match:
                self._pending[at] = replace(other, ticks=match.ticks)
                return


def holds_picture(packet: Packet[VideoStream]) -> bool:
    """Whether a picture is to be expected of a packet: not of an empty one, nor of one that the container itself cuts out."""
    return packet.size > 0 and not packet.is_discard


def rate_of(stream: VideoStream) -> Fraction | None:
    """The mean rate that the container declares; ``None`` when it declares none or nonsense."""
    rate = stream.average_rate or stream.guessed_rate
    return rate if rate and rate > 0 else None
