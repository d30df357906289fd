"""A real service on a free port, driven by a real Chromium. Skipped, with the reason, where there is none."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from analyzer.types import Measure, Reason, Role, RoleClaim, RuleId, Severity, TrackId, TrackSubject, Votes
from api.app import build_app
from api.security.sessions import ABSOLUTE, digest
from api.security.throttle import Throttle
from api.service import Service
from pipelines.passwords import hash_password
from pipelines.records import Grade
from pipelines.store.entries import LoginSession, User
from tests.api.builders import SiteBuilder, closing, mask_event

PASSWORD = "một mật khẩu dài"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """The running service and what stands behind it."""

    builder: SiteBuilder
    address: str
    events: list[str]

    def show(self, context: BrowserContext, grade: Grade = Grade.INSPECTOR) -> Page:
        """A page of somebody who is already signed in."""
        cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
        self.builder.repository.open_session(LoginSession(digest(cookie), grade.value, now, now, now + ABSOLUTE))
        context.add_cookies([{"name": "vigil_session", "value": cookie, "url": self.address}])
        return context.new_page()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile; a script error on any page fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
    context.set_default_timeout(60_000)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def site(tmp_path: Path, password_hash: str) -> Iterator[Site]:
    """Three signs on one corridor, the first two with a clip, served on loopback."""
    builder = SiteBuilder(tmp_path).site().run().coverage()
    for grade in Grade:
        builder.repository.put_user(User(grade.value, password_hash, grade.value, datetime.now(UTC)))
    identifiers = _flag(builder)
    service = Service(
        builder.repository, builder.evidence, lambda: datetime.now(UTC), Throttle(lambda: 0.0), secrets=tmp_path / "secrets"
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build_app(service), log_level="error", access_log=False, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Site(builder, f"http://127.0.0.1:{listener.getsockname()[1]}", identifiers)
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        builder.database.close()


def _flag(builder: SiteBuilder) -> list[str]:
    incorrect = mask_event(
        "two",
        6.4,
        rule=RuleId("Q02"),
        severity=Severity.MEDIUM,
        role=RoleClaim(Role.UNKNOWN, 0.5),
        votes=Votes(9, 3, ((Reason.FACE_AWAY, 11), (Reason.BLUR, 3))),
        measures=(Measure("duration", 6.2, "s", 5.0), Measure("probability", 0.71, "", 0.7), Measure("head", 61.0, "px", 40.0)),
    )
    intruder = mask_event(
        "three",
        8.2,
        rule=RuleId("G01"),
        severity=Severity.CRITICAL,
        role=RoleClaim(Role.OUTSIDER, 0.83, ("E1:outside",)),
        subject=TrackSubject(TrackId(19)),
        votes=Votes(31, 0, ()),
    )
    stored = []
    for event, length in ((mask_event(), 9), (incorrect, 7.5), (intruder, 24)):
        builder.event(event)
        stored.append(builder.event(closing(event, timedelta(seconds=length))))
    for event in stored[:2]:
        builder.evidence_of(event)
    return [event.id for event in stored]


def shots_folder() -> Path | None:
    """Where pictures of the pages go, when somebody wants to look at them."""
    folder = os.environ.get("VIGIL_SCREENSHOTS")
    return Path(folder) if folder else None
