"""Builders: scenes and sites from plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analyzer.catalogue import CATALOGUE
from analyzer.engine import Engine
from analyzer.site import (
    Boundary,
    Calibration,
    Camera,
    Door,
    DoorId,
    DoorKind,
    Facility,
    GroundPoint,
    LineId,
    RuleSetting,
    Side,
    Site,
    Zone,
)
from analyzer.supply import Supply
from analyzer.types import (
    Attire,
    AttireReading,
    Box,
    CameraId,
    Event,
    FacilityId,
    FrameRef,
    Head,
    Item,
    ItemReading,
    Label,
    MaskReading,
    MaskState,
    Observation,
    Point,
    Presence,
    Provenance,
    Reason,
    RunId,
    Scene,
    Track,
    TrackId,
    ZoneId,
    ZoneKind,
)

CAMERA = CameraId("cam")
START = datetime(2021, 6, 11, 1, 0, tzinfo=UTC)
PROVENANCE = Provenance(RunId("run"), "0" * 64, "test")
WIDTH, HEIGHT = 1600, 900
EVERYTHING = frozenset(Supply)

WHOLE: tuple[Point, ...] = ((0, 0), (1, 0), (1, 1), (0, 1))
LEFT: tuple[Point, ...] = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
RIGHT: tuple[Point, ...] = ((0.5, 0), (1, 0), (1, 1), (0.5, 1))

TOP_DOWN = Calibration(
    tuple(GroundPoint(image, (image[0] * 16, image[1] * 9)) for image in ((0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5))), 0.002
)
"""A floor seen straight from above, 16 m by 9 m: one metre is 100 px."""


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def person(
    track: int,
    x: float = 0.5,
    y: float = 0.5,
    *,
    mask: MaskState | None = MaskState.WORN,
    p: float = 0.95,
    head_px: float = 60,
    height: float = 200,
    fresh: bool = True,
    reason: Reason | None = None,
    items: dict[Item, Presence] | None = None,
    attire: Attire | None = None,
    markers: Sequence[str] = (),
    label: Label = Label.PERSON,
    child: bool = False,
    foot_visible: bool = True,
) -> Observation:
    """Somebody whose foot is at (x, y) of the picture; heights in pixels."""
    foot_x, foot_y = x * WIDTH, y * HEIGHT
    box = Box(foot_x - 40, foot_y - height, foot_x + 40, foot_y)
    head = Head(Box(foot_x - 20, foot_y - height, foot_x + 20, foot_y - height + head_px), 0.9)
    if mask is MaskState.NOT_VISIBLE and reason is None:
        reason = Reason.FACE_AWAY
    return Observation(
        Track(TrackId(track), box, label, 0.9),
        head if label is Label.PERSON else None,
        None if mask is None or label is not Label.PERSON else MaskReading(mask, p, head_px, 3, fresh, reason),
        tuple(ItemReading(item, state, p, 3, fresh) for item, state in (items or {}).items()),
        None if attire is None else AttireReading(attire, 0.95),
        markers=tuple(markers),
        child=child,
        foot_visible=foot_visible,
    )


def scene(t: float, people: Iterable[Observation] = (), impairments: Sequence[Reason] = (), **more: object) -> Scene:
    """The scene ``t`` seconds after `START`."""
    pts = timedelta(microseconds=round(t * 1_000_000))
    frame = FrameRef(CAMERA, round(t * 1000), pts, START + pts, WIDTH, HEIGHT)
    return Scene(frame, tuple(people), tuple(impairments), **more)  # type: ignore[arg-type]


def zone(kind: ZoneKind, polygon: Sequence[Point] = WHOLE, name: str = "", **more: object) -> Zone:
    return Zone(ZoneId(name or kind.value), CAMERA, kind, tuple(polygon), **more)  # type: ignore[arg-type]


def door(name: str, x: float, kind: DoorKind = DoorKind.ROOM, facing: Sequence[str] = ()) -> Door:
    """A door whose strip is a tenth of the picture wide, at the upper edge."""
    strip = ((x, 0), (x + 0.1, 0), (x + 0.1, 0.2), (x, 0.2))
    return Door(DoorId(name), CAMERA, kind, strip, name if kind is DoorKind.ROOM else "", tuple(DoorId(d) for d in facing))


def line(left: Side, right: Side, x: float = 0.5) -> Boundary:
    """A line across the picture from bottom to top: its left is the left half."""
    return Boundary(LineId("line"), CAMERA, ((x, 1), (x, 0)), left, right)


def site(*zones: Zone, calibrated: bool = False, **more: object) -> Site:
    camera = Camera(CAMERA, "Camera", aspect=WIDTH / HEIGHT, calibration=TOP_DOWN if calibrated else None)
    return Site(Facility(FacilityId("f"), "Cơ sở"), (camera,), zones, **more)  # type: ignore[arg-type]


def only(where: Site, *rules: str) -> Site:
    """The site with every other rule switched off: what is tried is the quicker to try, and nothing else can speak."""
    off = tuple(RuleSetting(rule, enabled=False, reason="not tried here") for rule in CATALOGUE if rule not in rules)
    return replace(where, rules=(*where.rules, *off))


def engine(where: Site, **more: object) -> Engine:
    return Engine(where, CAMERA, PROVENANCE, **{"supply": EVERYTHING, **more})  # type: ignore[arg-type]


Script = Callable[[float], Iterable[Observation]]


def played(script: Script, duration: float, fps: float = 5, start: float = 0) -> list[Scene]:
    """One scene an instant: what the script says is in view at that time."""
    return [scene(start + i / fps, script(start + i / fps)) for i in range(round(duration * fps) + 1)]


def run(where: Site, scenes: Iterable[Scene], *, finish: bool = True, **more: object) -> list[Event]:
    """All events of the scenes, and of the end of the stream."""
    judge = engine(where, **more)
    events: list[Event] = []
    last: Scene | None = None
    for last in scenes:
        events += judge.step(last)
    if finish and last is not None:
        events += judge.finish(last.frame.at, last.frame.pts)
    return events


def told(events: Iterable[Event]) -> list[tuple[str, str, float]]:
    """Events as (rule, change, seconds)."""
    return [(event.rule, event.change.value, event.pts.total_seconds()) for event in events]


def opened(events: Iterable[Event], rule: str = "") -> list[str]:
    """The rules of the episodes opened, one an episode."""
    return [event.rule for event in events if event.change.value == "opened" and rule in ("", event.rule)]
