"""What the gates miss of short visits before a camera that spends the same bytes whatever happens, and what a quiet minute costs.

    python benchmarks/visits.py [--more SEEDS] [--quiet SECONDS]

Painted people, 640x360 at 10 a second: nobody for some 25 s, then a visit. The 18 visits (1.5, 3 and 12 s; from 25.1, 26.3 and 27.7 s; 800
and 200 kbit/s; a keyframe every two seconds) and six with a keyframe every four seconds are always the same; ``--more`` adds
visits of 0.8 to 6 s that begin anywhere, from seeds. Each is watched with the gates and with every asked picture looked at. The quiet minute
is the same room with nobody in it, at 25 pictures a second.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.synthetic import synthetic_factory
from pipelines.rehearsal import compare, run_live
from tests.pipelines.live.running import painted_walk
from tests.rtsp.pictures import write_clip

_AFTER = 12.0  # s for which the recording goes on


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody is there from ``since`` for ``lasting`` seconds; ``keyframes`` seconds between two keyframes."""

    since: float
    lasting: float
    bit_rate: int
    keyframes: int = 2


def the_same() -> Iterator[tuple[str, Visit]]:
    for bit_rate in (800_000, 200_000):
        for since in (25.1, 26.3, 27.7):
            for lasting in (1.5, 3.0, 12.0):
                yield "18 visits, a keyframe every 2 s", Visit(since, lasting, bit_rate)
    for since in (26.3, 27.7):
        for lasting in (1.5, 3.0, 12.0):
            yield "6 visits, a keyframe every 4 s", Visit(since, lasting, 800_000, 4)


def more(seeds: int) -> Iterator[tuple[str, Visit]]:
    for seed in range(seeds):
        drawn = random.Random(seed)
        keyframes = drawn.choice((1, 2, 4))
        visit = Visit(
            round(drawn.uniform(24, 32), 1), round(drawn.uniform(0.8, 6.0), 1), drawn.choice((200_000, 800_000)), keyframes
        )
        yield f"drawn, a keyframe every {keyframes} s", visit


def watch(visit: Visit, folder: Path) -> tuple[float, float]:
    """Person-seconds there, and those missed."""
    until = visit.since + visit.lasting
    seconds = until + _AFTER
    path = folder / "visit.mp4"
    pictures = painted_walk(round(seconds * 10), 10, seen=(visit.since, until))
    write_clip(path, pictures, rate=10, keyframe_every=10 * visit.keyframes, bit_rate=visit.bit_rate)
    gated, ungated = (run_live(path, synthetic_factory(), rate=5.0, seconds=seconds, gated=on, paced=on) for on in (True, False))
    found = compare(gated, ungated)
    return found.person_seconds, found.missed_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--more", type=int, default=0, help="visits drawn from so many seeds")
    parser.add_argument("--quiet", type=float, default=60.0, help="seconds of the quiet scene; 0 leaves it out")
    args = parser.parse_args()
    sums: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for kind, visit in (*the_same(), *more(args.more)):
            there, missed = watch(visit, Path(name))
            total = sums.setdefault(kind, [0.0, 0.0, 0.0, 0.0])
            total[0], total[1], total[2], total[3] = (
                total[0] + 1,
                total[1] + there,
                total[2] + missed,
                total[3] + (missed >= there),
            )
            if missed > 0.05:
                print(f"{visit}: {missed:.1f} of {there:.1f} s missed", file=sys.stderr, flush=True)
        print("| visits | how many | person-seconds | missed | missed wholly |", "|---|---|---|---|---|", sep="\n")
        for kind, (count, there, missed, wholly) in sums.items():
            print(f"| {kind} | {count:.0f} | {there:.1f} | {missed:.1f} ({missed / there:.1%}) | {wholly:.0f} |")
        if args.quiet:
            path = Path(name) / "quiet.mp4"
            write_clip(path, painted_walk(1000, 25, seen=(1e9, 1e9 + 1)), rate=25, keyframe_every=50, bit_rate=800_000)
            for gated in (True, False):
                passed = run_live(path, synthetic_factory(), rate=5.0, seconds=50 + args.quiet, warm=50.0, gated=gated)
                print(
                    f"quiet, 640x360 at 25 a second, {'gates on' if gated else 'gates off'}, without networks: {passed.cpu / args.quiet:.4f} CPU s/s"
                )


if __name__ == "__main__":
    main()
