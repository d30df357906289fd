"""Knowing somebody again by the clothes: colours, pooled features of the network of items and attire, and both.

Run: ``python benchmarks/appearance.py DATA [--fit]``, DATA being the folder of the data sets. Identities come from tracks
of the recordings (of `intel_one_by_one_person` from the count by hand) and from people of the clinic's frames who keep
their seats: own boxes that overlap by 0.6 from frame to frame, 13 s apart. A positive pair is one person at two times,
seconds to minutes apart; a negative pair two people seen at one instant, so certainly two. Averages of up to three looks
are compared, as `models.appearance.links` does. ``--fit`` prints the logistic fit that its constants come from.

The network's features need `onnx` and `onnxruntime` (extra ``train``): the shipped file has no output for them.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from analyzer.types import Box, Label
from models import crops
from models.appearance.colours import ClothesColours, below_head
from models.appearance.links import closeness_of
from models.backends import open_backend
from models.detectors.overlap import overlaps
from models.evaluation.counted import read_visits
from models.evaluation.recorded import frames_of
from models.perception import PERSON, heads_of, load_perception
from models.trackers import SteadyTracker
from models.weights import entry_of, load_catalogue, read_verified

ALONE = "intel_one_by_one_person.mp4"
RATE = {ALONE: 2.0}
USUAL_RATE = 5.0
CLINIC_SECONDS = 13.3  # the clock in the picture of the third camera
CLINIC_GAP = 60.0
GAPS = {ALONE: 5.0, "pedestrians_plaza.mp4": 3.0}
USUAL_GAP = 1.2  # s; the clips are two to four seconds long
LOOKS = 3
PAIRS_A_PERSON = 8
NEGATIVES_A_PERSON = 8
LEAST_PX = 40
SHARES = (0.2, 0.35, 0.5)


@dataclass
class Person:
    """Somebody of one recording: when seen, and the looks then (rows: colours, network)."""

    times: list[float] = field(default_factory=list)
    looks: list[tuple[np.ndarray, np.ndarray | None]] = field(default_factory=list)


People = dict[int, Person]


class Features:
    """Pooled features of the body below the head, from the shipped network of items and attire."""

    def __init__(self) -> None:
        import onnx  # noqa: PLC0415 - of the extra `train`: without it the variant is left out

        model = onnx.load_model_from_string(read_verified(entry_of(PERSON, load_catalogue())))
        self._name = next(node.output[0] for node in model.graph.node if node.op_type == "ReduceMean")
        model.graph.output.append(onnx.ValueInfoProto(name=self._name))
        self._network = open_backend("onnxruntime").load(model.SerializeToString())
        self._mean: np.ndarray | None = None

    def describe(self, image: np.ndarray, bodies: Sequence[Box]) -> list[np.ndarray]:
        found: list[np.ndarray] = []
        for first in range(0, len(bodies), 16):
            cuts = [crops.person_crop(image, body) for body in bodies[first : first + 16]]
            inputs = {"persons": crops.batch(cuts), "heads": crops.batch([crops.NO_HEAD] * len(cuts))}
            found += list(self._network.run(inputs)[self._name])
        return found


def features() -> Features | None:
    try:
        return Features()
    except ImportError as missing:
        print(f"without the network's features: {missing}")
        return None


def take(people: People, image: np.ndarray, seen: Sequence[tuple[int, Box]], at: float, network: Features | None) -> None:
    """Describe the people of one instant."""
    looks = ClothesColours().describe(image, [body for _, body in seen])
    kept = [(number, body, look) for (number, body), look in zip(seen, looks, strict=True) if look is not None]
    pooled: Sequence[np.ndarray | None] = [None] * len(kept)
    if network is not None and kept:
        pooled = network.describe(image, [body for _, body, _ in kept])
    for (number, _, look), features_of in zip(kept, pooled, strict=True):
        person = people.setdefault(number, Person())
        person.times.append(at)
        person.looks.append((look, features_of))


def of_recording(path: Path, network: Features | None, detector: object) -> People:
    people: People = {}
    tracker = SteadyTracker()
    visits = read_visits(Path(__file__).parents[1] / "datasets" / "video" / "people.csv").get(path.name, ())
    for frame in frames_of(path, RATE.get(path.name, USUAL_RATE)):
        found = detector.detect([frame])[0]  # type: ignore[attr-defined]
        tracks = [one for one in tracker.update(frame, found) if one.label is Label.PERSON and one.box.height >= LEAST_PX]
        heads = heads_of(tracks, found)
        at = frame.ref.pts.total_seconds()
        seen = []
        for track in tracks:
            body = below_head(track.box, heads[track.id].box if track.id in heads else None)
            here = [number for number, visit in enumerate(visits) if visit.enters <= at < visit.leaves]
            number = int(track.id) if path.name != ALONE else here[0] if here else -1
            if body is not None and number >= 0:
                seen.append((number, body))
        take(people, frame.image, seen, at, network)
    return people


def of_clinic(folder: Path, camera: int, network: Features | None) -> People:
    """People who keep their seats from frame to frame."""
    people: People = {}
    before: list[tuple[int, int, Box]] = []
    previous, unused = -9, 0
    pictures = sorted((int(path.name.split("_")[2]), path) for path in folder.glob(f"images/d14oct_{camera}_*"))
    for number, path in pictures:
        image = cv2.imread(str(path))
        boxes = own_boxes(folder / "labels" / f"{path.stem}.txt", image.shape[1], image.shape[0])
        if number - previous > 2:
            before = []
        now: list[tuple[int, int, Box]] = []
        table = overlaps(edges([box for _, box in boxes]), edges([box for _, _, box in before]))
        for row, (kind, box) in enumerate(boxes):
            best = int(table[row].argmax()) if before else -1
            same = best >= 0 and table[row, best] >= 0.6 and before[best][1] == kind and table[:, best].argmax() == row
            unused += not same
            now.append((before[best][0] if same else unused, kind, box))
        own = overlaps(edges([box for _, box in boxes]), edges([box for _, box in boxes])) - np.eye(len(boxes))
        clear = [one for row, one in enumerate(now) if one[2].height >= LEAST_PX and own[row].max(initial=0) < 0.3]
        seen = [(identity, body) for identity, _, box in clear if (body := below_head(box, None)) is not None]
        take(people, image, seen, number * CLINIC_SECONDS, network)
        before, previous = now, number
    return people


def own_boxes(labels: Path, width: int, height: int) -> list[tuple[int, Box]]:
    found = []
    with labels.open(encoding="utf-8", newline="") as rows:
        for row in csv.reader(rows, delimiter=" "):
            x, y, w, h = (float(one) for one in row[1:5])
            edges_of = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            found.append((int(row[0]), Box(*edges_of)))
    return found


def edges(boxes: Sequence[Box]) -> np.ndarray:
    return np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], dtype=np.float64).reshape(-1, 4)


@dataclass
class Pairs:
    """Likeness of each pair, by variant, and whether it is one person; queries: whether the right one came first."""

    same: np.ndarray
    values: dict[str, np.ndarray]
    first: dict[str, float]
    people: int


def windows(person: Person, looks: int) -> list[tuple[float, float, tuple[np.ndarray, ...]]]:
    found = []
    for first in range(0, len(person.times), looks):
        part = person.looks[first : first + looks]
        means = tuple(unit(np.mean([one[k] for one in part], axis=0)) for k in (0, 1) if part[0][k] is not None)
        found.append((person.times[first], person.times[min(first + looks, len(person.times)) - 1], means))
    return found


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def pairs_of(people: People, gap: float, looks: int, *, apart: bool) -> Pairs | None:
    """Draw pairs; ``apart``: the people are known to be different though never seen together."""
    rng = np.random.default_rng(0)
    cut = {number: windows(person, looks) for number, person in people.items()}
    together = defaultdict(set)
    instants = defaultdict(set)
    for number, person in people.items():
        for at in person.times:
            instants[at].add(number)
    for numbers in [set(people)] if apart else instants.values():
        for number in numbers:
            together[number] |= numbers - {number}
    drawn, same = [], []
    for number, mine in cut.items():
        own = [(a, b) for n, a in enumerate(mine) for b in mine[n + 1 :] if b[0] - a[1] >= gap]
        others = [(a, b) for a in mine for other in sorted(together[number]) if other > number for b in cut[other]]
        for some, most, is_same in ((own, PAIRS_A_PERSON, True), (others, NEGATIVES_A_PERSON, False)):
            chosen = rng.permutation(len(some))[:most]
            drawn += [some[one] for one in chosen]
            same += [is_same] * len(chosen)
    if not any(same) or all(same):
        return None
    names = variants(len(drawn[0][0][2]))
    values = {name: np.array([compare(name, a[2], b[2]) for a, b in drawn]) for name in names}
    queries = [n for n, mine in cut.items() if len(mine) > 1 and mine[-1][0] - mine[0][1] >= gap and together[n]]
    first = {}
    for name in names:
        right = [
            compare(name, cut[n][-1][2], cut[n][0][2]) > max(compare(name, cut[n][-1][2], cut[m][0][2]) for m in together[n])
            for n in queries
        ]
        first[name] = float(np.mean(right)) if right else float("nan")
    return Pairs(np.array(same), values, first, len(people))


def variants(count: int) -> list[str]:
    return ["colours"] if count == 1 else ["colours", "network", *(f"both {share:g}" for share in SHARES)]


def compare(name: str, first: tuple[np.ndarray, ...], second: tuple[np.ndarray, ...]) -> float:
    likeness = [float(a @ b) for a, b in zip(first, second, strict=True)]
    if name in {"colours", "network"}:
        return likeness[name == "network"]
    share = float(name.split()[1])
    return (1 - share) * likeness[0] + share * likeness[1]


def area(same: np.ndarray, values: np.ndarray) -> float:
    """Area under the curve of right against false links: how often a same pair is likelier than a different one."""
    return float(np.mean(values[same][:, None] > values[~same][None, :]) + np.mean(values[same][:, None] == values[~same]) / 2)


def fit(above: np.ndarray, same: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return slope and even point of a weighted logistic regression."""
    x = np.stack([above, np.ones(len(above))], axis=1)
    theta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ theta))
        gradient = x.T @ (weights * (same - p)) - 1e-3 * theta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(2)
        theta = theta + np.linalg.solve(hessian, gradient)
    return float(theta[0]), float(-theta[1] / theta[0])


