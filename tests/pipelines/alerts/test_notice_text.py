"""What a duty officer reads: what happened, where and when by the facility's own names and clock, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analyzer.types import (
    CameraId,
    FacilityId,
    Measure,
    Reason,
    Role,
    RoleClaim,
    Severity,
    Votes,
    ZoneId,
    ZoneKind,
)
from pipelines.errors import NotFound
from pipelines.notice_text import CAUSES, Names, names_of, subject, text
from pipelines.outages import OutageNotice
from pipelines.records import CameraRecord, FacilityRecord, ReviewState, TimeBasis, ZoneVersion
from pipelines.sla import Cause
from tests.pipelines.alerts.test_alerts import EVENT, T0

HALL = ZoneId("hall")
HERE = Names("Khu cách ly số 1", {EVENT.camera: "Hành lang tầng 2"}, "Hành lang", ZoneInfo("Asia/Ho_Chi_Minh"))
SEEN = replace(
    EVENT,
    role=RoleClaim(Role.UNKNOWN, 0.4, ()),
    votes=Votes(19, 0, ((Reason.FACE_AWAY, 3),)),
    measures=(Measure("duration", 41.0, "s", 3.0),),
    zone=HALL,
    zone_version=2,
    opened_at=T0 + timedelta(seconds=3),
    opened_pts=timedelta(seconds=3),
)
LINE = OutageNotice(FacilityId("f"), Cause.FACILITY_LINE, tuple(CameraId(f"c{n}") for n in range(5)), T0)


class OneCamera:
    """Implements `NameStore` with one camera."""

    def facility(self, facility: FacilityId) -> FacilityRecord:
        if facility != "f":
            raise NotFound("no such facility")
        return FacilityRecord(facility, "Khu cách ly số 1", "civil", "Asia/Bangkok", "")

    def camera(self, camera: CameraId) -> CameraRecord:
        if camera != EVENT.camera:
            raise NotFound("no such camera")
        return CameraRecord(camera, FacilityId("f"), "Hành lang tầng 2", "")

    def zones(self, camera: CameraId, at: datetime | None = None) -> tuple[ZoneVersion, ...]:
        return tuple(ZoneVersion(HALL, camera, v, ZoneKind.CORRIDOR, f"Hành lang {v}", (), T0) for v in (1, 2))


def test_an_event() -> None:
    assert subject(SEEN, HERE) == "[Vigil] Người chưa rõ vai trò không đeo khẩu trang (Q01, mức cao) - Hành lang tầng 2"
    assert text(SEEN, HERE) == (
        "Người chưa rõ vai trò không đeo khẩu trang (Q01, mức cao)\n"
        "Người chưa rõ vai trò, Hành lang, 41 giây, không đeo khẩu trang; 19/22 thời điểm đánh giá được (quay lưng/cúi mặt 3).\n"
        "Camera: Hành lang tầng 2; cơ sở: Khu cách ly số 1\n"
        "Từ 01/03/2026 15:00:00, báo lúc 01/03/2026 15:00:03\n"
        "Đây là dấu hiệu vi phạm, chưa phải kết luận: cần người xem xét.\n"
        "\n"
        "Person of unknown role without a mask (Q01, severity high)\n"
        "Person of unknown role, Hành lang, 41 s, without a mask; 19/22 instants assessable (face turned away 3).\n"
        "Camera: Hành lang tầng 2; facility: Khu cách ly số 1\n"
        "From 01/03/2026 15:00:00, told at 01/03/2026 15:00:03\n"
        "This is the sign of a violation, not a finding: a person has to look at it.\n"
        "\n"
        f"ID: {SEEN.id}\n"
    )


def test_a_recording_without_a_real_time_tells_the_place_in_it() -> None:
    later = replace(SEEN, time_basis=TimeBasis.UNKNOWN, since_pts=timedelta(seconds=59), opened_pts=timedelta(seconds=3725))
    assert "Từ 0:59, báo ở 1:02:05 của bản ghi" in text(later, HERE)
    assert "2026" not in text(later, HERE)


@pytest.mark.parametrize("state", ReviewState)
def test_what_a_person_decided_is_said(state: ReviewState) -> None:
    assert ("chưa phải kết luận" in text(replace(SEEN, review_state=state), HERE)) is (state is ReviewState.AWAITING)


def test_a_hint_is_no_sign_of_a_violation() -> None:
    told = text(replace(SEEN, severity=Severity.ASSIST), HERE)
    assert "không tính là vi phạm." in told
    assert "dấu hiệu vi phạm" not in told
    assert "Đã được người xem xét xác nhận" in text(
        replace(SEEN, severity=Severity.ASSIST, review_state=ReviewState.CONFIRMED), HERE
    )


def test_the_line_of_the_facility() -> None:
    assert subject(LINE, HERE) == "[Vigil] Camera mất kết nối: c0, c1, c2 và 2 camera khác - Khu cách ly số 1"
    assert "Kéo dài" not in text(LINE, HERE)
    over = replace(LINE, end=T0 + timedelta(minutes=5))
    assert "Camera đã có lại kết nối: c0, c1, c2, c3, c4\n" in text(over, HERE)
    assert "nguyên nhân: đường truyền của cơ sở\nTừ 01/03/2026 15:00:00\nKéo dài: 5 phút\n" in text(over, HERE)
    assert "cause: the line of the facility\nSince 01/03/2026 15:00:00\nLasted: 5 min\n" in text(over, HERE)


def test_a_thin_line_is_not_called_a_lost_connection() -> None:
    thin = replace(LINE, thin=True)
    assert subject(thin, HERE).startswith("[Vigil] Đường truyền của camera quá yếu, hình đến trễ hoặc thiếu: c0, c1, c2")
    assert "Camera's line too thin, pictures late or missing: c0" in text(thin, HERE)
    assert "wide enough again" in text(replace(thin, end=T0 + timedelta(minutes=5)), HERE)


def test_every_cause_has_words() -> None:
    assert set(CAUSES) == set(Cause)


def test_names_are_those_of_the_facility_at_the_version_judged_by() -> None:
    names = names_of(OneCamera(), SEEN)
    assert (names.facility, names.camera(SEEN.camera), names.zone) == ("Khu cách ly số 1", "Hành lang tầng 2", "Hành lang 2")
    assert names.clock == ZoneInfo("Asia/Bangkok")


def test_an_unknown_time_zone_stops_no_message() -> None:
    class Elsewhere(OneCamera):
        def facility(self, facility: FacilityId) -> FacilityRecord:
            return replace(super().facility(facility), timezone="Mars/Olympus")

    assert names_of(Elsewhere(), SEEN).clock == ZoneInfo("Asia/Ho_Chi_Minh")


def test_ids_where_nothing_else_is_known() -> None:
    stranger = replace(SEEN, facility=FacilityId("x"), camera=CameraId("y"), zone_version=7)
    names = names_of(OneCamera(), stranger)
    assert (names.facility, names.camera(stranger.camera), names.zone) == ("x", "y", "hall")
    assert names_of(OneCamera(), EVENT).zone is None
    assert names_of(OneCamera(), LINE).camera(CameraId("c0")) == "c0"
    assert datetime(2026, 3, 1, 15, tzinfo=names.clock) == datetime(2026, 3, 1, 8, tzinfo=UTC)
