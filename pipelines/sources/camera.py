"""Watches over one camera: starts its capture process, believes it only while pictures come, and starts it again.

One thread a camera. It owns a process (`pipelines.sources.capture_process`), turns its messages and its silence into
signals for the state machine of `pipelines.sources.lifecycle`, and does what that says. Nothing that a camera does,
or fails to do, can keep the thread longer than a short timeout.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from analyzer.types import CameraId, FrameRef
from models.frame import Frame, Image
from pipelines.errors import AddressFault, BadAddress
from pipelines.inbox import Caught
from pipelines.records import GapReason, Trouble
from pipelines.sources.address import CameraAddress, destination, redact
from pipelines.sources.lifecycle import Command, Fault, Life, Picture, Signal, Start, State, Stop, Tick, step
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.request import CaptureRequest, Wish
from pipelines.sources.trouble import trouble_of
from pipelines.sources.wire import Ended, Glance, Line, Message, Opened, Pulse, Receiver, Shot, Tally, WireError

_POLL = 0.2  # s
_AHEAD = 0.25  # s that a picture may lie after its own arrival
_PROBE = 3.0  # s to see whether anything listens, before a process is started for it
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """What is wanted of one camera. A changed plan is a new worker.

    ``evidence``: another stream of the same camera, from which evidence is cut; it is recorded and never decoded.
    ``paced``: looked at less often while nothing is undecided.
    """

    camera: CameraId
    address: CameraAddress
    evidence: CameraAddress | None = None
    rate: float = 5.0
    gated: bool = True
    paced: bool = True
    width: int = 1920
    ring: Path | None = None
    loopback: bool = False  # this machine may be the camera: tests and trials
    memory: int = 2 << 30
    decode: bool = True
    command: tuple[str, ...] = (sys.executable, "-m", "pipelines.sources.capture_process")

    @property
    def recording(self) -> CameraPlan | None:
        """The plan of the evidence stream, where that is another one."""
        if self.evidence is None or self.ring is None:
            return None
        return replace(self, address=self.evidence, evidence=None, decode=False)


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A snapshot for people. ``text`` says what went wrong last, redacted, and ``trouble`` the same by a code; ages in monotonic seconds."""

    camera: CameraId
    life: Life
    opened: Opened | None
    tally: Tally
    attempts: int
    reconnects: int
    text: str
    glance: Glance | None
    trouble: Trouble | AddressFault = Trouble.OTHER


class Listener(Protocol):
    """Told what happens, in the camera's thread. Must be quick."""

    def caught(self, caught: Caught) -> None: ...

    def glanced(self, camera: CameraId, glance: Glance, grey: Image) -> None: ...

    def lined(self, camera: CameraId, line: Line) -> None:
        """What the line gives, about once a second while packets come."""
        ...

    def changed(self, status: CameraStatus, now: float) -> None: ...

    def counted(self, camera: CameraId, tally: Tally) -> None:
        """The packets of one connection that has ended."""
        ...


class StartPacer:
    """Lets one connection begin every ``interval`` seconds: a facility that comes back must not come back at once."""

    def __init__(self, interval: float = 0.75) -> None:
        self._interval, self._next = interval, 0.0
        self._lock = threading.Lock()

    def take(self, now: float) -> bool:
        """Whether a connection may begin now."""
        with self._lock:
            if now < self._next:
                return False
            self._next = now + self._interval
            return True


