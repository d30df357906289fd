"""What a clip costs: packets copied against pictures encoded again, in one run on one recording.

Run: ``python benchmarks/evidence.py [ROUNDS]``. Makes a recording of moving noise (1080p, 25 a second, H.264), cuts the clip of
a 4 s event out of the middle both ways, and prints CPU seconds (medians), their ratio and the sizes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from analyzer.types import CameraId
from pipelines.evidence.footage import RecordedFootage
from pipelines.evidence.proxy import make_proxy
from pipelines.sources.recording import Recording

WIDTH, HEIGHT, RATE, SECONDS = 1920, 1080, 25, 40
SINCE, UNTIL = timedelta(seconds=8), timedelta(seconds=32)


def make_recording(path: Path) -> Path:
    """A still corridor of noise with a brighter block that moves through it: neither empty nor incompressible."""
    noise = np.random.default_rng(0).integers(60, 120, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2 * RATE
        stream.codec_context.bit_rate = 4_000_000
        for number in range(RATE * SECONDS):
            image = noise.copy()
            left = number * 2 % (WIDTH - 200)
            image[300:900, left : left + 200] = np.roll(noise[300:900, :200], number, axis=0) + 80
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def cpu_seconds(work: Callable[[], object], rounds: int) -> float:
    """Median CPU time of all threads of this process."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        footage = RecordedFootage(Recording(make_recording(place / "recording.mp4"), CameraId("camera")))
        clip, again = place / "clip.mp4", place / "again.mp4"
        copied = cpu_seconds(lambda: footage.cut(SINCE, UNTIL, clip), rounds)
        encoded = cpu_seconds(lambda: make_proxy(clip, again), max(1, rounds // 3))
        print(f"clip of {(UNTIL - SINCE).total_seconds():.0f} s, {WIDTH}x{HEIGHT} at {RATE} a second, median of {rounds}")
        print(f"copied     {copied:8.3f} CPU s   {clip.stat().st_size / 1e6:6.1f} MB")
        print(f"encoded    {encoded:8.3f} CPU s   {again.stat().st_size / 1e6:6.1f} MB   (x264 veryfast, crf 23)")
        print(f"ratio      {encoded / copied:8.0f} times cheaper; a copy is {100 * copied / encoded:.2f} % of an encoding")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("rounds", type=int, nargs="?", default=7, help="how often each is measured")
    main(parser.parse_args().rounds)
