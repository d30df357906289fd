"""The live pipeline of one camera on a recording, in stream time instead of wall time: as fast as the machine allows.

What the gates cost in sight is measured by rehearsing twice, with and without them (`compare`).

The parts are those of `vigil live`: `Streaming` with its gates writes into a pipe, the other end looks, judges by the site
and tells the gates of people who stand still. Only the clock is another one, and a message waits until the one before it was dealt
with: CPU seconds can be measured on a busy machine, and what is found does not depend on how fast it is.
"""

from __future__ import annotations

import math
import os
import resource
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import numpy as np

from analyzer.site import Site
from analyzer.types import CameraId, Change, FrameRef, Label
from models.errors import BadPicture, PerceptionError
from models.frame import Frame
from models.upright import opened_clip
from pipelines.errors import BadRecording
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_looking import HOLD
from pipelines.looks import LookHour, added_up
from pipelines.seeing import BatchedSeer, Blind, Seer, SightFactory
from pipelines.site_file import parse_site
from pipelines.sources.address import CameraAddress, Scheme
from pipelines.sources.camera import CameraPlan
from pipelines.sources.checks import refuse_unless_recording
from pipelines.sources.lifecycle import State
from pipelines.sources.request import CaptureRequest, Wishes
from pipelines.sources.streaming import Streaming
from pipelines.sources.wire import Glance, Message, Receiver, Shot, Tally, send

CAMERA: Final = CameraId("rehearsal")
_SAME_EVENT: Final = 10.0  # s
_HOLDS: Final = 4.2  # s; a camera that sleeps is looked at as often
BEGIN: Final = datetime(2026, 1, 5, 3, tzinfo=UTC)
_SITE: Final = f"""
[facility]
id = "rehearsal"
name = "Rehearsal"

[[camera]]
id = "{CAMERA}"
name = "Rehearsal"

[[camera.zone]]
id = "everywhere"
kind = "fence"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[rule]]
id = "G04"
thresholds = {{ min_duration_s = 3, cooldown_s = 5 }}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The part a recording plays: a camera of a site."""

    site: Site
    camera: CameraId


@dataclass(slots=True)
class Passed:
    """What one pass found and cost.

    ``present``: people seen at each judged instant, by seconds of stream time; ``missed``: moving pictures that the packets
    had called quiet; ``looks``: the audits of the gates.
    """

    cpu: float = 0.0
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)
    judged: int = 0
    missed: int = 0
    present: dict[float, int] = field(default_factory=dict)
    events: list[tuple[str, float]] = field(default_factory=list)
    looks: LookHour | None = None

    def spells(self) -> list[tuple[float, float, int]]:
        """(since, until, people) of the stream: what was seen at an instant counts until the next one, for four seconds at most.

        Pictures that were let pass and looked at afterwards stand where they belong: it is what the product knows in the end.
        """
        times = sorted(self.present)
        return [(at, min(until, at + _HOLDS), self.present[at]) for at, until in pairwise([*times, self.seconds])]

    def person_seconds(self, since: float = 0.0, until: float = math.inf) -> float:
        """People times the seconds for which they were seen in [since, until)."""
        return sum(people * max(min(end, until) - max(begin, since), 0.0) for begin, end, people in self.spells())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a pass with gates saw of what one without them did; missed are the people that it knew nothing of, instant by instant."""

    person_seconds: float
    missed_seconds: float
    events: int
    missed_events: int
    judged: int
    judged_ungated: int

    @property
    def missed_share(self) -> float | None:
        return self.missed_seconds / self.person_seconds if self.person_seconds else None


def compare(gated: Passed, ungated: Passed) -> Comparison:
    """What the gates cost. An event is the same when the rule is and it opened within ten seconds of the other."""
    left = list(gated.events)
    missed = 0
    for rule, at in ungated.events:
        same = next((one for one in left if one[0] == rule and abs(one[1] - at) <= _SAME_EVENT), None)
        if same is None:
            missed += 1
        else:
            left.remove(same)
    return Comparison(
        ungated.person_seconds(),
        _unseen(gated.spells(), ungated.spells()),
        len(ungated.events),
        missed,
        gated.judged,
        ungated.judged,
    )


def _unseen(seen: Sequence[tuple[float, float, int]], there: Sequence[tuple[float, float, int]]) -> float:
    """Person-seconds of those who were there and not seen."""
    edges = sorted({edge for since, until, _ in (*seen, *there) for edge in (since, until)})
    lost = 0.0
    for since, until in pairwise(edges):
        here, known = (
            sum(people for begin, end, people in spells if begin <= since and until <= end) for spells in (there, seen)
        )
        lost += max(here - known, 0) * (until - since)
    return lost


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


class _Turns:
    """Whoever sends waits until it was dealt with: what the gates are told then comes at the same picture every time."""

    def __init__(self) -> None:
        self._dealt_with = threading.Semaphore(0)

    def send(self, descriptor: int, message: Message, pixels: memoryview | None = None) -> None:
        send(descriptor, message, pixels)
        self._dealt_with.acquire()

    def dealt_with(self) -> None:
        self._dealt_with.release()


def cpu() -> float:
    """CPU seconds of this process, all threads."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def length_of(recording: Path) -> float:
    """Seconds that a recording says it lasts.

    Raises:
        BadRecording: it is no recording, cannot be opened, or does not say.
    """
    refuse_unless_recording(recording)  # the list of a running stream would be waited for without end
    try:
        with opened_clip(recording) as clip:
            if clip.seconds:
                return clip.seconds
    except (av.FFmpegError, OSError, BadPicture) as error:
        raise BadRecording(str(recording), f"cannot be read ({error})", "see whether a player opens it") from error
    raise BadRecording(str(recording), "does not say how long it is", "copy it into a container that does, such as .mp4")


