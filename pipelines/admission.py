"""How many pictures a second this machine can look at, and how the asked rates are cut when that is not enough.

Falling behind helps nobody: when the cameras ask for more than the machine gives, every camera gets the same share less,
openly (the ledger says DEGRADED, overload), down to a floor. Pure; the loop measures and applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.types import CameraId

_BUSY = 0.8  # share of the time that may be spent looking
_RELAX = 0.65  # below this use at full rates the cut is taken back
_SMOOTH = 0.1


@dataclass(slots=True)
class Capacity:
    """Learns what one picture costs. ``cost`` in seconds, batches included."""

    cost: float = 0.0
    factor: float = 1.0

    def measured(self, seconds: float, pictures: int) -> None:
        """``pictures`` were looked at together in ``seconds``."""
        if pictures:
            each = seconds / pictures
            self.cost = each if self.cost == 0.0 else self.cost + _SMOOTH * (each - self.cost)

    @property
    def rate(self) -> float | None:
        """Pictures a second that this machine can look at; ``None`` while nothing was measured."""
        return _BUSY / self.cost if self.cost else None

    def cameras(self, rate: float) -> int | None:
        """How many cameras of ``rate`` pictures a second it can carry."""
        return None if self.rate is None else int(self.rate / rate)

    def decide(self, asked: Mapping[CameraId, float], handed_in: float, floor: float = 1.0) -> dict[CameraId, float]:
        """The rate of each camera.

        Args:
            asked: the rates of the plan.
            handed_in: pictures a second that arrived lately: gates make it smaller than the sum of the rates.
            floor: no camera gets less, if it asked for as much.
        """
        if self.rate is not None and handed_in > 0:
            if handed_in > self.rate:
                self.factor = max(self.factor * self.rate / handed_in, 0.05)
            elif self.factor < 1.0 and handed_in / self.factor < self.rate * _RELAX / _BUSY:
                self.factor = min(1.0, self.factor * 1.5)
        return {camera: max(rate * self.factor, min(floor, rate)) for camera, rate in asked.items()}
