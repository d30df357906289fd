from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analyzer.types import Attire, Item, MaskState, Presence, Reason
from models.attributes.evidence import MaskEvidence
from models.attributes.gates import Grade, ItemThresholds, MaskThresholds, attire_reading, claim_mask, grade_of, item_readings
from tests.models.seen import dressed, mask

LIMITS = MaskThresholds(worn=0.6, incorrect=0.6, none=0.86)
ITEM_LIMITS = ItemThresholds(present=0.7, absent=0.7, attire=0.5)

BARE = mask(none=0.95, worn=0.03, incorrect=0.02)


@st.composite
def crops(draw: st.DrawFn, px: st.SearchStrategy[float] | None = None) -> MaskEvidence:
    raw = draw(st.lists(st.floats(0, 1), min_size=4, max_size=4))
    assume(sum(raw) > 0.01)
    worn, incorrect, none, hidden = (one / sum(raw) for one in raw)
    size = draw(st.floats(5, 200) if px is None else px)
    return mask(worn, incorrect, none, hidden, px=size, detail=draw(st.floats(0, 0.4)), light=draw(st.floats(0, 255)))


@pytest.mark.parametrize(
    ("px", "grade"), [(0, Grade.NONE), (23.99, Grade.NONE), (24, Grade.SUPPORT), (39.99, Grade.SUPPORT), (40, Grade.FULL)]
)
def test_grades_by_head_height(px: float, grade: Grade) -> None:
    assert grade_of(px) is grade


@pytest.mark.parametrize(
    ("crop", "reason"),
    [
        (mask(none=1, px=23), Reason.FACE_TOO_SMALL),
        (mask(none=1, light=5), Reason.TOO_DARK),
        (mask(none=1, detail=0.02), Reason.BLUR),
        (mask(not_visible=0.9, none=0.1), Reason.FACE_AWAY),
        (mask(not_visible=0.9, none=0.1, covered=True), Reason.OCCLUDED),
        (mask(not_visible=0.9, none=0.1, detail=0.06), Reason.BLUR),
        (mask(none=0.5, worn=0.5), Reason.LOW_CONFIDENCE),
        (mask(none=1, px=30), Reason.FACE_TOO_SMALL),  # alone, a small head decides nothing
    ],
)
def test_each_reason(crop: MaskEvidence, reason: Reason) -> None:
    claim = claim_mask([crop], LIMITS)
    assert (claim.state, claim.reason) == (MaskState.NOT_VISIBLE, reason)


@given(st.lists(crops(), max_size=5), crops(st.floats(0, 23.9)))
def test_a_head_too_small_now_is_never_claimed_whatever_was_seen_before(before: list[MaskEvidence], now: MaskEvidence) -> None:
    claim = claim_mask([*before, now], LIMITS)
    assert claim.state is MaskState.NOT_VISIBLE
    assert claim.reason is Reason.FACE_TOO_SMALL


@given(st.lists(crops(), min_size=1, max_size=6), st.booleans())
def test_a_reason_stands_exactly_where_no_state_is_claimed(some: list[MaskEvidence], alone: bool) -> None:
    claim = claim_mask(some, LIMITS, alone=alone)
    assert (claim.reason is None) == (claim.state is not MaskState.NOT_VISIBLE)


@given(st.lists(crops(), min_size=1, max_size=6))
def test_crops_in_which_nothing_is_visible_never_become_a_claim(some: list[MaskEvidence]) -> None:
    unseen = [mask(*one.probabilities[:3], not_visible=0.9, px=one.quality.height_px) for one in some]
    assert claim_mask(unseen, LIMITS).state is MaskState.NOT_VISIBLE


@given(st.lists(crops(st.floats(24, 39.9)), min_size=1, max_size=6))
def test_small_heads_never_claim_incorrect_and_never_decide_alone(some: list[MaskEvidence]) -> None:
    claim = claim_mask(some, LIMITS)
    assert claim.state is not MaskState.INCORRECT
    assert len(some) >= 3 or claim.state is MaskState.NOT_VISIBLE


