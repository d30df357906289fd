"""People and heads under a ceiling camera that was not trained on, against labels that people drew.

Run: ``python benchmarks/ceiling.py DATA [--peers DIR] [--size 640 --size 544] [--json FILE]``. DATA holds `clinic_roles` (see
`datasets/clinic_roles/card.toml`). People are the set's own boxes on all frames of its third camera; heads are those of eight of these
frames, checked by eye (`datasets/clinic_roles/checked_heads.csv`). The shipped detector and, with ``--peers``, the published ones
see the same frames in the same run. A figure is average precision at IoU 0.5 and the best recall at a precision.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.backends import open_backend
from models.evaluation.boxes import Floats, Matched, average_precision, match, operating_point
from models.evaluation.person import Detect, peers
from models.labelled.annotations import Defect, read_annotations
from models.labelled.scored import Scored
from models.perception import DETECTOR
from models.pictures import read_picture
from models.weights import entry_of, load_catalogue
from pipelines.measuring import Means, shipped_detect

CAMERA: Final = "d14oct_3_*"
CLASSES: Final = 2
CHECKED: Final = Path(__file__).resolve().parents[1] / "datasets" / "clinic_roles" / "checked_heads.csv"
PRECISIONS: Final = (0.95, 0.90)
NOWHERE: Final = np.zeros((0, 4))


def checked_heads() -> dict[str, Floats]:
    """Return the heads of the frames in which every head was looked for by eye, by file name."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    with CHECKED.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[row["image"]].append([float(row[edge]) for edge in ("x1", "y1", "x2", "y2")])
    return {name: np.array(boxes) for name, boxes in found.items()}


def figures(kind: str, name: str, matched: Sequence[Matched]) -> dict[str, Any]:
    points = {f"recall_at_precision_{precision}": operating_point(matched, precision) for precision in PRECISIONS}
    return {
        "kind": kind,
        "detector": name,
        "frames": len(matched),
        "labels": sum(len(one.heights) for one in matched),
        "average_precision": average_precision(matched),
        **{key: point[1] if point is not None else None for key, point in points.items()},
    }


def measure(folder: Path, detectors: dict[str, Detect]) -> list[dict[str, Any]]:
    heads = checked_heads()
    frames = sorted((folder / "images").glob(CAMERA))
    defects: list[Defect] = []
    people: dict[str, list[Matched]] = defaultdict(list)
    few: dict[str, list[Matched]] = defaultdict(list)
    found_heads: dict[str, list[Matched]] = defaultdict(list)

    def against(labels: Floats, found: Scored | None, into: list[Matched]) -> None:
        if found is not None:
            into.append(match(labels, found.boxes, found.scores, NOWHERE))

    for frame in frames:
        image = read_picture(frame)
        labels = read_annotations(folder / "labels" / f"{frame.stem}.txt", CLASSES, defects)
        own = labels.of(range(CLASSES), image.shape[1], image.shape[0])
        for name, detect in detectors.items():
            found = detect(image)
            against(own, found.persons, people[name])
            if frame.name in heads:
                against(own, found.persons, few[name])
                against(heads[frame.name], found.heads, found_heads[name])
    for defect in defects:
        print(f"not used: {defect}")
    rows = [figures("people", name, matched) for name, matched in people.items() if matched]
    rows += [figures("people, checked frames", name, matched) for name, matched in few.items() if matched]
    rows += [figures("heads, checked frames", name, matched) for name, matched in found_heads.items() if matched]
    return rows


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("data", type=Path)
    given.add_argument("--peers", type=Path)
    given.add_argument("--size", type=int, action="append")
    given.add_argument("--json", type=Path)
    asked = given.parse_args()
    entry, runtime = entry_of(DETECTOR, load_catalogue()), open_backend("openvino", "auto", "f32")
    detectors: dict[str, Detect] = {
        f"person-head at {size} px": shipped_detect(entry, runtime, Means(backend="openvino", precision="f32", longest=size))
        for size in asked.size or (640, 544)
    }
    if asked.peers is not None:
        detectors.update({f"peer {name}": detect for name, detect in peers(asked.peers).items()})
    rows = measure(asked.data / "clinic_roles", detectors)
    print("| what | frames | labels | detector | AP50 | " + " | ".join(f"recall at precision {p}" for p in PRECISIONS) + " |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        numbers = (row["average_precision"], *(row[f"recall_at_precision_{p}"] for p in PRECISIONS))
        shown = " | ".join("-" if number is None else f"{number:.3f}" for number in numbers)
        print(f"| {row['kind']} | {row['frames']} | {row['labels']} | {row['detector']} | {shown} |")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"weights": entry.sha256, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
