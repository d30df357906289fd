"""Each rule of the catalogue on scenes: violating, compliant, and not assessable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta

import pytest

from analyzer.catalogue import CATALOGUE
from analyzer.entry import Level
from analyzer.rules import RULES
from analyzer.site import Activity, Allowance, DoorKind, GateEntry, RuleSetting, Side, Site, Slot
from analyzer.types import (
    Attire,
    Box,
    Carried,
    DoorReading,
    Event,
    Head,
    Item,
    Label,
    MaskKind,
    MaskKindReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    Role,
    RuleId,
    Scene,
    Severity,
    TrackId,
    ZoneKind,
)
from tests.analyzer.scenes import LEFT, RIGHT, START, Script, door, engine, line, only, person, played, scene, site, zone

P, A, X = Presence.PRESENT, Presence.ABSENT, Presence.NOT_VISIBLE
DRESSED = dict.fromkeys((Item.GOWN, Item.GLOVES, Item.FACE_SHIELD, Item.GOGGLES, Item.CAP, Item.BOOTS), P)
BARE = dict.fromkeys(DRESSED, A)
HIDDEN = dict.fromkeys(DRESSED, X)

MARKERS = {
    "YT": Role.MEDICAL,
    "PV": Role.ROOM_SERVICE,
    "LT": Role.RECEPTION,
    "BV": Role.GUARD,
    "VS": Role.CLEANER,
    "CL": Role.QUARANTINED,
    "NG": Role.OUTSIDER,
}


def allday(activity: Activity, *, zones: frozenset[ZoneKind] = frozenset(), roles: frozenset[Role] = frozenset()) -> Slot:
    return Slot(activity, time(0), time(0), zones=zones, roles=roles)


NEVER = Slot(Activity.SAMPLING, time(3, 0), time(3, 1))
NO_MEAL = Slot(Activity.MEAL, time(3, 0), time(3, 1))


@dataclass(frozen=True)
class Case:
    """A site and what happens there; ``opens`` are the severities of the rule's episodes when they end."""

    rule: str
    name: str
    where: Site
    script: Script
    length: float
    opens: tuple[Severity, ...] = ()
    unknown: Reason | None = None
    scenes: tuple[Scene, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.rule}-{self.name}"


def walk(track: int, begin: float, end: float, length: float, y: float = 0.5, **more: object) -> Script:
    """One person who goes evenly from x to x."""
    return lambda t: [person(track, x=begin + (end - begin) * min(t / length, 1), y=y, **more)]  # type: ignore[arg-type]


def stand(*people: Observation) -> Script:
    return lambda _: people


def marked(*zones: object, **more: object) -> Site:
    return site(*zones, markers=MARKERS, **more)  # type: ignore[arg-type]


CORRIDOR = marked(zone(ZoneKind.CORRIDOR))
LINED = marked(zone(ZoneKind.CORRIDOR), lines=(line(Side.CLEAN, Side.RED),))
GATE = marked(zone(ZoneKind.GATE), lines=(line(Side.OUTSIDE, Side.INSIDE),))
FLOOR = marked(zone(ZoneKind.CORRIDOR), calibrated=True)
BLIND = marked(zone(ZoneKind.CORRIDOR))
DOORS = marked(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.0), door("102", 0.5)))
SAMPLING = marked(zone(ZoneKind.SAMPLING), calibrated=True)
FENCE = marked(zone(ZoneKind.FENCE), lines=(line(Side.INSIDE, Side.OUTSIDE),), calibrated=True)
BY_DAY = replace(FENCE, slots=(Slot(Activity.QUIET, time(22), time(0, 30)),))
"""The scenes play at one o'clock: after the quiet hours of this facility, within those taken where none are planned."""
HIGH, MEDIUM, LOW, ASSIST, CRITICAL = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.ASSIST, Severity.CRITICAL


def logged(before: float, *people: int | None) -> Site:
    """The gate with entries in its log so many seconds before the scene begins."""
    at = START - timedelta(seconds=before)
    return replace(GATE, gate_log=tuple(GateEntry(at, number) for number in people or (None,)))


def party(*codes: str) -> Script:
    """One after the other walks in, eight seconds apart."""

    def script(t: float) -> list[Observation]:
        return [
            person(k + 1, 0.2 + (t - 8 * k) / 10, markers=(code,) if code else ())
            for k, code in enumerate(codes)
            if 0 <= t - 8 * k < 7
        ]

    return script


def q(track: int, x: float = 0.5, y: float = 0.5, **more: object) -> Observation:
    return person(track, x, y, markers=("CL",), **more)  # type: ignore[arg-type]


def staff(code: str, track: int, x: float = 0.5, y: float = 0.5, **more: object) -> Observation:
    return person(track, x, y, markers=(code,), **more)  # type: ignore[arg-type]


def kind(observation: Observation, state: MaskKind, p: float = 0.9) -> Observation:
    return replace(observation, mask_kind=MaskKindReading(state, p))


def big(track: int) -> Observation:
    base = person(track, height=700, y=0.9, head_px=110)
    return replace(base, head=Head(Box(100, 100, 200, 210), 0.9))


