"""Signing in and staying signed in.

The browser holds 256 random bits in an HttpOnly cookie; the store holds only their SHA-256. A session ends
after thirty idle minutes, after twelve hours (an inspector's shift), at sign-out, or when the account is
disabled. Every sign-in opens a new session, so that nobody can be lured into one that is already known.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from api.errors import Problem
from api.security.csrf import token_for
from api.security.permissions import Principal
from api.security.throttle import Throttle
from pipelines.errors import StoreUnavailable
from pipelines.passwords import hash_password, matches, random_password
from pipelines.records import Grade
from pipelines.store.entries import LoginSession, User
from pipelines.store.repository import Repository

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FIRST_USER = "admin"
_TOUCH_EVERY = timedelta(minutes=1)  # one write a minute is exact enough for an idle limit of thirty


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a successful sign-in hands out: the cookie's value and who it stands for."""

    cookie: str
    principal: Principal
    expires_at: datetime


def digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def ensure_first_user(repository: Repository, now: datetime) -> str | None:
    """Make the first account when there is none.

    Returns:
        Its random password, to be shown once by the caller and never logged; ``None`` if accounts exist.
    """
    if repository.users():
        return None
    password = random_password()
    added = repository.add_first_user(User(FIRST_USER, hash_password(password), Grade.ADMIN.value, now))
    return password if added else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try to sign in; ``address`` is the peer's. The password hides itself from logs and tracebacks."""

    name: str
    password: SecretStr
    address: str


def sign_in(repository: Repository, throttle: Throttle, attempt: Attempt, now: datetime) -> Ticket:
    """Check the password and open a session.

    Raises:
        Problem: ``too-many-attempts`` or ``not-signed-in``; the latter never says which of the two was wrong.
    """
    # One after the other: of guesses that come all at once, each must see the failures of those before it. It also bounds
    # the memory, of which one check takes much on purpose.
    with throttle.turn:
        return _sign_in(repository, throttle, attempt, now)


def _sign_in(repository: Repository, throttle: Throttle, attempt: Attempt, now: datetime) -> Ticket:
    name, address = attempt.name, attempt.address
    keys = (f"name:{name}", f"address:{address}", f"pair:{address} {name}")
    # Who signed in from there before waits for failures from there alone: else anybody could keep out any name he knows.
    wait = throttle.wait(*(keys[2:] if throttle.knows(keys[2]) else keys))
    if wait > timedelta(0):
        seconds = math.ceil(wait.total_seconds())
        raise Problem("too-many-attempts", f"try again in {seconds} s", headers={"retry-after": str(seconds)})
    user = repository.user(name)
    grade = _grade(user)
    if user is None or grade is None or not matches(attempt.password.get_secret_value(), user.password_hash):
        if user is None or grade is None:
            matches(attempt.password.get_secret_value(), None)
        throttle.failed(*keys)
        repository.audit("session.refuse", name, address, now)
        raise Problem("not-signed-in", "the account or the password is wrong")
    throttle.succeeded(keys[0], keys[2])
    cookie = secrets.token_urlsafe(32)
    session = LoginSession(digest(cookie), user.name, now, now, now + ABSOLUTE)
    repository.drop_expired_sessions(now)
    repository.open_session(session)
    repository.audit("session.open", user.name, address, now)
    return Ticket(cookie, Principal(user.name, grade, session.token_hash, token_for(cookie)), session.expires_at)


def principal_of(repository: Repository, cookie: str | None, now: datetime) -> Principal | None:
    """Who holds this cookie; ``None`` when nobody does any more."""
    if not cookie:
        return None
    session = repository.session(digest(cookie))
    if session is None:
        return None
    user = repository.user(session.user)
    grade = _grade(user)
    if user is None or grade is None or now >= session.expires_at or now - session.last_seen_at >= IDLE:
        with suppress(StoreUnavailable):
            repository.close_session(session.token_hash)
        return None
    if now - session.last_seen_at >= _TOUCH_EVERY:
        # A database that is full or locked can still be read: what is asked for is not refused for want of this note.
        with suppress(StoreUnavailable):
            repository.touch_session(session.token_hash, now)
    return Principal(user.name, grade, session.token_hash, token_for(cookie))


def sign_out(repository: Repository, principal: Principal, now: datetime) -> None:
    repository.close_session(principal.session_digest)
    repository.audit("session.close", principal.name, "", now)


def _grade(user: User | None) -> Grade | None:
    """The grade of a usable account; an unknown grade holds nothing, so it cannot sign in."""
    if user is None or user.disabled or user.grade not in set(Grade):
        return None
    return Grade(user.grade)
