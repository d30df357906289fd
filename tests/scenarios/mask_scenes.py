"""Scenes about masks: Q01, Q02, Q03 and S01.

Borderline scenes stay off the threshold by more than perception needs to notice a change (fused readings lag by about
a second), because nearer than that there is no truth that a camera could tell.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from analyzer.site import Activity
from analyzer.types import Attire, MaskKind, MaskState, Reason, Role
from tests.scenarios import stages
from tests.scenarios.actors import Actor, Course, Way, resident, staff
from tests.scenarios.script import NO_TROUBLE, Kind, Script, Stage, act


def _out(rng: Random, stay: float, t: float = 1.0) -> Way:
    """Out of room 101, stands somewhere near in the corridor, leaves past the camera."""
    return (
        Way(t, -1.1, 5.7).wait(0.8).to(rng.uniform(-0.3, 0.5), rng.uniform(4.0, 5.5)).wait(stay).to(rng.uniform(-0.3, 0.5), 3.4)
    )


def _tall(rng: Random) -> float:
    return rng.uniform(1.52, 1.82)


def q01(kind: Kind, rng: Random) -> Script:
    """Somebody in quarantine comes out of the room without a mask."""
    stage, trouble = stages.corridor(), NO_TROUBLE
    if kind is Kind.VIOLATING:
        if rng.random() < 0.25:
            return _swab(rng, kind, rng.uniform(85, 110))
        way = _out(rng, rng.uniform(6, 22))
        one = resident("a", way, mask=Course(MaskState.NONE), tall=_tall(rng))
        return Script(_Q01, kind, stage, (one,), way.now + 4, (act("Q01", 1.0, way.now, "a"),))
    if kind is Kind.COMPLIANT:
        if rng.random() < 0.25:
            return _swab(rng, kind, rng.uniform(10, 35))
        way = _out(rng, rng.uniform(6, 22))
        return Script(_Q01, kind, stage, (resident("a", way, tall=_tall(rng)),), way.now + 4)
    if kind is Kind.BORDERLINE:
        return _puts_it_on(rng)
    way, child = _out(rng, rng.uniform(8, 20)), False
    actor: Actor
    match rng.choice(("child", "dark", "turned", "far", "blocked")):
        case "child":
            child = True
        case "dark":
            trouble = Course((Reason.TOO_DARK,))
        case "blocked":
            trouble = Course((Reason.VIEW_BLOCKED,))
        case "turned":
            way = Way(1.0, 0.0, 3.6).to(rng.uniform(-0.3, 0.3), rng.uniform(9, 11))
        case _:
            stage = stages.yard()
            way = Way(1.0, rng.uniform(-3, 3), 28.0).to(rng.uniform(-3, 3), 24.0).wait(rng.uniform(8, 15)).to(0.0, 29.0)
    actor = replace(resident("a", way, mask=Course(MaskState.NONE), tall=_tall(rng)), child=child)
    return Script(_Q01, kind, stage, (actor,), way.now + 4, trouble=trouble)


def _puts_it_on(rng: Random) -> Script:
    """Comes out without a mask and puts it on after one and a half seconds, or after five and more."""
    above = rng.random() < 0.5
    without = rng.uniform(5.0, 7.0) if above else rng.uniform(0.8, 1.5)
    way = _out(rng, rng.uniform(10, 18))
    mask = Course(MaskState.NONE, ((1.0 + without, MaskState.WORN),))
    acts = (act("Q01", 1.0, 1.0 + without, "a"),) if above else ()
    return Script(_Q01, Kind.BORDERLINE, stages.corridor(), (resident("a", way, mask=mask, tall=_tall(rng)),), way.now + 4, acts)


def _swab(rng: Random, kind: Kind, off: float) -> Script:
    """At the sampling place the mask is off for the swab: up to a minute is allowed."""
    way = Way(1.0, rng.uniform(-1, 1), 7.6).to(rng.uniform(-0.6, 0.6), 5.0)
    start = way.now + 1
    way.wait(off + 6).to(0.0, 7.8)
    mask = Course(MaskState.WORN, ((start, MaskState.NONE), (start + off, MaskState.WORN)))
    swabbed = resident("a", way, mask=mask, tall=_tall(rng))
    nurse_way = Way(1.0, 1.2, 4.6).wait(way.now)
    nurse = staff("nurse", Role.MEDICAL, nurse_way)
    acts = (act("Q01", start, start + off, "a"),) if kind is Kind.VIOLATING else ()
    return Script(_Q01, kind, stages.sampling(), (swabbed, nurse), way.now + 3, acts)


def q02(kind: Kind, rng: Random) -> Script:
    """A mask under the nose or on the chin."""
    stage, trouble = stages.corridor(), NO_TROUBLE
    way = _out(rng, rng.uniform(10, 22))
    if kind is Kind.COMPLIANT:
        return Script(_Q02, kind, stage, (resident("a", way, tall=_tall(rng)),), way.now + 4)
    if kind is Kind.VIOLATING:
        one = resident("a", way, mask=Course(MaskState.INCORRECT), tall=_tall(rng))
        return Script(_Q02, kind, stage, (one,), way.now + 4, (act("Q02", 1.0, way.now, "a"),))
    if kind is Kind.BORDERLINE:
        above = rng.random() < 0.5
        wrong = rng.uniform(8.0, 10.0) if above else rng.uniform(1.5, 2.8)
        one = resident("a", way, mask=Course(MaskState.INCORRECT, ((1.0 + wrong, MaskState.WORN),)), tall=_tall(rng))
        acts = (act("Q02", 1.0, 1.0 + wrong, "a"),) if above else ()
        return Script(_Q02, kind, stage, (one,), way.now + 4, acts)
    match rng.choice(("small", "turned", "blur")):
        case "small":
            way = Way(1.0, rng.uniform(-0.3, 0.3), 11.4).to(0.0, 10.0).wait(rng.uniform(8, 18)).to(0.2, 11.4)
        case "turned":
            way = Way(1.0, 0.0, 3.6).to(0.0, rng.uniform(9, 11))
        case _:
            trouble = Course((Reason.BLUR,))
    one = resident("a", way, mask=Course(MaskState.INCORRECT), tall=_tall(rng))
    return Script(_Q02, kind, stage, (one,), way.now + 4, trouble=trouble)


_DESK = ((-1.4, 1.4, 4.6, 0.8),)


def q03(kind: Kind, rng: Random) -> Script:
    """A cloth mask at the reception desk, which hides the legs of whoever stands at it."""
    stage = stages.desk()
    way = (
        Way(1.0, rng.uniform(-0.8, 0.8), 9.0)
        .to(rng.uniform(-0.5, 0.5), rng.uniform(5.0, 5.6))
        .wait(rng.uniform(8, 20))
        .to(0.0, 9.5)
    )
    come = 1.0 + 4.5
    cloth = rng.choice((MaskKind.CLOTH, MaskKind.OTHER))
    if kind is Kind.VIOLATING:
        one = replace(resident("a", way, tall=_tall(rng)), kind=Course(cloth))
        return Script(_Q03, kind, stage, (one,), way.now + 3, (act("Q03", 1.0, way.now, "a"),), furniture=_DESK)
    if kind is Kind.COMPLIANT:
        one = replace(resident("a", way, tall=_tall(rng)), kind=Course(rng.choice((MaskKind.MEDICAL, MaskKind.RESPIRATOR))))
        return Script(_Q03, kind, stage, (one,), way.now + 3, furniture=_DESK)
    if kind is Kind.BORDERLINE:
        above = rng.random() < 0.5
        change = come + (7.0 if above else -2.6)
        one = replace(resident("a", way, tall=_tall(rng)), kind=Course(cloth, ((change, MaskKind.MEDICAL),)))
        acts = (act("Q03", 1.0, change, "a"),) if above else ()
        return Script(_Q03, kind, stage, (one,), way.now + 3, acts, furniture=_DESK)
    far = Way(1.0, rng.uniform(-1, 1), 13.0).to(0.0, 10.0).wait(10).to(0.4, 13.0)
    one = replace(resident("a", far, tall=_tall(rng)), kind=Course(cloth))
    return Script(_Q03, kind, stage, (one,), far.now + 3, furniture=_DESK)


def s01(kind: Kind, rng: Random) -> Script:
    """Staff without a mask; eating alone in the rest room is allowed in its slot."""
    stage = stages.corridor()
    role = rng.choice((Role.ROOM_SERVICE, Role.CLEANER, Role.MEDICAL, Role.GUARD, Role.RECEPTION))
    way = Way(1.0, 0.0, 9.0).to(rng.uniform(-0.4, 0.4), rng.uniform(4.2, 5.8)).wait(rng.uniform(6, 20)).to(0.0, 3.4)
    if kind is Kind.VIOLATING:
        if rng.random() < 0.25:
            return _meal(rng, company=True)
        one = staff("s", role, way, mask=Course(MaskState.NONE), tall=_tall(rng))
        return Script(_S01, kind, stage, (one,), way.now + 4, (act("S01", 1.0, way.now, "s"),))
    if kind is Kind.COMPLIANT:
        if rng.random() < 0.25:
            return _meal(rng, company=False)
        return Script(_S01, kind, stage, (staff("s", role, way, tall=_tall(rng)),), way.now + 4)
    return _staff_puts_it_on(rng, role) if kind is Kind.BORDERLINE else _staff_unseen(rng, role, way)


def _staff_puts_it_on(rng: Random, role: Role) -> Script:
    stage, kind = stages.corridor(), Kind.BORDERLINE
    above = rng.random() < 0.5
    without = rng.uniform(5.0, 7.0) if above else rng.uniform(0.8, 1.5)
    near = Way(1.0, 0.0, 6.0).to(0.2, 4.4).wait(rng.uniform(10, 16)).to(0.0, 3.4)
    mask = Course(MaskState.NONE, ((1.0 + without, MaskState.WORN),))
    acts = (act("S01", 1.0, 1.0 + without, "s"),) if above else ()
    return Script(_S01, kind, stage, (staff("s", role, near, mask=mask, tall=_tall(rng)),), near.now + 4, acts)


def _staff_unseen(rng: Random, role: Role, way: Way) -> Script:
    """The back of the head, or too far away."""
    stage, kind = stages.corridor(), Kind.NOT_ASSESSABLE
    if rng.random() < 0.5:
        away = Way(1.0, 0.0, 3.6).to(0.0, rng.uniform(9, 11))
        one = staff("s", role, away, mask=Course(MaskState.NONE), tall=_tall(rng))
        return Script(_S01, kind, stage, (one,), away.now + 4)
    one = replace(staff("s", role, way, mask=Course(MaskState.NONE), tall=_tall(rng)), averted=_NEVER_SEEN)
    far = Way(1.0, 0.0, 27.0).to(rng.uniform(-2, 2), 24.0).wait(rng.uniform(8, 15)).to(0.0, 28.0)
    return Script(_S01, kind, stages.yard(), (replace(one, visits=(far.visit,)),), far.now + 4)


_NEVER_SEEN = ((0.0, 1e6),)


def _meal(rng: Random, *, company: bool) -> Script:
    """The mask is off for a meal in the rest room: alone it is allowed, at one table with somebody else it is not."""
    stage: Stage = stages.rest(slots=(*stages.DEFAULT_PLAN, stages.in_force(Activity.STAFF_MEAL)))
    seat = rng.uniform(-0.8, 0.0)
    way = Way(1.0, -1.8, 6.5).to(seat, 5.0).wait(rng.uniform(12, 20)).to(-1.8, 7.0)
    off = Course(MaskState.NONE)
    eater = staff("s", Role.ROOM_SERVICE, way, mask=off, attire=Attire.OTHER_UNIFORM, tall=_tall(rng))
    other_way = Way(1.0, 1.8, 6.5).to(seat + (0.9 if company else 2.7), 5.2).wait(way.now - 4).to(1.8, 7.0)
    other = staff("o", Role.RECEPTION, other_way, mask=Course(MaskState.WORN), attire=Attire.OTHER_UNIFORM)
    acts = (act("S01", 1.0, way.now, "s"),) if company else ()
    kind = Kind.VIOLATING if company else Kind.COMPLIANT
    return Script(_S01, kind, stage, (eater, other), way.now + 4, acts)


_Q01, _Q02, _Q03, _S01 = (a.rule for a in (act("Q01", 0, 0), act("Q02", 0, 0), act("Q03", 0, 0), act("S01", 0, 0)))
