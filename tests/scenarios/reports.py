"""Scenes without people: what a facility reports about itself over hours, for the rules F01 to F06."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from types import MappingProxyType

from analyzer.facility import FacilityEngine
from analyzer.site import MANDATORY_KINDS, AbsentKind, Camera, Site, Zone
from analyzer.status import CameraStatus, FacilityStatus, Progress, Supervision
from analyzer.types import CameraId, Event, Reason, RuleId, ZoneId, ZoneKind
from tests.scenarios.noise import Noise
from tests.scenarios.scoring import PROVENANCE, Board, Found, episodes
from tests.scenarios.script import BEGIN, Act, Kind, act
from tests.scenarios.stages import FACILITY

_CAMERAS = ("c1", "c2", "c3")
_SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with a camera from ``start`` to ``end`` (seconds): no picture, or a picture with a fault."""

    camera: str
    start: float
    end: float
    hindrance: Reason | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Journal:
    """What truly happens at a facility, and every how many seconds it reports."""

    rule: RuleId
    kind: Kind
    site: Site
    seconds: float
    acts: tuple[Act, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    step: float = 30.0
    progress: Progress | None = Progress.CONNECTED
    supervision: Callable[[float], Supervision | None] = lambda _: Supervision(0, 0, manned=True)
    cameras: tuple[str, ...] = _CAMERAS
    mixed: bool = False


def site(*, seen: Mapping[str, ZoneKind] | None = None, drawn: bool = True) -> Site:
    """Three cameras; the first looks at a corridor, the others at a yard; the other mandatory areas do not exist here."""
    places = seen or {"c1": ZoneKind.CORRIDOR, "c2": ZoneKind.YARD, "c3": ZoneKind.YARD}
    zones = tuple(Zone(ZoneId(f"z-{name}"), CameraId(name), kind, _SQUARE) for name, kind in places.items()) if drawn else ()
    missing = [kind for kind in MANDATORY_KINDS if kind not in set(places.values())]
    absent = tuple(AbsentKind(kind, "not in this building") for kind in missing)
    cameras = tuple(Camera(CameraId(name), name) for name in _CAMERAS)
    return Site(FACILITY, cameras, zones, absent=absent)


def statuses(journal: Journal, noise: Noise, rng: Random) -> list[FacilityStatus]:
    """The reports, some of them late or lost, some of them wrong about a picture."""
    noisy, found, last = noise.mask is not None, [], -1.0
    for k in range(int(journal.seconds / journal.step)):
        t = k * journal.step + (rng.uniform(-0.2, 0.2) * journal.step if noisy else 0.0)
        if t <= last or t < 0 or (noisy and rng.random() < 0.05):
            continue
        last = t
        cameras = tuple(_status(journal, name, t, rng, noisy=noisy) for name in journal.cameras)
        at = BEGIN + timedelta(seconds=round(t, 3))
        found.append(FacilityStatus(at, cameras, journal.progress, journal.supervision(t)))
    return found


def _status(journal: Journal, name: str, t: float, rng: Random, *, noisy: bool) -> CameraStatus:
    silent, hindrance, flagged = 0.2, None, False
    for trouble in journal.troubles:
        if trouble.camera == name and trouble.start <= t < trouble.end:
            flagged = flagged or trouble.flagged
            hindrance = trouble.hindrance or hindrance
            if trouble.hindrance is None and not trouble.flagged:
                silent = t - trouble.start
    if noisy and rng.random() < 0.01:
        hindrance = None if hindrance else Reason.BLUR
    return CameraStatus(CameraId(name), timedelta(seconds=round(silent, 3)), hindrance, flagged)


def f01(kind: Kind, rng: Random) -> Journal:
    """A camera falls silent: an event after five minutes."""
    rule, start = RuleId("F01"), rng.uniform(5, 15) * MINUTE
    if kind is Kind.NOT_ASSESSABLE:
        return Journal(rule, kind, site(), 40 * MINUTE, cameras=())
    long = {
        Kind.VIOLATING: rng.uniform(8, 20) * MINUTE,
        Kind.COMPLIANT: rng.choice((0.0, 25.0, rng.uniform(90, 200))),
        Kind.BORDERLINE: rng.choice((rng.uniform(230, 270), rng.uniform(430, 480))),
    }[kind]
    if kind is Kind.VIOLATING and rng.random() < 0.3:
        long = rng.uniform(18, 25) * MINUTE
        all_silent = tuple(Trouble(name, start, start + long) for name in _CAMERAS)
        acts = tuple(act("F01", start, start + long, f"camera:{name}") for name in _CAMERAS)
        acts += (act("F01", start, start + long, "facility:hotel"),)
        return Journal(rule, kind, site(), start + long + 30 * MINUTE, acts, all_silent)
    acts = (act("F01", start, start + long, "camera:c1"),) if long > 330 else ()
    return Journal(rule, kind, site(), start + long + 20 * MINUTE, acts, (Trouble("c1", start, start + long),))


def f02(kind: Kind, rng: Random) -> Journal:
    """A picture that shows nothing usable for more than two minutes."""
    rule, start = RuleId("F02"), rng.uniform(5, 15) * MINUTE
    why = rng.choice((Reason.TOO_DARK, Reason.BLUR, Reason.VIEW_BLOCKED, Reason.VIEW_SHIFTED, Reason.STREAM_FROZEN))
    long = {
        Kind.VIOLATING: rng.uniform(5, 15) * MINUTE,
        Kind.COMPLIANT: rng.choice((0.0, rng.uniform(20, 60))),
        Kind.BORDERLINE: rng.choice((rng.uniform(60, 80), rng.uniform(220, 280))),
        Kind.NOT_ASSESSABLE: 0.0,
    }[kind]
    if kind is Kind.NOT_ASSESSABLE:
        silent = tuple(Trouble(name, -HOUR, 2 * HOUR) for name in _CAMERAS)
        side = tuple(act("F01", -HOUR, 2 * HOUR, f"camera:{name}", must=False) for name in _CAMERAS)
        side += (act("F01", -HOUR, 2 * HOUR, "facility:hotel", must=False),)
        return Journal(rule, kind, site(), 40 * MINUTE, side, silent)
    acts = (act("F02", start, start + long, "camera:c1"),) if long > 120 else ()
    troubles = (Trouble("c1", start, start + long, why),)
    return Journal(rule, kind, site(), start + long + 25 * MINUTE, acts, troubles, step=20.0)


def f03(kind: Kind, rng: Random) -> Journal:
    """The only camera of the corridor is down for a day and more."""
    rule, start = RuleId("F03"), rng.uniform(1, 4) * HOUR
    place, long = site(), rng.uniform(25.5, 34) * HOUR
    if kind is Kind.COMPLIANT:
        if rng.random() < 0.5:
            place = site(seen={"c1": ZoneKind.CORRIDOR, "c2": ZoneKind.YARD, "c3": ZoneKind.CORRIDOR})
        else:
            long = rng.uniform(1, 18) * HOUR
    elif kind is Kind.BORDERLINE:
        long = rng.choice((rng.uniform(21, 23), rng.uniform(25, 26))) * HOUR
    elif kind is Kind.NOT_ASSESSABLE:
        # Nothing is drawn, and no area is declared not to exist.
        place = replace(site(drawn=False), absent=())
    acts: tuple[Act, ...] = (act("F01", start, start + long, "camera:c1", must=False),)
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and long > 24 * HOUR):
        acts = (act("F03", start, start + long, "kind:corridor"), *acts)
    return Journal(rule, kind, place, start + long + HOUR, acts, (Trouble("c1", start, start + long),), step=300.0)


