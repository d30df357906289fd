"""The rates of misreading the rules reckon with are those measured for the shipped networks."""

from __future__ import annotations

import pytest

from analyzer.misreadings import ITEMS, MASK_FULL, MASK_SMALL, MASK_STATES, Table
from analyzer.types import Item, Presence
from tests.scenarios.noise import Band, realistic

TOLERANCE = 0.02
"""As far as a rate may be off before the table of the analyzer is to be brought up to date."""

FEW = 0.26
"""For face shields, of which eight were held out."""


@pytest.mark.parametrize(("band", "table"), [(Band.FULL, MASK_FULL), (Band.SMALL, MASK_SMALL)])
def test_masks(band: Band, table: Table) -> None:
    measured = realistic().mask
    assert measured is not None
    for state, rates in zip(MASK_STATES, table.rates, strict=True):
        *read, unread = measured[band, state]
        assert rates == pytest.approx([one / (1 - unread) for one in read], abs=TOLERANCE)


def test_every_item_has_rates() -> None:
    assert set(ITEMS) == set(Item)


@pytest.mark.parametrize("item", [Item.GOWN, Item.GLOVES, Item.FACE_SHIELD, Item.GOGGLES, Item.CAP])
def test_items(item: Item) -> None:
    measured = realistic().items
    for state, rates in zip((Presence.PRESENT, Presence.ABSENT), ITEMS[item].rates, strict=True):
        present, absent, _ = measured[item, state]
        told = present + absent
        assert rates == pytest.approx([present / told, absent / told], abs=FEW if item is Item.FACE_SHIELD else TOLERANCE)
