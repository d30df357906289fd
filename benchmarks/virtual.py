"""The live pipeline of one camera on a recording, in stream time instead of wall time: as fast as the machine allows.

The parts are those of `vigil live`: `Streaming` with its gates writes into a pipe, the other end looks, judges by the site
and tells the gates of people who stand still. Only the clock is another one, so CPU seconds can be measured on a busy
machine and the same recording gives the same answers.
"""

from __future__ import annotations

import os
import resource
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from analyzer.site import Site
from analyzer.types import CameraId, Change, FrameRef, Label
from models.frame import Frame
from pipelines.live import HOLD
from pipelines.live_camera import LiveCamera, Origin
from pipelines.seeing import BatchedSeer, Blind, Seer, SightFactory
from pipelines.site_file import parse_site
from pipelines.sources.address import CameraAddress, Scheme
from pipelines.sources.camera import CameraPlan
from pipelines.sources.lifecycle import State
from pipelines.sources.request import CaptureRequest, Wishes
from pipelines.sources.streaming import Streaming
from pipelines.sources.wire import Glance, Receiver, Shot, Tally

CAMERA: Final = CameraId("bench")
BEGIN: Final = datetime(2026, 1, 5, 3, tzinfo=UTC)
_SITE: Final = f"""
[facility]
id = "bench"
name = "Bench"

[[camera]]
id = "{CAMERA}"
name = "Bench"

[[camera.zone]]
id = "everywhere"
kind = "fence"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[rule]]
id = "G04"
thresholds = {{ min_duration_s = 3, cooldown_s = 5 }}
"""


@dataclass(slots=True)
class Passed:
    """What one pass found and cost. ``present``: people seen at each judged instant, by seconds of stream time."""

    cpu: float = 0.0
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)
    judged: int = 0
    missed: int = 0
    present: dict[float, int] = field(default_factory=dict)
    events: list[tuple[str, float]] = field(default_factory=list)

    def person_seconds(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """People in each second of the stream; an instant counts until the next one, for at most four seconds."""
        out = np.zeros(int(self.seconds) + 1)
        times = sorted(self.present)
        for at, until in zip(times, [*times[1:], self.seconds], strict=True):
            for second in range(int(at), min(int(min(until, at + 4.0)), len(out) - 1) + 1):
                share = min(second + 1.0, until, at + 4.0) - max(float(second), at)
                out[second] += max(share, 0.0) * self.present[at]
        return out


class _Over(Exception):
    """The part of the recording that was asked for is through."""


class _Stream:
    """Stream time: waiting costs nothing. Notes the CPU time when the warming up is over."""

    def __init__(self, until: float, warm: float) -> None:
        self.now, self._until, self._warm = 1.0, 1.0 + until, 1.0 + warm
        self.began: float | None = None

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.began is None and self.now >= self._warm:
            self.began = cpu()
        if self.now >= self._until:
            raise _Over


def cpu() -> float:
    """CPU seconds of this process, all threads."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def bench_site() -> Site:
    """Whoever is in the picture for three seconds is an event; masks are judged as well."""
    return parse_site(_SITE.encode(), Path("bench.toml")).site


def run_live(
    recording: Path, factory: SightFactory, *, rate: float, seconds: float, warm: float = 0.0, gated: bool = True
) -> Passed:
    """Watch ``seconds`` of a recording (again from its beginning when it is shorter); the first ``warm`` cost nothing."""
    stream, found = _Stream(seconds, warm), Passed(seconds=seconds)
    reading, writing = os.pipe()
    wishes = Wishes(rate)
    streaming = Streaming(
        CaptureRequest(writing, Scheme.FILE, str(recording), rate, gated=gated), wishes, stream.clock, stream.sleep
    )

    def capture() -> None:
        try:
            streaming.run()
        except _Over:
            found.tally = streaming.tally
        finally:
            os.close(writing)

    thread = threading.Thread(target=capture, daemon=True)
    thread.start()
    receiver = Receiver(reading)
    seer = BatchedSeer(factory)
    camera = _camera(recording, seer, rate)
    try:
        while True:
            if (received := receiver.poll(60.0)) is None:
                raise RuntimeError("nothing came for a minute")
            message, pixels = received
            if isinstance(message, Shot):
                _look(camera, seer, (message, pixels), wishes, found)
            elif isinstance(message, Glance):
                grey = np.frombuffer(pixels, np.uint8).reshape(message.height, message.width)
                camera.glanced(message, grey, _utc(message.arrival))
                found.missed = message.missed
    except EOFError:
        thread.join()
    finally:
        os.close(reading)
    found.cpu = cpu() - (stream.began if stream.began is not None else cpu())
    found.seconds = seconds
    return found


def _camera(recording: Path, seer: Seer, rate: float) -> LiveCamera:
    plan = CameraPlan(CAMERA, CameraAddress(Scheme.FILE, path=str(recording)), rate)
    camera = LiveCamera(plan, Origin(bench_site(), "bench", "bench", seer), BEGIN, BEGIN)
    camera.connection(State.LIVE, camera.reason, BEGIN)
    return camera


def _utc(arrival: float) -> datetime:
    return BEGIN + timedelta(seconds=arrival - 1.0)


def _look(camera: LiveCamera, seer: Seer, seen: tuple[Shot, bytearray], wishes: Wishes, found: Passed) -> None:
    shot, pixels = seen
    found.judged += 1
    at = max(shot.arrival - 1.0, next(reversed(found.present), 0.0) + 0.001)
    image = np.frombuffer(pixels, np.uint8).reshape(shot.height, shot.width, 3)
    ref = FrameRef(CAMERA, found.judged, timedelta(seconds=at), BEGIN + timedelta(seconds=at), shot.width, shot.height)
    scene = seer.look([Frame(ref, image)])[0]
    if isinstance(scene, Blind):
        raise SystemExit(scene.why)
    for event in camera.understood(scene):
        if event.change is Change.OPENED:
            found.events.append((str(event.rule), round(at, 1)))
    if scene.observations:
        wishes.hold_until = shot.arrival + HOLD
    found.present[at] = sum(seen.track.label is Label.PERSON for seen in scene.observations)
