"""CPU seconds of one capture process for each second of video, with and without the activity gates.

python benchmarks/capture.py [--seconds 40] [--width 640] [--height 360]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.pipelines.live.watching import plan_for, watched
from tests.rtsp.camera import RtspCamera
from tests.rtsp.pictures import walk, write_clip
from tests.rtsp.stream import Recording, load


def cost(recording: Recording, seconds: float, *, gated: bool) -> tuple[float, int, int]:
    """CPU seconds a video second, pictures sent to the detector, packets received; after the gate has learned."""
    with RtspCamera(recording) as camera, watched(plan_for(camera.url, gated=gated)) as (worker, notebook):
        notebook.wait(lambda: bool(notebook.glances) and notebook.glances[-1].at > 20.0, 60)
        assert worker.pid is not None
        process = psutil.Process(worker.pid)
        before, tally = process.cpu_times(), notebook.glances[-1].tally
        time.sleep(seconds)
        after, now = process.cpu_times(), notebook.glances[-1].tally
    used = after.user + after.system - before.user - before.system
    return used / seconds, now.sent - tally.sent, now.captured - tally.captured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    args = parser.parse_args()
    print(f"{args.width}x{args.height} at 10 pictures a second, 5 analysed, {args.seconds:.0f} s each")
    with tempfile.TemporaryDirectory() as folder:
        for name, moving in (("quiet", False), ("busy", True)):
            pictures = walk(900, args.width, args.height, moving=moving)
            recording = load(write_clip(Path(folder) / f"{name}.mp4", pictures, rate=10, keyframe_every=20, bit_rate=800_000))
            for gated in (False, True):
                used, sent, captured = cost(recording, args.seconds, gated=gated)
                print(
                    f"{name:6} gates {'on ' if gated else 'off'}  {1000 * used:6.1f} ms CPU a second  {sent:4} of {captured} pictures analysed"
                )


if __name__ == "__main__":
    main()
