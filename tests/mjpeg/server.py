"""A camera that sends JPEG pictures one after another over HTTP (multipart/x-mixed-replace), and misbehaves on request."""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

BOUNDARY = b"--frame"


class Mode(StrEnum):
    OK = "ok"
    NO_LENGTH = "no_length"  # parts without Content-Length, as many cameras send
    STALL = "stall"  # the connection stays, nothing comes
    CLOSE = "close"
    LOST_BOUNDARY = "lost_boundary"  # every third boundary is missing
    TORN = "torn"  # every third picture ends in the middle
    REDIRECT = "redirect"  # sends the client elsewhere


@dataclass
class MjpegCamera:
    """``pictures``: JPEG files, sent round and round at ``rate``. Faults begin after ``after`` pictures of a connection."""

    pictures: Sequence[bytes]
    rate: float = 10.0
    mode: Mode = Mode.OK
    after: int = 0
    user: str = "viewer"
    password: str | None = None
    elsewhere: str = ""
    connections: int = 0
    refused: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(OSError):  # the client left, which is its right
                    camera.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/video.mjpg"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        self.connections += 1
        wanted = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.mode is Mode.REDIRECT:
            request.send_response(302)
            request.send_header("Location", self.elsewhere)
            request.end_headers()
            return
        if self.password is not None and request.headers.get("authorization") != wanted:
            self.refused += 1
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="camera"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
        request.end_headers()
        self._play(request)

    def _play(self, request: BaseHTTPRequestHandler) -> None:
        began, sent = time.monotonic(), 0
        while not self._stopping.wait(max(began + sent / self.rate - time.monotonic(), 0.0)):
            mode = self.mode if sent >= self.after else Mode.OK
            if mode is Mode.CLOSE:
                return
            if mode is Mode.STALL:
                sent_at, began = sent, time.monotonic()
                while self.mode is Mode.STALL and not self._stopping.wait(0.05):
                    pass
                began = time.monotonic() - sent_at / self.rate
                continue
            request.wfile.write(_part(self.pictures[sent % len(self.pictures)], mode, sent))
            request.wfile.flush()
            sent += 1


def _part(picture: bytes, mode: Mode, number: int) -> bytes:
    bad = number % 3 == 2
    head = b"" if mode is Mode.LOST_BOUNDARY and bad else BOUNDARY + b"\r\n"
    length = b"" if mode is Mode.NO_LENGTH else b"Content-Length: %d\r\n" % len(picture)
    body = picture[: len(picture) // 2] if mode is Mode.TORN and bad else picture
    if mode is Mode.TORN and bad:
        length = b"Content-Length: %d\r\n" % len(body)
    return head + b"Content-Type: image/jpeg\r\n" + length + b"\r\n" + body + b"\r\n"
