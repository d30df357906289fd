"""WS-Discovery: asks a network which cameras are there."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from pipelines.onvif.soap import SPACES, OnvifFault, envelope, parse

MULTICAST: Final = ("239.255.255.250", 3702)
_MOST: Final = 1000
_SCOPE: Final = "onvif://www.onvif.org/"
_PROBE: Final = (
    '<d:Probe><d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types></d:Probe>'
)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera that answered. ``service`` is where it is asked further; it lies on ``host``, which really sent the answer."""

    host: str
    service: str
    name: str
    hardware: str
    location: str


def discover(seconds: float = 3.0, to: tuple[str, int] = MULTICAST, source: str = "") -> tuple[Device, ...]:
    """Ask once and listen for ``seconds``. Nonsense that comes back is passed over.

    Args:
        seconds: how long to listen.
        to: whom to ask; everybody on the network unless told otherwise.
        source: address of our own on the network that is meant, where there are several.

    Raises:
        OSError: there is no such network.
    """
    found: dict[str, Device] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if source:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
        line.bind((source, 0))
        line.sendto(probe(f"urn:uuid:{uuid4()}"), to)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and len(found) < _MOST:
            line.settimeout(left)
            try:
                content, (host, _) = line.recvfrom(65535)
            except TimeoutError:
                break
            with contextlib.suppress(OnvifFault):
                found |= {device.service: device for device in matches(content, host)}
    return tuple(found[service] for service in sorted(found))


def probe(message: str) -> bytes:
    """The question; ``message`` is its id."""
    header = (
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f"<a:MessageID>{message}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    )
    return envelope(_PROBE, header)


def matches(content: bytes, host: str) -> list[Device]:
    """The cameras that one datagram names.

    Raises:
        OnvifFault: it is no acceptable XML.
    """
    devices = []
    for match in parse(content).findall(".//d:ProbeMatch", SPACES):
        addresses = match.findtext("d:XAddrs", "", SPACES).split()
        service = next((one for one in addresses if _lies_on(one, host)), None)
        if service is None:
            continue
        said = [scope.removeprefix(_SCOPE).partition("/") for scope in match.findtext("d:Scopes", "", SPACES).split()]
        scopes = {kind: value for kind, _, value in said}
        name, hardware, location = (unquote(scopes.get(kind, "")) for kind in ("name", "hardware", "location"))
        devices.append(Device(host, service, name, hardware, location))
    return devices


def _lies_on(address: str, host: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.hostname == host
