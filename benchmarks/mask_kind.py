"""What kind of mask somebody wears, by a linear layer over the pooled features of the mask network: can it be told?

Run: ``python benchmarks/mask_kind.py DATA``; needs `onnx` and `onnxruntime` (extra ``train``). Labels are those of
`datasets/mask_kind/kinds.csv`, heads of 100 px and more. Each set is judged by a layer fitted on the other two, so no photographer,
no person and no shop is on both sides. Chance is 0.33 of balanced accuracy. The last table says what is left when only
sure answers count, and how often a respirator is then taken for something else.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from analyzer.types import Box
from models import crops
from models.backends import open_backend
from models.evaluation.metrics import balanced_accuracy, wilson
from models.perception import MASK
from models.pictures import read_picture
from models.weights import entry_of, load_catalogue, read_verified

LABELS = Path(__file__).parents[1] / "datasets" / "mask_kind" / "kinds.csv"
KINDS = ("medical", "cloth", "respirator")
SAME = {"valve": "respirator"}
DECAY = 0.01
STEPS = 400
SURE = (0.0, 0.7, 0.9)


def heads(data: Path) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return sets, kinds and crops."""
    sets, kinds, cuts = [], [], []
    with LABELS.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            kind = SAME.get(row["kind"], row["kind"])
            if kind not in KINDS:
                continue
            within = "" if row["set"] == "mask_folders" else "images"
            image = read_picture(data / row["set"] / within / row["picture"])
            if row["x1"]:
                cut = crops.head_crop(image, Box(*(float(row[edge]) for edge in ("x1", "y1", "x2", "y2"))), crops.MASK_SIZE)
            else:
                cut = np.asarray(
                    cv2.resize(image, (crops.MASK_SIZE, crops.MASK_SIZE), interpolation=cv2.INTER_AREA), dtype=np.uint8
                )
            sets.append(row["set"])
            kinds.append(KINDS.index(kind))
            cuts.append(cut)
    return np.array(sets), np.array(kinds), cuts


def features(cuts: Sequence[np.ndarray]) -> np.ndarray:
    import onnx  # noqa: PLC0415 - of the extra `train`

    model = onnx.load_model_from_string(read_verified(entry_of(MASK, load_catalogue())))
    name = next(node.output[0] for node in model.graph.node if node.op_type == "ReduceMean")
    model.graph.output.append(onnx.ValueInfoProto(name=name))
    network = open_backend("onnxruntime").load(model.SerializeToString())
    rows = [network.run({network.inputs[0]: crops.batch(cuts[k : k + 16])})[name] for k in range(0, len(cuts), 16)]
    return np.concatenate(rows).astype(np.float64)


def fitted(inputs: np.ndarray, kinds: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return probabilities for ``asked`` by a regularised multinomial regression; rare kinds weigh more."""
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + 0.05
    x = (inputs - middle) / spread
    weights = (1 / np.sqrt(np.bincount(kinds, minlength=len(KINDS))))[kinds]
    weight, bias = np.zeros((x.shape[1], len(KINDS))), np.zeros(len(KINDS))
    truth = np.eye(len(KINDS))[kinds]
    for _ in range(STEPS):
        errors = (softmax(x @ weight + bias) - truth) * weights[:, None] / weights.sum()
        weight -= 0.05 * (x.T @ errors + DECAY * weight)
        bias -= 0.05 * errors.sum(axis=0)
    return softmax((asked - middle) / spread @ weight + bias)


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def share(right: int, total: int) -> str:
    interval = wilson(right, total)
    return "-" if interval is None else f"{right / total:.2f} [{interval.low:.2f}, {interval.high:.2f}] of {total}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    data = parser.parse_args(arguments).data
    sets, kinds, cuts = heads(data)
    plain, mirrored = features(cuts), features([np.ascontiguousarray(cut[:, ::-1]) for cut in cuts])
    found = np.zeros((len(kinds), len(KINDS)))
    for name in np.unique(sets):
        rest = sets != name
        found[~rest] = fitted(np.concatenate([plain[rest], mirrored[rest]]), np.tile(kinds[rest], 2), plain[~rest])
    claimed = found.argmax(axis=1)
    for name in (*np.unique(sets), "all"):
        some = (sets == name) | (name == "all")
        recalls = ", ".join(
            f"{kind} {share(int((claimed[some & (kinds == k)] == k).sum()), int((some & (kinds == k)).sum()))}"
            for k, kind in enumerate(KINDS)
        )
        print(f"{name:14} balanced accuracy {balanced_accuracy(kinds[some], claimed[some]):.3f}; recall {recalls}")
    for least in SURE:
        sure = found.max(axis=1) >= least
        right = ", ".join(
            f"{kind} {share(int((kinds[sure & (claimed == k)] == k).sum()), int((sure & (claimed == k)).sum()))}"
            for k, kind in enumerate(KINDS)
        )
        astray = int((sure & (kinds == 2) & (claimed != 2)).sum())
        print(
            f"from {least:.1f}: assessed {sure.mean():.2f}; precision {right}; respirators taken for another {astray} of {(kinds == 2).sum()}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
