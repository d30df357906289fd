"""Picture health on real recordings: false alarms an hour, and faults put into them.

    python benchmarks/health.py RECORDING... [--minutes 10] [--ill RECORDING --ill RECORDING]

Each recording is shown to a camera forwards and backwards again and again (so that nothing jumps where it begins anew),
320x180 at 4 pictures a second, encoded as a camera would. Every fault that `pipelines.health` names begins after a healthy
minute in the recordings of ``--ill``; 60 s is the time in which it must be told.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.pipelines.live.ailing import HEIGHT, KINDS, RATE, WIDTH, ail, watch
from tests.rtsp.pictures import Picture

HEALTHY: Final = 60  # s before a fault begins
AILING: Final = 62  # s that it lasts
MOST: Final = 600  # pictures taken of a recording


def pictures_of(recording: Path) -> list[Picture]:
    """At the rate and size of the camera."""
    found: list[Picture] = []
    due = 0.0
    with av.open(str(recording)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0.0)
            if at + 0.0005 < due:
                continue
            due += 1 / RATE
            found.append(frame.to_ndarray(format="bgr24", width=WIDTH, height=HEIGHT, interpolation="AREA"))
            if len(found) == MOST:
                break
    return found


def to_and_fro(pictures: list[Picture]) -> Iterator[Picture]:
    """Forwards, backwards, for ever."""
    while True:
        yield from pictures
        yield from pictures[-2:0:-1]


def false_alarms(pictures: list[Picture], minutes: float) -> Counter[str]:
    """How often the health turned to a fault, by name."""
    shown = to_and_fro(pictures)
    clip = (next(shown) for _ in range(round(minutes * 60 * RATE)))
    alarms: Counter[str] = Counter()
    before = None
    for _, health in watch(clip):
        if health.fault is not None and health.fault is not before:
            alarms[str(health.fault)] += 1
        before = health.fault
    return alarms


def ill(pictures: list[Picture], kind: str) -> tuple[float | None, set[str]]:
    """Seconds from the beginning of the fault until it is told, and what else was said from then on."""
    last = pictures[0]

    def clip() -> Iterator[Picture]:
        nonlocal last
        shown = to_and_fro(pictures)
        for index in range((HEALTHY + AILING) * RATE):
            picture = next(shown)
            if index < HEALTHY * RATE:
                last = picture
                yield picture
            else:
                yield ail(kind, picture, last, index)

    told = [
        (second - HEALTHY, health.fault) for second, health in watch(clip()) if second >= HEALTHY and health.fault is not None
    ]
    hit = next((second for second, fault in told if fault is KINDS[kind]), None)
    return hit, {str(fault) for _, fault in told if fault is not KINDS[kind]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path, nargs="*")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--ill", type=Path, action="append", default=[])
    args = parser.parse_args()
    if args.recordings:
        print("| recording | shown | false alarms | an hour |\n|---|---|---|---|")
        total: Counter[str] = Counter()
        for path in args.recordings:
            alarms = false_alarms(pictures_of(path), args.minutes)
            total += alarms
            told = ", ".join(f"{name} {count}" for name, count in alarms.items()) or "none"
            print(f"| {path.name} | {args.minutes:g} min | {told} | {sum(alarms.values()) * 60 / args.minutes:.0f} |", flush=True)
        hours = len(args.recordings) * args.minutes / 60
        print(f"| all | {hours:.1f} h | {sum(total.values())} | {sum(total.values()) / hours:.1f} |\n")
    if args.ill:
        print(f"| fault | {' | '.join(path.name for path in args.ill)} |\n|---|{'---|' * len(args.ill)}")
        shown = [pictures_of(path) for path in args.ill]
        for kind in KINDS:
            cells = []
            for pictures in shown:
                hit, others = ill(pictures, kind)
                also = f" (also {', '.join(sorted(others))})" if others else ""
                cells.append(("not told" if hit is None else f"{hit:.0f} s") + also)
            print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
