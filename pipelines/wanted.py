"""The cameras that are wanted: those of the site file and, over them, what people asked for through the service.

The service and the watching process share the database and nothing else: a wish is written there, the watching process
finds it within seconds, makes what runs into what is wanted, and reports back how each camera is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from analyzer.site import Camera, Site
from analyzer.types import CameraId, FacilityId
from pipelines.errors import AddressFault, BadAddress
from pipelines.records import GapReason
from pipelines.sources.address import CameraAddress, Scheme, is_secret_name, parse_address, secrets_of_path
from pipelines.sources.lifecycle import State

ENVIRONMENT_PREFIX: Final = "VIGIL_CAMERA_"
ALLOWED: Final = (Scheme.RTSP, Scheme.RTSPS, Scheme.HTTP, Scheme.HTTPS, Scheme.USB, Scheme.SYNTHETIC)
"""What may be asked for through the service; files of this machine are named by the site file alone."""

_REFERENCE: Final = re.compile(r"\$\{(env|file):([^}]*)\}")
_USERINFO: Final = re.compile(r"(?P<scheme>[a-z]+://)(?P<user>[^/?#@:]*)(?::(?P<password>\$\{[^}]*\}|[^/?#]*))?@", re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")


@dataclass(frozen=True, slots=True)
class CameraWish:
    """What is wanted of one camera.

    Args:
        camera: its id; the site file may know the same id, and draws zones for it.
        facility: whose camera it is.
        name: empty: as the site file says.
        source: address with references to secrets, never with a secret; empty: as the site file says.
        evidence: address of the stream that evidence is cut from; empty: the same stream.
        rate: analysed instants a second; ``None``: as the watching process was started.
        running: whether it is to be watched at all.
        own: asked for by people; the site file need not know it.
        version: grows with every change; 0 stands for "nobody has asked for anything".
        changed_at: when it was changed last.
        changed_by: by whom.
    """

    camera: CameraId
    facility: FacilityId
    name: str
    source: str
    evidence: str
    rate: float | None
    running: bool
    own: bool
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class CameraReport:
    """How a camera is, as the watching process says every few seconds; an old report says nothing about now.

    ``reason``: why it is not live, or what keeps a live one from being watched as asked (its picture, the line, the machine).
    ``recording`` is the state of the evidence stream where that is another one. ``text`` says by a code of
    `Trouble` or `AddressFault` what went wrong, with a technical detail that is redacted (`pipelines.coded`).
    """

    camera: CameraId
    at: datetime
    state: State
    reason: GapReason | None = None
    recording: State | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    text: str = ""


def overlaid(site: Site, wishes: Iterable[CameraWish]) -> Site:
    """The site with what people asked for put over it; wishes for other facilities are none of its business."""
    ours = {wish.camera: wish for wish in wishes if wish.facility == site.facility.id}
    known = tuple(_over(camera, ours.pop(camera.id)) if camera.id in ours else camera for camera in site.cameras)
    added = tuple(
        Camera(wish.camera, wish.name or wish.camera, wish.source, evidence=wish.evidence) for wish in ours.values() if wish.own
    )
    return replace(site, cameras=(*known, *added))


def _over(camera: Camera, wish: CameraWish) -> Camera:
    # Another picture stream with the old one's evidence would show the wrong place.
    evidence = wish.evidence if wish.source else wish.evidence or camera.evidence
    return replace(camera, name=wish.name or camera.name, source=wish.source or camera.source, evidence=evidence)


def stopped(site: Site, wishes: Sequence[CameraWish]) -> frozenset[CameraId]:
    """The cameras that are not to be watched for now."""
    return frozenset(wish.camera for wish in wishes if not wish.running and wish.facility == site.facility.id)


def written_address(text: str, place: str, folder: Path) -> CameraAddress:
    """An address of a site file. Relative paths are seen from its ``folder``.

    Raises:
        BadAddress: it cannot be used, or a secret that it names is not to be had.
    """
    # A bare file name is what `vigil analyze` knows the camera's recordings by: played as a camera here.
    address = parse_address(text if ":" in text else f"file:{text}", place)
    if address.scheme in {Scheme.FILE, Scheme.FOLDER}:
        return replace(address, path=str((folder / address.path).resolve()))
    return address


def wished_address(text: str, place: str, secrets: Path) -> CameraAddress:
    """Read an address that came through the service.

    Whoever may write one is trusted less than who may write the site file: a reference to any file or variable would
    send its content to a host of the writer's choice.

    Args:
        text: the address.
        place: for the error, which never quotes ``text``.
        secrets: folder that ``${file:NAME}`` means.

    Raises:
        BadAddress: as `parse_address`; a scheme or reference that is left to the site file.
    """
    check_wished(text, place)
    return parse_address(_REFERENCE.sub(lambda found: _inside(found, secrets), text), place)


def check_wished(text: str, place: str) -> None:
    """Refuse what may not stand in an address that comes through the service, without looking at any secret.

    Raises:
        BadAddress: as `wished_address`, but for secrets that cannot be found.
    """
    for kind, name in _REFERENCE.findall(text):
        if kind == "env" and not name.startswith(ENVIRONMENT_PREFIX):
            problem, remedy = f"the variable {name} may not be named here", f"use one that begins with {ENVIRONMENT_PREFIX}"
            raise BadAddress(place, problem, remedy, AddressFault.VARIABLE_FOREIGN, ENVIRONMENT_PREFIX)
        if kind == "file" and not _PLAIN_NAME.fullmatch(name):
            problem, remedy = "a secret is named by its file name alone", "put the file into the folder of secrets"
            raise BadAddress(place, problem, remedy, AddressFault.FILE_FOREIGN)
    parse_address(_REFERENCE.sub("x", text), place, allowed=ALLOWED)


def part_password(text: str, place: str) -> tuple[str, str | None]:
    """An address without the password that was written in it, and the password; a reference to one stays where it is.

    Raises:
        BadAddress: a secret stands in the path or the query, where it cannot be told from the rest.
    """
    bare = _REFERENCE.sub("", text)
    parts = urlsplit(bare if "://" in bare else "")
    if secrets_of_path(parts.path) or any(value and is_secret_name(name) for name, value in parse_qsl(parts.query)):
        remedy = f"write ${{env:{ENVIRONMENT_PREFIX}...}} or ${{file:NAME}} in its place"
        raise BadAddress(place, "a secret stands in the path or the query of the address", remedy, AddressFault.QUERY)
    found = _USERINFO.match(text)
    if found is None or found["password"] is None or _REFERENCE.fullmatch(found["password"]):
        return text, None
    return f"{found['scheme']}{found['user']}@{text[found.end() :]}", unquote(found["password"])


def with_password(text: str, place: str, name: str) -> str:
    """The address with a reference to the secret ``name`` in place of a password.

    Raises:
        BadAddress: nobody is named whose password it could be.
    """
    found = _USERINFO.match(text)
    if found is None or not found["user"]:
        raise BadAddress(place, "the address names no user", "write USER@ before the host", AddressFault.USER_MISSING)
    return f"{found['scheme']}{found['user']}:${{file:{name}}}@{text[found.end() :]}"


def _inside(found: re.Match[str], secrets: Path) -> str:
    kind, name = found.groups()
    return f"${{file:{secrets / name}}}" if kind == "file" else found.group()
