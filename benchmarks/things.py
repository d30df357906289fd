"""How well people and furniture are told apart by what changes between two looks (`models.things`).

Run: ``python benchmarks/things.py DATA``. DATA holds ``clinic_roles``: numbered frames of three ceiling cameras with boxes of
people. *People* are two boxes of following frames in one place (overlap 0.7); *things* are boxes of the size of people, drawn by
lot where nobody is in either frame and something is to be seen (contrast of 15 levels). No network takes part.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from analyzer.types import Box
from models.detectors.overlap import overlaps
from models.evaluation.boxes import Floats
from models.frame import Image
from models.labelled.annotations import read_annotations
from models.pictures import read_picture
from models.things import CHANGED_SHARE, SAME_PLACE, changed, look_of

CLASSES = 2
APART = (1, 5, 20)
DRAWN = 12
CONTRAST = 15.0
NAME = re.compile(r"(d14oct_\d)_(\d+)_0")


@dataclass(frozen=True, slots=True)
class View:
    """A frame and the people in it."""

    image: Image
    people: Floats


def views(folder: Path) -> dict[str, dict[int, View]]:
    """Frames that are no augmented copies, by camera and number."""
    found: defaultdict[str, dict[int, View]] = defaultdict(dict)
    for path in sorted((folder / "images").glob("*.jpg")):
        if name := NAME.match(path.stem):
            image = read_picture(path)
            labels = read_annotations(folder / "labels" / f"{path.stem}.txt", CLASSES, [])
            found[name[1]][int(name[2])] = View(image, labels.of(range(CLASSES), image.shape[1], image.shape[0]))
    return found


def people(before: View, after: View) -> Iterator[float]:
    """Changed shares of people who are in one place in both frames."""
    if not len(before.people) or not len(after.people):
        return
    shares = overlaps(before.people, after.people).max(axis=1)
    for edges in before.people[shares >= SAME_PLACE]:
        yield from _changed(before, after, Box(*edges.tolist()))


def things(before: View, after: View, random: Random) -> Iterator[float]:
    """Changed shares of boxes in which nobody is."""
    rows, columns = before.image.shape[:2]
    for _ in range(DRAWN):
        height = random.uniform(120, 350)
        width = height * random.uniform(0.35, 0.7)
        x, y = random.uniform(0, columns - width), random.uniform(0, rows - height)
        box = Box(x, y, x + width, y + height)
        both = np.concatenate([before.people, after.people])
        look = look_of(before.image, box)
        if look is not None and look.std() >= CONTRAST and not overlaps(np.array([[x, y, x + width, y + height]]), both).any():
            yield from _changed(before, after, box)


def _changed(before: View, after: View, box: Box) -> Iterator[float]:
    first, second = look_of(before.image, box), look_of(after.image, box)
    if first is not None and second is not None:
        yield changed(first, second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    found = views(parser.parse_args().data / "clinic_roles")
    print(
        f"| camera | frames apart | people: pairs | changed at most {CHANGED_SHARE:.0%} | median | things: pairs | changed at most {CHANGED_SHARE:.0%} | median |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for camera, frames in sorted(found.items()):
        for apart in APART:
            random, moved, stayed = Random(apart), list[float](), list[float]()
            for number, before in sorted(frames.items()):
                if (after := frames.get(number + apart)) is not None:
                    moved.extend(people(before, after))
                    stayed.extend(things(before, after, random))
            print(f"| {camera} | {apart} | {_figures(moved)} | {_figures(stayed)} |")


def _figures(shares: list[float]) -> str:
    if not shares:
        return "0 | - | -"
    return f"{len(shares)} | {np.mean(np.array(shares) <= CHANGED_SHARE):.3f} | {np.median(shares):.3f}"


if __name__ == "__main__":
    main()