def visit(track: int, *, end_x: float, end_y: float, code: str = "CL", start_x: float = 0.05) -> Script:
    """Out of a door at the left, along the corridor, into the door at ``end_x``, and gone for good."""

    def script(t: float) -> list[Observation]:
        if t > 10:
            return []
        y = 0.1 + 0.4 * min(t / 3, 1) if t < 7 else end_y + (0.5 - end_y) * (10 - t) / 3
        x = start_x + (end_x - start_x) * min(max((t - 3) / 4, 0), 1)
        return [person(track, x, y, markers=(code,) if code else ())]

    return script


def doors_open(one: Presence, other: Presence, p: float = 0.9) -> tuple[Scene, ...]:
    readings = (DoorReading("101", one, p), DoorReading("102", other, p))
    return tuple(scene(i / 5, doors=readings) for i in range(60))


def undress(order: tuple[str, ...], t: float, step: float) -> dict[str, object]:
    """What is still worn when things come off one after the other from the tenth second on, ``step`` seconds apart."""
    off = {name for i, name in enumerate(order) if t > 10 + step * i}
    items = {Item.GLOVES: A if "gloves" in off else P, Item.GOWN: A if "gown" in off else P}
    return {"items": items, "mask": MaskState.NONE if "mask" in off else MaskState.WORN}


def doffing(order: tuple[str, ...], code: str = "PV", *, hidden: bool = False, step: float = 5) -> Script:
    def script(t: float) -> list[Observation]:
        worn = {"items": HIDDEN} if hidden else undress(order, t, step)
        return [person(1, 0.2 if t < 40 else 0.8, markers=(code,) if code else (), **worn)]  # type: ignore[arg-type]

    return script


def cleaning(visit: tuple[float, float] | None, *, code: str = "PV", hidden: bool = False) -> Script:
    """Gloves, gown and mask come off at 10, 15 and 20 s; the hands are cleaned between the seconds of the visit, if at all."""

    def script(t: float) -> list[Observation]:
        worn = {"items": HIDDEN} if hidden else undress(("gloves", "gown", "mask"), t, 5)
        x = 0.8 if t >= 40 else 0.4 if visit and visit[0] <= t < visit[1] else 0.2
        return [person(1, x, markers=(code,) if code else (), **worn)]  # type: ignore[arg-type]

    return script


STATION = marked(zone(ZoneKind.DOFFING, LEFT), zone(ZoneKind.HAND_HYGIENE, ((0.35, 0), (0.45, 0), (0.45, 1), (0.35, 1))))


def crossing(code: str = "", length: float = 10, **more: object) -> Script:
    return walk(1, 0.2, 0.8, length, markers=(code,) if code else (), **more)


LANE = ((0.18, 0.0), (0.5, 0.0), (0.5, 1.0), (0.18, 1.0))


def drive(stop: float) -> Script:
    """Into `LANE`, a stop, and out."""

    def script(t: float) -> list[Observation]:
        x = 0.1 + 0.1 * t if t < 2 else 0.3 if t < 2 + stop else min(0.3 + 0.1 * (t - 2 - stop), 0.9)
        return [person(1, x, label=Label.VEHICLE, height=200)]

    return script


NONE, WORN, WRONG = MaskState.NONE, MaskState.WORN, MaskState.INCORRECT
RESTING = marked(zone(ZoneKind.STAFF_REST), slots=(allday(Activity.STAFF_MEAL),))

