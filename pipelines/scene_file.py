"""Scenes and events as lines of JSON: the exchange between perception and judgement, and the form of bug reports.

Canonical: keys in a fixed order, no spaces, numbers in the shortest form that reads back to the same value, absent
optional values left out. The same records give the same bytes on every machine, and reading gives the same records.
Times are ISO 8601 in UTC; ``pts`` and durations are seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from analyzer.types import (
    Attire,
    AttireReading,
    Box,
    CameraId,
    Carried,
    DoorReading,
    Event,
    FrameRef,
    Head,
    Item,
    ItemReading,
    Label,
    Link,
    MaskKind,
    MaskKindReading,
    MaskReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    Role,
    Scene,
    Track,
    TrackId,
)
from pipelines.errors import BadInput

T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)
_LONGEST_LINE = 16 * 1024 * 1024

# JSON objects are dictionaries of anything by nature; they do not leave this module.
Json = dict[str, Any]


def encode_scene(scene: Scene) -> str:
    """One line without its end."""
    frame = scene.frame
    line: Json = {
        "camera": frame.camera,
        "index": frame.index,
        "pts": _seconds(frame.pts),
        "at": _iso(frame.at),
        "size": [frame.width, frame.height],
        "people": [_observation(observation) for observation in scene.observations],
    }
    if scene.impairments:
        line["impairments"] = [reason.value for reason in scene.impairments]
    if scene.doors:
        line["doors"] = [{"door": door.door, "open": door.open.value, "p": door.probability} for door in scene.doors]
    return _dump(line)


def decode_scene(line: str | bytes) -> Scene:
    """The scene of a line.

    Raises:
        BadInput: the line is not a scene; the place is left to the caller.
    """
    if len(line) > _LONGEST_LINE:
        raise BadInput("scene", "the line is longer than any scene", "check that this is a file of scenes")
    try:
        return _read_scene(json.loads(line))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as problem:
        what = f"missing {problem}" if isinstance(problem, KeyError) else str(problem)
        raise BadInput("scene", f"not a scene: {what}", "write scenes with `vigil analyze --record-scenes`") from problem


def read_scenes(path: Path) -> Iterator[Scene]:
    """The scenes of a file, one at a time.

    Raises:
        BadInput: the file cannot be read, or a line of it is not a scene; names the line.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield decode_scene(line)
                except BadInput as problem:
                    raise BadInput(f"{path}:{number}", problem.problem, problem.remedy) from problem
    except OSError as problem:
        raise BadInput(str(path), f"cannot be read ({problem.strerror})", "name a readable file of scenes") from problem


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines with Unix ends; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count


def encode_event(event: Event) -> str:
    """One line without its end. What the provenance says of the machine's models stays with the run, not here."""
    line: Json = {
        "id": event.id,
        "rule": event.rule,
        "version": event.rule_version,
        "change": event.change.value,
        "severity": event.severity.value,
        "camera": event.camera,
        "subject": event.subject.key,
        "at": _iso(event.at),
        "pts": _seconds(event.pts),
        "since": _iso(event.since),
        "since_pts": _seconds(event.since_pts),
        "votes": {
            "violating": event.votes.violating,
            "compliant": event.votes.compliant,
            "unknown": {reason.value: count for reason, count in event.votes.unknown},
        },
    }
    if event.zone is not None:
        line["zone"] = {"id": event.zone, "version": event.zone_version}
    if event.role is not None:
        line["role"] = {
            "role": event.role.role.value,
            "p": round(event.role.probability, 6),
            "sources": list(event.role.sources),
        }
    line["measures"] = [
        {"name": m.name, "value": round(m.value, 6), "unit": m.unit}
        | ({} if m.threshold is None else {"threshold": round(m.threshold, 6)})
        for m in event.measures
    ]
    line["tracks"] = list(event.tracks)
    return _dump(line)


def _observation(observation: Observation) -> Json:
    track = observation.track
    line: Json = {"track": track.id, "label": track.label.value, "box": _box(track.box), "score": track.score}
    if observation.head is not None:
        line["head"] = {"box": _box(observation.head.box), "score": observation.head.score}
    if (mask := observation.mask) is not None:
        line["mask"] = {"state": mask.state.value, "p": mask.probability, "head_px": mask.head_px, "crops": mask.crops} | _state(
            fresh=mask.fresh, reason=mask.reason
        )
    if observation.items:
        line["items"] = [
            {"item": item.item.value, "state": item.state.value, "p": item.probability, "crops": item.crops}
            | _state(fresh=item.fresh, reason=item.reason)
            for item in observation.items
        ]
    if (attire := observation.attire) is not None:
        line["attire"] = {"attire": attire.attire.value, "p": attire.probability} | _state(fresh=attire.fresh, reason=None)
    if (kind := observation.mask_kind) is not None:
        line["mask_kind"] = {"kind": kind.kind.value, "p": kind.probability}
    if observation.markers:
        line["markers"] = list(observation.markers)
    return line | _told_seldom(observation)


