"""Rules for quarantined people and for everybody (Q01-Q10)."""

from __future__ import annotations

from datetime import timedelta

from analyzer.entry import Clause, Entry, EvidenceSet, Nature, Requires, Text
from analyzer.judgement import Timing
from analyzer.rules.across_line import AcrossLine
from analyzer.rules.distance import Distance
from analyzer.rules.door_entry import DoorEntry
from analyzer.rules.doors_open import DoorsOpen
from analyzer.rules.gathering import Gathering
from analyzer.rules.line_crossing import LineCrossing
from analyzer.rules.mask_type import MaskType
from analyzer.rules.presence import Presence
from analyzer.rules.worn_mask import WornMask
from analyzer.scope import Scope
from analyzer.selections import ALL_ZONES, ANYBODY, QUARANTINED, QUARANTINED_OR_UNKNOWN
from analyzer.site import Activity, Side
from analyzer.supply import Supply
from analyzer.types import MaskKind, MaskState, Reason, Role, RuleId, Severity, ZoneKind

_COMMON = frozenset(
    {
        ZoneKind.CORRIDOR,
        ZoneKind.FLOOR_LOBBY,
        ZoneKind.YARD,
        ZoneKind.SAMPLING,
        ZoneKind.RECEPTION,
        ZoneKind.MEDICAL_CHECK,
        ZoneKind.GOODS_HANDOVER,
        ZoneKind.SHARED_WC_OUTSIDE,
        ZoneKind.STAIRS,
        ZoneKind.LIFT,
        ZoneKind.GATE,
        ZoneKind.ROOM_DOOR,
    }
)
_MEETING = frozenset(
    {
        ZoneKind.CORRIDOR,
        ZoneKind.FLOOR_LOBBY,
        ZoneKind.YARD,
        ZoneKind.SAMPLING,
        ZoneKind.RECEPTION,
        ZoneKind.MEDICAL_CHECK,
        ZoneKind.GOODS_HANDOVER,
    }
)
_FACE = frozenset(
    {
        Reason.CAMERA_DOWN,
        Reason.FACE_TOO_SMALL,
        Reason.FACE_AWAY,
        Reason.OCCLUDED,
        Reason.TRACK_SHORT,
        Reason.TOO_DARK,
        Reason.BLUR,
    }
)
_OUTINGS = (
    Activity.SAMPLING,
    Activity.TRANSFER,
    Activity.RELEASE,
    Activity.YARD,
    Activity.SHARED_WC,
    Activity.INTAKE,
)


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id=RuleId("Q01"),
        text=Text(
            "Người được cách ly không đeo khẩu trang khi ra khỏi phòng", "Quarantined person outside the room without a mask"
        ),
        clauses=(
            Clause(
                WornMask(
                    Scope(QUARANTINED_OR_UNKNOWN, _COMMON - {ZoneKind.SAMPLING}, anywhere=True),
                    wrong=frozenset({MaskState.NONE}),
                    right=frozenset({MaskState.WORN, MaskState.INCORRECT}),
                )
            ),
            Clause(
                # The swab takes up to a minute; only a longer time without a mask counts there.
                WornMask(
                    Scope(QUARANTINED_OR_UNKNOWN, frozenset({ZoneKind.SAMPLING})),
                    wrong=frozenset({MaskState.NONE}),
                    right=frozenset({MaskState.WORN, MaskState.INCORRECT}),
                ),
                Timing(min_duration=_seconds(60)),
                "sampling",
            ),
        ),
        severity=Severity.HIGH,
        basis=("DISP", "5K", "QD-1246", "D117-12"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=_FACE | {Reason.CHILD, Reason.LOW_CONFIDENCE},
        requires=Requires(zones=False, supply=frozenset({Supply.PERSONS, Supply.MASKS})),
        anyone=Text("Người chưa rõ vai trò không đeo khẩu trang", "Person of unknown role without a mask"),
        version=2,
    ),
    Entry(
        id=RuleId("Q02"),
        text=Text(
            "Đeo khẩu trang không đúng cách (hở mũi, hở miệng, kéo xuống cằm)",
            "Mask worn incorrectly (nose or mouth uncovered, mask on chin)",
        ),
        clauses=(
            Clause(
                WornMask(
                    Scope(ANYBODY, ALL_ZONES, anywhere=True),
                    wrong=frozenset({MaskState.INCORRECT}),
                    right=frozenset({MaskState.WORN}),
                    head_px_min=40,
                ),
                Timing(min_duration=_seconds(5)),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("DISP", "5K", "D117-12"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=_FACE | {Reason.LOW_CONFIDENCE},
        requires=Requires(zones=False, supply=frozenset({Supply.PERSONS, Supply.MASKS})),
        version=2,
    ),
    Entry(
        id=RuleId("Q03"),
        text=Text(
            "Sử dụng khẩu trang không phải khẩu trang y tế trong khu cách ly",
            "Mask is not a medical mask (cloth, valve, scarf) in a quarantine area",
        ),
        clauses=(
            Clause(
                MaskType(Scope(ANYBODY, ALL_ZONES, anywhere=True), wrong=frozenset({MaskKind.CLOTH, MaskKind.OTHER})),
                Timing(min_assessed=10, ratio=0.8),
            ),
        ),
        severity=Severity.ASSIST,
        basis=("5K",),
        nature=Nature.LAW,
        evidence=EvidenceSet.E3,
        not_assessable=frozenset({Reason.FACE_TOO_SMALL, Reason.LOW_CONFIDENCE, Reason.FACE_AWAY}),
        requires=Requires(zones=False, supply=frozenset({Supply.PERSONS, Supply.MASK_KINDS})),
    ),
    Entry(
        id=RuleId("Q04"),
        text=Text(
            "Người được cách ly ra khỏi phòng, lưu lại khu vực chung không có lý do",
            "Quarantined person stays outside the room without a reason",
        ),
        clauses=(
            Clause(
                Presence(
                    Scope(
                        QUARANTINED,
                        frozenset(
                            {
                                ZoneKind.CORRIDOR,
                                ZoneKind.FLOOR_LOBBY,
                                ZoneKind.STAIRS,
                                ZoneKind.LIFT,
                                ZoneKind.YARD,
                            }
                        ),
                    ),
                    excuses=_OUTINGS,
                    wc_allowance=_seconds(900),
                ),
                Timing(ratio=0.8, warn=_seconds(60), min_duration=_seconds(180)),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("DISP", "QD-878", "QD-1246"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.ROLE_UNKNOWN, Reason.NO_SCHEDULE, Reason.NO_ZONE, Reason.CAMERA_DOWN}),
        requires=Requires(plan=_OUTINGS),
    ),
    Entry(
        id=RuleId("Q05"),
        text=Text("Người được cách ly sang phòng khác", "Quarantined person enters another room"),
        clauses=(
            Clause(
                DoorEntry(Scope(QUARANTINED, ALL_ZONES), own_allowed=True, excuses=(Activity.TRANSFER,)),
                Timing(act=True),
            ),
        ),
        severity=Severity.HIGH,
        basis=("DISP", "QD-878", "QD-1246", "D117-11"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.OCCLUDED, Reason.NO_ZONE, Reason.ROLE_UNKNOWN, Reason.CROWD, Reason.CAMERA_DOWN}),
        requires=Requires(zones=False, doors=True),
        version=3,
    ),
    Entry(
        id=RuleId("Q06"),
        text=Text("Không giữ khoảng cách tối thiểu 2 mét", "Distance under 2 m between persons of different rooms"),
        clauses=(
            Clause(
                Distance(Scope(QUARANTINED_OR_UNKNOWN, _MEETING)),
                Timing(ratio=0.8, warn=_seconds(30), min_duration=_seconds(60), high=_seconds(900)),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("5K", "QD-878", "WHO", "D117-12"),
        nature=Nature.INFERENCE,
        evidence=EvidenceSet.E2,
        not_assessable=frozenset({Reason.NO_CALIBRATION, Reason.CROWD, Reason.OCCLUDED, Reason.CAMERA_DOWN}),
        requires=Requires(calibration=True),
    ),
    Entry(
        id=RuleId("Q07"),
        text=Text("Tụ tập từ 03 người trở lên", "Gathering of three or more persons"),
        clauses=(
            Clause(
                Gathering(
                    Scope(
                        frozenset({Role.QUARANTINED, Role.UNKNOWN, Role.STAFF}),
                        frozenset(
                            {
                                ZoneKind.CORRIDOR,
                                ZoneKind.FLOOR_LOBBY,
                                ZoneKind.YARD,
                                ZoneKind.STAIRS,
                                ZoneKind.GOODS_HANDOVER,
                                ZoneKind.STAFF_REST,
                            }
                        ),
                    )
                ),
                Timing(ratio=0.8, min_duration=_seconds(30)),
            ),
        ),
        severity=Severity.HIGH,
        basis=("5K", "DISP", "QD-878"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E2,
        not_assessable=frozenset({Reason.NO_CALIBRATION, Reason.OCCLUDED, Reason.CAMERA_DOWN, Reason.TOO_DARK}),
        version=2,
    ),
    Entry(
        id=RuleId("Q08"),
        text=Text(
            "Người được cách ly vượt ranh giới phân khu hoặc rời khỏi cơ sở cách ly",
            "Quarantined person crosses the boundary of the sub-zone or leaves the facility",
        ),
        clauses=(
            Clause(
                LineCrossing(
                    Scope(QUARANTINED, ALL_ZONES),
                    origins=frozenset({Side.RED, Side.INSIDE}),
                    targets=frozenset({Side.CLEAN, Side.OUTSIDE}),
                    excuses=(Activity.TRANSFER, Activity.RELEASE),
                    red_unknown=True,
                ),
                Timing(act=True),
            ),
        ),
        severity=Severity.CRITICAL,
        basis=("DISP", "QD-878", "D117-11"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.NO_ZONE, Reason.ROLE_UNKNOWN, Reason.CAMERA_DOWN, Reason.TOO_DARK}),
        requires=Requires(zones=False, lines=True),
    ),
    Entry(
        id=RuleId("Q09"),
        text=Text(
            "Tiếp xúc, nhận đồ từ người bên ngoài qua cổng, hàng rào",
            "Contact or hand-over with an outsider across gate or fence",
        ),
        clauses=(
            Clause(
                AcrossLine(
                    Scope(QUARANTINED, frozenset({ZoneKind.FENCE, ZoneKind.GATE})),
                    inside=Side.INSIDE,
                    outside=Side.OUTSIDE,
                    excuses=(Activity.HANDOVER,),
                ),
                Timing(ratio=0.8, min_duration=_seconds(15)),
            ),
        ),
        severity=Severity.HIGH,
        basis=("QD-878", "QD-1246"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E2,
        not_assessable=frozenset({Reason.NO_ZONE, Reason.NO_CALIBRATION, Reason.TOO_DARK, Reason.OCCLUDED, Reason.ROLE_UNKNOWN}),
        requires=Requires(sides=frozenset({Side.INSIDE, Side.OUTSIDE}), calibration=True),
    ),
    Entry(
        id=RuleId("Q10"),
        text=Text("Hai cửa phòng đối diện/liền kề mở cùng lúc", "Doors of facing or adjacent rooms open at the same time"),
        # Doors are shut most of the time: a long window would outvote an overlap of a few seconds.
        clauses=(Clause(DoorsOpen(Scope(ANYBODY, ALL_ZONES)), Timing(ratio=0.8, window=_seconds(3.5), silence=_seconds(1))),),
        severity=Severity.MEDIUM,
        basis=("OPS", "EID-28-3"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.NO_ZONE, Reason.OCCLUDED, Reason.TOO_DARK, Reason.CAMERA_DOWN}),
        requires=Requires(zones=False, doors=True, supply=frozenset({Supply.DOOR_STATES})),
    ),
)
