"""What wraps every exchange: a request id, the security headers, a limit of size, and the last net under a failure.

Written as plain ASGI and placed outermost, because Starlette answers an unexpected error outside of the
usual middleware and such an answer would leave without headers.
"""

from __future__ import annotations

import re
import traceback
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer_of, refusal_of

log = structlog.get_logger(__name__)

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self'; media-src 'self' blob:; style-src 'self'; script-src 'self'; "
        "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


class Envelope:
    """Outermost ASGI layer.

    Args:
        app: what it wraps.
        largest_body: bytes a request may carry; more is refused while it is read.
        strict_transport: send HSTS; only right behind TLS.
    """

    def __init__(self, app: ASGIApp, *, largest_body: int, strict_transport: bool = False) -> None:
        self.app = app
        self.largest_body = largest_body
        self.headers = dict(SECURITY_HEADERS)
        if strict_transport:
            self.headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = _request_id(scope)
        # Whatever can be had by GET can be asked for by HEAD (RFC 9110): the same way through, and no content at the end.
        only_head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET"} if only_head else scope
        scope["state"] = {**scope.get("state", {}), "request_id": identifier, "only_head": only_head}
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = identifier
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            elif only_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, self._limited(receive), send_with_headers)
        except Exception as error:
            # Whatever it was, the log has it and the client learns only the id. As plain text: a renderer that shows
            # the variables of each frame would show passwords.
            trace = "".join(traceback.format_exception(error))
            log.error("request_failed", request_id=identifier, method=scope["method"], path=scope["path"], traceback=trace)  # noqa: TRY400
            if started:
                raise  # half an answer is out; the server must cut the connection
            await answer_of(Request(scope), refusal_of(error))(scope, receive, send_with_headers)

    def _limited(self, receive: Receive) -> Receive:
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self.largest_body:
                    # Of this kind, because the framework turns any other failure to read a body into a plain 400.
                    raise HTTPException(413, f"at most {self.largest_body} bytes")
            return message

        return receive_some


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ACCEPTABLE_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid4().hex
