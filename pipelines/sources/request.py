"""What the owner of a capture process asks of it: once at the start, and in between."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.sources.address import Scheme


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Everything the process needs to know.

    Args:
        descriptor: where messages go.
        scheme: how ``url`` is to be opened.
        url: address with its secrets, already checked and pinned; a path, index or name for local schemes.
        rate: pictures a second to analyse.
        most: as many for a short while where something begins to happen; ``rate`` when that is more.
        width: pictures wider than this are scaled down.
        gated: whether the activity gates may leave pictures out.
        ring: folder of the packet ring, or ``None``.
        segment: seconds of one file of the ring.
        decode: false records into the ring only.
        memory: limit of the address space in bytes.
        timeout: seconds to open, of the library; reading is watched by the owner.
        wall: seconds since 1970 at ``mono``; the one clock of the worker, which does not follow steps.
        mono: monotonic seconds.
    """

    descriptor: int
    scheme: Scheme
    url: str
    rate: float = 5.0
    most: float = 0.0
    width: int = 1920
    gated: bool = True
    ring: str | None = None
    segment: float = 10.0
    decode: bool = True
    memory: int = 2 << 30
    timeout: float = 10.0
    wall: float = 0.0
    mono: float = 0.0

    def encode(self) -> bytes:
        """One line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: str) -> CaptureRequest:
        fields: dict[str, Any] = json.loads(line)
        return cls(**{**fields, "scheme": Scheme(fields["scheme"])})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the owner asks in between: the analysed rate, to keep looking for ``hold`` seconds more, to record or not.

    ``most`` belongs to the rate: see `CaptureRequest`.
    """

    rate: float | None = None
    most: float | None = None
    hold: float | None = None
    record: bool | None = None

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class Wishes:
    """Reads the owner's lines in a thread of its own; the stream's loop looks at the attributes."""

    def __init__(self, rate: float, most: float = 0.0) -> None:
        self.rate, self.most = rate, max(rate, most)
        self.hold_until = 0.0
        self.record = True

    def listen(self) -> None:
        """Follow standard input until it ends, then end the process."""
        for line in sys.stdin:
            wish = Wish(**json.loads(line))
            if wish.rate is not None:
                self.rate, self.most = wish.rate, max(wish.rate, wish.most or 0.0)
            if wish.hold is not None:
                self.hold_until = time.monotonic() + wish.hold
            if wish.record is not None:
                self.record = wish.record
        os._exit(0)  # nobody is left to tell


class StreamChangedError(Exception):
    """The decoder gets packets it cannot make sense of any more."""
