"""Accounts and sessions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.errors import StoreError
from pipelines.store import Repository
from pipelines.store.entries import LoginSession, User
from tests.pipelines.store.made import T0, seconds

ADMIN = User("admin", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "admin", T0)
THU = User("thư", "$argon2id$x", "inspector", T0)


def make_session(token: str = "t1", user: str = "admin") -> LoginSession:
    return LoginSession(token, user, T0, T0, T0 + seconds(60))


def test_accounts(repository: Repository) -> None:
    for user in (THU, ADMIN):
        repository.put_user(user)
    changed = replace(THU, disabled=True, grade="viewer")
    repository.put_user(changed)

    assert repository.users() == (ADMIN, changed)
    assert repository.user("thư") == changed  # written apart, found composed
    assert repository.user("nobody") is None


def test_a_session_from_opening_to_closing(repository: Repository) -> None:
    repository.put_user(ADMIN)
    repository.open_session(make_session())
    assert repository.session("t1") == make_session()

    repository.touch_session("t1", T0 + seconds(5))
    repository.touch_session("t1", T0 + seconds(3))  # a slower request does not turn time back
    assert repository.session("t1") == replace(make_session(), last_seen_at=T0 + seconds(5))

    repository.close_session("t1")
    repository.touch_session("t1", T0 + seconds(9))
    repository.close_session("t1")
    assert repository.session("t1") is None


def test_all_sessions_of_one_account_are_closed(repository: Repository) -> None:
    for user in (ADMIN, THU):
        repository.put_user(user)
    for token, user in (("t1", "admin"), ("t2", "admin"), ("t3", "thư")):
        repository.open_session(make_session(token, user))

    assert repository.close_all_sessions("admin") == 2
    assert repository.close_all_sessions("admin") == 0
    assert repository.session("t1") is None
    assert repository.session("t3") is not None


def test_expired_sessions_are_dropped(repository: Repository) -> None:
    repository.put_user(ADMIN)
    repository.open_session(make_session("old"))
    repository.open_session(replace(make_session("new"), expires_at=T0 + seconds(61)))

    assert repository.drop_expired_sessions(T0 + seconds(60)) == 1
    assert repository.session("old") is None
    assert repository.session("new") is not None


def test_a_session_needs_its_account_and_a_token_of_its_own(repository: Repository) -> None:
    with pytest.raises(StoreError):
        repository.open_session(make_session())
    repository.put_user(ADMIN)
    repository.open_session(make_session())
    with pytest.raises(StoreError) as refusal:
        repository.open_session(make_session())
    assert "t1" not in str(refusal.value)
