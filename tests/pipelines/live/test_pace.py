"""Looked at as often as asked while something is undecided, less often while nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analyzer.types import MaskState, Observation, Reason, Scene
from pipelines.pace import Pace
from tests.analyzer.scenes import person, scene

ASKED, AWAITED, SETTLED = 5.0, 2.5, 2.0


def rates(looks: Sequence[tuple[float, Sequence[Observation]]], *undecided: float) -> list[float]:
    pace = Pace()
    return [pace.rate(ASKED, scene(at, people), undecided=at in undecided) for at, people in looks]


def standing(until: float, step: float = 0.2, **more: object) -> list[tuple[float, Sequence[Observation]]]:
    return [(round(n * step, 3), [person(1, **more)]) for n in range(round(until / step) + 1)]  # type: ignore[arg-type]


def test_nobody_is_settled() -> None:
    assert rates([(0.0, []), (0.5, [])]) == [SETTLED, SETTLED]


def test_somebody_new_is_looked_at_as_often_as_asked_and_then_less() -> None:
    found = rates(standing(5.0))
    assert found[0] == ASKED
    assert found.index(SETTLED) == 14  # the last look below two seconds is at 1.8, and a second lingers
    assert set(found[14:]) == {SETTLED}


def test_an_undecided_judgement_asks_for_more_at_once_and_a_second_longer() -> None:
    found = rates(standing(8.0), 6.0)
    assert found[29] == SETTLED
    assert found[30:35] == [ASKED] * 5
    assert found[35] == SETTLED


def test_a_mask_that_could_be_read_is_waited_for_but_not_for_ever() -> None:
    turned = person(1, mask=MaskState.NOT_VISIBLE)
    assert turned.mask is not None
    away = replace(turned, mask=replace(turned.mask, reason=Reason.FACE_AWAY))
    small = replace(turned, mask=replace(turned.mask, reason=Reason.FACE_TOO_SMALL))
    instants = [round(n * 0.2, 3) for n in range(50)]
    waiting = dict(zip(instants, rates([(at, [away]) for at in instants]), strict=True))
    assert (waiting[2.6], waiting[3.0], waiting[5.8], waiting[6.2]) == (ASKED, AWAITED, AWAITED, SETTLED)
    assert AWAITED not in rates([(at, [small]) for at in instants])  # no look will make it larger


def test_somebody_who_runs_is_followed_closely_and_who_walks_is_not() -> None:
    def moving(heights_a_second: float) -> list[float]:
        step = heights_a_second * 200 * 0.2 / 1600
        return rates([(round(n * 0.2, 3), [person(1, x=0.05 + n * step)]) for n in range(25)])

    assert set(moving(1.5)) == {ASKED}
    assert moving(0.8)[-1] == SETTLED


def test_people_in_front_of_each_other_are_looked_at_closely() -> None:
    def two(apart: float) -> list[tuple[float, Sequence[Observation]]]:
        return [(round(n * 0.2, 3), [person(1, x=0.4), person(2, x=0.4 + apart)]) for n in range(25)]

    assert rates(two(0.01))[-1] == ASKED
    assert rates(two(0.3))[-1] == SETTLED


def test_a_rate_below_the_settled_one_is_never_raised() -> None:
    pace, empty = Pace(), scene(0.0)
    assert isinstance(empty, Scene)
    assert pace.rate(1.0, empty, undecided=False) == 1.0
    assert pace.rate(1.0, scene(0.5), undecided=True) == 1.0


def test_somebody_who_comes_back_after_long_is_new() -> None:
    looks = [*standing(5.0), *[(float(at), []) for at in range(6, 20)], (20.0, [person(1)])]
    assert rates(looks)[-1] == ASKED
