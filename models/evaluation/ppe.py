"""How well protective items and attire are judged: people labelled one by one, YOLO folders, or flags of pictures.

Three kinds of truth exist, and they do not say the same:

* `people_of_csv`: each person with a box and the state of each item, present, absent or not visible.
* `people_of_yolo`: boxes of people and boxes of items; an item whose centre lies in a person is present there. Nothing
  says whether the hands of the others were seen, so *absent* means only that no box was drawn.
* `evaluate_flags`: one flag a picture; the score of a picture is the highest of its people.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.backends.protocol import Network
from models.crops import NO_HEAD, batch, head_crop, person_crop
from models.errors import BadPicture
from models.evaluation.metrics import (
    ClassFigures,
    Interval,
    Labels,
    Probabilities,
    average_precision,
    balanced_accuracy,
    bootstrap_interval,
    confusion,
    expected_calibration_error,
    figures_of_class,
    wilson,
)
from models.evaluation.ppe_labels import (
    ABSENT,
    ATTIRE,
    ITEMS,
    NOT_VISIBLE,
    PRESENT,
    STATES,
    FindPeople,
    LabelledPerson,
    SeenPerson,
    item_named,
)
from models.frame import Image
from models.labelled.annotations import Defect
from models.pictures import read_picture

PpeJudge = Callable[[Image, Sequence[SeenPerson]], tuple[npt.NDArray[np.float64], Probabilities]]
"""From a BGR picture and people to calibrated item probabilities [N,5,3] and attire probabilities [N,4]."""


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item. The average precision ranks present against absent, among people whose body part was seen."""

    name: str
    states: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    average_precision: float | None
    balanced_accuracy: float | None
    interval: Interval | None
    calibration_error: float | None
    assessed: int
    assessed_share: float | None
    assessed_interval: Interval | None


