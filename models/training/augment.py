"""What a corridor camera does to a web photograph: small, soft, noisy, compressed, colourless, tilted.

Every function takes and returns BGR uint8 and draws only from the generator it is given, so that a run repeats.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from models.crops import HEAD_LOWERED, HEAD_SCALE, HEAD_SIZE
from models.frame import Image
from models.training.crops import CONTEXT_SCALE, CONTEXT_SIZE

_HEAD_IN_CONTEXT: Final = CONTEXT_SIZE / CONTEXT_SCALE
_LEANING_SHARE: Final = 0.2
_LEANING: Final = 75.0
"""Heads of people who lie, bend down or walk under a camera lean by any angle up to this many degrees."""
_NOT_VISIBLE_BELOW: Final = 7
"""A head of fewer effective pixels shows no mask to a person either."""


def head_view(
    context: Image,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
    mirrored: bool | None = None,
    size: int = HEAD_SIZE,
) -> Image:
    """Cut a head crop out of a context with drawn scale, offset, rotation and flip; strength 0 is the run-time crop.

    ``mirrored`` fixes the flip; None draws it. ``size`` is the side of the crop in pixels.
    """
    side = HEAD_SCALE * _HEAD_IN_CONTEXT * float(np.exp(rng.normal(0, 0.16) * strength))
    across = CONTEXT_SIZE / 2 + rng.normal(0, 0.07) * strength * _HEAD_IN_CONTEXT
    down = CONTEXT_SIZE / 2 + (HEAD_LOWERED + rng.normal(0, 0.07) * strength) * _HEAD_IN_CONTEXT
    angle = (rng.normal(0, 11) if rng.random() >= _LEANING_SHARE else rng.uniform(-_LEANING, _LEANING)) * strength
    zoom = size / side
    matrix = cv2.getRotationMatrix2D((across, down), angle, zoom)
    matrix[:, 2] += (size / 2 - across, size / 2 - down)
    view = cv2.warpAffine(context, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if mirrored is None:
        mirrored = strength > 0 and rng.random() < 0.5
    if mirrored:
        view = view[:, ::-1]
    return np.ascontiguousarray(view, dtype=np.uint8)


def camera(view: Image, rng: np.random.Generator, *, low: float = 16, high: float = 60) -> Image:
    """Pass a crop through a drawn camera: resolution, blur, light, colour, noise, compression."""
    view = colour(view, rng)
    if rng.random() < 0.4:
        view = shrink(view, float(np.exp(rng.uniform(np.log(low), np.log(high)))) / view.shape[1], rng)
    if rng.random() < 0.2:
        view = blur(view, rng)
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 14), view.shape[:2] + ((1,) if rng.random() < 0.5 else (3,)))
        view = np.clip(view + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        view = compress(view, int(rng.integers(20, 85)))
    return view


def colour(view: Image, rng: np.random.Generator) -> Image:
    """Draw brightness, contrast, gamma, colour cast; sometimes gray or the tint of an infrared lamp."""
    kind = rng.random()
    if kind < 0.16:
        gray = cv2.cvtColor(view, cv2.COLOR_BGR2GRAY)
        view = cv2.merge([gray, gray, gray])
        if kind < 0.04:
            view = np.clip(view * rng.uniform(0.8, 1.1, 3), 0, 255).astype(np.uint8)
    elif kind < 0.5:
        hsv = cv2.cvtColor(view, cv2.COLOR_BGR2HSV).astype(np.int16)
        hsv[..., 0] = (hsv[..., 0] + rng.integers(-10, 11)) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.4, 1.4), 0, 255)
        view = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    gain = float(np.exp(rng.normal(0, 0.17)))
    offset = rng.normal(0, 14)
    gamma = float(np.exp(rng.normal(0, 0.2)))
    table = np.clip(255.0 * (np.arange(256) / 255.0) ** gamma * gain + offset, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(view, dtype=np.uint8), table), dtype=np.uint8)


def shrink(view: Image, scale: float, rng: np.random.Generator) -> Image:
    """Lose resolution: down by scale (a fraction) and up again, by one of the usual kernels each."""
    height, width = view.shape[:2]
    down = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    up = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC
    small = cv2.resize(view, (max(2, round(width * scale)), max(2, round(height * scale))), interpolation=down)
    if rng.random() < 0.3:
        small = compress(np.asarray(small, dtype=np.uint8), int(rng.integers(30, 90)))
    return np.asarray(cv2.resize(small, (width, height), interpolation=up), dtype=np.uint8)


def blur(view: Image, rng: np.random.Generator) -> Image:
    """Out of focus, or moved while the shutter was open."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(view, (0, 0), rng.uniform(0.6, 2.4)), dtype=np.uint8)
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1.0)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), dtype=np.float32)
    return np.asarray(cv2.filter2D(view, -1, kernel / max(float(kernel.sum()), 1e-6)), dtype=np.uint8)


def compress(view: Image, quality: int) -> Image:
    """JPEG of the given quality (1 to 100) and back."""
    stored, coded = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not stored:
        return view
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


def occlude(view: Image, other: Image, rng: np.random.Generator) -> Image:
    """Hide nose, mouth and chin behind an object cut out of another crop, coming in from a side or from below.

    The object reaches beyond the outline of the face: a patch that ends at the cheeks would look like a mask.
    """
    size = view.shape[0]
    side = rng.integers(0, 3)  # from the left, from the right, from below
    rim = 0.42 * size
    middle = size / 2 + rng.normal(0, 0.04) * size
    if side == 2:
        xs = middle + np.array([-0.34, -0.30, 0.0, 0.30, 0.34]) * size * rng.uniform(0.8, 1.3)
        ys = np.array([size + 2, rim + rng.uniform(0, 9), rim - rng.uniform(0, 7), rim + rng.uniform(0, 9), size + 2])
    else:
        xs = np.array([-2.0, 0.5 * size, 0.78 * size, 0.8 * size, 0.6 * size, -2.0])
        ys = np.array([rim, rim - rng.uniform(0, 6), rim + 4, 0.8 * size, 0.95 * size, size]) + rng.normal(0, 2, 6)
        if side == 1:
            xs = size - xs
    outline = np.stack([xs, ys], axis=1).astype(np.int32)
    alpha = np.zeros((size, size), np.float32)
    cv2.fillPoly(alpha, [outline], 1.0)
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.5, 2.0))[..., None]
    patch = cv2.resize(other[size // 4 : 3 * size // 4, size // 4 : 3 * size // 4], (size, size))
    patch = np.roll(patch, int(rng.integers(0, size)), axis=int(rng.integers(0, 2)))
    return np.asarray(view * (1 - alpha) + patch * alpha, dtype=np.uint8)


def vanish(view: Image, rng: np.random.Generator) -> Image:
    """Shrink a head until nobody could tell a mask: to at most _NOT_VISIBLE_BELOW pixels."""
    return shrink(view, rng.uniform(3, _NOT_VISIBLE_BELOW) / view.shape[1], rng)
