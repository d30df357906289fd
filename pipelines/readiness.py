"""Is a camera fit for this work? Looks at it for some seconds and holds what was measured against the standard.

The figures of the standard: 1080p at 10 to 15 pictures a second and 2 to 4 Mbit/s are what installers are asked for; what
decides is the height of heads where people walk: below 24 px no mask can be judged, from 40 px it fully can.
"""

from __future__ import annotations

import math
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from analyzer.types import CameraId
from models.frame import Frame, Image
from pipelines.health import Health, PictureHealth
from pipelines.inbox import Caught
from pipelines.records import GapReason
from pipelines.sources.address import CameraAddress, redact
from pipelines.sources.camera import CameraPlan, CameraStatus, CameraWorker, StartPacer
from pipelines.sources.lifecycle import State
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.wire import Glance, Opened, Tally

HEAD_UNKNOWN, HEAD_FULL = 24.0, 40.0  # px

HeadFinder = Callable[[Sequence[Frame]], Sequence[Sequence[float]]]
"""Heights of the heads in each frame, pixels."""


class Grade(StrEnum):
    PASS = "pass"  # noqa: S105 - a grade
    WARN = "warn"
    FAIL = "fail"
    NOT_MEASURED = "not_measured"


_WORST: Final = {Grade.PASS: 0, Grade.NOT_MEASURED: 1, Grade.WARN: 2, Grade.FAIL: 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of the standard: what was measured and what is asked."""

    point: str
    measured: str
    asked: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Readiness:
    """The sheet. ``source`` is redacted."""

    source: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Grade:
        """The worst of all points; what was not measured does not fail a camera."""
        worst = max((one.grade for one in self.findings), key=_WORST.__getitem__, default=Grade.NOT_MEASURED)
        return Grade.PASS if worst is Grade.NOT_MEASURED else worst


@dataclass(slots=True)
class Measured:
    """What `look` saw; ``rate`` and ``bit_rate`` (bit/s) over the time between the first and the last glance."""

    reached: float | None = None  # s to a TCP connection
    state: State = State.STOPPED
    reason: GapReason | None = None
    text: str = ""
    first_picture: float | None = None  # s
    opened: Opened | None = None
    rate: float | None = None
    bit_rate: float | None = None
    keyframes: float | None = None  # s
    bad: float | None = None  # share of packets
    anomalies: int = 0
    health: Health = field(default_factory=Health)
    mean: float | None = None  # grey level
    heads: tuple[float, ...] | None = None  # px


class _Looker:
    """Implements `Listener`."""

    def __init__(self) -> None:
        self.glances: list[Glance] = []
        self.frames: list[Frame] = []
        self.first: float | None = None
        self.health, self.mean = PictureHealth(), 0.0
        self.state = Health()

    def caught(self, caught: Caught) -> None:
        self.first = self.first or time.monotonic()
        if len(self.frames) < 40:
            self.frames.append(caught.frame)

    def glanced(self, camera: CameraId, glance: Glance, grey: Image) -> None:
        self.glances.append(glance)
        self.mean = float(grey.mean())
        self.state = self.health.see(grey, glance.p_bytes, glance.arrival)

    def changed(self, status: CameraStatus, now: float) -> None: ...

    def counted(self, camera: CameraId, tally: Tally) -> None: ...


def look(address: CameraAddress, seconds: float, *, loopback: bool = False, heads: HeadFinder | None = None) -> Measured:
    """Connect and measure for ``seconds`` from the first picture on (at most 15 s longer)."""
    measured = Measured(reached=_reach(address) if address.is_network else None)
    looker = _Looker()
    plan = CameraPlan(CameraId("check"), address, rate=2.0, gated=False, loopback=loopback)
    worker = CameraWorker(plan, looker, LiveClock.now(), StartPacer(0.0))
    began = time.monotonic()
    worker.start()
    while worker.status.life.state in {State.STOPPED, State.CONNECTING} and time.monotonic() - began < 20:
        time.sleep(0.05)
    if worker.status.life.state is State.LIVE:
        time.sleep(seconds)
    status = worker.status
    worker.stop()
    worker.join(5.0)
    measured.state, measured.text, measured.opened = status.life.state, redact(status.text, *address.secrets), status.opened
    measured.reason = status.life.reason if status.life.state is not State.LIVE else None
    measured.first_picture = looker.first - began if looker.first is not None else None
    _rates(measured, looker.glances)
    measured.health, measured.mean = looker.state, looker.mean if looker.glances else None
    if heads is not None and looker.frames:
        measured.heads = tuple(height for frame in heads(looker.frames) for height in frame)
    return measured


def _reach(address: CameraAddress) -> float | None:
    began = time.monotonic()
    try:
        socket.create_connection(address.endpoint, timeout=5.0).close()
    except OSError:
        return None
    return time.monotonic() - began


def _rates(measured: Measured, glances: Sequence[Glance]) -> None:
    if len(glances) < 2:
        return
    # What was kept while the stream was being recognised comes in one go at first.
    first, last = glances[1 if len(glances) > 3 else 0], glances[-1]
    elapsed, packets = last.arrival - first.arrival, last.tally.captured - first.tally.captured
    if elapsed <= 0 or packets <= 0:
        return
    measured.rate = packets / elapsed
    measured.bit_rate = 8 * (last.bytes_total - first.bytes_total) / elapsed
    measured.keyframes = last.keyframe_seconds or None
    measured.bad = (last.tally.corrupt + last.tally.decode) / last.tally.captured
    measured.anomalies = last.anomalies


# --- the standard ---------------------------------------------------------------------------------


def judge(address: CameraAddress, seen: Measured) -> Readiness:
    """Hold the measurements against the standard. Pure."""
    findings = [_connection(address, seen), _access(seen), _transport(address)]
    if seen.opened is not None:
        findings += [_codec(seen.opened), _size(seen.opened), _rate(seen, seen.opened)]
        findings += [_bit_rate(seen), _keyframes(seen), _damage(seen), _timestamps(seen), _picture(seen), _heads(seen)]
    return Readiness(str(address), tuple(findings))


def _connection(address: CameraAddress, seen: Measured) -> Finding:
    asked = "answers, first picture within 5 s"
    if seen.state is not State.LIVE:
        return Finding("connection", f"{seen.reason or seen.state}: {seen.text}", asked, Grade.FAIL)
    reached = "" if seen.reached is None else f"reached in {1000 * seen.reached:.0f} ms, "
    first = seen.first_picture or math.inf
    return Finding("connection", f"{reached}first picture after {first:.1f} s", asked, Grade.PASS if first <= 5 else Grade.WARN)


def _access(seen: Measured) -> Finding:
    refused = seen.reason is GapReason.AUTH_FAILED
    unclear = seen.state is not State.LIVE and not refused
    grade = Grade.FAIL if refused else Grade.NOT_MEASURED if unclear else Grade.PASS
    return Finding("access", "refused" if refused else "not tried" if unclear else "granted", "user and password accepted", grade)


def _transport(address: CameraAddress) -> Finding:
    if not address.is_network:
        return Finding("transport", address.scheme, "a network camera", Grade.NOT_MEASURED)
    grade = Grade.WARN if address.password is None else Grade.PASS
    said = "no password" if address.password is None else "password set"
    return Finding("transport", f"{address.scheme}, {said}", "a password of its own (QCVN 135:2024)", grade)


def _codec(opened: Opened) -> Finding:
    grade = Grade.PASS if opened.codec in {"h264", "hevc"} else Grade.WARN
    return Finding("codec", opened.codec, "H.264 or H.265", grade)


def _size(opened: Opened) -> Finding:
    short = min(opened.width, opened.height)
    grade = Grade.PASS if short >= 1080 else Grade.WARN if short >= 480 else Grade.FAIL
    return Finding("resolution", f"{opened.width} x {opened.height}", "1920 x 1080; 480 lines at least", grade)


def _rate(seen: Measured, opened: Opened) -> Finding:
    asked = "10 to 15 a second; 5 at least; as declared"
    if seen.rate is None:
        return Finding("picture rate", "too short", asked, Grade.NOT_MEASURED)
    declared = "" if opened.declared_rate is None else f", declared {opened.declared_rate:.1f}"
    short = opened.declared_rate is not None and seen.rate < 0.8 * opened.declared_rate
    grade = Grade.FAIL if seen.rate < 4.5 else Grade.WARN if seen.rate < 9 or short else Grade.PASS
    return Finding("picture rate", f"{seen.rate:.1f} a second{declared}", asked, grade)


def _bit_rate(seen: Measured) -> Finding:
    if seen.bit_rate is None:
        return Finding("bit rate", "too short", "up to 8 Mbit/s", Grade.NOT_MEASURED)
    grade = Grade.PASS if seen.bit_rate <= 8e6 else Grade.WARN
    return Finding("bit rate", f"{seen.bit_rate / 1e6:.2f} Mbit/s", "up to 8 Mbit/s", grade)


def _keyframes(seen: Measured) -> Finding:
    asked = "a keyframe every 4 s or sooner"
    if seen.keyframes is None:
        return Finding("keyframes", "none twice", asked, Grade.WARN)
    return Finding("keyframes", f"every {seen.keyframes:.1f} s", asked, Grade.PASS if seen.keyframes <= 4.0 else Grade.WARN)


def _damage(seen: Measured) -> Finding:
    if seen.bad is None:
        return Finding("damaged pictures", "too short", "under 1 %", Grade.NOT_MEASURED)
    grade = Grade.PASS if seen.bad < 0.01 else Grade.WARN if seen.bad < 0.1 else Grade.FAIL
    return Finding("damaged pictures", f"{seen.bad:.1%}", "under 1 %", grade)


def _timestamps(seen: Measured) -> Finding:
    grade = Grade.PASS if seen.anomalies <= 1 else Grade.WARN
    return Finding("timestamps", f"{seen.anomalies} not believed", "rising with the clock", grade)


def _picture(seen: Measured) -> Finding:
    if seen.mean is None:
        return Finding("picture", "no glance", "bright, sharp, uncovered", Grade.NOT_MEASURED)
    fault = seen.health.fault
    if fault is not None:
        return Finding("picture", fault, "bright, sharp, uncovered", Grade.FAIL)
    grade = Grade.PASS if 40 <= seen.mean <= 215 else Grade.WARN
    return Finding("picture", f"mean brightness {seen.mean:.0f} of 255", "40 to 215", grade)


def _heads(seen: Measured) -> Finding:
    asked = f"{HEAD_FULL:.0f} px where people walk; under {HEAD_UNKNOWN:.0f} px no mask can be judged"
    if not seen.heads:
        said = "nobody was seen" if seen.heads is not None else "not looked for"
        return Finding("height of heads", said, asked, Grade.NOT_MEASURED)
    middle = statistics.median(seen.heads)
    grade = Grade.PASS if middle >= HEAD_FULL else Grade.WARN if middle >= HEAD_UNKNOWN else Grade.FAIL
    return Finding("height of heads", f"median {middle:.0f} px of {len(seen.heads)}", asked, grade)
