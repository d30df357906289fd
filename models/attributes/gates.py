"""From evidence to a claim, or to the reason why there is none. Pure functions; nothing unknown becomes a claim.

Heads below 24 px are not judged; from 24 to 39 px they only support (several must agree, and "incorrect" is not
claimed); from 40 px on they count fully. The thresholds belong to the network and stand in its entry of weights.toml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from analyzer.types import Attire, AttireReading, Item, ItemReading, MaskReading, MaskState, Presence, Reason
from models.attributes.evidence import ATTIRES, ITEMS, MASK_STATES, CropQuality, MaskEvidence, PersonEvidence
from models.attributes.fusion import Ballot, fuse, visible_ballot

HEAD_LEAST_PX: Final = 24.0
HEAD_FULL_PX: Final = 40.0
PERSON_LEAST_PX: Final = 64.0
"""Below this height of the person nobody tells gloves from hands, or a shield from nothing."""

_SUPPORT_WEIGHT: Final = 0.5
_SUPPORTING_CROPS: Final = 3
"""So many crops of 24 to 39 px must agree where no larger one is at hand."""
_LEAST_DETAIL: Final = 0.055
"""One in a hundred sharp head crops (of 400 web photographs) has less detail, half of those blurred to 4 effective pixels."""
_SOFT_DETAIL: Final = 0.07
"""Where the network sees nothing below this detail, blur is the reason; smooth dark hair has little more."""
_LEAST_LIGHT: Final = 12.0
_HIDDEN: Final = 0.5
_REAL_STATES: Final = len(MASK_STATES) - 1
_LEAST_FRONTAL: Final = 0.25
"""Weight of an averted face beside one that is turned to the camera: a profile hides whether the nose is out (on a set that was
held out, three in ten wrongly worn masks were recognised from the front and one in ten in profile)."""


class Grade(StrEnum):
    """What a head of its size is good for."""

    NONE = "none"
    SUPPORT = "support"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class MaskThresholds:
    """Probabilities from which a state is claimed, among the three real states; chosen on validation for a stated rate
    of masked people called unmasked.
    """

    worn: float
    incorrect: float
    none: float
    not_visible: float = _HIDDEN

    def of(self, state: MaskState) -> float:
        match state:
            case MaskState.WORN:
                return self.worn
            case MaskState.INCORRECT:
                return self.incorrect
            case MaskState.NONE:
                return self.none
            case MaskState.NOT_VISIBLE:
                return self.not_visible


@dataclass(frozen=True, slots=True)
class Claim:
    """A state with its fused probability, or ``NOT_VISIBLE`` with the reason."""

    state: MaskState
    probability: float
    reason: Reason | None = None


def grade_of(head_px: float) -> Grade:
    """Return what a head of this height may do."""
    if head_px >= HEAD_FULL_PX:
        return Grade.FULL
    return Grade.SUPPORT if head_px >= HEAD_LEAST_PX else Grade.NONE


def unusable(quality: CropQuality) -> Reason | None:
    """Return why the pixels of a head crop cannot be judged, before any network looks; None when they can."""
    if grade_of(quality.height_px) is Grade.NONE:
        return Reason.FACE_TOO_SMALL
    if quality.light < _LEAST_LIGHT:
        return Reason.TOO_DARK
    return Reason.BLUR if quality.detail < _LEAST_DETAIL else None


def hidden(evidence: MaskEvidence, thresholds: MaskThresholds) -> Reason | None:
    """Return why this crop shows no mask and no bare face either; None when it shows one of the real states."""
    unfit = unusable(evidence.quality)
    if unfit is not None:
        return unfit
    if evidence.probabilities[-1] >= thresholds.not_visible:
        if evidence.covered:
            return Reason.OCCLUDED
        return Reason.BLUR if evidence.quality.detail < _SOFT_DETAIL else Reason.FACE_AWAY
    return None


def claim_mask(crops: Sequence[MaskEvidence], thresholds: MaskThresholds, *, alone: bool = False) -> Claim:
    """Return what the crops say together; the last of them is of this instant.

    Args:
        crops: evidence within the window of fusion, the instant's own last.
        thresholds: of the network.
        alone: a single picture, not a track: a small crop may then state what it shows, graded as support.
    """
    reason = unusable(crops[-1].quality)
    if reason is not None:
        return Claim(MaskState.NOT_VISIBLE, 1.0, reason)
    reason = hidden(crops[-1], thresholds)
    if reason is not None:
        return Claim(MaskState.NOT_VISIBLE, crops[-1].probabilities[-1], reason)
    usable = [one for one in crops if hidden(one, thresholds) is None]
    best_view = max(one.quality.frontal for one in usable)
    fused = fuse([mask_ballot(one, alone=alone, best_view=best_view) for one in usable], _REAL_STATES)
    best = max(range(_REAL_STATES), key=lambda state: fused[state])
    state, probability = MASK_STATES[best], fused[best]
    bare = 1 - fused[0]
    # Not worn as it should be is sure although it is open which way: the likelier of the two is claimed.
    claimed = probability >= thresholds.of(state) or (best > 0 and bare >= max(thresholds.incorrect, thresholds.none))
    if not claimed:
        return Claim(MaskState.NOT_VISIBLE, probability, Reason.LOW_CONFIDENCE)
    if not alone and not any(grade_of(one.quality.height_px) is Grade.FULL for one in usable):
        agreeing = sum(_likeliest(one) == best for one in usable)
        if agreeing < _SUPPORTING_CROPS or state is MaskState.INCORRECT:
            return Claim(MaskState.NOT_VISIBLE, probability, Reason.FACE_TOO_SMALL)
    return Claim(state, probability)


def mask_ballot(evidence: MaskEvidence, *, alone: bool = False, best_view: float = 0.0) -> Ballot:
    """Return the vote of one crop over worn, incorrect, none.

    ``best_view`` is how far the best crop of the person is turned to the camera: a crop that shows less of the face
    counts less beside it, and fully where there is no better one.
    """
    full = alone or grade_of(evidence.quality.height_px) is Grade.FULL
    weight = 1.0 if full else _SUPPORT_WEIGHT
    if evidence.quality.frontal < best_view:
        weight *= max(_LEAST_FRONTAL, evidence.quality.frontal / best_view)
    return visible_ballot(evidence.probabilities, weight)


def _likeliest(evidence: MaskEvidence) -> int:
    return max(range(_REAL_STATES), key=lambda state: evidence.probabilities[state])


def mask_reading(claim: Claim, head_px: float, crops: int) -> MaskReading:
    """Return the claim of this instant as a record for the rules."""
    return MaskReading(claim.state, claim.probability, head_px, crops, fresh=True, reason=claim.reason)


def item_readings(crops: Sequence[PersonEvidence], thresholds: ItemThresholds) -> tuple[ItemReading, ...]:
    """Return one reading an item that the network knows; the last crop is of this instant.

    An item is absent only if its body part was seen: when "not visible" is the likeliest now, so it is said.
    """
    newest = crops[-1]
    return tuple(_item_reading(item, index, crops, thresholds) for index, item in enumerate(ITEMS) if index < len(newest.items))


@dataclass(frozen=True, slots=True)
class ItemThresholds:
    """Probabilities from which presence or absence of an item is claimed, and an attire."""

    present: float
    absent: float
    attire: float
    not_visible: float = _HIDDEN


def _item_reading(item: Item, index: int, crops: Sequence[PersonEvidence], thresholds: ItemThresholds) -> ItemReading:
    now = crops[-1].items[index]
    if crops[-1].quality.height_px < PERSON_LEAST_PX or now[-1] >= thresholds.not_visible:
        return ItemReading(item, Presence.NOT_VISIBLE, now[-1], len(crops), reason=Reason.ITEM_NOT_VISIBLE)
    seen = [one.items[index] for one in crops if one.items[index][-1] < thresholds.not_visible]
    present, absent = fuse([visible_ballot(one, 1.0) for one in seen], 2)
    if present >= thresholds.present:
        return ItemReading(item, Presence.PRESENT, present, len(seen))
    if absent >= thresholds.absent:
        return ItemReading(item, Presence.ABSENT, absent, len(seen))
    return ItemReading(item, Presence.NOT_VISIBLE, max(present, absent), len(seen), reason=Reason.LOW_CONFIDENCE)


def attire_reading(crops: Sequence[PersonEvidence], thresholds: ItemThresholds) -> AttireReading | None:
    """Return what kind of clothes the crops show together; None when the network does not say."""
    if not crops[-1].attire:
        return None
    fused = fuse([Ballot(one.attire, 1.0) for one in crops], len(ATTIRES))
    best = max(range(len(ATTIRES)), key=lambda attire: fused[attire])
    if crops[-1].quality.height_px < PERSON_LEAST_PX or fused[best] < thresholds.attire:
        return AttireReading(Attire.NOT_VISIBLE, fused[best])
    return AttireReading(ATTIRES[best], fused[best])
