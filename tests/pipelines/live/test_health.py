"""Ill pictures are named within a minute; quiet and busy live pictures are left alone. Sixty clips: tests/faults."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.health import LoopWatch, PictureHealth, displacement
from pipelines.records import GapReason
from tests.pipelines.live.ailing import KINDS, pictures, watch

HEALTHY = 40
NOISE = ((1.0, False), (3.0, False), (3.0, True), (6.0, False), (6.0, True))


QUICK = {"frozen with a clock", "moved by a tenth", "black"}


@pytest.mark.parametrize("kind", [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS])
def test_names_the_fault_in_time(kind: str) -> None:
    named = [(second, health.fault) for second, health in watch(pictures(kind, 1, HEALTHY, 60, 3.0))]
    assert {fault for second, fault in named if second < HEALTHY} == {None}
    wrong = {fault for _, fault in named} - {None, KINDS[kind]}
    assert not wrong
    first = min((second for second, fault in named if fault is KINDS[kind]), default=None)
    assert first is not None
    assert 5 <= first - HEALTHY <= 60
    assert named[-1][1] is KINDS[kind]


@pytest.mark.parametrize(("sigma", "people"), [(1.0, True), *(pytest.param(s, p, marks=pytest.mark.slow) for s, p in NOISE)])
def test_leaves_a_healthy_picture_alone(sigma: float, people: bool) -> None:
    assert {health.fault for _, health in watch(pictures(None, 2, 150, 0, sigma, people=people))} == {None}


def test_recovers() -> None:
    health = PictureHealth()
    clip = [*pictures(None, 3, 40, 0, 3.0), *pictures("black", 3, 0, 30, 3.0), *pictures(None, 3, 20, 0, 3.0)]
    faults = [h.fault for _, h in watch(iter(clip), health)]
    assert GapReason.BLACK in faults
    assert faults[-1] is None


def test_a_camera_that_starts_covered_is_noticed_without_a_baseline() -> None:
    assert list(watch(pictures("covered", 4, 0, 30, 1.0)))[-1][1].fault is GapReason.COVERED


def test_drawing_the_zones_again_accepts_the_new_view() -> None:
    health = PictureHealth()
    clip = list(pictures("moved by a tenth", 5, 40, 60, 3.0))
    states = list(watch(iter(clip), health))
    assert states[-1][1].fault is GapReason.MOVED
    health.redraw()
    assert {h.fault for _, h in watch(iter(clip[-160:]), health)} == {None}


@pytest.mark.parametrize("shift", [(0, 0), (3, -5), (16, 4)])
def test_measures_a_displacement(shift: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(120, 30, (90, 160)).astype(np.float32)
    distance, certainty = displacement(picture, np.roll(picture, shift, (0, 1)))
    assert distance == pytest.approx(np.hypot(*shift))
    assert certainty > 0.3


def test_a_replayed_stream_repeats_its_sizes() -> None:
    rng = np.random.default_rng(0)
    sizes = [int(s) for s in rng.integers(500, 3000, 300)]
    watch_, first, second = LoopWatch(), [], []
    for index, size in enumerate(sizes * 2):
        (first if index < 300 else second).append(watch_.packet(size, key=index % 10 == 0))
    assert not any(first)
    assert second[-1]


def test_a_still_picture_is_not_a_loop() -> None:
    watch_ = LoopWatch()
    assert not any(watch_.packet(900 if index % 10 == 0 else 18, key=index % 10 == 0) for index in range(2000))
