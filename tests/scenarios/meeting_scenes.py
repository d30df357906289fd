"""Scenes about who is close to whom: Q06, Q07, Q09, S07 and S08. Distances are set on the floor, in metres."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import cos, pi, sin
from random import Random

from analyzer.site import Activity
from analyzer.types import Attire, Reason, Role, RuleId
from tests.scenarios import stages
from tests.scenarios.actors import Actor, Course, Way, resident, staff, stranger
from tests.scenarios.script import NO_TROUBLE, Act, Kind, Script, act

NEAR, FAR = 1.5, 2.8
"""Clearly under and clearly over two metres, with a foot point that is off by a few centimetres."""


def q06(kind: Kind, rng: Random) -> Script:
    """Two people of different rooms talk in the yard: a warning after half a minute, an event after one."""
    rule, stage = RuleId("Q06"), stages.yard()
    apart, talk = rng.uniform(1.0, NEAR), rng.uniform(75, 110)
    rooms = False
    match kind:
        case Kind.COMPLIANT:
            match rng.choice(("apart", "short", "mates")):
                case "apart":
                    apart = rng.uniform(FAR, 4.0)
                case "short":
                    talk = rng.uniform(8, 40)
                case _:
                    rooms, stage = True, stages.yard(roommates=(frozenset({"1", "2"}),))
        case Kind.BORDERLINE:
            above = rng.random() < 0.5
            talk = rng.uniform(66, 75) if above else rng.uniform(46, 54)
        case Kind.NOT_ASSESSABLE:
            stage = stages.yard(calibrated=False)
        case Kind.VIOLATING:
            pass
    y = rng.uniform(8.5, 12.0)
    if rooms:
        first = Way(1.0, -3.9, 6.7).wait(0.8).to(-apart / 2, y)
        second = Way(1.0, 3.9, 6.7).wait(0.8).to(apart / 2, y)
    else:
        first = Way(1.0, -4.5, y + 2).to(-apart / 2, y)
        second = Way(2.0, 4.5, y + 2).to(apart / 2, y)
    start = max(first.now, second.now)
    first.until(start + talk).to(-5.5, y + 3)
    second.until(start + talk).to(5.5, y + 3)
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and talk > 60):
        acts = (act("Q06", start, start + talk, "a", "b"),)
    people = (resident("a", first), resident("b", second))
    return Script(rule, kind, stage, people, start + talk + 9, acts, rate=2.0)


def q07(kind: Kind, rng: Random) -> Script:
    """Three or more stand together."""
    rule, trouble = RuleId("Q07"), NO_TROUBLE
    count, radius, stay = rng.choice((3, 3, 4, 5)), 0.75, rng.uniform(42, 52)
    if kind is Kind.COMPLIANT:
        match rng.choice(("two", "spread", "short")):
            case "two":
                count = 2
            case "spread":
                count, radius = 3, 1.9
            case _:
                stay = rng.uniform(4, 12)
    elif kind is Kind.BORDERLINE:
        stay = rng.uniform(37, 44) if rng.random() < 0.5 else rng.uniform(16, 22)
    elif kind is Kind.NOT_ASSESSABLE:
        trouble = Course((Reason.TOO_DARK,))
    y = rng.uniform(10.0, 12.5)
    turn = _turned(rng, count, radius)
    ways = []
    for k in range(count):
        angle = turn + 2 * pi * k / count
        x, dy = radius * cos(angle) * (1.3 if count > 3 else 1.0), radius * sin(angle)
        ways.append((Way(1.0, 5 * cos(angle), y + 4 * sin(angle)).to(x, y + dy), angle))
    start = max(way.now for way, _ in ways)
    for way, angle in ways:
        way.until(start + stay).to(5 * cos(angle), y + 4 * sin(angle))
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stay > 30):
        acts = (act("Q07", start - 1, start + stay + 1, "yard"),)
    people = tuple(resident(f"p{k}", way, tall=rng.uniform(1.5, 1.82)) for k, (way, _) in enumerate(ways))
    side = tuple(act("Q06", start, start + stay, person.name, must=False) for person in people)
    return Script(rule, kind, stages.yard(), people, start + stay + 10, (*acts, *side), trouble=trouble, rate=4.0)


_SEEN_APART = {2: 0.5, 3: 0.44, 4: 0.38, 5: 0.23}
"""Metres to the side by which people in a ring of so many can be kept apart for the camera."""


def _turned(rng: Random, count: int, radius: float) -> float:
    """A way to turn the ring so that the camera sees everybody: nobody stands straight behind another."""
    while True:
        turn = rng.uniform(0, 2 * pi)
        across = sorted(radius * cos(turn + 2 * pi * k / count) for k in range(count))
        if min(b - a for a, b in pairwise(across)) > _SEEN_APART[count]:
            return turn


def q09(kind: Kind, rng: Random) -> Script:
    """A resident at the fence takes something from somebody outside."""
    rule, stage = RuleId("Q09"), stages.gate()
    gap, stay = rng.uniform(0.65, 0.8), rng.uniform(24, 38)
    if kind is Kind.COMPLIANT:
        if rng.random() < 0.5:
            gap = rng.uniform(1.4, 1.9)
        else:
            stage = stages.gate(slots=(*stages.DEFAULT_PLAN, stages.in_force(Activity.HANDOVER)))
    elif kind is Kind.BORDERLINE:
        stay = rng.uniform(21, 26) if rng.random() < 0.5 else rng.uniform(5, 9)
    elif kind is Kind.NOT_ASSESSABLE:
        stage = stages.gate(calibrated=False)
    x = rng.uniform(-3.0, -1.0)
    inner = Way(1.0, -3.6, 5.5).wait(0.8).to(x, 10 - gap)
    outer = Way(3.0, x + 1.5, 14.0).to(x + rng.uniform(-0.2, 0.2), 10 + gap)
    start = max(inner.now, outer.now)
    inner.until(start + stay).to(-3.6, 5.5).wait(0.6)
    outer.until(start + stay).to(x + 2, 14.5)
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stay > 15):
        acts = (act("Q09", start - 1, start + stay + 1, "a", "x"),)
    side = (act("Q06", start, start + stay, "a", "x", must=False),)
    people = (resident("a", inner), stranger("x", outer))
    return Script(rule, kind, stage, people, start + stay + 10, (*acts, *side))


def s07(kind: Kind, rng: Random) -> Script:
    """Room service chats with a resident in the corridor."""
    rule, stage = RuleId("S07"), stages.corridor()
    apart, talk, attire, marked = rng.uniform(1.0, NEAR), rng.uniform(24, 50), Attire.STREET, True
    if kind is Kind.COMPLIANT:
        match rng.choice(("apart", "short", "medical")):
            case "apart":
                apart = rng.uniform(3.0, 4.0)
            case "short":
                talk = rng.uniform(0.5, 5)
            case _:
                pass
    elif kind is Kind.BORDERLINE:
        talk = rng.uniform(20, 25) if rng.random() < 0.5 else rng.uniform(6, 9)
    elif kind is Kind.NOT_ASSESSABLE:
        if rng.random() < 0.5:
            stage = stages.corridor(calibrated=False)
        else:
            attire = Attire.NOT_VISIBLE
    y = rng.uniform(6.6, 7.4) - apart / 2
    guest_way = Way(1.0, -1.1, 5.7).wait(0.8).to(-0.2, y) if attire is Attire.STREET else Way(1.0, -0.2, 4.4).to(-0.2, y)
    staff_way = Way(1.0, 0.0, 12.3).to(0.2, y + apart)
    start = max(guest_way.now, staff_way.now)
    guest_way.until(start + talk)
    staff_way.until(start + talk).to(0.2, 12.3, 1.3).wait(0.6)
    if attire is Attire.STREET:
        guest_way.to(-1.1, 5.7).wait(0.6)
    else:
        guest_way.to(-0.2, 3.4)
    medical = kind is Kind.COMPLIANT and apart < 2 and talk > 15
    server = staff("s", Role.MEDICAL if medical else Role.ROOM_SERVICE, staff_way, marked=marked, tall=rng.uniform(1.52, 1.8))
    guest: Actor = replace(resident("a", guest_way, tall=rng.uniform(1.52, 1.8)), attire=Course(attire))
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and talk > 15):
        acts = (act("S07", start - 1, start + talk + 1, "a", "s"),)
    return Script(rule, kind, stage, (guest, server), start + talk + 9, acts)


def s08(kind: Kind, rng: Random) -> Script:
    """A meal is put into the hands of the resident instead of on the floor before the door."""
    rule = RuleId("S08")
    slots = (*stages.DEFAULT_PLAN, stages.in_force(Activity.MEAL))
    stage, stay = stages.corridor(slots=slots), rng.uniform(5, 9)
    apart = True
    if kind is Kind.COMPLIANT:
        apart = False
    elif kind is Kind.BORDERLINE:
        stay = rng.uniform(4.6, 6) if rng.random() < 0.5 else rng.uniform(0.2, 1.0)
    elif kind is Kind.NOT_ASSESSABLE:
        stage = stages.corridor(slots=slots, calibrated=False) if rng.random() < 0.5 else stages.corridor(slots=())
    server_way = Way(1.0, 0.0, 12.3).to(-0.2, 7.4).to(-0.85, 6.15)
    start = server_way.now
    server_way.wait(stay).to(-0.1, 7.4).to(0.0, 12.3).wait(0.6)
    # The resident opens the door when the tray comes, or half a minute after it was put down.
    opens = start - 0.3 if apart else start + stay + rng.uniform(6, 10)
    guest_way = Way(opens, -1.25, 5.35).wait(stay + 0.3)
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stay > 3):
        acts = (act("S08", start, start + stay, "a", "s"),)
    server = staff("s", Role.ROOM_SERVICE, server_way, tall=rng.uniform(1.52, 1.8))
    guest = resident("a", guest_way, tall=rng.uniform(1.52, 1.8))
    end = max(server_way.now, guest_way.now) + 7
    return Script(rule, kind, stage, (guest, server), end, acts)
