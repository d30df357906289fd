"""Who may do what. Every route names exactly one permission; a test fails for a route without one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipelines.records import Grade


class Permission(StrEnum):
    """``PUBLIC`` needs no account: the sign-in page, its style sheet, and whether the process lives."""

    PUBLIC = "public"
    READ_SITE = "site:read"
    READ_EVENTS = "events:read"
    READ_MEDIA = "media:read"
    READ_COVERAGE = "coverage:read"
    REVIEW = "events:review"
    READ_HEALTH = "health:read"
    WRITE_CAMERAS = "cameras:write"
    OWN_SESSION = "session:own"


_VIEWER = frozenset(
    {
        Permission.PUBLIC,
        Permission.OWN_SESSION,
        Permission.READ_SITE,
        Permission.READ_EVENTS,
        Permission.READ_COVERAGE,
        Permission.READ_HEALTH,
    }
)
_INSPECTOR = _VIEWER | {Permission.READ_MEDIA, Permission.REVIEW}

GRANTS: dict[Grade, frozenset[Permission]] = {
    Grade.VIEWER: _VIEWER,
    Grade.INSPECTOR: _INSPECTOR,
    Grade.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes the request."""

    name: str
    grade: Grade
    session_digest: str
    csrf_token: str

    def may(self, permission: Permission) -> bool:
        return permission in GRANTS[self.grade]

    @property
    def may_see_media(self) -> bool:
        return self.may(Permission.READ_MEDIA)
