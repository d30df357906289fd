"""From a script to the scenes a camera and the networks would deliver, and to which track was which actor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from analyzer.types import (
    Box,
    DoorReading,
    FrameRef,
    Head,
    Label,
    Observation,
    Presence,
    Reason,
    Scene,
    Track,
    TrackId,
)
from tests.scenarios.actors import Actor
from tests.scenarios.noise import Noise
from tests.scenarios.optics import HEIGHT, WIDTH, covered
from tests.scenarios.readings import Reader
from tests.scenarios.script import BEGIN, CAMERA, Script

_PATIENCE = 2.0
"""The tracker keeps the id of somebody out of sight for this long (seconds), and for two pictures at least."""

_HIDDEN, _HEAD_HIDDEN, _CROSSING = 0.8, 0.5, 0.6


@dataclass(frozen=True, slots=True)
class Footage:
    """``names``: which actor each track id really is (an id that jumped names the one it was given to first)."""

    scenes: tuple[Scene, ...]
    names: Mapping[TrackId, str]


def shoot(script: Script, noise: Noise, seed: int) -> Footage:
    """Record a script. The same arguments give the same footage on every machine."""
    return _Shooting(script, noise, Random(f"{script.rule}|{script.kind}|{seed}")).record()


@dataclass(slots=True)
class _Sight:
    """What the tracker knows of one actor."""

    reader: Reader
    track: TrackId
    seen: float
    missed_until: float = -1.0


@dataclass(frozen=True, slots=True)
class _Figure:
    """Where one actor truly appears in the picture."""

    actor: Actor
    box: Box
    head: Box | None
    away: bool
    depth: float


class _Shooting:
    def __init__(self, script: Script, noise: Noise, rng: Random) -> None:
        self._script, self._noise, self._rng = script, noise, rng
        self._sights: dict[str, _Sight] = {}
        self._names: dict[TrackId, str] = {}
        self._last = 0
        self._outages = self._stretches(noise.outages_per_minute, noise.outage_s)
        self._shifts = self._stretches(noise.shifts_per_minute, noise.shift_s)
        self._crossed: set[frozenset[str]] = set()
        self._walls = [self._wall(*one) for one in script.furniture]

    def record(self) -> Footage:
        scenes = tuple(self._scene(index, t) for index, t in enumerate(self._instants()))
        return Footage(scenes, self._names)

    def _wall(self, x1: float, x2: float, y: float, tall: float) -> tuple[float, Box]:
        camera = self._script.stage.camera
        (left, bottom), (right, _) = camera.project(x1, y), camera.project(x2, y)
        return y, Box(left, camera.project(x1, y, tall)[1], right, bottom)

    def _stretches(self, per_minute: float, mean: float) -> list[tuple[float, float]]:
        found, t = [], 0.0
        while per_minute > 0:
            t += self._rng.expovariate(per_minute / 60)
            if t >= self._script.seconds:
                break
            found.append((t, t + self._rng.uniform(0.3, 2.0) * mean))
        return found

    def _instants(self) -> Iterator[float]:
        step, last = 1 / self._script.rate, -1.0
        for k in range(int(self._script.seconds * self._script.rate)):
            t = k * step + (self._rng.gauss(0.0, self._noise.jitter_s) if self._noise.jitter_s else 0.0)
            gone = self._noise.dropped and self._rng.random() < self._noise.dropped
            if t <= last or t < 0 or gone or any(start <= t < end for start, end in self._outages):
                continue
            last = t
            yield t

    def _scene(self, index: int, t: float) -> Scene:
        figures = self._figures(t)
        shift = next((start for start, end in self._shifts if start <= t < end), None)
        for figure in figures:  # before anybody is observed: an id is given to one person at a time
            self._maybe_swap(figure, _before(figure, figures))
        trouble = self._script.trouble.at(t)
        if shift is not None and t - shift >= self._noise.shift_told_s:
            trouble = (*trouble, Reason.VIEW_SHIFTED)
        seen = [
            observation
            for figure in figures
            if (observation := self._observe(figure, figures, t, 0.0 if shift is None else self._noise.shift_px)) is not None
        ]
        pts = timedelta(seconds=round(t, 6))
        frame = FrameRef(CAMERA, index, pts, BEGIN + pts, WIDTH, HEIGHT)
        doors = tuple(self._door(name, course.at(t)) for name, course in self._script.doors)
        return Scene(frame, tuple(sorted(seen, key=lambda one: one.track.id)), tuple(dict.fromkeys(trouble)), doors)

    def _door(self, name: str, state: Presence) -> DoorReading:
        if state is Presence.NOT_VISIBLE or self._rng.random() < self._noise.door_unread:
            return DoorReading(name, Presence.NOT_VISIBLE, 0.0)
        if self._rng.random() < self._noise.door_wrong:
            state = Presence.ABSENT if state is Presence.PRESENT else Presence.PRESENT
        return DoorReading(name, state, 0.95)

    def _figures(self, t: float) -> list[_Figure]:
        camera, figures = self._script.stage.camera, []
        for actor in self._script.actors:
            visit = actor.visit_at(t)
            if visit is None:
                continue
            x, y = visit.at(t)
            head = camera.head(x, y, actor.tall) if actor.label is Label.PERSON else None
            away = actor.facing_away(visit, t)
            figures.append(_Figure(actor, camera.body(x, y, actor.tall, actor.wide), head, away, camera.depth(x, y)))
        return figures

    def _observe(self, figure: _Figure, figures: Sequence[_Figure], t: float, shift: float) -> Observation | None:
        actor, noise, rng = figure.actor, self._noise, self._rng
        box = figure.box
        if box.x2 < 0 or box.x1 > WIDTH or box.y1 > HEIGHT:
            return None
        nearer = _before(figure, figures)
        if max((covered(box, other.box) for other in nearer), default=0.0) > _HIDDEN:
            return None
        sight = self._sights.get(actor.name)
        if self._missed(sight, t):
            return None
        sight = self._track(actor, sight, t)
        tall = box.height
        foot_visible = box.y2 <= HEIGHT
        for depth, wall in self._walls:
            if depth < figure.depth and covered(Box(box.x1, box.y2 - 1, box.x2, box.y2), wall) > 0.5:
                box, foot_visible = Box(box.x1, min(box.y1, wall.y1 - 1), box.x2, wall.y1), False
        box = self._shaken(box, tall, shift)
        head_box = figure.head if figure.head is not None and rng.random() >= noise.head_missed else None
        hidden = head_box is not None and any(covered(head_box, other.box) > _HEAD_HIDDEN for other in nearer)
        head_px = None if head_box is None else head_box.height
        if actor.label is not Label.PERSON:
            return Observation(Track(sight.track, box, actor.label, 0.9), foot_visible=foot_visible)
        items, attire = sight.reader.person(t, tall, away=figure.away)
        return Observation(
            track=Track(sight.track, box, actor.label, 0.9),
            head=None if head_box is None or hidden else Head(_moved(head_box, shift), 0.9),
            mask=sight.reader.mask(t, head_px, away=figure.away, hidden=hidden),
            items=items,
            attire=attire,
            mask_kind=sight.reader.kind(t, head_px, away=figure.away),
            markers=sight.reader.markers(head_px),
            foot_visible=foot_visible,
            child=actor.child,
        )

    def _maybe_swap(self, figure: _Figure, nearer: Sequence[_Figure]) -> None:
        """One walks past in front of another: now and then the tracker exchanges them."""
        for other in nearer:
            pair = frozenset({figure.actor.name, other.actor.name})
            overlap = covered(figure.box, other.box) > _CROSSING
            if not overlap:
                self._crossed.discard(pair)
            elif pair not in self._crossed:
                self._crossed.add(pair)
                mine, theirs = self._sights.get(figure.actor.name), self._sights.get(other.actor.name)
                if mine and theirs and self._rng.random() < self._noise.swapped:
                    mine.track, theirs.track = theirs.track, mine.track

    def _missed(self, sight: _Sight | None, t: float) -> bool:
        noise = self._noise
        if not noise.missed:
            return False
        if sight is None:
            return self._rng.random() < noise.missed
        if t < sight.missed_until:
            return True
        # Runs of misses begin so often that the share of missed instants comes out.
        begin = noise.missed / (noise.missed_run_s * self._script.rate + 1)
        if self._rng.random() < begin:
            sight.missed_until = t + self._rng.expovariate(1 / noise.missed_run_s)
            return True
        return False

    def _track(self, actor: Actor, sight: _Sight | None, t: float) -> _Sight:
        switch = self._noise.switches_per_minute / 60 / self._script.rate
        if sight is None or t - sight.seen > max(_PATIENCE, 2.5 / self._script.rate) or (switch and self._rng.random() < switch):
            self._last += 1
            sight = _Sight(Reader(actor, self._noise, self._rng), TrackId(self._last), t)
            self._sights[actor.name] = sight
            self._names[sight.track] = actor.name
        sight.seen = t
        return sight

    def _shaken(self, box: Box, tall: float, shift: float) -> Box:
        noise, rng = self._noise, self._rng
        if noise.box:
            dx, foot = rng.gauss(0, noise.foot) * tall, rng.gauss(0, noise.foot) * tall
            top, wide = rng.gauss(0, noise.box) * tall, 1 + rng.gauss(0, noise.box)
            centre, half = (box.x1 + box.x2) / 2 + dx, box.width / 2 * abs(wide)
            box = Box(centre - half, box.y1 + top, centre + half, max(box.y2 + foot, box.y1 + top + 1))
        box = _moved(box, shift)
        return replace(box, y2=min(box.y2, float(HEIGHT)), y1=min(box.y1, HEIGHT - 1.0))


def _before(figure: _Figure, figures: Sequence[_Figure]) -> list[_Figure]:
    """The people nearer to the camera."""
    return [other for other in figures if other is not figure and other.depth < figure.depth and other.head is not None]


def _moved(box: Box, shift: float) -> Box:
    return Box(box.x1 + shift, box.y1, box.x2 + shift, box.y2)
