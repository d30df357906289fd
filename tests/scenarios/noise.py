"""How far perception is from the truth: the parameters of the noise put on simulated scenes, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from analyzer.types import Attire, Item, MaskState, Presence

_CARDS = Path(__file__).parents[2] / "docs" / "models"
_STATES = (MaskState.WORN, MaskState.INCORRECT, MaskState.NONE)

Row = tuple[float, float, float, float]
"""Probabilities that a crop is read as worn, incorrect, none, or not at all."""


class Band(StrEnum):
    """Head heights that are read with different certainty; source pixels."""

    SMALL = "24-40"
    FULL = ">=40"

    @classmethod
    def of(cls, head_px: float) -> Band:
        return cls.FULL if head_px >= 40 else cls.SMALL


MaskErrors = Mapping[tuple[Band, MaskState], Row]

ItemErrors = Mapping[tuple[Item, Presence], tuple[float, float, float]]
"""Probabilities that an item, by its true state, is read as present, absent, or not at all."""

AttireErrors = Mapping[Attire, tuple[float, float, float, float]]
"""Probabilities that clothes are read as protective, medical, other uniform, or street."""

ATTIRES = (Attire.PPE, Attire.MEDICAL_UNIFORM, Attire.OTHER_UNIFORM, Attire.STREET)
_PRESENCES = (Presence.PRESENT, Presence.ABSENT, Presence.NOT_VISIBLE)


def _row(worn: float, incorrect: float, none: float, unread: float) -> Row:
    total = worn + incorrect + none + unread
    return worn / total, incorrect / total, none / total, unread / total


@dataclass(frozen=True, slots=True)
class Noise:
    """Everything that goes wrong. Rates without another word are shares of instants; ``assumed`` unless a source is named.

    Attributes:
        missed: a visible person is not detected; misses come in runs of ``missed_run_s`` on average.
        head_missed: the head of a detected person is not found.
        switches_per_minute: a tracked person gets a new id, for each minute in view.
        swapped: two people of whom one hides the other exchange ids.
        mask: how a crop of a head is read, by head height and true state.
        crops: so many crops of the last ``mask_window_s`` are put together for a reading.
        stubborn: the part of the wrong readings that sticks to a person through a whole visit.
        items: how a look at a piece of equipment is read, by its true state.
        attire, attire_unsure: how a look at clothes is read, and how often the answer is too unsure to use.
        marker_read: the code on the coverall is read, while the person is in view and near enough.
        kind_wrong: readings of the kind of mask.
        door_wrong, door_unread: readings of doors.
        box, foot: standard deviation of box edges and foot point, as a share of the person's height in the picture.
        outages_per_minute, outage_s: no picture at all; the length is drawn up to twice the mean.
        shifts_per_minute, shift_s, shift_px: the camera is pushed; ``shift_told_s`` passes until the picture is called moved.
        jitter_s: standard deviation of the time between pictures; ``dropped``: pictures that never come.
    """

    missed: float = 0.0
    missed_run_s: float = 0.4
    head_missed: float = 0.0
    switches_per_minute: float = 0.0
    swapped: float = 0.0
    mask: MaskErrors | None = None
    crops: int = 1
    mask_window_s: float = 3.0
    stubborn: float = 0.0
    items: ItemErrors = field(default_factory=dict)
    attire: AttireErrors = field(default_factory=dict)
    attire_unsure: float = 0.0
    marker_read: float = 1.0
    kind_wrong: float = 0.0
    door_wrong: float = 0.0
    door_unread: float = 0.0
    box: float = 0.0
    foot: float = 0.0
    outages_per_minute: float = 0.0
    outage_s: float = 2.0
    shifts_per_minute: float = 0.0
    shift_s: float = 4.0
    shift_px: float = 60.0
    shift_told_s: float = 0.6
    jitter_s: float = 0.0
    dropped: float = 0.0
    sources: Mapping[str, str] = field(default_factory=dict)


CLEAN = Noise()
"""Every observation is the truth; the limits of optics (small, averted and hidden heads) remain."""


def realistic(*, stubborn: float = 0.0) -> Noise:
    """Noise at the error rates measured for the shipped networks, and at stated assumptions where nothing was measured."""
    return Noise(
        missed=0.03,
        head_missed=0.05,
        switches_per_minute=0.3,
        swapped=0.02,
        mask=_mask_errors(),
        crops=5,
        stubborn=stubborn,
        items=_item_errors(),
        attire=_attire_errors(),
        attire_unsure=0.15,
        marker_read=0.3,
        kind_wrong=0.08,
        door_wrong=0.02,
        door_unread=0.1,
        box=0.01,
        foot=0.015,
        outages_per_minute=0.15,
        shifts_per_minute=0.05,
        jitter_s=0.012,
        dropped=0.02,
        sources={
            "masks": "confusion on sources held out whole, docs/models/mask-state.json",
            "equipment": "confusion on held-out people, docs/models/ppe-items.json",
            "clothes": "confusion on held-out people, docs/models/attire.json",
            "everything else": "assumed: misses, id switches, markers, doors, kinds of masks, boxes, outages, pushes, jitter",
        },
    )


def optimistic(*, stubborn: float = 0.0) -> Noise:
    """As `realistic`, but equipment is read wrongly only once in twenty looks: what the rules do with a better network."""
    good = {(item, state): row for item in Item for state, row in _GOOD.items()}
    assumed = {"equipment": "assumed: 5 % wrong, 15 % not told"}
    noise = realistic(stubborn=stubborn)
    return replace(noise, items=good, sources={**noise.sources, **assumed})


_GOOD = {Presence.PRESENT: (0.81, 0.04, 0.15), Presence.ABSENT: (0.05, 0.80, 0.15)}


def _mask_errors() -> MaskErrors:
    card = json.loads((_CARDS / "mask-state.json").read_text("utf-8"))
    sums: dict[tuple[Band, MaskState], list[float]] = {}
    for source in card["held_out_source"].values():
        for part in source["slices"]:
            if part["height"] not in set(Band):
                continue
            for state, counts in zip(_STATES, part["confusion"], strict=False):
                key = Band(part["height"]), state
                sums[key] = [a + b for a, b in zip(sums.get(key, [0.0] * 4), counts, strict=True)]
    return {key: _row(*counts) for key, counts in sums.items()}


def _item_errors() -> ItemErrors:
    card = json.loads((_CARDS / "ppe-items.json").read_text("utf-8"))
    return {
        (Item(one["name"]), state): _share(counts)
        for one in card["items"]
        for state, counts in zip(_PRESENCES[:2], one["confusion"], strict=False)
    }


def _attire_errors() -> AttireErrors:
    card = json.loads((_CARDS / "attire.json").read_text("utf-8"))
    return {attire: _row(*counts) for attire, counts in zip(ATTIRES, card["attire"]["confusion"], strict=True)}


def _share(counts: Sequence[float]) -> tuple[float, float, float]:
    present, absent, unread = (count / sum(counts) for count in counts)
    return present, absent, unread