def f04(kind: Kind, rng: Random) -> Journal:
    """A camera that looks into a room."""
    rule, start = RuleId("F04"), rng.uniform(5, 30) * MINUTE
    end = start + (65.0 if kind is Kind.BORDERLINE else rng.uniform(10, 40) * MINUTE)
    if kind is Kind.NOT_ASSESSABLE:
        return Journal(rule, kind, site(drawn=False), HOUR)
    if kind is Kind.COMPLIANT or (kind is Kind.BORDERLINE and rng.random() < 0.5):
        # The floor before a toilet may be watched, the toilet may not.
        outside = site(seen={"c1": ZoneKind.CORRIDOR, "c2": ZoneKind.YARD, "c3": ZoneKind.SHARED_WC_OUTSIDE})
        return Journal(rule, kind, outside, HOUR)
    if kind is Kind.VIOLATING and rng.random() < 0.5:
        inside = rng.choice((ZoneKind.ROOM_INTERIOR, ZoneKind.TOILET, ZoneKind.BATHROOM))
        place = site(seen={"c1": ZoneKind.CORRIDOR, "c2": ZoneKind.YARD, "c3": inside})
        return Journal(rule, kind, place, HOUR, (act("F04", 0.0, HOUR, "camera:c3"),))
    flag = (Trouble("c2", start, end, flagged=True),)
    return Journal(rule, kind, site(), start + HOUR, (act("F04", start, end, "camera:c2"),), flag)


