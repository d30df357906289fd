"""One suite over every runtime that is installed: the same network says the same on each of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analyzer.types import Label
from models.attributes.evidence import MASK_STATES
from models.attributes.gates import MaskThresholds, claim_mask
from models.attributes.readers import HeadToRead, MaskReader
from models.backends import BACKENDS, Backend, Precision, open_backend
from models.backends.protocol import Array
from models.backends.tensorrt import export_engine
from models.detectors import PersonHeadDetector
from models.errors import BackendUnavailable, InferenceFailed, MisfitWeights
from models.perception import DETECTOR, MASK
from models.weights import entry_of, load_catalogue, read_verified
from tests.models.photographs import portrait
from tests.models.seen import frame

FACE = (222, 110)
"""Where the portrait's face is; a helmet lies beside it."""
LIMITS = MaskThresholds(worn=0.6, incorrect=0.6, none=0.86)


ROOT = Path(__file__).resolve().parents[3]
_TELLS = """
from models.backends import open_backend
from pipelines.doctor import _device
from pipelines.settings import Settings
import sys
open_backend("openvino", "cpu", "f32"), _device(Settings())
print(*(name for name in sys.modules if name.startswith("openvino_telemetry.")))
"""


def test_nobody_is_told_that_openvino_is_used(tmp_path: Path) -> None:
    """Left alone it sends a line to an analytics service at each import, unless it believes to run in a test of somebody."""
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", _TELLS], env=alone, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "\n"
    assert list(tmp_path.iterdir()) == []  # it would keep an id of this machine here


def test_openvino_is_imported_in_one_place_only() -> None:
    folders = ("models", "pipelines", "benchmarks", "notebooks", "scripts")
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and re.search(rb"^\s*(import|from) openvino\b", path.read_bytes(), re.MULTILINE)
    ]
    assert found == ["models/backends/openvino.py"]


def opened(name: str, device: str = "auto", precision: str = "f32") -> Backend:
    try:
        return open_backend(name, device, precision)
    except BackendUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    return opened(str(request.param))


def tiny_network() -> bytes:
    """A network with two inputs of any batch size: their sum, and the first doubled."""
    from onnx import TensorProto, helper

    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("a", "b", "sum", "double")]
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Add", ["a", "a"], ["double"])]
    graph = helper.make_graph(nodes, "tiny", values[:2], values[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def rows(count: int, start: float) -> Array:
    return np.arange(start, start + 3 * count, dtype=np.float32).reshape(count, 3)


def test_arrays_go_in_and_come_out_by_name(backend: Backend) -> None:
    network = backend.load(tiny_network())
    assert set(network.inputs) == {"a", "b"}
    assert set(network.outputs) == {"sum", "double"}
    out = network.run({"a": rows(2, 0), "b": rows(2, 10)})
    assert out["sum"].tolist() == (rows(2, 0) + rows(2, 10)).tolist()
    assert out["double"].tolist() == (2 * rows(2, 0)).tolist()


def test_results_are_not_overwritten_by_the_next_call(backend: Backend) -> None:
    network = backend.load(tiny_network())
    first = network.run({"a": rows(1, 0), "b": rows(1, 0)})["sum"]
    kept = first.copy()
    network.run({"a": rows(4, 50), "b": rows(4, 50)})
    assert first.tolist() == kept.tolist()


def test_device_and_precision_are_what_they_became(backend: Backend) -> None:
    assert backend.name in BACKENDS
    assert backend.device == "cpu" or backend.device.startswith("cuda:")
    assert backend.precision is Precision.F32


def test_rubbish_is_no_network(backend: Backend) -> None:
    with pytest.raises(MisfitWeights):
        backend.load(b"this is not a network")


def test_an_input_of_another_shape_fails_and_the_next_one_is_fine(backend: Backend) -> None:
    network = backend.load(tiny_network())
    with pytest.raises(InferenceFailed):
        network.run({"a": np.zeros((2, 5), np.float32), "b": rows(2, 0)})
    assert network.run({"a": rows(1, 0), "b": rows(1, 0)})["sum"].shape == (1, 3)


@pytest.mark.parametrize("device", ["gpu", "cuda", "cuda:x", "tpu:0"])
@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_device_that_is_none_is_refused(name: str, device: str) -> None:
    with pytest.raises(BackendUnavailable):
        open_backend(name, device)


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
def test_cuda_is_reachable_or_says_why_not(name: str) -> None:
    backend = opened(name, "cuda:0")
    assert backend.device == "cuda:0"
    assert backend.load(tiny_network()).run({"a": rows(1, 0), "b": rows(1, 0)})["sum"].shape == (1, 3)


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(BackendUnavailable, match="openvino"):
        open_backend("abacus")


def test_an_engine_for_tensorrt_is_built_or_the_reason_is_said(tmp_path: Path) -> None:
    shapes = dict.fromkeys(("a", "b"), ((1, 3), (4, 3), (8, 3)))
    try:
        engine = export_engine(tiny_network(), tmp_path / "tiny.engine", shapes)
    except BackendUnavailable as missing:
        pytest.skip(str(missing))
    assert engine.stat().st_size > 0


def test_auto_precision_is_recorded_as_what_it_became() -> None:
    assert open_backend("openvino", precision="auto").precision in {Precision.F32, Precision.BF16}


# --- shipped networks on real pictures ----------------------------------------------------------


def boxes(backend: Backend) -> list[tuple[Label, tuple[float, ...]]]:
    entry = entry_of(DETECTOR, load_catalogue())
    found = PersonHeadDetector(backend.load(read_verified(entry)), entry.ref).detect([frame(image=portrait())])[0]
    return [(one.label, (one.box.x1, one.box.y1, one.box.x2, one.box.y2)) for one in found if one.score >= 0.25]


@pytest.mark.weights
def test_every_runtime_finds_the_same_boxes_within_a_pixel(backend: Backend) -> None:
    reference, here = boxes(open_backend("openvino")), boxes(backend)
    assert reference
    assert [label for label, _ in here] == [label for label, _ in reference]
    height, width = portrait().shape[:2]
    for (_, one), (_, other) in zip(here, reference, strict=True):
        assert one == pytest.approx(other, abs=1.0)
        assert 0 <= one[0] < one[2] <= width
        assert 0 <= one[1] < one[3] <= height


@pytest.mark.weights
def test_every_runtime_reads_the_same_states(backend: Backend) -> None:
    heads = [box for label, box in boxes(open_backend("openvino")) if label is Label.HEAD]
    head = min(heads, key=lambda box: abs((box[0] + box[2]) / 2 - FACE[0]) + abs((box[1] + box[3]) / 2 - FACE[1]))
    entry, image = entry_of(MASK, load_catalogue()), portrait()
    from analyzer.types import Box

    def state(runtime: Backend) -> tuple[object, tuple[float, ...]]:
        reader = MaskReader(runtime.load(read_verified(entry)), entry.ref, LIMITS)
        (evidence,) = reader.read(image, [HeadToRead(Box(*head))], frame().ref.pts)
        return claim_mask([evidence], LIMITS).state, evidence.probabilities

    reference, here = state(open_backend("openvino")), state(backend)
    assert here[0] == reference[0] == MASK_STATES[2]
    assert here[1] == pytest.approx(reference[1], abs=1e-3)


@pytest.mark.weights
def test_the_same_picture_gives_the_same_bytes(backend: Backend) -> None:
    assert boxes(backend) == boxes(backend)
