"""What int8 and bfloat16 cost and save: detector and mask network, quantised here, against themselves in f32, in one run.

Run: ``python benchmarks/quantise.py DATA``; needs `onnx` and `onnxruntime` (extra ``train``). Convolutions become int8
(ONNX Runtime's static quantisation, one scale a channel, weights of seven bits, calibrated on pictures of the first two clinic cameras and of
`mask_kaggle`); all else stays f32. People are looked for on every third frame of the third clinic camera, masks read off
faces of `mask_ilc`. Both runtimes run the int8 network, against f32 on the default one. Speed is processor time, taken in turn, so
it needs no idle machine.

bfloat16 is the same file, computed so by OpenVINO where the processor multiplies it (`VIGIL_PRECISION=bf16`); elsewhere it is left out.

int8 ships when it loses at most half a point and is faster; the last line of each network says which.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from analyzer.types import Box, CameraId, FrameRef, Label, ModelRef
from models import crops
from models.attributes.second_look import look
from models.backends import BACKENDS, Network
from models.backends.protocol import Array, Precision
from models.detectors import PersonHeadDetector
from models.detectors.letterbox import as_input, input_sides, letterbox
from models.evaluation.boxes import Matched, average_precision, match, operating_point
from models.frame import Frame
from models.labelled.annotations import read_annotations
from models.perception import DETECTOR, MASK
from models.pictures import read_picture
from models.weights import entry_of, load_catalogue, read_verified

MOST_LOST = 0.005
SIDE = 544
CALIBRATION_PICTURES, CALIBRATION_HEADS, FACES = 32, 192, 500
LEAST_FACE_PX = 24
RUNTIMES = (BACKENDS["openvino"]("cpu", "f32", 1), BACKENDS["onnxruntime"]("cpu", "f32", 1))
DEFAULT = RUNTIMES[0]
HALF = BACKENDS["openvino"]("cpu", "auto", 1)
"""Computes in bfloat16 where the processor can, else as the default does."""
DETECTOR_SPARED = ("/model.22/", "/model.23/")
ROUNDS = 15


def unfolded(content: bytes, onnx: Any) -> Any:
    """Return the network with its weights as plain float32 constants: stored as float16, cast and shared by name, they hide
    from the quantiser.
    """
    model = onnx.load_model_from_string(content)
    values = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type in {"Cast", "Identity"} and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
            model.graph.initializer.append(onnx.numpy_helper.from_array(values[node.output[0]], node.output[0]))
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    constants = [one for one in model.graph.initializer if one.name in used]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(constants)
    return model


def quantised(content: bytes, inputs: Sequence[dict[str, Array]], spared: Sequence[str] = ()) -> bytes:
    """Return the network with its convolutions in int8, but for those whose names begin with one of ``spared``."""
    import onnx  # noqa: PLC0415 - of the extra `train`
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static  # noqa: PLC0415

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(inputs)

        def get_next(self) -> dict[str, Array] | None:
            return next(self._left, None)

    model = unfolded(content, onnx)
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, str(plain))
        quantize_static(
            str(plain),
            str(small),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[node.name for node in model.graph.node if node.name.startswith(tuple(spared))],
            per_channel=True,
            reduce_range=True,  # weights of 7 bits: without VNNI the sums of two products of 8 bits overflow
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return small.read_bytes()


def detector_input(path: Path) -> Array:
    image = read_picture(path)
    across, down = input_sides(image.shape[1], image.shape[0], SIDE)
    return as_input(letterbox(image, across, down)[0])


def faces(folder: Path, classes: int = 3) -> Iterator[tuple[Path, int, Box]]:
    """Yield picture, state and head box of every labelled face that is tall enough."""
    for picture in sorted((folder / "images").iterdir()):
        annotations = read_annotations(folder / "labels" / f"{picture.stem}.txt", classes, [])
        image = read_picture(picture)
        for state in range(classes):
            for x1, y1, x2, y2 in annotations.of([state], image.shape[1], image.shape[0]):
                if y2 - y1 >= LEAST_FACE_PX:
                    yield picture, state, crops.head_of_face(Box(x1, y1, x2, y2))


def seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> float:
    """Return how many times faster the second is: the median ratio of processor times, taken in turn."""
    for one in (first, second, first, second):
        one()
    return statistics.median(seconds(first) / seconds(second) for _ in range(ROUNDS))


def people(network: Network, frames: Sequence[tuple[Frame, np.ndarray]]) -> tuple[float, float]:
    """Return AP at IoU 0.5 and the recall at precision 0.9."""
    detector = PersonHeadDetector(network, ModelRef("measured", ""))
    matched: list[Matched] = []
    for frame, labels in frames:
        found = [one for one in detector.detect([frame])[0] if one.label is Label.PERSON]
        boxes = np.array([(one.box.x1, one.box.y1, one.box.x2, one.box.y2) for one in found]).reshape(-1, 4)
        matched.append(match(labels, boxes, np.array([one.score for one in found]), np.zeros((0, 4))))
    point = operating_point(matched, 0.9)
    return average_precision(matched) or 0.0, point[1] if point else 0.0


def masks(network: Network, heads: Sequence[tuple[np.ndarray, int]]) -> tuple[float, float]:
    """Return balanced accuracy of mask yes/no and the largest mean of recalls over the three states."""
    cuts = [cut for cut, _ in heads]
    states = np.array([state for _, state in heads])
    rows = [look(network, cuts[k : k + 16]).probabilities for k in range(0, len(cuts), 16)]
    table = np.concatenate(rows)[:, [0, 2, 1]]  # worn, none, incorrect: the order of the labels
    claimed = table.argmax(axis=1)
    yes = [float(np.mean((claimed[some] == 0) == right)) for some, right in ((states == 0, True), (states != 0, False))]
    return float(np.mean(yes)), float(np.mean([np.mean(claimed[states == one] == one) for one in range(3)]))


def verdict(plain: tuple[float, float], small: tuple[float, float], ratio: float, sizes: tuple[int, int]) -> str:
    lost = max(a - b for a, b in zip(plain, small, strict=True))
    fits = lost <= MOST_LOST and ratio > 1
    return (
        f"loses {lost * 100:.2f} points at most, {ratio:.2f} times as fast, {sizes[1] / sizes[0]:.2f} of the bytes: "
        f"{'within the bar' if fits else 'not within the bar'}"
    )


def half(content: bytes) -> tuple[Network, ...]:
    """Return the network in bfloat16; none where the processor cannot."""
    return (HALF.load(content),) if HALF.precision is Precision.BF16 else ()


def clinic_frames(folder: Path) -> list[tuple[Frame, np.ndarray]]:
    """Return every third frame of the third camera with the boxes of its people."""
    frames = []
    for path in sorted(folder.glob("images/d14oct_3_*"))[::3]:
        image = read_picture(path)
        height, width = image.shape[:2]
        ref = FrameRef(CameraId("clinic"), len(frames), timedelta(0), datetime(2026, 1, 1, tzinfo=UTC), width, height)
        labels = read_annotations(folder / "labels" / f"{path.stem}.txt", 2, []).of([0, 1], width, height)
        frames.append((Frame(ref, image), labels))
    return frames


def measure_detector(data: Path, content: bytes) -> None:
    clinic = data / "clinic_roles"
    pictures = [*sorted(clinic.glob("images/d14oct_[12]_*"))[::6], *sorted(data.glob("mask_kaggle/images/*"))[::40]]
    learnt = [detector_input(one) for one in pictures[:CALIBRATION_PICTURES]]
    plain, frames = DEFAULT.load(content), clinic_frames(clinic)
    whole = people(plain, frames)
    print(f"person-head f32: people of {len(frames)} frames: AP {whole[0]:.3f}, recall at precision 0.90 {whole[1]:.3f}")
    for network in half(content):
        ratio = in_turn(partial(plain.run, {plain.inputs[0]: learnt[0]}), partial(network.run, {plain.inputs[0]: learnt[0]}))
        figures = people(network, frames)
        print(f"person-head bf16, openvino: AP {figures[0]:.3f}, recall at precision 0.90 {figures[1]:.3f}")
        print(f"  {verdict(whole, figures, ratio, (len(content), len(content)))}", flush=True)
    for name, spared in (("all convolutions", ()), ("attention and last layers spared", DETECTOR_SPARED)):
        small_bytes = quantised(content, [{plain.inputs[0]: one} for one in learnt], spared)
        for runtime in RUNTIMES:
            small = runtime.load(small_bytes)
            figures = people(small, frames)
            ratio = in_turn(partial(plain.run, {plain.inputs[0]: learnt[0]}), partial(small.run, {small.inputs[0]: learnt[0]}))
            print(f"person-head int8, {name}, {runtime.name}: AP {figures[0]:.3f}, recall at precision 0.90 {figures[1]:.3f}")
            print(f"  {verdict(whole, figures, ratio, (len(content), len(small_bytes)))}", flush=True)


def measure_mask(data: Path, content: bytes) -> None:
    plain = DEFAULT.load(content)
    calibration = [cut for cut, _ in spread(list(faces(data / "mask_kaggle")), CALIBRATION_HEADS)]
    batches = [crops.batch(calibration[k : k + 16]) for k in range(0, len(calibration), 16)]
    heads = spread(list(faces(data / "mask_ilc")), FACES)
    whole = masks(plain, heads)
    print(
        f"mask-state f32: {len(heads)} faces: yes/no balanced accuracy {whole[0]:.3f}, mean recall of three states {whole[1]:.3f}"
    )
    small_bytes = quantised(content, [{plain.inputs[0]: one} for one in batches])
    eight = crops.batch([cut for cut, _ in heads[:8]])
    for network in half(content):
        ratio = in_turn(partial(plain.run, {plain.inputs[0]: eight}), partial(network.run, {plain.inputs[0]: eight}))
        figures = masks(network, heads)
        print(f"mask-state bf16, openvino: yes/no {figures[0]:.3f}, three states {figures[1]:.3f}")
        print(f"  {verdict(whole, figures, ratio, (len(content), len(content)))}", flush=True)
    for runtime in RUNTIMES:
        small = runtime.load(small_bytes)
        figures = masks(small, heads)
        ratio = in_turn(partial(plain.run, {plain.inputs[0]: eight}), partial(small.run, {small.inputs[0]: eight}))
        print(f"mask-state int8, {runtime.name}: yes/no {figures[0]:.3f}, three states {figures[1]:.3f}")
        print(f"  {verdict(whole, figures, ratio, (len(content), len(small_bytes)))}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    data = parser.parse_args(arguments).data
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser says of every picture how it might be prepared otherwise
    catalogue = load_catalogue()
    measure_detector(data, read_verified(entry_of(DETECTOR, catalogue)))
    measure_mask(data, read_verified(entry_of(MASK, catalogue)))
    return 0


def spread(found: Sequence[tuple[Path, int, Box]], most: int) -> list[tuple[np.ndarray, int]]:
    """Cut evenly chosen heads."""
    chosen = [found[k] for k in np.linspace(0, len(found) - 1, min(most, len(found))).astype(int)]
    return [(crops.head_crop(read_picture(path), head, crops.MASK_SIZE), state) for path, state, head in chosen]


if __name__ == "__main__":
    raise SystemExit(main())