CASES: tuple[Case, ...] = (
    Case("Q01", "no mask", CORRIDOR, stand(person(1, mask=NONE)), 20, (HIGH,)),
    Case("Q01", "mask", CORRIDOR, stand(person(1)), 20),
    Case("Q01", "child", CORRIDOR, stand(person(1, mask=NONE, child=True)), 20, unknown=Reason.CHILD),
    Case("Q01", "turned away", CORRIDOR, stand(person(1, mask=MaskState.NOT_VISIBLE)), 20, unknown=Reason.FACE_AWAY),
    Case("Q01", "too small", CORRIDOR, stand(person(1, mask=NONE, head_px=20)), 20, unknown=Reason.FACE_TOO_SMALL),
    Case("Q01", "not sure", CORRIDOR, stand(person(1, mask=NONE, p=0.5)), 20, unknown=Reason.LOW_CONFIDENCE),
    Case("Q01", "no reading", CORRIDOR, stand(person(1, mask=None)), 20, unknown=Reason.LOW_CONFIDENCE),
    Case("Q01", "swab", SAMPLING, stand(person(1, mask=NONE)), 50),
    Case("Q01", "after the swab", SAMPLING, stand(person(1, mask=NONE)), 70, (HIGH,)),
    Case("Q01", "staff are the matter of S01", CORRIDOR, stand(staff("PV", 1, mask=NONE)), 20),
    Case("Q02", "on the chin", CORRIDOR, stand(person(1, mask=WRONG)), 20, (MEDIUM,)),
    Case("Q02", "none is the matter of Q01", CORRIDOR, stand(person(1, mask=NONE)), 20),
    Case("Q03", "cloth", CORRIDOR, stand(kind(big(1), MaskKind.CLOTH)), 20, (ASSIST,)),
    Case("Q03", "medical", CORRIDOR, stand(kind(big(1), MaskKind.MEDICAL)), 20),
    Case("Q03", "small head", CORRIDOR, stand(kind(person(1), MaskKind.CLOTH)), 20, unknown=Reason.FACE_TOO_SMALL),
    Case("Q03", "not sure", CORRIDOR, stand(kind(big(1), MaskKind.CLOTH, 0.5)), 20, unknown=Reason.LOW_CONFIDENCE),
    Case("Q03", "not visible", CORRIDOR, stand(kind(big(1), MaskKind.NOT_VISIBLE)), 20),
    Case("Q04", "stays", replace(CORRIDOR, slots=(NEVER,)), stand(q(1)), 200, (MEDIUM,)),
    Case("Q04", "stays a while", replace(CORRIDOR, slots=(NEVER,)), stand(q(1)), 100, (ASSIST,)),
    Case("Q04", "passes", replace(CORRIDOR, slots=(NEVER,)), stand(q(1)), 50),
    Case("Q04", "called", replace(CORRIDOR, slots=(allday(Activity.SAMPLING),)), stand(q(1)), 200),
    Case("Q04", "on the way to a shared toilet", replace(CORRIDOR, slots=(NEVER,), shared_wc=True), stand(q(1)), 800),
    Case("Q04", "too long for a shared toilet", replace(CORRIDOR, slots=(NEVER,), shared_wc=True), stand(q(1)), 1100, (MEDIUM,)),
    Case("Q04", "no plan", CORRIDOR, stand(q(1)), 200, unknown=Reason.NO_SCHEDULE),
    Case("Q04", "who", CORRIDOR, stand(person(1)), 200, unknown=Reason.ROLE_UNKNOWN),
    Case("Q05", "other room", DOORS, visit(1, end_x=0.55, end_y=0.1), 20, (HIGH,)),
    Case("Q05", "own room", DOORS, visit(1, end_x=0.05, end_y=0.1), 20),
    Case("Q05", "walks on", DOORS, visit(1, end_x=0.9, end_y=0.9), 20),
    Case("Q05", "staff", DOORS, visit(1, end_x=0.55, end_y=0.1, code="PV", start_x=0.3), 20),
    Case("Q05", "who", DOORS, visit(1, end_x=0.55, end_y=0.1, code="", start_x=0.3), 20, unknown=Reason.ROLE_UNKNOWN),
    Case("Q05", "from where", DOORS, visit(1, end_x=0.55, end_y=0.1, start_x=0.3), 20, unknown=Reason.OCCLUDED),
    Case(
        "Q05",
        "behind somebody at the door",
        DOORS,
        lambda t: [*visit(1, end_x=0.55, end_y=0.1)(t), person(2, 0.55, 0.15)],
        20,
        unknown=Reason.CROWD,
    ),
    Case(
        "Q05",
        "beside somebody at the door",
        DOORS,
        lambda t: [*visit(1, end_x=0.55, end_y=0.1)(t), person(2, 0.65, 0.15)],
        20,
        (HIGH,),
    ),
    Case(
        "Q05",
        "no picture while they vanish",
        DOORS,
        stand(),
        0,
        unknown=Reason.CAMERA_DOWN,
        scenes=tuple(
            each for each in played(visit(1, end_x=0.55, end_y=0.1), 30) if not 10 < each.frame.pts.total_seconds() < 22
        ),
    ),
    Case("Q06", "one metre", FLOOR, stand(q(1, 0.4), q(2, 0.4625)), 90, (MEDIUM,)),
    Case("Q06", "one metre for a while", FLOOR, stand(q(1, 0.4), q(2, 0.4625)), 45, (ASSIST,)),
    Case("Q06", "long", FLOOR, lambda t: [q(1, 0.4), q(2, 0.4625)], 1000, (HIGH,)),
    Case("Q06", "two and a half metres", FLOOR, stand(q(1, 0.4), q(2, 0.56)), 90),
    Case("Q06", "no floor", BLIND, stand(q(1, 0.4), q(2, 0.4625)), 90, unknown=Reason.NO_CALIBRATION),
    Case("Q07", "three", FLOOR, stand(person(1, 0.4), person(2, 0.46), person(3, 0.52)), 60, (HIGH,)),
    Case("Q07", "three without a floor", BLIND, stand(person(1, 0.4), person(2, 0.46), person(3, 0.52)), 60, (HIGH,)),
    Case("Q07", "two", FLOOR, stand(person(1, 0.4), person(2, 0.46)), 60),
    Case("Q07", "three apart", FLOOR, stand(person(1, 0.1), person(2, 0.5), person(3, 0.9)), 60),
    Case(
        "Q07",
        "over the border of two zones",
        marked(zone(ZoneKind.CORRIDOR, LEFT, "a"), zone(ZoneKind.CORRIDOR, RIGHT, "b"), calibrated=True),
        stand(person(1, 0.43), person(2, 0.48), person(3, 0.53)),
        60,
        (HIGH,),
    ),
    Case("Q07", "shortly", FLOOR, stand(person(1, 0.4), person(2, 0.46), person(3, 0.52)), 20),
    Case("Q08", "leaves", replace(GATE, lines=(line(Side.INSIDE, Side.OUTSIDE),)), crossing("CL"), 15, (CRITICAL,)),
    Case("Q08", "comes in", GATE, crossing("CL"), 15),
    Case(
        "Q08",
        "released",
        replace(GATE, lines=(line(Side.INSIDE, Side.OUTSIDE),), slots=(allday(Activity.RELEASE),)),
        crossing("CL"),
        15,
    ),
    Case("Q08", "who", replace(GATE, lines=(line(Side.INSIDE, Side.OUTSIDE),)), crossing(), 15, unknown=Reason.ROLE_UNKNOWN),
    Case("Q08", "from the red zone", replace(LINED, lines=(line(Side.RED, Side.CLEAN),)), crossing(), 15, (CRITICAL,)),
    Case("Q09", "across the fence", FENCE, stand(q(1, 0.47), staff("NG", 2, 0.53)), 30, (HIGH,)),
    Case("Q09", "same side", FENCE, stand(q(1, 0.4), staff("NG", 2, 0.45)), 30),
    Case("Q09", "in the slot", replace(FENCE, slots=(allday(Activity.HANDOVER),)), stand(q(1, 0.47), staff("NG", 2, 0.53)), 30),
    Case("Q09", "guard inside", FENCE, stand(staff("BV", 1, 0.47), staff("NG", 2, 0.53)), 30),
    Case("Q09", "who", FENCE, stand(person(1, 0.47), person(2, 0.53)), 30, unknown=Reason.ROLE_UNKNOWN),
    Case(
        "Q09",
        "no floor",
        marked(zone(ZoneKind.FENCE), lines=FENCE.lines),
        stand(q(1, 0.48), staff("NG", 2, 0.52)),
        30,
        unknown=Reason.NO_CALIBRATION,
    ),
    Case(
        "Q10",
        "both open",
        replace(DOORS, doors=(door("101", 0, facing=["102"]), door("102", 0.5, facing=["101"]))),
        stand(),
        0,
        (MEDIUM,),
        scenes=doors_open(P, P),
    ),
    Case(
        "Q10",
        "one shut",
        replace(DOORS, doors=(door("101", 0, facing=["102"]), door("102", 0.5))),
        stand(),
        0,
        scenes=doors_open(P, A),
    ),
    Case(
        "Q10",
        "not seen",
        replace(DOORS, doors=(door("101", 0, facing=["102"]), door("102", 0.5))),
        stand(),
        0,
        unknown=Reason.OCCLUDED,
        scenes=doors_open(P, P, 0.5),
    ),
    Case("S01", "no mask", CORRIDOR, stand(staff("PV", 1, mask=NONE)), 20, (HIGH,)),
    Case("S01", "some staff", CORRIDOR, stand(person(1, mask=NONE, attire=Attire.PPE)), 20, (HIGH,)),
    Case("S01", "who", CORRIDOR, stand(person(1, mask=NONE)), 20, unknown=Reason.ROLE_UNKNOWN),
    Case("S01", "eating alone", RESTING, stand(staff("PV", 1, mask=NONE)), 20),
    Case("S01", "eating together", RESTING, stand(staff("PV", 1, mask=NONE), staff("LT", 2, 0.52)), 20, (HIGH,)),
    Case("S01", "not at mealtime", replace(RESTING, slots=()), stand(staff("PV", 1, mask=NONE)), 20, (HIGH,)),
    Case("S02", "no gloves", CORRIDOR, stand(staff("PV", 1, items=DRESSED | {Item.GLOVES: A})), 20, (MEDIUM,)),
    Case("S02", "dressed", CORRIDOR, stand(staff("PV", 1, items=DRESSED)), 20),
    Case("S02", "goggles instead of a shield", CORRIDOR, stand(staff("PV", 1, items=DRESSED | {Item.FACE_SHIELD: A})), 20),
    Case(
        "S02",
        "no eyes protected",
        CORRIDOR,
        stand(staff("PV", 1, items=DRESSED | {Item.FACE_SHIELD: A, Item.GOGGLES: A})),
        20,
        (MEDIUM,),
    ),
    Case("S02", "hands not seen", CORRIDOR, stand(staff("PV", 1, items=DRESSED | {Item.GLOVES: X})), 20),
    Case("S02", "nothing seen", CORRIDOR, stand(staff("PV", 1, items=HIDDEN)), 20, unknown=Reason.ITEM_NOT_VISIBLE),
    Case("S02", "too far", CORRIDOR, stand(staff("PV", 1, items=BARE, height=100)), 20, unknown=Reason.ITEM_NOT_VISIBLE),
    Case("S02", "who", CORRIDOR, stand(person(1, items=BARE)), 20, unknown=Reason.ROLE_UNKNOWN),
    Case("S02", "some staff", CORRIDOR, stand(person(1, items=BARE, attire=Attire.PPE)), 20, (MEDIUM,)),
    Case("S02", "nothing asked for here", marked(zone(ZoneKind.YARD)), stand(staff("PV", 1, items=BARE)), 20),
    Case(
        "S03", "bare hands", SAMPLING, stand(staff("YT", 1, 0.5, items=DRESSED | {Item.GLOVES: A}), person(2, 0.55)), 30, (HIGH,)
    ),
    Case("S03", "no mask", SAMPLING, stand(staff("YT", 1, 0.5, items=DRESSED, mask=NONE), person(2, 0.55)), 30, (HIGH,)),
    Case("S03", "dressed", SAMPLING, stand(staff("YT", 1, 0.5, items=DRESSED), person(2, 0.55)), 30),
    Case("S03", "alone", SAMPLING, stand(staff("YT", 1, 0.5, items=BARE)), 30),
    Case("S03", "nobody near", SAMPLING, stand(staff("YT", 1, 0.2, items=BARE), person(2, 0.8)), 30),
    Case(
        "S03",
        "without a floor",
        marked(zone(ZoneKind.SAMPLING)),
        stand(staff("YT", 1, 0.5, items=BARE), person(2, 0.55), person(3, 0.46)),
        30,
        (HIGH,),
    ),
    Case(
        "S03",
        "not seen",
        SAMPLING,
        stand(staff("YT", 1, 0.5, items=HIDDEN, mask=MaskState.NOT_VISIBLE), person(2, 0.55)),
        30,
        unknown=Reason.ITEM_NOT_VISIBLE,
    ),
    Case("S03", "who", SAMPLING, stand(person(1, 0.5, items=BARE), person(2, 0.55)), 30, unknown=Reason.ROLE_UNKNOWN),
    Case("S04", "no gown", LINED, crossing("PV", items=BARE), 15, (HIGH,)),
    Case("S04", "gown", LINED, crossing("PV", items=DRESSED), 15),
    Case("S04", "not seen", LINED, crossing("PV", items=HIDDEN), 15, unknown=Reason.ITEM_NOT_VISIBLE),
    Case("S04", "who", LINED, crossing(items=BARE), 15, unknown=Reason.ROLE_UNKNOWN),
    Case("S05", "gown", replace(LINED, lines=(line(Side.RED, Side.CLEAN),)), crossing("PV", items=DRESSED), 15, (HIGH,)),
    Case("S05", "no gown", replace(LINED, lines=(line(Side.RED, Side.CLEAN),)), crossing("PV", items=BARE), 15),
    Case("S06", "hands not cleaned", STATION, cleaning(None), 45, (ASSIST,)),
    Case("S06", "cleaned before the last piece came off", STATION, cleaning((12, 15)), 45, (ASSIST,)),
    Case("S06", "walked past the station", STATION, cleaning((30, 30.6)), 45, (ASSIST,)),
    Case("S06", "hands cleaned", STATION, cleaning((30, 35)), 45),
    Case("S06", "hands of somebody not seen", STATION, cleaning(None, hidden=True), 45, unknown=Reason.ITEM_NOT_VISIBLE),
    Case("S06", "whose hands", STATION, cleaning(None, code=""), 45),
    Case("S06", "gown before gloves", marked(zone(ZoneKind.DOFFING, LEFT)), doffing(("gown", "gloves", "mask")), 45, (ASSIST,)),
    Case("S06", "mask first", marked(zone(ZoneKind.DOFFING, LEFT)), doffing(("mask", "gloves")), 45, (ASSIST,)),
    Case("S06", "in order", marked(zone(ZoneKind.DOFFING, LEFT)), doffing(("gloves", "gown", "mask")), 45),
    Case(
        "S06",
        "all at once",
        marked(zone(ZoneKind.DOFFING, LEFT)),
        doffing(("gown", "gloves", "mask"), step=0),
        45,
        unknown=Reason.LOW_CONFIDENCE,
    ),
    Case("S06", "not seen", marked(zone(ZoneKind.DOFFING, LEFT)), doffing((), hidden=True), 45, unknown=Reason.ITEM_NOT_VISIBLE),
    Case("S06", "who", marked(zone(ZoneKind.DOFFING, LEFT), zone(ZoneKind.CORRIDOR, RIGHT)), doffing(("gloves", "mask"), ""), 45),
    Case("S07", "close", FLOOR, stand(staff("PV", 1, 0.4), q(2, 0.46)), 30, (MEDIUM,)),
    Case("S07", "long", FLOOR, stand(staff("PV", 1, 0.4), q(2, 0.46)), 330, (HIGH,)),
    Case("S07", "medical staff may", FLOOR, stand(staff("YT", 1, 0.4), q(2, 0.46)), 30),
    Case("S07", "apart", FLOOR, stand(staff("PV", 1, 0.4), q(2, 0.55)), 30),
    Case("S07", "who", FLOOR, stand(staff("PV", 1, 0.4), person(2, 0.46)), 30, unknown=Reason.ROLE_UNKNOWN),
    Case(
        "S08",
        "handed over",
        marked(zone(ZoneKind.GOODS_HANDOVER), calibrated=True, slots=(allday(Activity.MEAL),)),
        stand(staff("PV", 1, 0.4), q(2, 0.46)),
        20,
        (MEDIUM,),
    ),
    Case(
        "S08",
        "both came into view at the door",
        marked(
            zone(ZoneKind.CORRIDOR), doors=(door("101", 0.4), door("102", 0.0)), calibrated=True, slots=(allday(Activity.MEAL),)
        ),
        stand(staff("PV", 1, 0.42, 0.1), q(2, 0.48, 0.1)),
        20,
        (MEDIUM,),
    ),
    Case(
        "S08",
        "outside the slots",
        marked(zone(ZoneKind.GOODS_HANDOVER), calibrated=True, slots=(NO_MEAL,)),
        stand(staff("PV", 1, 0.4), q(2, 0.46)),
        20,
        (LOW,),
    ),
    Case(
        "S08",
        "no plan",
        marked(zone(ZoneKind.GOODS_HANDOVER), calibrated=True),
        stand(staff("PV", 1, 0.4), q(2, 0.46)),
        20,
        unknown=Reason.NO_SCHEDULE,
    ),
    Case(
        "S08",
        "other place",
        marked(
            zone(ZoneKind.GOODS_HANDOVER, LEFT, "a"),
            zone(ZoneKind.GOODS_HANDOVER, RIGHT, "b"),
            calibrated=True,
            slots=(allday(Activity.MEAL),),
        ),
        stand(staff("PV", 1, 0.47), q(2, 0.53)),
        20,
    ),
    Case(
        "S09",
        "wrong zone",
        replace(CORRIDOR, allowances=(Allowance(Role.ROOM_SERVICE, frozenset({ZoneKind.KITCHEN})),)),
        stand(staff("PV", 1)),
        30,
        (MEDIUM,),
    ),
    Case(
        "S09",
        "right zone",
        replace(CORRIDOR, allowances=(Allowance(Role.ROOM_SERVICE, frozenset({ZoneKind.CORRIDOR})),)),
        stand(staff("PV", 1)),
        30,
    ),
    Case(
        "S09",
        "off shift",
        replace(
            CORRIDOR,
            slots=(Slot(Activity.SHIFT, time(3), time(4), roles=frozenset({Role.ROOM_SERVICE})),),
            allowances=(Allowance(Role.ROOM_SERVICE, frozenset({ZoneKind.CORRIDOR})),),
        ),
        stand(staff("PV", 1)),
        30,
        (MEDIUM,),
    ),
    Case(
        "S09",
        "shifts of others only",
        replace(
            CORRIDOR,
            slots=(Slot(Activity.SHIFT, time(3), time(4), roles=frozenset({Role.GUARD})),),
            allowances=(Allowance(Role.ROOM_SERVICE, frozenset({ZoneKind.CORRIDOR})),),
        ),
        stand(staff("PV", 1)),
        30,
    ),
    Case("S09", "no table", CORRIDOR, stand(staff("PV", 1)), 30, unknown=Reason.NO_SCHEDULE),
    Case("S09", "who", CORRIDOR, stand(person(1)), 30, unknown=Reason.ROLE_UNKNOWN),
    Case(
        "S09",
        "guard goes into a room",
        replace(DOORS, allowances=(Allowance(Role.GUARD, frozenset({ZoneKind.CORRIDOR, ZoneKind.ROOM_DOOR})),)),
        visit(1, end_x=0.55, end_y=0.1, code="BV", start_x=0.3),
        20,
        (MEDIUM,),
    ),
    Case(
        "S10",
        "carries a bag in bare hands",
        marked(zone(ZoneKind.WASTE)),
        stand(replace(staff("VS", 1, items=BARE), carried=(Carried.WASTE_BAG,))),
        20,
        (MEDIUM,),
    ),
    Case(
        "S10",
        "bare hands",
        marked(zone(ZoneKind.WASTE)),
        stand(staff("VS", 1, 0.5, items=BARE), person(2, 0.52, label=Label.BAG, height=60)),
        20,
        (MEDIUM,),
    ),
    Case(
        "S10",
        "dressed",
        marked(zone(ZoneKind.WASTE)),
        stand(staff("VS", 1, 0.5, items=DRESSED), person(2, 0.52, label=Label.BAG, height=60)),
        20,
    ),
    Case("S10", "no bag", marked(zone(ZoneKind.WASTE)), stand(staff("VS", 1, 0.5, items=BARE), person(2, 0.52)), 20),
    Case("G02", "manned, beside other zones", marked(zone(ZoneKind.GUARD_POST), zone(ZoneKind.GATE)), stand(staff("BV", 1)), 20),
    Case("S03", "others close", SAMPLING, stand(staff("YT", 1, 0.5, items=DRESSED), q(2, 0.55), q(3, 0.45)), 30),
    Case(
        "S06",
        "stale",
        marked(zone(ZoneKind.DOFFING, LEFT), zone(ZoneKind.CORRIDOR, RIGHT)),
        lambda t: [staff("PV", 1, 0.2 if t < 40 else 0.8, items=DRESSED, fresh=False)],
        45,
        unknown=Reason.ITEM_NOT_VISIBLE,
    ),
    Case(
        "S06",
        "passes through",
        marked(zone(ZoneKind.DOFFING, LEFT), zone(ZoneKind.CORRIDOR, RIGHT)),
        lambda t: [staff("PV", 1, 0.2 if t < 10 else 0.8 if t < 20 else 0.2, items=DRESSED)],
        25,
    ),
    Case(
        "S10",
        "two bags and nobody near",
        marked(zone(ZoneKind.WASTE)),
        stand(
            staff("VS", 1, 0.1, items=BARE),
            person(2, 0.6, label=Label.BAG, height=60),
            person(3, 0.61, label=Label.BAG, height=60),
        ),
        20,
    ),
    Case("G01", "walks in", GATE, crossing(), 15, (CRITICAL,)),
    Case("G01", "stops", GATE, lambda t: [person(1, 0.2 if t < 8 else min(0.2 + (t - 8) / 10, 0.9))], 20),
    Case("G01", "staff", GATE, crossing("PV"), 15),
    Case("G01", "intake", replace(GATE, slots=(allday(Activity.INTAKE),)), crossing(), 15),
    Case("G01", "written down a while before", logged(240), crossing(), 15),
    Case("G01", "written down a while after", logged(-240), crossing(), 15),
    Case("G01", "two of two written down", logged(60, 2), party("", ""), 25),
    Case("G01", "two, each written down", logged(60, 1, 1), party("", ""), 25),
    Case("G01", "three of two written down", logged(60, 2), party("", "", ""), 30, (CRITICAL,)),
    Case("G01", "three, and nobody counted", logged(60, None), party("", "", ""), 30),
    Case("G01", "staff use up no entry", logged(60, 1), party("PV", ""), 25),
    Case("G01", "written down long before", logged(400), crossing(), 15, (CRITICAL,)),
    Case("G02", "empty", marked(zone(ZoneKind.GUARD_POST)), stand(), 400, (HIGH,)),
    Case("G02", "empty for a while", marked(zone(ZoneKind.GUARD_POST)), stand(), 200, (ASSIST,)),
    Case("G02", "manned", marked(zone(ZoneKind.GUARD_POST)), stand(staff("BV", 1)), 400),
    Case("G02", "only a quarantined person", marked(zone(ZoneKind.GUARD_POST)), stand(q(1)), 400, (HIGH,)),
    Case("G03", "drives through", marked(zone(ZoneKind.VEHICLE_DISINFECTION, LANE)), drive(0), 15, (MEDIUM,)),
    Case("G03", "stops", marked(zone(ZoneKind.VEHICLE_DISINFECTION, LANE)), drive(15), 30),
    Case(
        "G03",
        "was not seen driving in",
        marked(zone(ZoneKind.VEHICLE_DISINFECTION, LEFT)),
        drive(0),
        15,
        unknown=Reason.OCCLUDED,
    ),
    Case(
        "G03",
        "other zones do not matter",
        marked(zone(ZoneKind.VEHICLE_DISINFECTION, RIGHT), zone(ZoneKind.GATE, LEFT)),
        drive(0),
        7,
    ),
    Case("G04", "loiters by day", BY_DAY, stand(person(1, 0.2)), 80, (HIGH,)),
    Case("G04", "stays a little by day", BY_DAY, stand(person(1, 0.2)), 45),
    Case("G04", "stays a little at night", FENCE, stand(person(1, 0.2)), 45, (HIGH,)),
    Case("G04", "stays a moment at night", FENCE, stand(person(1, 0.2)), 20),
    Case("G04", "passes", FENCE, walk(1, 0.1, 0.3, 10), 10),
    Case("G04", "climbs", FENCE, stand(person(1, 0.5)), 8, (HIGH,)),
    Case("G04", "no line", marked(zone(ZoneKind.FENCE)), stand(person(1, 0.5)), 8),
)


