"""What changed between two versions of a site, for a person who imports one: in the words of the site file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from types import MappingProxyType

from analyzer.site import Boundary, Camera, Door, Facility, RuleSetting, Site, Zone
from pipelines.sources.address import redact

_Named = Facility | Camera | Zone | Door | Boundary | RuleSetting

_DRAWN = frozenset({"polygon", "strip", "points", "calibration", "aspect"})
"""What is looked at and not read: that it changed is all that is told."""

_WRITTEN = MappingProxyType({"timezone_name": "timezone", "night_infrared": "infrared", "desk_side": "desk"})
"""Keys of the file for fields that are called otherwise."""

_UNSAID = frozenset({"timezone", "camera", "door"})
"""Told by another field, or by the file's own order."""


def changes(old: Site, new: Site) -> Iterator[str]:
    """One line a change, in the order facility, cameras, zones, doors, lines, rules, the rest."""
    kinds: tuple[tuple[str, Mapping[str, _Named], Mapping[str, _Named]], ...] = (
        ("facility", {"": old.facility}, {"": new.facility}),
        ("camera", {each.id: each for each in old.cameras}, {each.id: each for each in new.cameras}),
        ("zone", {each.id: each for each in old.zones}, {each.id: each for each in new.zones}),
        ("door", {each.id: each for each in old.doors}, {each.id: each for each in new.doors}),
        ("line", {each.id: each for each in old.lines}, {each.id: each for each in new.lines}),
        ("rule", {each.rule: each for each in old.rules}, {each.rule: each for each in new.rules}),
    )
    for kind, before, after in kinds:
        yield from _named(kind, before, after)
    yield from _listed("schedule", old.slots, new.slots)
    yield from _listed("permit", old.permits, new.permits)
    yield from _listed("gate_log", old.gate_log, new.gate_log)
    yield from _listed("allowance", old.allowances, new.allowances)
    yield from _listed("ppe", old.requirements, new.requirements)
    yield from _listed("households", old.roommates, new.roommates)
    yield from _listed("roles.markers", _pairs(old.markers), _pairs(new.markers))
    yield from _listed("roles.uniforms", _pairs(old.uniforms), _pairs(new.uniforms))
    yield from _listed("absent", old.absent, new.absent)
    for name, one, other in (("deadline", old.deadline, new.deadline), ("shared_wc", old.shared_wc, new.shared_wc)):
        if one != other:
            yield f"~ facility: {name} {_told(one)} -> {_told(other)}"


def _named(kind: str, before: Mapping[str, _Named], after: Mapping[str, _Named]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        title = f"{kind} {name}".strip()
        if name not in after:
            yield f"- {title}"
        elif name not in before:
            said = _told(after[name]) if isinstance(after[name], RuleSetting) else ""
            yield f"+ {title}{said and ': '}{said}"
        elif before[name] != after[name] and (differing := _differing(before[name], after[name])):
            yield f"~ {title}: {', '.join(differing)}"


def _differing(before: _Named, after: _Named) -> list[str]:
    told: list[str] = []
    for field in fields(before):
        was, now = getattr(before, field.name), getattr(after, field.name)
        if was == now or field.name in _UNSAID:
            continue
        name = _WRITTEN.get(field.name, field.name)
        told.append(name if field.name in _DRAWN else f"{name} {redact(_told(was))} -> {redact(_told(now))}")
    return told


def _listed(kind: str, before: Iterable[object], after: Iterable[object]) -> Iterator[str]:
    """Entries that have no name are told whole: those that are gone, then those that came."""
    old, new = [_told(each) for each in before], [_told(each) for each in after]
    yield from (f"- {kind}: {each}" for each in old if each not in new)
    yield from (f"+ {kind}: {each}" for each in new if each not in old)


def _pairs(words: Mapping[str, Enum]) -> list[str]:
    return [f"{name} = {_told(value)}" for name, value in words.items()]


def _told(value: object) -> str:
    """A value as people read it; of a record what is not as it would be anyway."""
    if is_dataclass(value):
        told = [
            f"{field.name} {_told(said)}"
            for field in fields(value)
            if field.name != "rule" and ((said := getattr(value, field.name)) != field.default or field.default is MISSING)
        ]
        return ", ".join(told)
    match value:
        case Enum():
            text = str(value.value)
        case bool() | None:
            text = str(value).lower()
        case datetime() | date() | time():
            text = value.isoformat()
        case float():
            text = f"{value:g}"
        case frozenset():
            text = " ".join(sorted(_told(each) for each in value)) or "none"
        case tuple():
            text = " ".join(_told(each) for each in value) or "none"
        case _:
            text = str(value) or '""'
    return text
