"""Which slots and permits are in force at an instant, in the facility's time zone and over midnight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from analyzer.site import Activity, Permit, Slot
from analyzer.types import Role, ZoneKind

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_MORNING, _EVENING = time(5), time(22)


def in_force(slot: Slot, local: datetime) -> bool:
    """Whether a slot holds at a local time; one that passes midnight belongs to the day it began on."""
    now = local.timetz().replace(tzinfo=None)
    today = local.date()
    if slot.start < slot.end:
        return slot.start <= now < slot.end and _on(slot, today)
    return (now >= slot.start and _on(slot, today)) or (now < slot.end and _on(slot, today - _DAY))


def _on(slot: Slot, day: date) -> bool:
    if slot.on is not None and day != slot.on:
        return False
    if slot.until is not None and day > slot.until:
        return False
    return day.isoweekday() in slot.days and day not in slot.except_on


class Agenda:
    """The slots and permits of a facility, asked once an instant.

    What is in force changes when a slot or permit begins or ends, at midnight, and when the clocks are changed, which
    happens at whole minutes: the answer is kept until the first of these may come.
    """

    def __init__(self, slots: Sequence[Slot], permits: Sequence[Permit], zone: tzinfo) -> None:
        self._slots, self._permits, self._zone = tuple(slots), tuple(permits), zone
        self._edges = sorted({edge for slot in slots for edge in (slot.start, slot.end)} | {_MORNING, _EVENING})
        self._turns = sorted({turn for permit in permits for turn in (permit.start, permit.end)})
        self._planned = frozenset(slot.activity for slot in slots) | frozenset(permit.activity for permit in permits)
        self._kept: tuple[datetime, datetime, Now] | None = None

    def at(self, at: datetime) -> Now:
        """What is in force at an instant."""
        if self._kept is None or not self._kept[0] <= at < self._kept[1]:
            local = at.astimezone(self._zone)
            self._kept = at, self._until(at, local.replace(tzinfo=None)), self._now(at, local)
        return self._kept[2]

    def _now(self, at: datetime, local: datetime) -> Now:
        slots = tuple(slot for slot in self._slots if in_force(slot, local))
        permits = tuple(permit for permit in self._permits if permit.start <= at < permit.end)
        if Activity.QUIET in self._planned:
            night = any(slot.activity is Activity.QUIET for slot in slots)
        else:
            night = not _MORNING <= local.time() < _EVENING
        return Now(slots, permits, self._planned, night=night)

    def _until(self, at: datetime, local: datetime) -> datetime:
        """How long what holds at an instant will hold at least."""
        minute = at + _MINUTE - timedelta(seconds=at.second, microseconds=at.microsecond)
        midnight = datetime.combine(local.date(), time(0)) + _DAY
        edges = [midnight, *(datetime.combine(local.date(), edge) for edge in self._edges if edge > local.time())]
        return min(minute, at + (min(edges) - local), *(turn for turn in self._turns if turn > at))


class Now:
    """What is in force at one instant.

    Attributes:
        night: these are the quiet hours of the facility; without any in its plan, from 22:00 to 05:00.
    """

    __slots__ = ("_permits", "_planned", "_slots", "night")

    def __init__(
        self, slots: tuple[Slot, ...], permits: tuple[Permit, ...], planned: frozenset[Activity], *, night: bool
    ) -> None:
        self._slots, self._permits, self._planned, self.night = slots, permits, planned, night

    def planned(self, *activities: Activity) -> bool:
        """Whether the site plans any of these activities at all; without a plan nothing can be held against it."""
        return any(activity in self._planned for activity in activities)

    def allows(
        self, *activities: Activity, role: Role | None = None, zone: ZoneKind | None = None, room: str | None = None
    ) -> bool:
        """Whether a slot or permit for one of the activities covers this role, zone and room now.

        A slot limited to some rooms does not cover a person whose room is not known.
        """
        if not self._slots and not self._permits:
            return False
        if any(
            slot.activity in activities
            and (not slot.roles or role in slot.roles)
            and (not slot.zones or zone in slot.zones)
            and (not slot.rooms or room in slot.rooms)
            for slot in self._slots
        ):
            return True
        return any(permit.activity in activities and (not permit.rooms or room in permit.rooms) for permit in self._permits)

    @property
    def busy(self) -> bool:
        """Whether any slot is in force."""
        return bool(self._slots)

    def rostered(self, role: Role, zone: ZoneKind) -> bool:
        """Whether a shift now names this role for this kind of zone; a shift for everybody says nothing."""
        return any(
            slot.activity is Activity.SHIFT and role in slot.roles and (not slot.zones or zone in slot.zones)
            for slot in self._slots
        )
