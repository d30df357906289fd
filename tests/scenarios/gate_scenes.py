"""Scenes at gate, fence and guard post: G01 to G04."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from analyzer.site import Activity
from analyzer.types import Attire, Reason, Role, RuleId
from tests.scenarios import stages
from tests.scenarios.actors import Course, Way, resident, staff, stranger, vehicle
from tests.scenarios.script import NO_TROUBLE, Act, Kind, Script, act

_DARK: Course[tuple[Reason, ...]] = Course((Reason.TOO_DARK,))


def g01(kind: Kind, rng: Random) -> Script:
    """Somebody walks in through the gate without a word to the guard."""
    rule, stage, trouble = RuleId("G01"), stages.gate(), NO_TROUBLE
    x = rng.uniform(1.0, 3.0)
    way, stop = Way(1.0, x + 0.5, 16.0).to(x, 12.0), 0.0
    known = False
    if kind is Kind.COMPLIANT:
        match rng.choice(("stops", "slot", "staff")):
            case "stops":
                stop = rng.uniform(9, 20)
            case "slot":
                stage = stages.gate(slots=(*stages.DEFAULT_PLAN, stages.in_force(Activity.INTAKE)))
            case _:
                known = True
    elif kind is Kind.BORDERLINE:
        stop = rng.choice((rng.uniform(7.2, 8.5), rng.uniform(1.5, 3.2)))
    elif kind is Kind.NOT_ASSESSABLE:
        trouble = _DARK
    if stop:
        way.to(x, 10.8).wait(stop)
    way.to(x, 10.0)
    t = way.now
    way.to(x - 0.5, 8.9).to(-2.0, 6.5).to(-2.0, 5.0)
    one = staff("x", Role.CLEANER, way) if known else stranger("x", way, tall=rng.uniform(1.52, 1.82))
    wrong = kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stop < 5)
    acts = (act("G01", t, t, "x"),) if wrong else ()
    guard = staff("g", Role.GUARD, Way(0.1, 5.2, 9.0).wait(way.now + 5), attire=Attire.OTHER_UNIFORM)
    return Script(rule, kind, stage, (one, guard), way.now + 4, acts, trouble=trouble)


def g02(kind: Kind, rng: Random) -> Script:
    """The guard leaves the post: a warning after three minutes, an event after five."""
    rule, trouble = RuleId("G02"), NO_TROUBLE
    away = {
        Kind.VIOLATING: rng.uniform(380, 480),
        Kind.COMPLIANT: rng.choice((0.0, rng.uniform(30, 160))),
        Kind.BORDERLINE: rng.choice((rng.uniform(345, 365), rng.uniform(240, 275))),
        Kind.NOT_ASSESSABLE: rng.uniform(380, 480),
    }[kind]
    first = Way(0.1, 5.2, 9.0).wait(rng.uniform(20, 60)).to(5.5, 6.2)
    gone = first.now
    back = Way(gone + away, 5.5, 6.2).to(5.2, 9.0).wait(rng.uniform(30, 60))
    guard = staff("g", Role.GUARD, first, back, attire=Attire.OTHER_UNIFORM)
    if not away:
        guard = staff("g", Role.GUARD, Way(0.1, 5.2, 9.0).wait(rng.uniform(100, 300)), attire=Attire.OTHER_UNIFORM)
    if kind is Kind.NOT_ASSESSABLE:
        trouble = Course((rng.choice((Reason.TOO_DARK, Reason.VIEW_BLOCKED)),))
    acts = (act("G02", gone, gone + away, "guard_post"),) if away > 300 and kind is not Kind.NOT_ASSESSABLE else ()
    end = guard.visits[-1].end - 1
    return Script(rule, kind, stages.gate(), (guard,), end, acts, trouble=trouble, rate=1.0)


def g03(kind: Kind, rng: Random) -> Script:
    """A van drives through the disinfection place."""
    rule, trouble = RuleId("G03"), NO_TROUBLE
    stop = {
        Kind.VIOLATING: rng.choice((0.0, rng.uniform(1, 4))),
        Kind.COMPLIANT: rng.uniform(16, 40),
        Kind.BORDERLINE: rng.choice((rng.uniform(4.5, 7), rng.uniform(13, 15))),
        Kind.NOT_ASSESSABLE: 0.0,
    }[kind]
    if kind is Kind.NOT_ASSESSABLE:
        trouble = _DARK
    way = Way(1.0, 2.0, 20.0).to(2.0, 7.0, 2.5)
    if stop:
        way.wait(stop)
    way.to(2.0, 5.0, 1.8).to(-1.0, 4.9, 1.8).wait(2)
    passed = way.now - 4
    wrong = kind in {Kind.VIOLATING, Kind.BORDERLINE} and stop < 10
    acts = (act("G03", passed - stop - 6, passed + 4, "v"),) if wrong else ()
    return Script(rule, kind, stages.gate(), (vehicle("v", way),), way.now + 3, acts, trouble=trouble)


def g04(kind: Kind, rng: Random) -> Script:
    """Loitering at the fence for more than a minute, or climbing over it."""
    rule, trouble = RuleId("G04"), NO_TROUBLE
    if kind is Kind.VIOLATING and rng.random() < 0.3:
        return _climbs(rng)
    stay = {
        Kind.VIOLATING: rng.uniform(80, 120),
        Kind.COMPLIANT: rng.uniform(5, 35),
        Kind.BORDERLINE: rng.choice((rng.uniform(72, 80), rng.uniform(40, 48))),
        Kind.NOT_ASSESSABLE: rng.uniform(80, 110),
    }[kind]
    if kind is Kind.NOT_ASSESSABLE:
        trouble = _DARK
    # Inside the facility, the area of the fence begins at 7.6 m.
    way = Way(1.0, -2.0, 6.0).to(-2.0, 7.6)
    start = way.now
    way.to(rng.uniform(-3.5, -1.5), 8.4)
    while way.now < start + stay - 6:
        way.wait(rng.uniform(3, 12)).to(rng.uniform(-3.5, -1.5), rng.uniform(8.2, 9.0), 0.6)
    way.until(start + stay - 1).to(-2.0, 7.6)
    end = way.now
    way.to(-2.0, 5.8)
    guard = kind is Kind.COMPLIANT and rng.random() < 0.4
    if guard:
        long = Way(1.0, -2.0, 6.0).to(-2.0, 8.4).wait(rng.uniform(70, 90)).to(-2.0, 5.8)
        one = staff("x", Role.GUARD, long, attire=Attire.OTHER_UNIFORM)
        return Script(rule, kind, stages.gate(), (one,), long.now + 4)
    one = replace(resident("x", way), tall=rng.uniform(1.52, 1.82))
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stay > 60):
        acts = (act("G04", start, end, "x"),)
    return Script(rule, kind, stages.gate(), (one,), way.now + 4, acts, trouble=trouble)


def _climbs(rng: Random) -> Script:
    x = rng.uniform(-3.5, -1.5)
    way = Way(1.0, x, 5.6).to(x, 9.9)
    start = way.now
    way.wait(rng.uniform(4.5, 8)).to(x, 12.0).to(x + 1, 16.0)
    acts = (act("G04", start, way.now, "x"), act("Q08", start, way.now, "x", must=False))
    return Script(RuleId("G04"), Kind.VIOLATING, stages.gate(), (stranger("x", way),), way.now + 4, acts)
