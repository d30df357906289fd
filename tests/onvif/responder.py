"""A camera that speaks ONVIF: real SOAP over HTTP with WS-UsernameToken or HTTP digest, and WS-Discovery over UDP.

with OnvifCamera(streams=(Stream("main", "rtsp://10.1.2.3/main"),)) as camera:
    ask_camera(camera.url, "viewer", "Secret1")
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from xml.etree.ElementTree import Element, fromstring

from pipelines.onvif.soap import SPACES

TOKEN = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
UTILITY = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
LATEST = timedelta(seconds=60)  # a token that is older is refused, as cameras do


@dataclass(frozen=True)
class Stream:
    """One profile."""

    token: str
    url: str
    encoding: str = "H264"
    size: tuple[int, int] = (1920, 1080)
    rate: int = 15
    kbit: int = 4096


@dataclass
class OnvifCamera:
    """``answer``: sent instead of everything that is asked for after the clock. ``digest``: HTTP digest instead of the token."""

    streams: tuple[Stream, ...] = (Stream("main", "rtsp://10.1.2.3/main"),)
    user: str = "viewer"
    password: str | None = None
    ahead: timedelta = timedelta(0)
    digest: bool = False
    answer: bytes | None = None
    media_host: str = "10.1.2.3"
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                camera.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._nonce = secrets.token_hex(8)
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._server.serve_forever), threading.Thread(target=self._tell)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._line.sendto(b"", self._line.getsockname())
        for thread in self._threads:
            thread.join(5)
        self._line.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/onvif/device_service"

    @property
    def probed_at(self) -> tuple[str, int]:
        """Where it hears questions of WS-Discovery."""
        host, port = self._line.getsockname()
        return host, port

    # --- SOAP ---------------------------------------------------------------------------------------

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        root = fromstring(request.rfile.read(int(request.headers["content-length"])))  # our own client wrote it
        body = root.find("s:Body", SPACES)
        assert body is not None
        deed = body[0].tag.rpartition("}")[2]
        self.asked.append(deed)
        if self.answer is not None and deed != "GetSystemDateAndTime":
            self._send(request, 200, self.answer)
        elif deed == "GetSystemDateAndTime":
            self._send(request, 200, _answer(self._time()))
        elif self.digest and not self._digest_fits(request):
            request.send_response(401)
            request.send_header("WWW-Authenticate", f'Digest realm="onvif", nonce="{self._nonce}", qop="auth", algorithm=MD5')
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif not self.digest and not self._token_fits(root):
            fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>"
            self._send(request, 400, _answer(fault))
        else:
            self._send(request, 200, _answer(self._deed(deed, body[0])))

    def _deed(self, deed: str, asked: Element) -> str:
        port = self._server.server_address[1]
        match deed:
            case "GetCapabilities":
                media = f"<tt:Media><tt:XAddr>http://{self.media_host}:{port}/onvif/media_service</tt:XAddr></tt:Media>"
                return f"<tds:GetCapabilitiesResponse><tds:Capabilities>{media}</tds:Capabilities></tds:GetCapabilitiesResponse>"
            case "GetProfiles":
                return f"<trt:GetProfilesResponse>{''.join(map(_profile, self.streams))}</trt:GetProfilesResponse>"
            case "GetStreamUri":
                token = asked.findtext("trt:ProfileToken", "", SPACES)
                url = next(stream.url for stream in self.streams if stream.token == token)
                return f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{url}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
            case _:
                return "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason>ActionNotSupported</s:Reason></s:Fault>"

    def _time(self) -> str:
        now = datetime.now(UTC) + self.ahead
        date = f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        clock = f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        inside = f"<tt:UTCDateTime>{clock}{date}</tt:UTCDateTime>"
        return f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>{inside}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"

    def _token_fits(self, root: Element) -> bool:
        if self.password is None:
            return True
        token = root.find(f".//{TOKEN}UsernameToken")
        if token is None:
            return False
        given = token.findtext(f"{TOKEN}Password", "")
        nonce, created = token.findtext(f"{TOKEN}Nonce", ""), token.findtext(f"{UTILITY}Created", "")
        if nonce in self.tokens:
            return False  # played back
        self.tokens.append(nonce)
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.password.encode(), usedforsecurity=False).digest()
        age = datetime.now(UTC) + self.ahead - datetime.fromisoformat(created)
        return (
            token.findtext(f"{TOKEN}Username") == self.user and given == base64.b64encode(wanted).decode() and abs(age) < LATEST
        )

    def _digest_fits(self, request: BaseHTTPRequestHandler) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))
        inner = _md5(f"{self.user}:onvif:{self.password}")
        outer = _md5(f"POST:{given.get('uri', '')}")
        parts = (inner, self._nonce, given.get("nc", ""), given.get("cnonce", ""), "auth", outer)
        return given.get("response") == _md5(":".join(parts))

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/soap+xml")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    # --- WS-Discovery ---------------------------------------------------------------------------------

    def _tell(self) -> None:
        while True:
            content, asker = self._line.recvfrom(65535)
            if not content:
                return
            question = fromstring(content)
            if question.find(".//d:Probe", SPACES) is None:
                continue
            self._line.sendto(b"<not xml", asker)
            scopes = "onvif://www.onvif.org/name/C%E1%BB%95ng%20sau onvif://www.onvif.org/hardware/T-800 onvif://www.onvif.org/Profile/Streaming"
            match = f"<d:ProbeMatch><d:Scopes>{scopes}</d:Scopes><d:XAddrs>http://10.9.9.9/elsewhere {self.url}</d:XAddrs></d:ProbeMatch>"
            self._line.sendto(_answer(f"<d:ProbeMatches>{match}</d:ProbeMatches>"), asker)


def _profile(stream: Stream) -> str:
    width, height = stream.size
    size = f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
    rates = f"<tt:RateControl><tt:FrameRateLimit>{stream.rate}</tt:FrameRateLimit><tt:BitrateLimit>{stream.kbit}</tt:BitrateLimit></tt:RateControl>"
    encoder = (
        f"<tt:VideoEncoderConfiguration><tt:Encoding>{stream.encoding}</tt:Encoding>{size}{rates}</tt:VideoEncoderConfiguration>"
    )
    return f'<trt:Profiles token="{stream.token}"><tt:Name>{stream.token}</tt:Name>{encoder}</trt:Profiles>'


def _answer(body: str) -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in SPACES.items())
    return f'<?xml version="1.0"?><s:Envelope {spaces} xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # what RFC 7616 still allows
