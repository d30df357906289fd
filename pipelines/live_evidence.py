"""Evidence of live events: cut from the packet ring once what follows the event has been recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from analyzer.types import CameraId, FrameRef
from models.frame import Frame
from models.upright import pixel_aspect, upright_bgr
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence import Clip, Episode
from pipelines.evidence.footage import writing
from pipelines.ring import Segment, covering

POST_ROLL: Final = timedelta(seconds=10)
_FLUSHED: Final = timedelta(seconds=2)  # until the ring's last packets are on disk
_BASE: Final = Fraction(1, 1000)
_OPENING: Final = {"format_whitelist": "matroska,webm", "protocol_whitelist": "file"}
_PLAYS: Final = frozenset({"yuv420p", "yuvj420p"})
_CUT_OFF: Final = (av.error.EOFError, av.error.InvalidDataError, av.error.FileNotFoundError)
"""What a file of the ring says that has no beginning yet, has lost its end, or is gone. Other errors are the disk's."""

_Opened = tuple[InputContainer, VideoStream]


def due(episode: Episode, now: datetime) -> bool:
    """Whether ten seconds after the opening (or after an end that came soon) have been recorded.

    A violation that goes on is not waited for: people are to look at it while it does.
    """
    end = episode.last.at if episode.last.at - episode.opened.at <= POST_ROLL else episode.opened.at
    return now >= end + POST_ROLL + _FLUSHED


@dataclass(frozen=True, slots=True)
class NoFootage:
    """An event of which there are no moving pictures, and why. The rest of its evidence is written all the same."""

    fault: EvidenceFault

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        raise EvidenceError(self.fault)

    def still(self, pts: timedelta) -> Frame | None:
        return None


@dataclass(frozen=True, slots=True)
class RingFootage:
    """Implements `pipelines.evidence.Footage` over the ring of one camera. ``zero`` is UTC of stream time zero."""

    camera: CameraId
    folder: Path
    zero: datetime

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        """Copy packets from the keyframe at or before ``since``. A size or codec that changes in between ends the clip."""
        packets = self._packets(since, until)
        first = next(packets, None)
        if first is None:
            raise EvidenceError(EvidenceFault.NO_FOOTAGE)
        starts, template, packet = first
        context = template.codec_context
        shape = (context.name, context.width, context.height)
        plays = context.name == "h264" and str(context.pix_fmt) in _PLAYS
        last, note = starts, ""
        with writing(target) as output:
            copy = output.add_stream_from_template(template, opaque=True)
            if context.name == "hevc":
                copy.codec_context.codec_tag = "hvc1"
            self._mux(packet, timedelta(0), copy)
            output.mux(packet)
            for at, source, following in packets:
                now = source.codec_context
                if (now.name, now.width, now.height) != shape:
                    note = "the camera changed its format here; the clip stops before it"
                    break
                self._mux(following, max(at, last + timedelta(milliseconds=1)) - starts, copy)
                output.mux(following)
                last = max(at, last)
        return Clip(shape[0], starts, last - starts, plays, note)

    def still(self, pts: timedelta) -> Frame | None:
        """The picture shown at ``pts``; ``None`` when the ring has none near it."""
        for segment in reversed(covering(self.folder, self.zero + pts, self.zero + pts + timedelta(milliseconds=1))):
            best, offset = None, segment.starts_at - self.zero
            aspect = Fraction(1)
            with _opened(segment) as opened, suppress(*_CUT_OFF):
                if opened:
                    aspect = pixel_aspect(opened[1])
                for frame in opened[0].decode(opened[1]) if opened else ():
                    at = offset + timedelta(seconds=frame.time or 0.0)
                    if at > pts + timedelta(milliseconds=20) and best is not None:
                        break
                    best = (at, frame)
            if best is not None and abs(best[0] - pts) < timedelta(seconds=5):
                image = upright_bgr(best[1], 0, aspect)
                ref = FrameRef(self.camera, 0, best[0], self.zero + best[0], image.shape[1], image.shape[0])
                return Frame(ref, image)
        return None

    @staticmethod
    def _mux(packet: Packet[VideoStream], at: timedelta, stream: VideoStream) -> None:
        packet.pts = packet.dts = round(at / timedelta(milliseconds=1))
        packet.time_base = _BASE
        packet.stream = stream

    def _packets(self, since: timedelta, until: timedelta) -> Iterator[tuple[timedelta, VideoStream, Packet[VideoStream]]]:
        """Packets with their stream time, from the last keyframe at or before ``since`` (or the first there is)."""
        files = covering(self.folder, self.zero + since, self.zero + until)
        begins = self._last_keyframe(files[0], since) if files else None
        for segment in files:
            offset = segment.starts_at - self.zero
            with _opened(segment) as opened:
                for at, packet in _packets_of(opened, offset):
                    if at > until:
                        return
                    if opened and (begins is None or at >= begins):
                        yield at, opened[1], packet

    def _last_keyframe(self, segment: Segment, since: timedelta) -> timedelta | None:
        found = None
        with _opened(segment) as opened:
            for at, packet in _packets_of(opened, segment.starts_at - self.zero):
                if not packet.is_keyframe:
                    continue
                if at > since and found is not None:
                    break
                found = at
        return found


@contextmanager
def _opened(segment: Segment) -> Iterator[_Opened | None]:
    """The video of one file of the ring; ``None`` of one that has just begun, was cut off in its beginning, or is pruned already."""
    try:
        container = av.open(str(segment.path), options=_OPENING)
    except _CUT_OFF:
        yield None
        return
    with container:
        yield (container, container.streams.video[0]) if container.streams.video else None


def _packets_of(opened: _Opened | None, offset: timedelta) -> Iterator[tuple[timedelta, Packet[VideoStream]]]:
    """Packets and their time, up to the end of the file or to where a write was cut off."""
    if opened is None:
        return
    container, stream = opened
    with suppress(*_CUT_OFF):
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                yield offset + timedelta(seconds=float(packet.pts * packet.time_base)), packet
