"""Make a sharp web photograph look like what a ceiling camera delivers.

Web pictures are sharper, brighter and more colourful than surveillance video: a detector that only saw them fails
on infrared, on blur and on strong compression. Each picture is degraded anew each time it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.frame import Image

_RNG = np.random.Generator


@dataclass(frozen=True, slots=True)
class Chances:
    """How often each degradation is applied, each in 0..1 and independent of the others."""

    infrared: float = 0.22
    recolour: float = 0.15
    soft: float = 0.30
    noise: float = 0.20
    light: float = 0.25
    compression: float = 0.35


CEILING: Final = Chances()


def degrade(image: Image, rng: _RNG, chances: Chances = CEILING) -> Image:
    """Return a degraded copy of a BGR picture; the size stays, so boxes stay true."""
    seen = image
    if rng.random() < chances.infrared:
        seen = _infrared(seen, rng)
    elif rng.random() < chances.recolour:
        seen = np.ascontiguousarray(seen[:, :, rng.permutation(3)])  # uniforms have other colours on another day
    if rng.random() < chances.soft:
        seen = _soft(seen, rng)
    if rng.random() < chances.light:
        seen = _light(seen, rng)
    if rng.random() < chances.noise:
        spread = np.float32(rng.uniform(3.0, 18.0))
        noisy = seen.astype(np.float32) + spread * rng.standard_normal(seen.shape, dtype=np.float32)
        seen = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < chances.compression:
        seen = _compressed(seen, rng)
    return seen.copy() if seen is image else seen


def _infrared(image: Image, rng: _RNG) -> Image:
    """Grey by a random mix of the channels: near infrared shows cloth lighter or darker than the eye does."""
    mix = rng.dirichlet((1.0, 1.0, 1.0)).astype(np.float32)
    grey = np.clip(image.astype(np.float32) @ mix, 0, 255).astype(np.uint8)
    levels = 255.0 * (np.arange(256) / 255.0) ** rng.uniform(0.5, 1.4)
    return np.repeat(levels.astype(np.uint8)[grey][:, :, None], 3, axis=2)


def _soft(image: Image, rng: _RNG) -> Image:
    """Blur by defocus, by motion, or by a small sensor's resolution."""
    height, width = image.shape[:2]
    kind = rng.integers(3)
    if kind == 0:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2.0))), dtype=np.uint8)
    if kind == 1:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1.0 / length
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1.0)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        return np.asarray(cv2.filter2D(image, -1, kernel / max(float(kernel.sum()), 1e-6)), dtype=np.uint8)
    share = float(rng.uniform(0.35, 0.8))
    small = cv2.resize(image, (max(1, int(width * share)), max(1, int(height * share))), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _light(image: Image, rng: _RNG) -> Image:
    """Change contrast and brightness, and darken towards the corners as wide lenses do."""
    height, width = image.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    vignette = 1.0 - float(rng.uniform(0.0, 0.35)) * (x * x + y * y)
    changed = (image.astype(np.float32) - 128) * float(rng.uniform(0.55, 1.25)) + 128 + float(rng.uniform(-45, 35))
    return np.clip(changed * vignette[:, :, None], 0, 255).astype(np.uint8)


def _compressed(image: Image, rng: _RNG) -> Image:
    done, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 75))])
    if not done:
        return image
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