def rehearsal_site() -> Site:
    """Whoever is in the picture for three seconds is an event; masks are judged as well."""
    return parse_site(_SITE.encode(), Path("rehearsal.toml")).site


def run_live(
    recording: Path,
    factory: SightFactory,
    *,
    rate: float,
    seconds: float,
    warm: float = 0.0,
    gated: bool = True,
    paced: bool = True,
    part: Part | None = None,
) -> Passed:
    """Watch ``seconds`` of a recording (again from its beginning when it is shorter); the first ``warm`` cost nothing.

    Raises:
        BadRecording: it cannot be opened.
        PerceptionError: the networks fail on it.
    """
    stream, found = _Stream(seconds, warm), Passed(seconds=seconds)
    reading, writing = os.pipe()
    wishes = Wishes(rate)
    turns = _Turns()
    request = CaptureRequest(writing, Scheme.FILE, str(recording), rate, gated=gated)
    streaming = Streaming(request, wishes, stream.clock, stream.sleep, turns.send)

    refused: list[Exception] = []

    def capture() -> None:
        try:
            streaming.run()
        except _Over:
            found.tally = streaming.tally
        except (av.FFmpegError, OSError, ValueError) as error:
            refused.append(error)
        finally:
            os.close(writing)

    thread = threading.Thread(target=capture, daemon=True)
    thread.start()
    receiver = Receiver(reading)
    seer = BatchedSeer(factory)
    plan = CameraPlan(CAMERA, CameraAddress(Scheme.FILE, path=str(recording)), rate=rate, paced=paced)
    camera = _camera(plan, seer, part or Part(rehearsal_site(), CAMERA))
    try:
        while True:
            if (received := receiver.poll(60.0)) is None:
                raise BadRecording(str(recording), "gave nothing for a minute", "see whether a player opens it")
            message, pixels = received
            if isinstance(message, Shot):
                _look(camera, seer, (message, pixels), wishes, found)
            elif isinstance(message, Glance):
                grey = np.frombuffer(pixels, np.uint8).reshape(message.height, message.width)
                camera.glanced(message, grey, _utc(message.arrival))
                found.missed = message.missed
            turns.dealt_with()
    except EOFError:
        thread.join()
        if refused:
            raise BadRecording(str(recording), f"cannot be read ({refused[0]})", "see whether a player opens it") from refused[0]
    finally:
        os.close(reading)
        turns.dealt_with()  # who still waits then finds nobody to write to, and ends
    found.cpu = cpu() - (stream.began if stream.began is not None else cpu())
    found.seconds = seconds
    found.looks = added_up(camera.camera, BEGIN, camera.looks.drain())
    return found


def _camera(plan: CameraPlan, seer: Seer, part: Part) -> LiveCamera:
    origin = Origin(part.site, "rehearsal", "rehearsal", seer)
    camera = LiveCamera(replace(plan, camera=part.camera), origin, BEGIN, BEGIN)
    camera.connection(State.LIVE, camera.reason, BEGIN)
    return camera


def _utc(arrival: float) -> datetime:
    return BEGIN + timedelta(seconds=arrival - 1.0)


def _look(camera: LiveCamera, seer: Seer, seen: tuple[Shot, bytearray], wishes: Wishes, found: Passed) -> None:
    shot, pixels = seen
    found.judged += 1
    at = max(shot.arrival - 1.0, next(reversed(found.present), 0.0) + 0.001)
    image = np.frombuffer(pixels, np.uint8).reshape(shot.height, shot.width, 3)
    ref = FrameRef(camera.camera, found.judged, timedelta(seconds=at), BEGIN + timedelta(seconds=at), shot.width, shot.height)
    scene = seer.look([Frame(ref, image)])[0]
    if isinstance(scene, Blind):
        raise PerceptionError(scene.why)
    for event in camera.understood(scene, unasked=shot.unasked):
        if event.change is Change.OPENED:
            found.events.append((str(event.rule), round(at, 1)))
    if scene.observations:
        wishes.hold_until = shot.arrival + HOLD
    wishes.rate = camera.wanted_rate(scene)
    found.present[at] = sum(seen.track.label is Label.PERSON for seen in scene.observations)
