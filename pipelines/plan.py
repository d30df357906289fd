"""Which recordings are to be analysed, and which camera of the site each one shows."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.types import CameraId
from models.pictures import UNREAD_ENDINGS as UNREAD_PICTURES
from pipelines.errors import BadInput, BadRecording
from pipelines.records import CameraRecord
from pipelines.sources.checks import ENDINGS as RECORDING_SUFFIXES
from pipelines.sources.checks import UNREAD_ENDINGS as UNREAD_RECORDINGS
from pipelines.sources.checks import shown

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})

_HASH_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One recording (a file, or a folder of pictures) and the camera that made it."""

    path: Path
    camera: CameraId


@dataclass(frozen=True, slots=True)
class Plan:
    """The work, and what cannot be worked on with the reason; one bad input never stops the others."""

    jobs: tuple[Job, ...]
    refused: tuple[BadInput, ...]


def make_plan(inputs: Sequence[str], cameras: Sequence[CameraRecord] | None) -> Plan:
    """Expand the inputs and assign cameras.

    Args:
        inputs: paths of recordings or folders, each optionally written ``CAMERA=PATH``.
        cameras: those of the site file; ``None`` when there is none: then every recording is a camera of its own.
    """
    jobs: list[Job] = []
    refused: list[BadInput] = []
    for text in inputs:
        for step in _resolve(text, cameras):
            if isinstance(step, Job):
                jobs.append(step)
            else:
                refused.append(step)
    return Plan(tuple(dict.fromkeys(jobs)), tuple(refused))


def _resolve(text: str, cameras: Sequence[CameraRecord] | None) -> Iterator[Job | BadInput]:
    try:
        named, path = _split(text, cameras)
        recordings = _expand(path)
    except BadInput as problem:
        yield problem
        return
    except OSError as error:
        yield BadRecording(text, error.strerror or str(error), "check the path and its permissions")
        return
    for recording in recordings:
        if isinstance(recording, BadInput):
            yield recording
            continue
        try:
            yield Job(recording, named or _camera_of(recording, cameras))
        except BadInput as problem:
            yield problem


def _split(text: str, cameras: Sequence[CameraRecord] | None) -> tuple[CameraId | None, Path]:
    head, equals, tail = text.partition("=")
    if equals and not Path(text).exists() and cameras is not None:
        if head in {camera.id for camera in cameras}:
            return CameraId(head), Path(tail)
        raise BadInput(text, f"the site has no camera {head!r}", _choices(head, cameras))
    return None, Path(text)


def _expand(path: Path) -> Iterable[Path | BadInput]:
    """What is in a folder; of what cannot be read, that it is there: a recording passed over looks like a quiet one."""
    if not path.is_dir():
        return (path,)
    files = sorted((p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")), key=lambda p: p.name)
    recordings = [p for p in files if p.suffix.lower() in RECORDING_SUFFIXES]
    unread = [
        BadRecording(shown(p), f"{p.suffix} files are not read", "convert it to MP4 with H.264, for example with ffmpeg")
        for p in files
        if p.suffix.lower() in UNREAD_RECORDINGS
    ]
    if recordings or unread:
        return (*recordings, *unread)
    odd = sorted({p.suffix for p in files if p.suffix.lower() in UNREAD_PICTURES})
    missed = [BadRecording(shown(path), f"{', '.join(odd)} files are not read", "save them as JPEG or PNG")] if odd else []
    pictures = [path] if any(p.suffix.lower() in PICTURE_SUFFIXES for p in files) else []
    if pictures or missed:
        return (*pictures, *missed)
    raise BadRecording(
        str(path), "the folder holds neither recordings nor pictures", "name a folder with .mp4, .mkv, .avi, .mov or .ts files"
    )


def _camera_of(path: Path, cameras: Sequence[CameraRecord] | None) -> CameraId:
    if cameras is None:
        return CameraId(slug(path.stem))
    name = unicodedata.normalize("NFC", path.name)
    by_source = [camera.id for camera in cameras if Path(camera.source).name == name]
    if len(by_source) == 1:
        return by_source[0]
    by_name = [camera.id for camera in cameras if name == camera.id or re.match(rf"{re.escape(camera.id)}(?![0-9A-Za-z])", name)]
    if by_name:
        return max(by_name, key=len)
    if len(cameras) == 1:
        return cameras[0].id
    raise BadInput(
        str(path),
        "no camera of the site belongs to this recording",
        f"write CAMERA={path}, where CAMERA is one of: {', '.join(camera.id for camera in cameras)}",
    )


def _choices(name: str, cameras: Sequence[CameraRecord]) -> str:
    ids = [camera.id for camera in cameras]
    near = difflib.get_close_matches(name, ids, 1)
    return f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(ids)}"


def slug(text: str) -> str:
    """A camera id from a file name: Vietnamese letters folded to ASCII, everything else to hyphens."""
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in folded if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "camera"


def fingerprint(path: Path) -> str:
    """SHA-256 of a recording's bytes; of a folder, of the names and bytes of its pictures in order."""
    total = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
    for file in files:
        if path.is_dir():
            total.update(unicodedata.normalize("NFC", file.name).encode() + b"\0")
        try:
            with file.open("rb") as stream:
                while block := stream.read(_HASH_BLOCK):
                    total.update(block)
        except OSError as error:
            raise BadRecording(str(file), f"cannot be read ({error.strerror})", "check that it exists and may be read") from error
    return total.hexdigest()
