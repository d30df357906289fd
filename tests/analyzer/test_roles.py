from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import correct
from analyzer.roles import RoleBook, decide, towards_staff
from analyzer.site import Activity, DoorKind, Slot
from analyzer.types import Attire, Observation, Reason, Role, RoleClaim, TrackId, ZoneKind
from analyzer.witness import Witness
from tests.analyzer.scenes import LEFT, RIGHT, Script, door, person, played, site, zone


def claimed(where: object, script: Script, length: float = 15, corrections: dict[TrackId, Role] | None = None) -> RoleClaim:
    """The role of the first person after a while."""
    witness = Witness(where, corrections or {})  # type: ignore[arg-type]
    claim = RoleClaim(Role.UNKNOWN, 0)
    for each in played(script, length):
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
    assert claimed(halves, lambda t: [person(1, 0.2 if t < 12 else 0.8)], length=60).sources == ("E2:guard_post",)
    assert claimed(halves, lambda t: [person(1, 0.2 if t < 8 else 0.8)], length=60).sources == ()


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


@settings(max_examples=30, deadline=None)
@given(names)
def test_the_order_of_evidence_does_not_matter(evidence: dict[str, tuple[tuple[Role, float], ...]]) -> None:
    assert decide(evidence) == decide(dict(reversed(evidence.items())))


@settings(max_examples=30, deadline=None)
@given(names)
def test_a_role_is_told_only_when_it_is_likely(evidence: dict[str, tuple[tuple[Role, float], ...]]) -> None:
    claim = decide(evidence)
    assert claim.role is Role.UNKNOWN or claim.probability >= 0.8
