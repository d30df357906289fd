"""Keeps what should run running: the cameras that are wanted, and the processes of `vigil up`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from analyzer.site import Camera
from analyzer.types import CameraId
from pipelines.errors import BadInput
from pipelines.kept import KEPT, STOP_WITHIN
from pipelines.live import ring_of
from pipelines.settings import Settings
from pipelines.site_file import SiteDocument, load_site
from pipelines.sources.address import Scheme
from pipelines.sources.camera import CameraPlan
from pipelines.sources.lifecycle import CRASH_LIMIT, CRASH_PAUSE, CRASH_WINDOW, SETTLED_AFTER, retry_delay
from pipelines.wanted import CameraWish, stopped, wished_address, written_address

STUCK_AFTER: Final = 20.0  # s without a heartbeat
_POLL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plans:
    """What is to run. ``refused``: cameras that people asked for but that cannot be planned, and why."""

    plans: tuple[CameraPlan, ...]
    refused: Mapping[CameraId, BadInput]


def plans_of(document: SiteDocument, settings: Settings, rate: float | None = None, wishes: Sequence[CameraWish] = ()) -> Plans:
    """A plan for each camera that has a source and is not stopped. Relative paths are seen from the site file.

    Args:
        document: the site, with the wishes put over it already.
        settings: where things lie.
        rate: analysed instants a second of cameras for which nobody asked for another rate.
        wishes: of people, through the service.

    Raises:
        BadInput: a source of the site file cannot be used; the place names the camera.
    """
    asked = {wish.camera: wish for wish in wishes if wish.facility == document.site.facility.id}
    still = stopped(document.site, wishes)
    plans, refused = [], dict[CameraId, BadInput]()
    for camera in document.site.cameras:
        if not camera.source or camera.id in still:
            continue
        wish = asked.get(camera.id)
        try:
            plans.append(_plan(camera, wish, document, settings, (wish and wish.rate) or rate or settings.rate))
        except BadInput as problem:
            if wish is None:
                raise
            refused[camera.id] = problem  # one camera's missing secret must not end the watch of the others
    return Plans(tuple(plans), refused)


def _plan(camera: Camera, wish: CameraWish | None, document: SiteDocument, settings: Settings, rate: float) -> CameraPlan:
    place = f'{document.path}: source of camera "{camera.id}"'
    if wish is not None and wish.source:
        address = wished_address(camera.source, f'source of camera "{camera.id}"', settings.secrets)
    else:
        address = written_address(camera.source, place, document.path.parent)
    evidence = None
    if camera.evidence:
        place = place.replace("source of", "evidence of", 1)
        wished = wish is not None and camera.evidence == wish.evidence
        evidence = (
            wished_address(camera.evidence, place, settings.secrets)
            if wished
            else written_address(camera.evidence, place, document.path.parent)
        )
    recorded = (evidence or address).scheme not in {Scheme.SYNTHETIC, Scheme.FOLDER}
    return CameraPlan(
        camera=camera.id,
        address=address,
        evidence=evidence,
        rate=rate,
        ring=ring_of(settings.data_dir.resolve(), camera.id) if recorded else None,
        loopback=settings.allow_loopback_cameras,
    )


class SiteWatch:
    """Notices when the site file was saved. A file that cannot be used changes nothing but the log."""

    def __init__(self, path: Path) -> None:
        self._path, self._log = path, structlog.get_logger()
        self._stamp = self._look()

    def changed(self) -> SiteDocument | None:
        """The new document, once; ``None`` while nothing was saved or what was saved is broken."""
        stamp = self._look()
        if stamp == self._stamp or stamp is None:
            return None
        self._stamp = stamp
        try:
            return load_site(self._path)
        except BadInput as problem:
            self._log.error("site.unusable", error=str(problem))
            return None

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


# --- processes ------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Be the only live process of a data folder: two would write the same rings and one would close the runs of the other.

    The system gives the lock back when the process ends, however it ends.

    Raises:
        BadInput: another process holds the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            problem = f"another vigil live is watching with it (process {file.read().strip() or 'unknown'})"
            remedy = "stop that one first, or choose another folder with VIGIL_DATA_DIR"
            raise BadInput(f"data folder {lock.parent.parent}", problem, remedy) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


class Heartbeat:
    """A file that says when its writer was last alive, on the monotonic clock that all processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def beat(self) -> None:
        self._path.write_text(f"{time.monotonic():.3f}")

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    def age(self) -> float | None:
        """Seconds since the last beat; ``None`` before the first, and while it cannot be read."""
        try:
            return time.monotonic() - float(self._path.read_text())
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Task:
    """A process that should always run. ``heartbeat``: it writes one, and is stuck when it stops to."""

    name: str
    command: tuple[str, ...]
    heartbeat: Heartbeat | None = None


class Keeper:
    """Starts a process again whenever it ends, however it ends, with a pause that grows; kills it when it is stuck."""

    def __init__(self, task: Task, on_alarm: Callable[[str], None] = lambda _: None, stuck_after: float = STUCK_AFTER) -> None:
        self._task, self._on_alarm, self._stuck_after = task, on_alarm, stuck_after
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = structlog.get_logger()
        self.starts = 0
        self._thread = threading.Thread(target=self._run, name=f"keeper-{task.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the process to end. `join` waits."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    def join(self, timeout: float = STOP_WITHIN) -> bool:
        """Whether the process ended by itself; it is killed otherwise."""
        self._thread.join(timeout)
        process = self._process
        if process is None or process.poll() is not None:
            return True
        process.kill()
        process.wait()
        return False

    def _run(self) -> None:
        ends: list[float] = []
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._once()
            if self._stopping.is_set():
                return
            now = time.monotonic()
            failures = 1 if now - began >= SETTLED_AFTER else failures + 1
            ends = [*[end for end in ends if now - end < CRASH_WINDOW][-(CRASH_LIMIT - 1) :], now]
            looping = len(ends) >= CRASH_LIMIT
            pause = CRASH_PAUSE if looping else retry_delay(failures, 0.0)
            # Exit code 0 is no excuse: it should be running.
            self._log.error("process.ended", name=self._task.name, code=code, again_in=pause)
            if looping:
                self._on_alarm(self._task.name)
            self._stopping.wait(pause)

    def _once(self) -> int:
        """Run it until it ends or is stuck."""
        self.starts += 1
        if self._task.heartbeat is not None:
            self._task.heartbeat.clear()
        # The pipe is never written to: its end tells the process that nobody keeps it any more.
        self._process = process = subprocess.Popen(self._task.command, stdin=subprocess.PIPE, env={**os.environ, KEPT: "1"})
        with process:  # closes the pipe
            return self._wait(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return process.wait(_POLL)
            except subprocess.TimeoutExpired:
                age = self._task.heartbeat.age() if self._task.heartbeat is not None else None
                if age is not None and age > self._stuck_after and not self._stopping.is_set():
                    self._log.error("process.stuck", name=self._task.name, seconds=round(age, 1))
                    process.kill()


def keep(tasks: Sequence[Task], stopped: threading.Event, stop_within: float = STOP_WITHIN) -> bool:
    """Keep processes running until ``stopped``; whether all of them ended by themselves then, within one time for all."""
    keepers = [Keeper(task) for task in tasks]
    for keeper in keepers:
        keeper.start()
    stopped.wait()
    for keeper in keepers:
        keeper.stop()
    deadline = time.monotonic() + stop_within
    # every one of them, whatever the first says
    ended = [keeper.join(max(deadline - time.monotonic(), 0.0)) for keeper in keepers]
    return all(ended)
