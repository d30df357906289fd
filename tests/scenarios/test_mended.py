"""What simulated scenes brought to light, each once more by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from analyzer.ballot import Ballot, Instant, Vote
from analyzer.types import Attire, AttireReading, Item, MaskReading, MaskState, Need, Observation, Role, Verdict
from analyzer.wearing import wearing
from analyzer.witness import Witness
from tests.scenarios import stages
from tests.scenarios.actors import Actor, Course, Way, bag, resident, stranger
from tests.scenarios.noise import CLEAN
from tests.scenarios.script import BEGIN, CAMERA, Kind, Script, Stage, act
from tests.scenarios.shooting import Footage, shoot

RULE = act("Q01", 0, 0).rule


def filmed(stage: Stage, *actors: Actor, seconds: float = 20) -> Footage:
    return shoot(Script(RULE, Kind.COMPLIANT, stage, actors, seconds), CLEAN, 0)


def watched(stage: Stage, footage: Footage, hidden: tuple[float, float] = (0, 0), renamed_from: float = 1e9) -> Witness:
    """A witness who saw the footage, without the scenes between two seconds and with new track ids from a second on."""
    witness = Witness(stage.site.of_camera(CAMERA), {})
    for scene in footage.scenes:
        second = scene.frame.pts.total_seconds()
        if hidden[0] <= second < hidden[1]:
            continue
        if second >= renamed_from:
            renamed = tuple(replace(o, track=replace(o.track, id=type(o.track.id)(o.track.id + 100))) for o in scene.observations)
            scene = replace(scene, observations=renamed)  # noqa: PLW2901
        witness.look(scene)
    return witness


def test_nobody_goes_missing_while_no_picture_comes() -> None:
    stage = stages.corridor()
    way = Way(0.0, -1.1, 5.7).wait(0.8).to(0.0, 6.0).wait(20)
    witness = watched(stage, filmed(stage, resident("a", way)), hidden=(8, 14), renamed_from=14)
    (person,) = witness._persons.values()
    assert (person.room, person.role.role) == ("101", Role.QUARANTINED)


def test_a_bag_behind_somebody_for_a_minute_is_the_same_bag() -> None:
    stage = stages.corridor()
    footage = filmed(stage, bag("b", Way(0.0, 0.3, 6.0).wait(100)), seconds=80)
    gone = tuple(replace(s, observations=()) if 10 <= s.frame.pts.total_seconds() < 70 else s for s in footage.scenes)
    witness = watched(stage, replace(footage, scenes=gone), renamed_from=70)
    assert {trail.id for trail in witness._known.values()} == {1}


def test_walking_towards_the_camera_is_no_stop() -> None:
    stage = stages.gate()
    witness = watched(stage, filmed(stage, stranger("x", Way(0.0, 2.0, 15.0).to(2.0, 8.0)), seconds=6))
    (trail,) = witness._known.values()
    assert sum(trail.stops.values(), timedelta(0)) < timedelta(seconds=1)


def test_a_wrong_reading_of_clothes_does_not_stick() -> None:
    stage = stages.yard()
    footage = filmed(stage, resident("a", Way(0.0, 0.0, 9.0).wait(20)))
    wrong = AttireReading(Attire.PPE, 0.95)
    first = tuple(replace(o, attire=wrong) for o in footage.scenes[0].observations)
    witness = watched(stage, replace(footage, scenes=(replace(footage.scenes[0], observations=first), *footage.scenes[1:])))
    (person,) = witness._persons.values()
    assert person.role.role is Role.UNKNOWN


def test_a_glance_at_the_mask_is_no_vote_for_the_gown() -> None:
    footage = filmed(stages.corridor(), replace(resident("a", Way(0.0, 0.0, 5.0).wait(5)), wears=Course(frozenset({Item.GOWN}))))
    seen: Observation = footage.scenes[0].observations[0]
    stale = tuple(replace(item, fresh=False) for item in seen.items)
    glance = replace(seen, items=stale, mask=MaskReading(MaskState.WORN, 0.95, 60, 1))
    assert not wearing(glance, frozenset({Need.MASK, Need.GOWN}), 0.6).fresh
    assert wearing(glance, frozenset({Need.MASK}), 0.6).fresh
    assert wearing(seen, frozenset({Need.MASK, Need.GOWN}), 0.6).fresh


def test_what_was_right_before_does_not_outvote_what_is_wrong_now() -> None:
    """A mask worn for a minute and taken off for four seconds was off for four seconds."""
    ballot = Ballot(timedelta(seconds=13), timedelta(seconds=10))
    won = []
    for k in range(160):
        wrong = k >= 150
        instant = Instant(BEGIN + timedelta(seconds=0.4 * k), timedelta(seconds=0.4 * k))
        ballot.cast(Vote(instant, Verdict.VIOLATING if wrong else Verdict.COMPLIANT))
        if wrong:
            won.append(ballot.violation_wins(instant.at, 5, 0.7, timedelta(seconds=3)))
    assert won[:8] == [None] * 8
    assert won[8] is not None
    assert won[8].pts == timedelta(seconds=60)


def test_a_wrong_reading_now_and_then_wins_no_vote() -> None:
    ballot = Ballot(timedelta(seconds=13), timedelta(seconds=10))
    for k in range(300):
        instant = Instant(BEGIN + timedelta(seconds=0.4 * k), timedelta(seconds=0.4 * k))
        wrong = k % 2 == 0
        ballot.cast(Vote(instant, Verdict.VIOLATING if wrong else Verdict.COMPLIANT))
        if wrong:
            assert ballot.violation_wins(instant.at, 5, 0.7, timedelta(seconds=3)) is None
