"""What a failed connection is reported as: a code for people, the technical text behind it."""

from __future__ import annotations

import errno
import os
import socket
from datetime import UTC, datetime

import av
import pytest

from analyzer.types import CameraId
from pipelines.errors import AddressFault, BadAddress, BadInput
from pipelines.following import reports_of
from pipelines.records import GapReason, Trouble
from pipelines.sources.lifecycle import State
from pipelines.sources.request import StreamChangedError
from pipelines.sources.trouble import trouble_of
from tests.pipelines.live.watching import plan_for, watched

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
