"""Accounts and signed-in browsers. Passwords and cookies are known by their hashes alone."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from pipelines.store.audit import append
from pipelines.store.entries import LoginSession, User
from pipelines.store.noun import Noun
from pipelines.store.tables import SessionRow, UserRow


class Accounts(Noun):
    """Who may come in."""

    def anybody_since(self, since: datetime) -> bool:
        """Whether somebody signed in has asked for something since then."""
        with self._database.read() as session:
            return session.exec(select(SessionRow.user).where(col(SessionRow.last_seen_at) >= since).limit(1)).first() is not None

    def add_first_user(self, user: User) -> bool:
        """Add an account, with its line of the audit log, if there is none yet. Of two who try at once one succeeds.

        Returns:
            Whether it was added.
        """
        with self._database.write("first user") as session:
            if session.exec(select(UserRow.name).limit(1)).first() is not None:
                return False
            session.add(_row(user))
            append(
                self._database,
                session,
                action="account.create",
                actor="system",
                subject=user.name,
                at=user.created_at,
                detail=user.grade,
            )
            return True

    def put_user(self, user: User) -> None:
        """Add an account, or change one; its sessions stay open, see `close_all_sessions`."""
        with self._database.write(f"user:{user.name}") as session:
            session.merge(_row(user))

    def user(self, name: str) -> User | None:
        with self._database.read() as session:
            row = session.get(UserRow, name)
            return _user(row) if row else None

    def users(self) -> tuple[User, ...]:
        with self._database.read() as session:
            return tuple(_user(row) for row in session.exec(select(UserRow).order_by(UserRow.name)))

    def open_session(self, session: LoginSession) -> None:
        """Raises: StoreError: no such account."""
        with self._database.write() as transaction:
            transaction.add(
                SessionRow(
                    token_hash=session.token_hash,
                    user=session.user,
                    created_at=session.created_at,
                    last_seen_at=session.last_seen_at,
                    expires_at=session.expires_at,
                )
            )

    def session(self, token_hash: str) -> LoginSession | None:
        """A session that is open, also one that has expired: the caller knows what time it is."""
        with self._database.read() as transaction:
            row = transaction.get(SessionRow, token_hash)
            return _session(row) if row else None

    def touch_session(self, token_hash: str, at: datetime) -> None:
        """Note that a session was used. One that was closed meanwhile stays closed."""
        seen = col(SessionRow.last_seen_at)
        with self._database.write() as transaction:
            transaction.exec(
                sa.update(SessionRow).where(col(SessionRow.token_hash) == token_hash, seen < at).values(last_seen_at=at)
            )

    def close_session(self, token_hash: str) -> None:
        with self._database.write() as transaction:
            transaction.exec(sa.delete(SessionRow).where(col(SessionRow.token_hash) == token_hash))

    def close_all_sessions(self, user: str) -> int:
        """Returns how many were open."""
        with self._database.write() as transaction:
            return transaction.exec(sa.delete(SessionRow).where(col(SessionRow.user) == user)).rowcount

    def drop_expired_sessions(self, at: datetime) -> int:
        """Returns how many had expired."""
        with self._database.write() as transaction:
            return transaction.exec(sa.delete(SessionRow).where(col(SessionRow.expires_at) <= at)).rowcount


def _row(user: User) -> UserRow:
    return UserRow(
        name=user.name,
        password_hash=user.password_hash,
        grade=user.grade,
        created_at=user.created_at,
        disabled=user.disabled,
    )


def _user(row: UserRow) -> User:
    return User(row.name, row.password_hash, row.grade, row.created_at, row.disabled)


def _session(row: SessionRow) -> LoginSession:
    return LoginSession(row.token_hash, row.user, row.created_at, row.last_seen_at, row.expires_at)
