"""Alarms about lost connections: told once after a debounce, told once more when they end.

When all cameras that were connected go away within half a minute, that is one incident of the facility's line and not one
a camera. Planned maintenance raises nothing. Pure; time is an argument. The figures over a period are `pipelines.sla`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from analyzer.types import CameraId, FacilityId, Severity
from pipelines.sla import DEBOUNCE, TOGETHER, Cause


@dataclass(frozen=True, slots=True)
class OutageNotice:
    """An outage as it is told to others. ``end`` is empty while it goes on."""

    facility: FacilityId
    cause: Cause
    cameras: tuple[CameraId, ...]
    start: datetime
    end: datetime | None = None

    @property
    def severity(self) -> Severity:
        """A line that fails takes away every camera at once."""
        return Severity.CRITICAL if self.cause is Cause.FACILITY_LINE else Severity.HIGH

    @property
    def id(self) -> str:
        """The same for the beginning and the end."""
        who = "line" if self.cause is Cause.FACILITY_LINE else self.cameras[0]
        return f"outage.{self.facility}.{who}.{self.start:%Y%m%dT%H%M%S}"

    def encode(self) -> str:
        """One line of JSON, as the outbox keeps it."""
        end = None if self.end is None else self.end.isoformat()
        return json.dumps([self.facility, self.cause, list(self.cameras), self.start.isoformat(), end], separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> OutageNotice:
        """Raises: ValueError, when it is nothing that `encode` wrote."""
        try:
            facility, cause, cameras, start, end = json.loads(text)
            return cls(
                FacilityId(facility),
                Cause(cause),
                tuple(CameraId(name) for name in cameras),
                datetime.fromisoformat(start),
                None if end is None else datetime.fromisoformat(end),
            )
        except (TypeError, KeyError) as error:
            raise ValueError("unreadable outage") from error


@dataclass(frozen=True, slots=True)
class Link:
    """One camera: since when it has not been connected (``None``: it is), and why."""

    down_since: datetime | None
    cause: Cause = Cause.NETWORK


@dataclass(slots=True)
class OutageWatch:
    """Told of all cameras of a facility every second or so. ``told``: outages that others know of and that go on."""

    facility: FacilityId
    debounce: timedelta = DEBOUNCE
    told: list[OutageNotice] = field(default_factory=list)
    _since: dict[CameraId, datetime] = field(default_factory=dict)

    def restore(self, notices: Iterable[OutageNotice]) -> None:
        """Take over what an earlier process told, in its order: its outages are not told again, but their ends are."""
        still: dict[str, OutageNotice] = {}
        for one in notices:
            if one.facility != self.facility:
                continue
            if one.end is None:
                still[one.id] = one
            else:
                still.pop(one.id, None)
        self.told = list(still.values())

    def see(self, links: Mapping[CameraId, Link], now: datetime) -> tuple[OutageNotice, ...]:
        """What there is to tell now."""
        down = {name: link for name, link in links.items() if link.down_since is not None and link.cause is not Cause.PLANNED}
        news = [*self._ends(links, down, now)]
        for name, link in down.items():
            assert link.down_since is not None
            self._since.setdefault(name, link.down_since)
        for name in set(self._since) - set(down):
            del self._since[name]
        return (*news, *self._begins(links, down, now))

    def _ends(self, links: Mapping[CameraId, Link], down: Mapping[CameraId, Link], now: datetime) -> Iterable[OutageNotice]:
        for outage in list(self.told):
            back = [name for name in outage.cameras if name not in down and name in links]
            gone = all(name not in links for name in outage.cameras)
            if not back and not gone:
                continue
            self.told.remove(outage)
            for name in set(outage.cameras) & set(down):
                self._since[name] = now  # the line is back, this camera is not: an outage of its own from here on
            yield replace(outage, end=now)

    def _begins(self, links: Mapping[CameraId, Link], down: Mapping[CameraId, Link], now: datetime) -> Iterable[OutageNotice]:
        known = {name for outage in self.told for name in outage.cameras}
        new = {name: self._since[name] for name in down if name not in known}
        due = [name for name, since in new.items() if now - since >= self.debounce]
        if not due:
            return
        first = min(new[name] for name in due)
        line = set(down) == set(links) and len(new) > 1 and all(since - first <= TOGETHER for since in new.values())
        groups = [tuple(sorted(new))] if line else [(name,) for name in sorted(due)]
        for group in groups:
            cause = Cause.FACILITY_LINE if line else down[group[0]].cause
            outage = OutageNotice(self.facility, cause, group, min(new[name] for name in group))
            self.told.append(outage)
            yield outage
