"""Is a camera fit for this work? Looks at it for some seconds; `pipelines.readiness_standard` judges what was measured."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from analyzer.types import CameraId
from models.frame import Frame, Image
from pipelines.errors import AddressFault
from pipelines.health import Health, PictureHealth
from pipelines.inbox import Caught
from pipelines.onvif.client import Declared, ask_camera
from pipelines.records import GapReason, Trouble
from pipelines.sources.address import CameraAddress, redact
from pipelines.sources.camera import CameraPlan, CameraStatus, CameraWorker, StartPacer
from pipelines.sources.lifecycle import State
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.wire import Glance, Line, Opened, Tally

HeadFinder = Callable[[Sequence[Frame]], Sequence[Sequence[float]]]
"""Heights of the heads in each frame, pixels."""


@dataclass(slots=True)
class Measured:
    """What `look` saw; ``rate`` and ``bit_rate`` (bit/s) over the time between the first and the last glance."""

    reached: float | None = None  # s to a TCP connection
    state: State = State.STOPPED
    reason: GapReason | None = None
    text: str = ""
    trouble: Trouble | AddressFault = Trouble.OTHER
    first_picture: float | None = None  # s
    opened: Opened | None = None
    rate: float | None = None
    bit_rate: float | None = None
    keyframes: float | None = None  # s
    bad: float | None = None  # share of packets
    anomalies: int = 0
    late: float | None = None  # s by which pictures came late at worst
    health: Health = field(default_factory=Health)
    mean: float | None = None  # grey level
    heads: tuple[float, ...] | None = None  # px; ``None``: not looked for
    declared: Declared | None = None  # by ONVIF; ``None``: not asked
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class _Looker:
    """Implements `Listener`."""

    def __init__(self) -> None:
        self.glances: list[Glance] = []
        self.frames: list[Frame] = []
        self.first: float | None = None
        self.late: float | None = None
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

    def lined(self, camera: CameraId, line: Line) -> None:
        self.late = max(self.late or 0.0, line.late)

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
    measured.trouble = status.trouble
    measured.reason = status.life.reason if status.life.state is not State.LIVE else None
    measured.first_picture = looker.first - began if looker.first is not None else None
    _rates(measured, looker.glances)
    measured.late = looker.late
    measured.health, measured.mean = looker.state, looker.mean if looker.glances else None
    if heads is not None and looker.frames:
        measured.heads = tuple(height for frame in heads(looker.frames) for height in frame)
    return measured


def ask(address: CameraAddress, device: CameraAddress) -> Declared:
    """What a camera says of itself by ONVIF.

    Args:
        address: of the stream; its user and password are tried when ``device`` has none.
        device: of the device service, resolved and allowed already.
    """
    user, password = (device.user, device.password) if device.user is not None else (address.user, address.password)
    return ask_camera(replace(device, user=None, password=None).reveal(), user, password)


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
