"""A process killed anywhere between announcing evidence and finishing it leaves nothing that the next start cannot settle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.evidence import EvidenceWriter, RecordedFootage, verify
from pipelines.evidence.files import EXPECTED, PART, pending_row
from pipelines.records import EvidenceState
from pipelines.sources.recording import Recording
from tests.media import Film, make
from tests.pipelines.evidence_case import CAMERA, EPISODE, EVENT, SCENES, DiskStore, MemoryStore, case
from tests.pipelines.evidence_victim import FILES, STEPS, place_of


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("recording") / "a.mp4", Film(count=400, options={"bf": "3"}))


@pytest.fixture(scope="module")
def graveyard(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Path:
    """Every step of every file, each with a process that was killed there."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run(
        [sys.executable, "-m", "tests.pipelines.evidence_victim", str(folder), str(recording)],
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=200,
    )
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> dict[str, str | None]:
    """Path and hash of what a process writes that nobody kills."""
    with EvidenceWriter(tmp_path_factory.mktemp("undisturbed"), MemoryStore()) as writer:
        rows = writer.seal(EPISODE, RecordedFootage(Recording(recording, CAMERA)), SCENES, case())
    return {row.path: row.sha256 for row in rows}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("at", range(FILES))
def test_the_next_start_settles_everything_and_a_second_attempt_completes_it(
    graveyard: Path, recording: Path, undisturbed: dict[str, str | None], step: str, at: int
) -> None:
    folder = place_of(graveyard, step, at)
    root, store = folder / "evidence", DiskStore(folder / "store")
    before = dict(store.rows)
    assert set(before) == {pending_row(EPISODE.opened, kind, ordinal).id for kind, ordinal in EXPECTED}
    ready_before = sum(row.state is EvidenceState.READY for row in before.values())
    assert ready_before == (FILES if step == "all done" else at)

    with EvidenceWriter(root, store) as writer:
        found = writer.reconciled
        assert found is not None
        assert found.quarantined == ()
        assert len(found.finished) == (1 if step == "renamed" else 0)
        assert len(found.lost) == (0 if step == "all done" else FILES - at - len(found.finished))
        assert all(row.reason for row in found.lost)
        assert store.pending_evidence() == ()
        assert list(root.rglob(f"*{PART}")) == []
        assert len(found.removed) == (0 if step in {"announced", "renamed", "all done"} else 1)
        assert verify(root, store.evidence(EVENT)) == ()

        # The same event is sealed again, as a resumed run does.
        rows = writer.seal(EPISODE, RecordedFootage(Recording(recording, CAMERA)), SCENES, case())
    assert {row.state for row in rows} == {EvidenceState.READY}
    assert {row.id for row in rows} == set(store.rows)
    assert {row.path: row.sha256 for row in rows} == undisturbed
    assert verify(root, rows) == ()
    files = {path.relative_to(root).as_posix() for path in root.rglob("*.*") if path.name != ".lock"}
    assert files == store.evidence_paths()
