"""S4 and S5 on a real line: two network namespaces with a cable between them, packets lost by nftables. Needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.types import CameraId
from pipelines.coverage import Quality, holds
from pipelines.records import CoverageInterval, GapReason
from pipelines.store import Repository, open_database
from tests.faults.matrix import judge
from tests.faults.test_processes import ROOT, Process
from tests.rtsp.pictures import walk, write_clip

pytestmark = [
    pytest.mark.fault,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not shutil.which("nft") or not shutil.which("ip"), reason="apt-get install nftables iproute2"),
]

CAMERA_SIDE, OUR_SIDE = "vigil-camera", "vigil-ours"
CAMERA_ADDRESS, OUR_ADDRESS = "10.231.7.1", "10.231.7.2"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Line:
    """The cable: what comes from the camera is lost by a share."""

    def lose(self, percent: int) -> None:
        _run("ip", "netns", "exec", OUR_SIDE, "nft", "flush", "ruleset")
        if percent:
            nft = ("ip", "netns", "exec", OUR_SIDE, "nft", "add")
            _run(*nft, "table", "inet", "f")
            _run(*nft, "chain", "inet", "f", "inwards", "{ type filter hook input priority 0; }")
            # A condition that always holds is refused.
            share = ("numgen", "random", "mod", "100", "<", str(percent)) if percent < 100 else ()
            _run(*nft, "rule", "inet", "f", "inwards", "iifname", "vigil1", *share, "drop")


@pytest.fixture
def line() -> Iterator[Line]:
    def clear() -> None:
        for side in (CAMERA_SIDE, OUR_SIDE):
            subprocess.run(["ip", "netns", "del", side], check=False, capture_output=True)

    clear()
    try:
        for side in (CAMERA_SIDE, OUR_SIDE):
            _run("ip", "netns", "add", side)
        _run("ip", "link", "add", "vigil0", "netns", CAMERA_SIDE, "type", "veth", "peer", "name", "vigil1", "netns", OUR_SIDE)
        for side, name, address in ((CAMERA_SIDE, "vigil0", CAMERA_ADDRESS), (OUR_SIDE, "vigil1", OUR_ADDRESS)):
            _run("ip", "-n", side, "addr", "add", f"{address}/24", "dev", name)
            _run("ip", "-n", side, "link", "set", name, "up")
            _run("ip", "-n", side, "link", "set", "lo", "up")
        Line().lose(0)
    except subprocess.CalledProcessError as refused:
        clear()
        pytest.skip(f"this machine makes no namespaces or filters: {refused.stderr.decode(errors='replace').strip()[:100]}")
    yield Line()
    clear()


@pytest.fixture
def live(line: Line, tmp_path: Path) -> Iterator[Process]:
    clip = write_clip(tmp_path / "walk.mp4", walk(300), rate=10, keyframe_every=10, bit_rate=400_000)
    command = ["ip", "netns", "exec", CAMERA_SIDE, sys.executable, "-m", "tests.rtsp.camera", str(clip)]
    camera = subprocess.Popen([*command, "--host", CAMERA_ADDRESS], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert camera.stdout is not None
    url = camera.stdout.readline().strip()
    site = tmp_path / "site.toml"
    site.write_text(
        f'[facility]\nid = "f"\nname = "F"\n\n[[camera]]\nid = "gate"\nname = "G"\nsource = "{url}"\n', encoding="utf-8"
    )
    process = Process(tmp_path / "var", site, prefix=("ip", "netns", "exec", OUR_SIDE))
    yield process
    for one in (process.process, camera):
        if one is not None and one.poll() is None:
            one.terminate()
            one.wait(60)
    camera.stdout.close()


def ledger(live: Process) -> tuple[CoverageInterval, ...]:
    with open_database(f"sqlite:///{live.data / 'vigil.db'}") as database:
        return Repository(database).coverage(CameraId("gate"), datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("percent", [10, 30, 100])
def test_s4_packets_are_lost(percent: int, line: Line, live: Process) -> None:
    live.start()
    threading.Event().wait(10)
    line.lose(percent)
    threading.Event().wait(40)
    line.lose(0)
    before, began = len(live.log), time.monotonic()
    well = datetime.now(UTC)
    while not holds(last := ledger(live)[-1], Quality.CONNECTED) or last.end < well:
        assert time.monotonic() - began < 120, "the camera did not come back"
        threading.Event().wait(0.5)
    back = holds(last, Quality.CONNECTED)  # the clip begins again after 30 s, which is LOOPED
    assert live.process is not None
    alive = live.process.poll() is None
    live.process.terminate()
    ended = live.process.wait(60)
    intervals = ledger(live)
    holes = sum(a.end != b.start for a, b in pairwise(intervals))
    said = sorted({str(i.reason) for i in intervals if i.reason not in {None, GapReason.NOT_STARTED, GapReason.STOPPED}})
    stale = [one for one in live.log[:before] if one["event"] == "camera.state" and one.get("state") == "stale"]
    judge(
        "S4" if percent < 100 else "S5", f"{percent} % of the packets lost for 40 s (namespaces, nftables)",
        f"no crash: {alive}, exit {ended}; ledger says {said or 'live throughout'}, STALE {len(stale)} times, {holes} holes, connected after the line was well: {back}",
        "no crash, said in the ledger, live again", passed=alive and ended == 0 and not holes and back
        and (percent < 100 or bool(stale)),
    )  # fmt: skip
