"""Rules for gate and perimeter (G01-G04)."""

from __future__ import annotations

from datetime import timedelta

from analyzer.entry import Clause, Entry, EvidenceSet, Nature, Requires, Text
from analyzer.judgement import Timing
from analyzer.rules.at_line import AtLine
from analyzer.rules.drive_through import DriveThrough
from analyzer.rules.line_crossing import LineCrossing
from analyzer.rules.manned_post import MannedPost
from analyzer.rules.presence import Presence
from analyzer.scope import Scope
from analyzer.selections import ALL_ZONES, ANYBODY
from analyzer.site import Activity, Side
from analyzer.supply import Supply
from analyzer.types import Reason, Role, RuleId, Severity, ZoneKind

_AT_FENCE = frozenset({Role.QUARANTINED, Role.OUTSIDER, Role.UNKNOWN, Role.RECEPTION, Role.ROOM_SERVICE, Role.KITCHEN})
"""Everybody but those whose work leads along the fence: guards, cleaners, drivers, medical staff."""

ENTRIES: tuple[Entry, ...] = (
    Entry(
        id=RuleId("G01"),
        text=Text("Người không có nhiệm vụ vào cơ sở cách ly", "Unauthorised person enters the facility"),
        clauses=(
            Clause(
                LineCrossing(
                    Scope(frozenset({Role.OUTSIDER, Role.UNKNOWN}), ALL_ZONES),
                    origins=frozenset({Side.OUTSIDE}),
                    targets=frozenset({Side.INSIDE}),
                    excuses=(Activity.INTAKE, Activity.TRANSFER),
                    log_within=timedelta(minutes=5),
                    stop=timedelta(seconds=5),
                    stop_zones=frozenset({ZoneKind.GUARD_POST, ZoneKind.GATE}),
                ),
                Timing(act=True),
            ),
        ),
        severity=Severity.CRITICAL,
        basis=("QD-878", "QD-1246"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.NO_ZONE, Reason.NO_SCHEDULE, Reason.TOO_DARK, Reason.CAMERA_DOWN}),
        requires=Requires(zones=False, sides=frozenset({Side.OUTSIDE, Side.INSIDE}), gate_log=True),
        version=3,
    ),
    Entry(
        id=RuleId("G02"),
        text=Text("Trạm gác không có người trực 24/24", "Guard post unattended (24/24)"),
        clauses=(
            Clause(
                MannedPost(
                    Scope(frozenset({Role.GUARD, Role.OTHER_STAFF, Role.STAFF, Role.UNKNOWN}), frozenset({ZoneKind.GUARD_POST}))
                ),
                Timing(ratio=0.9, warn=timedelta(seconds=180), min_duration=timedelta(seconds=300)),
            ),
        ),
        severity=Severity.HIGH,
        basis=("QD-878", "QD-1246"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.TOO_DARK, Reason.VIEW_BLOCKED, Reason.CAMERA_DOWN}),
    ),
    Entry(
        id=RuleId("G03"),
        text=Text("Phương tiện ra vào không dừng khử khuẩn", "Vehicle passes the gate without the disinfection stop"),
        clauses=(
            Clause(
                DriveThrough(Scope(ANYBODY, frozenset({ZoneKind.VEHICLE_DISINFECTION})), stop=timedelta(seconds=10)),
                Timing(act=True),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("QD-878", "QD-1246"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.NO_ZONE, Reason.TOO_DARK, Reason.OCCLUDED}),
        requires=Requires(supply=frozenset({Supply.VEHICLES})),
        version=2,
    ),
    Entry(
        id=RuleId("G04"),
        text=Text("Trèo hoặc lảng vảng tại hàng rào", "Climbing or loitering at the fence"),
        clauses=(
            Clause(
                Presence(Scope(_AT_FENCE, frozenset({ZoneKind.FENCE})), excuses=(), night=False),
                Timing(ratio=0.8, min_duration=timedelta(seconds=60)),
            ),
            Clause(
                # A minute at night weighs twice as much as one by day.
                Presence(Scope(_AT_FENCE, frozenset({ZoneKind.FENCE})), excuses=(), night=True),
                Timing(ratio=0.8, min_duration=timedelta(seconds=30)),
                "night",
            ),
            Clause(
                AtLine(Scope(_AT_FENCE, frozenset({ZoneKind.FENCE})), inside=Side.INSIDE, outside=Side.OUTSIDE),
                Timing(ratio=0.8, min_duration=timedelta(seconds=2)),
                "climb",
            ),
        ),
        severity=Severity.HIGH,
        basis=("QD-878", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.TOO_DARK, Reason.NO_ZONE, Reason.CAMERA_DOWN}),
        version=2,
    ),
)
