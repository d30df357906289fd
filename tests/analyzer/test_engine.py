"""What the engine promises whatever the rules are; rule Q01 stands for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.catalogue import CATALOGUE
from analyzer.cue import Cue
from analyzer.entry import Entry, Level
from analyzer.errors import ForeignScene, InvalidSite, OutOfOrder
from analyzer.site import FORBIDDEN_KINDS, RuleSetting, Side
from analyzer.types import CameraId, MaskState, Observation, Reason, RuleId, Scene, TrackId, Votes, ZoneKind
from analyzer.witness import Witness
from tests.analyzer.scenes import (
    CAMERA,
    LEFT,
    RIGHT,
    door,
    engine,
    line,
    only,
    opened,
    person,
    played,
    run,
    scene,
    seconds,
    site,
    told,
    zone,
)
from tests.thorough import examples

CORRIDOR = only(site(zone(ZoneKind.CORRIDOR)), "Q01")
N, W, U = MaskState.NONE, MaskState.WORN, MaskState.NOT_VISIBLE

states = st.lists(st.tuples(st.sampled_from([N, N, W, U]), st.integers(1, 20)), max_size=5).map(
    lambda stretches: [mask for mask, length in stretches for _ in range(length)]
)
"""Stretches long enough to open and to end an episode, and single readings between them."""
few = examples(8)


def spelled(spelling: str, fps: float = 5) -> list[Scene]:
    """One person whose mask state is spelled: n none, w worn, u not visible, - not in view."""
    letters = {"n": N, "w": W, "u": U}
    return [scene(i / fps, [person(1, mask=letters[letter])] if letter in letters else []) for i, letter in enumerate(spelling)]


def then(scenes: list[Scene], letter: str, length: int) -> list[Scene]:
    """The same, and then one state for so many seconds, seen once in each."""
    since = scenes[-1].frame.pts.total_seconds()
    (last,) = spelled(letter)
    return [*scenes, *(replace(last, frame=scene(since + k).frame) for k in range(1, length + 1))]


def of_states(masks: list[MaskState], fps: float = 5) -> list[Scene]:
    return [scene(i / fps, [person(1, mask=mask)]) for i, mask in enumerate(masks)]


def test_opens_when_enough_violation_was_seen_and_closes_when_compliance_was() -> None:
    assert told(run(CORRIDOR, then(spelled("n" * 50 + "w" * 30), "w", 70))) == [("Q01", "opened", 3.0), ("Q01", "closed", 10.6)]


def test_a_violation_that_leaves_the_picture_is_lost_where_last_seen() -> None:
    assert told(run(CORRIDOR, then(spelled("n" * 50), "-", 70))) == [("Q01", "opened", 3.0), ("Q01", "lost", 9.8)]


def test_the_end_of_the_stream_loses_what_is_open() -> None:
    assert told(run(CORRIDOR, spelled("n" * 50))) == [("Q01", "opened", 3.0), ("Q01", "lost", 9.8)]


def test_the_end_of_the_stream_closes_what_had_become_compliant() -> None:
    assert told(run(CORRIDOR, spelled("n" * 50 + "w" * 30))) == [("Q01", "opened", 3.0), ("Q01", "closed", 10.6)]


def test_violation_within_the_cool_down_is_the_same_act() -> None:
    events = run(CORRIDOR, then(spelled("n" * 50 + "w" * 100 + "n" * 50 + "w" * 30), "w", 70))
    assert told(events) == [("Q01", "opened", 3.0), ("Q01", "closed", 40.6)]
    # A few readings pass at each change until what is new is believed.
    assert events[-1].votes == Votes(violating=98, compliant=97, unknown=((Reason.LOW_CONFIDENCE, 6),))


def test_violation_after_the_cool_down_is_another_act() -> None:
    events = run(CORRIDOR, then(then(spelled("n" * 50 + "w" * 30), "w", 70), "n", 20))
    assert [change for _, change, _ in told(events)] == ["opened", "closed", "opened", "lost"]
    assert len({event.id for event in events}) == 2


def test_what_is_seen_again_after_a_gap_longer_than_the_cool_down_is_another_act() -> None:
    soon = RuleSetting(RuleId("Q07"), thresholds=(("min_duration_s", 8.0),))
    where = replace(only(site(zone(ZoneKind.CORRIDOR)), "Q07"), rules=(soon,))
    gathered = [person(k, 0.4 + 0.03 * k) for k in range(3)]
    seen = [scene(begin + t, gathered) for begin in (0, 3600) for t in range(20)]
    events = [event for event in run(where, seen) if event.rule == "Q07"]
    assert [change for _, change, _ in told(events)] == ["opened", "lost", "opened", "lost"]
    assert len({event.id for event in events}) == 2
    assert events[1].pts == timedelta(seconds=19)


@pytest.mark.parametrize(("gap", "changes"), [(50, ["opened", "lost"]), (70, ["opened", "closed", "opened", "lost"])])
def test_an_ended_act_is_resumed_over_a_gap_within_the_cool_down_only(gap: int, changes: list[str]) -> None:
    before = spelled("n" * 50 + "w" * 30)
    after = [scene(15.8 + gap + k / 5, [person(1, mask=N)]) for k in range(50)]
    assert [change for _, change, _ in told(run(CORRIDOR, [*before, *after]))] == changes


def test_glances_away_do_not_keep_an_episode_open() -> None:
    assert told(run(CORRIDOR, then(spelled("n" * 50 + "wu" * 20), "w", 70))) == [("Q01", "opened", 3.0), ("Q01", "closed", 11.2)]


def test_compliance_must_last_as_long_as_the_site_asks() -> None:
    strict = replace(CORRIDOR, rules=(RuleSetting(RuleId("Q01"), thresholds=(("clear_s", 9.0),)),))
    assert told(run(strict, spelled("n" * 20 + "w" * 40)))[-1] == ("Q01", "lost", 3.8)
    assert told(run(strict, spelled("n" * 20 + "w" * 60)))[-1][1] == "closed"


def test_one_wrong_reading_in_the_cool_down_resumes_nothing() -> None:
    assert told(run(CORRIDOR, then(spelled("n" * 50 + "w" * 60 + "n" + "w" * 20), "w", 70)))[-1] == ("Q01", "closed", 10.6)


def test_a_flicker_opens_nothing() -> None:
    assert run(CORRIDOR, spelled("nw" * 75)) == []


def test_silence_is_not_evidence() -> None:
    assert run(CORRIDOR, spelled("n" * 10 + "u" * 60 + "n" * 10)) == []


def test_unknown_is_counted_by_reason() -> None:
    event = run(CORRIDOR, spelled("nnu" * 20))[0]
    assert event.votes.unknown == ((Reason.FACE_AWAY, event.votes.violating // 2),)


def test_an_open_episode_nobody_can_assess_is_lost_at_last() -> None:
    events = run(CORRIDOR, then(spelled("n" * 50), "u", 310), finish=False)
    assert told(events) == [("Q01", "opened", 3.0), ("Q01", "lost", 9.8)]


def test_carried_readings_keep_an_episode_heard_but_are_no_votes() -> None:
    fresh = [scene(i / 5, [person(1, mask=N)]) for i in range(50)]
    carried = [scene(10 + i, [person(1, mask=N, fresh=False)]) for i in range(100)]
    judge = engine(CORRIDOR)
    events = [event for each in fresh + carried for event in judge.step(each)]
    assert [event.change.value for event in events] == ["opened"]
    assert judge.tallies()[0].votes == Votes(violating=50, compliant=0)
    assert run(CORRIDOR, carried) == []


def test_small_heads_support_an_opening_but_never_carry_it() -> None:
    small = [scene(i / 2, [person(1, mask=N, head_px=30)]) for i in range(40)]
    assert run(CORRIDOR, small) == []
    assert opened(run(CORRIDOR, [*small, scene(20, [person(1, mask=N, head_px=45)])])) == ["Q01"]


def test_an_id_switch_does_not_make_a_second_event() -> None:
    walk = played(lambda t: [person(1 if t < 10 else 2, x=0.2 + t / 100, mask=N)], 20)
    events = run(CORRIDOR, walk)
    assert opened(events) == ["Q01"]
    assert events[-1].tracks == (TrackId(1), TrackId(2))


def test_ids_follow_from_run_camera_rule_subject_and_time() -> None:
    first, again = (run(CORRIDOR, spelled("n" * 50))[0] for _ in range(2))
    assert first.id == again.id == "0a5c1865-b269-5ad2-8b75-991efe44aff6"
    assert run(CORRIDOR, spelled("-" + "n" * 50))[0].id != first.id


def test_a_scene_that_goes_back_in_time_is_refused() -> None:
    judge = engine(CORRIDOR)
    judge.step(scene(1))
    with pytest.raises(OutOfOrder, match="not later"):
        judge.step(scene(1))


def test_a_scene_of_another_camera_is_refused() -> None:
    other = replace(scene(0).frame, camera=CameraId("other"))
    with pytest.raises(ForeignScene, match='"other"'):
        engine(CORRIDOR).step(Scene(other))


def test_a_camera_the_site_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidSite, match='camera "other"'):
        CORRIDOR.of_camera(CameraId("other"))


@pytest.mark.parametrize(
    ("impairment", "opens"),
    [
        (Reason.TOO_DARK, False),
        (Reason.CAMERA_DOWN, False),
        (Reason.VIEW_SHIFTED, False),
        (Reason.GLARE, True),
    ],
)
def test_an_impaired_picture_is_not_assessable_where_it_matters(impairment: Reason, opens: bool) -> None:
    scenes = [replace(each, impairments=(impairment,)) for each in spelled("n" * 50)]
    judge = engine(CORRIDOR)
    events = [event for each in scenes for event in judge.step(each)]
    assert opened(events, "Q01") == (["Q01"] if opens else [])
    if not opens:
        assert judge.tallies()[0].votes.unknown == ((impairment, 50),)


def test_a_moved_camera_does_not_matter_where_nothing_is_drawn() -> None:
    scenes = [replace(each, impairments=(Reason.VIEW_SHIFTED,)) for each in spelled("n" * 50)]
    assert opened(run(site(), scenes)) == ["Q01"]


def test_people_forgotten_stay_counted() -> None:
    judge = engine(CORRIDOR)
    for track in (1, 2):
        for i in range(10):
            judge.step(scene(track * 1000 + i / 5, [person(track, x=0.3 * track)]))
    judge.step(scene(5000, []))
    first = judge.tallies()[0]
    assert (first.subjects, first.assessed_subjects, first.episodes) == (2, 2, 0)


def test_a_rule_switched_off_is_not_judged() -> None:
    off = replace(CORRIDOR, rules=(RuleSetting(RuleId("Q01"), enabled=False, reason="drill"),))
    assert run(off, spelled("n" * 50)) == []


def test_outside_every_zone_nobody_is_judged() -> None:
    left = site(zone(ZoneKind.CORRIDOR, LEFT))
    assert run(left, played(lambda _: [person(1, x=0.8, mask=N)], 20)) == []


def test_two_crossings_within_the_cool_down_are_one_act() -> None:
    gate = site(zone(ZoneKind.GATE), lines=(line(Side.OUTSIDE, Side.INSIDE),))
    there_and_back = lambda t: [person(1, 0.3 + 0.1 * abs((t % 8) - 4))]  # noqa: E731
    events = [event for event in run(gate, played(there_and_back, 70 + 24)) if event.rule == "G01"]
    assert [event.change.value for event in events] == ["opened", "closed"]
    assert events[-1].votes.violating > 5


def test_a_permitted_act_in_the_cool_down_is_no_part_of_the_other() -> None:
    gate = site(zone(ZoneKind.GATE), lines=(line(Side.OUTSIDE, Side.INSIDE),))
    x = lambda t: 0.3 + t / 10 if t < 4 else 0.7 - (t - 4) / 10 if t < 8 else 0.3 if t < 16 else min(0.3 + (t - 16) / 10, 0.7)  # noqa: E731
    events = [event for event in run(gate, played(lambda t: [person(1, x(t))], 25)) if event.rule == "G01"]
    assert [(event.change.value, event.votes.violating, event.votes.compliant) for event in events] == [
        ("opened", 1, 0),
        ("closed", 1, 0),
    ]


def test_standings_say_how_every_rule_stands() -> None:
    judge = engine(CORRIDOR)
    assert judge.standings() == ()
    for each in spelled("uuw"):
        judge.step(each)
    # Nothing violates: all looks so far are told, with what could not be seen in them.
    assert judge.standings()[0].votes == Votes(0, 1, ((Reason.FACE_AWAY, 2),))
    judge = engine(CORRIDOR)
    for each in spelled("uu" + "n" * 10):
        judge.step(each)
    before = judge.tallies()
    first = judge.standings()[0]
    assert (first.entry.id, first.judgement.verdict.value, first.open) == ("Q01", "violating", False)
    assert first.votes == Votes(10, 0)
    for each in spelled("-" * 12 + "n" * 10)[12:]:
        judge.step(each)
    assert judge.standings()[0].open
    assert judge.standings()[0].votes.violating == 20
    judge.step(replace(scene(30, [person(1, mask=N)]), impairments=(Reason.TOO_DARK,)))
    assert judge.standings()[0].judgement.reason is Reason.TOO_DARK
    assert judge.tallies()[0].votes.violating == before[0].votes.violating + 10


def test_pairs_of_whom_one_left_are_lost() -> None:
    floor = site(zone(ZoneKind.CORRIDOR), calibrated=True)
    events = run(floor, played(lambda t: [person(1, 0.4), *([person(2, 0.46)] if t < 80 else [])], 200, fps=1), finish=False)
    assert [event.change.value for event in events if event.rule == "Q06"] == ["opened", "escalated", "lost"]


def test_pairs_forgotten_stay_counted() -> None:
    floor = site(zone(ZoneKind.CORRIDOR), calibrated=True)
    judge = engine(floor)
    for each in played(lambda t: [person(1, 0.4), person(2, 0.46)] if t < 5 else [], 10):
        judge.step(each)
    judge.step(scene(2000))
    subjects = {tally.rule: tally.subjects for tally in judge.tallies()}
    assert (subjects[RuleId("Q06")], subjects[RuleId("Q07")]) == (1, 1)


# --- properties ----------------------------------------------------------------------------------


@few
@given(states, st.integers(0, 10**6))
def test_a_shift_in_time_shifts_the_events(masks: list[MaskState], shift: int) -> None:
    by = seconds(shift)
    scenes = of_states(masks)
    shifted = [replace(each, frame=replace(each.frame, at=each.frame.at + by)) for each in scenes]
    expected = [replace(event, at=event.at + by, since=event.since + by) for event in run(CORRIDOR, scenes)]
    assert run(CORRIDOR, shifted) == expected


@few
@given(st.lists(st.tuples(st.sampled_from([N, W]), st.integers(5, 6)), max_size=4))
def test_the_frame_rate_does_not_change_what_is_found(stretches: list[tuple[MaskState, int]]) -> None:
    def scenes(fps: int) -> list[Scene]:
        masks = [mask for mask, length in stretches for _ in range(length * fps)]
        return of_states(masks, fps)

    slow, fast = (told(run(CORRIDOR, scenes(fps))) for fps in (3, 5))
    assert [event[:2] for event in slow] == [event[:2] for event in fast]
    assert all(abs(a[2] - b[2]) <= 0.6 for a, b in zip(slow, fast, strict=True))


@few
@given(st.lists(st.lists(st.sampled_from([N, W, U]), min_size=3, max_size=3), max_size=40), st.permutations(range(3)))
def test_the_order_of_detections_does_not_matter(masks: list[list[MaskState]], order: list[int]) -> None:
    def people(row: list[MaskState]) -> list[Observation]:
        return [person(i + 1, x=0.2 + 0.3 * i, mask=mask) for i, mask in enumerate(row)]

    straight = [scene(i / 5, people(row)) for i, row in enumerate(masks)]
    mixed = [replace(each, observations=tuple(each.observations[i] for i in order)) for each in straight]
    assert run(CORRIDOR, straight) == run(CORRIDOR, mixed)


@few
@given(states, st.integers(0, 60))
def test_the_future_does_not_change_the_past(masks: list[MaskState], cut: int) -> None:
    scenes = of_states(masks)
    before = run(CORRIDOR, scenes[:cut], finish=False)
    assert run(CORRIDOR, scenes, finish=False)[: len(before)] == before


@few
@given(st.lists(st.sampled_from([U, W]), max_size=120))
def test_unknown_never_opens(masks: list[MaskState]) -> None:
    assert run(CORRIDOR, of_states(masks)) == []


@few
@given(states)
def test_every_episode_opens_once_and_ends_once(masks: list[MaskState]) -> None:
    events = run(CORRIDOR, of_states(masks))
    for name in {event.id for event in events}:
        changes = [event.change.value for event in events if event.id == name]
        assert changes[0] == "opened"
        assert changes[1:] in (["closed"], ["lost"])


@few
@given(states)
def test_a_larger_zone_finds_whatever_the_smaller_one_finds(masks: list[MaskState]) -> None:
    scenes = [replace(each, observations=(replace(each.observations[0]),)) for each in of_states(masks)]
    smaller = site(zone(ZoneKind.CORRIDOR, ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))))
    assert [event[:2] for event in told(run(smaller, scenes))] == [event[:2] for event in told(run(CORRIDOR, scenes))]


def test_an_unknown_camera_makes_no_engine() -> None:
    assert CAMERA == "cam"
    with pytest.raises(InvalidSite):
        site().camera(CameraId("nowhere"))


def test_times_of_messages_are_those_of_the_stream() -> None:
    event = run(CORRIDOR, spelled("n" * 50))[0]
    assert event.at - event.since == event.pts - event.since_pts == timedelta(seconds=3)


@pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE.values() if entry.level is Level.CAMERA], ids=lambda entry: entry.id
)
def test_only_rules_that_watch_places_speak_of_an_empty_picture(entry: Entry) -> None:
    everywhere = site(
        *(zone(kind) for kind in ZoneKind if kind not in FORBIDDEN_KINDS),
        doors=(door("a", 0.1, facing=("b",)), door("b", 0.5)),
        lines=(line(Side.RED, Side.CLEAN),),
        calibrated=True,
    )
    empty = Witness(everywhere, {}).look(scene(0))
    assert empty.cues == Cue.PLACES
    for clause in entry.clauses:
        assert bool(list(clause.rule.judge(empty))) is (clause.rule.cue is Cue.PLACES)


def test_an_empty_picture_still_ends_what_is_open_and_counts_posts() -> None:
    post = site(zone(ZoneKind.CORRIDOR, LEFT), zone(ZoneKind.GUARD_POST, RIGHT))
    judge = engine(post)
    events = [
        event
        for each in [*(scene(i / 5, [person(1, 0.2, mask=N)]) for i in range(50)), *map(scene, range(10, 400))]
        for event in judge.step(each)
    ]
    assert [(event.rule, event.change.value) for event in events] == [
        ("Q01", "opened"),
        ("Q01", "lost"),
        ("G02", "opened"),
        ("G02", "escalated"),
    ]
    assert {tally.rule: tally.votes.total for tally in judge.tallies()}["G02"] == 50 + 390


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("", False),
        ("w" * 20, False),
        ("u" * 20, False),
        ("nnn", True),  # too few instants yet
        ("n" * 10, True),  # 1.8 of 3 s
        ("n" * 30, False),  # the episode is open
        ("n" * 10 + "-" * 15, False),  # nobody is there about whom to decide
        ("n" * 8 + "w" * 14 + "n" * 12, True),  # for and against
        ("nw" * 15, False),  # readings that contradict one another for so long: another look tells nothing
        ("n" * 30 + "w" * 8, True),  # the mask may have been put on
        ("n" * 30 + "ww" + "n", False),  # no more than a misreading
        ("n" * 30 + "w" * 40, False),  # it was
        ("n" * 30 + "w" + "-" * 15, False),
    ],
)
def test_it_is_undecided_while_the_next_instants_may_turn_something(spelling: str, *, expected: bool) -> None:
    judge = engine(CORRIDOR)
    for one in spelled(spelling):
        judge.step(one)
    assert judge.undecided() is expected


def test_a_long_stretch_is_undecided_at_its_beginning_and_near_its_end() -> None:
    judge = engine(replace(CORRIDOR, rules=(RuleSetting(RuleId("Q01"), thresholds=(("min_duration_s", 20.0),)),)))
    undecided = []
    for one in spelled("n" * 101):
        judge.step(one)
        undecided.append(judge.undecided())
    assert undecided.index(False) == 4  # with the fifth instant
    assert undecided.index(True, 4) == 90  # 18 s: two are left
    assert undecided[-1] is False  # it is open
