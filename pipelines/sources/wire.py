"""What a capture process tells its owner, and how: one header, a line of JSON, then pixels.

A pipe and not shared memory: the copies are as many, a process that is killed in the middle of a picture leaves a
short read and nothing to clean up, and an owner that is late slows the process down by itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import struct
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from pipelines.records import GapReason, Trouble

_HEADER: Final = struct.Struct("<BIQ")
_LARGEST: Final = 8192 * 4320 * 3
_PIPE_BYTES: Final = 1 << 20
"""A picture of 640x360 fits whole; with the usual 64 KiB the two sides would wake each other eleven times for it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Packets of this connection so far: ``captured`` = ``sent`` + the others."""

    captured: int = 0
    sent: int = 0
    rate: int = 0
    quiet: int = 0
    corrupt: int = 0
    decode: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream is there. ``declared_rate`` is what the stream says of itself, often wrong."""

    codec: str
    width: int
    height: int
    declared_rate: float | None


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to analyse (BGR follows). ``at`` s of stream time of this connection, ``arrival`` monotonic seconds.

    ``unasked``: the gates saw nothing in it; the detector looks now and then all the same.
    """

    at: float
    arrival: float
    width: int
    height: int
    tally: Tally
    catch_up: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Glance:
    """A small grey picture for the picture health (pixels follow), and proof that the stream is alive.

    ``p_bytes`` is the mean size of the P-packets since the last glance, ``awake`` what the packet gate says,
    ``missed`` the moving pictures it had called quiet; ``anomalies`` timestamps that were not believed; ``looped``
    whether the stream repeats itself; ``keyframe_seconds`` the distance of the last two keyframes.
    """

    at: float
    arrival: float
    width: int
    height: int
    tally: Tally
    p_bytes: float
    bytes_total: int
    awake: bool
    missed: int
    anomalies: int
    looped: bool = False
    keyframe_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """Packets arrive although no picture was sent lately."""

    arrival: float
    tally: Tally


@dataclass(frozen=True, slots=True)
class Line:
    """What the line gave lately: see `pipelines.sources.line`.

    ``filled``: share of the asked pictures that came, 0..1; ``late``: s by which even the most punctual packet was late.
    """

    arrival: float
    filled: float
    late: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Why the process ends by itself; ``text`` is redacted."""

    reason: GapReason
    trouble: Trouble
    text: str
    tally: Tally


Message = Opened | Shot | Glance | Pulse | Line | Ended
_KINDS: Final[tuple[type[Message], ...]] = (Opened, Shot, Glance, Pulse, Line, Ended)


class Send(Protocol):
    """Writes one message, and its pixels, to a descriptor."""

    def __call__(self, descriptor: int, message: Message, pixels: memoryview | None = None) -> None: ...


def send(descriptor: int, message: Message, pixels: memoryview | None = None) -> None:
    """Write one message whole. Raises BrokenPipeError when the owner has gone."""
    body = json.dumps(asdict(message)).encode()
    size = 0 if pixels is None else pixels.nbytes
    _write(descriptor, memoryview(_HEADER.pack(_KINDS.index(type(message)), len(body), size) + body))
    if pixels is not None:
        _write(descriptor, pixels.cast("B"))


def _write(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class WireError(Exception):
    """The other side is not speaking our language, or ended in the middle of a word."""


class Receiver:
    """Puts messages together from a pipe without ever blocking longer than asked: the other side may be frozen."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        with contextlib.suppress(OSError):  # a system that allows no more: the two sides take turns more often
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._descriptor = descriptor
        self._head = bytearray()
        self._kind = -1  # of the message whose header is there
        self._body, self._pixels = bytearray(), bytearray()
        self._missing: list[memoryview] = []

    def poll(self, timeout: float) -> tuple[Message, bytearray] | None:
        """The next message with its pixels, or ``None`` when none was complete within ``timeout`` seconds.

        Raises:
            EOFError: the process closed its end.
            WireError: nonsense arrived.
        """
        while True:
            if not select.select([self._descriptor], [], [], timeout)[0]:
                return None
            try:
                complete = self._fill()
            except BlockingIOError:
                continue
            if complete:
                return self._take()

    def _fill(self) -> bool:
        if self._kind < 0:
            data = os.read(self._descriptor, _HEADER.size - len(self._head))
            if not data:
                raise EOFError
            self._head += data
            if len(self._head) < _HEADER.size:
                return False
            kind, body, pixels = (int(value) for value in _HEADER.unpack(self._head))
            if kind >= len(_KINDS) or body > 65536 or pixels > _LARGEST:
                raise WireError("unreadable header")
            self._kind, self._body, self._pixels = kind, bytearray(body), bytearray(pixels)
            self._missing = [memoryview(each) for each in (self._body, self._pixels) if each]
            return not self._missing
        count = os.readv(self._descriptor, self._missing)
        if count == 0:
            raise EOFError
        while self._missing and count >= len(self._missing[0]):
            count -= len(self._missing.pop(0))
        if self._missing:
            self._missing[0] = self._missing[0][count:]
        return not self._missing

    def _take(self) -> tuple[Message, bytearray]:
        kind, body, pixels = self._kind, self._body, self._pixels
        self._head, self._kind = bytearray(), -1
        self._body = self._pixels = bytearray()
        try:
            return _decode(_KINDS[kind], json.loads(body)), pixels
        except (ValueError, TypeError) as error:
            raise WireError("unreadable message") from error


def _decode(kind: type[Message], fields: dict[str, object]) -> Message:
    if "tally" in fields:
        tally = fields["tally"]
        fields["tally"] = Tally(**tally) if isinstance(tally, dict) else tally
    if "reason" in fields:
        fields["reason"] = GapReason(str(fields["reason"]))
    if "trouble" in fields:
        fields["trouble"] = Trouble(str(fields["trouble"]))
    return kind(**fields)  # type: ignore[arg-type]  # checked by the constructor's names, and both ends are ours
