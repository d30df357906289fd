"""What changed between two versions of a site, for a person who imports one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from analyzer.site import Boundary, Camera, Door, RuleSetting, Site, Zone

_Drawn = Camera | Zone | Door | Boundary | RuleSetting


def changes(old: Site, new: Site) -> Iterator[str]:
    """One line a change, in the order cameras, zones, doors, lines, rules, the rest."""
    kinds: tuple[tuple[str, Mapping[str, _Drawn], Mapping[str, _Drawn]], ...] = (
        ("camera", {each.id: each for each in old.cameras}, {each.id: each for each in new.cameras}),
        ("zone", {each.id: each for each in old.zones}, {each.id: each for each in new.zones}),
        ("door", {each.id: each for each in old.doors}, {each.id: each for each in new.doors}),
        ("line", {each.id: each for each in old.lines}, {each.id: each for each in new.lines}),
        ("rule", {each.rule: each for each in old.rules}, {each.rule: each for each in new.rules}),
    )
    for kind, before, after in kinds:
        yield from _named(kind, before, after)
    for name in (
        "facility",
        "slots",
        "permits",
        "gate_log",
        "allowances",
        "requirements",
        "roommates",
        "markers",
        "uniforms",
        "absent",
        "deadline",
        "shared_wc",
    ):
        if getattr(old, name) != getattr(new, name):
            yield f"~ {name}: changed"


def _named(kind: str, before: Mapping[str, _Drawn], after: Mapping[str, _Drawn]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"- {kind} {name}"
        elif name not in before:
            yield f"+ {kind} {name}"
        elif before[name] != after[name]:
            yield f"~ {kind} {name}: {', '.join(_differing(before[name], after[name]))}"


def _differing(before: _Drawn, after: _Drawn) -> list[str]:
    return [field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name, None)]