class CameraWorker:
    """One camera, for as long as it is wanted."""

    def __init__(self, plan: CameraPlan, listener: Listener, clock: LiveClock, pacer: StartPacer) -> None:
        self._plan, self._listener, self._clock, self._pacer = plan, listener, clock, pacer
        self._life, self._stopping = Life(), threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._receiver: Receiver | None = None
        self._pipe = -1
        self._opened: Opened | None = None
        self._glance: Glance | None = None
        self._tally, self._text = Tally(), ""
        self._trouble: Trouble | AddressFault = Trouble.OTHER
        self._attempts = self._reconnects = self._index = 0
        self._base: float | None = None
        self._last_pts = -0.001
        self._rate, self._most, self._record = plan.rate, plan.rate, True
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._thread = threading.Thread(target=self._run, name=f"camera-{plan.camera}", daemon=True)

    @property
    def plan(self) -> CameraPlan:
        return self._plan

    @property
    def status(self) -> CameraStatus:
        """Safe from any thread."""
        return CameraStatus(
            self._plan.camera,
            self._life,
            self._opened,
            self._tally,
            self._attempts,
            self._reconnects,
            self._text,
            self._glance,
            self._trouble,
        )

    @property
    def pid(self) -> int | None:
        """Of the capture process, while there is one."""
        process = self._process
        return process.pid if process is not None else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask to end; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Whether the worker has ended within ``timeout`` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """It did not end in time: kill its process and wait for nothing."""
        if (process := self._process) is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def hold(self, seconds: float) -> None:
        """Keep looking: a track is alive."""
        self._wish(Wish(hold=seconds))

    def set_rate(self, rate: float, most: float = 0.0) -> None:
        """Analyse ``rate`` pictures a second from now on, and up to ``most`` where something begins to happen."""
        self._rate, self._most = rate, max(rate, most)
        self._wish(Wish(rate=rate, most=self._most))

    def record(self, *, wanted: bool) -> None:
        """Write the packet ring, or leave the disk alone."""
        self._record = wanted
        self._wish(Wish(record=wanted))

    def _wish(self, wish: Wish) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it has just ended
                os.write(process.stdin.fileno(), wish.encode())

    # --- the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = time.monotonic()
            if self._life.state is State.STOPPED:
                if self._pacer.take(now):
                    self._signal(Start())
                else:
                    self._stopping.wait(_POLL / 4)
                continue
            due = self._life.retry_at is not None and now >= self._life.retry_at
            if not due or self._pacer.take(now):
                self._signal(Tick())
            if self._receiver is None:
                self._stopping.wait(_POLL)
            else:
                self._listen(self._receiver)
        self._signal(Stop())

    def _signal(self, signal: Signal) -> None:
        now = time.monotonic()
        before = self._life
        self._life, commands = step(before, signal, now, self._random.uniform(-1.0, 1.0))
        if before.state is not State.LIVE and self._life.state is State.LIVE and self._attempts > 1:
            self._reconnects += 1
        if isinstance(signal, Tick) and Command.KILL in commands:  # what went wrong before is not what went wrong now
            self._trouble, self._text = Trouble.SILENT, "connected, but no picture came in time"
        if self._life.state is not before.state or self._life.reason is not before.reason:
            self._listener.changed(self.status, now)
        for command in commands:
            if command is Command.KILL:
                self._end_process()
            else:
                self._open()

    def _listen(self, receiver: Receiver) -> None:
        try:
            received = receiver.poll(_POLL)
        except EOFError:
            code = self._end_process(grace=0.5)
            self._trouble, self._text = Trouble.CRASHED, f"the capture process ended with {code}"
            self._signal(Fault(GapReason.CRASHED, crashed=True))
        except WireError as error:
            self._end_process()
            self._trouble, self._text = Trouble.CRASHED, str(error)
            self._signal(Fault(GapReason.CRASHED, crashed=True))
        else:
            if received is not None:
                self._take(*received)

    def _take(self, message: Message, pixels: bytearray) -> None:
        match message:
            case Opened():
                self._opened = message
                self._listener.changed(self.status, time.monotonic())
            case Shot():
                self._tally = message.tally
                self._signal(Picture())
                self._listener.caught(self._caught(message, pixels))
            case Glance():
                self._tally, self._glance = message.tally, message
                self._signal(Picture())
                grey = np.frombuffer(pixels, np.uint8).reshape(message.height, message.width)
                self._listener.glanced(self._plan.camera, message, grey)
            case Line():
                self._listener.lined(self._plan.camera, message)
            case Pulse():
                if not self._plan.decode and message.tally.captured > self._tally.captured:
                    self._signal(Picture())  # of a stream that is only recorded, packets are all that can be seen
                self._tally = message.tally
            case Ended(reason, trouble, text, tally):
                self._tally, self._trouble, self._text = tally, trouble, redact(text, *self._plan.address.secrets)
                self._end_process()
                self._signal(Fault(reason))

    def _caught(self, shot: Shot, pixels: bytearray) -> Caught:
        base = shot.arrival - self._clock.mono - shot.at
        if self._base is None or base < self._base - _AHEAD:
            # The first picture of a connection ties its stream time to ours; if that one was late, the others lie in the future.
            self._base = base
        pts = max(self._base + shot.at, self._last_pts + 0.001)
        self._last_pts = pts
        self._index += 1
        image = np.frombuffer(pixels, np.uint8).reshape(shot.height, shot.width, 3)
        at = self._clock.wall + timedelta(seconds=pts)
        ref = FrameRef(self._plan.camera, self._index, timedelta(seconds=pts), at, shot.width, shot.height)
        return Caught(Frame(ref, image), shot.arrival, shot.catch_up, shot.unasked)

    # --- the process ------------------------------------------------------------------------------

    def _open(self) -> None:
        self._attempts += 1
        self._base, self._tally = None, Tally()
        try:
            address = destination(self._plan.address, str(self._plan.camera), loopback=self._plan.loopback)
            if self._life.failures and address.is_network:
                # A process costs a quarter of a second of CPU; a camera that is off need not cost that.
                socket.create_connection(address.endpoint, timeout=_PROBE).close()
        except (BadAddress, OSError) as error:
            self._trouble = error.fault if isinstance(error, BadAddress) else trouble_of(error)
            self._text = redact(str(error), *self._plan.address.secrets)
            self._signal(Fault(GapReason.UNREACHABLE))
            return
        self._spawn(address)

    def _spawn(self, address: CameraAddress) -> None:
        reading, writing = os.pipe()
        plan = self._plan
        request = CaptureRequest(
            descriptor=writing,
            scheme=address.scheme,
            url=address.reveal() if address.is_network else address.path,
            rate=self._rate,
            most=self._most,
            width=plan.width,
            gated=plan.gated,
            ring=str(plan.ring) if plan.ring is not None and plan.evidence is None else None,
            decode=plan.decode,
            memory=plan.memory,
            wall=self._clock.wall.timestamp(),
            mono=self._clock.mono,
        )
        process = subprocess.Popen(
            plan.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # decoders quote addresses with their passwords
            pass_fds=(writing,),
            cwd=_ROOT,
            start_new_session=True,  # Ctrl-C is for us to handle
        )
        os.close(writing)
        self._process, self._pipe, self._receiver = process, reading, Receiver(reading)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # dead already: its end of the pipe tells
            process.stdin.write(request.encode())
            if not self._record:
                process.stdin.write(Wish(record=False).encode())
            process.stdin.flush()

    def _end_process(self, grace: float = 0.0) -> int | None:
        process, self._process, self._receiver = self._process, None, None
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)  # its own exit code says more than ours
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        os.close(self._pipe)
        self._listener.counted(self._plan.camera, settled(self._tally))
        self._tally = Tally()
        return process.returncode


def settled(tally: Tally) -> Tally:
    """The tally of a connection that is over: packets whose picture never came out were lost in the decoder."""
    rest = tally.captured - tally.sent - tally.rate - tally.quiet - tally.corrupt - tally.decode
    return replace(tally, decode=tally.decode + max(rest, 0))
