"""Makes small recordings for tests, whole ones and broken ones, with nothing but PyAV: no binary file is kept.

Every picture says which one it is: `number_of` reads the number back off decoded pixels, whatever the codec did to
them, so that a test can tell "the 37th picture" from "a picture".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

_BITS = 12
_SILENT = {"libx265": {"x265-params": "log-level=none"}}
_PIXELS = {"mjpeg": "yuvj420p"}


@dataclass(frozen=True)
class Film:
    """What a recording is like. ``times`` (seconds) overrides ``rate`` and ``count``: holes and variable rates."""

    codec: str = "libx264"
    width: int = 192
    height: int = 128
    rate: int = 10
    count: int = 50
    gop: int = 20
    times: Sequence[float] | None = None
    pixel_format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    container: str | None = None
    container_options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    sound: bool = False
    pixel_aspect: Fraction | None = None
    time_base: Fraction = Fraction(1, 1000)

    @property
    def instants(self) -> tuple[float, ...]:
        return tuple(self.times) if self.times is not None else tuple(k / self.rate for k in range(self.count))


def picture(number: int, width: int = 192, height: int = 128) -> npt.NDArray[np.uint8]:
    """A picture that carries its number as twelve vertical bars, black or white, lowest bit on the left."""
    image = np.full((height, width, 3), 90, dtype=np.uint8)
    for bit in range(_BITS):
        left, right = bit * width // _BITS, (bit + 1) * width // _BITS
        image[height // 4 : 3 * height // 4, left:right] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: npt.NDArray[np.uint8]) -> int:
    """The number that `picture` put into an image (upright, any size)."""
    height, width = image.shape[:2]
    middle = image[3 * height // 8 : 5 * height // 8]
    bars = [middle[:, (2 * bit + 1) * width // (2 * _BITS)].mean() > 127 for bit in range(_BITS)]
    return sum(1 << bit for bit, bright in enumerate(bars) if bright)


def make(path: Path, film: Film | None = None) -> Path:
    """Write a recording; the ending of the path chooses the container."""
    film = film or Film()
    with av.open(str(path), "w", format=film.container, options=dict(film.container_options)) as output:
        output.metadata.update(film.metadata)
        stream = output.add_stream(film.codec, rate=film.rate, options={**_SILENT.get(film.codec, {}), **film.options})
        stream.width, stream.height = film.width, film.height
        stream.pix_fmt = film.pixel_format or _PIXELS.get(film.codec, "yuv420p")
        stream.codec_context.gop_size = film.gop
        if film.pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = film.pixel_aspect
        base = Fraction(1, film.rate) if film.times is None else film.time_base
        stream.codec_context.time_base = base
        sound = output.add_stream("aac", rate=48000) if film.sound else None
        for number, at in enumerate(film.instants):
            frame = av.VideoFrame.from_ndarray(picture(number, film.width, film.height), format="bgr24")
            frame.pts, frame.time_base = round(at / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if sound is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), dtype=np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts = 48000, 0
            output.mux(sound.encode(silence))
            output.mux(sound.encode(None))
    return path


def make_sound_only(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        sound = output.add_stream("aac", rate=48000)
        for k in range(20):
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), dtype=np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts = 48000, k * 1024
            output.mux(sound.encode(silence))
        output.mux(sound.encode(None))
    return path


def copied(source: Path, target: Path, stamps: Iterable[tuple[int | None, int | None]]) -> Path:
    """The same packets with other time stamps (pts, dts), in ticks of the source."""
    with av.open(str(source)) as opened, av.open(str(target), "w") as output:
        stream = opened.streams.video[0]
        copy = output.add_stream_from_template(stream, opaque=True)
        for packet, (pts, dts) in zip((p for p in opened.demux(stream) if p.size), stamps, strict=False):
            packet.pts, packet.dts, packet.stream = pts, dts, copy
            output.mux(packet)
    return target


def cut(path: Path, share: float) -> Path:
    """Cut a file off after a share of its bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def spoil(path: Path, *, after: float = 0.3, until: float = 0.6, every: int = 97) -> Path:
    """Turn bits over inside a part of a file, as a bad disk or a lossy link does."""
    data = bytearray(path.read_bytes())
    for at in range(int(len(data) * after), int(len(data) * until), every):
        data[at] ^= 0x5A
    path.write_bytes(bytes(data))
    return path


def blinded(path: Path, first: int, last: int) -> Path:
    """Write zeros over the content of the packets first..last-1 of an MP4: the container stays whole."""
    with av.open(str(path)) as opened:
        places = [(packet.pos, packet.size) for packet in opened.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for at, size in places[first:last]:
        data[at : at + size] = bytes(size)
    path.write_bytes(bytes(data))
    return path


_MATRICES = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def turned(path: Path, degrees_clockwise: int) -> Path:
    """Write a rotation into the track header of an MP4, as a telephone or a camera hung upside down does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd")
    version = data[at + 4]
    matrix = at + 4 + (52 if version == 1 else 40)
    a, b, c, d = (v * 0x10000 for v in _MATRICES[degrees_clockwise])
    data[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(bytes(data))
    return path
