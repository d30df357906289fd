"""Slowing down the guessing of passwords: per account, per address and per both, never a lock for good.

After `FREE_ATTEMPTS` failures the next attempt must wait, and the wait doubles with every further failure up
to a quarter of an hour. Kept in memory: one process serves, and a restart only forgives.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

FREE_ATTEMPTS = 5
LONGEST_WAIT = timedelta(minutes=15)
_FORGET_AFTER = timedelta(hours=1)
_MOST_KEYS = 10_000  # a flood of invented names must not fill the memory


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Throttle:
    """Counts failures by key.

    Args:
        monotonic: seconds of a clock that never goes back.

    Attributes:
        turn: held by whoever asks how long to wait, tries, and tells what came of it.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self.turn = threading.Lock()

    def wait(self, *keys: str) -> timedelta:
        """How long the longest of the keys must still wait; zero when it may try now."""
        with self._lock:
            return max((self._wait(key) for key in keys), default=timedelta(0))

    def failed(self, *keys: str) -> None:
        with self._lock:
            now = self._monotonic()
            for key in keys:
                earlier = self._failures.pop(key, None)
                fresh = earlier is None or now - earlier.last > _FORGET_AFTER.total_seconds()
                self._failures[key] = _Failures(1 if fresh or earlier is None else earlier.count + 1, now)
            while len(self._failures) > _MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)
                self._known[key] = None
                self._known.move_to_end(key)
            while len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)

    def knows(self, key: str) -> bool:
        """Whether it succeeded before."""
        with self._lock:
            return key in self._known

    def _wait(self, key: str) -> timedelta:
        failures = self._failures.get(key)
        if failures is None or failures.count < FREE_ATTEMPTS:
            return timedelta(0)
        exponent = min(failures.count - FREE_ATTEMPTS, 20)
        pause = min(timedelta(seconds=2**exponent), LONGEST_WAIT)
        passed = timedelta(seconds=self._monotonic() - failures.last)
        return max(pause - passed, timedelta(0))
