"""SOAP 1.2 over HTTP with WS-Security UsernameToken, as much of it as cameras speak.

Answers come from devices nobody vouches for: they are bounded, parsed without entities, and never lead to another host.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import httpx2
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from pipelines.errors import SourceFault
from pipelines.sources.address import redact

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SPACES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TOKEN_PROFILE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"  # noqa: S105 - a name space
_LARGEST: Final = 512 * 1024
_TIMEOUT: Final = 5.0  # s


class OnvifFault(SourceFault):
    """The camera does not answer, or not as ONVIF says."""


class OnvifRefused(OnvifFault):
    """It wants another user or password."""


def envelope(body: str, header: str = "") -> bytes:
    """A request around a body that uses the prefixes of `SPACES`."""
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in SPACES.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {spaces}>'
    return f"{text}<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()


def username_token(user: str, password: str, created: datetime, nonce: bytes | None = None) -> str:
    """The security header: Base64(SHA-1(nonce + created + password)), so that the password itself is not sent."""
    salt = secrets.token_bytes(16) if nonce is None else nonce
    at = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    digest = base64.b64encode(hashlib.sha1(salt + at.encode() + password.encode(), usedforsecurity=False).digest()).decode()
    return (
        f'<wsse:Security s:mustUnderstand="1" xmlns:wsse="{_WSSE}" xmlns:wsu="{_WSU}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(user)}</wsse:Username>"
        f'<wsse:Password Type="{_TOKEN_PROFILE}#PasswordDigest">{digest}</wsse:Password>'
        f"<wsse:Nonce>{base64.b64encode(salt).decode()}</wsse:Nonce><wsu:Created>{at}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def parse(content: bytes) -> Element:
    """Raises: OnvifFault: it is not XML, or XML that means harm."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise OnvifFault(f"the answer is not acceptable XML ({type(error).__name__})") from error
    return root


class SoapClient:
    """Talks to one camera; to be closed. ``ahead``: how much its clock is, for tokens that it would call expired otherwise."""

    def __init__(self, user: str | None, password: str | None) -> None:
        self._user, self._password = user, password or ""
        self._client = httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)
        self.ahead = timedelta(0)

    def close(self) -> None:
        self._client.close()

    def ask(self, url: str, body: str, *, signed: bool = True) -> Element:
        """The body of the answer.

        Raises:
            OnvifRefused: user or password are wrong, or missing.
            OnvifFault: everything else that is no answer.
        """
        header = ""
        if signed and self._user is not None:
            header = username_token(self._user, self._password, datetime.now(UTC) + self.ahead)
        status, content = self._post(url, envelope(body, header), digest=False)
        if status == 401 and signed and self._user is not None:  # some cameras want HTTP digest as well
            status, content = self._post(url, envelope(body, header), digest=True)
        if status in {401, 403}:
            raise OnvifRefused("the camera refuses user or password for ONVIF")
        if status not in {200, 400, 500}:
            raise OnvifFault(f"the camera answers HTTP {status}")
        answer = parse(content).find("s:Body", SPACES)
        if answer is None:
            raise OnvifFault("the answer is not SOAP")
        if (fault := answer.find("s:Fault", SPACES)) is not None:
            said = " ".join("".join(fault.itertext()).split())
            refused = "NotAuthorized" in said or "FailedAuthentication" in said
            raise (OnvifRefused if refused else OnvifFault)(f"the camera says: {redact(said, self._password)[:200]}")
        return answer

    def _post(self, url: str, content: bytes, *, digest: bool) -> tuple[int, bytes]:
        auth = httpx2.DigestAuth(self._user or "", self._password) if digest else None
        headers = {"content-type": "application/soap+xml; charset=utf-8"}
        received = bytearray()
        try:
            with self._client.stream("POST", url, content=content, headers=headers, auth=auth) as response:
                for part in response.iter_bytes():
                    received += part
                    if len(received) > _LARGEST:
                        raise OnvifFault("the answer is larger than any of a camera")
                return response.status_code, bytes(received)
        except httpx2.HTTPError as error:
            raise OnvifFault(f"no ONVIF answer ({type(error).__name__})") from error
