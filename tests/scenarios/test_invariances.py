"""What must not matter to any rule: when, in which order, how often, and from which side of a mirror a scene is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.engine import Engine
from analyzer.site import Boundary, Door, GroundPoint, Site, Zone
from analyzer.types import Box, Event, Head, MaskState, Observation, Point, RuleId, Scene, ZoneKind
from tests.analyzer.scenes import opened, person, run, scene, site, told, zone
from tests.scenarios.noise import CLEAN
from tests.scenarios.repertoire import MAKERS, script
from tests.scenarios.scoring import EVERYTHING, PROVENANCE
from tests.scenarios.script import CAMERA, Kind, Script
from tests.scenarios.shooting import shoot

SLOW = frozenset({"Q01", "Q04", "Q06", "Q07", "G02", "G04", "S07"})
"""Scenes of many minutes: the same machinery is judged in those of the others."""

scripts = st.builds(
    script,
    st.sampled_from([rule for rule in MAKERS if rule not in SLOW]),
    st.sampled_from((Kind.VIOLATING, Kind.BORDERLINE, Kind.COMPLIANT)),
    st.integers(0, 10**6),
)
meetings = st.builds(
    script,
    st.sampled_from([RuleId(name) for name in ("Q07", "Q09", "S08")]),
    st.just(Kind.VIOLATING),
    st.integers(0, 10**6),
)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judged(where: Site, scenes: Sequence[Scene]) -> list[Event]:
    engine = Engine(where, CAMERA, PROVENANCE, EVERYTHING)
    events = [event for each in scenes for event in engine.step(each)]
    return [*events, *engine.finish(scenes[-1].frame.at, scenes[-1].frame.pts)]


def footage(one: Script, seed: int = 0) -> tuple[Scene, ...]:
    return shoot(one, CLEAN, seed).scenes


@few
@given(scripts, st.integers(1, 500))
def test_the_same_week_later_gives_the_same_events_later(one: Script, weeks: int) -> None:
    by, scenes = timedelta(weeks=weeks), footage(one)
    later = [replace(each, frame=replace(each.frame, at=each.frame.at + by)) for each in scenes]
    permits = tuple(replace(permit, start=permit.start + by, end=permit.end + by) for permit in one.stage.site.permits)
    expected = [replace(event, at=event.at + by, since=event.since + by) for event in judged(one.stage.site, scenes)]
    assert judged(replace(one.stage.site, permits=permits), later) == expected


@settings(few, max_examples=4)
@given(meetings, st.randoms(use_true_random=False))
def test_the_order_within_a_picture_does_not_matter(one: Script, chance: object) -> None:
    def mixed(each: Scene) -> Scene:
        people = list(each.observations)
        chance.shuffle(people)  # type: ignore[attr-defined]
        return replace(each, observations=tuple(people), doors=each.doors[::-1])

    scenes = footage(one)
    assert judged(one.stage.site, [mixed(each) for each in scenes]) == judged(one.stage.site, scenes)


@few
@given(scripts)
def test_the_order_of_the_drawings_does_not_matter(one: Script) -> None:
    where, scenes = one.stage.site, footage(one)
    turned = replace(where, zones=where.zones[::-1], doors=where.doors[::-1], lines=where.lines[::-1], slots=where.slots[::-1])
    assert judged(turned, scenes) == judged(where, scenes)


@few
@given(scripts)
def test_twice_as_many_pictures_find_the_same_acts(one: Script) -> None:
    scenes = footage(replace(one, rate=10.0))
    often, seldom = (openings(judged(one.stage.site, each)) for each in (scenes, scenes[::2]))
    assert {key for key, _ in often} == {key for key, _ in seldom}
    times = dict(seldom)
    assert all(abs(times[key] - at) <= 1.0 for key, at in often)


def openings(events: Sequence[Event]) -> list[tuple[tuple[RuleId, str], float]]:
    """The first opening of each rule and subject, and when."""
    first: dict[tuple[RuleId, str], float] = {}
    for event in events:
        first.setdefault((event.rule, event.subject.key), event.pts.total_seconds())
    return list(first.items())


@few
@given(scripts)
def test_a_mirrored_world_gives_the_same_events(one: Script) -> None:
    scenes = footage(one)
    straight = judged(one.stage.site, scenes)
    mirrored = judged(_mirrored_site(one.stage.site), [_mirrored_scene(each) for each in scenes])
    assert [_gist(event) for event in mirrored] == [_gist(event) for event in straight]


def _gist(event: Event) -> tuple[object, ...]:
    return event.id, event.change, event.pts, event.since_pts, event.severity, event.votes, event.zone, event.tracks


def _flipped(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple((1 - x, y) for x, y in points)


def _mirrored_site(where: Site) -> Site:
    def zones(each: Zone) -> Zone:
        return replace(each, polygon=_flipped(each.polygon))

    def doors(each: Door) -> Door:
        return replace(each, strip=_flipped(each.strip))

    def lines(each: Boundary) -> Boundary:
        return replace(each, points=_flipped(each.points), left=each.right, right=each.left)

    camera = where.cameras[0]
    if camera.calibration is not None:
        points = tuple(GroundPoint(*_flipped([one.image]), one.metres) for one in camera.calibration.points)
        camera = replace(camera, calibration=replace(camera.calibration, points=points))
    return replace(
        where,
        cameras=(camera,),
        zones=tuple(map(zones, where.zones)),
        doors=tuple(map(doors, where.doors)),
        lines=tuple(map(lines, where.lines)),
    )


def _mirrored_scene(each: Scene) -> Scene:
    width = each.frame.width

    def box(old: Box) -> Box:
        return Box(width - old.x2, old.y1, width - old.x1, old.y2)

    def observation(old: Observation) -> Observation:
        head = None if old.head is None else Head(box(old.head.box), old.head.score)
        return replace(old, track=replace(old.track, box=box(old.track.box)), head=head)

    return replace(each, observations=tuple(map(observation, each.observations)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 0.95), st.integers(2, 25)), min_size=1, max_size=6),
    st.floats(0.2, 0.45),
    st.floats(0.01, 0.19),
)
def test_a_larger_zone_finds_whatever_the_smaller_one_finds_and_no_later(
    stays: list[tuple[float, int]], edge: float, more: float
) -> None:
    places = [x for x, length in stays for _ in range(length)]
    scenes = [scene(k / 5, [person(1, x, mask=MaskState.NONE)]) for k, x in enumerate(places)]
    small, large = (told(run(site(zone(ZoneKind.CORRIDOR, _strip(left))), scenes)) for left in (edge, edge - more))
    found = [at for _, change, at in small if change == "opened"]
    earlier = [at for _, change, at in large if change == "opened"]
    assert len(earlier) >= min(1, len(found))
    assert not found or earlier[0] <= found[0]


def _strip(left: float) -> tuple[Point, ...]:
    return (left, 0.0), (1 - left, 0.0), (1 - left, 1.0), (left, 1.0)


def test_the_zone_matters_at_all() -> None:
    scenes = [scene(k / 5, [person(1, 0.1, mask=MaskState.NONE)]) for k in range(30)]
    assert opened(run(site(zone(ZoneKind.CORRIDOR, _strip(0.2))), scenes)) == []
    assert opened(run(site(zone(ZoneKind.CORRIDOR, _strip(0.05))), scenes)) == ["Q01"]


def test_the_smaller_of_two_zones_counts_however_they_are_written() -> None:
    scenes = [scene(k / 5, [person(1, 0.5, mask=MaskState.NONE)]) for k in range(30)]
    drawn = zone(ZoneKind.CORRIDOR, _strip(0.1), "large"), zone(ZoneKind.YARD, _strip(0.3), "small")
    assert [event.zone for where in (drawn, drawn[::-1]) for event in run(site(*where), scenes) if event.rule == "Q01"] == [
        "small"
    ] * 4
