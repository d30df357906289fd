"""Clocks and loops: an overlay that no longer advances, and pictures that were shown before although encoded anew.

Both work on glances (160 x 90, grey, about one a second) and on nothing else, so they hold for every encoder. Pure; time
is an argument. The numbers are starting values from generated clips.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OverlayLimits:
    """Times in seconds, differences in grey levels."""

    learning: int = 120  # glances from which the place of the clock is learned
    ticking: float = 0.25  # share of glances in which a pixel of the seconds changes
    steady: float = 0.9  # share of glances in which any of them does
    change: float = 12.0  # ... by so much
    most: int = 250  # pixels; more is no clock but a waving tree
    widest: float = 0.35  # of the picture's width: the seconds stand in one place
    still: float = 60.0  # without a change of any of its pixels


@dataclass(slots=True)
class ClockWatch:
    """Finds where a clock ticks in the picture, and says when it stops although the picture does not."""

    limits: OverlayLimits = OverlayLimits()
    still: bool = False
    _before: Floats | None = None
    _changes: npt.NDArray[np.int32] | None = None
    _count: int = 0
    _candidate: npt.NDArray[np.bool_] | None = None
    _hits: int = 0
    _place: npt.NDArray[np.bool_] | None = None
    _ticked: float = 0.0

    @property
    def known(self) -> bool:
        """Whether a clock was found."""
        return self._place is not None

    def see(self, grey: Grey, at: float) -> bool:
        """Take in one glance; whether the clock stands still."""
        values, before = grey.astype(np.float32), self._before
        self._before = values
        if before is None or before.shape != values.shape:
            self._changes, self._count, self._place, self.still = np.zeros(values.shape, np.int32), 0, None, False
            self._candidate = None
            return False
        changed = np.abs(values - before) > self.limits.change
        if self._place is None:
            self._learn(changed, at)
        elif bool(changed[self._place].any()):
            self._ticked, self.still = at, False
        else:
            self.still = at - self._ticked >= self.limits.still
        return self.still

    def _learn(self, changed: npt.NDArray[np.bool_], at: float) -> None:
        assert self._changes is not None
        self._count += 1
        if self._candidate is not None:
            self._hits += bool(changed[self._candidate].any())
            if self._count >= self.limits.learning:
                if self._hits >= self.limits.steady * self._count:
                    self._place, self._ticked = self._candidate, at
                self._candidate, self._count, self._hits = None, 0, 0
            return
        self._changes += changed
        if self._count < self.limits.learning:
            return
        place = self._changes >= self.limits.ticking * self._count
        rows, columns = np.nonzero(place)
        narrow = columns.size > 0 and np.ptp(columns) < self.limits.widest * place.shape[1] and np.ptp(rows) < place.shape[0] / 6
        if 0 < columns.size <= self.limits.most and narrow:
            self._candidate, self._hits = place, 0
        self._changes[:], self._count = 0, 0


_ROWS, _COLUMNS = 9, 16


@dataclass(frozen=True, slots=True)
class ReplayLimits:
    """``window`` glances are compared with everything up to ``memory`` glances ago."""

    window: int = 64
    memory: int = 3600
    every: int = 8  # glances between two comparisons
    alike: float = 0.8  # correlation of what moved, over all tiles and the whole window
    lively: float = 1.0  # grey levels: mean square of what moved, below it nothing can be told
    agree: int = 3  # comparisons in a row with the same distance in time
    crowded: float = 0.25  # share of distances that are alike: a machine that always does the same


@dataclass(slots=True)
class ReplayWatch:
    """Finds pictures that were shown before, however they were encoded: people do not walk the same way twice.

    What it remembers is laid out once, two megabytes for an hour, so that a process that watches for months does not
    grow, and many cameras do not scatter small pieces over its memory.
    """

    limits: ReplayLimits = ReplayLimits()
    replayed: bool = False
    _tiles: Floats = field(init=False)  # [memory, tiles], a ring
    _seen: int = 0
    _lag: int | None = None
    _agreed: int = 0

    def __post_init__(self) -> None:
        # Written once, so that all of it is there from the beginning.
        self._tiles = np.full((self.limits.memory, _ROWS * _COLUMNS), 0.0, dtype=np.float32)

    def see(self, grey: Grey) -> bool:
        """Take in one glance; whether what is shown was shown before."""
        height, width = grey.shape[0] // _ROWS * _ROWS, grey.shape[1] // _COLUMNS * _COLUMNS
        blocks = grey[:height, :width].reshape(_ROWS, height // _ROWS, _COLUMNS, width // _COLUMNS)
        self._tiles[self._seen % self.limits.memory] = blocks.mean(axis=(1, 3)).ravel()
        self._seen += 1
        if self._seen % self.limits.every == 0 and self._seen >= 2 * self.limits.window:
            self._compare()
        return self.replayed

    def _history(self) -> Floats:
        """A copy of what is remembered, the oldest first."""
        if self._seen <= self.limits.memory:
            return self._tiles[: self._seen].copy()
        return np.roll(self._tiles, -(self._seen % self.limits.memory), axis=0)

    def _compare(self) -> None:
        limits = self.limits
        history = self._history()
        history -= np.median(history, axis=0)  # what always stands there says nothing
        window = history[-limits.window :]
        energy = float((window * window).mean())
        lag = self._best_lag(history, window) if energy >= limits.lively else None
        same = lag is not None and self._lag is not None and abs(lag - self._lag) <= 1
        self._agreed = self._agreed + 1 if same else int(lag is not None)
        self._lag = lag
        self.replayed = self._agreed >= limits.agree

    def _best_lag(self, history: Floats, window: Floats) -> int | None:
        """The distance in glances at which the window is alike; not shorter than the window itself."""
        length = self.limits.window
        past = history[: len(history) - length]
        if len(past) < length:
            return None
        size = 1 << (len(past) + length - 1).bit_length()
        summed = np.zeros(size // 2 + 1, dtype=np.complex128)
        for first in range(0, past.shape[1], _COLUMNS):  # a row of tiles at a time: all at once take forty megabytes
            some = slice(first, first + _COLUMNS)
            spectra = np.fft.rfft(past[:, some], size, axis=0) * np.conj(np.fft.rfft(window[:, some], size, axis=0))
            summed += spectra.sum(axis=1)
        products = np.fft.irfft(summed, size)[: len(past) - length + 1]
        squares = np.concatenate([[0.0], np.cumsum((past * past).sum(axis=1))])
        energies = squares[length:] - squares[:-length]
        scale = np.sqrt(np.maximum(energies, 1e-6) * float((window * window).sum()))
        alike = products[: len(energies)] / np.maximum(scale, 1e-6)
        if float((alike >= self.limits.alike).mean()) > self.limits.crowded:
            return None
        best = int(np.argmax(alike))
        return len(past) - best if alike[best] >= self.limits.alike else None
