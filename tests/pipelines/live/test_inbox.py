"""Newest wins, nobody starves, nothing vanishes uncounted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import CameraId, FrameRef
from models.frame import Frame
from pipelines.inbox import Caught, Inbox

IMAGE = np.zeros((2, 2, 3), np.uint8)


def caught(camera: str, index: int, *, catch_up: bool = False, age: float = 0.0) -> Caught:
    ref = FrameRef(CameraId(camera), index, timedelta(seconds=index), datetime(2026, 1, 1, tzinfo=UTC), 2, 2)
    return Caught(Frame(ref, IMAGE), time.monotonic() - age, catch_up)


def names(taken: list[Caught]) -> list[tuple[str, int]]:
    return [(c.camera, c.frame.ref.index) for c in taken]


def test_the_newest_win() -> None:
    dropped: list[Caught] = []
    inbox = Inbox(dropped.append)
    for index in range(5):
        inbox.put(caught("a", index))
    assert names(dropped) == [("a", 0), ("a", 1), ("a", 2)]
    assert names(inbox.take(8, 0)) == [("a", 3)]


def test_one_a_camera_and_everybody_gets_a_turn() -> None:
    inbox = Inbox(lambda _: None)
    turns: list[str] = []
    for index in range(6):
        for camera in "abc":
            inbox.put(caught(camera, index))
        turns += [c.camera for c in inbox.take(2, 0)]
    assert sorted(turns) == sorted("abc" * 4)


def test_pictures_from_the_last_keyframe_are_not_displaced() -> None:
    dropped: list[Caught] = []
    inbox = Inbox(dropped.append)
    for index in range(8):
        inbox.put(caught("a", index, catch_up=True))
    assert not dropped


def test_nothing_older_than_five_seconds_is_analysed_while_there_is_newer() -> None:
    dropped: list[Caught] = []
    inbox = Inbox(dropped.append)
    inbox.put(caught("a", 0, age=6.0))
    inbox.put(caught("a", 1))
    assert names(inbox.take(8, 0)) == [("a", 1)]
    assert names(dropped) == [("a", 0)]


def test_times_out_empty() -> None:
    assert Inbox(lambda _: None).take(4, 0.01) == []


@given(st.lists(st.one_of(st.tuples(st.sampled_from("abcd"), st.booleans()), st.integers(1, 4)), max_size=60))
def test_handed_in_is_taken_dropped_or_waiting(actions: list[tuple[str, bool] | int]) -> None:
    dropped: list[Caught] = []
    inbox, put, taken = Inbox(dropped.append), 0, 0
    for action in actions:
        if isinstance(action, int):
            batch = inbox.take(action, 0)
            assert len({c.camera for c in batch}) == len(batch) <= action
            taken += len(batch)
        else:
            put += 1
            inbox.put(caught(action[0], put, catch_up=action[1]))
        assert put == taken + len(dropped) + len(inbox)
