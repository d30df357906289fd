"""Sets of roles and zones that several rules share."""

from __future__ import annotations

from analyzer.site import FORBIDDEN_KINDS
from analyzer.types import Role, ZoneKind

ALL_ZONES = frozenset(ZoneKind) - FORBIDDEN_KINDS
ANYBODY: frozenset[Role] = frozenset()
QUARANTINED = frozenset({Role.QUARANTINED})
QUARANTINED_OR_UNKNOWN = frozenset({Role.QUARANTINED, Role.UNKNOWN})
STAFF = frozenset({Role.STAFF})
