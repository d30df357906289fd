"""One camera by ONVIF: its clock, its profiles and their streams."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit
from xml.sax.saxutils import escape

from pipelines.onvif.soap import SPACES, OnvifFault, SoapClient

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_PROFILES: Final = 16
_HALF_A_SECOND: Final = timedelta(seconds=0.5)
_CODECS: Final = {"H264": "h264", "H265": "hevc", "JPEG": "mjpeg", "MPEG4": "mpeg4"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream that the camera offers, as it declares it. ``url`` has no user and no password."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    rate: float | None
    bit_rate: float | None  # bit/s
    url: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What a camera says about itself. ``clock_offset``: by how much its clock is ahead of ours, give or take ``clock_error``.

    ``text`` says why there is nothing (more).
    """

    clock_offset: timedelta | None = None
    clock_error: timedelta = timedelta(0)
    profiles: tuple[Profile, ...] = ()
    text: str = ""


def ask_camera(device: str, user: str | None, password: str | None) -> Declared:
    """Everything `Declared` holds; what cannot be asked is left out, with the reason.

    Args:
        device: address of the device service, already checked, such as ``http://10.0.0.5/onvif/device_service``.
        user: of the camera.
        password: likewise.
    """
    with closing(SoapClient(user, password)) as client:
        said = Declared()
        try:
            said = _clock(client, device)
            client.ahead = said.clock_offset or timedelta(0)
            return replace(said, profiles=_profiles(client, _media(client, device)))
        except OnvifFault as fault:
            return replace(said, text=str(fault))


def _clock(client: SoapClient, device: str) -> Declared:
    """Asked without a password: it must be known to make a token that is not out of date."""
    began = time.monotonic()
    answer = client.ask(device, "<tds:GetSystemDateAndTime/>", signed=False)
    half = timedelta(seconds=(time.monotonic() - began) / 2)
    middle = datetime.now(UTC) - half
    found = answer.find(".//tt:UTCDateTime", SPACES)
    if found is None:
        raise OnvifFault("the camera does not tell the time in UTC")
    try:
        year, month, day = (int(_text(found, f"tt:Date/tt:{part}")) for part in ("Year", "Month", "Day"))
        hour, minute, second = (int(_text(found, f"tt:Time/tt:{part}")) for part in ("Hour", "Minute", "Second"))
        told = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError as error:
        raise OnvifFault("the camera tells a time that is none") from error
    # It cuts off what exceeds a whole second: half of one is what it means on average.
    return Declared(told + _HALF_A_SECOND - middle, _HALF_A_SECOND + half)


def _media(client: SoapClient, device: str) -> str:
    answer = client.ask(device, "<tds:GetCapabilities><tds:Category>Media</tds:Category></tds:GetCapabilities>")
    address = answer.findtext(".//tt:Media/tt:XAddr", "", SPACES).strip()
    if not address:
        raise OnvifFault("the camera names no media service")
    return _at_home(address, device)


def _profiles(client: SoapClient, media: str) -> tuple[Profile, ...]:
    answer = client.ask(media, "<trt:GetProfiles/>")
    return tuple(_profile(client, media, found) for found in answer.findall(".//trt:Profiles", SPACES)[:_MOST_PROFILES])


def _profile(client: SoapClient, media: str, found: Element) -> Profile:
    token = found.get("token", "")
    setup = (
        "<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream>"
        "<tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>"
    )
    asked = f"<trt:GetStreamUri>{setup}<trt:ProfileToken>{escape(token)}</trt:ProfileToken></trt:GetStreamUri>"
    url = client.ask(media, asked).findtext(".//tt:Uri", "", SPACES).strip()
    encoder = found.find("tt:VideoEncoderConfiguration", SPACES)
    return Profile(
        token=token,
        name=found.findtext("tt:Name", "", SPACES).strip(),
        codec=_codec(encoder),
        width=int(_number(encoder, "tt:Resolution/tt:Width") or 0),
        height=int(_number(encoder, "tt:Resolution/tt:Height") or 0),
        rate=_number(encoder, "tt:RateControl/tt:FrameRateLimit"),
        bit_rate=None if (limit := _number(encoder, "tt:RateControl/tt:BitrateLimit")) is None else limit * 1000,
        url=_at_home(url, media),
    )


def _at_home(address: str, asked: str) -> str:
    """The address on the host that was asked: cameras behind a gateway name the host as they see it, others may mean harm."""
    try:
        parts, host = urlsplit(address), urlsplit(asked).hostname or ""
        port = parts.port
    except ValueError as error:
        raise OnvifFault("the camera names an address that is none") from error
    if parts.scheme not in {"http", "https", "rtsp", "rtsps"}:
        raise OnvifFault(f"the camera names an address of the kind {parts.scheme or 'without a scheme'!r}"[:100])
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{shown}:{port}" if port else shown, parts.path, parts.query, ""))


def _codec(encoder: Element | None) -> str:
    said = "" if encoder is None else encoder.findtext("tt:Encoding", "", SPACES).strip()
    return _CODECS.get(said.upper(), said.lower())


def _number(at: Element | None, path: str) -> float | None:
    try:
        return None if at is None else float(at.findtext(path, "", SPACES))
    except ValueError:
        return None


def _text(at: Element, path: str) -> str:
    return at.findtext(path, "", SPACES).strip()
