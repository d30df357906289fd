from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence import correct
from analyzer.roles import RoleBook, decide, towards_staff
from analyzer.site import Activity, DoorKind, Slot
from analyzer.types import Attire, Carried, Link, Observation, Reason, Role, RoleClaim, TrackId, ZoneKind
from analyzer.witness import Witness
from tests.analyzer.scenes import LEFT, RIGHT, START, Script, door, person, played, scene, seconds, site, zone
from tests.thorough import examples


def claimed(
    where: object, script: Script, length: float = 15, corrections: dict[TrackId, Role] | None = None, fps: float = 4
) -> RoleClaim:
    """The role of the first person after a while."""
    witness = Witness(where, corrections or {})  # type: ignore[arg-type]
    claim = RoleClaim(Role.UNKNOWN, 0)
    for each in played(script, length, fps):
        claim = witness.look(each).people[0].role
    return claim


def staying(**more: object) -> Script:
    return lambda _: [person(1, **more)]  # type: ignore[arg-type]


def from_door(**more: object) -> Script:
    return lambda t: [person(1, 0.05, 0.1 + min(t / 10, 0.6), **more)]  # type: ignore[arg-type]


def at_door(kind: DoorKind) -> object:
    return site(zone(ZoneKind.CORRIDOR), doors=(door("1", 0.0, kind),))


CORRIDOR = site(zone(ZoneKind.CORRIDOR))


def test_nothing_known_is_unknown() -> None:
    assert claimed(CORRIDOR, staying()).role is Role.UNKNOWN
    assert RoleBook().claim.role is Role.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (DoorKind.ROOM, Role.QUARANTINED),
        (DoorKind.STAFF, Role.STAFF),
        (DoorKind.DONNING, Role.STAFF),
        (DoorKind.WC, Role.UNKNOWN),
    ],
)
def test_the_door_somebody_came_out_of_speaks(kind: DoorKind, role: Role) -> None:
    assert claimed(at_door(kind), from_door()).role is role


def test_a_marker_decides_and_is_named() -> None:
    marked = replace(CORRIDOR, markers={"YT-01": Role.MEDICAL})
    claim = claimed(marked, staying(markers=["YT-01", "XX"]))
    assert (claim.role, claim.sources) == (Role.MEDICAL, ("E4:YT-01",))


@pytest.mark.parametrize(("kind", "role"), [(DoorKind.ROOM, Role.MEDICAL), (DoorKind.STAFF, Role.QUARANTINED)])
def test_a_marker_decides_against_the_door_somebody_came_out_of(kind: DoorKind, role: Role) -> None:
    marked = replace(at_door(kind), markers={"M": role})
    assert claimed(marked, from_door(markers=("M",))).role is role


def test_staff_whose_job_is_not_said_can_be_marked_and_placed() -> None:
    assert claimed(replace(CORRIDOR, markers={"NV": Role.STAFF}), staying(markers=["NV"])).role is Role.STAFF
    assert claimed(site(zone(ZoneKind.RECEPTION, desk_side=Role.STAFF)), staying()).sources == ("E2:reception",)


def test_protective_clothing_says_staff_but_not_which() -> None:
    assert claimed(CORRIDOR, staying(attire=Attire.PPE)).role is Role.STAFF


def test_street_clothes_say_something_in_the_red_zone_only() -> None:
    assert claimed(CORRIDOR, staying(attire=Attire.STREET)).sources == ()
    red = site(zone(ZoneKind.CORRIDOR, red=True))
    assert claimed(red, staying(attire=Attire.STREET)).sources == ("E3:attire",)


def test_clothes_not_seen_say_nothing() -> None:
    assert claimed(CORRIDOR, staying(attire=Attire.NOT_VISIBLE)).sources == ()


def test_a_uniform_known_at_the_site_speaks_for_its_role() -> None:
    uniformed = replace(CORRIDOR, uniforms={"other_uniform": Role.GUARD})
    assert claimed(uniformed, staying(attire=Attire.OTHER_UNIFORM)).sources == ("E3:uniform",)


def test_colours_say_nothing_in_the_dark() -> None:
    witness = Witness(CORRIDOR, {})
    dark = [replace(each, impairments=(Reason.TOO_DARK,)) for each in played(staying(attire=Attire.PPE), 5)]
    assert [witness.look(each) for each in dark][-1].people[0].role.role is Role.UNKNOWN


