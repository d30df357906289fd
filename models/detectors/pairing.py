"""Which head belongs to which person: the head lies in the upper part of the person's box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzer.types import Box

UPPER: Final = 0.5
"""A head's centre lies in this upper part of the person's box. Half: a ceiling camera sees people from above."""
ABOVE: Final = 0.12
"""How far a head's centre may stick out above the person's box, in heights of the box: boxes are not exact."""
INSIDE: Final = 0.6
"""Least share of the head's area that lies in the box (widened upwards by ABOVE)."""
TALLEST: Final = 0.95
"""A head as tall as its person is a portrait cut at the neck; taller is somebody else."""
SMALLEST: Final = 0.04
"""A head of less than this share of the person's height is somebody behind."""


def likeness(person: Box, head: Box) -> float:
    """Return how well a head fits a person, 0 (not at all) to 1: inside, high up, near the middle, of fitting size."""
    if person.height <= 0 or person.width <= 0 or head.height <= 0 or head.width <= 0:
        return 0.0
    if not SMALLEST <= head.height / person.height <= TALLEST:
        return 0.0
    x, y = head.centre
    down = (y - person.y1) / person.height
    if not -ABOVE <= down <= UPPER:
        return 0.0
    top = person.y1 - ABOVE * person.height
    common = max(0.0, min(head.x2, person.x2) - max(head.x1, person.x1)) * max(0.0, min(head.y2, person.y2) - max(head.y1, top))
    inside = common / (head.width * head.height)
    if inside < INSIDE:
        return 0.0
    aside = abs(x - person.centre[0]) / person.width
    return inside * (1 - max(0.0, down) * 0.8) * (1 - aside)


def pair_heads(persons: Sequence[Box], heads: Sequence[Box]) -> dict[int, int]:
    """Return person index -> head index, each used once, best fit first; ties go to the earlier index."""
    fits = [
        (-fit, person, head)
        for person, body in enumerate(persons)
        for head, box in enumerate(heads)
        if (fit := likeness(body, box)) > 0
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, person, head in sorted(fits):
        if person not in pairs and head not in taken:
            pairs[person] = head
            taken.add(head)
    return pairs
