"""The PPE matrix: what each role must wear in each kind of zone. Data, editable per facility.

Source: engineering proposal built on the guidance of WHO, ECDC and the ministry's 2022 text; practice, not law.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from analyzer.site import STAFF_ROLES, Requirement
from analyzer.types import Need, Role, ZoneKind

_M, _R, _W, _G, _E, _B, _C = Need.MASK, Need.RESPIRATOR, Need.GOWN, Need.GLOVES, Need.EYES, Need.BOOTS, Need.CAP

CLEAN = frozenset({ZoneKind.KITCHEN, ZoneKind.CLEAN_ROUTE, ZoneKind.STAFF_REST, ZoneKind.RECEPTION_CLEAN_SIDE})
POSTS = frozenset({ZoneKind.GATE, ZoneKind.GUARD_POST})
INTAKE = frozenset({ZoneKind.RECEPTION})
RED = frozenset({ZoneKind.CORRIDOR, ZoneKind.STAIRS, ZoneKind.LIFT, ZoneKind.FLOOR_LOBBY})
DOORS = frozenset({ZoneKind.ROOM_DOOR, ZoneKind.GOODS_HANDOVER})
SAMPLING = frozenset({ZoneKind.SAMPLING, ZoneKind.MEDICAL_CHECK})
WASTE = frozenset({ZoneKind.WASTE})


def _row(role: Role, *cells: tuple[frozenset[ZoneKind], Iterable[Need]]) -> tuple[Requirement, ...]:
    return tuple(Requirement(role, zones, frozenset(needs)) for zones, needs in cells)


DEFAULT_MATRIX: tuple[Requirement, ...] = (
    *_row(Role.QUARANTINED, (INTAKE, (_M,)), (RED, (_M,)), (DOORS, (_M,)), (SAMPLING, (_M,))),
    *_row(Role.RECEPTION, (CLEAN, (_M,)), (INTAKE, (_M, _G)), (RED, (_M, _W, _E, _G)), (DOORS, (_M, _W, _E, _G))),
    *_row(
        Role.ROOM_SERVICE,
        (CLEAN, (_M,)),
        (INTAKE, (_M, _G)),
        (RED, (_M, _W, _E, _G)),
        (DOORS, (_M, _W, _E, _G)),
        (WASTE, (_M, _W, _E, _G, _B)),
    ),
    *_row(
        Role.MEDICAL,
        (CLEAN, (_M,)),
        (INTAKE, (_M, _E, _G)),
        (RED, (_M, _W, _E, _G)),
        (DOORS, (_M, _W, _E, _G)),
        (SAMPLING, (_R, _W, _E, _G, _C)),
    ),
    *_row(Role.GUARD, (CLEAN, (_M,)), (POSTS, (_M,)), (INTAKE, (_M,)), (RED, (_M, _W, _E, _G))),
    *_row(
        Role.CLEANER,
        (CLEAN, (_M,)),
        (INTAKE, (_M, _G)),
        (RED, (_M, _W, _E, _G, _B)),
        (DOORS, (_M, _W, _E, _G, _B)),
        (WASTE, (_M, _W, _E, _G, _B)),
    ),
    *_row(Role.DRIVER, (CLEAN, (_M,)), (POSTS, (_M,)), (INTAKE, (_M,)), (RED, (_M, _W, _E, _G))),
    *_row(Role.OTHER_STAFF, (CLEAN, (_M,)), (POSTS, (_M,)), (INTAKE, (_M,)), (RED, (_M, _W, _E, _G))),
)


@lru_cache(maxsize=4096)
def needs_of(matrix: tuple[Requirement, ...], role: Role, kind: ZoneKind) -> frozenset[Need]:
    """What a role must wear in a zone; for staff of unknown job and for unknown people what *every* role must.

    Args:
        matrix: of the site; empty takes `DEFAULT_MATRIX`.
        role: as claimed.
        kind: of the zone.
    """
    cells = [cell for cell in matrix or DEFAULT_MATRIX if kind in cell.zones]
    if role is Role.STAFF:
        cells = [cell for cell in cells if cell.role in STAFF_ROLES]
    elif role is not Role.UNKNOWN:
        cells = [cell for cell in cells if cell.role is role]
        return frozenset().union(*(cell.needs for cell in cells))
    return frozenset.intersection(*(cell.needs for cell in cells)) if cells else frozenset()
