"""Rules for the facility and its cameras (F01-F06)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from analyzer.entry import Clause, Entry, EvidenceSet, Level, Nature, Requires, Text
from analyzer.judgement import Timing
from analyzer.rules.area_coverage import AreaCoverage
from analyzer.rules.camera_silence import CameraSilence
from analyzer.rules.camera_view import CameraView
from analyzer.rules.deadline import Deadline
from analyzer.rules.forbidden_view import ForbiddenView
from analyzer.rules.supervised import Supervised
from analyzer.scope import Scope
from analyzer.selections import ALL_ZONES
from analyzer.site import FORBIDDEN_KINDS, MANDATORY_KINDS
from analyzer.types import Reason, Role, RuleId, Severity

DISPATCH_DEADLINE = datetime(2021, 6, 12, tzinfo=timezone(timedelta(hours=7)))
""""Before 12 June 2021": a facility connected on that day is late."""

_FACILITY = Scope(frozenset({Role.FACILITY}), ALL_ZONES)
_REPORTS = Requires(zones=False, supply=frozenset())


def _reported(
    minutes: float,
    warn: timedelta | None = None,
    silence: timedelta = timedelta(minutes=10),
    least: int = 2,
    ratio: float = 0.8,
) -> Timing:
    """Timing over reports that come every few seconds to minutes; ``least`` of them must agree."""
    ten = timedelta(minutes=10)
    return Timing(
        min_assessed=least,
        ratio=ratio,
        min_duration=timedelta(minutes=minutes),
        silence=silence,
        window=ten,
        cooldown=ten,
        clear=timedelta(minutes=1),
        warn=warn,
    )


_AT_ONCE = Timing(
    min_assessed=1,
    ratio=0.8,
    min_duration=timedelta(0),
    silence=timedelta(days=2),
    cooldown=timedelta(days=2),
    clear=timedelta(0),
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        id=RuleId("F01"),
        text=Text(
            "Camera mất kết nối hoặc gián đoạn ghi hình (không bảo đảm kết nối liên tục 24/7)",
            "Camera off-line or recording gap (24/7 connection broken)",
        ),
        clauses=(
            Clause(CameraSilence(_FACILITY), _reported(5, warn=timedelta(minutes=1))),
            Clause(CameraSilence(_FACILITY, every=True), _reported(15), "every"),
        ),
        severity=Severity.HIGH,
        basis=("DISP", "CD-597"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E4,
        not_assessable=frozenset({Reason.CLOCK}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
    Entry(
        id=RuleId("F02"),
        text=Text("Hình ảnh bị đứng, che, tối, mờ hoặc lệch góc", "View frozen, covered, dark, blurred or moved"),
        clauses=(Clause(CameraView(_FACILITY), _reported(2, least=3)),),
        severity=Severity.HIGH,
        basis=("DISP", "ZONE", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E4,
        not_assessable=frozenset({Reason.CAMERA_DOWN}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
    Entry(
        id=RuleId("F03"),
        text=Text("Khu vực bắt buộc chưa có camera quan sát", "Mandatory area not covered by a working camera"),
        # A day is long: a few lost reports must not begin it anew, nor may an hour with a picture pass as none.
        clauses=(
            Clause(
                AreaCoverage(Scope(frozenset({Role.FACILITY}), frozenset(MANDATORY_KINDS))),
                _reported(24 * 60, silence=timedelta(minutes=20), ratio=0.98),
            ),
        ),
        severity=Severity.HIGH,
        basis=("ZONE", "DISP"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E5,
        not_assessable=frozenset({Reason.NO_ZONE}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
    Entry(
        id=RuleId("F04"),
        text=Text(
            "Camera lắp đặt hoặc quay vào trong phòng, nhà vệ sinh, nhà tắm",
            "Camera placed in or looking into a room, toilet or bathroom",
        ),
        clauses=(Clause(ForbiddenView(Scope(frozenset({Role.FACILITY}), FORBIDDEN_KINDS)), _AT_ONCE),),
        severity=Severity.HIGH,
        basis=("ZONE", "PRIV"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E5,
        not_assessable=frozenset({Reason.NO_ZONE}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
    Entry(
        id=RuleId("F05"),
        text=Text(
            "Cơ sở chưa hoàn thành khảo sát, lắp đặt, kết nối đúng thời hạn",
            "Facility not surveyed / installed / connected by the deadline",
        ),
        clauses=(Clause(Deadline(_FACILITY, DISPATCH_DEADLINE), _AT_ONCE),),
        severity=Severity.HIGH,
        basis=("DISP",),
        nature=Nature.LAW,
        evidence=EvidenceSet.E5,
        not_assessable=frozenset({Reason.NO_SCHEDULE}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
    Entry(
        id=RuleId("F06"),
        text=Text(
            "Không thực hiện giám sát qua camera (cảnh báo không được tiếp nhận, không có người trực)",
            "Nobody supervises (events not acknowledged, duty post empty in the log)",
        ),
        clauses=(Clause(Supervised(_FACILITY), _reported(5)),),
        severity=Severity.HIGH,
        basis=("DISP", "QNA"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E5,
        not_assessable=frozenset({Reason.NO_SCHEDULE}),
        requires=_REPORTS,
        level=Level.FACILITY,
    ),
)
