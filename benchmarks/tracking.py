"""Which tracker keeps identities better: scripted people with known identities, walking, stopping, hiding one another.

Run: ``python benchmarks/tracking.py [SEEDS]``. One table a rate of analysed frames: IDF1, HOTA, switches, tracks a
person, milliseconds a frame. A tracker that is not installed is left out with its reason. Scenes are drawn from seeds:
the same on every machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from analyzer.types import Box, CameraId, Detection, FrameRef, Label
from models.errors import BackendUnavailable
from models.evaluation.tracking import TrackingFigures, evaluate_tracking
from models.frame import Frame
from models.trackers import TRACKERS

WIDTH, HEIGHT = 1280, 720
SECONDS = 40.0
RATES = (1.0, 2.0, 5.0, 12.5, 25.0)
FINE = 50.0  # steps a second of the scripted walk: a multiple of every rate
UNIFORM = (200, 215, 210)
COLOURS = (UNIFORM, UNIFORM, UNIFORM, (60, 60, 170), (150, 90, 40), (70, 130, 60), (40, 40, 45), (120, 180, 220))
"""Clothes, BGR: three in eight people wear the same uniform."""


@dataclass(frozen=True)
class Walk:
    """Foot point and height over time, in pixels, and from when to when the person is there."""

    colour: tuple[int, int, int]
    x: np.ndarray
    y: np.ndarray
    start: int
    end: int

    def box(self, step: int) -> Box | None:
        if not self.start <= step < self.end:
            return None
        foot = self.y[step]
        tall = 60 + 0.45 * foot  # nearer people are taller
        wide = tall * 0.36
        return Box(self.x[step] - wide / 2, foot - tall, self.x[step] + wide / 2, foot)


def walks(rng: np.random.Generator, people: int) -> list[Walk]:
    """People who walk between random points at 0.3 to 0.9 heights a second and sometimes stop."""
    steps = round(SECONDS * FINE)
    found = []
    for _ in range(people):
        place = np.array([rng.uniform(60, WIDTH - 60), rng.uniform(250, HEIGHT - 10)])
        xs, ys = np.zeros(steps), np.zeros(steps)
        goal, speed, pause = place.copy(), 0.0, 0
        for k in range(steps):
            if pause > 0:
                pause -= 1
            elif np.hypot(*(goal - place)) < 4:
                goal = np.array([rng.uniform(60, WIDTH - 60), rng.uniform(250, HEIGHT - 10)])
                speed = rng.uniform(0.3, 0.9)
                pause = round(rng.exponential(1.0) * FINE)
            else:
                tall = 60 + 0.45 * place[1]
                place += (goal - place) / np.hypot(*(goal - place)) * speed * tall / FINE
            xs[k], ys[k] = place
        start = round(rng.uniform(0, 0.3) * steps)
        colour = COLOURS[int(rng.integers(0, len(COLOURS)))]
        found.append(Walk(colour, xs, ys, start, round(rng.uniform(0.6, 1.0) * steps)))
    return found


def covered(box: Box, others: Sequence[Box]) -> float:
    """Return the greatest share of a box that one nearer box covers."""
    area = box.width * box.height
    shares = [0.0]
    for other in others:
        if other.y2 > box.y2:
            across = max(0.0, min(box.x2, other.x2) - max(box.x1, other.x1))
            shares.append(across * max(0.0, min(box.y2, other.y2) - max(box.y1, other.y1)) / area)
    return max(shares)


def painted(here: dict[int, Box], everybody: Sequence[Walk], noise: np.ndarray) -> np.ndarray:
    """Return the frame: flat clothes, the nearer before the farther, light that differs from frame to frame."""
    image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    light = 1 + 0.12 * float(noise[0])
    for number, box in sorted(here.items(), key=lambda one: one[1].y2):
        x1, y1, x2, y2 = (max(0, round(edge)) for edge in (box.x1, box.y1, box.x2, box.y2))
        image[y1:y2, x1:x2] = np.clip(np.array(everybody[number].colour) * light, 0, 255).astype(np.uint8)
    return image


def head_of(box: Box) -> Box:
    tall = box.height * 0.14
    x = box.centre[0]
    return Box(x - tall * 0.4, box.y1, x + tall * 0.4, box.y1 + tall)


def jitter(box: Box, rng: np.random.Generator) -> Box:
    dx, dy, dw, dh = rng.normal(0, 0.03, 4) * box.height
    return Box(box.x1 + dx - dw / 2, box.y1 + dy - dh / 2, box.x2 + dx + abs(dw) / 2 + 1, box.y2 + dy + abs(dh) / 2 + 1)


def detections(here: dict[int, Box], rng: np.random.Generator) -> tuple[dict[int, Box], list[Detection]]:
    """Return who can be seen, and what a detector would say: noise, misses, weak scores, now and then nobody's box."""
    truth, found = {}, []
    for number, box in here.items():
        others = [other for one, other in here.items() if one != number]
        hidden = covered(box, others)
        if hidden < 0.6:
            truth[number] = box
            if rng.random() > 0.04 + 0.4 * hidden:
                score = float(np.clip(rng.normal(0.8 - 0.6 * hidden, 0.12), 0.11, 0.98))
                found.append(Detection(jitter(box, rng), Label.PERSON, score))
        if covered(head_of(box), others) < 0.4 and rng.random() > 0.08:
            found.append(Detection(jitter(head_of(box), rng), Label.HEAD, float(np.clip(rng.normal(0.75, 0.12), 0.11, 0.98))))
    if rng.random() < 0.03:
        x, y = rng.uniform(0, WIDTH - 100), rng.uniform(200, HEIGHT - 250)
        found.append(Detection(Box(x, y, x + 80, y + 220), Label.PERSON, float(rng.uniform(0.15, 0.5))))
    return truth, found


