from __future__ import annotations

import json

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.address import redact
from pipelines.telemetry import configure

SECRET = "p4ss-canary"


@pytest.mark.parametrize(
    "text",
    [
        f"rtsp://user:{SECRET}@10.0.0.9:554/stream1",
        f"[Errno 5] Input/output error: 'rtsp://user:{SECRET}@10.0.0.9:554/stream1'",
        f"https://{SECRET}@10.0.0.9/a and rtsps://u:{SECRET}@10.0.0.9/b",
    ],
)
def test_credentials_go_and_the_host_stays(text: str) -> None:
    assert SECRET not in redact(text)
    assert "10.0.0.9" in redact(text)


@given(
    st.text(
        alphabet=st.characters(exclude_characters="@/'\" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0", exclude_categories=["Z", "C"])
    )
)
def test_no_password_survives(password: str) -> None:
    assert redact(f"rtsp://user:{password}@camera/x") == "rtsp://***@camera/x"


def test_log_lines_are_json_and_redacted_however_deep(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    url = f"rtsp://user:{SECRET}@10.0.0.9/1"
    structlog.get_logger().warning("source_failed", url=url, detail={"seen": [url]}, error=OSError(url))
    structlog.reset_defaults()
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "source_failed"
    assert line["level"] == "warning"
    assert SECRET not in json.dumps(line)
