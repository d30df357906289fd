"""Whom and where a rule is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from analyzer.site import STAFF_ROLES, Zone
from analyzer.types import Role, ZoneKind


class Standing(Enum):
    """Whether a rule is about a person of some role. ``UNDECIDED``: it may be, the role is not known well enough."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom and where a rule is about.

    ``roles`` empty: everybody; ``zones`` are the kinds it holds in; ``anywhere``: it holds in the whole picture of a
    camera for which nobody drew anything (mask-only mode).
    """

    roles: frozenset[Role]
    zones: frozenset[ZoneKind]
    anywhere: bool = False

    def standing(self, role: Role) -> Standing:
        """Place a role. A rule for some staff roles says nothing about staff whose job is not known."""
        if not self.roles or role in self.roles:
            return Standing.INSIDE
        if role is Role.UNKNOWN:
            return Standing.UNDECIDED
        if role is Role.STAFF:
            named = sum(1 for staff in STAFF_ROLES if staff in self.roles)
            if named == len(STAFF_ROLES):
                return Standing.INSIDE
            return Standing.UNDECIDED if named else Standing.OUTSIDE
        if Role.STAFF in self.roles and role in STAFF_ROLES:
            return Standing.INSIDE
        return Standing.OUTSIDE

    def zone(self, zones: tuple[Zone, ...]) -> Zone | None:
        """The first of the zones (the smallest) that the rule holds in."""
        for zone in zones:
            if zone.kind in self.zones:
                return zone
        return None
