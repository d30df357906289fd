"""An RTSP-over-TCP camera to test against: it plays a recording at real speed and misbehaves on request.

    with RtspCamera(load(clip)) as camera:
        av.open(camera.url, options={"rtsp_transport": "tcp"})
        camera.behave(Behaviour(Mode.STALL, after=20))

By hand: ``python -m tests.rtsp.camera clip.mp4 --port 8554 --mode corrupt``.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import random
import secrets
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.rtsp.stream import RTP_CLOCK, AccessUnit, Recording, describe, load, packetise, sender_report


class Mode(StrEnum):
    """What goes wrong, always after `Behaviour.after` pictures of a connection."""

    OK = "ok"
    STALL = "stall"  # the connection stays, nothing comes
    RESET = "reset"  # TCP RST
    CLOSE = "close"  # orderly end
    CORRUPT = "corrupt"  # every fifth picture has bytes turned over, never the first
    LOSS = "loss"  # every fifth picture lacks one of its RTP packets, as an overloaded camera sends, never the first
    WRONG_PTS = "wrong_pts"  # timestamps jump an hour back and forth
    PTS_WRAP = "pts_wrap"  # the 32-bit RTP timestamp wraps
    SWITCH = "switch"  # goes on with `Behaviour.other` (other size, or other codec, unannounced)
    SLOW = "slow"  # a fifth of the rate
    REFUSE = "refuse"  # answers 404 to DESCRIBE


class Auth(StrEnum):
    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the camera acts. A password of ``None`` with `Auth` set refuses everybody."""

    mode: Mode = Mode.OK
    after: int = 0
    other: Recording | None = None
    auth: Auth = Auth.NONE
    user: str = "viewer"
    password: str | None = None
    clock_offset: float = 0.0  # seconds the camera's clock is ahead


@dataclass
class Counters:
    """What the camera saw of its clients."""

    connections: int = 0
    plays: int = 0
    refused: int = 0
    pictures: int = 0
    connected_at: list[float] = field(default_factory=list)  # monotonic


