"""What a site may change about a rule, by name and in plain numbers: durations in seconds, names ending in ``_s``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, cast

from analyzer.entry import Clause, Entry
from analyzer.errors import InvalidSetting
from analyzer.site import RuleSetting

_FASTEST = 30.0
"""Instants a second no camera exceeds here: more assessed ones than this fit in no window."""

_MOST = 1e8
"""No number of a rule is larger: as seconds it is three years."""

_ABOVE_ZERO = frozenset(
    {"metres", "radius_m", "radius_heights", "reach_m", "reach_heights", "error_m_max", "stop_s", "silent_max_s"}
)
"""Numbers of kinds with which nothing would ever be near, or long enough, when they are 0."""

_COUNTS = frozenset({"count_min", "due_min"})

_SHORTEST_SILENCE = timedelta(seconds=1)
"""Votes that are forgotten sooner than this are gone before the next picture is."""

_OPTIONAL_DURATIONS = frozenset({"warn", "high", "critical"})


def thresholds(entry: Entry) -> Mapping[str, float | None]:
    """The numbers of a rule by name, ``None`` for an escalation it does not have.

    Numbers of a further clause carry its name in front, as in ``sampling.min_duration_s``.
    """
    return {
        _prefix(clause) + name: value for clause in entry.clauses for part in _parts(clause) for name, _, value in _numbers(part)
    }


def applied(entry: Entry, setting: RuleSetting) -> Entry:
    """The entry as a site wants it.

    Raises:
        InvalidSetting: an unknown threshold, or one that cannot be met.
    """
    if not setting.thresholds and setting.zones is None and setting.roles is None and setting.severity is None:
        return entry  # only switched on or off
    wanted = dict(setting.thresholds)
    unknown = sorted(set(wanted) - set(thresholds(entry)))
    where = f'rule "{entry.id}"'
    if unknown:
        raise InvalidSetting(where, f'has no threshold "{unknown[0]}"; it has {", ".join(thresholds(entry))}')
    for name, value in wanted.items():
        if not 0 <= value <= _MOST:
            raise InvalidSetting(where, f"{name} = {value:g} is not a number from 0 to {_MOST:g}")
    clauses = tuple(_changed(clause, wanted, setting) for clause in entry.clauses)
    for clause in clauses:
        if fault := _fault(clause):
            raise InvalidSetting(where, fault)
    return replace(entry, clauses=clauses, severity=setting.severity or entry.severity)


def _changed(clause: Clause, wanted: Mapping[str, float], setting: RuleSetting) -> Clause:
    prefix = _prefix(clause)
    rule, timing = (_with(part, prefix, wanted) for part in _parts(clause))
    scope = clause.rule.scope
    zones = scope.zones if setting.zones is None else (scope.zones & setting.zones if clause.name else setting.zones)
    roles = scope.roles if setting.roles is None else setting.roles
    return replace(clause, rule=replace(rule, scope=replace(scope, roles=roles, zones=zones)), timing=timing)


def _with(part: Any, prefix: str, wanted: Mapping[str, float]) -> Any:
    changes: dict[str, object] = {}
    for name, field, _ in _numbers(part):
        if prefix + name in wanted:
            value = wanted[prefix + name]
            changes[field] = timedelta(seconds=value) if name != field else value
    return replace(part, **changes)


def _parts(clause: Clause) -> tuple[Any, Any]:
    return cast("Any", clause.rule), cast("Any", clause.timing)


def _prefix(clause: Clause) -> str:
    return f"{clause.name}." if clause.name else ""


def _numbers(part: Any) -> Iterator[tuple[str, str, float | None]]:
    """Names in a site file, field names, and values of the numbers in a record."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, timedelta):
            yield f"{field.name}_s", field.name, value.total_seconds()
        elif value is None and field.name in _OPTIONAL_DURATIONS:
            yield f"{field.name}_s", field.name, None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield field.name, field.name, float(value)


def _fault(clause: Clause) -> str | None:
    """Why the thresholds of a clause can never be met, or ``None``."""
    timing = clause.timing
    if not 0 < timing.ratio <= 1:
        return f"ratio = {timing.ratio:g} is not a share above 0 and up to 1"
    least, longest = timing.min_assessed, timing.span.total_seconds()
    if not 1 <= least <= longest * _FASTEST or least != int(least):
        return f"min_assessed = {least:g} is not a whole number of instants that fit in a window of {longest:g} s"
    if timing.warn is not None and timing.warn > timing.min_duration:
        return "warn_s is longer than min_duration_s: the warning would come after the event"
    if timing.high is not None and timing.high < timing.min_duration:
        return "high_s is shorter than min_duration_s: the event would begin where it should rise to"
    if timing.silence < _SHORTEST_SILENCE:
        return (
            f"silence_s = {timing.silence.total_seconds():g} is shorter than 1: votes would be forgotten before the next picture"
        )
    return next(
        (fault for name, _, value in _numbers(cast("Any", clause.rule)) if (fault := _number_fault(name, value or 0.0))), None
    )


def _number_fault(name: str, value: float) -> str | None:
    """Why a number of a kind means nothing, or ``None``."""
    if name.startswith(("probability", "ratio")) and value > 1:
        return f"{name} = {value:g} is not a share from 0 to 1"
    if name.startswith("share") and value >= 1:
        return f"{name} = {value:g} is not a share below 1: it could never be exceeded"
    if name in _ABOVE_ZERO and not value:
        return f"{name} = 0 would let the rule never be broken; write a number above 0"
    if name in _COUNTS and (value < 1 or value != int(value)):
        return f"{name} = {value:g} is not a whole number from 1"
    return None
