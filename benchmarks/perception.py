"""What perception costs: each network by itself, and the whole chain against the plain loop on the same frames.

Run: ``python benchmarks/perception.py [RECORDING]``. Without a recording, frames are composed of scikit-image's portrait.
Figures are CPU milliseconds of this process (other work on the machine does not show), medians with the lowest beside.

The plain loop does the same work the obvious way: the square input at 640, every head and every person of every frame
read one by one, no tracks and no memory. It is not a straw man: it is what a first script does.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
from skimage import data
from skimage.transform import resize

from analyzer.types import Box, CameraId, FrameRef, Label
from models.attributes.readers import HeadToRead, PersonToRead
from models.backends import BACKENDS, open_backend
from models.detectors import DetectorOptions, PersonHeadDetector
from models.detectors.candidates import without_doubles
from models.detectors.letterbox import as_input, letterbox
from models.detectors.pairing import pair_heads
from models.detectors.person_head import decode
from models.errors import BackendUnavailable
from models.frame import Frame, Image
from models.perception import DETECTOR, load_perception
from models.weights import entry_of, load_catalogue, read_verified

CAMERA = CameraId("bench")
RATE = 5.0
SECONDS = 12.0
START = datetime(2026, 1, 1, tzinfo=UTC)


def measured(work: Callable[[], object], repeats: int = 15) -> str:
    """Return the median and the lowest CPU time of a call, in milliseconds."""
    for _ in range(3):
        work()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000)
    return f"{statistics.median(times):7.1f} ({min(times):.1f})"


def composed() -> Iterator[Image]:
    """A 1280 x 720 corridor in which one to three portraits of 120 to 240 px walk to and fro."""
    portrait = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    sizes = (240, 180, 120)
    cuts = [(resize(portrait, (size, size), anti_aliasing=True) * 255).astype(np.uint8) for size in sizes]
    for k in range(round(SECONDS * RATE)):
        image = np.full((720, 1280, 3), 150, np.uint8)
        for n, cut in enumerate(cuts[: 1 + k * 3 // round(SECONDS * RATE)]):
            size = cut.shape[0]
            left = round((1280 - size) * (0.5 + 0.45 * np.sin(k / 9 + n)))
            image[80 + 200 * n : 80 + 200 * n + size, left : left + size] = cut[: 720 - 80 - 200 * n]
        yield image


def recorded(path: Path) -> Iterator[Image]:
    due = 0.0
    with av.open(str(path), container_options={"format_whitelist": "mov,mp4,matroska,webm,avi,mpegts"}) as container:
        for picture in container.decode(video=0):
            if picture.time is not None and picture.time >= due:
                due += 1 / RATE
                yield picture.to_ndarray(format="bgr24")
            if due > SECONDS:
                return


def frames(path: Path | None) -> list[Frame]:
    found = []
    for k, image in enumerate(composed() if path is None else recorded(path)):
        pts = timedelta(seconds=k / RATE)
        found.append(Frame(FrameRef(CAMERA, k, pts, START + pts, image.shape[1], image.shape[0]), image))
    return found


def networks(frame: Frame) -> None:
    """Detector by input size and runtime; readers by batch."""
    entry = entry_of(DETECTOR, load_catalogue())
    content = read_verified(entry)
    print(f"detector {entry.sha256[:12]} on one {frame.ref.width} x {frame.ref.height} frame, with letterbox and boxes")
    for name in BACKENDS:
        for precision in ("f32", "bf16"):
            try:
                network = open_backend(name, "cpu", precision).load(content)
            except BackendUnavailable as missing:
                print(f"  {name} {precision}: {missing}")
                continue
            for longest in (320, 416, 640):
                detector = PersonHeadDetector(network, entry.ref, DetectorOptions(longest=longest))
                print(f"  {name:>11} {precision:>4} {longest}: {measured(lambda one=detector: one.detect([frame]))} ms")
    square = open_backend("openvino").load(content)
    canvas = as_input(letterbox(frame.image, 416, 416)[0])
    print(f"  openvino f32 416 x 416, network only: {measured(lambda: square.run({square.inputs[0]: canvas}))} ms")
    factory = load_perception()
    mask, person = factory._readers  # noqa: SLF001 - the benchmark looks at the parts
    head, body = Box(100, 100, 160, 170), Box(80, 100, 200, 460)
    for count in (1, 8):
        if mask is not None:
            text = measured(lambda n=count: mask.read(frame.image, [HeadToRead(head)] * n, frame.ref.pts))
            print(f"  mask, batch of {count}, cutting included: {text} ms")
        if person is not None:
            text = measured(lambda n=count: person.read(frame.image, [PersonToRead(body, head)] * n, frame.ref.pts))
            print(f"  PPE and attire, batch of {count}: {text} ms")


def plain(all_frames: list[Frame]) -> tuple[float, int, int]:
    """Return CPU seconds, heads read and persons read of the plain loop."""
    entry = entry_of(DETECTOR, load_catalogue())
    network = open_backend("openvino").load(read_verified(entry))
    mask, person = load_perception()._readers  # noqa: SLF001
    heads_read = persons_read = 0
    began = time.process_time()
    for frame in all_frames:
        canvas, placement = letterbox(frame.image, 640, 640)
        found = decode(network.run({network.inputs[0]: as_input(canvas)}), network.outputs[0], placement, 0.25)
        seen = without_doubles(found, 0.6).detections()
        bodies = [one.box for one in seen if one.label is Label.PERSON]
        heads = [one.box for one in seen if one.label is Label.HEAD]
        pairs = pair_heads(bodies, heads)
        for head in heads:
            if mask is not None:
                mask.read(frame.image, [HeadToRead(head)], frame.ref.pts)
                heads_read += 1
        for number, body in enumerate(bodies):
            if person is not None:
                person.read(frame.image, [PersonToRead(body, heads[pairs[number]] if number in pairs else None)], frame.ref.pts)
                persons_read += 1
    return time.process_time() - began, heads_read, persons_read


def ours(all_frames: list[Frame], precision: str) -> tuple[float, int, int]:
    """Return CPU seconds, fresh mask readings and fresh attire readings of the product's chain."""
    camera = load_perception(precision=precision).for_camera(CAMERA)
    masks = persons = 0
    began = time.process_time()
    for frame in all_frames:
        for one in camera.perceive(frame).observations:
            masks += one.mask is not None and one.mask.fresh and one.mask.crops > 0
            persons += one.attire is not None and one.attire.fresh
    return time.process_time() - began, masks, persons


def main(path: Path | None) -> None:
    all_frames = frames(path)
    networks(all_frames[len(all_frames) // 2])
    print(
        f"{len(all_frames)} frames at {RATE:g} a second from {path.name if path else 'the composed corridor'}, alternating, best of 3"
    )
    works: dict[str, Callable[[], tuple[float, int, int]]] = {
        "plain loop, f32": lambda: plain(all_frames),
        "ours, f32": lambda: ours(all_frames, "f32"),
        "ours, auto": lambda: ours(all_frames, "auto"),
    }
    runs: dict[str, list[tuple[float, int, int]]] = {name: [] for name in works}
    for _ in range(3):
        for name, work in works.items():
            runs[name].append(work())
    floor = min(runs["plain loop, f32"])[0]
    for name, results in runs.items():
        seconds, heads, persons = min(results)
        per_frame = seconds / len(all_frames) * 1000
        print(
            f"  {name:>16}: {per_frame:6.1f} ms a frame, {heads} heads and {persons} persons read, {floor / seconds:.2f} x the plain loop"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "recording", type=Path, nargs="?", default=None, help="recording to take the frames from; else they are composed"
    )
    main(parser.parse_args().recording)
