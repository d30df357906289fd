"""However a recording is damaged, it is refused in one line or read as far as it goes; nothing else may happen."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.types import CameraId
from pipelines.errors import BadRecording, EvidenceError
from pipelines.evidence.footage import RecordedFootage
from pipelines.sources.instants import as_timedelta
from pipelines.sources.items import Captured, Ended, Hole, Passed
from pipelines.sources.recording import Recording
from tests.media import Film, make

FILM = Film(count=30, width=64, height=64, gop=8, options={"bf": "2"})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return {ending: make(folder / f"a{ending}", FILM).read_bytes() for ending in (".mp4", ".mkv", ".avi", ".ts", ".mov")}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_ends_in_a_clear_line_or_an_exact_account(
    whole: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    ending = data.draw(st.sampled_from(sorted(whole)))
    content = bytearray(whole[ending])
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(1, 24))
        content[at : at + length] = data.draw(st.binary(min_size=0, max_size=length))
    keep = data.draw(st.integers(1, len(content)) | st.just(len(content)))
    path = tmp_path / f"a{ending}"
    path.write_bytes(bytes(content[:keep]))
    try:
        recording = Recording(path, CameraId("c"))
        items = list(recording.frames(5))
    except BadRecording as error:
        refusal: BadRecording | None = error
    else:
        refusal = None
    if refusal is not None:
        assert "\n" not in str(refusal)
        return
    assert isinstance(items[-1], Ended)
    assert all(isinstance(item, Captured | Passed | Hole) for item in items[:-1])
    times = [item.frame.ref.pts for item in items if isinstance(item, Captured)]
    assert times == sorted(set(times))
    assert all(hole.start < hole.end for hole in items if isinstance(hole, Hole))
    assert as_timedelta(0) <= items[-1].end
    with suppress(EvidenceError):
        RecordedFootage(recording).cut(as_timedelta(1), as_timedelta(2), tmp_path / "clip")
