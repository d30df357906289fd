"""What the container of a recording declares, and the limits that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from models.upright import pixel_aspect, quarter_turns, squared
from pipelines.errors import BadRecording
from pipelines.sources.checks import Limits
from pipelines.sources.instants import as_timedelta
from pipelines.sources.pictures import Decoding, rate_of

_PROBED_PICTURES = 100


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the container declares.

    ``width`` and ``height`` are those of the upright picture with square pixels, after `rotation` (degrees,
    counter-clockwise) and ``pixel_aspect`` (width of a stored pixel against its height).
    """

    container: str
    codec: str
    profile: str
    pixel_format: str
    width: int
    height: int
    rotation: int
    pixel_aspect: Fraction
    rate: Fraction | None
    duration: timedelta | None
    time_base: Fraction
    origin: int  # ticks of PTS zero
    creation_time: str | None
    size_bytes: int

    @property
    def lacks_times(self) -> bool:
        """Whether the container stores no presentation times, only an order."""
        return self.container == "avi"


def read_metadata(path: Path, container: InputContainer, stream: VideoStream) -> Metadata:
    """Reads up to the first picture, for only that tells the rotation; the container is then of no further use."""
    first = None
    pictures = Decoding(container, stream, invented=False)
    for _, picture in zip(range(_PROBED_PICTURES), pictures, strict=False):
        if picture.frame is not None:
            first = picture
            break
    codec = stream.codec_context
    rotation = quarter_turns(first.frame.rotation) * 90 if first and first.frame else 0
    aspect = pixel_aspect(stream)
    sides = squared(codec.width, codec.height, aspect)[:: 1 if rotation % 180 == 0 else -1]
    origin = stream.start_time if stream.start_time is not None else first.ticks if first else None
    return Metadata(
        container=container.format.name.split(",")[0],
        codec=codec.name,
        profile=str(codec.profile or ""),
        pixel_format=str(codec.pix_fmt or ""),
        width=sides[0],
        height=sides[1],
        rotation=rotation,
        pixel_aspect=aspect,
        rate=rate_of(stream),
        duration=_declared_duration(container, stream),
        time_base=stream.time_base or Fraction(1, 1000),
        origin=origin or 0,
        creation_time=stream.metadata.get("creation_time") or container.metadata.get("creation_time"),
        size_bytes=path.stat().st_size,
    )


def _declared_duration(container: InputContainer, stream: VideoStream) -> timedelta | None:
    if stream.duration is not None and stream.time_base is not None and stream.duration > 0:
        return as_timedelta(stream.duration * stream.time_base)
    if container.duration is not None and container.duration > 0:
        length, begins = container.duration, max(container.start_time or 0, 0)
        # Matroska states when its last picture ends, which is no length where the first one does not begin at zero.
        counted_from_zero = container.format.name.startswith("matroska") and length > begins
        return timedelta(microseconds=length - begins if counted_from_zero else length)
    return None


def refuse_beyond(limits: Limits, found: Metadata, place: str) -> None:
    """Raises BadRecording, with `place` as the user wrote it, when a recording is too large, too long or too small."""
    longer, shorter = max(found.width, found.height), min(found.width, found.height)
    size = f"{found.width}x{found.height}"
    if shorter == 0:
        raise BadRecording(place, "the size of its pictures cannot be read", "copy it from the recorder again")
    if shorter < limits.smallest_side:
        raise BadRecording(place, f"pictures of {size} show nobody", f"use at least {limits.smallest_side} pixels a side")
    if longer > limits.long_side or shorter > limits.short_side:
        raise BadRecording(
            place, f"pictures of {size} are too large", f"scale it to at most {limits.long_side}x{limits.short_side}"
        )
    if found.rate is not None and found.rate > limits.rate:
        raise BadRecording(
            place, f"{float(found.rate):g} pictures a second are too many", f"convert it to at most {limits.rate:g} a second"
        )
    if found.duration is not None and found.duration > limits.duration:
        raise BadRecording(place, f"it says it is {found.duration} long", f"cut it into parts of at most {limits.duration}")
