"""What one camera remembers of people: places, crossings, take-overs, departures, what they wore."""

from __future__ import annotations

from dataclasses import replace

from analyzer.layout import foot_of
from analyzer.moment import Moment
from analyzer.privacy import forbidden_areas, withhold
from analyzer.site import Side, Site
from analyzer.types import Attire, Box, Item, Label, Observation, Presence, Thing, Track, TrackId, ZoneKind
from analyzer.witness import Witness
from tests.analyzer.scenes import CAMERA, HEIGHT, LEFT, RIGHT, WIDTH, Script, door, line, person, played, run, scene, site, zone

HALVES = site(zone(ZoneKind.CORRIDOR, LEFT), zone(ZoneKind.YARD, RIGHT))


def moments(where: Site, script: Script, length: float, fps: float = 5) -> list[Moment]:
    witness = Witness(where, {})
    return [witness.look(each) for each in played(script, length, fps)]


def kinds(moment: Moment) -> list[str]:
    return [zone.kind.value for zone in moment.people[0].zones]


def test_a_foot_that_flickers_at_a_border_stays_where_it_was() -> None:
    seen = moments(HALVES, lambda t: [person(1, 0.49 if round(t * 5) % 2 else 0.51)], 10)
    assert {kind for moment in seen for kind in kinds(moment)} == {kinds(seen[0])[0]}


def test_a_zone_is_left_after_a_moment_on_the_other_side() -> None:
    seen = moments(HALVES, lambda t: [person(1, 0.4 if t < 2 else 0.6)], 4)
    left = [moment for moment in seen if moment.people[0].left]
    assert [kinds(moment) for moment in (seen[0], seen[11], seen[-1])] == [["corridor"], ["corridor"], ["yard"]]
    assert len(left) == 1
    assert left[0].people[0].left[0].zone.kind is ZoneKind.CORRIDOR


def test_the_smallest_zone_comes_first() -> None:
    inner = zone(ZoneKind.GUARD_POST, ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)))
    assert kinds(moments(site(zone(ZoneKind.YARD), inner), lambda _: [person(1)], 0)[0]) == ["guard_post", "yard"]


def crossings(where: Site, script: Script, length: float = 10) -> list[tuple[Side, Side]]:
    return [(c.origin, c.target) for moment in moments(where, script, length) for p in moment.people for c in p.crossed]


LINED = site(lines=(line(Side.RED, Side.CLEAN),))


def test_a_crossing_is_told_once_with_its_direction() -> None:
    assert crossings(LINED, lambda t: [person(1, 0.2 + t / 20)]) == [(Side.RED, Side.CLEAN)]
    assert crossings(LINED, lambda t: [person(1, 0.8 - t / 20)]) == [(Side.CLEAN, Side.RED)]


def test_a_step_over_the_line_and_back_is_no_crossing() -> None:
    assert crossings(LINED, lambda t: [person(1, 0.51 if 4 < t < 4.3 else 0.45)]) == []


def test_going_round_the_end_of_a_line_is_no_crossing() -> None:
    short = replace(line(Side.RED, Side.CLEAN), points=((0.5, 1.0), (0.5, 0.6)))
    assert crossings(site(lines=(short,)), lambda t: [person(1, 0.2 + t / 20, 0.3)]) == []


def test_standing_on_the_line_tells_no_side() -> None:
    assert moments(LINED, lambda _: [person(1, 0.5)], 0)[0].people[0].sides == ()
    assert moments(LINED, lambda _: [person(1, 0.2)], 0)[0].people[0].sides == (Side.RED,)


def same_person(script: Script, where: Site = HALVES, length: float = 20) -> list[tuple[int, ...]]:
    """The track ids of everybody in view at the end."""
    return [p.tracks for p in moments(where, script, length)[-1].people]


def switch(gap: float, shift: float = 0.0, **more: object) -> Script:
    """Track 1 until the tenth second, nobody for the gap, then track 2, somewhat aside."""

    def script(t: float) -> list[Observation]:
        if t <= 10:
            return [person(1, 0.3)]
        return [person(2, 0.3 + shift, **more)] if t > 10 + gap else []  # type: ignore[arg-type]

    return script


def test_a_new_track_where_one_was_lost_is_the_same_person() -> None:
    assert same_person(switch(1)) == [(1, 2)]


def test_who_was_seen_for_one_instant_only_is_expected_where_that_was() -> None:
    def script(t: float) -> list[Observation]:
        if t == 0:
            return [person(1, 0.3)]
        return [person(2, 0.32)] if t > 1 else []

    assert same_person(script, length=2) == [(1, 2)]


def test_too_late_too_far_or_too_different_is_another_person() -> None:
    assert same_person(switch(5)) == [(2,)]
    assert same_person(switch(1, 0.4)) == [(2,)]
    assert same_person(switch(1, height=400)) == [(2,)]
    assert same_person(switch(1, label=Label.BAG)) == []


def test_a_bag_hidden_for_a_minute_is_the_same_bag() -> None:
    def bag(track: int) -> Observation:
        return person(track, 0.3, label=Label.BAG, height=60)

    witness = Witness(HALVES, {})
    seen = played(lambda t: [bag(1)] if t < 5 else [bag(2)] if t > 60 else [], 65)
    last = [witness.look(each) for each in seen][-1]
    assert [found.tracks for found in last.bags] == [(1, 2)]


