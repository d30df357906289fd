"""Where the log goes when standard error is exchanged while the process runs."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from pipelines.telemetry import configure


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    kept, before = structlog.get_config(), structlog.is_configured()
    yield
    if before:
        structlog.configure(**kept)
    else:
        structlog.reset_defaults()


def test_what_is_said_goes_to_the_standard_error_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    configure()
    log = structlog.get_logger("test")
    log.info("one")
    assert '"event": "one"' in first.getvalue()
    monkeypatch.setattr("sys.stderr", second)
    first.close()
    log.info("two")
    assert '"event": "two"' in second.getvalue()
