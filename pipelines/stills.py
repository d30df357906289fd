"""Looking at pictures one by one: which ones there are, what is in them, and how that is written down.

One JSON object a picture; its schema is `models/perceive.schema.json`. Boxes are in pixels of the upright original.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from analyzer.types import AttireReading, Box, CameraId, FrameRef, MaskState, Presence, Reason
from models.attributes.evidence import ATTIRES, ITEMS, MASK_STATES
from models.attributes.gates import Grade, grade_of
from models.errors import BadPicture
from models.frame import Frame
from models.pictures import ENDINGS, UNREAD_ENDINGS, read_picture
from models.still import Look, Sighting, StillPerception
from pipelines.errors import BadInput
from pipelines.sources.checks import ENDINGS as RECORDING_ENDINGS
from pipelines.sources.checks import UNREAD_ENDINGS as UNREAD_RECORDINGS
from pipelines.sources.checks import shown
from pipelines.sources.items import Captured
from pipelines.sources.recording import Recording

_CAMERA: Final = CameraId("still")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One picture to look at; ``time`` is that of a recording's instant, counted from its start."""

    file: str
    time: timedelta | None
    frame: Frame


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be looked at, and why."""

    file: str
    problem: str


def stills(paths: Sequence[Path], every: timedelta) -> Iterator[Still | Unread]:
    """Yield every picture of files, folders (searched downwards, in order of names) and recordings.

    Args:
        paths: as the user gave them.
        every: distance of the instants taken from a recording.
    """
    for path in paths:
        files = _inside(path) if path.is_dir() else [path]
        if not files:
            yield Unread(shown(path), "no pictures and no recordings in this folder")
        for file in files:
            if path.is_dir() and file.suffix.lower() in UNREAD_ENDINGS | UNREAD_RECORDINGS:
                yield Unread(shown(file), f"{file.suffix} files are not read; convert it to JPEG, or a recording to MP4")
                continue
            yield from _recorded(file, every) if file.suffix.lower() in RECORDING_ENDINGS else _pictured(file)


def _inside(folder: Path) -> list[Path]:
    wanted = ENDINGS | RECORDING_ENDINGS | UNREAD_ENDINGS | UNREAD_RECORDINGS
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in wanted and file.is_file())


def _pictured(file: Path) -> Iterator[Still | Unread]:
    if not file.is_file():
        yield Unread(shown(file), "there is no such file" if not file.exists() else "this is not a regular file")
        return
    try:
        image = read_picture(file)
    except BadPicture as bad:
        yield Unread(shown(file), str(bad))
        return
    height, width = image.shape[:2]
    yield Still(shown(file), None, Frame(FrameRef(_CAMERA, 0, timedelta(0), _EPOCH, width, height), image))


def _recorded(file: Path, every: timedelta) -> Iterator[Still | Unread]:
    try:
        for item in Recording(file, _CAMERA).frames(rate=1 / every.total_seconds()):
            if isinstance(item, Captured):
                yield Still(shown(file), item.frame.ref.pts, item.frame)
    except BadInput as bad:
        yield Unread(bad.place, f"{bad.problem}; {bad.remedy}")


def look_line(still: Still, perception: StillPerception) -> dict[str, Any]:
    """Return the JSON object of one picture."""
    look = perception.look(still.frame)
    return {
        "file": still.file,
        "time": None if still.time is None else still.time.total_seconds(),
        "width": still.frame.ref.width,
        "height": still.frame.ref.height,
        "persons": [_person(one, look) for one in look.sightings],
        "timing_ms": {name: round(value, 2) for name, value in look.timing_ms},
    }


def unread_line(unread: Unread) -> dict[str, Any]:
    """Return the JSON object of a picture that could not be looked at: it has an ``error`` and nobody in it."""
    return {
        "file": unread.file,
        "time": None,
        "width": None,
        "height": None,
        "persons": [],
        "timing_ms": {},
        "error": unread.problem,
    }


def _person(sighting: Sighting, look: Look) -> dict[str, Any]:
    body, head = sighting.body, sighting.head
    score = body.score if body is not None else head.score if head is not None else 0.0
    return {
        "box": None if body is None else _corners(body.box),
        "score": round(score, 4),
        "head": None
        if head is None
        else {"box": _corners(head.box), "score": round(head.score, 4), "height_px": round(head.box.height, 2)},
        "mask": _mask(sighting) if "mask" in look.reads else None,
        "ppe": _ppe(sighting) if "ppe" in look.reads else {},
        "attire": _attire(sighting) if "attire" in look.reads else None,
    }


def _corners(box: Box) -> list[float]:
    return [round(edge, 2) for edge in (box.x1, box.y1, box.x2, box.y2)]


def _mask(sighting: Sighting) -> dict[str, Any]:
    """Return the mask state; ``assessable`` says that a state is claimed, ``grade`` whether rules may rely on it alone."""
    if sighting.mask is None or sighting.mask_claim is None or sighting.head is None:
        nothing = {str(state): float(state is MaskState.NOT_VISIBLE) for state in MASK_STATES}
        return _mask_fields(MaskState.NOT_VISIBLE, nothing, Grade.NONE, Reason.OCCLUDED)
    claim = sighting.mask_claim
    probabilities = {str(state): round(value, 4) for state, value in zip(MASK_STATES, sighting.mask.probabilities, strict=True)}
    return _mask_fields(claim.state, probabilities, grade_of(sighting.head.box.height), claim.reason)


def _mask_fields(state: MaskState, probabilities: Mapping[str, float], grade: Grade, reason: Reason | None) -> dict[str, Any]:
    return {
        "state": str(state),
        "probabilities": dict(probabilities),
        "assessable": reason is None,
        "grade": str(grade),
        "reason": None if reason is None else str(reason),
        "kind": None,  # no network tells it: docs/mask-kind.md
    }


def _ppe(sighting: Sighting) -> dict[str, Any]:
    read = {reading.item: reading for reading in sighting.items}
    found: dict[str, Any] = {}
    for item in ITEMS:
        reading = read.get(item)
        if reading is None:
            found[str(item)] = {"state": str(Presence.NOT_VISIBLE), "probability": 1.0, "reason": str(Reason.ITEM_NOT_VISIBLE)}
        else:
            reason = None if reading.reason is None else str(reading.reason)
            found[str(item)] = {"state": str(reading.state), "probability": round(reading.probability, 4), "reason": reason}
    return found


def _attire(sighting: Sighting) -> dict[str, Any]:
    reading: AttireReading | None = sighting.attire
    if reading is None or sighting.person is None:
        return {"state": "not_visible", "probability": 1.0, "probabilities": {}}
    values = zip(ATTIRES, sighting.person.attire, strict=True)
    return {
        "state": str(reading.attire),
        "probability": round(reading.probability, 4),
        "probabilities": {str(attire): round(value, 4) for attire, value in values},
    }