@pytest.mark.parametrize(
    ("place", "role"),
    [
        (zone(ZoneKind.GUARD_POST), "E2:guard_post"),
        (zone(ZoneKind.KITCHEN), "E2:kitchen"),
        (zone(ZoneKind.SAMPLING, desk_side=Role.MEDICAL), "E2:sampling"),
    ],
)
def test_where_somebody_stays_speaks(place: object, role: str) -> None:
    assert claimed(site(place), staying()).sources == (role,)  # type: ignore[arg-type]
    assert claimed(site(place), staying(), length=5).sources == ()  # type: ignore[arg-type]


def test_passing_through_does_not_speak() -> None:
    halves = site(zone(ZoneKind.GUARD_POST, LEFT), zone(ZoneKind.CORRIDOR, RIGHT))
    assert claimed(halves, lambda t: [person(1, 0.2 if t < 12 else 0.8)], length=60, fps=2).sources == ("E2:guard_post",)
    assert claimed(halves, lambda t: [person(1, 0.2 if t < 8 else 0.8)], length=60, fps=2).sources == ()


def test_the_schedule_tells_staff_apart() -> None:
    meal = replace(CORRIDOR, slots=(Slot(Activity.MEAL, time(0), time(0)),))
    assert "E6:meal" in claimed(meal, staying(attire=Attire.PPE)).sources
    assert claimed(meal, staying()).sources == ()
    roster = replace(CORRIDOR, slots=(Slot(Activity.SHIFT, time(0), time(0), roles=frozenset({Role.CLEANER})),))
    assert "E6:shift:cleaner" in claimed(roster, staying(attire=Attire.PPE)).sources


def test_stopping_at_door_after_door_is_a_round() -> None:
    doors = site(zone(ZoneKind.CORRIDOR), doors=tuple(door(str(k), 0.2 * k) for k in range(4)))

    def rounds(t: float) -> list[Observation]:
        stop, into = divmod(t, 6)
        x = 0.2 * min(stop + max(0.0, into - 4) / 2, 3) + 0.05
        return [person(1, x, 0.15, attire=Attire.PPE, markers=())]

    assert "E7:round" in claimed(doors, rounds, length=26).sources


def test_a_person_s_word_outweighs_everything() -> None:
    corrected = {TrackId(1): Role.GUARD}
    assert claimed(at_door(DoorKind.ROOM), from_door(attire=Attire.STREET), corrections=corrected).role is Role.GUARD
    book = RoleBook()
    correct(book, Role.STAFF)
    assert book.claim.role is Role.STAFF


def test_evidence_withdrawn_counts_no_more() -> None:
    book = RoleBook()
    book.note("E1", ((Role.QUARANTINED, 3.0),))
    assert book.claim.role is Role.QUARANTINED
    book.withdraw("E1")
    book.withdraw("E1")
    assert book.claim.role is Role.UNKNOWN


def test_evidence_replaced_counts_once() -> None:
    book = RoleBook()
    book.note("E1", towards_staff(3))
    book.note("E1", ((Role.QUARANTINED, 3.0),))
    assert book.claim.role is Role.QUARANTINED
    book.note("E1", ((Role.QUARANTINED, 3.0),))
    assert book.claim == decide({"E1": ((Role.QUARANTINED, 3.0),)})


names = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.tuples(st.sampled_from([Role.QUARANTINED, Role.MEDICAL, Role.GUARD, Role.OUTSIDER]), st.floats(-5, 5)).map(lambda w: (w,)),
    max_size=5,
)


@examples(20)
@given(names)
def test_the_order_of_evidence_does_not_matter(evidence: dict[str, tuple[tuple[Role, float], ...]]) -> None:
    assert decide(evidence) == decide(dict(reversed(evidence.items())))


@examples(20)
@given(names)
def test_a_role_is_told_only_when_it_is_likely(evidence: dict[str, tuple[tuple[Role, float], ...]]) -> None:
    claim = decide(evidence)
    assert claim.role is Role.UNKNOWN or claim.probability >= 0.8


HOUR = 3600.0


