"""What goes over the pipe of a capture process, in whatever pieces it arrives."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pipelines.sources.wire import Pulse, Receiver, Shot, Tally, WireError, send

SHOT = Shot(1.5, 20.0, 1280, 720, Tally(3, 1, 2), unasked=True)
PULSE = Pulse(21.0, Tally(4, 1, 2, 1))


@dataclass
class Pipe:
    reading: int
    writing: int
    receiver: Receiver = field(init=False)

    def __post_init__(self) -> None:
        self.receiver = Receiver(self.reading)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    yield Pipe(reading, writing)
    for end in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(end)


def spoken() -> bytes:
    """What `send` writes for the pulse, byte for byte."""
    reading, writing = os.pipe()
    try:
        send(writing, PULSE, memoryview(b"abc"))
        return os.read(reading, 65536)
    finally:
        os.close(reading)
        os.close(writing)


def test_a_picture_larger_than_the_pipe_arrives_whole_and_the_next_message_after_it(pipe: Pipe) -> None:
    pixels = os.urandom(1280 * 720 * 3)

    def write() -> None:
        send(pipe.writing, SHOT, memoryview(pixels))
        send(pipe.writing, PULSE)

    thread = threading.Thread(target=write)
    thread.start()
    first, second = pipe.receiver.poll(10.0), pipe.receiver.poll(10.0)
    thread.join()
    assert first == (SHOT, bytearray(pixels))
    assert second == (PULSE, bytearray())


def test_a_message_may_arrive_byte_by_byte(pipe: Pipe) -> None:
    said = spoken()
    for one in said[:-1]:
        os.write(pipe.writing, bytes([one]))
        assert pipe.receiver.poll(0.0) is None
    os.write(pipe.writing, said[-1:])
    assert pipe.receiver.poll(0.0) == (PULSE, bytearray(b"abc"))


def test_pictures_do_not_share_their_memory(pipe: Pipe) -> None:
    send(pipe.writing, PULSE, memoryview(b"one"))
    send(pipe.writing, PULSE, memoryview(b"two"))
    first, second = pipe.receiver.poll(1.0), pipe.receiver.poll(1.0)
    assert first is not None
    assert second is not None
    assert (first[1], second[1]) == (bytearray(b"one"), bytearray(b"two"))


def test_an_end_in_the_middle_of_a_picture_is_an_end(pipe: Pipe) -> None:
    os.write(pipe.writing, spoken()[:-2])
    assert pipe.receiver.poll(0.0) is None
    os.close(pipe.writing)
    with pytest.raises(EOFError):
        pipe.receiver.poll(1.0)


@pytest.mark.parametrize(
    "said",
    [
        struct.pack("<BIQ", 99, 2, 0) + b"{}",
        struct.pack("<BIQ", 1, 1 << 20, 0),
        struct.pack("<BIQ", 1, 2, 1 << 40) + b"{}",
        struct.pack("<BIQ", 1, 3, 0) + b"{}}",
        struct.pack("<BIQ", 1, 2, 0) + b"{}",
        struct.pack("<BIQ", 1, 0, 0),
    ],
    ids=["kind", "body", "pixels", "no JSON", "no fields", "nothing"],
)
def test_nonsense_is_refused(pipe: Pipe, said: bytes) -> None:
    os.write(pipe.writing, said)
    with pytest.raises(WireError):
        pipe.receiver.poll(1.0)
