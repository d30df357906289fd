"""A soak: many cameras with random faults for a while; memory, descriptors and threads must stay flat, time must add up.

    python -m tests.faults.soak --minutes 60 --cameras 16 [--people 5 --recording RECORDING...]

With ``--people`` so many of the cameras show recordings with people, never twice in the same way (that would be noticed, and
nothing judged), the shipped networks look at all of them and evidence is written; without it nothing looks at the pictures.
With ``--two-streams`` so many of the cameras record their evidence from a second connection, which is not decoded.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import psutil

from models.perception import load_perception
from pipelines.coverage import summed
from pipelines.records import CoverageState, EventFilter
from pipelines.seeing import BatchedSeer
from tests.faults.test_perception import Blinking
from tests.pipelines.live.running import running, with_ring
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import Picture, walk, write_clip
from tests.rtsp.stream import load

_FAULTS = (Mode.RESET, Mode.CLOSE, Mode.STALL, Mode.CORRUPT, Mode.WRONG_PTS, Mode.SLOW, Mode.REFUSE)


@dataclass(frozen=True, slots=True)
class People:
    """So many cameras show these recordings."""

    cameras: int
    recordings: tuple[Path, ...]


def soak(
    minutes: float, count: int, size: tuple[int, int], folder: Path, people: People | None = None, two_streams: int = 0
) -> dict[str, object]:
    """Run it and give the figures."""
    empty = load(write_clip(folder / "clip.mp4", walk(300, *size), rate=5, keyframe_every=10))
    shown = [empty] * count
    if people is not None:
        pictures = varied(people.recordings, size, 5, 60 * minutes)
        shown[: people.cameras] = [load(write_clip(folder / "people.mp4", pictures, rate=5, keyframe_every=10))] * people.cameras
    seer = Blinking() if people is None else BatchedSeer(load_perception())
    rng, process = random.Random(0), psutil.Process()
    samples: list[tuple[float, int, int, int]] = []
    held: list[Heap] = []
    outside: list[tuple[float, int, float]] = []  # mean memory and number of the capture processes, load of the machine
    injected: Counter[str] = Counter()
    with ExitStack() as stack:
        cameras = [stack.enter_context(RtspCamera(one)) for one in shown]
        plans = [with_ring(plan_for(c.url, f"c{i:02}", rate=5.0), folder) for i, c in enumerate(cameras)]
        plans[:two_streams] = [replace(plan, evidence=plan.address) for plan in plans[:two_streams]]
        run = stack.enter_context(running(folder / "data", plans, seer, evidence=people is not None))
        began = time.monotonic()
        end = began + 60 * minutes
        while time.monotonic() < end:
            time.sleep(5.0)
            camera = rng.choice(cameras)
            if camera.behaviour.mode is Mode.OK and rng.random() < 0.5:
                mode = rng.choice(_FAULTS)
                injected[mode] += 1
                camera.behave(Behaviour(mode))
            else:
                camera.behave(Behaviour())
            samples.append((time.monotonic() - began, process.memory_info().rss, process.num_fds(), process.num_threads()))
            outside.append((*_captures(process), os.getloadavg()[0]))
            held.append(heap())
        run.stop()
        spent = process.cpu_times()  # captures that ended are counted with the children
        cpu = spent.user + spent.system + spent.children_user + spent.children_system
        raised = [repr(error) for error in run.raised]
        ledgers = [run.coverage(plan.camera) for plan in plans]
        events = list(run.repository.every_event(EventFilter()))
        rows = [row for event in events for row in run.repository.evidence(event.id)]
        states = Counter(" ".join(filter(None, (row.kind, row.state, row.reason))) for row in rows)
    warm = [sample for sample in samples if sample[0] > 0.25 * 60 * minutes]
    times = np.array([sample[0] for sample in warm])
    slope = float(np.polyfit(times, [sample[1] / 1e6 for sample in warm], 1)[0] * 3600) if len(warm) > 2 else None
    late = outside[len(outside) - len(warm) :]
    settled = held[len(held) - len(warm) :]
    unexplained = sum(i.state is CoverageState.GAP and i.reason is None for ledger in ledgers for i in ledger)
    off = max(abs((summed(one).total - (one[-1].end - one[0].start)).total_seconds()) for one in ledgers)
    return {
        "minutes": minutes,
        "cameras": count,
        "two_streams": two_streams,
        "faults": dict(injected),
        "rss_mb": [round(warm[0][1] / 1e6), round(warm[-1][1] / 1e6)],
        "rss_slope_mb_per_hour": slope,
        "rss_mb_over_time": [round(sample[1] / 1e6) for sample in samples[:: max(1, len(samples) // 24)]],
        "heap_in_use_mb": [round(each.in_use / 1e6) for each in (settled[0], settled[-1])],
        "heap_free_but_held_mb": [round(each.free / 1e6) for each in (settled[0], settled[-1])],
        "python_blocks": [settled[0].blocks, settled[-1].blocks],
        "descriptors": [min(s[2] for s in warm), max(s[2] for s in warm)],
        "threads": [min(s[3] for s in warm), max(s[3] for s in warm)],
        "capture_rss_mb_each": [round(min(s[0] for s in late) / 1e6), round(max(s[0] for s in late) / 1e6)],
        "capture_processes": [min(s[1] for s in late), max(s[1] for s in late)],
        "load": [round(float(f([s[2] for s in outside])), 1) for f in (np.min, np.median, np.max)],
        "cpu_share": round(cpu / (60 * minutes), 2),
        "gaps": dict(Counter(str(i.reason) for ledger in ledgers for i in ledger if i.state is CoverageState.GAP)),
        "degraded": dict(Counter(str(i.reason) for ledger in ledgers for i in ledger if i.state is CoverageState.DEGRADED)),
        "intervals": sum(map(len, ledgers)),
        "unexplained_gaps": unexplained,
        "holes": sum(a.end != b.start for ledger in ledgers for a, b in pairwise(ledger)),
        "sum_off_by_s": off,
        "events": len(events),
        "evidence": dict(states),
        "raised": raised,
    }


class Heap(NamedTuple):
    """What the C library's allocator has given out, and what it keeps though it was given back (bytes); blocks Python holds.

    Memory that grows in ``free`` alone is not lost: it lies between blocks still in use.
    """

    in_use: int
    free: int
    blocks: int


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc (malloc.h): all arenas together."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]
    )


def heap() -> Heap:
    """Ask the allocators of this process. Not `gc.get_objects`: it takes hold of tuples that other threads are just making."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Mallinfo
    found = ask()
    return Heap(found.uordblks + found.hblkhd, found.fordblks, sys.getallocatedblocks())