def test_other_clothes_a_step_away_are_another_person_and_on_the_spot_a_misreading() -> None:
    def dressed(x: float) -> list[tuple[int, ...]]:
        return same_person(lambda t: [person(1, 0.3, attire=Attire.PPE)] if t <= 10 else [person(2, x, attire=Attire.STREET)])

    assert dressed(0.38) == [(2,)]
    assert dressed(0.3) == [(1, 2)]


def test_who_vanishes_at_a_door_went_in() -> None:
    where = site(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.25),))
    at_door = lambda t: [person(1, 0.3, 0.1)] if t <= 10 else [person(2, 0.3, 0.1)] if t > 11 else []  # noqa: E731
    assert same_person(at_door, where) == [(2,)]


def test_nobody_goes_in_at_a_door_between_two_pictures() -> None:
    """The recording has a hole, or there is one picture a second: no picture shows the door without them."""
    where = site(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.25),))
    walk = lambda t: [person(1 if t < 5 else 2, 0.3 + 0.01 * max(t - 3, 0), 0.1 + 0.02 * max(t - 3, 0))]  # noqa: E731
    hole = [each for each in played(walk, 12) if not 4 < each.frame.pts.total_seconds() < 6.9]
    for scenes in (hole, played(walk, 12, fps=1)):
        witness = Witness(where, {})
        assert [person.tracks for person in [witness.look(each) for each in scenes][-1].people] == [(1, 2)]


def test_who_is_back_within_moments_did_not_go_in() -> None:
    where = site(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.2),))
    hidden = moments(where, lambda t: [] if 4 <= t < 8 else [person(1, 0.25, 0.1)], 14)
    assert not any(moment.departures for moment in hidden)


def test_two_who_could_have_taken_over_are_not_joined() -> None:
    twins = lambda t: [person(1, 0.3)] if t <= 10 else [person(2, 0.29), person(3, 0.31)]  # noqa: E731
    assert same_person(twins) == [(2,), (3,)]


def test_two_lost_and_found_together_stay_who_they_were() -> None:
    both = lambda t: [person(1, 0.3), person(2, 0.36)] if t <= 10 else [person(4, 0.36), person(3, 0.3)] if t > 11 else []  # noqa: E731
    assert same_person(both) == [(1, 3), (2, 4)]


def test_a_track_that_comes_back_beside_its_heir_was_somebody_else() -> None:
    back = lambda t: [person(1, 0.3)] if t <= 10 else [person(2, 0.32)] if t < 15 else [person(1, 0.3), person(2, 0.32)]  # noqa: E731
    assert same_person(back) == [(1,), (2,)]


def test_departures_are_told_once() -> None:
    where = site(zone(ZoneKind.CORRIDOR), doors=(door("101", 0.25),))
    seen = moments(where, lambda t: [person(1, 0.3, 0.1), person(2, 0.8)] if t < 5 else [], 20)
    assert [d.door.id for moment in seen for d in moment.departures] == ["101"]


def test_a_cut_off_body_stands_at_the_lower_edge() -> None:
    assert foot_of(person(1, 0.5, 1.0), scene(0).frame) == (0.5, 0.998)
    below = Observation(Track(TrackId(1), Box(0, HEIGHT + 1, 10, HEIGHT + 50), Label.PERSON, 0.9))
    assert foot_of(below, scene(0).frame)[1] > 1


def test_a_hidden_foot_is_put_where_a_standing_person_would_have_it() -> None:
    hidden = person(1, 0.5, 0.5, height=100, head_px=60, foot_visible=False)
    assert foot_of(hidden, scene(0).frame)[1] * HEIGHT == 350 + 7 * 60
    headless = replace(hidden, head=None)
    assert foot_of(headless, scene(0).frame)[1] == 0.5


def test_nobody_in_a_forbidden_area_is_kept() -> None:
    where = site(zone(ZoneKind.YARD), zone(ZoneKind.TOILET, LEFT))
    full = scene(0, [person(1, 0.2), person(2, 0.8)])
    assert [one.track.id for one in withhold(full, where).observations] == [2]
    assert withhold(full, site()) is full
    alone = scene(0, [person(2, 0.8)])
    assert withhold(alone, where) is alone
    inside, outside = (Thing(Box(x * WIDTH, 100, x * WIDTH + 50, 300), alone.frame.at) for x in (0.2, 0.8))
    assert withhold(replace(alone, things=(inside, outside)), where).things == (outside,)
    assert forbidden_areas(where, CAMERA) == (LEFT,)


def test_clothes_that_disagree_are_not_told() -> None:
    where = site(zone(ZoneKind.CORRIDOR), lines=(line(Side.CLEAN, Side.RED),))
    mixed = lambda t: [  # noqa: E731
        person(1, 0.2 + t / 15, items={Item.GOWN: Presence.PRESENT if round(t * 5) % 2 else Presence.ABSENT}, attire=Attire.PPE)
    ]
    assert run(where, played(mixed, 10)) == []


def test_stale_readings_do_not_dress_anybody() -> None:
    where = site(zone(ZoneKind.CORRIDOR), lines=(line(Side.CLEAN, Side.RED),))
    stale = lambda t: [person(1, 0.2 + t / 15, items={Item.GOWN: Presence.ABSENT}, attire=Attire.PPE, fresh=False)]  # noqa: E731
    told = [p.gown for moment in moments(where, stale, 10) for p in moment.people if p.crossed]
    assert told == [Presence.NOT_VISIBLE]
