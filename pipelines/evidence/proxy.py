"""An H.264 copy of a clip for browsers that cannot play the original. It is labelled as derived and never replaces it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.frame import Image
from models.upright import pixel_aspect, quarter_turns, squared, upright_bgr
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence.footage import end_of, last_duration, writing

Retouch = Callable[[Image], Image]

CODEC = "h264"
_LONG_SIDE = 1920
_ENCODING = {"preset": "veryfast", "crf": "23"}


def make_proxy(clip: Path, target: Path, retouch: Retouch | None = None) -> None:
    """Encode a clip again, upright, at most 1920 pixels wide or high, with the same times.

    Args:
        clip: what to read.
        target: what to write.
        retouch: changes each upright picture (BGR) on its way.

    Raises:
        EvidenceError: no picture of the clip can be decoded, or this build of FFmpeg cannot encode H.264.
    """
    with av.open(f"file:{clip}", mode="r", container_options={"protocol_whitelist": "file"}) as source:
        stream = source.streams.best("video")
        if not isinstance(stream, VideoStream) or stream.time_base is None:
            raise EvidenceError(EvidenceFault.NOT_DECODED)
        frames = _decoded(source, stream)
        first = next(frames, None)
        if first is None:
            raise EvidenceError(EvidenceFault.NOT_DECODED)
        frames = _chain(first, frames)
        aspect = pixel_aspect(stream)
        size = _size(first, aspect)
        _encode(size, (_upright(one, size, aspect, retouch) for one in frames), stream.time_base, target)


def _encode(size: tuple[int, int], frames: Iterator[VideoFrame], time_base: Fraction, target: Path) -> None:
    with writing(target) as output:
        try:
            copy = output.add_stream("libx264", rate=25, options=dict(_ENCODING))
        except av.FFmpegError as error:
            raise EvidenceError(EvidenceFault.NO_ENCODER) from error
        (copy.width, copy.height), copy.pix_fmt = size, "yuv420p"
        copy.codec_context.time_base = time_base
        times: list[int] = []
        first, held = 0, None
        for packet in _encoded(copy, frames, time_base, times):
            if held is None:
                first = packet.dts or 0
            else:
                output.mux(held)
            held = packet
        if held is not None:
            held.duration = last_duration(end_of(times), first, held.dts or 0)
            output.mux(held)


def _encoded(
    copy: VideoStream, frames: Iterator[VideoFrame], time_base: Fraction, times: list[int]
) -> Iterator[Packet[VideoStream]]:
    """The packets of the pictures whose times rise; these times are added to ``times``."""
    for frame in frames:
        if frame.pts is None or frame.pts <= (times[-1] if times else -1):
            continue
        times.append(frame.pts)
        frame.time_base = time_base
        yield from copy.encode(frame)
    yield from copy.encode(None)


def _chain(first: VideoFrame, rest: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    yield first
    yield from rest


def _size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """Upright, of square pixels, and even, as 4:2:0 demands."""
    width, height = squared(frame.width, frame.height, aspect)
    if quarter_turns(frame.rotation) % 2:
        width, height = height, width
    scale = min(1.0, _LONG_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _upright(frame: VideoFrame, size: tuple[int, int], aspect: Fraction, retouch: Retouch | None) -> VideoFrame:
    width, height = size
    if retouch is not None or quarter_turns(frame.rotation):
        image = upright_bgr(frame, frame.rotation, aspect)
        changed = VideoFrame.from_ndarray(image if retouch is None else retouch(image), format="bgr24")
        changed.pts = frame.pts
        frame = changed
    return frame.reformat(width=width, height=height, format="yuv420p")


def _decoded(source: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Every picture that comes out; a packet that cannot be decoded is passed over."""
    for packet in source.demux(stream):
        try:
            yield from stream.codec_context.decode(packet)
        except av.FFmpegError:
            continue
