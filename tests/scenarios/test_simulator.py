"""The simulator itself: its camera, its people, its noise, its score."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from analyzer.ground import Ground, distance
from analyzer.types import Label, MaskState, Reason, Role, RuleId
from tests.scenarios import stages
from tests.scenarios.actors import Course, Way, bag, resident, staff
from tests.scenarios.noise import CLEAN, Band, realistic
from tests.scenarios.optics import HEIGHT, WIDTH, Pinhole, covered
from tests.scenarios.repertoire import script
from tests.scenarios.scoring import Board, Found
from tests.scenarios.script import Kind, Script, act
from tests.scenarios.shooting import Footage, shoot

RULE = RuleId("Q01")


def filmed(*actors: object, seconds: float = 10, noise: object = CLEAN) -> Footage:
    scene = Script(RULE, Kind.COMPLIANT, stages.corridor(), tuple(actors), seconds)  # type: ignore[arg-type]
    return shoot(scene, noise, 0)  # type: ignore[arg-type]


def test_the_floor_is_where_the_calibration_says() -> None:
    stage = stages.yard()
    camera = stage.site.cameras[0]
    assert camera.calibration is not None
    ground = Ground(camera, camera.calibration)
    places = [(-2.0, 7.0), (0.5, 9.0), (3.0, 12.0)]
    found = []
    for x, y in places:
        u, v = stage.camera.project(x, y)
        place = ground.locate((u / WIDTH, v / HEIGHT), 0.2)
        assert place is not None
        assert (place.x, place.y) == pytest.approx((x, y), abs=1e-6)
        found.append(place)
    assert distance(found[0], found[1]).metres == pytest.approx(3.2016, abs=1e-3)


def test_heads_shrink_with_distance_as_in_a_pinhole() -> None:
    camera = Pinhole(height=1.6, tilt=0.0, focal=1000.0)
    assert camera.head(0, 5, 1.72).height == pytest.approx(48)
    assert camera.head(0, 10, 1.72).height == pytest.approx(24)
    assert camera.body(0, 5, 1.6).y1 == pytest.approx(HEIGHT / 2)


def test_the_same_seed_gives_the_same_footage() -> None:
    one, two = (shoot(script(RULE, Kind.VIOLATING, 3), realistic(), 3) for _ in range(2))
    assert one == two
    assert one != shoot(script(RULE, Kind.VIOLATING, 3), realistic(), 4)


def test_who_stands_behind_somebody_is_not_seen_and_comes_back_as_a_new_track() -> None:
    front = resident("front", Way(0.0, 1.4, 4.0).wait(2).to(0.0, 4.0).wait(4).to(1.4, 4.0), tall=1.8)
    back = resident("back", Way(0.0, 0.0, 5.0).wait(12), tall=1.55)
    footage = filmed(front, back, seconds=12)
    tracks = [{footage.names[o.track.id] for o in scene.observations} for scene in footage.scenes]
    assert tracks[0] == {"front", "back"}
    assert {"front"} in tracks
    assert list(footage.names.values()).count("back") == 2


def test_readings_follow_size_direction_and_time() -> None:
    way = Way(0.0, 0.0, 4.0).wait(3).to(0.0, 12.0)
    footage = filmed(resident("a", way, mask=Course(MaskState.NONE)), seconds=9)
    masks = [scene.observations[0].mask for scene in footage.scenes]
    assert masks[0] is not None
    assert masks[1] is not None
    assert (masks[0].state, masks[0].fresh, masks[1].fresh) == (MaskState.NONE, True, False)
    away = masks[(5 * 5)]
    assert away is not None
    assert (away.state, away.reason) == (MaskState.NOT_VISIBLE, Reason.FACE_AWAY)


def test_markers_and_labels_are_seen() -> None:
    server = staff("s", Role.ROOM_SERVICE, Way(0.0, 0.0, 5.0).wait(5))
    footage = filmed(server, bag("b", Way(0.0, 0.8, 4.5).wait(5)), seconds=4)
    seen = {footage.names[o.track.id]: o for o in footage.scenes[0].observations}
    assert seen["s"].markers == ("PV1",)
    assert seen["b"].track.label is Label.BAG


def test_noise_errs_as_often_as_it_says() -> None:
    wrong = replace(realistic(), crops=1, head_missed=0.0, missed=0.0)
    one = resident("a", Way(0.0, 0.0, 4.5).wait(2000), mask=Course(MaskState.INCORRECT))
    footage = filmed(one, seconds=1500, noise=wrong)
    fresh = [o.mask for scene in footage.scenes for o in scene.observations if o.mask and o.mask.fresh]
    told = [mask.state for mask in fresh if mask.state is not MaskState.NOT_VISIBLE]
    assert wrong.mask is not None
    expected = wrong.mask[Band.FULL, MaskState.INCORRECT][1]
    assert told.count(MaskState.INCORRECT) / len(told) == pytest.approx(expected, abs=0.05)


def test_outages_leave_gaps_and_a_pushed_camera_is_told() -> None:
    shaken = replace(realistic(), outages_per_minute=2.0, shifts_per_minute=2.0)
    footage = filmed(resident("a", Way(0.0, 0.0, 5.0).wait(200)), seconds=120, noise=shaken)
    times = [scene.frame.pts for scene in footage.scenes]
    assert max(b - a for a, b in pairwise(times)) > timedelta(seconds=1)
    assert any(Reason.VIEW_SHIFTED in scene.impairments for scene in footage.scenes)


def test_an_id_is_given_to_one_person_at_a_time() -> None:
    front = resident("front", Way(0.0, -2.0, 4.0).to(2.0, 4.0).to(-2.0, 4.0).to(2.0, 4.0))
    back = resident("back", Way(0.0, 0.0, 5.0).wait(12))
    footage = filmed(front, back, seconds=10, noise=replace(realistic(), swapped=1.0))
    for scene in footage.scenes:
        tracks = [one.track.id for one in scene.observations]
        assert len(tracks) == len(set(tracks))


def test_the_score_tells_found_missed_false_and_twice() -> None:
    scene = Script(RULE, Kind.VIOLATING, stages.corridor(), (), 60, (act("Q01", 5, 20, "a"), act("Q01", 5, 20, "b")))
    reported = [Found(RULE, 5, 8, 20, frozenset({"a"})), Found(RULE, 12, 15, 20, frozenset({"a"}))]
    reported += [Found(RULE, 40, 45, 50, frozenset({"a"})), Found(RuleId("S01"), 5, 8, 20, frozenset({"a"}))]
    board = Board()
    board.take(scene, reported, "x")
    score = board.rules[RULE]
    assert (score.acts, score.found, score.duplicates, score.false) == (2, 1, 1, 1)
    assert board.rules[RuleId("S01")].false == 1
    assert score.delays == [3]
    assert (score.recall, score.precision, score.per_act) == (0.5, 0.5, 2.0)


def test_covering() -> None:
    camera = Pinhole()
    near, far = camera.body(0, 4, 1.7), camera.body(0, 8, 1.7)
    assert 0.3 < covered(far, near) < 0.4
    assert covered(camera.body(2, 8, 1.7), near) == 0


def test_seeds_differ() -> None:
    assert Random("a").random() != Random("b").random()
    assert script(RULE, Kind.VIOLATING, 1) != script(RULE, Kind.VIOLATING, 2)
