from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.catalogue import CATALOGUE
from analyzer.incidents import Act, incidents
from analyzer.naming import is_anywhere, sign_name
from analyzer.sentences import Language, number, seconds, sentence
from analyzer.types import EventId, Measure, Reason, Role, RoleClaim, RuleId, Severity, TrackId, Votes, ZoneId, ZoneKind
from tests.analyzer.scenes import CAMERA, START

VOTES = Votes(19, 0, ((Reason.FACE_AWAY, 3),))
LASTED = Measure("duration", 41.2, "s", 3)


def test_a_reason_a_person_understands() -> None:
    measures = [LASTED, Measure("missing:gloves", 0.9, "", 0.6)]
    said = sentence(RuleId("S02"), Severity.MEDIUM, Role.ROOM_SERVICE, ZoneKind.GOODS_HANDOVER, measures, VOTES, "vi")
    assert said == (
        "Người phục vụ buồng phòng, khu bàn giao, 41 giây, thiếu găng tay; 19/22 thời điểm đánh giá được (quay lưng/cúi mặt 3)"
    )
    said = sentence(RuleId("S02"), Severity.MEDIUM, Role.ROOM_SERVICE, ZoneKind.GOODS_HANDOVER, measures, VOTES, Language.EN)
    assert said == "Room service staff, goods receipt area, 41 s, missing gloves; 19/22 instants assessable (face turned away 3)"


def test_distances_carry_their_threshold_and_error() -> None:
    measures = [
        LASTED,
        Measure("distance", 1.24, "m", 2),
        Measure("distance_error", 0.1, "m", 0.4),
        Measure("probability", 0.9, ""),
    ]
    said = sentence(RuleId("Q06"), Severity.ASSIST, Role.QUARANTINED, "Tầng 2", measures, Votes(9, 1), "vi")
    assert said == (
        "Người được cách ly, Tầng 2, 41 giây, không giữ khoảng cách, cách nhau 1,2 m (tối thiểu 2 m), sai số 0,1 m"
        " (gợi ý xem lại, không tính là vi phạm); 10/10 thời điểm đánh giá được, 9 có dấu hiệu vi phạm"
    )


@pytest.mark.parametrize(
    ("measure", "vi", "en"),
    [
        (Measure("distance", 1.96, "m", 2), "cách nhau 1,96 m (tối thiểu 2 m)", "1.96 m apart (at least 2 m)"),
        (Measure("distance", 1.9999, "m", 2), "cách nhau 1,99 m (tối thiểu 2 m)", "1.99 m apart (at least 2 m)"),
        (Measure("stopped", 9.97, "s", 10), "dừng 9,97 giây (yêu cầu 10 giây)", "stopped 9.97 s (10 s required)"),
        (Measure("people", 1, "", 2), "1 người", "1 person"),
        (Measure("area:yard", 1, ""), "sân", "yard"),
        (Measure("view:TOO_DARK", 1, ""), "thiếu sáng", "too dark"),
        (Measure("view:RAIN", 1, ""), "RAIN", "RAIN"),
        (Measure("door:201", 1, ""), "phòng 201", "room 201"),
        (Measure("late", 0.4, "days", 0), "trễ chưa đến một ngày", "less than a day late"),
        (Measure("late", 1.4, "days", 0), "trễ 1 ngày", "1 day late"),
        (Measure("late", 3.9, "days", 0), "trễ 3 ngày", "3 days late"),
        (
            Measure("late_share", 0.354, "", 0.2),
            "35% cảnh báo tiếp nhận muộn hoặc không được tiếp nhận (tối đa 20%)",
            "35% of the alerts received late or not at all (at most 20%)",
        ),
        (Measure("contact", 0.3, "m", 1), "ở khoảng cách 0,3 m (dưới 1 m là tiếp xúc)", "at 0.3 m (contact is under 1 m)"),
    ],
)
def test_measures_in_words(measure: Measure, vi: str, en: str) -> None:
    for language, words in (("vi", vi), ("en", en)):
        said = sentence(RuleId("S10"), Severity.MEDIUM, None, None, [measure], Votes(1, 0), language)
        assert said.partition(";")[0].endswith(f", {words}")


