from __future__ import annotations

import numpy as np
import pytest

from analyzer.types import Box
from models.trackers import SteadyTracker
from models.trackers.appearance import appearance_of, resemblance
from tests.models.seen import frame, person

BODY = Box(100, 100, 200, 400)


def clothed(colour: tuple[int, int, int], light: float = 1.0) -> np.ndarray:
    image = np.full((480, 640, 3), 120, np.uint8)
    image[100:400, 100:200] = np.clip(np.array(colour) * light, 0, 255)
    return image


@pytest.mark.parametrize("light", [0.8, 0.9, 1.1, 1.2])
def test_the_same_clothes_in_other_light_resemble_each_other(light: float) -> None:
    first, second = appearance_of(clothed((60, 60, 170)), BODY), appearance_of(clothed((60, 60, 170), light), BODY)
    assert first is not None
    assert second is not None
    assert resemblance(first, second) > 0.8


def test_other_clothes_do_not() -> None:
    red, green, white = (appearance_of(clothed(colour), BODY) for colour in ((40, 40, 200), (40, 200, 40), (230, 230, 230)))
    assert red is not None
    assert green is not None
    assert white is not None
    assert max(resemblance(red, green), resemblance(red, white), resemblance(green, white)) < 0.5
    assert resemblance(red, red) == pytest.approx(1)


@pytest.mark.parametrize("box", [Box(0, 0, 8, 20), Box(-300, 0, -200, 300), Box(639, 0, 700, 300)])
def test_too_small_or_outside_has_no_appearance(box: Box) -> None:
    assert appearance_of(clothed((60, 60, 170)), box) is None


def test_clothes_keep_two_people_apart_who_meet() -> None:
    """They walk towards each other, meet, and turn back: by motion alone they would have passed through."""
    colours = ((40, 40, 200), (40, 200, 40))
    path = [*range(0, 130, 13), *range(130, -1, -13)]
    tracker = SteadyTracker()
    names = []
    for k, step in enumerate(path):
        image = np.full((480, 640, 3), 120, np.uint8)
        lefts = (100 + step, 400 - step)
        for left, colour in zip(lefts, colours, strict=True):
            image[100:400, left : left + 100] = colour
        tracks = tracker.update(frame(k / 5, image, k), [person(left, 100 + place) for place, left in enumerate(lefts)])
        names.append({one.box.y1: one.id for one in tracks})
    assert names[-1] == names[1]