def pace(length: float) -> float:
    """Pictures a second: what lasts long is seen as well in fewer of them (no rule may depend on it)."""
    return 3 if length < 15 else 2 if length < 25 else 1 if length < 150 else 0.5 if length < 500 else 0.2


def play(case: Case) -> tuple[list[Event], list[Reason]]:
    """The last message of each episode of the rule, and the reasons for which it could not tell."""
    judge = engine(only(case.where, case.rule))
    events: list[Event] = []
    for each in case.scenes or played(case.script, case.length, pace(case.length)):
        events += judge.step(each)
    last = {event.id: event for event in events if event.rule == case.rule}
    tally = next(tally for tally in judge.tallies() if tally.rule == case.rule)
    return list(last.values()), [reason for reason, _ in tally.votes.unknown]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    events, unknown = play(case)
    assert tuple(event.severity for event in events) == case.opens
    if case.unknown is not None:
        assert case.unknown in unknown


def test_doors_that_stand_open_are_named() -> None:
    (case,) = [case for case in CASES if case.rule == "Q10" and case.opens]
    assert [measure.name for measure in play(case)[0][0].measures] == ["duration", "door:101", "door:102"]


def test_every_rule_of_cameras_is_tried_violating_and_compliant() -> None:
    rules = {entry.id for entry in CATALOGUE.values() if entry.level is Level.CAMERA}
    assert {RuleId(case.rule) for case in CASES if case.opens} == rules
    assert {RuleId(case.rule) for case in CASES if not case.opens and case.unknown is None} == rules


