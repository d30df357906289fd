"""Wishes of people become running cameras: with real processes, a real database and cameras that play over TCP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from analyzer.site import Camera, Facility, Site
from analyzer.types import CameraId, FacilityId
from pipelines.errors import BadInput
from pipelines.records import CoverageState, GapReason, RunState
from pipelines.secrets_folder import keep_secret
from pipelines.settings import Settings
from pipelines.site_file import SiteDocument, load_site
from pipelines.sources.lifecycle import State
from pipelines.store import Repository, open_database
from pipelines.store.wishes import WishAction
from pipelines.supervisor import plans_of
from pipelines.wanted import CameraWish, overlaid
from tests.rtsp.camera import Auth, Behaviour, RtspCamera
from tests.rtsp.pictures import walk, write_clip
from tests.rtsp.stream import Recording, load

ROOT = Path(__file__).resolve().parents[3]
CANARY = "s3cr3t-Canary"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASE = CameraWish(CameraId("a"), FacilityId("f"), "", "", "", None, True, False, 1, NOW, "admin")
SITE = Site(Facility(FacilityId("f"), "F"), (Camera(CameraId("a"), "A", "rtsp://10.0.0.1/a", evidence="rtsp://10.0.0.1/main"),))


def _document(wishes: list[CameraWish]) -> SiteDocument:
    return SiteDocument(overlaid(SITE, wishes), "0" * 64, Path("site.toml"), "")


def test_a_wish_goes_over_the_site_file() -> None:
    added = replace(BASE, camera=CameraId("b"), own=True, name="B", source="usb:0")
    foreign = replace(added, camera=CameraId("c"), facility=FacilityId("g"))
    forgotten = replace(BASE, camera=CameraId("d"), source="usb:1")  # the site file knew it once
    site = overlaid(SITE, [replace(BASE, name="A2", source="rtsp://10.0.0.2/a"), added, foreign, forgotten])
    assert [(camera.id, camera.name, camera.source, camera.evidence) for camera in site.cameras] == [
        ("a", "A2", "rtsp://10.0.0.2/a", ""),
        ("b", "B", "usb:0", ""),
    ]
    assert overlaid(SITE, [replace(BASE, name="A2")]).cameras[0].evidence == "rtsp://10.0.0.1/main"


def test_plans_follow_the_wishes(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    name = keep_secret(settings.secrets, CameraId("b"), CANARY)
    good = replace(BASE, camera=CameraId("b"), own=True, source=f"rtsp://v:${{file:{name}}}@10.0.0.3/s", rate=2.0)
    lost = replace(good, camera=CameraId("c"), source="rtsp://v:${file:nothing}@10.0.0.3/s")
    wishes = [replace(BASE, running=False), good, lost]
    plans = plans_of(_document(wishes), settings, None, wishes)
    assert [(plan.camera, plan.address.password, plan.rate) for plan in plans.plans] == [("b", CANARY, 2.0)]
    assert list(plans.refused) == ["c"]
    assert CANARY not in f"{plans}"
    (as_written,) = plans_of(_document([]), settings).plans
    assert (str(as_written.address), str(as_written.evidence)) == ("rtsp://10.0.0.1/a", "rtsp://10.0.0.1/main")


def test_a_broken_site_file_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('[facility]\nid = "f"\nname = "F"\n[[camera]]\nid = "a"\nname = "A"\nsource = "exec:x"\n')
    with pytest.raises(BadInput, match='source of camera "a"'):
        plans_of(load_site(path), Settings(data_dir=tmp_path))


@dataclass
class Watching:
    """``vigil live`` as a process of its own."""

    process: subprocess.Popen[str]
    repository: Repository
    log: list[str] = field(default_factory=list)

    def said(self, event: str, camera: str) -> list[dict[str, str]]:
        lines = [json.loads(line) for line in self.log if line.startswith("{")]
        return [line for line in lines if line["event"] == event and line.get("camera") == camera]

    def wait(self, what: Callable[[], bool], timeout: float = 60.0) -> None:
        began = time.monotonic()
        while not what():
            assert self.process.poll() is None, self.log[-20:]
            assert time.monotonic() - began < timeout, self.log[-20:]
            threading.Event().wait(0.05)

    def state(self, camera: str) -> State | None:
        report = self.repository.reports().get(CameraId(camera))
        return report.state if report else None

    def captures(self) -> set[int]:
        """The capture processes."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return {one.pid for one in found if "pipelines.sources.capture_process" in " ".join(one.cmdline())}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return load(write_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", walk(60), rate=5, keyframe_every=5))


