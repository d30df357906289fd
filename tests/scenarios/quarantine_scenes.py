"""Scenes about people in quarantine and where they go: Q04, Q05, Q08 and the doors of Q10."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from analyzer.site import Activity
from analyzer.types import Attire, Presence, Reason, Role, RuleId
from tests.scenarios import stages
from tests.scenarios.actors import Actor, Course, Way, resident, staff, stranger
from tests.scenarios.script import Act, Kind, Script, Stage, act

ROOM_101, ROOM_103, ROOM_102 = (-1.1, 5.7), (-1.1, 8.7), (1.1, 5.7)


def stroll(rng: Random, way: Way, until: float, x: float = 0.5, y1: float = 4.0, y2: float = 9.5) -> Way:
    """Walk and stand about until a second of the scene."""
    while way.now < until - 8:
        way.to(rng.uniform(-x, x), rng.uniform(y1, y2), rng.uniform(0.6, 1.2)).wait(rng.uniform(1, 9))
    return way.until(until) if way.now < until else way


def q04(kind: Kind, rng: Random) -> Script:
    """Out of the room, in the corridor, without a reason: an event after three minutes, a warning after one."""
    rule = RuleId("Q04")
    stage: Stage = stages.corridor()
    long = rng.uniform(215, 280)
    if kind is Kind.COMPLIANT:
        match rng.choice(("short", "slot", "permit")):
            case "short":
                long = rng.uniform(20, 120)
            case "slot":
                stage = stages.corridor(slots=(*stages.DEFAULT_PLAN, stages.in_force(Activity.SAMPLING)))
            case _:
                stage = stages.corridor(permits=(stages.permit(Activity.TRANSFER, "101"),))
    elif kind is Kind.BORDERLINE:
        long = rng.uniform(192, 205) if rng.random() < 0.5 else rng.uniform(150, 168)
    way = Way(1.0, *ROOM_101).wait(0.8).to(0.0, 5.0)
    stroll(rng, way, 1.0 + long - 3)
    back = way.now
    way.to(*ROOM_101).wait(0.6)
    one: Actor = resident("a", way)
    if kind is Kind.NOT_ASSESSABLE:
        if rng.random() < 0.5:
            stage = stages.corridor(slots=())
        else:
            way = stroll(rng, Way(1.0, 0.0, 6.5), 1.0 + long)
            one = replace(resident("a", way), attire=Course(Attire.NOT_VISIBLE))
    acts = (act("Q04", 1.0, back, "a"),) if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and long > 180) else ()
    return Script(rule, kind, stage, (one,), way.now + 8, acts, rate=2.0)


def q05(kind: Kind, rng: Random) -> Script:
    """From one room into another."""
    rule = RuleId("Q05")
    stage = stages.corridor()
    target = rng.choice((ROOM_103, ROOM_102))
    way = Way(1.0, *ROOM_101).wait(0.8).to(0.0, rng.uniform(5.0, 7.5)).wait(rng.uniform(0.5, 12))
    if kind is Kind.VIOLATING:
        way.to(*target).wait(0.8)
        return Script(rule, kind, stage, (resident("a", way),), way.now + 9, (act("Q05", way.now, way.now, "a"),))
    if kind is Kind.COMPLIANT:
        match rng.choice(("home", "leaves", "permit")):
            case "home":
                way.to(*ROOM_101).wait(0.8)
            case "leaves":
                way.to(0.0, 3.4)
            case _:
                way.to(*target).wait(0.8)
                stage = stages.corridor(permits=(stages.permit(Activity.TRANSFER),))
        return Script(rule, kind, stage, (resident("a", way),), way.now + 9)
    if kind is Kind.BORDERLINE:
        # Stands at the strange door for a while, as if to go in, and goes home; or does go in after all.
        enters, acts = rng.random() < 0.5, tuple[Act, ...]()
        way.to(*target).wait(rng.uniform(1.5, 6))
        if enters:
            acts = (act("Q05", way.now, way.now, "a"),)
        else:
            way.to(0.0, 6.5).to(*ROOM_101).wait(0.8)
        return Script(rule, kind, stage, (resident("a", way),), way.now + 9, acts)
    # Nobody saw where they came from.
    way = Way(1.0, rng.uniform(-0.2, 0.2), 6.8).wait(rng.uniform(2, 8)).to(*target).wait(0.8)
    one = replace(resident("a", way), attire=Course(rng.choice((Attire.NOT_VISIBLE, Attire.STREET))))
    return Script(rule, kind, stage, (one,), way.now + 9)


def q08(kind: Kind, rng: Random) -> Script:
    """Over the line from red to clean, or out of the gate."""
    rule = RuleId("Q08")
    if kind is Kind.NOT_ASSESSABLE:
        return _unclear(rng)
    if kind is Kind.COMPLIANT:
        return _within_bounds(rng)
    if kind is Kind.BORDERLINE and rng.random() < 0.5:
        # Toes over the line and back within a moment.
        way = (
            Way(1.0, -1.1, 9.7)
            .wait(0.8)
            .to(0.0, 7.4)
            .wait(1)
            .to(0.0, 6.85, 0.9)
            .to(0.0, 7.6, 1.4)
            .wait(2)
            .to(-1.1, 9.7)
            .wait(0.6)
        )
        return Script(rule, kind, stages.passage(), (resident("a", way),), way.now + 3)
    if kind is Kind.VIOLATING and rng.random() < 0.3:
        way = Way(1.0, -3.6, 5.5).wait(0.8).to(0.0, 8.0).to(rng.uniform(1, 3), 12.6)
        # Out through the gate: the line lies at 10 m.
        t = next(s / 10 for s in range(1000) if way.visit.at(s / 10)[1] > 10)
        acts = (act("Q08", t, t, "a"),)
        return Script(rule, kind, stages.gate(), (resident("a", way),), way.now + 3, acts)
    way, t = _over(rng, back=kind is Kind.BORDERLINE)
    return Script(rule, kind, stages.passage(), (resident("a", way),), way.now + 3, (act("Q08", t, t, "a"),))


def _unclear(rng: Random) -> Script:
    """A stranger goes out, or somebody crosses the line in the dark."""
    rule, kind = RuleId("Q08"), Kind.NOT_ASSESSABLE
    if rng.random() < 0.5:
        out = Way(1.0, rng.uniform(1, 2.5), 7.2).wait(2).to(rng.uniform(0.8, 2.5), 12.5)
        return Script(rule, kind, stages.gate(), (stranger("x", out),), out.now + 3)
    way, _ = _over(rng)
    return Script(rule, kind, stages.passage(), (resident("a", way),), way.now + 3, trouble=Course((Reason.TOO_DARK,)))


def _within_bounds(rng: Random) -> Script:
    """On this side of the line, with a permission, or staff."""
    rule, kind = RuleId("Q08"), Kind.COMPLIANT
    match rng.choice(("stays", "permit", "staff")):
        case "stays":
            way = Way(1.0, -1.1, 9.7).wait(0.8).to(0.0, 8.2).wait(rng.uniform(2, 10)).to(0.4, 7.6).wait(2).to(-1.1, 9.7).wait(0.6)
            return Script(rule, kind, stages.passage(), (resident("a", way),), way.now + 3)
        case "permit":
            way, _ = _over(rng)
            stage = stages.passage(permits=(stages.permit(Activity.RELEASE, "101"),))
            return Script(rule, kind, stage, (resident("a", way),), way.now + 3)
        case _:
            way = Way(1.0, 0.0, 12.3).to(0.2, 9.0).wait(11).to(0.0, 4.0)
            one = staff("s", Role.ROOM_SERVICE, way, wears=Course(frozenset()), attire=Attire.OTHER_UNIFORM)
            side = act("S02", 1.0, way.now, "s", must=False)
            return Script(rule, kind, stages.passage(), (one,), way.now + 3, (side,))


def _over(rng: Random, *, back: bool = False) -> tuple[Way, float]:
    """From room 101 over the line at 7 m; the second it is crossed. ``back``: only for three seconds."""
    way = Way(1.0, -1.1, 9.7).wait(0.8).to(rng.uniform(-0.4, 0.4), 8.0).wait(rng.uniform(0, 5)).to(0.0, 7.0)
    t = way.now
    way.to(rng.uniform(-0.4, 0.4), 6.2)
    if back:
        way.wait(rng.uniform(1.5, 3)).to(0.0, 8.4).to(-1.1, 9.7).wait(0.6)
    else:
        way.to(0.0, 3.4)
    return way, t


def q10(kind: Kind, rng: Random) -> Script:
    """Doors that face each other, open at the same time."""
    rule = RuleId("Q10")
    shut, opened = Presence.ABSENT, Presence.PRESENT
    a = rng.uniform(2, 8)
    both = {
        Kind.VIOLATING: rng.uniform(7, 30),
        Kind.COMPLIANT: 0.0,
        Kind.BORDERLINE: rng.choice((rng.uniform(0.6, 1.8), rng.uniform(4.6, 6.0))),
        Kind.NOT_ASSESSABLE: rng.uniform(8, 20),
    }[kind]
    alone = rng.uniform(3, 9)
    b = a + alone if both else a + alone + 6
    close_a = b + both if both else a + alone
    first = Course(shut, ((a, opened), (close_a, shut)))
    second = Course(shut, ((b, opened), (close_a + alone, shut)))
    if kind is Kind.NOT_ASSESSABLE:
        # Both are open from the start, and one of them stands behind an open leaf.
        first, second = Course(opened), Course(Presence.NOT_VISIBLE)
    doors = (("door-101", first), ("door-102", second), ("door-103", Course(shut)), ("door-104", Course(shut)))
    if kind is Kind.NOT_ASSESSABLE:
        doors = (("door-101", first), ("door-102", second), ("door-103", second), ("door-104", first))
    acts = (act("Q10", b, close_a, "door-101+door-102"),) if both > 3 and kind is not Kind.NOT_ASSESSABLE else ()
    return Script(rule, kind, stages.corridor(), (), close_a + alone + 6, acts, doors=doors)