def test_a_bag_left_for_half_a_day() -> None:
    where = replace(
        marked(zone(ZoneKind.WASTE)), rules=(RuleSetting(RuleId("S10"), thresholds=(("left.min_duration_s", 60.0),)),)
    )
    case = Case("S10", "left", where, stand(person(1, label=Label.BAG, height=60)), 80, (MEDIUM,))
    assert tuple(event.severity for event in play(case)[0]) == (MEDIUM,)
    assert (
        play(
            replace(
                case, where=marked(zone(ZoneKind.YARD), zone(ZoneKind.WASTE, LEFT)), script=stand(person(1, 0.8, label=Label.BAG))
            )
        )[0]
        == []
    )


def test_roommates_may_be_close_and_gather() -> None:
    """Four people out of one door, who do not hide that three strangers gather."""
    where = marked(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.4),), calibrated=True)
    script = lambda t: [person(k, 0.4 + 0.02 * k, 0.1 + min(t / 10, 0.4)) for k in range(1, 5)]  # noqa: E731
    assert [event.rule for event in engine_events(where, script) if event.rule in {"Q06", "Q07"}] == []
    beside = lambda t: [*script(t), person(5, 0.1), *(person(k, 0.7 + 0.03 * k, 0.9) for k in range(6, 9))]  # noqa: E731
    (gathered,) = [event for event in engine_events(where, beside) if event.rule == "Q07" and event.change.value == "opened"]
    assert gathered.tracks == (6, 7, 8)
    strangers = lambda t: [person(k, 0.32 + 0.02 * k, 0.5) for k in range(1, 4)]  # noqa: E731
    assert {event.rule for event in engine_events(where, strangers)} >= {"Q06", "Q07"}