@pytest.fixture
def watching(tmp_path: Path, recording: Recording) -> Iterator[Watching]:
    """One camera of the site file, at work."""
    with RtspCamera(recording) as first:
        site = tmp_path / "site.toml"
        site.write_text(
            f'[facility]\nid = "f"\nname = "F"\n[[camera]]\nid = "hall"\nname = "H"\nsource = "{first.url}"\n', encoding="utf-8"
        )
        data = tmp_path / "var"
        process = subprocess.Popen(
            (
                sys.executable,
                "-c",
                "from pipelines.cli import main; main()",
                "live",
                "--site",
                str(site),
                "--perception",
                "synthetic",
            ),
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "VIGIL_DATA_DIR": str(data), "VIGIL_ALLOW_LOOPBACK_CAMERAS": "true"},
            cwd=ROOT,
        )
        log: list[str] = []
        reader = threading.Thread(target=_read, args=(process, log))
        reader.start()
        began = time.monotonic()
        while not any("camera.state" in line and "live" in line for line in log):
            assert time.monotonic() - began < 60, log[-20:]
            threading.Event().wait(0.05)
        with open_database(f"sqlite:///{data / 'vigil.db'}") as database:
            try:
                yield Watching(process, Repository(database), log)
            finally:
                process.kill()
                process.wait()
                reader.join(10)


def _read(process: subprocess.Popen[str], log: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr as said:
        log.extend(iter(said.readline, ""))


@pytest.mark.timeout(240)
def test_cameras_are_added_changed_and_stopped_while_another_loses_nothing(
    watching: Watching, recording: Recording, tmp_path: Path
) -> None:
    repository = watching.repository
    watching.wait(lambda: watching.state("hall") is State.LIVE)
    (untouched,) = watching.captures()
    secret = keep_secret(tmp_path / "var" / "secrets", CameraId("gate"), CANARY)
    with (
        RtspCamera(recording, Behaviour(auth=Auth.DIGEST, password=CANARY)) as gate,
        RtspCamera(recording) as elsewhere,
    ):
        source = gate.url.replace("rtsp://", f"rtsp://viewer:${{file:{secret}}}@")
        wish = replace(BASE, camera=CameraId("gate"), own=True, name="G", source=source, version=0)
        wish = repository.put_wish(wish, WishAction.ADD)
        watching.wait(lambda: watching.state("gate") is State.LIVE)
        assert gate.counters.plays == 1
        wish = repository.put_wish(replace(wish, source=elsewhere.url), WishAction.CHANGE)
        watching.wait(lambda: elsewhere.counters.plays == 1 and watching.state("gate") is State.LIVE)
        wish = repository.put_wish(replace(wish, running=False), WishAction.STOP)
        watching.wait(lambda: len(watching.said("camera.removed", "gate")) == 2)
        watching.wait(lambda: watching.captures() == {untouched})
        wish = repository.put_wish(replace(wish, running=True), WishAction.START)
        watching.wait(lambda: elsewhere.counters.plays == 2 and watching.state("gate") is State.LIVE)
        repository.put_wish(replace(wish, source="rtsp://v:${file:gone}@10.0.0.9/s"), WishAction.CHANGE)
        watching.wait(lambda: watching.state("gate") is State.DOWN)
        assert repository.reports()[CameraId("gate")].text == "file_unreadable: gone"
    assert watching.captures() == {untouched}
    watching.process.terminate()
    watching.process.wait(25)
    (hall,) = [run for run in repository.runs() if run.camera == "hall"]
    assert hall.state is RunState.FINISHED
    assert hall.counts.captured == hall.counts.analysed + sum(count for _, count in hall.counts.dropped)
    intervals = repository.coverage(CameraId("hall"), datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))
    assert [i.reason for i in intervals if i.state is CoverageState.GAP] == [GapReason.NOT_STARTED]
    assert all(a.end == b.start for a, b in pairwise(intervals))
    others = repository.coverage(CameraId("gate"), datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))
    assert GapReason.STOPPED in {i.reason for i in others}
    assert all(a.end == b.start for a, b in pairwise(others))
    assert not any(CANARY in line for line in watching.log)
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "var").glob("vigil.db*"))