def test_a_share_within_its_limit_is_not_why() -> None:
    said = sentence(RuleId("F06"), Severity.HIGH, None, None, [Measure("late_share", 0.1, "", 0.2)], Votes(3, 0), "en")
    assert said == "Nobody supervises; 3/3 instants assessable"


def test_rules_about_no_person() -> None:
    said = sentence(RuleId("Q07"), Severity.HIGH, None, None, [Measure("people", 4, "", 3)], Votes(5, 0), "en")
    assert said == "Gathering, 4 people; 5/5 instants assessable"
    stopped = sentence(RuleId("G03"), Severity.MEDIUM, None, ZoneKind.GATE, [Measure("stopped", 2.5, "s", 10)], Votes(1, 0), "en")
    assert stopped == "Entrance gate, no disinfection stop, stopped 2.5 s (10 s required); 1/1 instants assessable"
    assert sentence(RuleId("X99"), Severity.HIGH, None, None, [], Votes(1, 0), "en").startswith("X99;")


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (0.2, "", ""),
        (119, "119 giây", "119 s"),
        (120, "2 phút", "2 min"),
        (200, "3 phút 20 giây", "3 min 20 s"),
        (7200, "2 giờ", "2 h"),
        (9000, "2 giờ 30 phút", "2 h 30 min"),
    ],
)
def test_durations_in_words(value: float, vi: str, en: str) -> None:
    assert (seconds(value, Language.VI), seconds(value, Language.EN)) == (vi, en)


def test_numbers_as_people_write_them() -> None:
    assert number(1.25, Language.VI, 2) == "1,25"
    assert number(2.0, Language.EN) == "2"
    assert number(7.6, Language.EN, 0) == "8"


def act(name: str, tracks: list[int], start: float, end: float | None) -> Act:
    at = lambda value: START + timedelta(seconds=value)  # noqa: E731
    return Act(EventId(name), CAMERA, tuple(map(TrackId, tracks)), at(start), None if end is None else at(end))


def test_several_rules_broken_by_one_person_at_one_time_are_one_incident() -> None:
    acts = [
        act("c", [1, 2], 30, 40),
        act("a", [1], 0, None),
        act("b", [3], 0, 10),
        act("d", [3], 60, 70),
        act("e", [3], 200, 210),
        act("f", [2], 45, 50),
    ]
    assert [incident.acts for incident in incidents(acts)] == [("a", "c", "f"), ("b", "d"), ("e",)]
    assert [incident.id for incident in incidents(acts)] == ["a", "b", "e"]


def test_acts_of_two_cameras_are_apart() -> None:
    from dataclasses import replace

    from analyzer.types import CameraId

    first = act("a", [1], 0, 10)
    assert len(incidents([first, replace(first, id=EventId("b"), camera=CameraId("other"))])) == 2


def test_a_sign_claims_no_more_of_a_person_than_is_known() -> None:
    mask = RuleId("Q01")
    for known in (None, RoleClaim(Role.QUARANTINED, 0.9, ())):
        assert sign_name(mask, known).en == "Quarantined person outside the room without a mask"
    unknown = RoleClaim(Role.UNKNOWN, 0.0, ())
    assert sign_name(mask, unknown).vi == "Người chưa rõ vai trò không đeo khẩu trang"
    assert sign_name(mask, unknown).en == "Person of unknown role without a mask"
    assert sign_name(RuleId("Q07"), unknown).en == "Gathering of three or more persons"
    assert sign_name(RuleId("X99"), unknown).en == "X99"


def test_no_rule_that_reaches_unknown_people_calls_them_quarantined() -> None:
    """Whoever is inside the scope without a known role must not be named by one."""
    for entry in CATALOGUE.values():
        if any(Role.UNKNOWN in clause.rule.scope.roles for clause in entry.clauses if clause.rule.scope.zones):
            name = sign_name(entry.id, RoleClaim(Role.UNKNOWN, 0.0, ()))
            assert "người được cách ly" not in name.vi.lower(), entry.id
            assert "quarantined person" not in name.en.lower(), entry.id


def test_an_event_of_a_camera_without_drawings_is_known_by_having_no_zone() -> None:
    assert is_anywhere(RuleId("Q01"), None)
    assert not is_anywhere(RuleId("Q01"), ZoneId("corridor"))
    assert not is_anywhere(RuleId("Q07"), None)
    assert not is_anywhere(RuleId("X99"), None)