def f05(kind: Kind, rng: Random) -> Journal:
    """The deadline passes and the facility is not connected."""
    rule, due = RuleId("F05"), rng.uniform(10, 40) * MINUTE
    place = replace(site(), deadline=BEGIN + timedelta(seconds=due))
    undone = rng.choice((Progress.PLANNED, Progress.SURVEYED, Progress.INSTALLED))
    if kind is Kind.NOT_ASSESSABLE:
        return Journal(rule, kind, place, 90 * MINUTE, progress=None)
    if kind is Kind.COMPLIANT:
        done = rng.choice((Progress.CONNECTED, Progress.ACCEPTED))
        return Journal(rule, kind, place, 90 * MINUTE, progress=done)
    if kind is Kind.BORDERLINE and rng.random() < 0.5:
        return Journal(rule, kind, place, due - rng.uniform(5, 60), progress=undone)
    end = due + (rng.uniform(120, 200) if kind is Kind.BORDERLINE else HOUR)
    return Journal(rule, kind, place, end, (act("F05", due, end, "facility:hotel"),), progress=undone)


def f06(kind: Kind, rng: Random) -> Journal:
    """Nobody is on duty, or the alerts of the shift stay lying."""
    rule, start, long = RuleId("F06"), rng.uniform(5, 20) * MINUTE, rng.uniform(12, 30) * MINUTE
    due, late, manned = 0, 0, True
    wrong = kind is Kind.VIOLATING
    match kind:
        case Kind.VIOLATING:
            if rng.random() < 0.5:
                manned = False
            else:
                due = rng.randint(5, 20)
                late = int(due * 0.2) + rng.randint(1, 3)
        case Kind.COMPLIANT:
            due, late = rng.choice(((0, 0), (12, 1), (8, 0)))
        case Kind.BORDERLINE:
            if rng.random() < 0.5:
                due, late = rng.choice(((10, 2), (5, 1), (4, 4)))
            else:
                wrong, manned, long = True, False, rng.uniform(7, 8) * MINUTE
        case Kind.NOT_ASSESSABLE:
            return Journal(rule, kind, site(), HOUR, supervision=lambda _: None)
    during = Supervision(due, late, manned=manned)
    calm = Supervision(0, 0, manned=True)
    acts = (act("F06", start, start + long, "facility:hotel"),) if wrong else ()

    def told(t: float) -> Supervision:
        return during if start <= t < start + long else calm

    return Journal(rule, kind, site(), start + long + 25 * MINUTE, acts, supervision=told)


JOURNALS: Mapping[RuleId, Callable[[Kind, Random], Journal]] = MappingProxyType(
    {RuleId(f"F0{n}"): maker for n, maker in enumerate((f01, f02, f03, f04, f05, f06), 1)}
)


def journal(rule: RuleId, kind: Kind, seed: int) -> Journal:
    """The hours of a rule, a kind and a seed; the same on every machine."""
    return JOURNALS[rule](kind, Random(f"{rule}/{kind}/{seed}"))


def run(written: Journal, noise: Noise, seed: int, board: Board) -> list[Found]:
    """Judge a journal with all rules about facilities, and put the result on the board."""
    engine = FacilityEngine(written.site, PROVENANCE)
    events: list[Event] = []
    for status in statuses(written, noise, Random(f"{written.rule}|{written.kind}|{seed}")):
        events += engine.step(status)
    events += engine.finish()
    found = episodes(events, {})
    label = f"{written.rule} {written.kind} seed {seed}"
    board.take(written, found, label)
    board.count(written, engine.tallies(), label, clean=noise.mask is None)
    return found
