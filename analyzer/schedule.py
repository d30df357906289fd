"""Which slots and permits are in force at an instant, in the facility's time zone and over midnight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from analyzer.site import Activity, Permit, Slot
from analyzer.types import Role, ZoneKind

_DAY = timedelta(days=1)
_MORNING, _EVENING = 5, 22


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

    What is in force changes at most once a minute boundary of the slots, so the answer is kept until the next one.
    """

    def __init__(self, slots: Sequence[Slot], permits: Sequence[Permit], zone: tzinfo) -> None:
        self._slots, self._permits, self._zone = tuple(slots), tuple(permits), zone
        self._key: tuple[datetime, int] | None = None
        self._slots_now: tuple[Slot, ...] = ()
        self._edges = sorted({edge for slot in slots for edge in (slot.start, slot.end, time(0))})
        self.planned = frozenset(slot.activity for slot in slots) | frozenset(permit.activity for permit in permits)

    def at(self, at: datetime) -> Now:
        """What is in force at an instant."""
        local = at.astimezone(self._zone)
        clock = local.timetz().replace(tzinfo=None)
        key = (local.replace(hour=0, minute=0, second=0, microsecond=0), sum(1 for edge in self._edges if edge <= clock))
        if key != self._key:
            self._key = key
            self._slots_now = tuple(slot for slot in self._slots if in_force(slot, local))
        permits = tuple(permit for permit in self._permits if permit.start <= at < permit.end)
        return Now(local, self._slots_now, permits, self.planned)


class Now:
    """What is in force at one instant. ``local`` is the time in the facility's zone."""

    __slots__ = ("_permits", "_planned", "_slots", "local")

    def __init__(
        self, local: datetime, slots: tuple[Slot, ...], permits: tuple[Permit, ...], planned: frozenset[Activity]
    ) -> None:
        self.local, self._slots, self._permits, self._planned = local, slots, permits, planned

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

    @property
    def night(self) -> bool:
        """Whether these are the quiet hours of the facility; without any in its plan, from 22:00 to 05:00."""
        if Activity.QUIET in self._planned:
            return any(slot.activity is Activity.QUIET for slot in self._slots)
        return not _MORNING <= self.local.hour < _EVENING

    def rostered(self, role: Role, zone: ZoneKind) -> bool:
        """Whether a shift now names this role for this kind of zone; a shift for everybody says nothing."""
        return any(
            slot.activity is Activity.SHIFT and role in slot.roles and (not slot.zones or zone in slot.zones)
            for slot in self._slots
        )
