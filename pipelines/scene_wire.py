"""What a line of a scene file must look like: the form is checked where the bytes are read, and records are made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.json import Decoder

from analyzer.types import (
    Attire,
    AttireReading,
    Box,
    CameraId,
    Carried,
    DoorReading,
    FrameRef,
    Head,
    Item,
    ItemReading,
    Label,
    Link,
    MaskKind,
    MaskKindReading,
    MaskReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    Role,
    Scene,
    Thing,
    Track,
    TrackId,
)

_MICROSECOND = timedelta(microseconds=1)

# A whole number stays one, so that a line is written again as it was.
_Number = Annotated[int, Meta(gt=-(10**9), lt=10**9)] | Annotated[float, Meta(gt=-1e9, lt=1e9)]
_Share = Annotated[int, Meta(ge=0, le=1)] | Annotated[float, Meta(ge=0, le=1)]
_Id = Annotated[int, Meta(gt=-(2**53), lt=2**53)]
_Pixels = Annotated[int, Meta(gt=0)]
_Time = Annotated[datetime, Meta(tz=True)]
_Corners = tuple[_Number, _Number, _Number, _Number]


class _Form(Struct, forbid_unknown_fields=True, gc=False):
    """An object of a line. Keys it does not know are refused: they were written by a newer version."""


class _Head(_Form):
    box: _Corners
    score: _Share


class _Mask(_Form):
    state: MaskState
    p: _Share
    head_px: _Number
    crops: int
    fresh: bool = True
    reason: Reason | None = None


class _Item(_Form):
    item: Item
    state: Presence
    p: _Share
    crops: int
    fresh: bool = True
    reason: Reason | None = None


class _Attire(_Form):
    attire: Attire
    p: _Share
    fresh: bool = True


class _MaskKind(_Form):
    kind: MaskKind
    p: _Share


class _Link(_Form):
    track: _Id
    seen: _Time
    log_odds: _Number
    role: Role | None = None
    p: _Share = 0.0


class _Person(_Form):
    track: _Id
    label: Label
    box: _Corners
    score: _Share
    head: _Head | None = None
    mask: _Mask | None = None
    items: tuple[_Item, ...] = ()
    attire: _Attire | None = None
    mask_kind: _MaskKind | None = None
    markers: tuple[str, ...] = ()
    foot_visible: bool = True
    child: bool = False
    carried: tuple[Carried, ...] = ()
    links: tuple[_Link, ...] = ()


class _Door(_Form):
    door: str
    open: Presence
    p: _Share


class _Thing(_Form):
    box: _Corners
    since: _Time


class _Line(_Form):
    camera: str
    index: _Id
    pts: _Number
    at: _Time
    size: tuple[_Pixels, _Pixels]
    people: tuple[_Person, ...]
    impairments: tuple[Reason, ...] = ()
    doors: tuple[_Door, ...] = ()
    things: tuple[_Thing, ...] = ()


_decoder = Decoder(_Line)


def read_line(line: str | bytes) -> Scene:
    """The scene of a line.

    Raises:
        msgspec.DecodeError: it has not the form of a scene; says where.
        ValueError: it contradicts itself.
    """
    told = _decoder.decode(line)
    people = tuple([_observation(person) for person in told.people])
    if len({person.track for person in told.people}) != len(people):
        raise ValueError("a track is there twice")
    width, height = told.size
    frame = FrameRef(CameraId(told.camera), told.index, _duration(told.pts), told.at.astimezone(UTC), width, height)
    doors = tuple([DoorReading(door.door, door.open, door.p) for door in told.doors])
    things = tuple([Thing(Box(*thing.box), thing.since.astimezone(UTC)) for thing in told.things])
    return Scene(frame, people, told.impairments, doors, things)


def _observation(told: _Person) -> Observation:
    # By position: a day has millions of these, and names cost as much again.
    head, mask, attire, kind = told.head, told.mask, told.attire, told.mask_kind
    return Observation(
        Track(TrackId(told.track), Box(*told.box), told.label, told.score),
        None if head is None else Head(Box(*head.box), head.score),
        None if mask is None else MaskReading(mask.state, mask.p, mask.head_px, mask.crops, mask.fresh, mask.reason),
        tuple([ItemReading(one.item, one.state, one.p, one.crops, one.fresh, one.reason) for one in told.items]),
        None if attire is None else AttireReading(attire.attire, attire.p, attire.fresh),
        None if kind is None else MaskKindReading(kind.kind, kind.p),
        told.markers,
        told.foot_visible,
        told.child,
        told.carried,
        tuple([_link(link) for link in told.links]),
    )


def _link(told: _Link) -> Link:
    return Link(TrackId(told.track), told.seen.astimezone(UTC), told.log_odds, told.role, told.p if told.role else 0.0)


def _duration(seconds: float) -> timedelta:
    return round(seconds * 1_000_000) * _MICROSECOND
