from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.attributes.fusion import Ballot, fuse, visible_ballot

STATES = 3


@st.composite
def distributions(draw: st.DrawFn) -> tuple[float, ...]:
    raw = draw(st.lists(st.floats(0.001, 1), min_size=STATES, max_size=STATES))
    return tuple(one / sum(raw) for one in raw)


ballots = st.builds(Ballot, distributions(), st.floats(0, 1))


@given(st.lists(ballots, max_size=4))
def test_order_does_not_matter_not_even_in_the_last_bit(some: list[Ballot]) -> None:
    assert len({fuse(order, STATES) for order in itertools.permutations(some)}) == 1


@given(st.lists(ballots, max_size=6), ballots)
def test_a_crop_in_which_a_state_is_likeliest_never_lowers_it(some: list[Ballot], more: Ballot) -> None:
    likeliest = max(range(STATES), key=lambda state: more.probabilities[state])
    assert fuse([*some, more], STATES)[likeliest] >= fuse(some, STATES)[likeliest] - 1e-9


@given(st.lists(ballots, max_size=6), distributions())
def test_a_crop_without_weight_changes_nothing(some: list[Ballot], probabilities: tuple[float, ...]) -> None:
    assert fuse([*some, Ballot(probabilities, 0.0)], STATES) == fuse(some, STATES)


@given(st.lists(ballots, max_size=30))
def test_probabilities_stay_probabilities_and_never_certain(some: list[Ballot]) -> None:
    fused = fuse(some, STATES)
    assert all(0 < one <= 0.99 for one in fused)
    assert sum(fused) == pytest.approx(1, abs=0.02)


def test_no_crops_say_nothing() -> None:
    assert fuse([], STATES) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_two_agreeing_crops_are_surer_than_one() -> None:
    one = Ballot((0.7, 0.2, 0.1), 1.0)
    assert fuse([one, one], STATES)[0] > fuse([one], STATES)[0] == pytest.approx(0.7)


def test_ballots_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 probabilities"):
        fuse([Ballot((0.5, 0.5), 1.0)], STATES)


@given(distributions(), st.floats(0, 1))
def test_what_is_hidden_takes_weight_and_changes_no_share(probabilities: tuple[float, ...], hidden: float) -> None:
    seen = tuple(one * (1 - hidden) for one in probabilities)
    ballot = visible_ballot((*seen, hidden), 1.0)
    assert ballot.weight == pytest.approx(1 - hidden)
    if hidden < 0.99:
        assert ballot.probabilities == pytest.approx(probabilities, abs=1e-6)


def test_a_wholly_hidden_crop_has_no_weight_and_no_opinion() -> None:
    assert visible_ballot((0.0, 0.0, 0.0, 1.0), 1.0) == Ballot((1 / 3, 1 / 3, 1 / 3), 0.0)
