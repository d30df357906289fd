from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import BadPicture
from models.pictures import read_picture

RED, GREEN = (250, 10, 10), (10, 250, 10)


def written(path: Path, picture: Pillow.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def halves(mode: str = "RGB") -> Pillow.Image:
    """Left half red, right half green, 60 x 40."""
    picture = Pillow.new("RGB", (60, 40), RED)
    picture.paste(GREEN, (30, 0, 60, 40))
    return picture.convert(mode)


def test_pixels_are_bgr(tmp_path: Path) -> None:
    image = read_picture(written(tmp_path / "a.png", halves()))
    assert image.shape == (40, 60, 3)
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [10, 10, 250]
    assert image[0, 59].tolist() == [10, 250, 10]
    assert image.flags.c_contiguous


@pytest.mark.parametrize(("orientation", "top_left"), [(1, RED), (3, GREEN), (6, RED), (8, GREEN), (2, GREEN)])
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int, top_left: tuple[int, int, int]) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = read_picture(written(tmp_path / "a.jpg", halves(), exif=exif, quality=95))
    assert image.shape == ((40, 60, 3) if orientation < 5 else (60, 40, 3))
    assert np.abs(image[2, 2][::-1].astype(int) - top_left).max() < 30


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA"])
def test_other_modes_become_three_channels(tmp_path: Path, mode: str) -> None:
    ending = "tif" if mode == "CMYK" else "png"
    assert read_picture(written(tmp_path / f"a.{ending}", halves(mode))).shape == (40, 60, 3)


def test_transparent_pixels_become_the_gray_of_nothing(tmp_path: Path) -> None:
    picture = Pillow.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert (read_picture(written(tmp_path / "a.png", picture)) == 114).all()


@pytest.mark.parametrize(("top", "expected"), [(65535, 255), (4095, 255), (32768, 127)])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, top: int, expected: int) -> None:
    values = np.zeros((20, 20), np.uint16)
    values[10:] = top
    image = read_picture(written(tmp_path / "a.png", Pillow.fromarray(values)))
    assert image[0, 0].tolist() == [0, 0, 0]
    assert abs(int(image[19, 0, 0]) - expected) <= 1


def test_a_large_picture_is_read(tmp_path: Path) -> None:
    assert read_picture(written(tmp_path / "a.png", Pillow.new("L", (12_000, 400)))).shape == (400, 12_000, 3)


def truncated(ending: str) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    whole = io.BytesIO()
    Pillow.fromarray(noise).save(whole, ending)
    return whole.getvalue()[: len(whole.getvalue()) * 2 // 3]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jpg", b"", "the file is empty"),
        ("text.jpg", b"hello, world" * 20, "not a picture"),
        ("cut.jpg", truncated("JPEG"), "cannot be decoded"),
        ("cut.png", truncated("PNG"), "cannot be decoded"),
        ("script.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "not a picture"),
    ],
)
def test_what_is_no_whole_picture_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadPicture, match=said) as refused:
        read_picture(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_picture_of_one_pixel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match="1 x 1"):
        read_picture(written(tmp_path / "a.png", Pillow.new("RGB", (1, 1))))


@pytest.mark.parametrize("side", [13_000, 20_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    with pytest.raises(BadPicture, match="pixels"):
        read_picture(written(tmp_path / "a.png", Pillow.new("1", (side, side))))


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nobody.jpg", tmp_path):
        with pytest.raises(BadPicture):
            read_picture(path)
