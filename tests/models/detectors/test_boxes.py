from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import Box
from models.detectors.candidates import Candidates, look_tiled, sound, tiles_of, without_doubles
from models.detectors.letterbox import FILL, input_sides, letterbox
from models.detectors.overlap import overlaps, suppressed, within
from models.detectors.pairing import likeness, pair_heads
from models.frame import Image

sides = st.integers(16, 700)


def candidates(*rows: tuple[float, float, float, float, float, int]) -> Candidates:
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return Candidates(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


@given(sides, sides, st.sampled_from([320, 416, 640]), st.booleans())
def test_a_box_finds_its_way_back_from_the_letterbox(width: int, height: int, longest: int, centred: bool) -> None:
    across, down = input_sides(width, height, longest)
    canvas, placement = letterbox(np.zeros((height, width, 3), np.uint8), across, down, centred=centred)
    assert canvas.shape == (down, across, 3)
    assert (across % 32, down % 32) == (0, 0)
    corners = np.array(
        [[placement.left, placement.top, placement.left + width * placement.scale, placement.top + height * placement.scale]]
    )
    assert placement.back(corners)[0] == pytest.approx([0, 0, width, height], abs=1e-6)
    assert canvas.min() == 0  # the picture lies inside


def test_what_lies_beyond_the_picture_is_cut_off() -> None:
    boxes = np.array([[-30.0, 10.0, 50.0, 900.0], [10.0, 10.0, 20.0, 20.0], [700.0, 10.0, 720.0, 30.0]])
    assert within(boxes, 640, 360).tolist() == [[0, 10, 50, 360], [10, 10, 20, 20], [640, 10, 640, 30]]
    cut = Candidates(within(boxes, 640, 360), np.full(3, 0.9), np.zeros(3, np.int64))
    assert sound(cut).boxes.tolist() == [[0, 10, 50, 360], [10, 10, 20, 20]]  # of the last nothing is in the picture


def test_padding_is_gray_and_even() -> None:
    canvas, placement = letterbox(np.zeros((100, 200, 3), np.uint8), 416, 416)
    assert (canvas[:100] == FILL).all()
    assert (canvas[-100:] == FILL).all()
    assert (placement.left, placement.top) == (0, 104)


def test_a_wide_frame_costs_no_padding() -> None:
    assert input_sides(1920, 1080, 640) == (640, 384)
    assert input_sides(1080, 1920, 416) == (256, 416)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((5, 5, 5, 5), (5, 5, 5, 5), 0.0),
    ],
)
def test_overlap(first: tuple[int, ...], second: tuple[int, ...], expected: float) -> None:
    assert overlaps(np.array([first], dtype=float), np.array([second], dtype=float))[0, 0] == pytest.approx(expected)


def test_of_doubles_the_better_stays_and_equals_keep_their_order() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 0, 60, 10]], dtype=float)
    assert suppressed(boxes, np.array([0.5, 0.9, 0.7]), 0.5).tolist() == [1, 2]
    assert suppressed(boxes, np.array([0.9, 0.9, 0.9]), 0.5).tolist() == [0, 2]


def test_a_head_is_no_double_of_its_person() -> None:
    kept = without_doubles(candidates((0, 0, 50, 60, 0.9, 0), (0, 0, 50, 55, 0.8, 1), (0, 0, 49, 60, 0.7, 0)), 0.6)
    assert kept.scores.tolist() == [0.9, 0.8]


def test_what_is_no_box_is_dropped() -> None:
    kept = sound(
        candidates(
            (0, 0, 10, 10, 0.9, 0),
            (5, 5, 5, 9, 0.9, 0),
            (np.nan, 0, 9, 9, 0.9, 0),
            (9, 9, 2, 2, 0.9, 0),
            (0, 0, np.inf, 9, 0.9, 1),
        )
    )
    assert len(kept.boxes) == 1


@given(sides, sides, st.integers(1, 4))
def test_tiles_cover_the_picture_and_stay_inside(width: int, height: int, per_side: int) -> None:
    seen = np.zeros((height, width), dtype=bool)
    for left, top, right, bottom in tiles_of(width, height, per_side):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        seen[top:bottom, left:right] = True
    assert seen.all()


def test_a_small_person_in_a_tile_is_found_where_it_is_and_a_cut_one_is_not() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    image[20:60, 30:50] = 255  # whole in the first tile, and in no other
    image[190:310, 100:140] = 255  # cut by the inner edge of the upper tiles, whole in the lower ones

    def look(part: Image) -> Candidates:
        if part.shape[0] == 400:
            return candidates()  # too small for the whole view
        import cv2

        count, _, stats, _ = cv2.connectedComponentsWithStats((part[:, :, 0] > 0).astype(np.uint8))
        return candidates(*((x, y, x + w, y + h, 0.9, 0) for x, y, w, h, _ in stats[1:count].tolist()))

    found = without_doubles(look_tiled(look, image, 2), 0.6)
    assert sorted(found.boxes.tolist()) == [[30, 20, 50, 60], [100, 190, 140, 310]]


# --- heads and people ------------------------------------------------------------------------------

STANDING = Box(100, 100, 200, 400)


@pytest.mark.parametrize(
    "head",
    [
        Box(125, 100, 175, 160),  # where a head is
        Box(125, 80, 175, 140),  # a little above a box that is not exact
        Box(110, 200, 160, 260),  # a bent person, or a view from the ceiling
    ],
)
def test_a_head_in_the_upper_part_belongs_to_the_person(head: Box) -> None:
    assert pair_heads([STANDING], [head]) == {0: 0}


@pytest.mark.parametrize(
    "head",
    [
        Box(125, 300, 175, 360),  # at the knees: somebody in front
        Box(190, 100, 240, 160),  # mostly outside
        Box(140, 100, 146, 107),  # far too small: somebody behind
        Box(90, 100, 210, 400),  # as large as the person
        Box(125, 30, 175, 80),  # above
    ],
)
def test_a_head_elsewhere_does_not(head: Box) -> None:
    assert likeness(STANDING, head) == 0
    assert pair_heads([STANDING], [head]) == {}


def test_each_person_gets_the_head_that_fits_best() -> None:
    behind = Box(150, 60, 250, 360)
    heads = [Box(175, 62, 225, 120), Box(125, 102, 175, 160)]
    assert pair_heads([STANDING, behind], heads) == {0: 1, 1: 0}


def test_a_head_is_given_once() -> None:
    assert pair_heads([STANDING, STANDING], [Box(125, 100, 175, 160)]) == {0: 0}
