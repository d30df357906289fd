"""The gates save work and never decide that nothing happened."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.gate import GLANCE_SIZE, Attention, GateLimits, MotionTest, PacketGate, RateSampler, is_cheap, peek_due


def feed(gate: PacketGate, sizes: list[int], start: float, rate: float = 10.0) -> list[bool]:
    return [gate.packet(size, start + i / rate, key=False) for i, size in enumerate(sizes)]


def noise(count: int, level: int, seed: int = 0) -> list[int]:
    return [int(v) for v in np.random.default_rng(seed).normal(level, level * 0.1, count)]


def test_sleeps_when_learned_and_wakes_within_three_packets() -> None:
    gate = PacketGate()
    first = feed(gate, noise(600, 2000), 100.0)
    assert all(first[:99])  # learning
    assert not any(first[160:])
    active = feed(gate, noise(20, 6000), 160.0)
    assert active.index(True) <= 2
    after = feed(gate, noise(300, 2000), 162.0)
    assert after[10]
    assert not after[-1]


def test_keyframes_teach_it_nothing() -> None:
    gate = PacketGate()
    feed(gate, noise(300, 2000), 0.0)
    level = gate.level
    gate.packet(60_000, 31.0, key=True)
    assert gate.level == level
    assert not gate.awake(31.0)


def test_a_track_keeps_it_awake() -> None:
    gate = PacketGate()
    feed(gate, noise(300, 2000), 0.0)
    gate.hold(90.0)
    assert gate.awake(89.0)
    assert not gate.awake(90.0)


def test_a_gate_that_misses_is_switched_off() -> None:
    """Constant bit rate: the sizes never change, whatever moves."""
    gate = PacketGate(GateLimits(judged=20))
    feed(gate, [2000] * 300, 0.0)
    for index in range(20):
        gate.moved(40.0 + index, moved=True)
    assert gate.missed == 20
    assert gate.awake(3000.0)
    assert not gate.awake(4000.0)  # and is given another chance
    for index in range(20):
        gate.moved(4000.0 + index, moved=True)
    assert gate.awake(11_000.0)  # which it wasted: two hours now
    assert not gate.awake(11_300.0)


def test_what_begins_to_move_is_looked_at_closely_for_a_while() -> None:
    attention = Attention()
    attention.noticed(10.0, moved=True)
    assert attention.close(11.9)
    assert not attention.close(12.1)
    attention.noticed(12.5, moved=True)  # it goes on: nothing begins
    assert not attention.close(12.6)
    attention.noticed(16.0, moved=False)
    assert attention.still(16.0)
    attention.noticed(16.2, moved=True)
    assert attention.close(16.2)


def test_looks_that_nothing_asks_for_become_rarer_when_it_is_quiet_for_long() -> None:
    attention = Attention()
    attention.looked(0.0, wanted=True)
    assert not attention.overdue(1.9, 2.0)
    assert attention.overdue(2.0, 2.0)
    attention.looked(38.0, wanted=False)
    assert not attention.overdue(40.0, 2.0)
    assert attention.overdue(42.0, 2.0)  # the next keyframe would come after six seconds


def test_every_second_keyframe_will_do_when_it_is_quiet_for_long() -> None:
    attention = Attention()
    attention.looked(0.0, wanted=True)
    attention.looked(28.0, wanted=False)
    assert not attention.idle(29.9, 2.0)
    attention.looked(38.0, wanted=False)
    assert attention.idle(40.0, 2.0)
    assert not attention.idle(42.0, 2.0)  # that would be a look too late
    assert not attention.idle(39.0, 0.1)  # a stream of keyframes alone: each of them is looked at


def test_packets_are_relied_on_until_they_are_found_out() -> None:
    gate = PacketGate()
    feed(gate, [2000] * 300, 0.0)
    assert gate.reliable
    gate.moved(40.0, moved=True)
    assert not gate.reliable


def test_silence_means_something_once_the_packets_have_spoken() -> None:
    gate = PacketGate()
    feed(gate, [2000] * 300, 0.0)
    assert gate.reliable
    assert not gate.proven  # nothing has moved: perhaps they never say anything
    feed(gate, [9000] * 20, 30.0)
    for number in range(9):
        gate.moved(32.0 + number, moved=True)
        assert not gate.proven
    gate.moved(41.0, moved=True)
    assert gate.proven


def test_packets_that_miss_something_are_not_proven() -> None:
    gate = PacketGate()
    feed(gate, [2000] * 300, 0.0)
    for number in range(20):
        gate.moved(30.0 + number, moved=True)
    assert not gate.proven


def test_between_two_keyframes_one_looks_once_a_second() -> None:
    assert not peek_due(0.9, 1.1)
    assert peek_due(1.0, 1.0)
    assert peek_due(0.96, 1.04)  # a camera of 25 pictures a second has none at the very second
    assert not peek_due(1.5, 0.4)  # the keyframe comes soon enough
    assert not peek_due(1.0, -0.5)  # it is late: nobody knows when it comes


def test_a_second_stream_is_cheap_to_decode_and_a_main_stream_is_not() -> None:
    assert is_cheap((640, 360))
    assert is_cheap((768, 432))
    assert not is_cheap((1280, 720))
    assert not is_cheap((1920, 1080))


def test_a_night_becomes_the_new_level() -> None:
    gate = PacketGate()
    feed(gate, noise(600, 2000), 0.0)
    feed(gate, noise(2000, 900, 1), 60.0)
    assert gate.level == pytest.approx(900, rel=0.6)
    assert not gate.awake(260.0)


def picture(seed: int, sigma: float = 3.0, block: int | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    width, height = GLANCE_SIZE
    grey = np.full((height, width), 120.0) + rng.normal(0, sigma, (height, width))
    if block is not None:
        grey[40:55, block : block + 5] = 60  # a person of 180 px in 1080p
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 6.0])
def test_motion_sees_a_small_person_and_not_the_noise(sigma: float) -> None:
    test = MotionTest()
    assert test.moved(picture(0, sigma), 0.0)
    quiet = [test.moved(picture(i, sigma), i / 5) for i in range(1, 300)]
    assert sum(quiet[60:]) <= 3  # the noise of this sensor is learned by then
    assert all(test.moved(picture(i, sigma, block=20 + i % 100), i / 5) for i in range(300, 320))


def test_a_switched_light_is_motion_once() -> None:
    test = MotionTest()
    test.moved(picture(0), 0.0)
    bright = np.clip(picture(1).astype(np.int16) + 60, 0, 255).astype(np.uint8)
    assert test.moved(bright, 0.2)
    assert not test.moved(bright, 0.4)


@pytest.mark.parametrize("fps", [8, 10, 25, 30])
def test_the_sampler_keeps_the_rate(fps: int) -> None:
    sampler = RateSampler(5.0)
    assert sum(sampler.due(i / fps) for i in range(fps * 60)) == pytest.approx(300, abs=1)


def test_the_sampler_does_not_make_up_for_a_pause() -> None:
    sampler = RateSampler(5.0)
    sampler.due(0.0)
    assert [sampler.due(t) for t in (20.0, 20.04, 20.2, 20.24)] == [True, False, True, False]


def test_the_sampler_is_on_its_grid_again_after_a_pause() -> None:
    sampler = RateSampler(5.0)
    sampler.due(0.0)
    assert [sampler.due(t) for t in (20.15, 20.19, 20.2, 20.35, 20.4)] == [True, False, True, False, True]
