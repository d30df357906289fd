"""How long a picture takes from its arrival to its verdict, and what one bad camera costs the others, with the real networks.

    python benchmarks/live_load.py [--cameras 16] [--load 0.5] [--seconds 60]

Cameras speak RTSP and show painted people; the whole live pipeline runs. The rate is chosen so that the detector is busy for
``--load`` of the time, by what one picture costs on this machine just before. Wall time counts here, so other work on the
machine shows: its load is printed with the figures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analyzer.types import CameraId
from models.perception import load_perception
from pipelines.metrics import LiveMetrics
from pipelines.rehearsal import cpu, run_live
from pipelines.seeing import BatchedSeer
from pipelines.sources.lifecycle import State
from tests.pipelines.live.running import painted_walk, running
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import write_clip
from tests.rtsp.stream import load


@dataclass(frozen=True, slots=True)
class Verdict:
    """When a picture was judged (monotonic seconds), and how long that was after its arrival."""

    at: float
    after: float


class Stopwatch(LiveMetrics):
    """Keeps every verdict, not only the histogram."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: dict[CameraId, list[Verdict]] = defaultdict(list)

    def verdict(self, camera: CameraId, seconds: float) -> None:
        super().verdict(camera, seconds)
        self.verdicts[camera].append(Verdict(time.monotonic(), seconds))


def rate_of(verdicts: Sequence[Verdict]) -> float:
    """Verdicts a second, from the first to the last: counting a window would be off by one at its edges."""
    return (len(verdicts) - 1) / (verdicts[-1].at - verdicts[0].at) if len(verdicts) > 1 else 0.0


def cost(factory: object, folder: Path) -> float:
    """Wall seconds of one picture."""
    clip = write_clip(folder / "cost.mp4", painted_walk(60, 5, seen=(0.0, 12.0)), rate=5, keyframe_every=5)
    began = time.monotonic()
    passed = run_live(clip, factory, rate=5.0, seconds=6.0, gated=False)  # type: ignore[arg-type]
    return (time.monotonic() - began) / passed.judged


def watched(stopwatch: Stopwatch, seconds: float) -> Mapping[CameraId, list[Verdict]]:
    """The verdicts of a while."""
    stopwatch.verdicts.clear()
    threading.Event().wait(seconds)
    return {camera: list(found) for camera, found in stopwatch.verdicts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--load", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    factory = load_perception()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        each = cost(factory, folder)
        rate = min(args.load / each / args.cameras, 5.0)
        length = 2 * args.seconds + 60.0  # no camera begins again meanwhile: that would be said to be a loop
        people = painted_walk(round(5 * length), 5, seen=(0.0, length))
        clip = load(write_clip(folder / "walk.mp4", people, rate=5, keyframe_every=10))
        cameras = [stack.enter_context(RtspCamera(clip)) for _ in range(args.cameras)]
        plans = [plan_for(camera.url, f"c{n:02}", rate=rate, gated=False) for n, camera in enumerate(cameras)]
        run = stack.enter_context(running(folder / "data", plans, BatchedSeer(factory), evidence=False))
        stopwatch = run.live.metrics = Stopwatch()
        run.wait(lambda: all(s.life.state is State.LIVE for s in run.live.status()), 60)
        busy = cpu()
        well = watched(stopwatch, args.seconds)
        busy = (cpu() - busy) / args.seconds
        cameras[0].behave(Behaviour(Mode.CLOSE))
        ill = watched(stopwatch, args.seconds)
    every = sorted(one.after for found in well.values() for one in found)
    kept = {camera: rate_of(ill.get(camera, ())) / rate_of(found) for camera, found in well.items() if camera != "c00"}
    sys.stdout.write(
        f"{args.cameras} cameras at {rate:.2f} a second ({each * 1000:.0f} ms a picture, load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores, f32; {busy:.2f} cores used by the live process): {len(every)} verdicts, median "
        f"{statistics.median(every):.2f} s, p95 {np.percentile(every, 95):.2f} s, longest {every[-1]:.2f} s; with one camera that closes again "
        f"and again the others kept {statistics.mean(kept.values()):.1%} of their rate, the worst of them {min(kept.values()):.1%}\n"
    )


if __name__ == "__main__":
    main()
