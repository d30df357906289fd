"""Receivers to send to: an HTTP server, a mail server and an MQTT broker, each just able enough to be spoken to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hooks:
    """What a webhook receiver got; ``answer`` says with which status and headers it answers the n-th request."""

    port: int
    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda _: (204, {})
    requests: list[tuple[Message, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def hooks() -> Iterator[Hooks]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.requests.append((self.headers, self.rfile.read(int(self.headers["content-length"]))))
            status, headers = got.answer(len(got.requests))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        got = Hooks(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield got
        server.shutdown()


@contextmanager
def lines(serve: Callable[[socketserver.StreamRequestHandler], None]) -> Iterator[int]:
    """A TCP server whose connections are handled by ``serve``; its port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            serve(self)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def mail_server(mails: list[bytes]) -> Callable[[socketserver.StreamRequestHandler], None]:
    def serve(link: socketserver.StreamRequestHandler) -> None:
        link.wfile.write(b"220 test\r\n")
        while line := link.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                link.wfile.write(b"354 go on\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += link.rfile.readline()
                mails.append(body)
            link.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return

    return serve


def broker(messages: list[tuple[str, str]]) -> Callable[[socketserver.StreamRequestHandler], None]:
    """MQTT 3.1.1: CONNECT, PUBLISH with QoS 1, DISCONNECT."""

    def serve(link: socketserver.StreamRequestHandler) -> None:
        while head := link.rfile.read(1):
            length, shift = 0, 0
            while True:
                byte = link.rfile.read(1)[0]
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            body = link.rfile.read(length)
            kind = head[0] >> 4
            if kind == 1:
                link.wfile.write(b"\x20\x02\x00\x00")
            elif kind == 3:
                size = int.from_bytes(body[:2], "big")
                messages.append((body[2 : 2 + size].decode(), body[4 + size :].decode()))
                link.wfile.write(b"\x40\x02" + body[2 + size : 4 + size])
            elif kind == 14:
                return

    return serve
