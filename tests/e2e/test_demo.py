"""From a recording to events and evidence, with the shipped networks on real pixels."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import av
import pytest

from pipelines.records import EventFilter, EvidenceKind, EvidenceState
from pipelines.store.database import open_database
from pipelines.store.repository import Repository
from tests.e2e.command import ROOT, Vigil

pytestmark = pytest.mark.weights


def of_camera(result: Any, camera: str) -> Any:
    (run,) = (run for run in result["runs"] if run["camera"] == camera)
    return run


def test_the_unmasked_are_found_and_the_masked_are_not(analysed: tuple[Vigil, Any]) -> None:
    _, result = analysed
    assert result["refused"] == []
    assert of_camera(result, "hanh-lang")["events"].get("Q01") == 1
    assert of_camera(result, "tiep-don")["events"].get("Q01") == 1


def test_the_dropout_is_a_gap_and_frames_add_up(analysed: tuple[Vigil, Any]) -> None:
    _, result = analysed
    (gap,) = of_camera(result, "tiep-don")["gaps"]
    assert gap["reason"] == "recording_gap"
    assert gap["start"].startswith("2021-06-11T01:00:2")  # 08:00:22 in Viet Nam
    for run in result["runs"]:
        frames = run["frames"]
        assert frames["captured"] == frames["analysed"] + sum(frames["dropped"].values())
    assert of_camera(result, "tiep-don")["observed_s"] == pytest.approx(38.0, abs=0.3)


def test_who_is_too_small_is_not_assessed(analysed: tuple[Vigil, Any]) -> None:
    _, result = analysed
    assert of_camera(result, "hanh-lang")["not_assessable"]["FACE_TOO_SMALL"] > 0


def test_running_twice_adds_nothing(analysed: tuple[Vigil, Any], demo: Path) -> None:
    vigil, first = analysed
    again = vigil.analyze([demo], "--site", str(demo / "site.toml"))
    assert all(run["already_done"] for run in again["runs"])
    assert [run["run"] for run in again["runs"]] == [run["run"] for run in first["runs"]]
    assert [run["events"] for run in again["runs"]] == [run["events"] for run in first["runs"]]


def test_every_event_has_evidence_with_its_hash(analysed: tuple[Vigil, Any]) -> None:
    vigil, _ = analysed
    with open_database(f"sqlite:///{vigil.data / 'vigil.db'}") as database:
        repository = Repository(database)
        events = repository.events(EventFilter()).events
        assert events
        for event in events:
            rows = repository.evidence(event.id)
            assert {row.state for row in rows} == {EvidenceState.READY}
            assert [row.kind for row in rows].count(EvidenceKind.KEY_FRAME) == 3
            for row in rows:
                file = vigil.data / "evidence" / row.path
                assert hashlib.sha256(file.read_bytes()).hexdigest() == row.sha256
                if row.kind is EvidenceKind.CLIP:
                    with av.open(str(file)) as clip:
                        assert clip.streams.video[0].codec_context.name == "h264"
                        pictures = sum(1 for _ in clip.decode(video=0))
                    assert pictures > 50


def test_replaying_the_scenes_gives_the_same_events(analysed: tuple[Vigil, Any], demo: Path, tmp_path: Path) -> None:
    vigil, _ = analysed
    written = []
    for scenes in sorted((vigil.data / "scenes").glob("*.jsonl")):
        for name in ("a", "b"):
            vigil.run("replay", str(scenes), "--site", str(demo / "site.toml"), "--out", str(tmp_path / name))
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        written += [json.loads(line) for line in (tmp_path / "a").read_text(encoding="utf-8").splitlines()]
    assert sum(1 for line in written if line.get("change") == "opened" and line.get("rule") == "Q01") == 2


def test_interrupted_and_resumed_is_the_same_as_never_stopped(analysed: tuple[Vigil, Any], demo: Path, tmp_path: Path) -> None:
    before, whole = analysed
    expected = of_camera(whole, "tiep-don")
    written = (before.data / "runs" / expected["run"] / "scenes.jsonl").stat().st_size
    vigil = Vigil(tmp_path / "data")
    recording, site = demo / "tiep-don_20210611_080000.mp4", demo / "site.toml"
    scenes = vigil.data / "runs" / expected["run"] / "scenes.jsonl"
    command = vigil.command("analyze", str(recording), "--site", str(site), "--json")
    for share in (0.15, 0.55):
        _interrupt_when(scenes, share * written, command, vigil)
    mark = json.loads((scenes.parent / "mark.json").read_bytes())
    assert mark["scenes_bytes"] > 0.5 * written  # there is a place to go on from, and it is not far back
    (resumed,) = vigil.analyze([recording], "--site", str(site))["runs"]
    for field in ("run", "events", "frames", "tracks", "gaps", "judgements", "observed_s"):
        assert resumed[field] == expected[field]


def _interrupt_when(scenes: Path, size: float, command: list[str], vigil: Vigil) -> None:
    """Press Ctrl-C when so many bytes of scenes are on disk; it must have been in the middle of the work."""
    with subprocess.Popen(command, cwd=ROOT, env=vigil.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        grown = False
        while running.poll() is None and not grown:
            time.sleep(0.01)
            grown = scenes.exists() and scenes.stat().st_size >= size
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=280)
    assert running.returncode == 130, said.decode()


def test_changed_evidence_is_found(analysed: tuple[Vigil, Any], tmp_path: Path) -> None:
    vigil = Vigil(tmp_path / "copy")
    shutil.copytree(analysed[0].data, vigil.data)
    assert "0 missing or changed" in vigil.run("evidence", "verify").stdout
    picture = next((vigil.data / "evidence").rglob("*.jpg"))
    content = bytearray(picture.read_bytes())
    content[len(content) // 2] ^= 1
    picture.write_bytes(content)
    said = vigil.run("evidence", "verify", expect=1).stdout
    assert "1 missing or changed" in said
    assert picture.name in said
