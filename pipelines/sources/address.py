"""Where a camera is: parsed once, allowed by scheme and by network, and never printed with its secrets.

Only `CameraAddress.reveal` gives the password back; ``str`` and ``repr`` do not. Errors of decoders quote the whole
address, so every text that crosses the capture boundary goes through `redact`.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pipelines.errors import AddressFault, BadAddress

IpAddress = IPv4Address | IPv6Address

_MASK = "***"
# Greedy up to the last @ of the word: a password may itself contain an unescaped @ or /.
_USERINFO = re.compile(r"""\b([a-z][a-z0-9+.-]*://)[^\s'"]*@""", re.IGNORECASE)
_SECRET_PART = "pas|pwd|psw|secret|token|key|auth|sign|session|jwt|credential"  # noqa: S105 - names, no secrets
_SECRET_WHOLE = "user(?:name)?|usr|pw|tok|sid|sig"  # noqa: S105
_SECRET_NAME = re.compile(rf"{_SECRET_PART}|^(?:{_SECRET_WHOLE})$", re.IGNORECASE)
# Also in the path, where many cameras want them: /user=admin_password=..._channel=1 or /user=admin&password=...
_SECRET_QUERY = re.compile(
    rf"""([?&;/_](?:[^=&/\s'"]*(?:{_SECRET_PART})[^=&/\s'"]*|{_SECRET_WHOLE})=)[^&\s'"<>]*""",
    re.IGNORECASE,
)
_PATH_PAIR = re.compile(r"[/&;_]([^=&;/_?]+)=([^&;?/]*?)(?=_[^_=&;?/]+=|[&;?/]|$)")
_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")


class Scheme(StrEnum):
    """Everything a camera address may begin with; nothing else is ever handed to a decoder."""

    RTSP = "rtsp"
    RTSPS = "rtsps"
    HTTP = "http"
    HTTPS = "https"
    FILE = "file"  # a recording played at real speed
    FOLDER = "folder"  # pictures of a folder, played at real speed
    SYNTHETIC = "synthetic"  # generated pictures
    USB = "usb"  # index of a local camera


SYNTHETIC: Final = ("walk", "still", "black")
"""The generated cameras there are."""

NETWORK = frozenset({Scheme.RTSP, Scheme.RTSPS, Scheme.HTTP, Scheme.HTTPS})
_PORTS = {Scheme.RTSP: 554, Scheme.RTSPS: 322, Scheme.HTTP: 80, Scheme.HTTPS: 443}


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """One parsed address. ``path`` holds the path with its query; for ``file`` and ``folder`` the local path."""

    scheme: Scheme
    host: str = ""
    port: int | None = None
    path: str = ""
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """The address as people may see it: host kept, secrets masked."""
        return self._compose(f"{_MASK}@" if self.user is not None else "", _mask_query(self.path))

    def __repr__(self) -> str:
        return f"CameraAddress({self})"

    def reveal(self) -> str:
        """The address with its secrets, for the decoder only."""
        if self.user is None:
            return self._compose("", self.path)
        secret = f":{quote(self.password, safe='')}" if self.password is not None else ""
        return self._compose(f"{quote(self.user, safe='')}{secret}@", self.path)

    @property
    def is_network(self) -> bool:
        return self.scheme in NETWORK

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port to connect to; only of network addresses."""
        return self.host, self.port or _PORTS[self.scheme]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not appear anywhere, for `redact`."""
        query = urlsplit(self.path).query if self.is_network else ""
        hidden = [value for name, value in parse_qsl(query) if _SECRET_NAME.search(name)]
        hidden += secrets_of_path(urlsplit(self.path).path) if self.is_network else []
        return tuple(s for s in (self.password, *hidden) if s)

    def _compose(self, userinfo: str, path: str) -> str:
        if not self.is_network:
            return f"{self.scheme}:{path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{userinfo}{host}{f':{self.port}' if self.port else ''}{path}"


def parse_address(
    text: str, place: str, environment: Mapping[str, str] | None = None, *, allowed: Collection[Scheme] = tuple(Scheme)
) -> CameraAddress:
    """Read an address such as ``rtsp://viewer:${env:CAM1}@10.0.0.5/stream2`` or ``file:day.mp4``.

    Args:
        text: the address; ``${env:NAME}`` and ``${file:PATH}`` stand for secrets kept elsewhere.
        place: where it was written, for the error; the error never quotes ``text``.
        environment: where ``${env:NAME}`` looks; the process environment when not given.
        allowed: the schemes that may be used where the address was written.

    Raises:
        BadAddress: a scheme that is not allowed, missing host, bad port, unresolvable secret.
    """
    text = fill_in(text.strip(), place, environment, quoted=True)
    name, colon, rest = text.partition(":")
    scheme = next((one for one in allowed if one == name.lower()), None)
    if scheme is None or not colon:
        names = ", ".join(allowed)
        remedy = f"begin it with one of {names}, then a colon"
        raise BadAddress(place, "the address has no allowed scheme", remedy, AddressFault.SCHEME, names)
    if any(ord(c) < 32 for c in text):
        raise BadAddress(
            place, "the address contains control characters", "write it on one line", AddressFault.CONTROL_CHARACTERS
        )
    if scheme in NETWORK:
        return _parse_network(scheme, text, place)
    rest = rest.removeprefix("//")
    if scheme is Scheme.USB and not rest.isdigit():
        raise BadAddress(place, "a USB camera is named by its index", "write usb:0", AddressFault.USB_INDEX)
    if scheme is Scheme.SYNTHETIC and rest not in {"", *SYNTHETIC}:
        problem, names = "no synthetic camera is called so", ", ".join(SYNTHETIC)
        raise BadAddress(place, problem, f"write synthetic: and one of {names}", AddressFault.SYNTHETIC_NAME, names)
    if scheme in {Scheme.FILE, Scheme.FOLDER} and not rest:
        raise BadAddress(place, "the path is missing", f"write {scheme}:PATH", AddressFault.PATH_MISSING)
    return CameraAddress(scheme, path=rest)


def _parse_network(scheme: Scheme, text: str, place: str) -> CameraAddress:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        remedy = "percent-encode special characters of the password, such as %40 for @ and %2F for /"
        raise BadAddress(place, "host or port cannot be read", remedy, AddressFault.HOST_UNREADABLE) from None
    if not parts.hostname:
        raise BadAddress(place, "the host is missing", f"write {scheme}://HOST/PATH", AddressFault.HOST_MISSING)
    if "@" in text.partition(parts.netloc)[2]:
        # A / ? or # in a password ends the host too early: what is left of the password would be called a path, and shown.
        problem = "an @ stands behind a / ? or #"
        remedy = "in a password write %2F for /, %3F for ? and %23 for #; in a path write %40 for @"
        raise BadAddress(place, problem, remedy, AddressFault.AT_SIGN)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password) if parts.password is not None else None
    return CameraAddress(scheme, parts.hostname, port, path, user, password)