def varied(recordings: Sequence[Path], size: tuple[int, int], rate: int, seconds: float) -> Iterator[Picture]:
    """Their pictures at another size and rate, in turn for so long: to and fro, mirrored or not, cut, faster or slower by chance."""
    rng, left = random.Random(1), round(seconds * rate)
    while left > 0:
        mirrored, scale, speed = rng.random() < 0.5, rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.3)
        x, y = rng.random(), rng.random()
        there = list(pictures_of(rng.choice(recordings), rate / speed))
        for picture in chain(there, reversed(there), there):  # who is seen for some seconds only would break no rule
            height, width = (round(side * scale) for side in picture.shape[:2])
            top, leftmost = round((picture.shape[0] - height) * y), round((picture.shape[1] - width) * x)
            cut = cv2.resize(picture[top : top + height, leftmost : leftmost + width], size, interpolation=cv2.INTER_AREA)
            yield np.ascontiguousarray(cut[:, ::-1] if mirrored else cut, dtype=np.uint8)
            left -= 1
            if left == 0:
                return


def pictures_of(recording: Path, rate: float) -> Iterator[Picture]:
    """Its pictures at another rate."""
    due = 0.0
    with av.open(str(recording)) as container:
        for frame in container.decode(video=0):
            if float(frame.time or 0.0) + 0.0005 >= due:
                due += 1 / rate
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _captures(process: psutil.Process) -> tuple[float, int]:
    """Mean memory of a capture process, and how many there are."""
    sizes = []
    for child in process.children():
        with contextlib.suppress(psutil.Error):
            sizes.append(child.memory_info().rss)
    return (float(np.mean(sizes)) if sizes else 0.0), len(sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--recording", type=Path, nargs="+")
    parser.add_argument("--two-streams", type=int, default=0)
    args = parser.parse_args()
    people = People(args.people, tuple(args.recording)) if args.people and args.recording else None
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(args.minutes, args.cameras, (args.width, args.height), Path(folder), people, args.two_streams)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
