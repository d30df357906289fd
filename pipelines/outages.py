"""Alarms about lost connections and thin lines: told once after a debounce, told once more when they end.

When all cameras that were connected go away within half a minute, that is one incident of the facility's line and not one
a camera. Planned maintenance raises nothing. A camera whose line gives too little of its stream is connected, and is told of
when that goes on for minutes. Pure; time is an argument. The figures over a period are `pipelines.sla`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from analyzer.types import CameraId, FacilityId, Severity
from pipelines.sla import DEBOUNCE, NOT_THE_LINE, TOGETHER, Cause

THIN_AFTER: Final = timedelta(minutes=5)
"""A line that was too thin for so much longer than it was not is told of."""

_THIN_MOST: Final = timedelta(minutes=10)
"""However long a line was too thin, after this time in which it is not that is over."""

_STEP_MOST: Final = timedelta(seconds=30)
"""Looks further apart than this leave time between them in which nobody looked."""


@dataclass(frozen=True, slots=True)
class OutageNotice:
    """An outage as it is told to others. ``end`` is empty while it goes on.

    ``thin``: the cameras are connected, but their pictures come late or not all of them come.
    """

    facility: FacilityId
    cause: Cause
    cameras: tuple[CameraId, ...]
    start: datetime
    end: datetime | None = None
    thin: bool = False

    @property
    def severity(self) -> Severity:
        """A line that fails takes away every camera at once; one that is thin still shows something."""
        if self.thin:
            return Severity.HIGH if self.cause is Cause.FACILITY_LINE else Severity.MEDIUM
        return Severity.CRITICAL if self.cause is Cause.FACILITY_LINE else Severity.HIGH

    @property
    def id(self) -> str:
        """The same for the beginning and the end."""
        who = "line" if self.cause is Cause.FACILITY_LINE else self.cameras[0]
        return f"{'thin' if self.thin else 'outage'}.{self.facility}.{who}.{self.start:%Y%m%dT%H%M%S}"

    def encode(self) -> str:
        """One line of JSON, as the outbox keeps it."""
        end = None if self.end is None else self.end.isoformat()
        told = [self.facility, self.cause, list(self.cameras), self.start.isoformat(), end]
        return json.dumps([*told, "thin"] if self.thin else told, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> OutageNotice:
        """Raises: ValueError, when it is nothing that `encode` wrote."""
        try:
            facility, cause, cameras, start, end, *thin = json.loads(text)
            return cls(
                FacilityId(facility),
                Cause(cause),
                tuple(CameraId(name) for name in cameras),
                datetime.fromisoformat(start),
                None if end is None else datetime.fromisoformat(end),
                bool(thin),
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
    """Told of all cameras of a facility every second or so. ``told``: outages that others know of and that go on.

    ``thin``: what is watched are lines too thin, not connections.
    """

    facility: FacilityId
    debounce: timedelta = DEBOUNCE
    thin: bool = False
    told: list[OutageNotice] = field(default_factory=list)
    _since: dict[CameraId, datetime] = field(default_factory=dict)

    def restore(self, notices: Iterable[OutageNotice]) -> None:
        """Take over what an earlier process told, in its order: its outages are not told again, but their ends are."""
        still: dict[str, OutageNotice] = {}
        for one in notices:
            if one.facility != self.facility or one.thin is not self.thin:
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
        together = set(down) == set(links) and len(new) > 1 and all(since - first <= TOGETHER for since in new.values())
        line = together and not {down[name].cause for name in new} <= NOT_THE_LINE
        groups = [tuple(sorted(new))] if line else [(name,) for name in sorted(due)]
        for group in groups:
            cause = Cause.FACILITY_LINE if line else down[group[0]].cause
            outage = OutageNotice(self.facility, cause, group, min(new[name] for name in group), thin=self.thin)
            self.told.append(outage)
            yield outage


@dataclass(slots=True)
class _Thinness:
    """How much longer one line was too thin than it was not: what comes and goes is told once, and not each time."""

    level: timedelta = timedelta(0)
    since: datetime | None = None
    told: bool = False


@dataclass(slots=True)
class ThinLines:
    """Which cameras of a facility have a line too thin for their stream, told of every second or so."""

    watch: OutageWatch
    _lines: dict[CameraId, _Thinness] = field(default_factory=dict)
    _looked: datetime | None = None

    @classmethod
    def of(cls, facility: FacilityId) -> ThinLines:
        return cls(OutageWatch(facility, debounce=THIN_AFTER, thin=True))

    def restore(self, notices: Iterable[OutageNotice]) -> None:
        """As `OutageWatch.restore`; a line told of before has to be wide enough for as long as if it had been seen all the time."""
        self.watch.restore(notices)
        for notice in self.watch.told:
            for camera in notice.cameras:
                self._lines[camera] = _Thinness(THIN_AFTER, notice.start, told=True)

    def see(self, lines: Mapping[CameraId, bool | None], now: datetime) -> tuple[OutageNotice, ...]:
        """What there is to tell now.

        Args:
            lines: of each camera, whether its line is too thin; ``None`` while it is not connected, which tells nothing.
            now: not before the look before.
        """
        passed = timedelta(0) if self._looked is None else min(now - self._looked, _STEP_MOST)
        self._looked = now
        for camera in set(self._lines) - set(lines):
            del self._lines[camera]
        return self.watch.see({camera: Link(self._since(camera, thin, passed, now)) for camera, thin in lines.items()}, now)

    def _since(self, camera: CameraId, thin: bool | None, passed: timedelta, now: datetime) -> datetime | None:
        """Since when the line has been too thin, once that is, or will soon be, to be told: lines that fail together are told together."""
        line = self._lines.setdefault(camera, _Thinness())
        if thin is not None:
            line.level = min(max(line.level + (passed if thin else -passed), timedelta(0)), _THIN_MOST)
        if line.level >= THIN_AFTER - TOGETHER:
            line.told = True
        elif not line.level:
            line.since, line.told = None, False
        if thin and line.since is None:
            line.since = now
        return line.since if line.told else None