def test_households_may_be_close() -> None:
    where = marked(
        zone(ZoneKind.CORRIDOR),
        doors=(door("101", 0.4), door("102", 0.5)),
        calibrated=True,
        roommates=(frozenset({"101", "102"}),),
    )
    script = lambda t: [q(1, 0.47, 0.1 + min(t / 10, 0.4)), q(2, 0.53, 0.1 + min(t / 10, 0.4))]  # noqa: E731
    assert [event.rule for event in engine_events(where, script) if event.rule == "Q06"] == []
    apart = replace(where, roommates=())
    assert "Q06" in {event.rule for event in engine_events(apart, script)}


def test_people_who_part_are_compliant_even_far_apart() -> None:
    script = lambda t: [q(1, 0.4), q(2, 0.46 if t < 80 else 0.9)]  # noqa: E731
    events = [event for event in engine_events(FLOOR, script, 200) if event.rule == "Q06"]
    assert [event.change.value for event in events] == ["opened", "escalated", "closed"]


def lasted(event: Event) -> float:
    return next(measure.value for measure in event.measures if measure.name == "duration")


def test_a_moment_of_closeness_in_the_cool_down_does_not_make_the_event_longer() -> None:
    script = lambda t: [q(1, 0.4), q(2, 0.46 if t < 65 or 84 < t < 86 else 0.9)]  # noqa: E731
    (closed,) = [event for event in engine_events(FLOOR, script, 140, ("Q06",)) if event.change.value == "closed"]
    assert (closed.pts.total_seconds(), lasted(closed)) == (65, 64)


