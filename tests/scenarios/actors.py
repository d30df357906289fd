"""People, vehicles and bags of the simulated facility: who they are, what they wear, where they go and when."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Generic, TypeVar

from analyzer.types import Attire, Item, Label, MaskKind, MaskState, Role

T = TypeVar("T")

PACE = 1.1
"""Metres a second of somebody who walks along a corridor."""

FULL_SUIT = frozenset({Item.GOWN, Item.GLOVES, Item.FACE_SHIELD, Item.CAP})
NO_ITEMS: frozenset[Item] = frozenset()


@dataclass(frozen=True, slots=True)
class Course(Generic[T]):
    """A value over time: ``first`` until the first change; changes are (second, value) in time order."""

    first: T
    changes: tuple[tuple[float, T], ...] = ()

    def at(self, t: float) -> T:
        """The value at a second of the scene."""
        value = self.first
        for since, changed in self.changes:
            if t < since:
                break
            value = changed
        return value


@dataclass(frozen=True, slots=True)
class Visit:
    """One uninterrupted presence on the floor: (second, x, y), straight between them."""

    legs: tuple[tuple[float, float, float], ...]

    @property
    def start(self) -> float:
        return self.legs[0][0]

    @property
    def end(self) -> float:
        return self.legs[-1][0]

    def at(self, t: float) -> tuple[float, float]:
        """Where the person stands at a second inside the visit."""
        times = [leg[0] for leg in self.legs]
        k = min(max(bisect_right(times, t), 1), len(self.legs) - 1)
        (t1, x1, y1), (t2, x2, y2) = self.legs[k - 1], self.legs[k]
        share = min(max((t - t1) / (t2 - t1), 0.0), 1.0) if t2 > t1 else 1.0
        return x1 + share * (x2 - x1), y1 + share * (y2 - y1)

    def heading(self, t: float) -> tuple[float, float] | None:
        """Direction of walking (unit vector), ``None`` while standing."""
        for (t1, x1, y1), (t2, x2, y2) in zip(self.legs, self.legs[1:], strict=False):
            if t1 <= t < t2:
                length = hypot(x2 - x1, y2 - y1)
                if length / (t2 - t1) > 0.2:
                    return (x2 - x1) / length, (y2 - y1) / length
        return None


class Way:
    """Builds a visit step by step: ``Way(t, x, y).to(x, y).wait(s)``. ``now`` is the second reached."""

    def __init__(self, t: float, x: float, y: float) -> None:
        self._legs = [(t, x, y)]

    @property
    def now(self) -> float:
        return self._legs[-1][0]

    def to(self, x: float, y: float, pace: float = PACE) -> Way:
        """Walk straight to a place."""
        t, x0, y0 = self._legs[-1]
        self._legs.append((t + max(hypot(x - x0, y - y0) / pace, 1e-3), x, y))
        return self

    def wait(self, seconds: float) -> Way:
        """Stand."""
        t, x, y = self._legs[-1]
        self._legs.append((t + seconds, x, y))
        return self

    def until(self, t: float) -> Way:
        """Stand until a second of the scene."""
        return self.wait(max(t - self.now, 1e-3))

    @property
    def visit(self) -> Visit:
        return Visit(tuple(self._legs))


@dataclass(frozen=True, slots=True)
class Actor:
    """One subject of a scene and the truth about it.

    Attributes:
        name: how acts refer to it.
        role: what it really is.
        visits: when and where it is on the floor.
        tall, wide: metres.
        mask, kind, wears, attire: what it wears over time.
        unseen: items no camera ever tells of this person.
        markers: what is printed on chest and back.
        averted: stretches (from, to) in which the face is turned away while standing.
        child: a young child.
        label: person, vehicle or bag.
    """

    name: str
    role: Role
    visits: tuple[Visit, ...]
    tall: float = 1.68
    wide: float = 0.5
    mask: Course[MaskState] = field(default_factory=lambda: Course(MaskState.WORN))
    kind: Course[MaskKind] | None = None
    wears: Course[frozenset[Item]] = field(default_factory=lambda: Course(NO_ITEMS))
    attire: Course[Attire] = field(default_factory=lambda: Course(Attire.STREET))
    unseen: frozenset[Item] = NO_ITEMS
    markers: tuple[str, ...] = ()
    averted: tuple[tuple[float, float], ...] = ()
    child: bool = False
    label: Label = Label.PERSON

    def visit_at(self, t: float) -> Visit | None:
        """The presence a second falls into."""
        for visit in self.visits:
            if visit.start <= t < visit.end:
                return visit
        return None

    def facing_away(self, visit: Visit, t: float) -> bool:
        """Whether the camera (at the origin) sees the back of the head."""
        heading = visit.heading(t)
        if heading is None:
            return any(start <= t < end for start, end in self.averted)
        x, y = visit.at(t)
        return (heading[0] * x + heading[1] * y) / max(hypot(x, y), 1e-9) > 0.3


def resident(name: str, *ways: Way, mask: Course[MaskState] | None = None, tall: float = 1.68) -> Actor:
    """Somebody in quarantine, in their own clothes."""
    return Actor(name, Role.QUARANTINED, tuple(way.visit for way in ways), tall=tall, mask=mask or Course(MaskState.WORN))


def stranger(name: str, *ways: Way, mask: Course[MaskState] | None = None, tall: float = 1.68) -> Actor:
    """Somebody from outside."""
    return replace(resident(name, *ways, mask=mask, tall=tall), role=Role.OUTSIDER)


def staff(
    name: str,
    role: Role,
    *ways: Way,
    mask: Course[MaskState] | None = None,
    wears: Course[frozenset[Item]] | None = None,
    attire: Attire = Attire.PPE,
    marked: bool = True,
    tall: float = 1.68,
) -> Actor:
    """Staff in full equipment unless told otherwise; ``marked``: the code of the job is on the coverall."""
    return Actor(
        name,
        role,
        tuple(way.visit for way in ways),
        tall=tall,
        mask=mask or Course(MaskState.WORN),
        wears=wears or Course(FULL_SUIT),
        attire=Course(attire),
        markers=(MARKERS[role],) if marked else (),
    )


MARKERS = {
    Role.RECEPTION: "LT1",
    Role.ROOM_SERVICE: "PV1",
    Role.MEDICAL: "YT1",
    Role.GUARD: "BV1",
    Role.CLEANER: "VS1",
    Role.KITCHEN: "NB1",
    Role.DRIVER: "LX1",
    Role.OTHER_STAFF: "NV1",
}


def vehicle(name: str, *ways: Way) -> Actor:
    """A van."""
    visits = tuple(way.visit for way in ways)
    return Actor(name, Role.VEHICLE, visits, tall=1.9, wide=1.9, label=Label.VEHICLE)


def bag(name: str, *ways: Way) -> Actor:
    """A waste bag."""
    return Actor(name, Role.UNKNOWN, tuple(way.visit for way in ways), tall=0.6, wide=0.5, label=Label.BAG)
