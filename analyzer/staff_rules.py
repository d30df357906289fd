"""Rules for service staff (S01-S10)."""

from __future__ import annotations

from datetime import timedelta

from analyzer.entry import Clause, Entry, EvidenceSet, Nature, Requires, Text
from analyzer.judgement import Timing
from analyzer.rules.contact_items import ContactItems
from analyzer.rules.distance import Distance
from analyzer.rules.doffing import Doffing
from analyzer.rules.door_entry import DoorEntry
from analyzer.rules.hand_hygiene import HandHygiene
from analyzer.rules.left_object import LeftObject
from analyzer.rules.line_crossing import LineCrossing
from analyzer.rules.permission import Permission
from analyzer.rules.worn_items import WornItems
from analyzer.rules.worn_mask import WornMask
from analyzer.scope import Scope
from analyzer.selections import ALL_ZONES, ANYBODY, STAFF
from analyzer.site import Activity, Side
from analyzer.supply import Supply
from analyzer.types import MaskState, Need, Presence, Reason, Role, RuleId, Severity, ZoneKind


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


_ITEMS = frozenset({Supply.PERSONS, Supply.ITEMS})
_DELIVERY = (Activity.MEAL, Activity.HANDOVER)
_ASSIGNED = frozenset({Role.RECEPTION, Role.ROOM_SERVICE, Role.GUARD, Role.KITCHEN, Role.DRIVER, Role.OTHER_STAFF})
_LINE_AND_ITEMS = frozenset(
    {Reason.NO_ZONE, Reason.ROLE_UNKNOWN, Reason.ITEM_NOT_VISIBLE, Reason.OCCLUDED, Reason.LOW_CONFIDENCE}
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        id=RuleId("S01"),
        text=Text("Nhân viên phục vụ không đeo khẩu trang", "Staff member without a mask"),
        clauses=(
            Clause(
                WornMask(
                    Scope(STAFF, ALL_ZONES, anywhere=True),
                    wrong=frozenset({MaskState.NONE}),
                    right=frozenset({MaskState.WORN, MaskState.INCORRECT}),
                    meals=(Activity.STAFF_MEAL,),
                    meal_zones=frozenset({ZoneKind.STAFF_REST}),
                )
            ),
        ),
        severity=Severity.HIGH,
        basis=("DISP", "5K", "D117-12"),
        nature=Nature.LAW,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset(
            {Reason.FACE_TOO_SMALL, Reason.FACE_AWAY, Reason.OCCLUDED, Reason.TRACK_SHORT, Reason.ROLE_UNKNOWN}
        ),
        requires=Requires(zones=False, supply=frozenset({Supply.PERSONS, Supply.MASKS})),
        version=2,
    ),
    Entry(
        id=RuleId("S02"),
        text=Text(
            "Mang phương tiện phòng hộ cá nhân không đủ theo vai trò và khu vực",
            "PPE incomplete for the role and zone (PPE matrix)",
        ),
        clauses=(
            Clause(
                WornItems(
                    Scope(
                        frozenset(
                            {
                                Role.RECEPTION,
                                Role.ROOM_SERVICE,
                                Role.GUARD,
                                Role.CLEANER,
                                Role.OTHER_STAFF,
                                Role.STAFF,
                                Role.UNKNOWN,
                            }
                        ),
                        frozenset(
                            {
                                ZoneKind.CORRIDOR,
                                ZoneKind.FLOOR_LOBBY,
                                ZoneKind.STAIRS,
                                ZoneKind.LIFT,
                                ZoneKind.RECEPTION,
                                ZoneKind.GOODS_HANDOVER,
                                ZoneKind.YARD,
                                ZoneKind.ROOM_DOOR,
                            }
                        ),
                    )
                ),
                Timing(min_assessed=8, ratio=0.8),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("DISP", "WHO", "ECDC", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E3,
        not_assessable=frozenset(
            {
                Reason.ROLE_UNKNOWN,
                Reason.ITEM_NOT_VISIBLE,
                Reason.OCCLUDED,
                Reason.FACE_TOO_SMALL,
                Reason.TRACK_SHORT,
                Reason.LOW_CONFIDENCE,
            }
        ),
        requires=Requires(supply=frozenset({Supply.PERSONS, Supply.ITEMS})),
        version=2,
    ),
    Entry(
        id=RuleId("S03"),
        text=Text(
            "Nhân viên lấy mẫu/nhân viên y tế tiếp xúc gần không đủ trang phục phòng hộ",
            "Sampler or medical staff in close contact without full PPE",
        ),
        clauses=(
            Clause(
                ContactItems(
                    Scope(frozenset({Role.MEDICAL}), frozenset({ZoneKind.SAMPLING, ZoneKind.MEDICAL_CHECK, ZoneKind.ROOM_DOOR})),
                    needs=frozenset({Need.MASK, Need.GOWN, Need.GLOVES, Need.EYES}),
                ),
                Timing(min_assessed=10, ratio=0.8, min_duration=_seconds(10), window=_seconds(20)),
            ),
        ),
        severity=Severity.HIGH,
        basis=("DISP", "MOH-2022-PPE", "WHO", "ECDC"),
        nature=Nature.LATER_LAW,
        evidence=EvidenceSet.E3,
        not_assessable=frozenset({Reason.ITEM_NOT_VISIBLE, Reason.ROLE_UNKNOWN, Reason.OCCLUDED, Reason.FACE_TOO_SMALL}),
        requires=Requires(supply=_ITEMS),
        version=2,
    ),
    Entry(
        id=RuleId("S04"),
        text=Text(
            "Vào khu vực nguy cơ mà không qua nơi mặc đồ bảo hộ", "Staff enters the red zone without passing the donning point"
        ),
        clauses=(
            Clause(
                LineCrossing(
                    Scope(STAFF, ALL_ZONES),
                    origins=frozenset({Side.CLEAN}),
                    targets=frozenset({Side.RED}),
                    gown_wrong=Presence.ABSENT,
                ),
                Timing(act=True),
            ),
        ),
        severity=Severity.HIGH,
        basis=("QD-878", "WHO", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E3,
        not_assessable=_LINE_AND_ITEMS,
        requires=Requires(zones=False, sides=frozenset({Side.RED, Side.CLEAN}), supply=_ITEMS),
        version=2,
    ),
    Entry(
        id=RuleId("S05"),
        text=Text("Mặc đồ bảo hộ đã sử dụng sang khu vực sạch", "Used PPE worn into a clean zone"),
        clauses=(
            Clause(
                LineCrossing(
                    Scope(STAFF | {Role.UNKNOWN}, ALL_ZONES),
                    origins=frozenset({Side.RED}),
                    targets=frozenset({Side.CLEAN}),
                    gown_wrong=Presence.PRESENT,
                ),
                Timing(act=True),
            ),
        ),
        severity=Severity.HIGH,
        basis=("CDC", "WHO", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E3,
        not_assessable=_LINE_AND_ITEMS,
        requires=Requires(zones=False, sides=frozenset({Side.RED, Side.CLEAN}), supply=_ITEMS),
        version=2,
    ),
    Entry(
        id=RuleId("S06"),
        text=Text("Cởi bỏ phương tiện phòng hộ sai trình tự, không vệ sinh tay", "Doffing order or hand hygiene not followed"),
        clauses=(
            Clause(Doffing(Scope(STAFF, frozenset({ZoneKind.DOFFING}))), Timing(act=True)),
            Clause(HandHygiene(Scope(STAFF, frozenset({ZoneKind.DOFFING}))), Timing(act=True), "hygiene"),
        ),
        severity=Severity.ASSIST,
        basis=("CDC", "ECDC"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E3,
        not_assessable=frozenset(
            {
                Reason.ITEM_NOT_VISIBLE,
                Reason.OCCLUDED,
                Reason.FACE_AWAY,
                Reason.LOW_CONFIDENCE,
                Reason.ROLE_UNKNOWN,
                Reason.NO_ZONE,
            }
        ),
        requires=Requires(supply=_ITEMS),
        version=2,
    ),
    Entry(
        id=RuleId("S07"),
        text=Text(
            "Nhân viên tiếp xúc gần người được cách ly khi không cần thiết",
            "Unnecessary close contact between staff and a quarantined person",
        ),
        clauses=(
            Clause(
                Distance(
                    Scope(
                        frozenset({Role.RECEPTION, Role.ROOM_SERVICE, Role.GUARD, Role.CLEANER}),
                        frozenset(
                            {
                                ZoneKind.CORRIDOR,
                                ZoneKind.FLOOR_LOBBY,
                                ZoneKind.ROOM_DOOR,
                                ZoneKind.RECEPTION,
                                ZoneKind.YARD,
                            }
                        ),
                    ),
                    partners=frozenset({Role.QUARANTINED}),
                ),
                Timing(ratio=0.8, min_duration=_seconds(15), high=_seconds(300)),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("DISP", "QD-1246", "WHO"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E2,
        not_assessable=frozenset({Reason.NO_CALIBRATION, Reason.CROWD, Reason.ROLE_UNKNOWN, Reason.OCCLUDED}),
        requires=Requires(calibration=True),
    ),
    Entry(
        id=RuleId("S08"),
        text=Text(
            "Giao suất ăn/đồ vải trực tiếp, không để tại vị trí trước cửa phòng",
            "Meal, linen or goods handed over directly instead of left at the door",
        ),
        clauses=(
            Clause(
                Distance(
                    Scope(
                        frozenset({Role.ROOM_SERVICE, Role.RECEPTION}),
                        frozenset({ZoneKind.ROOM_DOOR, ZoneKind.GOODS_HANDOVER}),
                    ),
                    partners=frozenset({Role.QUARANTINED}),
                    metres=1.5,
                    same_zone=True,
                    slots=_DELIVERY,
                ),
                Timing(ratio=0.8),
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("QD-1246",),
        nature=Nature.LAW,
        evidence=EvidenceSet.E2,
        not_assessable=frozenset(
            {
                Reason.NO_SCHEDULE,
                Reason.NO_ZONE,
                Reason.OCCLUDED,
                Reason.NO_CALIBRATION,
                Reason.CROWD,
                Reason.ROLE_UNKNOWN,
            }
        ),
        requires=Requires(plan=_DELIVERY, calibration=True),
    ),
    Entry(
        id=RuleId("S09"),
        text=Text(
            "Nhân viên có mặt sai khu vực hoặc sai thời gian phân công",
            "Role in a zone or at a time not allowed (incl. entering an occupied room)",
        ),
        clauses=(
            Clause(
                Permission(
                    Scope(
                        _ASSIGNED,
                        frozenset(
                            {
                                ZoneKind.CORRIDOR,
                                ZoneKind.ROOM_DOOR,
                                ZoneKind.SAMPLING,
                                ZoneKind.DONNING,
                                ZoneKind.CLEAN_ROUTE,
                            }
                        ),
                    )
                ),
                Timing(ratio=0.8, min_duration=_seconds(20)),
            ),
            Clause(
                DoorEntry(Scope(_ASSIGNED - {Role.ROOM_SERVICE}, ALL_ZONES), own_allowed=False, excuses=(Activity.SHIFT,)),
                Timing(act=True),
                "room",
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("QD-878", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E1,
        not_assessable=frozenset({Reason.ROLE_UNKNOWN, Reason.NO_SCHEDULE, Reason.NO_ZONE, Reason.CROWD, Reason.CAMERA_DOWN}),
        requires=Requires(table=True),
        version=3,
    ),
    Entry(
        id=RuleId("S10"),
        text=Text(
            "Thu gom chất thải không đủ phòng hộ hoặc để chất thải tồn đọng ở hành lang",
            "Waste handled without required PPE or left in the corridor too long",
        ),
        clauses=(
            Clause(
                ContactItems(
                    Scope(frozenset({Role.CLEANER, Role.STAFF, Role.UNKNOWN}), frozenset({ZoneKind.WASTE, ZoneKind.CORRIDOR})),
                    needs=frozenset({Need.MASK, Need.GOWN, Need.GLOVES, Need.EYES, Need.BOOTS}),
                    bags=True,
                    reach_m=1.0,
                    reach_heights=0.5,
                ),
                Timing(min_assessed=10, ratio=0.8),
            ),
            Clause(
                LeftObject(Scope(ANYBODY, frozenset({ZoneKind.CORRIDOR, ZoneKind.WASTE}))),
                Timing(
                    ratio=0.8,
                    min_duration=timedelta(hours=12),
                    silence=timedelta(minutes=30),
                    cooldown=timedelta(minutes=30),
                    patience=timedelta(hours=1),
                ),
                "left",
            ),
        ),
        severity=Severity.MEDIUM,
        basis=("QD-878", "QD-1246", "OPS"),
        nature=Nature.PRACTICE,
        evidence=EvidenceSet.E3,
        not_assessable=frozenset({Reason.ITEM_NOT_VISIBLE, Reason.OCCLUDED, Reason.ROLE_UNKNOWN, Reason.NO_SCHEDULE}),
        requires=Requires(supply=_ITEMS | {Supply.BAGS}),
        version=3,
    ),
)
