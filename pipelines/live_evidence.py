"""Evidence of live events: cut from the packet ring once what follows the event has been recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from analyzer.types import CameraId, FrameRef
from models.frame import Frame
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence import Clip, Episode
from pipelines.evidence.footage import FRAGMENTED
from pipelines.ring import Segment, covering

POST_ROLL: Final = timedelta(seconds=10)
_FLUSHED: Final = timedelta(seconds=2)  # until the ring's last packets are on disk
_BASE: Final = Fraction(1, 1000)
_OPENING: Final = {"format_whitelist": "matroska,webm", "protocol_whitelist": "file"}
_PLAYS: Final = frozenset({"yuv420p", "yuvj420p"})


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
        with av.open(f"file:{target}", mode="w", format="mp4", options=dict(FRAGMENTED)) as output:
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
            best = None
            with av.open(str(segment.path), options=_OPENING) as container:
                offset = segment.starts_at - self.zero
                for frame in container.decode(video=0):
                    at = offset + timedelta(seconds=frame.time or 0.0)
                    if at > pts + timedelta(milliseconds=20) and best is not None:
                        break
                    best = (at, frame)
            if best is not None and abs(best[0] - pts) < timedelta(seconds=5):
                image = np.ascontiguousarray(best[1].to_ndarray(format="bgr24"), dtype=np.uint8)
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
            with av.open(str(segment.path), options=_OPENING) as container:
                stream = container.streams.video[0]
                for packet in container.demux(stream):
                    if packet.pts is None or not packet.size:
                        continue
                    at = offset + timedelta(seconds=float(packet.pts * packet.time_base))
                    if at > until:
                        return
                    if begins is None or at >= begins:
                        yield at, stream, packet

    def _last_keyframe(self, segment: Segment, since: timedelta) -> timedelta | None:
        offset, found = segment.starts_at - self.zero, None
        with av.open(str(segment.path), options=_OPENING) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.pts is None or not packet.is_keyframe:
                    continue
                at = offset + timedelta(seconds=float(packet.pts * packet.time_base))
                if at > since and found is not None:
                    break
                found = at
        return found
