"""Trackers on recordings in which people were counted by hand (datasets/video/people.csv).

Run: ``python benchmarks/tracking_counted.py DATA [RATE]``, DATA being the folder of the data sets, RATE the analysed frames a
second. The detector looks once at each frame; every tracker gets the same boxes. `models.evaluation.counted` says what
the columns mean. A tracker that is not installed is left out with its reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np

from analyzer.types import CameraId, Detection, FrameRef
from models.errors import BackendUnavailable
from models.evaluation.counted import CountedFigures, Instant, count_tracks, read_visits
from models.frame import Frame
from models.perception import load_perception
from models.trackers import TRACKERS

NOTED = Path(__file__).parents[1] / "datasets" / "video" / "people.csv"
START = datetime(2026, 1, 1, tzinfo=UTC)


def frames(path: Path, rate: float) -> Iterator[Frame]:
    last = -np.inf
    with av.open(str(path)) as container:
        for index, picture in enumerate(container.decode(video=0)):
            at = float(picture.time or 0.0)
            if at - last < 0.99 / rate:
                continue
            last, pts = at, timedelta(seconds=at)
            image = picture.to_ndarray(format="bgr24")
            yield Frame(FrameRef(CameraId(path.name), index, pts, START + pts, image.shape[1], image.shape[0]), image)


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


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    rate = float(arguments[1]) if len(arguments) > 1 else 5.0
    detector = load_perception().detector
    print(
        f"{rate:g} frames a second\n{'recording':34} {'tracker':10} {'people':>6} {'ids':>4} {'surplus':>7} {'missed':>6} {'switches':>8} {'found':>6}"
    )
    sums: dict[str, list[CountedFigures]] = {}
    unavailable: dict[str, str] = {}
    for recording, visits in read_visits(NOTED).items():
        seen = [(frame, tuple(detector.detect([frame])[0])) for frame in frames(Path(arguments[0]) / "video" / recording, rate)]
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
    raise SystemExit(main(sys.argv[1:]))
