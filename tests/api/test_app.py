"""The composition root: from an empty folder to a page somebody can sign in to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import serve_app
from tests.api.conftest import BASE

DOCS = Path(__file__).parents[2] / "docs" / "review-and-api.md"


def test_serves_from_an_empty_folder_and_shows_the_password_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("VIGIL_DATABASE_URL", "VIGIL_EVIDENCE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "var"))
    with TestClient(serve_app(), base_url=BASE) as client:
        shown = capsys.readouterr().out
        password = re.findall(r"Password:\s+(\S+)", shown)[0]
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/v1/session", json={"name": "admin", "password": password}).status_code == 201
        assert "Chưa có lượt phân tích nào" in client.get("/queue").text
        assert "Chưa có camera nào" in client.get("/coverage").text
    with TestClient(serve_app(), base_url=BASE) as client:
        assert "Password" not in capsys.readouterr().out
        assert client.post("/api/v1/session", json={"name": "admin", "password": password}).status_code == 201


def test_behind_tls_cookies_and_headers_are_bound_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("VIGIL_SECURE_COOKIES", "true")
    with TestClient(serve_app(), base_url="https://testserver") as client:
        answer = client.get("/login")
        assert "__Host-vigil-form" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]


def test_every_route_and_key_is_documented() -> None:
    from tests.api.test_permissions import TABLE

    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in TABLE if f"`{name}`" not in text] == []
    assert [permission for permission in set(TABLE.values()) if f"`{permission}`" not in text] == []