def fill_in(text: str, place: str, environment: Mapping[str, str] | None = None, *, quoted: bool = False) -> str:
    """Put secrets in for ``${env:NAME}`` and ``${file:PATH}``; ``quoted`` as parts of an address.

    Raises:
        BadAddress: the variable is not set or the file cannot be read.
    """
    known = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "env":
            if name not in known:
                problem = f"the environment variable {name} is not set"
                raise BadAddress(place, problem, "set it for this process", AddressFault.VARIABLE_UNSET, name)
            found = known[name]
        else:
            try:
                found = Path(name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                # Where a service is started is not where its site file lies: the whole path says where was looked.
                problem, remedy = f"the secret file {Path(name).absolute()} cannot be read", "check its path and permissions"
                raise BadAddress(place, problem, remedy, AddressFault.FILE_UNREADABLE, Path(name).name) from error
        return quote(found, safe="") if quoted else found

    return _REFERENCE.sub(value, text)


# --- where we may connect to ----------------------------------------------------------------------

Resolver = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host name, by the system's resolver."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def destination(address: CameraAddress, place: str, *, loopback: bool = False, resolver: Resolver = resolve) -> CameraAddress:
    """The address to connect to: its name looked up once and pinned, so that it cannot change in between.

    Private networks are where cameras live and are allowed; this machine, link-local, multicast and unspecified
    addresses are not, or a camera setting could be used to reach services that trust this machine.
    ``https`` and ``rtsps`` keep their name, because the certificate is checked against it.

    Raises:
        BadAddress: a forbidden address, or a name that no resolver can be asked for.
        OSError: the name cannot be resolved (which may pass).
    """
    if not address.is_network:
        return address
    try:
        found = resolver(*address.endpoint)
    except UnicodeError:
        problem, remedy = "the address cannot be resolved", "check the name of the host"
        raise BadAddress(place, problem, remedy, AddressFault.HOST_UNRESOLVABLE) from None
    for text in found:
        _check_allowed(ip_address(text.partition("%")[0]), place, loopback=loopback)
    if address.scheme in {Scheme.HTTPS, Scheme.RTSPS} or not found:
        return address
    return replace(address, host=found[0])


def _check_allowed(ip: IpAddress, place: str, *, loopback: bool) -> None:
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback and not loopback:
        remedy = "name the camera, or set VIGIL_ALLOW_LOOPBACK_CAMERAS=true"
        raise BadAddress(place, "the address is this machine itself", remedy, AddressFault.THIS_MACHINE)
    # 0.0.0.0/8 reaches this machine on Linux.
    zero = isinstance(ip, IPv4Address) and ip.packed[0] == 0
    if zero or ip.is_unspecified or ip.is_multicast or ip.is_link_local or ip == IPv4Address("255.255.255.255"):
        problem = "the address is not one of a camera (link-local, multicast or unspecified)"
        raise BadAddress(place, problem, "name the camera", AddressFault.NOT_A_CAMERA)


def secrets_of_path(path: str) -> list[str]:
    """Secrets that stand in a path itself, as many cameras want them."""
    return [value for name, value in _PATH_PAIR.findall(path) if value and is_secret_name(name)]


def is_secret_name(name: str) -> bool:
    """Whether the value of a query parameter of this name must not be seen; who a user is may be."""
    return _SECRET_NAME.search(name) is not None and not name.lower().startswith(("user", "usr"))


# --- redaction ------------------------------------------------------------------------------------


def redact(text: str, *secrets: str) -> str:
    """The text without user information of any address in it, without secret query values and without ``secrets``."""
    for secret in sorted({form for s in secrets if s for form in (s, quote(s, safe=""))}, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    text = _USERINFO.sub(rf"\1{_MASK}@", text)
    return _SECRET_QUERY.sub(rf"\1{_MASK}", text)


def _mask_query(path: str) -> str:
    return _SECRET_QUERY.sub(rf"\1{_MASK}", path)