class RtspCamera:
    """One listener that plays a recording to any number of clients, each from its beginning.

    Args:
        recording: what is played.
        behaviour: how.
        streams: further recordings by their path, such as ``/sub``. A camera with streams shows all of them at one time, as a
            lens does: a client that comes later begins with the next keyframe, not with the first picture.
        host: to listen on.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        recording: Recording,
        behaviour: Behaviour | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        streams: Mapping[str, Recording] | None = None,
    ) -> None:
        self._recording, self._streams = recording, dict(streams or {})
        self._epoch = time.monotonic()
        self._behaviour = behaviour or Behaviour()
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.counters = Counters()

    @property
    def url(self) -> str:
        return f"rtsp://{self._address[0]}:{self._address[1]}/stream"

    @property
    def behaviour(self) -> Behaviour:
        return self._behaviour

    def behave(self, behaviour: Behaviour) -> None:
        """Change the behaviour; clients that play already follow it from their next picture on."""
        self._behaviour = behaviour

    def start(self) -> Self:
        """Listen. After `stop` the same port is taken again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self._address)
        listener.listen(16)
        self._address = listener.getsockname()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="rtsp-accept", daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse connections and drop the clients, as after a power cut."""
        if self._listener is not None:
            with contextlib.suppress(OSError):  # wakes the thread in accept
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._clients.add(client)
                self.counters.connections += 1
                self.counters.connected_at.append(time.monotonic())
            threading.Thread(target=self._serve, args=(client,), name="rtsp-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            _Session(self, client).run()
        except OSError:
            pass  # the client left, which is its right
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def stream_url(self, path: str) -> str:
        """Of one of the further streams."""
        return f"rtsp://{self._address[0]}:{self._address[1]}{path}"

    def stream(self, path: str) -> Recording | None:
        """What is played under a path of its own; ``None`` for every other."""
        return next((recording for name, recording in self._streams.items() if path.startswith(name)), None)

    def position(self, recording: Recording) -> float | None:
        """Seconds into the recording that the lens shows now; ``None`` when each client begins for itself."""
        return (time.monotonic() - self._epoch) % recording.period if self._streams else None

    @property
    def recording(self) -> Recording:
        return self._recording

    def switch(self) -> Recording | None:
        """Go on with the other recording, for clients to come as well."""
        if self._behaviour.other is not None:
            self._recording = self._behaviour.other
        return self._behaviour.other


class _Session:
    """One client: answers requests until PLAY, then sends pictures and answers in between."""

    def __init__(self, camera: RtspCamera, client: socket.socket) -> None:
        self._camera = camera
        self._client = client
        self._nonce = secrets.token_hex(8)
        self._id = secrets.token_hex(4)
        self._ssrc = secrets.randbits(32)
        self._buffer = b""
        self._playing = False
        self._sequence, self._octets = random.randrange(1 << 16), 0
        self._base = random.randrange(1 << 31)
        self._own: Recording | None = None  # a stream with a path of its own

    def run(self) -> None:
        while not self._playing:
            if not self._read(None):
                return
        self._camera.counters.plays += 1
        self._play()

    def _read(self, timeout: float | None) -> bool:
        """Handle what the client sends within ``timeout`` seconds. False when it left."""
        readable, _, _ = select.select([self._client], [], [], timeout)
        if not readable:
            return True
        data = self._client.recv(65536)
        if not data:
            return False
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == ord("$"):  # RTCP of the receiver
                if len(self._buffer) < 4 or len(self._buffer) < 4 + int.from_bytes(self._buffer[2:4], "big"):
                    break
                self._buffer = self._buffer[4 + int.from_bytes(self._buffer[2:4], "big") :]
                continue
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                break
            self._buffer = rest
            if not self._answer(head.decode("latin-1")):
                return False
        return True

    def _answer(self, request: str) -> bool:
        first, *lines = request.split("\r\n")
        method, address, _ = first.split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        reply = _Reply(headers.get("cseq", "0"))
        behaviour = self._camera.behaviour
        if method == "OPTIONS":
            reply.add("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif not self._authorised(method, headers.get("authorization", ""), behaviour):
            self._camera.counters.refused += 1
            reply.status = "401 Unauthorized"
            reply.add("WWW-Authenticate", self._challenge(behaviour))
        elif method == "DESCRIBE":
            if behaviour.mode is Mode.REFUSE:
                reply.status = "404 Not Found"
            else:
                self._own = self._camera.stream(urlsplit(address).path)
                reply.add("Content-Base", address.rstrip("/") + "/")
                reply.add("Content-Type", "application/sdp")
                media = describe(self._own or self._camera.recording)
                reply.body = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=camera\r\nt=0 0\r\n" + media
        elif method == "SETUP":
            if "TCP" in headers.get("transport", ""):
                reply.add("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")
                reply.add("Session", f"{self._id};timeout=60")
            else:
                reply.status = "461 Unsupported Transport"
        elif method == "PLAY":
            reply.add("Session", self._id)
            reply.add("Range", "npt=now-")
            self._playing = True
        self._client.sendall(reply.encode())
        return method != "TEARDOWN"

    def _challenge(self, behaviour: Behaviour) -> str:
        if behaviour.auth is Auth.BASIC:
            return 'Basic realm="camera"'
        return f'Digest realm="camera", nonce="{self._nonce}"'

    def _authorised(self, method: str, given: str, behaviour: Behaviour) -> bool:
        if behaviour.auth is Auth.NONE:
            return True
        if behaviour.password is None:
            return False
        if behaviour.auth is Auth.BASIC:
            return given == "Basic " + base64.b64encode(f"{behaviour.user}:{behaviour.password}".encode()).decode()
        fields = dict(part.strip().split("=", 1) for part in given.removeprefix("Digest ").split(",") if "=" in part)
        fields = {k: v.strip('"') for k, v in fields.items()}
        ha1 = _md5(f"{behaviour.user}:camera:{behaviour.password}")
        ha2 = _md5(f"{method}:{fields.get('uri', '')}")
        return fields.get("response") == _md5(f"{ha1}:{self._nonce}:{ha2}")

    # --- pictures ---------------------------------------------------------------------------------

    def _play(self) -> None:
        started = time.monotonic()
        if self._camera.behaviour.mode is Mode.PTS_WRAP:
            self._base = (1 << 32) - 2 * RTP_CLOCK  # wraps after two seconds
        sent, recording, elapsed = 0, self._own or self._camera.recording, 0.0
        begin = 0
        if (position := self._camera.position(recording)) is not None:
            started -= position
            later = (i for i, unit in enumerate(recording.units) if unit.key and unit.at >= position)
            begin = next(later, len(recording.units))
        while True:
            for unit in recording.units[begin:]:
                behaviour = self._camera.behaviour
                on = sent >= behaviour.after
                if on and behaviour.mode is Mode.SWITCH and behaviour.other not in {None, recording}:
                    break
                if not self._wait(started + elapsed + unit.at) or not self._step(
                    behaviour, unit, recording, elapsed, on=on, sent=sent
                ):
                    return
                sent += 1
            else:
                elapsed, begin = elapsed + recording.period, 0
                continue
            elapsed = time.monotonic() - started
            recording = self._camera.switch() or recording

    def _wait(self, due: float) -> bool:
        while (left := due - time.monotonic()) > 0:
            if not self._read(left):
                return False
        return self._read(0)

    def _step(self, behaviour: Behaviour, unit: AccessUnit, recording: Recording, elapsed: float, *, on: bool, sent: int) -> bool:
        """Send one picture, or fail as asked. False ends the connection."""
        mode = behaviour.mode if on else Mode.OK
        if mode is Mode.STALL:
            while self._camera.behaviour.mode is Mode.STALL:
                if not self._read(0.2):
                    return False
            return False  # a camera that comes to itself has forgotten the session
        if mode is Mode.RESET:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if mode in {Mode.RESET, Mode.CLOSE, Mode.REFUSE}:
            return False
        if mode is Mode.SLOW and sent % 5 and not unit.key:
            return True
        units = _damaged(unit.units, sent) if mode is Mode.CORRUPT and sent % 5 == 3 else unit.units
        shift = -3600 if mode is Mode.WRONG_PTS and (sent // 10) % 2 else 0
        timestamp = self._base + round((elapsed + unit.at + shift) * RTP_CLOCK)
        self._send(units, recording.codec, timestamp, lossy=mode is Mode.LOSS and sent % 5 == 3)
        if sent % 50 == 0:
            report = sender_report(self._ssrc, time.time() + behaviour.clock_offset, timestamp, sent, self._octets)
            self._client.sendall(b"$\x01" + len(report).to_bytes(2, "big") + report)
        self._camera.counters.pictures += 1
        return True

    def _send(self, units: tuple[bytes, ...], codec: str, timestamp: int, *, lossy: bool) -> None:
        out = bytearray()
        packets = list(packetise(units, codec, self._sequence, timestamp, self._ssrc))
        for index, packet in enumerate(packets):
            if lossy and index == len(packets) // 2:
                self._sequence += 1
                continue
            out += b"$\x00" + len(packet).to_bytes(2, "big") + packet
            self._sequence += 1
            self._octets += len(packet) - 12
        self._client.sendall(out)


class _Reply:
    def __init__(self, cseq: str) -> None:
        self.status, self.body = "200 OK", ""
        self._headers = [("CSeq", cseq)]

    def add(self, name: str, value: str) -> None:
        self._headers.append((name, value))

    def encode(self) -> bytes:
        if self.body:
            self.add("Content-Length", str(len(self.body)))
        lines = [f"RTSP/1.0 {self.status}"] + [f"{k}: {v}" for k, v in self._headers]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


def _damaged(units: tuple[bytes, ...], seed: int) -> tuple[bytes, ...]:
    """The same NAL units with bytes of the largest one turned over, its header left alone."""
    rng = random.Random(seed)
    largest = max(range(len(units)), key=lambda i: len(units[i]))
    data = bytearray(units[largest])
    for _ in range(max(4, len(data) // 20)):
        if len(data) > 8:
            data[rng.randrange(8, len(data))] ^= rng.randrange(1, 256)
    return (*units[:largest], bytes(data), *units[largest + 1 :])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # what RFC 2617 asks for


def main() -> None:
    parser = argparse.ArgumentParser(description="Plays a recording as an RTSP camera does.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.OK)
    parser.add_argument("--after", type=int, default=0, help="pictures before the fault")
    parser.add_argument("--other", type=Path, help="recording to switch to")
    parser.add_argument("--auth", type=Auth, choices=list(Auth), default=Auth.NONE)
    parser.add_argument("--user", default="viewer")
    parser.add_argument("--password")
    args = parser.parse_args()
    other = load(args.other) if args.other else None
    behaviour = Behaviour(args.mode, args.after, other, args.auth, args.user, args.password)
    with RtspCamera(load(args.recording), behaviour, args.host, args.port) as camera:
        sys.stdout.write(camera.url + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
