"""What perception can deliver. A rule that needs more than is delivered does not run, and says what is missing."""

from __future__ import annotations

from enum import StrEnum


class Supply(StrEnum):
    """Kinds of observation."""

    PERSONS = "persons"
    MASKS = "masks"
    MASK_KINDS = "mask_kinds"
    ITEMS = "items"
    ATTIRE = "attire"
    MARKERS = "markers"
    VEHICLES = "vehicles"
    BAGS = "bags"
    DOOR_STATES = "door_states"


DEFAULT_SUPPLY = frozenset({Supply.PERSONS, Supply.MASKS, Supply.ITEMS, Supply.ATTIRE, Supply.MARKERS})
"""What the shipped networks deliver: no vehicles, no bags, no kinds of masks, no states of doors."""
