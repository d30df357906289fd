"""What the rules cost: one instant with twenty people, the growth with people, and a camera-day of stored scenes.

Run: ``python benchmarks/engine.py [--json FILE]``. One core, processor time: what else the machine does then weighs little,
but not nothing, so the best of several rounds is given beside the middle one. Absolute figures are those of the machine
that ran it. Ratios are taken within one run, alternating, so that load weighs on both sides.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

from analyzer.catalogue import active_rules
from analyzer.engine import Engine
from analyzer.entry import Level
from analyzer.ground import distance
from analyzer.moment import Moment
from analyzer.nearness import Reach, close_pairs
from analyzer.site import Boundary, Door, DoorId, DoorKind, LineId, Side, Zone
from analyzer.types import Role, Scene, ZoneId, ZoneKind
from analyzer.witness import Witness
from pipelines.scene_file import decode_scene, encode_scene, write_lines
from tests.scenarios import stages
from tests.scenarios.actors import Actor, Way, resident, staff
from tests.scenarios.noise import realistic
from tests.scenarios.optics import Pinhole
from tests.scenarios.scoring import EVERYTHING, PROVENANCE
from tests.scenarios.script import CAMERA, Kind, Script, Stage, act
from tests.scenarios.shooting import shoot

RATE = 5.0
DAY = 24 * 3600 * RATE
ROUNDS = 7
DAY_MIX = {0: 0.80, 1: 0.13, 3: 0.05, 10: 0.02}
"""A day of a corridor as assumed here: how many people are in view, and in what share of the instants."""


def hall() -> Stage:
    """A hall of 12 x 24 m with ten zones, four room doors, a red line and an outer one: every rule about scenes can run."""
    camera = Pinhole(height=4.5, focal=1200.0)
    kinds = (
        ZoneKind.CORRIDOR,
        ZoneKind.YARD,
        ZoneKind.SAMPLING,
        ZoneKind.RECEPTION,
        ZoneKind.GOODS_HANDOVER,
        ZoneKind.WASTE,
        ZoneKind.DOFFING,
        ZoneKind.FENCE,
        ZoneKind.GUARD_POST,
        ZoneKind.VEHICLE_DISINFECTION,
    )
    places = [(x, y) for y in (5.5, 10.0, 15.0, 20.0, 25.0) for x in (-5.0, 0.0)]
    zones = tuple(
        Zone(ZoneId(kind.value), CAMERA, kind, camera.area(x, y, x + 5.0, y + 4.5))
        for kind, (x, y) in zip(kinds, places, strict=True)
    )
    doors = tuple(
        Door(DoorId(f"d{k}"), CAMERA, DoorKind.ROOM, camera.area(x, y, x + 1.2, y + 1.5), str(k))
        for k, (x, y) in enumerate(((-4.9, 7.0), (3.7, 7.0), (-4.9, 12.0), (3.7, 12.0)))
    )
    doors = (replace(doors[0], facing=(doors[1].id,)), *doors[1:])
    lines = (
        Boundary(LineId("red"), CAMERA, camera.line(-5.0, 14.7, 5.0, 14.7), Side.RED, Side.CLEAN),
        Boundary(LineId("out"), CAMERA, camera.line(-5.0, 24.0, 5.0, 24.0), Side.OUTSIDE, Side.INSIDE),
    )
    site = replace(stages.yard().site, zones=zones, doors=doors, lines=lines)
    seen = replace(site.cameras[0], calibration=camera.calibration(-3.0, 6.0, 3.0, 14.0))
    return Stage(camera, replace(site, cameras=(seen,)))


def crowd(stage: Stage, people: int, seconds: float, seed: int = 0) -> tuple[Scene, ...]:
    """People who walk about the hall, half of them staff, seen with all noise."""
    rng, actors = Random(seed), list[Actor]()
    for k in range(people):
        way = Way(0.0, rng.uniform(-4.5, 4.5), rng.uniform(6, 24))
        while way.now < seconds + 5:
            way.to(rng.uniform(-4.5, 4.5), rng.uniform(6, 24)).wait(rng.uniform(0.5, 6))
        role = rng.choice((Role.ROOM_SERVICE, Role.MEDICAL, Role.CLEANER))
        actors.append(resident(f"p{k}", way) if k % 2 else staff(f"p{k}", role, way))
    rule = act("Q01", 0, 0).rule
    return shoot(Script(rule, Kind.COMPLIANT, stage, tuple(actors), seconds, rate=RATE), realistic(), seed).scenes


def judge(stage: Stage, scenes: Sequence[Scene]) -> None:
    """Every instant through every rule."""
    engine = Engine(stage.site, CAMERA, PROVENANCE, EVERYTHING)
    for scene in scenes:
        engine.step(scene)


def alternating(*tasks: Callable[[], object]) -> list[list[float]]:
    """Milliseconds of processor time of each task in each round, one after the other so that load weighs on all."""
    # A run of rules holds one scene at a time: the films kept here are not to be looked through by the collector.
    gc.collect()
    gc.freeze()
    took: list[list[float]] = [[] for _ in tasks]
    for _ in range(ROUNDS):
        for times, task in zip(took, tasks, strict=True):
            begin = time.process_time()
            task()
            times.append((time.process_time() - begin) * 1e3)
    return took


def instant(stage: Stage) -> dict[str, float]:
    """Twenty people, ten zones, every rule."""
    scenes = crowd(stage, 20, 60)
    (rounds,) = alternating(lambda: judge(stage, scenes))
    means = [took / len(scenes) for took in rounds]
    seen = statistics.fmean(len(scene.observations) for scene in scenes)
    rules = len(active_rules(stage.site, Level.CAMERA, EVERYTHING))
    figures = {"people_seen": seen, "rules": rules, "best_ms": min(means), "middle_ms": statistics.median(means)}
    print(f"one instant, {seen:.1f} of 20 people in view, {len(stage.site.zones)} zones, {rules} rules about scenes:")
    print(f"  {figures['best_ms']:.3f} ms in the best of {ROUNDS} rounds, {figures['middle_ms']:.3f} in the middle one; aim 0.5")
    return figures


def growth(stage: Stage) -> dict[str, float]:
    """The same with more people: twice the people should cost about twice the time."""
    films = {people: crowd(stage, people, 16) for people in (5, 10, 20, 40, 80)}
    took = alternating(*(lambda film=film: judge(stage, film) for film in films.values()))
    print("growth with people (best of the rounds):")
    figures, base = {}, 0.0
    for (people, film), times in zip(films.items(), took, strict=True):
        each = min(times) / len(film)
        seen = statistics.fmean(len(scene.observations) for scene in film)
        base = base or each / seen
        figures[f"{people}_people_us_each"] = each / seen * 1e3
        print(
            f"  {people:3d} people ({seen:4.1f} seen): {each:.3f} ms, {each / seen * 1e3:.1f} us a person, x{each / seen / base:.2f}"
        )
    return figures


def pairs(stage: Stage) -> dict[str, float]:
    """Who is close to whom: by grid, against looking at all pairs."""
    figures = {}
    print("pairs within 2 m, by grid against all pairs in the same run:")
    for people in (20, 80, 320):
        witness = Witness(stage.site.of_camera(CAMERA), {})
        moment = [witness.look(scene) for scene in crowd(stage, people, 2)][-1]
        for person in moment.people:
            moment.position(person)
        reach = Reach(2.0, 1.2, 0.4)

        def by_grid(moment: Moment = moment, reach: Reach = reach) -> int:
            moment.pairs.clear()
            return sum(1 for _ in close_pairs(moment, moment.people, reach))

        def naive(moment: Moment = moment) -> int:
            places = [place for person in moment.people if (place := moment.position(person)) is not None]
            told = (distance(a, b) for a, b in combinations(places, 2))
            return sum(1 for one in told if one.metres < 2.0 and one.error <= 0.4)

        grid, every = alternating(by_grid, naive)
        ratio = statistics.median(n / g for g, n in zip(grid, every, strict=True))
        figures[f"{people}_people_ratio"] = ratio
        print(f"  {len(moment.people):3d} seen: {min(grid):.3f} ms against {min(every):.3f} ms, x{ratio:.1f}")
    return figures


def day(stage: Stage) -> dict[str, float]:
    """A camera-day from a file of scenes, measured on a part of each kind of minute and scaled."""
    judged = read = size = 0.0
    for people, share in DAY_MIX.items():
        scenes = crowd(stage, people, 120)
        lines = [encode_scene(scene) for scene in scenes]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scenes.jsonl"
            write_lines(path, lines)
            text = path.read_bytes().splitlines()
        took = alternating(lambda text=text: [decode_scene(line) for line in text], lambda scenes=scenes: judge(stage, scenes))  # type: ignore[misc]
        each = [min(times) / len(scenes) for times in took]
        read, judged = read + share * each[0], judged + share * each[1]
        size += share * sum(map(len, lines)) / len(lines)
    figures = {"read_s": read * DAY / 1e3, "judge_s": judged * DAY / 1e3, "file_mb": size * DAY / 1e6}
    shares = ", ".join(f"{share:.0%} {people}" for people, share in DAY_MIX.items())
    print(f"a camera-day at {RATE:g} instants a second, scaled from 2 minutes of each number of people ({shares}):")
    print(
        f"  judging {figures['judge_s']:.0f} s, reading the file {figures['read_s']:.0f} s more ({figures['file_mb']:.0f} MB); aim 40 s"
    )
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write JSON when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", default="", help="file for the figures")
    options = parser.parse_args(arguments)
    stage = hall()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    results = {
        name: measure(stage) for name, measure in (("instant", instant), ("growth", growth), ("pairs", pairs), ("day", day))
    }
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
