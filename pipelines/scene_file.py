"""Scenes and events as lines of JSON: the exchange between perception and judgement, and the form of bug reports.

Canonical: keys in a fixed order, no spaces, numbers in the shortest form that reads back to the same value, absent
optional values left out. The same records give the same bytes on every machine, and reading gives the same records.
Times are ISO 8601 in UTC; ``pts`` and durations are seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analyzer.types import (
    Box,
    Event,
    Link,
    Observation,
    Reason,
    Scene,
)
from pipelines.errors import BadInput
from pipelines.scene_wire import read_line

_MICROSECOND = timedelta(microseconds=1)
_REMEDY = "write scenes with `vigil analyze --record-scenes`; a field that is not known comes from a newer version"
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
    if scene.things:
        line["things"] = [{"box": _box(thing.box), "since": _iso(thing.since)} for thing in scene.things]
    return _dump(line)


def decode_scene(line: str | bytes) -> Scene:
    """The scene of a line.

    Raises:
        BadInput: the line is not a scene; the place is left to the caller.
    """
    if len(line) > _LONGEST_LINE:
        raise BadInput("scene", "the line is longer than any scene", "check that this is a file of scenes")
    try:
        return read_line(line)
    except (ValueError, RecursionError, OverflowError) as problem:
        raise BadInput("scene", f"not a scene: {problem}", _REMEDY) from problem


def read_scenes(path: Path) -> Iterator[Scene]:
    """The scenes of a file, one at a time.

    Raises:
        BadInput: the file cannot be read, or a line of it is not a scene; names the line.
    """
    try:
        with path.open("rb") as file:
            # One character more than may be: a file without ends of lines is refused before it fills the memory.
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
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


def _box(box: Box) -> list[float]:
    return [box.x1, box.y1, box.x2, box.y2]


def _seconds(duration: timedelta) -> float:
    return duration // _MICROSECOND / 1_000_000


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _dump(line: Json) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
