"""Putting several crops of one person together: calibrated probabilities multiply, that is, their log-odds add.

Pure functions. The order of the crops does not matter; a crop in which a state is the likeliest never lowers that
state; a crop in which nothing can be seen changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SUREST: Final = 0.98
"""No single crop may say more: a network that is calibrated on thousands is not on the strangest of them."""
_SUREST_FUSED: Final = 0.99
"""Nor may a track: its crops are not independent of one another."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """Probabilities of the same states from one crop (they sum to 1) and how much the crop counts, 0 to 1."""

    probabilities: tuple[float, ...]
    weight: float


def fuse(ballots: Sequence[Ballot], states: int) -> tuple[float, ...]:
    """Return the fused probabilities; evenly spread when no ballot counts.

    Raises:
        ValueError: a ballot speaks of another number of states.
    """
    if any(len(ballot.probabilities) != states for ballot in ballots):
        raise ValueError(f"ballots must give {states} probabilities each")
    least = (1 - _SUREST) / max(states - 1, 1)
    logs = [
        # fsum is exact, so the order of the crops cannot show, not even in the last bit.
        math.fsum(ballot.weight * math.log(min(max(ballot.probabilities[state], least), _SUREST)) for ballot in ballots)
        for state in range(states)
    ]
    top = max(logs)
    shares = [math.exp(log - top) for log in logs]
    total = math.fsum(shares)
    floor = (1 - _SUREST_FUSED) / max(states - 1, 1)
    return tuple(min(max(share / total, floor), _SUREST_FUSED) for share in shares)


def visible_ballot(probabilities: Sequence[float], weight: float) -> Ballot:
    """Return the ballot over the real states of a crop whose last state is "not visible".

    What is not visible takes weight away; it says nothing about which of the states it would be.
    """
    hidden = min(max(float(probabilities[-1]), 0.0), 1.0)
    real = [max(float(one), 0.0) for one in probabilities[:-1]]
    total = math.fsum(real)
    even = 1 / len(real)
    return Ballot(tuple(one / total if total > 0 else even for one in real), weight * (1 - hidden))
