"""The parts of the way from a camera to the store, whose times say where a machine is busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class Stage(StrEnum):
    """One part. Those up to ``judge`` are of one picture."""

    CAPTURE = "capture"  # a packet has arrived until its picture is here: decoding, gates, the pipe
    WAIT = "wait"  # ... until it is its turn
    DETECT = "detect"  # people and heads, a batch shared out over its pictures
    UNDERSTAND = "understand"  # tracks, masks, equipment, attire
    JUDGE = "judge"  # all rules
    WRITE = "write"  # what one round of the writer puts into the store
    SEAL = "seal"  # the evidence of one event


Timed = Callable[[Stage, float], None]
"""Told of a stage and the seconds it took."""


def untimed(_stage: Stage, _seconds: float) -> None:
    """Nobody wants to know."""


@contextmanager
def timing(timed: Timed, stage: Stage) -> Iterator[None]:
    """Tell how long what is done inside takes, whether it succeeds or not."""
    began = time.perf_counter()
    try:
        yield
    finally:
        timed(stage, time.perf_counter() - began)
