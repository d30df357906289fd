from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.schedule import Agenda, in_force
from analyzer.site import Activity, Permit, Slot
from analyzer.types import Role, ZoneKind
from tests.thorough import examples

HANOI = timezone(timedelta(hours=7))
FRIDAY = datetime(2021, 6, 11, tzinfo=HANOI)
NIGHT = Slot(Activity.SHIFT, time(22), time(6), days=frozenset({5}))


@pytest.mark.parametrize(
    ("slot", "hours", "holds"),
    [
        (Slot(Activity.MEAL, time(11), time(12)), 11.5, True),
        (Slot(Activity.MEAL, time(11), time(12)), 12, False),
        (NIGHT, 21.9, False),
        (NIGHT, 23, True),
        (NIGHT, 24 + 5, True),  # Saturday morning belongs to Friday's night
        (NIGHT, 24 + 6, False),
        (NIGHT, 5, False),  # Friday morning belongs to Thursday's night
        (Slot(Activity.MEAL, time(0), time(0)), 13, True),
        (Slot(Activity.MEAL, time(11), time(12), on=date(2021, 6, 12)), 11.5, False),
        (Slot(Activity.MEAL, time(11), time(12), on=date(2021, 6, 11)), 11.5, True),
        (Slot(Activity.MEAL, time(11), time(12), until=date(2021, 6, 10)), 11.5, False),
        (Slot(Activity.MEAL, time(11), time(12), except_on=frozenset({date(2021, 6, 11)})), 11.5, False),
    ],
)
def test_slots(slot: Slot, hours: float, holds: bool) -> None:
    assert in_force(slot, FRIDAY + timedelta(hours=hours)) is holds


def test_the_agenda_answers_in_the_facility_s_time() -> None:
    agenda = Agenda([Slot(Activity.MEAL, time(11), time(12))], [], HANOI)
    assert agenda.at(datetime(2021, 6, 11, 4, 30, tzinfo=UTC)).allows(Activity.MEAL)
    assert not agenda.at(datetime(2021, 6, 11, 11, 30, tzinfo=UTC)).allows(Activity.MEAL)
    assert agenda.at(datetime(2021, 6, 11, 4, 30, tzinfo=UTC)).allows(Activity.MEAL)


day_times = st.builds(
    time, st.integers(0, 23), st.sampled_from((0, 30, 59)), st.sampled_from((0, 59)), st.sampled_from((0, 500_000))
)


@examples(12)
@given(
    st.tuples(day_times, day_times),
    st.tuples(st.integers(0, 7200), st.integers(1, 7200)),
    st.lists(st.integers(0, 3 * 86400 * 10), min_size=2, max_size=8),
    st.sampled_from((UTC, HANOI, ZoneInfo("Europe/Berlin"), timezone(timedelta(seconds=-17)))),
)
def test_an_answer_that_was_kept_is_the_one_that_would_be_given(
    slot: tuple[time, time], permit: tuple[int, int], tenths: list[int], zone: tzinfo
) -> None:
    """Over the night in which Berlin's clocks are put back, asked in any order."""
    begin = datetime(2021, 10, 30, tzinfo=UTC)
    start = begin + timedelta(seconds=permit[0])
    permits = [Permit(Activity.TRANSFER, start, start + timedelta(seconds=permit[1]))]
    slots = [Slot(Activity.MEAL, *slot)]
    agenda = Agenda(slots, permits, zone)
    for tenth in tenths:
        for at in (begin + timedelta(seconds=tenth / 10), begin + timedelta(seconds=tenth / 10 + 0.5)):
            fresh, kept = Agenda(slots, permits, zone).at(at), agenda.at(at)
            for activity in (Activity.MEAL, Activity.TRANSFER):
                assert kept.allows(activity) is fresh.allows(activity)
            assert kept.night is fresh.night


def test_slots_are_limited_to_roles_zones_and_rooms() -> None:
    slot = Slot(
        Activity.YARD,
        time(0),
        time(0),
        roles=frozenset({Role.QUARANTINED}),
        zones=frozenset({ZoneKind.YARD}),
        rooms=frozenset({"101"}),
    )
    now = Agenda([slot], [], UTC).at(FRIDAY)
    assert now.allows(Activity.YARD, role=Role.QUARANTINED, zone=ZoneKind.YARD, room="101")
    assert not now.allows(Activity.YARD, role=Role.GUARD, zone=ZoneKind.YARD, room="101")
    assert not now.allows(Activity.YARD, role=Role.QUARANTINED, zone=ZoneKind.GATE, room="101")
    assert not now.allows(Activity.YARD, role=Role.QUARANTINED, zone=ZoneKind.YARD)


def test_permits_expire_by_themselves() -> None:
    permit = Permit(Activity.TRANSFER, FRIDAY, FRIDAY + timedelta(hours=2), frozenset({"101"}))
    agenda = Agenda([], [permit], UTC)
    assert agenda.at(FRIDAY).allows(Activity.TRANSFER, room="101")
    assert not agenda.at(FRIDAY).allows(Activity.TRANSFER, room="102")
    assert not agenda.at(FRIDAY + timedelta(hours=2)).allows(Activity.TRANSFER, room="101")
    assert agenda.at(FRIDAY).planned(Activity.TRANSFER)
    assert not agenda.at(FRIDAY).planned(Activity.MEAL)


def test_night_is_when_the_plan_says_so_or_from_ten_to_five() -> None:
    def night(*slots: Slot) -> list[bool]:
        agenda = Agenda(slots, [], HANOI)
        return [agenda.at(FRIDAY.replace(hour=hour)).night for hour in (4, 5, 13, 21, 22)]

    assert night() == [True, False, False, False, True]
    assert night(Slot(Activity.QUIET, time(12), time(14))) == [False, False, True, False, False]


def test_a_shift_for_everybody_says_nothing_about_roles() -> None:
    everybody = Agenda([Slot(Activity.SHIFT, time(0), time(0))], [], UTC).at(FRIDAY)
    guards = Agenda([Slot(Activity.SHIFT, time(0), time(0), roles=frozenset({Role.GUARD}))], [], UTC).at(FRIDAY)
    assert not everybody.rostered(Role.GUARD, ZoneKind.GATE)
    assert guards.rostered(Role.GUARD, ZoneKind.GATE)