@dataclass(frozen=True, slots=True)
class AttireFigures:
    """Attire of the people for whom it was labelled."""

    people: int
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    balanced_accuracy: float | None
    interval: Interval | None
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class PpeReport:
    """What was measured, and what could not be used."""

    people: int
    items: tuple[ItemFigures, ...]
    macro_average_precision: float | None
    attire: AttireFigures | None
    ignored_classes: tuple[str, ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagFigures:
    """One flag of pictures: average precision, and precision and recall at the threshold of a claim."""

    name: str
    pictures: int
    average_precision: float | None
    present: ClassFigures


@dataclass(frozen=True, slots=True)
class FlagReport:
    """Flags of pictures. A picture in which nobody was found scores zero and is counted in ``without_people``."""

    pictures: int
    without_people: int
    flags: tuple[FlagFigures, ...]
    macro_average_precision: float | None
    ignored_columns: tuple[str, ...]
    defects: tuple[str, ...]


def evaluate_ppe(
    people: Sequence[LabelledPerson],
    judge: PpeJudge,
    *,
    threshold: float = 0.5,
    ignored: tuple[str, ...] = (),
    defects: Sequence[Defect] = (),
) -> PpeReport:
    """Judge every labelled person.

    Args:
        people: from `people_of_csv` or `people_of_yolo`, those of one picture in a row.
        judge: the network, for example `shipped_ppe`.
        threshold: probability from which a state is claimed; below it an item is not assessed.
        ignored: names of classes that were left out, for the report.
        defects: what the reader of the labels has already reported.
    """
    found = list(defects)
    kept: list[LabelledPerson] = []
    items: list[npt.NDArray[np.float64]] = []
    attire: list[Probabilities] = []
    for picture, members in _by_picture(people):
        try:
            image = read_picture(picture)
        except BadPicture as broken:
            found.append(Defect(picture.name, None, str(broken)))
            continue
        item, dress = judge(image, [member.seen for member in members])
        items.append(item)
        attire.append(dress)
        kept.extend(members)
    given = np.concatenate(items) if items else np.zeros((0, len(ITEMS), len(STATES)))
    worn = np.concatenate(attire) if attire else np.zeros((0, len(ATTIRE)))
    return ppe_figures(kept, given, worn, threshold=threshold, ignored=ignored, defects=found)


def ppe_figures(
    people: Sequence[LabelledPerson],
    items: npt.NDArray[np.float64],
    attire: Probabilities,
    *,
    threshold: float = 0.5,
    ignored: tuple[str, ...] = (),
    defects: Sequence[Defect] = (),
) -> PpeReport:
    """Return the figures of probabilities that were computed elsewhere: items [N,5,3] and attire [N,4]."""
    truth = np.array([person.items for person in people], dtype=np.int64).reshape(-1, len(ITEMS))
    of_items = tuple(_item(name, truth[:, k], items[:, k], threshold) for k, name in enumerate(ITEMS))
    areas = [each.average_precision for each in of_items if each.average_precision is not None]
    dress = np.array([person.attire for person in people], dtype=np.int64)
    return PpeReport(
        len(people),
        of_items,
        float(np.mean(areas)) if areas else None,
        _attire(dress[dress >= 0], attire[dress >= 0]) if (dress >= 0).any() else None,
        ignored,
        tuple(str(defect) for defect in defects),
    )


def evaluate_flags(
    images: Path,
    flags: Path,
    find_people: FindPeople,
    judge: PpeJudge,
    *,
    threshold: float = 0.5,
) -> FlagReport:
    """Judge pictures with one flag an item: a CSV with the column `filename` and 0 or 1 in columns named like items."""
    defects: list[Defect] = []
    truth: list[list[int]] = []
    scores: list[npt.NDArray[np.float64]] = []
    nobody = 0
    with flags.open(encoding="utf-8-sig", newline="") as rows:
        reader = csv.DictReader(rows)
        columns = {name: item for name in reader.fieldnames or () if (item := item_named(name)) is not None}
        ignored = tuple(name for name in reader.fieldnames or () if name not in columns and name != "filename")
        for line, row in enumerate(reader, start=2):
            try:
                image = read_picture(images / row["filename"])
                states = [int(row[column]) for column in columns]
            except (BadPicture, KeyError, TypeError, ValueError) as broken:
                defects.append(Defect(flags.name, line, f"{row.get('filename')}: {broken}"))
                continue
            people = find_people(image)
            nobody += not people
            truth.append(states)
            highest = judge(image, people)[0][:, :, PRESENT].max(axis=0) if people else np.zeros(len(ITEMS))
            scores.append(highest[[ITEMS.index(item) for item in columns.values()]])
    stated = np.array(truth, dtype=np.int64).reshape(-1, len(columns))
    given = np.array(scores, dtype=np.float64).reshape(-1, len(columns))
    figures = tuple(_flag(name, stated[:, k] == 1, given[:, k], threshold) for k, name in enumerate(columns))
    areas = [each.average_precision for each in figures if each.average_precision is not None]
    return FlagReport(
        len(truth), nobody, figures, float(np.mean(areas)) if areas else None, ignored, tuple(str(each) for each in defects)
    )


def shipped_ppe(network: Network) -> PpeJudge:
    """Return the network of items and attire as a judge."""

    def judge(image: Image, people: Sequence[SeenPerson]) -> tuple[npt.NDArray[np.float64], Probabilities]:
        if not people:
            return np.zeros((0, len(ITEMS), len(STATES))), np.zeros((0, len(ATTIRE)))
        bodies = batch([person_crop(image, body) for body, _ in people])
        heads = batch([NO_HEAD if head is None else head_crop(image, head) for _, head in people])
        said = network.run({"persons": bodies, "heads": heads})
        return np.asarray(said["items"], dtype=np.float64), np.asarray(said["attire"], dtype=np.float64)

    return judge


def as_json(report: PpeReport | FlagReport) -> dict[str, Any]:
    """Return the report as plain objects for a JSON file."""
    return asdict(report)


def _by_picture(people: Sequence[LabelledPerson]) -> Iterator[tuple[Path, list[LabelledPerson]]]:
    members: dict[Path, list[LabelledPerson]] = {}
    for person in people:
        members.setdefault(person.picture, []).append(person)
    yield from members.items()


def _item(name: str, truth: Labels, given: Probabilities, threshold: float) -> ItemFigures:
    labelled = truth >= 0
    truth, given = truth[labelled], given[labelled]
    said = given.argmax(axis=1).astype(np.int64)
    table = confusion(truth, said, len(STATES))
    seen = truth != NOT_VISIBLE
    rank = given[seen, PRESENT] / np.maximum(given[seen, PRESENT] + given[seen, ABSENT], 1e-9)
    states = tuple(
        figures_of_class(state, k, table, average_precision(truth == k, given[:, k])) for k, state in enumerate(STATES)
    )
    claimed = (said != NOT_VISIBLE) & (given.max(axis=1) >= threshold) if len(said) else np.zeros(0, dtype=np.bool_)
    assessed = int(claimed.sum())
    return ItemFigures(
        name,
        states,
        tuple(tuple(int(value) for value in row) for row in table),
        average_precision(truth[seen] == PRESENT, rank),
        balanced_accuracy(truth, said),
        bootstrap_interval(truth, said),
        expected_calibration_error(given, truth),
        assessed,
        assessed / len(truth) if len(truth) else None,
        wilson(assessed, len(truth)),
    )


def _attire(truth: Labels, given: Probabilities) -> AttireFigures:
    said = given.argmax(axis=1).astype(np.int64)
    table = confusion(truth, said, len(ATTIRE))
    return AttireFigures(
        len(truth),
        tuple(figures_of_class(name, k, table, average_precision(truth == k, given[:, k])) for k, name in enumerate(ATTIRE)),
        tuple(tuple(int(value) for value in row) for row in table),
        balanced_accuracy(truth, said),
        bootstrap_interval(truth, said),
        expected_calibration_error(given, truth),
    )


def _flag(name: str, stated: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64], threshold: float) -> FlagFigures:
    said = (scores >= threshold).astype(np.int64)
    area = average_precision(stated, scores)
    table = confusion(stated.astype(np.int64), said, 2)
    return FlagFigures(name, len(stated), area, figures_of_class(name, 1, table, area))
