"""The shipped detector becomes a network that can be trained on, and still says the same."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import ChangedWeights, MisfitWeights
from models.pictures import read_picture
from models.training import person
from models.training.ppe import ITEMS
from models.weights import entry_of, load_catalogue

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "ultralytics", "onnx")),
    reason="torch, ultralytics and onnx come with the extra `train`",
)


def test_a_shipped_file_of_another_hash_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    changed = tmp_path / "person-head.onnx"
    changed.write_bytes(b"other bytes")
    with pytest.raises(ChangedWeights, match="not opened"):
        person.train_person(tmp_path / "data", tmp_path, start=changed)


def _pictures(folder: Path, count: int) -> list[Path]:
    """Photographs cannot be shipped; blurred noise reaches every channel too."""
    rng = np.random.default_rng(3)
    paths = []
    for number in range(count):
        noise = cv2.GaussianBlur(rng.integers(0, 256, (240, 320, 3)).astype(np.uint8), (0, 0), 1.0 + 2 * number)
        paths.append(folder / f"{number}.png")
        cv2.imwrite(str(paths[-1]), cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX))
    return paths


@needs_torch
@pytest.mark.weights
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the exporter of torch announces its successor
def test_what_comes_back_gives_the_same_boxes(tmp_path: Path) -> None:
    import onnxruntime

    from models.training.restored import restore_person

    shipped = entry_of("person-head", load_catalogue()).path
    checkpoint = restore_person(shipped, _pictures(tmp_path, 4), tmp_path / "restored.pt")
    again = person.export_person(checkpoint, tmp_path / "again.onnx", one_to_many=True)
    picture = np.random.default_rng(1).random((1, 3, 320, 320), dtype=np.float32)
    first, second = (onnxruntime.InferenceSession(str(file)).run(None, {"images": picture})[0] for file in (shipped, again))
    assert first.shape == second.shape
    best = first[0, :, 4] > np.sort(first[0, :, 4])[-20]
    np.testing.assert_allclose(second[0, best, 4], first[0, best, 4], atol=0.01)


@needs_torch
@pytest.mark.weights
def test_the_mask_network_comes_back_with_the_same_states(tmp_path: Path) -> None:
    import onnxruntime
    import torch

    from models.crops import MASK_SIZE, batch
    from models.training.fitting import softmax
    from models.training.restored import restore_mask

    shipped = entry_of("mask-state", load_catalogue()).path
    crops = [cv2.resize(read_picture(path), (MASK_SIZE, MASK_SIZE)) for path in _pictures(tmp_path, 6)]
    network = restore_mask(shipped, crops)
    with torch.inference_mode():
        logits = network(torch.from_numpy(batch(crops))).numpy()
    expected = onnxruntime.InferenceSession(str(shipped)).run(None, {"crops": batch(crops)})[0]
    card = Path(__file__).parents[3] / "docs" / "models" / "mask-state.json"
    temperature = json.loads(card.read_text("utf-8"))["shipped"]["temperature"]
    np.testing.assert_allclose(softmax(logits / temperature), expected, atol=0.02)


@needs_torch
@pytest.mark.weights
def test_the_network_of_items_comes_back_with_the_same_features() -> None:
    import onnx
    import onnxruntime
    import torch

    from models.crops import HEAD_SIZE, PERSON_HEIGHT, PERSON_WIDTH
    from models.training.fitting import softmax
    from models.training.restored import restore_ppe

    shipped = entry_of("ppe-attire", load_catalogue()).path
    rng = np.random.default_rng(2)
    sizes = {"persons": (PERSON_HEIGHT, PERSON_WIDTH), "heads": (HEAD_SIZE, HEAD_SIZE)}
    looks = {name: rng.random((2, 3, *size), dtype=np.float32) for name, size in sizes.items()}
    network = restore_ppe(shipped)
    stored = {each.name.removesuffix("_half"): each for each in onnx.load(str(shipped)).graph.initializer}
    with torch.inference_mode():
        for layer in ("items", "attire"):
            for part in ("weight", "bias"):
                values = onnx.numpy_helper.to_array(stored[f"network.{layer}.{part}"]).astype(np.float32)
                getattr(getattr(network, layer), part).copy_(torch.from_numpy(values))
        items, attire = (each.numpy() for each in network(*(torch.from_numpy(look) for look in looks.values())))
    found = onnxruntime.InferenceSession(str(shipped)).run(None, looks)
    card = Path(__file__).parents[3] / "docs" / "models" / "ppe-items.json"
    temperatures = json.loads(card.read_text("utf-8"))["shipped"]["temperatures"]
    for number, item in enumerate(ITEMS):
        np.testing.assert_allclose(softmax(items[:, number] / temperatures[item]), found[0][:, number], atol=0.01)
    np.testing.assert_allclose(softmax(attire / temperatures["attire"]), found[1], atol=0.01)


@needs_torch
def test_another_network_is_refused_by_the_name_of_what_is_missing(tmp_path: Path) -> None:
    from models.training.restored import restore_person

    with pytest.raises(MisfitWeights, match=r"mask_state\.onnx: model\.0\.conv\.weight is missing"):
        restore_person(entry_of("mask-state", load_catalogue()).path, _pictures(tmp_path, 1), tmp_path / "restored.pt")