def linked(link: Link, at: float = 20 * HOUR, then: float | None = None) -> RoleClaim:
    """The role of somebody seen at an hour who looks like track 1, a cleaner by the marker; seen at the beginning."""
    where = site(zone(ZoneKind.CORRIDOR), markers={"VS": Role.CLEANER})
    witness = Witness(where, {})
    for k in range(3):
        witness.look(scene(k, [person(1, markers=("VS",))]))
    witness.forget(START + seconds(HOUR))
    claim = witness.look(scene(at, [replace(person(2), links=(link,))])).people[0].role
    if then is not None:
        claim = witness.look(scene(then, [person(2)])).people[0].role
    return claim


SEEN = Link(TrackId(1), START + seconds(2), 3.0)


def test_somebody_who_looks_like_an_earlier_track_is_likely_to_have_its_role() -> None:
    assert linked(SEEN).sources == ("E8:track:1",)
    # Weak evidence as all of it: alone it decides for nobody whose job is one of many.
    assert linked(SEEN).role is Role.UNKNOWN


def test_likeness_expires_after_a_day() -> None:
    assert "E8:track:1" in linked(SEEN, at=23.9 * HOUR).sources
    assert linked(SEEN, at=24.1 * HOUR).sources == ()
    assert linked(SEEN, at=23.9 * HOUR, then=24.1 * HOUR).sources == ()


@pytest.mark.parametrize(
    "link",
    [
        replace(SEEN, log_odds=0.0),
        replace(SEEN, log_odds=-2.0),
        replace(SEEN, track=TrackId(77)),
        replace(SEEN, track=TrackId(2)),
        replace(SEEN, seen=START + seconds(21 * HOUR)),
        replace(SEEN, role=Role.UNKNOWN, probability=0.9),
        replace(SEEN, role=Role.CLEANER, probability=0.4),
        replace(SEEN, role=Role.CLEANER, probability=0.0),
        replace(SEEN, role=Role.FACILITY, probability=0.9),
    ],
    ids=["even", "unlike", "not remembered", "oneself", "in the future", "unknown", "doubtful", "impossible", "nobody"],
)
def test_a_link_that_says_nothing(link: Link) -> None:
    assert linked(link).sources == ()


def test_another_camera_tells_the_role_itself() -> None:
    assert linked(replace(SEEN, track=TrackId(500), role=Role.STAFF, probability=0.99)).role is Role.STAFF
    assert linked(replace(SEEN, track=TrackId(500), role=Role.QUARANTINED, probability=1.0)).role is Role.QUARANTINED


def test_a_surer_likeness_weighs_more() -> None:
    sure, unsure = (linked(replace(SEEN, role=Role.QUARANTINED, probability=0.9, log_odds=odds)) for odds in (5.0, 0.2))
    assert sure.probability > unsure.probability


def test_likeness_is_not_passed_on_from_track_to_track() -> None:
    where = site(zone(ZoneKind.CORRIDOR), markers={"VS": Role.CLEANER})
    witness = Witness(where, {})
    witness.look(scene(0, [person(1, 0.1, markers=("VS",)), replace(person(2, 0.5), links=(replace(SEEN, seen=START),))]))
    people = witness.look(scene(1, [person(1, 0.1), replace(person(3, 0.9), links=(Link(TrackId(2), START, 5.0),))])).people
    assert people[-1].role.sources == ()


@pytest.mark.parametrize(
    ("carried", "role"),
    [(Carried.TRAY, Role.STAFF), (Carried.TROLLEY, Role.UNKNOWN), (Carried.WASTE_BAG, Role.UNKNOWN)],
)
def test_what_somebody_carries_speaks_for_a_job(carried: Carried, role: Role) -> None:
    claim = Witness(CORRIDOR, {}).look(scene(0, [replace(person(1), carried=(carried,))])).people[0].role
    assert claim.sources == (f"E5:{carried.value}",)
    both = Witness(CORRIDOR, {}).look(scene(0, [replace(person(1, attire=Attire.PPE), carried=(carried,))])).people[0].role
    assert both.role in {role, Role.STAFF, Role.CLEANER}
    assert both.probability > claim.probability


def test_every_thing_carried_has_a_weight() -> None:
    assert all(
        Witness(CORRIDOR, {}).look(scene(0, [replace(person(1), carried=(one,))])).people[0].role.sources for one in Carried
    )
