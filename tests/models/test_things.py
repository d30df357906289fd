"""What passes for a person and never moves is a thing; a person is none, however still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from analyzer.types import Box, CameraId, Label, MaskState, Observation, Scene, Thing, Track, TrackId
from models.frame import Frame
from models.perception import PerceptionOptions
from models.synthetic import paint_person, synthetic_factory
from models.things import ThingFinder, changed, look_of
from pipelines.seeing import BatchedSeer
from tests.models.seen import CAMERA, START, frame

MINUTE = timedelta(minutes=1)
COAT = Box(200, 100, 300, 380)


def room(seconds: float = 0.0, *, light: float = 1.0) -> npt.NDArray[np.uint8]:
    """A wall with a coat on it, seen with noise."""
    return np.clip(noisy(round(seconds * 10) % 7) * light, 0, 255).astype(np.uint8)


@cache
def noisy(number: int) -> npt.NDArray[np.float32]:
    image = np.full((480, 640, 3), 150, np.float32)
    image[100:380, 200:300] = np.linspace(40, 110, 280)[:, None, None]
    image[180:240, 215:285] = 180
    return image + np.random.default_rng(number).normal(0, 3, image.shape).astype(np.float32)


def seen(box: Box = COAT, track: int = 1) -> Observation:
    return Observation(Track(TrackId(track), box, Label.PERSON, 0.6))


def instants(minutes: float, every: float = 4.0) -> Iterator[float]:
    return (k * every for k in range(round(minutes * 60 / every) + 1))


def watch(finder: ThingFinder, minutes: float, start: float = 0.0, box: Box = COAT, track: int = 1) -> list[tuple[float, int]]:
    """Minute and number of things of every look."""
    found = []
    for second in instants(minutes):
        _, things = finder.tell_apart(frame(start + second, room(second)), [seen(box, track)])
        found.append((second / 60, len(things)))
    return found


def test_what_has_not_moved_for_an_hour_is_a_thing_and_nobody() -> None:
    finder = ThingFinder()
    found = watch(finder, 61)
    assert all(things == 0 for minute, things in found if minute < 60)
    assert all(things == 1 for minute, things in found if minute >= 60)
    people, things = finder.tell_apart(frame(3700, room()), [seen()])
    assert people == ()
    assert things == (Thing(COAT, START),)


def test_it_is_one_under_another_number_and_in_another_light_as_well() -> None:
    finder = ThingFinder(10 * MINUTE)
    for second in instants(15):
        light = 1 - 0.3 * second / 900
        _, things = finder.tell_apart(frame(second, room(second, light=light)), [seen(track=1 + round(second) // 120)])
    assert len(things) == 1


def test_who_walked_to_his_place_is_never_a_thing() -> None:
    finder = ThingFinder(5 * MINUTE)
    for k in range(10):
        finder.tell_apart(frame(k * 0.5, room(k)), [seen(Box(20 + 20 * k, 100, 120 + 20 * k, 380))])
    assert {things for _, things in watch(finder, 30, 5.0)} == {0}


def test_who_moves_a_little_is_never_a_thing() -> None:
    finder = ThingFinder(5 * MINUTE)
    for second in instants(30):
        image = room(second)
        across = round(8 * np.sin(second / 20))
        image[120:170, 230 + across : 270 + across] = 200  # the head is turned and bent
        people, things = finder.tell_apart(frame(second, image), [seen()])
        assert (len(people), things) == (1, ())


def test_somebody_before_a_thing_is_seen_and_the_thing_again_when_he_has_gone() -> None:
    finder = ThingFinder(5 * MINUTE)
    watch(finder, 6)
    behind = room()
    behind[100:380, 180:320] = 230
    for second in range(3):
        people, things = finder.tell_apart(frame(362 + 2 * second, behind), [seen(track=2)])
        assert (len(people), things) == (1, ())
    _, things = finder.tell_apart(frame(370, room()), [seen()])
    assert len(things) == 1


def test_who_sits_down_where_a_thing_was_is_a_person() -> None:
    finder = ThingFinder(5 * MINUTE)
    watch(finder, 6)
    for k in range(10):
        finder.tell_apart(frame(362 + k, room(k)), [seen(Box(20 + 20 * k, 100, 120 + 20 * k, 380), track=2)])
    for second in instants(30):
        image = room(second)
        image[110:370, 210:290] = 220
        people, things = finder.tell_apart(frame(372 + second, image), [seen(track=2)])
        assert (len(people), things) == (1, ())


def test_a_place_that_nobody_saw_for_long_begins_anew() -> None:
    finder = ThingFinder(5 * MINUTE)
    watch(finder, 3)
    finder.tell_apart(frame(180 + 700, room()), [])
    assert [things for minute, things in watch(finder, 4, 900.0) if minute >= 3] == [0] * 16


def test_zero_minutes_find_nothing_and_small_or_outer_boxes_are_nobody_s_business() -> None:
    assert {things for _, things in watch(ThingFinder(timedelta(0)), 2)} == {0}
    finder = ThingFinder(MINUTE)
    assert {things for _, things in watch(finder, 3, box=Box(10, 10, 18, 30))} == {0}
    assert {things for _, things in watch(finder, 3, 300.0, box=Box(700, 100, 800, 300))} == {0}


def test_no_more_than_so_many_places_are_kept() -> None:
    finder = ThingFinder()
    boxes = [Box(x, y, x + 20, y + 40) for x in range(0, 600, 30) for y in range(0, 400, 50)]
    image = room()
    for second in range(3):
        finder.tell_apart(frame(second * 2.0, image), [seen(box, k) for k, box in enumerate(boxes, start=1)])
    assert len(finder.memory.places) <= 32 + len(boxes)
    finder.tell_apart(frame(8.0, image), [])
    assert len(finder.memory.places) == 32


@pytest.mark.parametrize("cut", [2, 40, 76])
def test_who_goes_on_with_a_memory_finds_the_same(cut: int) -> None:
    def looks(finder: ThingFinder, times: Sequence[float]) -> list[tuple[tuple[Observation, ...], tuple[Thing, ...]]]:
        return [finder.tell_apart(frame(second, room(second)), [seen()]) for second in times]

    times = list(instants(6))
    whole = looks(ThingFinder(5 * MINUTE), times)
    first = ThingFinder(5 * MINUTE)
    before = looks(first, times[:cut])
    assert before + looks(ThingFinder(5 * MINUTE, first.memory), times[cut:]) == whole
    assert any(things for _, things in whole)


def test_light_and_contrast_are_no_change_and_a_head_is() -> None:
    before, dark, moved = room(), room(light=0.7), room()
    moved[120:170, 230:270] = 200
    looks = [look_of(image, COAT) for image in (before, dark, moved)]
    assert looks[0] is not None
    assert looks[1] is not None
    assert looks[2] is not None
    assert changed(looks[0], looks[1]) <= 0.03
    assert changed(looks[0], looks[2]) > 0.05


def test_perception_leaves_things_out_of_what_is_observed() -> None:
    camera = synthetic_factory(PerceptionOptions(still_for=timedelta(seconds=20))).for_camera(CAMERA)
    last: Scene | None = None
    for k in range(60):
        image = np.full((480, 640, 3), 190, np.uint8)
        paint_person(image, Box(500, 80, 590, 400), MaskState.WORN)
        paint_person(image, Box(10 + 6 * k, 80, 100 + 6 * k, 400), MaskState.NONE)
        last = camera.perceive(frame(k / 2, image, k))
    assert last is not None
    assert [one.track.id for one in last.observations] == [1]
    assert [round(thing.box.x1 / 100) for thing in last.things] == [5]


def test_a_thing_stays_one_when_the_next_run_of_its_camera_begins() -> None:
    def picture(second: int) -> Frame:
        image = np.full((480, 640, 3), 190, np.uint8)
        paint_person(image, Box(500, 80, 590, 400), MaskState.WORN)
        return frame(second, image, second)

    seer = BatchedSeer(synthetic_factory(PerceptionOptions(still_for=timedelta(seconds=20))))

    def things(seconds: range) -> list[int]:
        scenes = [one for second in seconds for one in seer.look([picture(second)])]
        return [len(one.things) for one in scenes if isinstance(one, Scene)]

    assert things(range(22))[-1] == 1
    seer.renew(CAMERA)
    assert things(range(22, 25)) == [1, 1, 1]
    seer.forget(CAMERA)
    assert things(range(25, 28)) == [0, 0, 0]
    seer.renew(CameraId("another"))
