"""Streams a core: the live pipeline against the plain tracking loop of ultralytics and against decoding and inference alone.

    python benchmarks/streams.py RECORDING... --peer PYTHON [--quiet SECONDS] [--corridor EMPTY UNTIL] [--repeat 5] [--write docs/measurements.md]
    python benchmarks/streams.py RECORDING... --pace

All sides analyse the same recordings at 5 pictures a second, alternating, and are compared by CPU seconds a second of
video, so other work on the machine does not matter much. PYTHON is one that has ultralytics, onnx and onnxruntime. The
loop gets our own trained detector (as ONNX) at 640 and at our own size. The quiet scene is one still of the first
recording with a sensor's noise, made anew each time; the 50 s in which the gates learn that it is quiet are left out, and
the sides that have no gates see a third of it, for it is the same all the time.
The corridor is the empty beginning of the first recording for nine tenths of the time, then somebody comes; the learning of
the gates counts there.
Events: the loop's tracks are given to our networks for attributes and to our rules (not counted as its cost).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analyzer.engine import Engine
from analyzer.types import Box, Change, Detection, FrameRef, Label, Provenance, RunId, Track, TrackId
from analyzer.types import Scene as Seen
from models.attributes import TrackAttributes
from models.backends import open_backend
from models.backends.protocol import Array, Network
from models.detectors.letterbox import as_input, input_sides, letterbox
from models.detectors.person_head import DetectorOptions
from models.frame import Frame
from models.perception import DETECTOR, PerceptionFactory, heads_of, load_perception
from models.synthetic import synthetic_factory
from models.weights import entry_of, load_catalogue, read_verified
from pipelines.rehearsal import BEGIN, CAMERA, Passed, compare, cpu, length_of, rehearsal_site, run_live
from tests.pipelines.live.running import painted_walk
from tests.rtsp.pictures import write_clip

RATE: Final = 5.0
WARM: Final = 50.0  # s until the gates have learned a quiet scene and it has been quiet for long
STILL: Final = 40.0  # s of it that are made; then it begins again
BEGIN_MARK, END_MARK = "<!-- streams: begin -->", "<!-- streams: end -->"


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording as it is measured."""

    name: str
    path: Path
    seconds: float
    warm: float = 2.0
    gates_warm: float = 2.0
    gates_seconds: float | None = None  # differs where nothing changes and only the gates need time


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds a second of video, and what was found."""

    share: float
    events: int | None = None
    people: float | None = None  # person-seconds
    passed: Passed | None = None
    attributes: float | None = None  # of the share: inference of masks, equipment and attire


@dataclass(slots=True)
class Clocked:
    """A network that adds up the CPU seconds of its inference. Implements `models.backends.protocol.Network`."""

    network: Network
    spent: float = 0.0

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.network.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.network.outputs

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        began = cpu()
        found = self.network.run(inputs)
        self.spent += cpu() - began
        return found


def clocked(factory: PerceptionFactory) -> tuple[Clocked, ...]:
    """The networks of a factory that read heads and people, from now on with a clock."""
    clocks = []
    for reader in factory._readers:  # noqa: SLF001 - the benchmark looks at the parts
        if reader is not None:
            clocks.append(Clocked(reader._network))  # noqa: SLF001
            reader._network = clocks[-1]  # noqa: SLF001
    return tuple(clocks)


def still_scene(recording: Path, folder: Path, seconds: float) -> Path:
    """A camera before which nothing happens: one picture of a recording, 1080p25, with noise."""
    with av.open(str(recording)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="bgr24", width=1920, height=1080)
    rng = np.random.default_rng(0)
    field = rng.normal(0.0, 1.5, (1080 + 256, 1920 + 256, 1)).round().astype(np.int16)

    def noisy() -> np.ndarray[Any, np.dtype[np.uint8]]:
        y, x = rng.integers(256, size=2)  # never the same twice: an encoder would find what it has seen before
        return np.clip(picture.astype(np.int16) + field[y : y + 1080, x : x + 1920], 0, 255).astype(np.uint8)

    pictures = (noisy() for _ in range(round(seconds * 25)))
    return write_clip(folder / "quiet.mp4", pictures, rate=25, keyframe_every=50, bit_rate=2_000_000)


def ours(scene: Scene, factory: PerceptionFactory, clocks: Sequence[Clocked] = (), *, gated: bool, paced: bool) -> Cost:
    seconds, warm = (scene.gates_seconds or scene.seconds, scene.gates_warm) if gated else (scene.seconds, scene.warm)
    for clock in clocks:
        clock.spent = 0.0
    passed = run_live(scene.path, factory, rate=RATE, seconds=seconds, warm=warm, gated=gated, paced=paced)
    read = sum(clock.spent for clock in clocks) / seconds  # as if it were spread evenly: what the warming up took is in it
    return Cost(passed.cpu / (seconds - warm), len(passed.events), passed.person_seconds(), passed, read)


def corridor_scene(recording: Path, folder: Path, empty: float, until: float) -> tuple[Path, float]:
    """A corridor before which nobody is for nine tenths of the time, and how many seconds it lasts.

    The first ``empty`` seconds of the recording, in which nobody is, are shown forwards and backwards; then it goes on to
    ``until``. One sensor and one encoder all the way, or the change alone would wake the gates.
    """
    with av.open(str(recording)) as container:
        rate = round(float(container.streams.video[0].average_rate or 25))
        pictures = []
        for picture in container.decode(video=0):
            if float(picture.time or 0.0) >= until:
                break
            pictures.append(picture.to_ndarray(format="bgr24"))
    nobody = pictures[: round(empty * rate)]
    there_and_back = [*nobody, *nobody[-2:0:-1]]
    quiet = 9 * (len(pictures) - len(nobody))
    turns = -(-quiet // len(there_and_back))
    shown = [*(there_and_back * turns), *pictures]  # each turn ends where the recording begins
    path = write_clip(folder / "corridor.mp4", shown, rate=rate, keyframe_every=2 * rate, bit_rate=800_000)
    return path, len(shown) / rate


def floor(scene: Scene, size: int) -> Cost:
    """Decode every picture, put every one that is due through the network, look at nothing that comes out."""
    network = open_backend("openvino", "cpu", "f32").load(read_verified(entry_of(DETECTOR, load_catalogue())))
    due, began = 0.0, None
    with av.open(str(scene.path)) as container:
        container.streams.video[0].thread_count = 1
        for picture in container.decode(video=0):
            at = float(picture.time or 0.0)
            if began is None and at >= max(scene.warm, 1.0):
                began, first = cpu(), at
            if at >= scene.seconds:
                break
            if at + 0.0005 >= due:
                due += 1 / RATE
                image = picture.to_ndarray(format="bgr24")
                canvas, _ = letterbox(image, *input_sides(picture.width, picture.height, size))
                network.run({network.inputs[0]: as_input(canvas)})
    assert began is not None
    return Cost((cpu() - began) / (min(at, scene.seconds) - first))


class Loop:
    """The peer's process."""

    def __init__(self, peer: Path, network: str) -> None:
        command = [str(peer), str(Path(__file__).with_name("streams_peer.py")), network]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, scene: Scene, size: int) -> tuple[Cost, list[Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"recording": str(scene.path), "size": size, "rate": RATE, "seconds": scene.seconds, "warm": scene.warm}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith("{"):  # the library speaks in between
            if not line:
                sys.exit("the loop ended; is ultralytics there, and lap?")
        answer = json.loads(line)
        return Cost(answer["cpu"] / answer["seconds"]), answer["seen"]


def judged(scene: Scene, seen: list[Any], factory: PerceptionFactory) -> Cost:
    """What our rules say of the loop's tracks: its boxes and ids, our attributes and our engine."""
    attributes = TrackAttributes(*factory._readers)  # noqa: SLF001 - the benchmark looks at the parts
    engine = Engine(rehearsal_site(), CAMERA, Provenance(RunId("loop"), "bench", "bench", "", "", ()))
    passed, events = Passed(seconds=scene.seconds), 0
    pictures = _pictures(scene.path)
    at, image = next(pictures)
    for wanted, rows in seen:
        while at + 0.02 < wanted:
            at, image = next(pictures)
        labels = (Label.PERSON, Label.HEAD)
        found = [Detection(Box(*row[:4]), labels[int(row[6])], row[5]) for row in rows]
        tracks = [
            Track(TrackId(int(row[4])), one.box, one.label, one.score)
            for row, one in zip(rows, found, strict=True)
            if one.label is Label.PERSON
        ]
        pts = timedelta(seconds=wanted)
        frame = Frame(FrameRef(CAMERA, len(passed.present), pts, BEGIN + pts, image.shape[1], image.shape[0]), image)
        observations = attributes.observe(frame, tracks, heads_of(tracks, found))
        events += sum(e.change is Change.OPENED for e in engine.step(Seen(frame.ref, observations)))
        passed.present[wanted] = len(tracks)
    return Cost(0.0, events, passed.person_seconds())


def _pictures(path: Path) -> Any:
    """(time, picture) of a recording again and again."""
    base = last = step = 0.0
    while True:
        with av.open(str(path)) as container:
            for picture in container.decode(video=0):
                now = base + float(picture.time or 0.0)
                step, last = (now - last if now > last else step), now
                yield now, picture.to_ndarray(format="bgr24")
        base = last + step


def measure(scene: Scene, peer: Loop, repeat: int, factory: PerceptionFactory, clocks: Sequence[Clocked]) -> dict[str, Cost]:
    """Medians of ``repeat`` alternating rounds."""
    size = DetectorOptions().longest
    seen: dict[str, list[Any]] = {}

    def peer_at(longest: int) -> Callable[[], Cost]:
        def run() -> Cost:
            cost, seen[f"loop {longest}"] = peer.run(scene, longest)
            return cost

        return run

    sides: dict[str, Callable[[], Cost]] = {
        "loop 640": peer_at(640),
        f"loop {size}": peer_at(size),
        "floor": lambda: floor(scene, size),
        "vigil": lambda: ours(scene, factory, clocks, gated=True, paced=True),
        "fixed rate": lambda: ours(scene, factory, clocks, gated=True, paced=False),
        "fixed rate, gates off": lambda: ours(scene, factory, clocks, gated=False, paced=False),
    }
    rounds: dict[str, list[Cost]] = {name: [] for name in sides}
    for number in range(repeat):
        for name, side in sides.items():
            rounds[name].append(side())
            print(f"{scene.name} {number + 1}/{repeat} {name}: {rounds[name][-1].share:.4f}", file=sys.stderr, flush=True)
    found = {name: judged(scene, rows, factory) for name, rows in seen.items()}
    out = {}
    for name, costs in rounds.items():
        last = found.get(name, costs[-1])
        read = [cost.attributes for cost in costs if cost.attributes is not None]
        share = statistics.median(cost.share for cost in costs)
        out[name] = Cost(share, last.events, last.people, last.passed, statistics.median(read) if read else None)
    return out


def missed(gated: Cost, ungated: Cost) -> str:
    """Person-seconds and events that the live pipeline knew nothing of, of those found by looking at every asked picture."""
    if gated.passed is None or ungated.passed is None or gated.passed.seconds != ungated.passed.seconds:
        return "-"
    found = compare(gated.passed, ungated.passed)
    share = "" if found.missed_share is None else f" ({found.missed_share:.1%})"
    return f"{found.missed_seconds:.1f} of {found.person_seconds:.1f} s{share}, {found.missed_events} of {found.events} events"


def table(results: dict[str, dict[str, Cost]]) -> list[str]:
    names = next(iter(results.values())).keys()
    lines = [
        "| scene | "
        + " | ".join(f"{name}" for name in names)
        + " | streams a core, vigil against loop 640 | fixed rate, gates off, over the floor (over the floor and the inference of attributes) | events: loop 640 / vigil / fixed / gates off "
        "| person-seconds: loop 640 / vigil / fixed / gates off | missed by vigil, of gates off |",
        "|---|" + "---|" * (len(names) + 5),
    ]
    for scene, costs in results.items():
        mine, other, bare, open_ = costs["vigil"], costs["loop 640"], costs["floor"], costs["fixed rate, gates off"]
        fixed = costs["fixed rate"]
        lines.append(
            f"| {scene} | "
            + " | ".join(f"{cost.share:.4f}" for cost in costs.values())
            + f" | {1 / mine.share:.1f} against {1 / other.share:.1f}: {other.share / mine.share:.1f} x"
            + f" | {open_.share / bare.share - 1:+.0%} ({open_.share / (bare.share + (open_.attributes or 0.0)) - 1:+.0%})"
            + f" | {other.events} / {mine.events} / {fixed.events} / {open_.events}"
            + f" | {other.people or 0:.0f} / {mine.people or 0:.0f} / {fixed.people or 0:.0f} / {open_.people or 0:.0f} | {missed(mine, open_)} |"
        )
    return lines


def scripted_scene(folder: Path) -> Path:
    """Painted people, 640x360 at 10 a second: nobody for 25 s, somebody without a mask crosses in 12 s, then nobody."""
    return write_clip(
        folder / "scripted.mp4", painted_walk(500, 10, seen=(25.0, 37.0)), rate=10, keyframe_every=20, bit_rate=800_000
    )


def pace_table(recordings: Sequence[Path], networks: PerceptionFactory) -> list[str]:
    """The rate that follows what is undecided against the fixed one, gates on for both: cost, looks, and what was found."""
    lines = [
        "| scene | CPU seconds a second: paced / fixed | pictures judged | person-seconds | seen at the fixed rate only | events | of them found paced |",
        "|---|---|---|---|---|---|---|",
    ]
    spent, found = [0.0, 0.0], [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        scenes: list[tuple[Path, PerceptionFactory]] = [(scripted_scene(Path(folder)), synthetic_factory())]
        for path, factory in (*scenes, *((path, networks) for path in recordings)):
            seconds = max(length_of(path), 5.0)
            paced, fixed = (run_live(path, factory, rate=RATE, seconds=seconds, paced=on) for on in (True, False))
            one = compare(paced, fixed)
            spent = [spent[0] + paced.cpu, spent[1] + fixed.cpu]
            found = [found[0] + one.events - one.missed_events, found[1] + one.events]
            lines.append(
                f"| {path.name}, {seconds:.0f} s | {paced.cpu / seconds:.3f} / {fixed.cpu / seconds:.3f} | {paced.judged} / {fixed.judged} "
                f"| {one.person_seconds:.0f} | {one.missed_seconds:.1f} | {one.events} | {one.events - one.missed_events} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    lines.append(f"| all | {spent[0]:.1f} / {spent[1]:.1f} s in all: {spent[0] / spent[1]:.2f} | | | | {found[1]} | {found[0]} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument("--peer", type=Path, help="a Python that has ultralytics")
    parser.add_argument("--pace", action="store_true", help="compare the paced with the fixed rate instead, on whole recordings")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each recording; 0 leaves them out")
    parser.add_argument("--quiet", type=float, default=60.0, help="seconds of the quiet scene; 0 leaves it out")
    parser.add_argument(
        "--corridor", type=float, nargs=2, metavar=("EMPTY", "UNTIL"), help="add a corridor made of the first recording"
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--write", type=Path, help="page whose table is replaced")
    args = parser.parse_args()
    if args.pace:
        print("\n".join(pace_table(args.recordings, load_perception())))
        return
    if args.peer is None:
        parser.error("--peer is needed")
    results: dict[str, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scenes = [
            Scene(path.name, path, max(min(args.seconds, length_of(path)), 5.0)) for path in args.recordings if args.seconds
        ]
        if args.quiet:
            quiet = still_scene(args.recordings[0], Path(folder), STILL)
            third = max(args.quiet / 3, 5.0)
            scenes.append(Scene("quiet, 1920x1080", quiet, third, gates_warm=WARM, gates_seconds=WARM + args.quiet))
        if args.corridor:
            path, seconds = corridor_scene(args.recordings[0], Path(folder), *args.corridor)
            scenes.append(Scene("corridor, 90 % quiet", path, seconds))
        factory = load_perception()
        clocks = clocked(factory)
        peer = Loop(args.peer, str(entry_of(DETECTOR, load_catalogue()).path))
        for scene in scenes:
            results[scene.name] = measure(scene, peer, args.repeat, factory, clocks)
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}, f32, medians of "
        f"{args.repeat} alternating rounds; CPU seconds a second of video at {RATE:g} analysed pictures a second."
    )
    lines = [head, "", *table(results)]
    print("\n".join(lines))
    if args.write:
        text = args.write.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN_MARK)
        after = rest.partition(END_MARK)[2]
        page = f"{before}{BEGIN_MARK}\n" + "\n".join(lines) + f"\n{END_MARK}{after}"
        args.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
