"""Clips of a camera that falls ill, encoded as a camera would, and what the picture health makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from pipelines.gate import GLANCE_SIZE
from pipelines.health import Health, PictureHealth
from pipelines.records import GapReason
from tests.rtsp.pictures import Picture, noisy, room, walker

RATE, WIDTH, HEIGHT = 4, 320, 180

KINDS = {
    "frozen": GapReason.FROZEN,
    "frozen with a clock": GapReason.FROZEN,
    "black": GapReason.BLACK,
    "too dark": GapReason.TOO_DARK,
    "glare": GapReason.GLARE,
    "covered": GapReason.COVERED,
    "blurred": GapReason.BLURRED,
    "moved by a tenth": GapReason.MOVED,
}


def ail(kind: str, healthy: Picture, last: Picture, index: int) -> Picture:
    """The picture after the fault has begun; ``last`` is the last healthy one as the sensor read it."""
    if kind.startswith("frozen"):
        return _with_clock(last, index) if "clock" in kind else last
    ill = {
        "black": lambda: np.full_like(healthy, 4),
        "too dark": lambda: healthy * 0.15,
        "glare": lambda: healthy + 150.0,
        "covered": lambda: np.full_like(healthy, 70) + np.linspace(0, 12, WIDTH)[None, :, None],
        "blurred": lambda: _blurred(healthy, 9),
        "moved by a tenth": lambda: np.roll(healthy, WIDTH // 10, axis=1),
    }
    return np.clip(ill[kind](), 0, 255).astype(np.uint8)


def _with_clock(picture: Picture, index: int) -> Picture:
    """The overlay of the recorder goes on over a picture that does not."""
    out, rng = picture.copy(), np.random.default_rng(index)
    out[4:14, WIDTH - 60 : WIDTH - 8] = 0
    for digit in range(6):
        x = WIDTH - 58 + 8 * digit
        out[5:13, x : x + 6] = rng.integers(0, 2, (8, 6, 1)) * 255
    return out


def _blurred(picture: Picture, radius: int) -> Picture:
    values = picture.astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(values, [(radius, radius) if a == axis else (0, 0) for a in range(3)], mode="edge")
        values = np.mean([np.roll(padded, -s, axis).take(range(values.shape[axis]), axis) for s in range(2 * radius + 1)], axis=0)
    return values.astype(np.uint8)


def pictures(kind: str | None, seed: int, healthy: int, ailing: int, sigma: float, *, people: bool = True) -> Iterator[Picture]:
    """``healthy`` seconds and then ``ailing`` seconds with the fault; people cross now and then."""
    rng = np.random.default_rng(seed)
    background, last = room(WIDTH, HEIGHT, seed), room(WIDTH, HEIGHT, seed)
    for index in range((healthy + ailing) * RATE):
        scene = walker(background, (index % 80) / 80) if people and index // 80 % 3 == 1 else background
        if kind is None or index < healthy * RATE:
            last = noisy(scene, rng, sigma)
            yield last
        else:
            still = kind in {"black", "frozen", "frozen with a clock"}
            yield noisy(ail(kind, scene, last, index), rng, 0.0 if still else sigma)


def watch(clip: Iterator[Picture], health: PictureHealth | None = None) -> Iterator[tuple[float, Health]]:
    """Encode, decode, glance once a second: (second, what the health says)."""
    health = health or PictureHealth()
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.thread_count = WIDTH, HEIGHT, "yuv420p", 1
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, RATE), Fraction(RATE), 200_000
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "x264-params": f"keyint={2 * RATE}:scenecut=0:bframes=0"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    sizes: list[int] = []
    shown = 0
    for index, picture in enumerate(clip):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = index, Fraction(1, RATE)
        for packet in encoder.encode(frame):
            if not packet.is_keyframe:
                sizes.append(packet.size)
            for decoded in decoder.decode(packet):
                if shown % RATE == 0:
                    grey = np.ascontiguousarray(decoded.reformat(*GLANCE_SIZE, "gray", interpolation="AREA").to_ndarray())
                    yield shown / RATE, health.see(grey, float(np.mean(sizes)) if sizes else 0.0, shown / RATE)
                    sizes.clear()
                shown += 1
