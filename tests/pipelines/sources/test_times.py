from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import TimeBasis
from pipelines.sources.times import start_time, time_in_container, time_in_name

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MORNING = datetime(2021, 6, 12, 0, 15, tzinfo=UTC)  # 07:15 in Hanoi


@pytest.mark.parametrize(
    "name",
    [
        "20210612_071500.mp4",
        "ch01_20210612071500.mp4",
        "2021-06-12T07-15-00.mkv",
        "NVR_ch1_main_20210612071500_20210612081500.mp4",  # begin and end: the begin counts
        "192.168.1.64_01_20210612071500123.mp4",  # with milliseconds
        "RLC-410_01_20210612071500.mp4",
        "2021.06.12 07.15.00-07.30.00[R][0@0][0].dav",
        "VID_20210612_071500.mp4",
        "2021Y06M12D07H15M00S.mp4",
        "2021年06月12日07时15分00秒.mp4",
        "20210612T001500Z.mp4",  # says UTC itself
        "2021-06-12T08:15:00+08:00.mp4",
        "1623456900.mp4",  # seconds since 1970
        "cam_1623456900123.ts",
        "hành lang tầng 2 - 20210612_071500.mp4",
    ],
)
def test_reads_the_time_in_a_file_name(name: str) -> None:
    found = time_in_name(name, HANOI)
    assert found is not None
    assert found.replace(microsecond=0) == MORNING
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "name",
    [
        "corridor.mp4",
        "IMG-20210612-WA0001.mp4",  # a date is no time
        "20210631_071500.mp4",  # June has 30 days
        "20211312_071500.mp4",
        "20210612_256100.mp4",
        "9920210612071500.mp4",  # digits of something longer
        "ch01_00000000012000000.mp4",
        "0123456789.mp4",
        "",
    ],
)
def test_invents_no_time(name: str) -> None:
    assert time_in_name(name, HANOI) is None


def test_of_an_hour_that_happens_twice_the_first_is_taken() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert time_in_name("20211031_023000.mp4", berlin) == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001 -- the time zone is put on below
    st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%d_%H-%M-%S", "x%Y%m%d%H%M%S"]),
)
def test_any_time_written_by_a_recorder_is_read_back(moment: datetime, pattern: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=HANOI)
    assert time_in_name(moment.strftime(pattern) + ".mp4", HANOI) == moment.astimezone(UTC)


@given(st.text(max_size=40))
def test_no_name_breaks_the_reading(name: str) -> None:
    found = time_in_name(name, HANOI)
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-06-12T00:15:00.000000Z", MORNING),
        ("2021-06-12 07:15:00+07:00", MORNING),
        ("2021-06-12T00:15:00", MORNING),  # UTC by specification
        ("1904-01-01T00:00:00Z", None),  # the clock was never set
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_the_time_of_a_container(text: str | None, expected: datetime | None) -> None:
    assert time_in_container(text) == expected


def test_the_argument_wins_over_name_over_folder_over_container_over_nothing() -> None:
    def answer(argument: datetime | None, name: str, parent: str, creation: str | None) -> tuple[datetime, TimeBasis]:
        start = start_time(argument=argument, name=name, parent=parent, creation_time=creation, local=HANOI)
        return start.at, start.basis

    given_, named, contained = datetime(2021, 1, 1, tzinfo=HANOI), "20210612_071500.mp4", "2021-06-13T00:00:00Z"
    assert answer(given_, named, "", contained) == (given_.astimezone(UTC), TimeBasis.ARGUMENT)
    assert answer(None, named, "", contained) == (MORNING, TimeBasis.FILE_NAME)
    assert answer(None, "07.15.00-07.30.00.dav", "2021-06-12", contained) == (MORNING, TimeBasis.FILE_NAME)
    assert answer(None, "x.mp4", "videos", contained) == (datetime(2021, 6, 13, tzinfo=UTC), TimeBasis.CONTAINER)
    assert answer(None, "x.mp4", "videos", None) == (datetime(1970, 1, 1, tzinfo=UTC), TimeBasis.UNKNOWN)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        start_time(argument=datetime(2021, 1, 1), name="x", creation_time=None, local=HANOI)  # noqa: DTZ001 -- what is refused