def test_three_small_heads_that_agree_decide() -> None:
    small = mask(none=0.97, worn=0.02, incorrect=0.01, px=30)
    assert claim_mask([small] * 2, LIMITS).reason is Reason.FACE_TOO_SMALL
    assert claim_mask([small] * 3, LIMITS).state is MaskState.NONE


def test_a_single_picture_states_what_a_small_head_shows() -> None:
    assert claim_mask([mask(none=0.97, worn=0.02, incorrect=0.01, px=30)], LIMITS, alone=True).state is MaskState.NONE


def test_not_worn_as_it_should_be_is_claimed_although_the_way_is_open() -> None:
    claim = claim_mask([mask(worn=0.02, incorrect=0.5, none=0.48)], LIMITS)
    assert claim.state is MaskState.INCORRECT


def test_turning_away_makes_the_instant_unknown_and_not_the_track() -> None:
    away = mask(not_visible=0.9, none=0.1)
    assert claim_mask([BARE, BARE, away], LIMITS).reason is Reason.FACE_AWAY
    assert claim_mask([BARE, away, BARE], LIMITS).state is MaskState.NONE


def test_a_profile_does_not_outvote_the_face_seen_from_the_front() -> None:
    front = mask(incorrect=0.8, worn=0.15, none=0.05)
    profiles = [mask(worn=0.8, incorrect=0.15, none=0.05, frontal=0.1), mask(worn=0.7, incorrect=0.25, none=0.05, frontal=0.2)]
    assert claim_mask([*profiles, front], LIMITS).state is MaskState.INCORRECT
    turned = [replace(one, quality=replace(one.quality, frontal=1.0)) for one in profiles]
    assert claim_mask([*turned, front], LIMITS).state is MaskState.WORN


@given(st.lists(crops(), min_size=1, max_size=5), st.floats(0.01, 1))
def test_only_the_difference_between_views_counts(some: list[MaskEvidence], frontal: float) -> None:
    turned = [replace(one, quality=replace(one.quality, frontal=frontal)) for one in some]
    assert claim_mask(turned, LIMITS) == claim_mask(some, LIMITS)


def test_an_item_is_absent_only_if_its_body_part_is_seen() -> None:
    unseen, bare, covered = (0.05, 0.15, 0.8), (0.04, 0.9, 0.06), (0.95, 0.03, 0.02)
    gown, gloves, shield, *_ = item_readings([dressed(unseen, bare, covered, bare, bare)], ITEM_LIMITS)
    assert (gown.item, gown.state, gown.reason) == (Item.GOWN, Presence.NOT_VISIBLE, Reason.ITEM_NOT_VISIBLE)
    assert (gloves.state, gloves.reason) == (Presence.ABSENT, None)
    assert (shield.state, shield.reason) == (Presence.PRESENT, None)


def test_nothing_is_said_about_the_items_of_a_person_too_small() -> None:
    readings = item_readings([dressed(*[(0.9, 0.1, 0.0)] * 5, px=50)], ITEM_LIMITS)
    assert {one.state for one in readings} == {Presence.NOT_VISIBLE}


def test_an_item_in_doubt_is_not_claimed() -> None:
    (reading,) = item_readings([dressed((0.5, 0.5, 0.0))], ITEM_LIMITS)
    assert (reading.state, reading.reason) == (Presence.NOT_VISIBLE, Reason.LOW_CONFIDENCE)


def test_attire() -> None:
    street = dressed(attire=(0.1, 0.1, 0.1, 0.7))
    assert attire_reading([dressed()], ITEM_LIMITS) is None
    claimed = attire_reading([street], ITEM_LIMITS)
    assert claimed is not None
    assert claimed.attire is Attire.STREET
    doubtful = attire_reading([dressed(attire=(0.3, 0.3, 0.2, 0.2))], ITEM_LIMITS)
    assert doubtful is not None
    assert doubtful.attire is Attire.NOT_VISIBLE