def _told_seldom(observation: Observation) -> Json:
    line: Json = {}
    if not observation.foot_visible:
        line["foot_visible"] = False
    if observation.child:
        line["child"] = True
    if observation.carried:
        line["carried"] = [carried.value for carried in observation.carried]
    if observation.links:
        line["links"] = [_link(link) for link in observation.links]
    return line


def _link(link: Link) -> Json:
    line: Json = {"track": link.track, "seen": _iso(link.seen), "log_odds": link.log_odds}
    return line if link.role is None else line | {"role": link.role.value, "p": link.probability}


def _state(*, fresh: bool, reason: Reason | None) -> Json:
    return ({} if fresh else {"fresh": False}) | ({} if reason is None else {"reason": reason.value})


def _read_scene(line: Json) -> Scene:
    _only(line, "camera", "index", "pts", "at", "size", "people", "impairments", "doors")
    width, height = line["size"]
    at = datetime.fromisoformat(line["at"])
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    frame = FrameRef(
        CameraId(_text(line["camera"])),
        _whole(line["index"]),
        _duration(line["pts"]),
        at.astimezone(UTC),
        _positive(width),
        _positive(height),
    )
    people = tuple(_read_observation(each) for each in line["people"])
    if len({observation.track.id for observation in people}) != len(people):
        raise ValueError("a track is there twice")
    return Scene(
        frame,
        people,
        tuple(Reason(reason) for reason in line.get("impairments", ())),
        tuple(DoorReading(_text(door["door"]), Presence(door["open"]), _number(door["p"])) for door in line.get("doors", ())),
    )


def _read_observation(line: Json) -> Observation:
    _only(
        line,
        "track",
        "label",
        "box",
        "score",
        "head",
        "mask",
        "items",
        "attire",
        "mask_kind",
        "markers",
        "foot_visible",
        "child",
        "carried",
        "links",
    )
    return Observation(
        track=Track(TrackId(_whole(line["track"])), _read_box(line["box"]), Label(line["label"]), _number(line["score"])),
        head=_optional(line, "head", lambda head: Head(_read_box(head["box"]), _number(head["score"]))),
        mask=_optional(
            line,
            "mask",
            lambda mask: MaskReading(
                MaskState(mask["state"]), _number(mask["p"]), _number(mask["head_px"]), _whole(mask["crops"]), *_read_state(mask)
            ),
        ),
        items=tuple(
            ItemReading(
                Item(item["item"]), Presence(item["state"]), _number(item["p"]), _whole(item["crops"]), *_read_state(item)
            )
            for item in line.get("items", ())
        ),
        attire=_optional(
            line,
            "attire",
            lambda attire: AttireReading(Attire(attire["attire"]), _number(attire["p"]), attire.get("fresh", True)),
        ),
        mask_kind=_optional(line, "mask_kind", lambda kind: MaskKindReading(MaskKind(kind["kind"]), _number(kind["p"]))),
        markers=tuple(_text(marker) for marker in line.get("markers", ())),
        foot_visible=line.get("foot_visible", True) is True,
        child=line.get("child", False) is True,
        carried=tuple(Carried(carried) for carried in line.get("carried", ())),
        links=tuple(_read_link(link) for link in line.get("links", ())),
    )


def _read_link(line: Json) -> Link:
    seen = datetime.fromisoformat(line["seen"])
    if seen.tzinfo is None:
        raise ValueError("the time of a link has no zone")
    role = Role(line["role"]) if "role" in line else None
    probability = _number(line["p"]) if role else 0.0
    return Link(TrackId(_whole(line["track"])), seen.astimezone(UTC), _number(line["log_odds"]), role, probability)


def _optional(line: Json, key: str, read: Callable[[Json], T]) -> T | None:
    return read(line[key]) if key in line else None


def _read_state(line: Json) -> tuple[bool, Reason | None]:
    return line.get("fresh", True) is True, Reason(line["reason"]) if "reason" in line else None


def _only(line: Json, *known: str) -> None:
    if strange := sorted(set(line) - set(known)):
        raise ValueError(f"unknown key {strange[0]!r}; was this written by a newer version?")


def _box(box: Box) -> list[float]:
    return [box.x1, box.y1, box.x2, box.y2]


def _read_box(line: list[float]) -> Box:
    x1, y1, x2, y2 = (_number(value) for value in line)
    return Box(x1, y1, x2, y2)


def _number(value: object) -> float:
    # NaN and infinities are no JSON, but Python's reader takes them.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e9:
        raise ValueError(f"{value!r} is not a number in range")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _positive(value: object) -> int:
    if (whole := _whole(value)) <= 0:
        raise ValueError(f"a picture cannot be {whole} pixels wide or high")
    return whole


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _seconds(duration: timedelta) -> float:
    return duration // _MICROSECOND / 1_000_000


def _duration(seconds: object) -> timedelta:
    return round(_number(seconds) * 1_000_000) * _MICROSECOND


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _dump(line: Json) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
