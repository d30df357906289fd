"""What a failed connection is reported as: a code for people, the technical text behind it."""

from __future__ import annotations

import errno
import os
import socket
import time
from datetime import UTC, datetime

import av
import pytest

from analyzer.types import CameraId
from pipelines.errors import AddressFault, BadAddress, BadInput
from pipelines.following import reports_of
from pipelines.records import GapReason, Trouble
from pipelines.sources.address import Scheme
from pipelines.sources.camera import CameraStatus, CameraWorker, StartPacer
from pipelines.sources.lifecycle import Life, Link, State, Tick
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.request import StreamChangedError
from pipelines.sources.trouble import trouble_in_opening, trouble_of
from pipelines.telling import TROUBLES
from tests.pipelines.live.watching import Notebook, plan_for, watched

GATE = CameraId("gate")


def _of(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (_of(errno.ECONNREFUSED), Trouble.REFUSED),
        (av.error.ConnectionRefusedError(errno.ECONNREFUSED, "x"), Trouble.REFUSED),
        (_of(errno.ETIMEDOUT), Trouble.TIMED_OUT),
        (_of(errno.EHOSTUNREACH), Trouble.NO_WAY),
        (socket.gaierror(socket.EAI_NONAME, "x"), Trouble.UNRESOLVED),
        (_of(errno.ECONNRESET), Trouble.BROKEN_OFF),
        (av.error.HTTPUnauthorizedError(1, "x"), Trouble.LOGIN_REFUSED),
        (av.error.HTTPNotFoundError(1, "x"), Trouble.NO_SUCH_STREAM),
        (av.error.EOFError(1, "x"), Trouble.ENDED),
        (av.error.InvalidDataError(1, "x"), Trouble.NO_VIDEO),
        (StreamChangedError("x"), Trouble.CHANGED),
        (MemoryError(), Trouble.NO_MEMORY),
        (_of(errno.EIO), Trouble.OTHER),
    ],
)
def test_every_failure_has_a_code(error: Exception, trouble: Trouble) -> None:
    assert trouble_of(error) is trouble


@pytest.mark.parametrize(
    ("error", "scheme", "waited", "trouble"),
    [
        (av.error.InvalidDataError(1, "x"), Scheme.RTSP, 10.0, Trouble.TIMED_OUT),  # connected, and never answered
        (av.error.InvalidDataError(1, "x"), Scheme.RTSP, 1.0, Trouble.NO_VIDEO),
        (_of(errno.EIO), Scheme.RTSPS, 10.0, Trouble.TIMED_OUT),
        (_of(errno.EIO), Scheme.HTTP, 0.1, Trouble.NOT_A_STREAM),  # a web page or a redirect
        (_of(errno.EIO), Scheme.USB, 0.1, Trouble.OTHER),
        (av.error.ExitError(1, "x"), Scheme.HTTP, 10.0, Trouble.TIMED_OUT),
        (av.error.HTTPServerError(1, "x"), Scheme.HTTP, 0.1, Trouble.FAILING),
        (av.error.HTTPNotFoundError(1, "x"), Scheme.RTSP, 10.0, Trouble.NO_SUCH_STREAM),
    ],
)
def test_what_the_library_does_not_know_is_told_by_the_time_it_took(
    error: Exception, scheme: Scheme, waited: float, trouble: Trouble
) -> None:
    assert trouble_in_opening(error, scheme, waited, 10.0) is trouble


def test_a_camera_that_falls_silent_is_not_told_of_by_an_older_fault() -> None:
    def tick(life: Life, now: float) -> CameraStatus:
        worker = CameraWorker(plan_for("usb:0"), Notebook(), LiveClock.now(), StartPacer(0.0))
        worker._life, worker._trouble, worker._text = life, Trouble.REFUSED, "refused an hour ago"
        worker._signal(Tick())
        return worker.status

    now = time.monotonic()
    status = tick(Life(State.CONNECTING, Link.OPENING, GapReason.NOT_STARTED, now - 3600, None, now - 3600), now)
    assert status.life.state is State.DOWN
    assert status.trouble is Trouble.SILENT
    assert "refused" not in status.text


def test_every_trouble_has_words_in_both_languages() -> None:
    assert set(TROUBLES) == set(Trouble)
    assert all(text.vi and text.en and text.vi != text.en for text in TROUBLES.values())


def test_a_port_that_nobody_listens_on_is_reported_by_its_code() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening
        port = taken.getsockname()[1]
        with watched(plan_for(f"rtsp://127.0.0.1:{port}/x")) as (worker, notebook):
            notebook.wait_for(State.DOWN, 10)
            (said,) = reports_of([worker.status], [], {}, datetime.now(UTC))
    assert said.reason is GapReason.UNREACHABLE
    code, _, detail = said.text.partition(": ")
    assert code == Trouble.REFUSED
    assert "refused" in detail


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (
            BadAddress("gate", "it is not set", "set it", AddressFault.VARIABLE_UNSET, "VIGIL_CAMERA_X"),
            "variable_unset: VIGIL_CAMERA_X",
        ),
        (BadInput("gate", "it is bad", "mend it"), "other: gate: it is bad; mend it"),
    ],
)
def test_a_camera_that_cannot_be_planned_says_why_by_a_code(problem: BadInput, text: str) -> None:
    (said,) = reports_of([], [], {GATE: problem}, datetime.now(UTC))
    assert said.text == text
