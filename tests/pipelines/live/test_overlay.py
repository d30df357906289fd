"""A clock that stops in a live picture is noticed; so is a replay that was encoded anew. Quiet scenes are left alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.gate import GLANCE_SIZE
from pipelines.overlay import ClockWatch, OverlayLimits, ReplayLimits, ReplayWatch

WIDTH, HEIGHT = GLANCE_SIZE
Grey = np.ndarray


def still_room(seed: int = 0) -> Grey:
    return np.random.default_rng(seed).uniform(60, 180, (HEIGHT // 6, WIDTH // 8)).repeat(6, 0).repeat(8, 1)


def glances(count: int, *, sigma: float = 1.0, clock_until: int = 10**9, people: int = 0, seed: int = 0) -> Iterator[Grey]:
    """A room seen once a second: noise, a clock of four by six pixels a digit, people who cross at random times."""
    rng, room = np.random.default_rng(seed), still_room()
    walks = [(int(rng.integers(0, count)), float(rng.uniform(1.5, 5.0)), int(rng.integers(30, 70))) for _ in range(people)]
    for second in range(count):
        picture = room + rng.normal(0, sigma, room.shape)
        for start, pace, top in walks:
            left = int((second - start) * pace)
            if 0 <= left < WIDTH - 10 and second >= start:
                picture[top : top + 20, left : left + 8] = 30
        digits = np.random.default_rng(min(second, clock_until))
        picture[4:10, 120:124] = 255 * digits.integers(0, 2, (6, 4))
        yield np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("people", [0, 30])
def test_a_clock_that_stops_is_noticed_within_a_minute_and_a_half(people: int) -> None:
    watch = ClockWatch()
    said = [watch.see(grey, float(at)) for at, grey in enumerate(glances(600, clock_until=300, people=people))]
    assert watch.known
    assert not any(said[:300])
    assert 55 <= said.index(True) - 300 <= 90
    assert said[-1]


def test_a_clock_that_goes_on_is_left_alone_and_one_that_starts_again_is_fine() -> None:
    watch = ClockWatch()
    assert not any(watch.see(grey, float(at)) for at, grey in enumerate(glances(900, people=40, sigma=4.0)))
    for at, grey in enumerate(glances(100, clock_until=0, seed=1)):
        watch.see(grey, 900.0 + at)
    assert watch.still
    for at, grey in enumerate(glances(10)):
        watch.see(grey, 1000.0 + at)
    assert not watch.still


def test_without_a_clock_nothing_is_said() -> None:
    watch = ClockWatch(OverlayLimits(learning=30))
    rng, room = np.random.default_rng(0), still_room()
    waving = room.copy()
    for second in range(400):
        waving[20:80, 10:150] = room[20:80, 10:150] + rng.normal(0, 40, (60, 140))  # trees in the wind, everywhere
        assert not watch.see(np.clip(waving, 0, 255).astype(np.uint8), float(second))
    assert not watch.known


def test_another_size_begins_anew() -> None:
    watch = ClockWatch(OverlayLimits(learning=20))
    for at, grey in enumerate(glances(60)):
        watch.see(grey, float(at))
    assert watch.known
    watch.see(np.zeros((10, 10), np.uint8), 61.0)
    assert not watch.known


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_replay_with_other_noise_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    live = list(glances(300, people=40, seed=seed))
    again = [np.clip(grey + rng.normal(0, 3.0, grey.shape), 0, 255).astype(np.uint8) for grey in live]
    watch = ReplayWatch()
    assert not any(watch.see(grey) for grey in live)
    said = [watch.see(grey) for grey in again]
    assert True in said[:120]
    assert said[-1]


@pytest.mark.parametrize("people", [0, 10, 100])
def test_an_hour_of_life_is_no_replay(people: int) -> None:
    watch = ReplayWatch(ReplayLimits(every=40))
    assert not any(watch.see(grey) for grey in glances(1800, people=people, seed=5, sigma=2.0))


def test_a_machine_that_always_does_the_same_is_no_replay() -> None:
    watch, room = ReplayWatch(ReplayLimits(every=40)), still_room()
    rng = np.random.default_rng(0)
    for second in range(1200):
        picture = room + rng.normal(0, 1.0, room.shape)
        picture[20:60, 40:100] += 60.0 * (second % 10 < 5)
        assert not watch.see(np.clip(picture, 0, 255).astype(np.uint8))
