"""Face shields drawn on faces that wear none: the data holds 73 real ones, of few kinds, and thousands of bare faces.

A shield is a clear sheet that hangs from a band over the forehead to below the chin: what is seen of it are the band, the
edges, reflections, and that everything behind it is a little paler. These are drawn, in the sizes and tints of real ones.
Training alone sees them; what is measured was worn.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from models.frame import Image

_BANDS: Final = ((245, 245, 245), (200, 120, 40), (30, 30, 30), (90, 170, 60), (60, 190, 230), (160, 160, 160), (215, 190, 150))
"""Colours of bands (BGR): white foam, blue, black, green, yellow, grey, light blue."""

_Floats = npt.NDArray[np.float32]


def with_visor(head: Image, rng: np.random.Generator) -> Image:
    """Return a head crop (`models.crops.head_crop`: the head fills it, the face is turned to the camera) with a face shield.

    Args:
        head: BGR, square.
        rng: draws size, tilt, tint, band and reflections.
    """
    side = head.shape[0]
    outline, band = _shape(side, rng)
    sheet = _filled(side, outline)
    seen = head.astype(np.float32)
    pale = np.array([rng.uniform(190, 255), rng.uniform(190, 250), rng.uniform(180, 245)], dtype=np.float32)
    clear = rng.uniform(0.04, 0.24) * (1 + rng.uniform(-0.5, 0.5) * np.linspace(-1, 1, side, dtype=np.float32)[:, None])
    seen = _over(seen, pale, sheet * clear)
    for _ in range(int(rng.integers(0, 4))):
        seen = _over(seen, np.full(3, rng.uniform(215, 255), dtype=np.float32), sheet * _reflection(side, rng))
    rim = np.zeros((side, side), dtype=np.float32)
    thickness = int(rng.choice((1, 1, 1, 2, 3)))
    corners = [np.round(outline * 16).astype(np.int32)]
    cv2.polylines(rim, corners, isClosed=True, color=1.0, thickness=thickness, lineType=cv2.LINE_AA, shift=4)
    colour = np.array(_BANDS[int(rng.integers(len(_BANDS)))], dtype=np.float32) * np.float32(rng.uniform(0.7, 1.0))
    edge = colour if thickness > 1 else np.full(3, rng.choice((40.0, 235.0)), dtype=np.float32)
    seen = _over(seen, edge, rim * rng.uniform(0.1, 0.7))
    seen = _over(seen, colour, _filled(side, band) * rng.choice((rng.uniform(0.15, 0.5), rng.uniform(0.8, 1.0))))
    return np.clip(seen, 0, 255).astype(np.uint8)


def _shape(side: int, rng: np.random.Generator) -> tuple[_Floats, _Floats]:
    """Return the outline of the sheet and of its band, in pixels, turned about the middle of the crop."""
    top, bottom = rng.uniform(0.1, 0.3), rng.uniform(0.9, 1.12)
    above, below = rng.uniform(0.33, 0.47), rng.uniform(0.3, 0.48)
    middle, hang = 0.5 + rng.normal(0, 0.035), rng.uniform(0.0, 0.1)
    across = np.linspace(-1, 1, 9)
    lower = np.stack([middle - across * below, bottom - hang * np.abs(across) ** 3], axis=1)
    upper = np.stack([middle + across * above, top - 0.02 * (1 - across**2)], axis=1)
    outline = np.concatenate([upper, lower])
    deep = rng.uniform(0.05, 0.18)
    band = np.concatenate([upper, upper[::-1] + np.array([0.0, deep])])
    angle = np.deg2rad(rng.normal(0, 6))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    sheet, strap = ((each - 0.5) @ turn + 0.5 for each in (outline, band))
    return np.asarray(sheet * side, dtype=np.float32), np.asarray(strap * side, dtype=np.float32)


def _filled(side: int, outline: _Floats) -> _Floats:
    mask = np.zeros((side, side), dtype=np.float32)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], color=1.0, lineType=cv2.LINE_AA, shift=4)
    return mask


def _reflection(side: int, rng: np.random.Generator) -> _Floats:
    """Return how strongly a light is mirrored: a soft stripe, steep, as on a sheet that is bent about the face."""
    streak = np.zeros((side, side), dtype=np.float32)
    foot, lean = rng.uniform(0.1, 0.9) * side, rng.normal(0, 0.15) * side
    begin, end = sorted(rng.uniform(0.15, 1.0, 2) * side)
    width = max(1, round(rng.uniform(0.015, 0.09) * side))
    cv2.line(streak, (round(foot + lean), round(begin)), (round(foot), round(end)), 1.0, width, cv2.LINE_AA)
    soft = cv2.GaussianBlur(streak, (0, 0), rng.uniform(0.008, 0.04) * side)
    return np.asarray(soft * rng.uniform(0.25, 0.95), dtype=np.float32)


def _over(below: _Floats, colour: _Floats, share: _Floats) -> _Floats:
    return np.asarray(below + (colour - below) * share[..., None], dtype=np.float32)
