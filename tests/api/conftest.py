"""One application a test, over a store of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from analyzer.types import EventId
from api.app import build_app
from api.security.csrf import token_for
from api.security.sessions import ABSOLUTE, digest
from api.security.throttle import Throttle
from api.service import Service
from pipelines.passwords import hash_password
from pipelines.records import Evidence, Grade
from pipelines.store.entries import LoginSession, User
from pipelines.store.repository import Repository
from tests.api.builders import NOON, SiteBuilder

PASSWORD = "một mật khẩu dài"
BASE = "http://testserver"


@dataclass
class Clock:
    """A clock that only goes when told."""

    at: datetime = NOON + timedelta(hours=4)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def forward(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class World:
    """An application with what stands behind it."""

    builder: SiteBuilder
    clock: Clock
    app: FastAPI

    @cached_property
    def known_event(self) -> str:
        """An event with a clip and everything beside it."""
        event = self.builder.event()
        self.builder.evidence_of(event)
        return event.id

    @cached_property
    def known_evidence(self) -> str:
        """The clip of the known event."""
        return self.file_of("clip").id

    def file_of(self, kind: str) -> Evidence:
        return next(item for item in self.repository.evidence(EventId(self.known_event)) if item.kind == kind)

    @property
    def repository(self) -> Repository:
        return self.builder.repository

    def client(self, grade: Grade | None = Grade.INSPECTOR) -> TestClient:
        """A browser of somebody of that grade, already signed in; ``None`` has not signed in."""
        client = TestClient(self.app, base_url=BASE, follow_redirects=False)
        if grade is not None:
            cookie = secrets.token_urlsafe(32)
            now = self.clock.now()
            self.repository.open_session(LoginSession(digest(cookie), grade.value, now, now, now + ABSOLUTE))
            client.cookies.set("vigil_session", cookie)
            client.headers["x-csrf-token"] = token_for(cookie)
        return client


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Argon2 is slow on purpose; once a session is enough."""
    return hash_password(PASSWORD)


@pytest.fixture
def world(tmp_path: Path, password_hash: str) -> Iterator[World]:
    """A facility with two cameras and a finished run, nothing flagged yet."""
    builder = SiteBuilder(tmp_path).site().run().coverage()
    for grade in Grade:
        builder.repository.put_user(User(grade.value, password_hash, grade.value, NOON))
    clock = Clock()
    service = Service(builder.repository, builder.evidence, clock.now, Throttle(clock.monotonic), secrets=tmp_path / "secrets")
    yield World(builder, clock, build_app(service))
    builder.database.close()