def run(name: str, rate: float, seed: int, people: int) -> tuple[TrackingFigures, float]:
    """Return the figures of one tracker on one scene and its milliseconds a frame."""
    tracker = TRACKERS[name]()
    rng = np.random.default_rng(seed)
    everybody = walks(rng, people)
    noise = np.random.default_rng([seed, round(rate * 10)])
    light = np.random.default_rng([seed, round(rate * 10), 1])
    truth, tracked, spent = [], [], 0.0
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for k in range(round(SECONDS * rate)):
        step = round(k * FINE / rate)
        here = {number: box for number, walk in enumerate(everybody) if (box := walk.box(step)) is not None}
        visible, found = detections(here, noise)
        pts = timedelta(seconds=k / rate)
        image = painted(here, everybody, light.standard_normal(1))
        frame = Frame(FrameRef(CameraId("scripted"), k, pts, start + pts, WIDTH, HEIGHT), image)
        began = time.perf_counter()
        tracks = tracker.update(frame, found)
        spent += time.perf_counter() - began
        truth.append(visible)
        tracked.append({int(one.id): one.box for one in tracks if one.label is Label.PERSON})
    return evaluate_tracking(truth, tracked), spent / len(truth) * 1000


def main(seeds: int) -> None:
    print(f"{seeds} scenes of {SECONDS:g} s, each with 4, 8 and 14 people; figures are means over scenes")
    print(f"{'rate':>5} {'tracker':>10} {'IDF1':>6} {'HOTA':>6} {'recall':>6} {'switches':>8} {'ids/person':>10} {'ms':>6}")
    for rate in RATES:
        for name in TRACKERS:
            try:
                runs = [run(name, rate, seed, people) for seed in range(seeds) for people in (4, 8, 14)]
            except BackendUnavailable as missing:
                print(f"{rate:5g} {name:>10} {missing}")
                continue
            figures = [one for one, _ in runs]
            print(
                f"{rate:5g} {name:>10} {np.mean([one.idf1 for one in figures]):6.3f} {np.mean([one.hota for one in figures]):6.3f} "
                f"{np.mean([one.recall for one in figures]):6.3f} {np.mean([one.switches for one in figures]):8.1f} "
                f"{np.mean([one.tracks / one.people for one in figures]):10.2f} {np.mean([ms for _, ms in runs]):6.2f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("seeds", type=int, nargs="?", default=5, help="how many scenes of each number of people")
    main(parser.parse_args().seeds)