def test_time_in_which_nobody_was_in_view_is_none_of_the_duration() -> None:
    script = lambda t: [q(1, 0.4), q(2, 0.46)] if t < 40 or t >= 60 else []  # noqa: E731
    judge = engine(only(FLOOR, "Q06"))
    for each in played(script, 90, 1):
        judge.step(each)
    (lost,) = judge.finish(START, timedelta(0))
    assert (lost.severity, lasted(lost)) == (MEDIUM, 39 + 30)


def test_doubtful_distances_are_not_told() -> None:
    """Far from the camera the floor is so foreshortened that metres cannot be read off."""
    vague = replace(
        FLOOR,
        rules=(
            RuleSetting(RuleId("Q07"), thresholds=(("error_m_max", 0.01),)),
            RuleSetting(RuleId("Q06"), thresholds=(("error_m_max", 0.01),)),
        ),
    )
    judge = engine(vague)
    for each in played(stand(person(1, 0.4), person(2, 0.46), person(3, 0.52)), 10):
        assert judge.step(each) == ()
    unknown = {tally.rule: dict(tally.votes.unknown) for tally in judge.tallies()}
    assert Reason.NO_CALIBRATION in unknown[RuleId("Q06")]
    assert Reason.NO_CALIBRATION in unknown[RuleId("Q07")]


