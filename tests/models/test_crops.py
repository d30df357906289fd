"""The one rule by which heads and people become crops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import Box
from models.crops import (
    HEAD_SCALE,
    HEAD_SIZE,
    NO_HEAD,
    PERSON_HEIGHT,
    PERSON_WIDTH,
    batch,
    cut,
    head_crop,
    head_of_face,
    head_region,
    person_crop,
    person_region,
)
from models.frame import Image


def ramp(width: int = 200, height: int = 160) -> Image:
    """A picture whose blue is its column and whose green is its row."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[..., 0] = np.arange(width)[None, :]
    picture[..., 1] = np.arange(height)[:, None]
    return picture


def test_a_cut_of_the_same_size_is_the_part_of_the_picture() -> None:
    part = cut(ramp(), Box(40, 30, 72, 62), 32, 32)
    assert np.array_equal(part, ramp()[30:62, 40:72])


def test_enlarging_and_shrinking_keep_the_middle() -> None:
    for region in (Box(90, 70, 100, 80), Box(15, 5, 175, 145)):
        part = cut(ramp(), region, 40, 40)
        assert part[:, :, 0].mean() == pytest.approx((region.x1 + region.x2) / 2 - 0.5, abs=1.0)
        assert part[:, :, 1].mean() == pytest.approx((region.y1 + region.y2) / 2 - 0.5, abs=1.0)


def test_outside_of_the_picture_the_edge_is_repeated() -> None:
    part = cut(ramp(), Box(-32, 0, 0, 32), 32, 32)
    assert (part[:, :, 0] == 0).all()
    right = cut(ramp(), Box(200, 0, 232, 32), 32, 32)
    assert (right[:, :, 0] == 199).all()


@given(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(0.5, 900), st.floats(0.5, 900), st.integers(1, 40), st.integers(1, 40)
)
def test_any_box_on_any_picture_gives_a_crop(x: float, y: float, w: float, h: float, width: int, height: int) -> None:
    picture = np.full((height, width, 3), 77, dtype=np.uint8)
    crop = head_crop(picture, Box(x, y, x + w, y + h))
    assert crop.shape == (HEAD_SIZE, HEAD_SIZE, 3)
    assert (crop == 77).all()


@pytest.mark.parametrize("picture", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 4), np.uint8), np.zeros((0, 5, 3), np.uint8)])
def test_what_is_no_bgr_picture_is_refused(picture: Image) -> None:
    with pytest.raises(ValueError, match="BGR"):
        cut(picture, Box(0, 0, 5, 5), 8, 8)


def test_a_region_without_area_is_refused() -> None:
    with pytest.raises(ValueError, match="no area"):
        cut(ramp(), Box(5, 5, 5, 9), 8, 8)


def test_the_head_square_is_lowered_to_show_a_mask_under_the_chin() -> None:
    region = head_region(Box(100, 100, 140, 150))
    assert region.width == pytest.approx(region.height)
    assert region.width == pytest.approx(50 * HEAD_SCALE)
    assert region.centre == (120, pytest.approx(129))


def test_a_head_is_larger_than_its_face_and_reaches_above_it() -> None:
    face = Box(100, 100, 140, 150)
    head = head_of_face(face)
    assert head.x1 < face.x1
    assert head.x2 > face.x2
    assert face.y1 - head.y1 > head.y2 - face.y2


@pytest.mark.parametrize("box", [Box(10, 10, 60, 150), Box(10, 10, 150, 60)])
def test_the_person_region_has_the_aspect_of_the_crop_and_holds_the_person(box: Box) -> None:
    region = person_region(box)
    assert region.width / region.height == pytest.approx(PERSON_WIDTH / PERSON_HEIGHT)
    assert region.x1 <= box.x1
    assert region.y2 >= box.y2
    assert person_crop(ramp(), box).shape == (PERSON_HEIGHT, PERSON_WIDTH, 3)


def test_a_batch_is_rgb_in_0_to_1_with_channels_first() -> None:
    blue = np.zeros((4, 6, 3), dtype=np.uint8)
    blue[..., 0] = 255
    made = batch([blue, blue])
    assert made.shape == (2, 3, 4, 6)
    assert made.dtype == np.float32
    assert made[:, 2].min() == 1.0
    assert made[:, :2].max() == 0.0


def test_the_stand_in_for_a_missing_head_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        NO_HEAD[0, 0, 0] = 1
