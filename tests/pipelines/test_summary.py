"""What `vigil analyze` prints at its end."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from analyzer.naming import sign_name
from analyzer.types import CameraId, Role, RoleClaim, RuleId, RunId
from pipelines.records import FrameCounts, RunState, TimeBasis
from pipelines.summary import Refusal, RunSummary, as_json, show

SIGN = sign_name(RuleId("Q01"), RoleClaim(Role.UNKNOWN, 0.0, ()))


def summary(recording: str = "a.mp4") -> RunSummary:
    return RunSummary(
        run=RunId("0" * 32),
        recording=recording,
        camera=CameraId("a"),
        state=RunState.FINISHED,
        time_basis=TimeBasis.UNKNOWN,
        first_at=datetime(2021, 6, 11, tzinfo=UTC),
        coverage=(),
        counts=FrameCounts(),
        tracks=1,
        events=((RuleId("Q01"), 2),),
        tallies=(),
        evidence_ready=2,
        evidence_failed=0,
        elapsed=timedelta(0),
        analysed_now=timedelta(0),
        signs=((RuleId("Q01"), SIGN),),
        mask_only=True,
        notes=("masks only",),
    )


@pytest.mark.parametrize("recordings", [1, 9])
def test_signs_are_named_once_and_claim_no_role(recordings: int) -> None:
    out = io.StringIO()
    show(Console(file=out, width=100), [summary(f"{n}.mp4") for n in range(recordings)], [])
    said = out.getvalue()
    assert said.count("Q01: Person of unknown role without a mask") == 1
    assert "Quarantined" not in said
    assert said.count("masks only") == 1


def test_programs_are_told_the_same() -> None:
    document = json.loads(as_json([summary()], [Refusal("b.mp4", "empty", "record it again")]))
    (run,) = document["runs"]
    assert run["mask_only"] is True
    assert run["signs"] == [{"rule": "Q01", "vi": SIGN.vi, "en": SIGN.en}]
    assert run["events"] == {"Q01": 2}
    assert document["refused"] == [{"place": "b.mp4", "problem": "empty", "remedy": "record it again"}]