def test_a_doubtful_distance_in_a_crowd_is_put_down_to_the_crowd() -> None:
    vague = replace(FLOOR, rules=(RuleSetting(RuleId("Q06"), thresholds=(("error_m_max", 0.01),)),))
    crowd = stand(person(1, 0.4), person(2, 0.46), person(3, 0.41, 0.6))  # the third stands before the first one's feet
    judge = engine(vague)
    for each in played(crowd, 5):
        judge.step(each)
    unknown = {tally.rule: dict(tally.votes.unknown) for tally in judge.tallies()}[RuleId("Q06")]
    assert unknown[Reason.CROWD] > 0
    assert unknown[Reason.NO_CALIBRATION] > 0  # the second and third, before whose feet nobody stands


@pytest.mark.parametrize(("rule", "later"), [("Q01", Reason.LOW_CONFIDENCE), ("S02", Reason.ITEM_NOT_VISIBLE)])
def test_somebody_who_has_only_just_come_may_not_have_been_looked_at(rule: str, later: Reason) -> None:
    codes = {"Q01": "", "S02": "PV"}
    judge = engine(marked(zone(ZoneKind.CORRIDOR)))
    for each in played(stand(person(1, mask=None, markers=(codes[rule],))), 4):
        judge.step(each)
    unknown = {tally.rule: dict(tally.votes.unknown) for tally in judge.tallies()}[RuleId(rule)]
    assert unknown == {Reason.TRACK_SHORT: 10, later: 11}


def test_a_corridor_door_of_staff_makes_staff() -> None:
    where = marked(zone(ZoneKind.CORRIDOR), doors=(door("staff", 0.0, DoorKind.STAFF),))
    script = lambda t: [person(1, 0.05, 0.1 + min(t / 10, 0.4), mask=NONE)]  # noqa: E731
    assert [event.rule for event in engine_events(where, script, 10, ("Q01", "S01")) if event.change.value == "opened"] == ["S01"]


def test_every_kind_of_rule_is_registered_and_used() -> None:
    used = {type(clause.rule) for entry in CATALOGUE.values() for clause in entry.clauses}
    assert used == set(RULES.values())


def engine_events(where: Site, script: Script, length: float = 90, rules: Sequence[str] = ("Q06", "Q07")) -> list[Event]:
    judge = engine(only(where, *rules))
    return [event for each in played(script, length, pace(length)) for event in judge.step(each)]


def test_tracks_of_a_pair_are_both_in_the_event() -> None:
    event = next(event for event in engine_events(FLOOR, stand(q(1, 0.4), q(2, 0.46))) if event.rule == "Q06")
    assert event.tracks == (TrackId(1), TrackId(2))
    assert event.subject.key == "pair:1-2"
