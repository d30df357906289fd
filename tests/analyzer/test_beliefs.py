"""What somebody is believed to wear, by all readings so far."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.beliefs import FADED, Beliefs
from analyzer.misreadings import ITEMS, MASK_FULL, MASK_SMALL, Table
from analyzer.outfits import Outfit
from analyzer.types import Item, ItemReading, MaskReading, MaskState, Observation, Presence, Reason
from tests.analyzer.scenes import START, person
from tests.thorough import examples

MASKS = {"w": MaskState.WORN, "i": MaskState.INCORRECT, "n": MaskState.NONE, "-": MaskState.NOT_VISIBLE}
ITEM = {"p": Presence.PRESENT, "a": Presence.ABSENT, "-": Presence.NOT_VISIBLE}


def masked(spelling: str, *, crops: int = 5, head_px: float = 60, every: float = 0.4) -> list[tuple[MaskState, bool]]:
    """What is told after each reading, and whether it is a vote."""
    beliefs, found = Beliefs(), []
    for k, letter in enumerate(spelling):
        state = MASKS[letter]
        reason = Reason.FACE_AWAY if state is MaskState.NOT_VISIBLE else None
        reading = MaskReading(state, 0.9, head_px, crops, reason=reason)
        beliefs.look(_seen(reading), START + timedelta(seconds=k * every))
        assert beliefs.mask is not None
        found.append((beliefs.mask.state, beliefs.mask.fresh))
    return found


def equipped(item: Item, spelling: str, *, crops: int = 5) -> list[tuple[Presence, bool]]:
    beliefs, found = Beliefs(), []
    for k, letter in enumerate(spelling):
        beliefs.look(_seen(None, ItemReading(item, ITEM[letter], 0.9, crops)), START + timedelta(seconds=k))
        found.append((beliefs.items[0].state, beliefs.items[0].fresh))
    return found


def _seen(mask: MaskReading | None, *items: ItemReading) -> Observation:
    return Observation(person(1).track, None, mask, items)


def test_the_first_reading_of_a_mask_is_believed() -> None:
    for letter in "win":
        assert masked(letter, crops=1) == [(MASKS[letter], True)]


def test_a_mask_under_the_nose_is_believed_although_it_is_read_as_worn_half_of_the_time() -> None:
    told = masked("iwwiwwiwwiwwiww")
    assert told[-1][0] is MaskState.INCORRECT
    assert not told[-1][1]  # a reading that speaks against it is no vote
    assert told[-3] == (MaskState.INCORRECT, True)


def test_a_proper_mask_read_wrongly_now_and_then_stays_one() -> None:
    told = masked("w" * 20 + "i" + "w" * 20)
    assert {state for state, _ in told} == {MaskState.WORN}
    assert told[20] == (MaskState.WORN, False)


def test_what_was_never_read_is_not_told() -> None:
    # A mask under the nose would best explain it, but nobody saw one.
    assert MaskState.INCORRECT not in {state for state, _ in masked("nw" * 40)}


def test_a_mask_put_on_is_noticed_within_seven_readings() -> None:
    told = [state for state, _ in masked("n" * 40 + "w" * 7)]
    assert (told[39], told[40], told[-1]) == (MaskState.NONE, MaskState.NONE, MaskState.WORN)


def test_doubt_is_told_as_doubt() -> None:
    beliefs = Beliefs()
    for k, state in enumerate((MaskState.INCORRECT, MaskState.WORN, MaskState.WORN, MaskState.WORN)):
        beliefs.look(_seen(MaskReading(state, 0.9, 60, 1)), START + timedelta(seconds=k))
    assert beliefs.mask == MaskReading(MaskState.NOT_VISIBLE, 0.0, 60, 1, reason=Reason.LOW_CONFIDENCE)


def test_after_half_a_minute_without_a_reading_all_begins_anew() -> None:
    assert masked("nw", every=FADED.total_seconds() + 1)[-1][0] is MaskState.WORN
    assert masked("nnnnw")[-1][0] is MaskState.NONE


def test_a_carried_reading_adds_nothing() -> None:
    beliefs = Beliefs()
    for k in range(50):
        reading = MaskReading(MaskState.NONE if k else MaskState.WORN, 0.9, 60, 5, fresh=k == 0)
        beliefs.look(_seen(reading), START + timedelta(seconds=k))
    assert beliefs.mask is not None
    assert (beliefs.mask.state, beliefs.mask.fresh) == (MaskState.WORN, False)


def test_a_carried_reading_of_somebody_not_met_before_is_told_but_is_no_vote() -> None:
    beliefs = Beliefs()
    beliefs.look(_seen(MaskReading(MaskState.NONE, 0.9, 60, 5, fresh=False)), START)
    assert beliefs.mask is not None
    assert (beliefs.mask.state, beliefs.mask.fresh) == (MaskState.NONE, False)


@pytest.mark.parametrize(("p", "told"), [(0.45, MaskState.NONE), (0.95, MaskState.NOT_VISIBLE)])
def test_what_its_own_network_doubts_is_passed_on_and_weighs_nothing(p: float, told: MaskState) -> None:
    beliefs = Beliefs()
    for k in range(10):
        beliefs.look(_seen(MaskReading(MaskState.WORN, 0.95, 60, 5)), START + timedelta(seconds=k))
    doubted = MaskReading(MaskState.NONE, p, 60, 5)
    beliefs.look(_seen(doubted), START + timedelta(seconds=10))
    assert beliefs.mask is not None
    assert beliefs.mask.state is told
    assert (beliefs.mask == doubted) is (p < 0.5)


def test_shields_need_more_readings_than_gowns() -> None:
    gown, shield = (equipped(item, "a" * 20, crops=1) for item in (Item.GOWN, Item.FACE_SHIELD))
    first_gown, first_shield = (
        next(k for k, (state, _) in enumerate(told) if state is Presence.ABSENT) for told in (gown, shield)
    )
    assert (first_gown, first_shield) == (0, 1)


def test_a_shield_read_as_missing_now_and_then_is_not_missing() -> None:
    assert Presence.ABSENT not in {state for state, _ in equipped(Item.FACE_SHIELD, "pppaapppaaapppp")}


def test_what_was_not_visible_stays_so() -> None:
    assert equipped(Item.GLOVES, "aaaa-")[-1] == (Presence.NOT_VISIBLE, True)


def test_items_are_carried_as_they_are_believed() -> None:
    beliefs = Beliefs()
    reading = ItemReading(Item.GOWN, Presence.ABSENT, 0.9, 5)
    carried = ItemReading(Item.GOWN, Presence.PRESENT, 0.9, 5, fresh=False)
    for k, one in enumerate((reading, reading, carried, carried)):
        beliefs.look(_seen(None, one), START + timedelta(seconds=k))
    assert beliefs.items == (ItemReading(Item.GOWN, Presence.ABSENT, 0.9, 5, fresh=False),)


def test_a_carried_item_among_fresh_ones_is_passed_on() -> None:
    beliefs = Beliefs()
    carried = ItemReading(Item.CAP, Presence.PRESENT, 0.9, 5, fresh=False)
    beliefs.look(_seen(None, ItemReading(Item.GOWN, Presence.ABSENT, 0.9, 5), carried), START)
    assert beliefs.items[1] is carried


@examples(20)
@given(st.text("-", max_size=30), st.sampled_from("win"))
def test_what_is_not_seen_changes_nothing(gap: str, letter: str) -> None:
    assert masked("win" + gap + letter, every=0.01)[-1] == masked("win" + letter, every=0.01)[-1]


@pytest.mark.parametrize("table", [MASK_FULL, MASK_SMALL, *ITEMS.values()])
def test_the_rates_of_every_true_state_are_all_there_is(table: Table) -> None:
    for rates in table.rates:
        assert sum(rates) == pytest.approx(1.0, abs=1e-9)
        assert len(rates) == len(table.rates)


def test_more_crops_say_more_all_together_and_each_less() -> None:
    one, five, nine = (MASK_FULL.likelihoods(1, crops) for crops in (1, 5, 9))
    assert five == nine
    assert (five[1] / five[0]) ** 5 > one[1] / one[0] > five[1] / five[0]


def test_readings_of_a_gown_that_disagree_tell_nothing() -> None:
    outfit = Outfit()
    for k, state in enumerate((Presence.PRESENT, Presence.ABSENT, Presence.PRESENT)):
        outfit.look(_seen(None, ItemReading(Item.GOWN, state, 0.9, 5)), START + timedelta(seconds=k), doffing=False)
    assert outfit.gown(START + timedelta(seconds=3)) is Presence.NOT_VISIBLE
