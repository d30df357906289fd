"""Reading a still picture from a file that nobody vouches for: upright, eight bits, three channels, or refused.

Only formats that are pictures and nothing else are opened, and only after the header has said how large they are. A
picture that breaks off in the middle is refused: half of a corridor is not a corridor without people.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from models.errors import BadPicture
from models.frame import Image

ENDINGS: Final = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
"""File name endings that a folder is searched for; a file named outright may have any ending."""

UNREAD_ENDINGS: Final = frozenset(
    {".heic", ".heif", ".avif", ".jp2", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".psd"}
)
"""Endings of pictures that cannot be read: in a folder they are told of, not passed over."""

# An MPO is opened as the JPEG that it starts with; Pillow has no opener of that name.
_FORMATS: Final = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")
_MOST_PIXELS: Final = 150_000_000
"""About 0.5 GB when decoded; a picture of 12,000 x 12,000 pixels passes."""
_SMALLEST_SIDE: Final = 16
_BEHIND: Final = (114, 114, 114)
"""What shows through a transparent pixel: the gray that the detector knows as nothing."""
_TWELVE_BITS: Final = 1 << 14
"""A 16-bit picture whose brightest pixel is below comes from a sensor of fewer bits, stored without scaling."""


def read_picture(path: Path) -> Image:
    """Return the pixels: BGR, upright by EXIF.

    Gray becomes three equal channels, transparency is laid over gray, 16 bits are scaled to eight; of an animation
    the first picture counts.

    Raises:
        BadPicture: it is none, breaks off, or is too small or too large; says which.
    """
    try:
        _refuse_nothing(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata and sizes; what matters is checked here
            with Pillow.open(path, formats=_FORMATS) as opened:
                _refuse_size(opened.size)
                upright = ImageOps.exif_transpose(opened)
                pixels = _three_channels(upright)
    except BadPicture:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Pillow.DecompressionBombError) as broken:
        raise BadPicture(_said(broken)) from broken
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _refuse_nothing(path: Path) -> None:
    if path.stat().st_size == 0:
        raise BadPicture("the file is empty")


def _refuse_size(size: tuple[int, int]) -> None:
    width, height = size
    if min(width, height) < _SMALLEST_SIDE:
        raise BadPicture(f"{width} x {height} pixels are too few to show anybody")
    if width * height > _MOST_PIXELS:
        raise BadPicture(f"{width} x {height} pixels are more than {_MOST_PIXELS // 1_000_000} million")


def _three_channels(picture: Pillow.Image) -> Image:
    """Return RGB pixels of eight bits."""
    if picture.mode in {"I", "F"} or picture.mode.startswith("I;16"):
        values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
        top = float(values.max(initial=0.0))
        full = 255.0 if top <= 255 else 65535.0 if top >= _TWELVE_BITS else top
        gray = np.clip(values * (255.0 / full), 0, 255).astype(np.uint8)
        return np.repeat(gray[:, :, None], 3, axis=2)
    if picture.mode in {"LA", "PA", "RGBA", "La", "RGBa"} or "transparency" in picture.info:
        covered = picture.convert("RGBA")
        ground = Pillow.new("RGBA", covered.size, (*_BEHIND, 255))
        picture = Pillow.alpha_composite(ground, covered)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def _said(broken: BaseException) -> str:
    """Return what went wrong in one line without a path (the caller names the file)."""
    if isinstance(broken, UnidentifiedImageError):
        return "not a picture of a known format; use JPEG, PNG, BMP, WebP, TIFF or GIF"
    if isinstance(broken, OSError) and broken.strerror:
        return broken.strerror
    return f"cannot be decoded: {str(broken).splitlines()[0][:120] if str(broken) else type(broken).__name__}"
