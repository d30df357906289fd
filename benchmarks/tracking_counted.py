"""Trackers on recordings in which people were counted by hand (datasets/video/people.csv).

Run: ``python benchmarks/tracking_counted.py DATA [RATE]``, DATA being the folder of the data sets, RATE the analysed frames a
second. The detector looks once at each frame; every tracker gets the same boxes. `models.evaluation.counted` says what
the columns mean. A tracker that is not installed is left out with its reason.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from analyzer.types import Detection
from models.errors import BackendUnavailable
from models.evaluation.counted import CountedFigures, Instant, count_tracks, read_visits
from models.evaluation.recorded import frames_of
from models.frame import Frame
from models.perception import load_perception
from models.trackers import TRACKERS

NOTED = Path(__file__).parents[1] / "datasets" / "video" / "people.csv"


def run(name: str, seen: Sequence[tuple[Frame, tuple[Detection, ...]]]) -> list[Instant]:
    tracker = TRACKERS[name]()
    found = []
    for frame, detections in seen:
        tracks = tracker.update(frame, detections)
        found.append((frame.ref.pts.total_seconds(), frozenset(int(one.id) for one in tracks)))
    return found


def row(recording: str, name: str, figures: CountedFigures) -> str:
    visits, ids, surplus, missed, switches, found = astuple(figures)
    return f"{recording:34} {name:10} {visits:6} {ids:4} {surplus:7} {missed:6} {switches:8} {found:6.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("rate", type=float, nargs="?", default=5.0, help="analysed frames a second")
    options = parser.parse_args(arguments)
    rate = options.rate
    detector = load_perception().detector
    print(
        f"{rate:g} frames a second\n{'recording':34} {'tracker':10} {'people':>6} {'ids':>4} {'surplus':>7} {'missed':>6} {'switches':>8} {'found':>6}"
    )
    sums: dict[str, list[CountedFigures]] = {}
    unavailable: dict[str, str] = {}
    for recording, visits in read_visits(NOTED).items():
        seen = [(frame, tuple(detector.detect([frame])[0])) for frame in frames_of(options.data / "video" / recording, rate)]
        for name in TRACKERS:
            try:
                figures = count_tracks(visits, run(name, seen))
            except BackendUnavailable as missing:
                unavailable[name] = str(missing)
                continue
            sums.setdefault(name, []).append(figures)
            print(row(recording, name, figures), flush=True)
    for name, some in sums.items():
        totals = [sum(column) for column in zip(*(astuple(one)[:5] for one in some), strict=True)]
        share = float(np.average([one.found for one in some], weights=[one.visits for one in some]))
        print(row("all", name, CountedFigures(*totals, share)))
    for name, reason in unavailable.items():
        print(f"{name}: {reason}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
