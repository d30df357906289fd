"""Scenes about the equipment and the ways of staff: S02 to S06, S09 and S10."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from analyzer.site import RuleSetting
from analyzer.types import Attire, Item, MaskState, Role, RuleId
from tests.scenarios import stages
from tests.scenarios.actors import FULL_SUIT, NO_ITEMS, Actor, Course, Way, bag, resident, staff
from tests.scenarios.script import Act, Kind, Script, Stage, act

_SHIRT = Attire.OTHER_UNIFORM
_EYES = frozenset({Item.FACE_SHIELD, Item.GOGGLES})


def _lacking(rng: Random) -> frozenset[Item]:
    """Full equipment but for one piece."""
    return FULL_SUIT - rng.choice((frozenset({Item.GOWN}), frozenset({Item.GLOVES}), _EYES))


def s02(kind: Kind, rng: Random) -> Script:
    """Room service in the corridor without gown, gloves or eye protection."""
    rule = RuleId("S02")
    stay = rng.uniform(16, 30)
    wears, unseen, acts = Course(FULL_SUIT), NO_ITEMS, False
    lacking = _lacking(rng)
    match kind:
        case Kind.VIOLATING:
            wears, acts = Course(lacking), True
        case Kind.BORDERLINE:
            acts = rng.random() < 0.5
            stay = stay if acts else rng.uniform(1.0, 2.0)
            wears = Course(lacking)
        case Kind.NOT_ASSESSABLE:
            wears, unseen = Course(NO_ITEMS), FULL_SUIT | _EYES
        case Kind.COMPLIANT:
            pass
    if kind is Kind.BORDERLINE and not acts:
        # Seen for three to five seconds only: too few looks to say that a piece is missing.
        way = Way(1.0, 0.0, 5.4).to(0.0, 4.4).wait(stay).to(0.0, 3.4)
    else:
        way = Way(1.0, 0.0, 12.3).to(rng.uniform(-0.4, 0.4), rng.uniform(4.4, 7)).wait(stay).to(0.0, 3.4)
    role = rng.choice((Role.ROOM_SERVICE, Role.RECEPTION, Role.GUARD))
    one: Actor = replace(staff("s", role, way, wears=wears, attire=_SHIRT, tall=rng.uniform(1.52, 1.82)), unseen=unseen)
    found = (act("S02", 1.0, way.now, "s"),) if acts else ()
    return Script(rule, kind, stages.corridor(), (one,), way.now + 4, found)


def s03(kind: Kind, rng: Random) -> Script:
    """A nurse takes a swab without full equipment."""
    rule = RuleId("S03")
    contact, wears, unseen = rng.uniform(22, 40), Course(_lacking(rng)), NO_ITEMS
    apart = rng.uniform(0.8, 1.1)
    if kind is Kind.COMPLIANT:
        if rng.random() < 0.6:
            wears = Course(FULL_SUIT)
        else:
            apart = rng.uniform(2.2, 2.8)
    elif kind is Kind.BORDERLINE:
        contact = rng.uniform(18, 22) if rng.random() < 0.5 else rng.uniform(3, 6)
    elif kind is Kind.NOT_ASSESSABLE:
        unseen = FULL_SUIT | _EYES
    nurse_way = Way(1.0, -2.0, 6.5).to(-0.5, 5.2)
    start = nurse_way.now + 4
    guest_way = Way(1.0, 2.2, 7.6).to(1.9, 7.4).until(start - 2).to(-0.5 + apart, 5.4)
    start = guest_way.now
    guest_way.wait(contact).to(2.2, 7.8)
    nurse_way.until(guest_way.now + 1)
    end = start + contact
    mask = Course(MaskState.WORN) if kind is not Kind.NOT_ASSESSABLE else Course(MaskState.NOT_VISIBLE)
    nurse = replace(staff("n", Role.MEDICAL, nurse_way, wears=wears, tall=rng.uniform(1.55, 1.75)), unseen=unseen)
    if kind is Kind.NOT_ASSESSABLE:
        nurse = replace(nurse, mask=mask, averted=((0.0, 1e6),))
    acts = (act("S03", start - 1, end + 1, "n"),) if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and contact > 10) else ()
    return Script(rule, kind, stages.sampling(), (nurse, resident("a", guest_way)), guest_way.now + 4, acts)


def s04(kind: Kind, rng: Random) -> Script:
    """Into the red zone without a gown."""
    return _over_the_line(RuleId("S04"), kind, rng, inward=True)


def s05(kind: Kind, rng: Random) -> Script:
    """Into the clean zone in the gown of the red one."""
    return _over_the_line(RuleId("S05"), kind, rng, inward=False)


def _over_the_line(rule: RuleId, kind: Kind, rng: Random, *, inward: bool) -> Script:
    wrong, right = (NO_ITEMS, FULL_SUIT) if inward else (FULL_SUIT, NO_ITEMS)
    near, far = rng.uniform(4.2, 5.2), rng.uniform(8.2, 9.0)
    y1, y2 = (near, far) if inward else (far, near)
    x = rng.uniform(-0.4, 0.4)
    way = Way(1.0, x, 3.6 if inward else 11.0).to(x, y1).wait(rng.uniform(9, 14))
    unseen, crossed = NO_ITEMS, True
    if kind is Kind.BORDERLINE and rng.random() < 0.5:
        # Leans over the line and steps back at once.
        over = 7.15 if inward else 6.85
        way.to(x, 6.6 if inward else 7.4).wait(1).to(x, over, 0.9).to(x, y1, 1.4)
        crossed = False
    t = way.now + abs(7.0 - y1) / 1.1
    if crossed:
        way.to(x, y2).wait(2)
        if kind is Kind.BORDERLINE:
            way.wait(1)
        way.to(x, 11.0 if inward else 3.6)
    else:
        way.wait(3).to(x, 3.6 if inward else 11.0)
    if kind is Kind.NOT_ASSESSABLE:
        unseen = frozenset({Item.GOWN})
    wears = Course(right if kind is Kind.COMPLIANT else wrong)
    attire = Attire.PPE if wears.first else _SHIRT
    one = replace(staff("s", Role.ROOM_SERVICE, way, wears=wears, attire=attire, tall=rng.uniform(1.52, 1.82)), unseen=unseen)
    acts: tuple[Act, ...] = ()
    if crossed and kind in {Kind.VIOLATING, Kind.BORDERLINE}:
        acts = (act(rule, t, t, "s"),)
    side = (act("S02", 1.0, way.now, "s", must=False),) if not wears.first else ()
    return Script(rule, kind, stages.passage(), (one,), way.now + 4, (*acts, *side))


def s06(kind: Kind, rng: Random) -> Script:
    """Taking equipment off: gloves first, mask last."""
    rule = RuleId("S06")
    way = Way(1.0, 1.8, 6.8).to(rng.uniform(-0.3, 0.3), 4.9)
    t = way.now + rng.uniform(4.5, 6)
    step = rng.uniform(7.0, 8.5)
    order: list[frozenset[Item]] = [frozenset({Item.GLOVES}), frozenset({Item.GOWN}), _EYES]
    mask_at = t + 3 * step
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and (swap := rng.random() < 0.5)):
        order = [order[1], order[0], order[2]] if rng.random() < 0.5 else [order[2], order[1], order[0]]
    wears, changes = FULL_SUIT | _EYES, []
    for k, piece in enumerate(order):
        wears = wears - piece
        changes.append((t + k * step, wears))
    way.until(mask_at + 3.2)
    if kind is Kind.BORDERLINE and not swap:
        # A passage: too short for a visit, whatever came off.
        way = Way(1.0, 1.8, 6.8).to(0.0, 4.9).wait(rng.uniform(12, 20))
        changes = [(6.0, FULL_SUIT - {Item.GOWN}), (12.0, FULL_SUIT - {Item.GOWN, Item.GLOVES})]
    leaves = way.now
    way.to(1.8, 6.8).to(2.2, 8.0)
    mask = Course(MaskState.WORN, ((mask_at, MaskState.NONE), (leaves - 0.4, MaskState.WORN)))
    one = staff("s", Role.ROOM_SERVICE, way, mask=mask, wears=Course(FULL_SUIT | _EYES, tuple(changes)))
    if kind is Kind.NOT_ASSESSABLE:
        one = replace(one, unseen=FULL_SUIT | _EYES)
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and swap):
        acts = (act("S06", t, leaves + 2, "s"),)
    # The last thing taken off is the mask: for a moment staff stand without one, as they must.
    side = (act("S01", mask_at, leaves + 2, "s", must=False),)
    return Script(rule, kind, stages.doffing(), (one,), way.now + 4, (*acts, *side))


def s09(kind: Kind, rng: Random) -> Script:
    """Kitchen staff in the corridor; a guard who goes into a room."""
    rule, stage = RuleId("S09"), stages.corridor()
    stay = rng.uniform(24, 50)
    role = Role.KITCHEN
    if kind is Kind.VIOLATING and rng.random() < 0.3:
        return _goes_in(rng)
    if kind is Kind.COMPLIANT:
        role = rng.choice((Role.ROOM_SERVICE, Role.GUARD, Role.RECEPTION))
    elif kind is Kind.BORDERLINE:
        stay = rng.uniform(20, 24) if rng.random() < 0.5 else rng.uniform(1, 4)
    elif kind is Kind.NOT_ASSESSABLE:
        stage = stages.corridor(table=False)
    way = Way(1.0, 0.0, 9.5).to(rng.uniform(-0.4, 0.4), rng.uniform(5, 6)).wait(stay).to(0.0, 3.4)
    one = staff("s", role, way, attire=_SHIRT, tall=rng.uniform(1.52, 1.82))
    acts: tuple[Act, ...] = ()
    if kind is Kind.VIOLATING or (kind is Kind.BORDERLINE and stay > 15):
        acts = (act("S09", 1.0, way.now, "s"),)
    return Script(rule, kind, stage, (one,), way.now + 4, acts)


def _goes_in(rng: Random) -> Script:
    way = Way(1.0, 0.0, 12.3).to(0.0, 7.2).wait(rng.uniform(1, 4)).to(-1.1, 5.7).wait(0.8)
    one = staff("s", Role.GUARD, way, attire=_SHIRT)
    return Script(RuleId("S09"), Kind.VIOLATING, stages.corridor(), (one,), way.now + 9, (act("S09", way.now, way.now, "s"),))


def s10(kind: Kind, rng: Random) -> Script:
    """Waste: carried without equipment, or left standing for half a day."""
    rule, stage = RuleId("S10"), stages.waste()
    if rng.random() < 0.25 and kind is not Kind.NOT_ASSESSABLE:
        return _left(kind, rng)
    stay, wears, unseen = rng.uniform(18, 30), Course(_lacking(rng)), NO_ITEMS
    found = kind is Kind.VIOLATING
    if kind is Kind.COMPLIANT:
        wears = Course(FULL_SUIT | {Item.BOOTS})
    elif kind is Kind.BORDERLINE:
        found = rng.random() < 0.5
        stay = stay if found else rng.uniform(1, 3)
    elif kind is Kind.NOT_ASSESSABLE:
        unseen = FULL_SUIT | _EYES
    way = Way(1.0, -2.0, 7.5).to(-0.5, 5.0)
    start = way.now
    way.wait(stay).to(-2.0, 8.0)
    one: Actor = replace(staff("s", Role.CLEANER, way, wears=wears, tall=rng.uniform(1.55, 1.8)), unseen=unseen)
    if kind is Kind.NOT_ASSESSABLE:
        one = replace(one, averted=((0.0, 1e6),))
    sack = bag("bag", Way(0.5, -0.15, 5.0).wait(way.now + 2))
    acts = (act("S10", start - 1, start + stay + 1, "s"),) if found else ()
    return Script(rule, kind, stage, (one, sack), way.now + 4, acts, mixed=True)


def _left(kind: Kind, rng: Random) -> Script:
    """A bag in the corridor; the limit of this site is ten minutes."""
    stay = {Kind.VIOLATING: rng.uniform(720, 900), Kind.COMPLIANT: rng.uniform(60, 400)}.get(kind)
    if stay is None:
        stay = rng.choice((530.0, 670.0))
    stage: Stage = stages.corridor()
    shorter = (RuleSetting(RuleId("S10"), thresholds=(("left.min_duration_s", 600.0),)),)
    stage = replace(stage, site=replace(stage.site, rules=shorter))
    sack = bag("bag", Way(3.0, rng.uniform(-0.3, 0.3), 6.0).wait(stay))
    acts = (act("S10", 3.0, 3 + stay, "bag"),) if stay > 600 else ()
    return Script(RuleId("S10"), kind, stage, (sack,), stay + 10, acts, rate=1.0)
