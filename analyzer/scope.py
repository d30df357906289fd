"""Whom and where a rule is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from analyzer.site import STAFF_ROLES, Zone
from analyzer.types import Role, ZoneKind


class Standing(Enum):
    """Whether a rule is about a person of some role. ``UNDECIDED``: it may be, the role is not known well enough."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "undecided"


@lru_cache(maxsize=4096)
def standing(roles: frozenset[Role], role: Role) -> Standing:
    """Where a role stands to a set of roles, of which the empty one means everybody."""
    if not roles or role in roles:
        return Standing.INSIDE
    if role is Role.UNKNOWN:
        return Standing.UNDECIDED
    if role is Role.STAFF:
        named = sum(1 for staff in STAFF_ROLES if staff in roles)
        if named == len(STAFF_ROLES):
            return Standing.INSIDE
        return Standing.UNDECIDED if named else Standing.OUTSIDE
    if Role.STAFF in roles and role in STAFF_ROLES:
        return Standing.INSIDE
    return Standing.OUTSIDE


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom and where a rule is about.

    ``roles`` empty: everybody; ``zones`` are the kinds it holds in; ``anywhere``: it holds in the whole picture of a
    camera for which nobody drew anything (mask-only mode).
    """

    roles: frozenset[Role]
    zones: frozenset[ZoneKind]
    anywhere: bool = False

    def __hash__(self) -> int:
        return hash((self.roles, self.zones))  # asked for by every rule at every instant; sets remember theirs

    def standing(self, role: Role) -> Standing:
        """Place a role. A rule for some staff roles says nothing about staff whose job is not known."""
        return standing(self.roles, role)

    def zone(self, zones: tuple[Zone, ...]) -> Zone | None:
        """The first of the zones (the smallest) that the rule holds in."""
        for zone in zones:
            if zone.kind in self.zones:
                return zone
        return None