def closeness(values: np.ndarray) -> np.ndarray:
    return np.array([closeness_of(float(one)) for one in values])


def strangers(found: dict[str, Pairs]) -> dict[str, float]:
    """Return the mean closeness of the people of each source who were seen together."""
    return {name: float(closeness(p.values["colours"][~p.same]).mean()) for name, p in found.items() if name != ALONE}


def above(pairs: Pairs, own: float | None, usual: float) -> np.ndarray:
    """Return closeness above that of strangers, the usual one weighing as much as four pairs."""
    count = 0 if own is None else int((~pairs.same).sum())
    return closeness(pairs.values["colours"]) - (4 * usual + count * (own or 0.0)) / (4 + count)


def balanced(found: dict[str, Pairs], usual: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return closeness above strangers', same and weights of all pairs: each source and each kind of pair weighs alike."""
    own = strangers(found)
    values = [above(pairs, own.get(name), usual) for name, pairs in found.items()]
    weights = [100 / np.where(pairs.same, pairs.same.sum(), (~pairs.same).sum()) for pairs in found.values()]
    return np.concatenate(values), np.concatenate([pairs.same for pairs in found.values()]), np.concatenate(weights)


def report(found: dict[str, Pairs]) -> None:
    names = next(iter(found.values())).values
    print(
        f"\n{'source':32} {'people':>6} {'same':>5} {'diff':>5} " + " ".join(f"{name:>16}" for name in names) + "   (AUC, rank-1)"
    )
    for source, pairs in found.items():
        cells = " ".join(f"{area(pairs.same, pairs.values[n]):8.3f} {pairs.first[n]:7.2f}" for n in names)
        print(f"{source:32} {pairs.people:6} {pairs.same.sum():5} {(~pairs.same).sum():5} {cells}")
    means = " ".join(
        f"{np.mean([area(p.same, p.values[n]) for p in found.values()]):8.3f} {np.nanmean([p.first[n] for p in found.values()]):7.2f}"
        for n in names
    )
    print(f"{'mean over sources':32} {'':6} {'':5} {'':5} {means}")


def held_out(found: dict[str, Pairs], source: str) -> np.ndarray:
    """Return the log-odds of the pairs of one source by a fit on the others."""
    others = {name: pairs for name, pairs in found.items() if name != source}
    usual = float(np.mean(list(strangers(others).values())))
    slope, even = fit(*balanced(others, usual))
    return np.clip(slope * (above(found[source], strangers(found).get(source), usual) - even), -3, 3)


def report_links(found: dict[str, Pairs]) -> None:
    """False and right links at three thresholds, and the calibration error, each source judged by a fit on the others."""
    print(f"\n{'held out':34}" + "".join(f" false>={least} right>={least}" for least in (0, 1, 2)))
    rates, odds = [], {}
    for source, pairs in found.items():
        odds[source] = held_out(found, source)
        rates.append([float(np.mean(odds[source][part] >= least)) for least in (0, 1, 2) for part in (~pairs.same, pairs.same)])
        print(f"{source:34}" + "".join(f" {one:8.3f}" for one in rates[-1]))
    print(f"{'mean over sources':34}" + "".join(f" {one:8.3f}" for one in np.mean(rates, axis=0)))
    p = 1 / (1 + np.exp(-np.concatenate(list(odds.values()))))
    _, same, weights = balanced(found, 0.0)
    bins = np.minimum((p * 10).astype(int), 9)
    error = 0.0
    for some in (bins == one for one in np.unique(bins)):
        gap = np.average(p[some], weights=weights[some]) - np.average(same[some], weights=weights[some])
        error += abs(float(gap)) * float(weights[some].sum() / weights.sum())
    print(f"calibration error of held-out log-odds (ten bins, sources weighing alike): {error:.3f}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--fit", action="store_true", help="print the logistic fit of the links")
    options = parser.parse_args(arguments)
    data = options.data
    network, detector = features(), load_perception().detector
    gathered = {path.name: of_recording(path, network, detector) for path in sorted((data / "video").glob("*.mp4"))}
    gathered |= {f"clinic camera {camera}": of_clinic(data / "clinic_roles", camera, network) for camera in (1, 2, 3)}
    middle = (
        np.mean([look[1] for people in gathered.values() for one in people.values() for look in one.looks], axis=0)
        if network
        else 0
    )
    for people in gathered.values():
        for person in people.values():
            person.looks = [(colours, None if pooled is None else pooled - middle) for colours, pooled in person.looks]
    found = {}
    for source, people in gathered.items():
        gap = CLINIC_GAP if source.startswith("clinic") else GAPS.get(source, USUAL_GAP)
        looks = 1 if source.startswith("clinic") else LOOKS  # frames of the clinic are 13 s apart
        pairs = pairs_of(people, gap, looks, apart=source == ALONE)
        if pairs is None:
            print(f"{source}: no pairs of both kinds ({len(people)} people)")
        else:
            found[source] = pairs
    report(found)
    report_links(found)
    if options.fit:
        usual = float(np.mean(list(strangers(found).values())))
        print("strangers {:.2f}, slope {:.2f}, even point {:.2f}".format(usual, *fit(*balanced(found, usual))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
