"""Train the network of protective items and attire: person crop and head crop -> five items, four kinds of attire.

One backbone looks at both crops: a gown and gloves are seen on the body, a shield, goggles and a cap only on the
head, which is 20 px tall in a crop of the whole person. An item has three states; `absent` was labelled only where
the body part was seen, so the network learns to say `not_visible` by itself.

Colours are permuted in half of the crops: uniforms change from day to day, a cut does not.
"""

from __future__ import annotations

import csv
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.crops import HEAD_SIZE, NO_HEAD, PERSON_HEIGHT, PERSON_WIDTH, batch, cut, person_region
from models.frame import Image
from models.training import augment
from models.training.crops import CONTEXT_SIZE, NoHeads, context, labelled_rows, picture_or_frame
from models.training.efficientnet import FEATURES, build_features
from models.training.fitting import Schedule, fit
from models.training.visors import with_visor

log = logging.getLogger(__name__)

ITEMS: Final = ("gown", "gloves", "face_shield", "goggles", "cap")
ITEM_STATES: Final = ("present", "absent", "not_visible")
ATTIRE: Final = ("ppe", "medical_uniform", "other_uniform", "street")
UNLABELLED: Final = -1

_FOLDS: Final = {
    "medical frame": 0,
    "medical Demonstration": 1,
    "medical How-to": 2,
    "clinic d14oct_1": 0,
    "clinic d14oct_2": 1,
    "clinic d14oct_3": 2,
}
_ROOM: Final = 1.3
"""Size of a cached person over the run-time region, so that scale and offset can be drawn."""
_EARLY_SHARE: Final = 0.5
_HEAD_LOST_SHARE: Final = 0.12
_RECOLOURED_SHARE: Final = 0.5
_ATTIRE_WEIGHT: Final = 1.5
_SMOOTHING: Final = 0.05
_SHIELD: Final = ITEMS.index("face_shield")
_VISOR_SHARE: Final = 0.12
"""Of the bare faces that are drawn: they get a face shield (`visors`)."""


NOWHERE: Final = (Box(0, 0, 1, 1), None)
"""Stands for the box of a person of whom only the crop is kept."""


@dataclass(slots=True)
class People:
    """Cached people: arrays of one length. Items and attires of UNLABELLED are not learnt from.

    ``measured`` are those labelled by eye item by item; the others only teach.
    """

    bodies: npt.NDArray[np.uint8]
    heads: npt.NDArray[np.uint8]
    has_head: npt.NDArray[np.bool_]
    items: npt.NDArray[np.int64]
    attire: npt.NDArray[np.int64]
    groups: npt.NDArray[np.str_]
    names: npt.NDArray[np.str_]
    measured: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.attire)

    def select(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> People:
        """Return the chosen rows."""
        return People(**{each.name: getattr(self, each.name)[chosen] for each in fields(People)})


def read_people(data: Path, *labels: Path) -> People:
    """Cut every labelled person; a picture that cannot be read is logged and left out.

    Args:
        data: folder of the data sets.
        labels: CSV files of labelled people (see the card beside them). A state that is left empty is unlabelled; rows with a
            column `by` are not measured on.

    Raises:
        NoHeads: there is nobody in a picture that can be read.
        KeyError, ValueError: the CSV lacks a column or holds an unknown state.
    """
    shoots = _shoots(data)
    bodies, heads, has_head, items, attire, groups, names, measured = [], [], [], [], [], [], [], []
    for row, picture in chain.from_iterable(labelled_rows(data, file) for file in labels):
        image = picture_or_frame(picture)
        if image is None:
            continue
        bodies.append(_roomy(image, Box(*(float(row[side]) for side in ("x1", "y1", "x2", "y2")))))
        sides = [row[f"head_{side}"] for side in ("x1", "y1", "x2", "y2")]
        has_head.append(all(sides))
        heads.append(
            context(image, Box(*map(float, sides))) if all(sides) else np.zeros((CONTEXT_SIZE, CONTEXT_SIZE, 3), np.uint8)
        )
        items.append([_number(row[item], ITEM_STATES) for item in ITEMS])
        attire.append(_number(row["attire"], ATTIRE))
        groups.append(shoots.get((row["set"], row["picture"]), _shoot_of(row["set"], row["picture"])))
        names.append(f"{row['set']}/{row['picture']}")
        measured.append("by" not in row)
    if not bodies:
        raise NoHeads("not one labelled person is in a picture that can be read; `vigil data check` says what is missing")
    return People(
        np.stack(bodies),
        np.stack(heads),
        np.array(has_head),
        np.array(items),
        np.array(attire),
        np.array(groups),
        np.array(names),
        np.array(measured),
    )


def _number(state: str, states: Sequence[str]) -> int:
    return states.index(state) if state else UNLABELLED


def _shoots(data: Path) -> dict[tuple[str, str], str]:
    """Return the shoot of each picture whose set says so: all frames of one film are one shoot."""
    found: dict[tuple[str, str], str] = {}
    medical = data / "ppe_medical" / "labels.csv"
    if medical.exists():
        with medical.open(encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                shoot = row["source_group"] if row["family"] == "web" else row["family"]
                found["ppe_medical", row["filename"]] = f"medical {shoot}"
    industrial = data / "ppe_industrial" / "groups.csv"
    if industrial.exists():
        with industrial.open(encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                found["ppe_industrial", row["image"]] = f"industrial {row['group']}"
    return found


def _shoot_of(source: str, picture: str) -> str:
    """Return the camera of a clinic frame, the clip of a frame of a recording, else the picture itself."""
    if source == "clinic_roles":
        return "clinic " + "_".join(picture.split("_")[:2])
    return f"{source} {picture.partition('#')[0]}"


def fold_of(people: People) -> npt.NDArray[np.int64]:
    """Return the third (0 to 2) of every person: films and cameras spread by hand, all else by the hash of its shoot."""
    return np.array(
        [_FOLDS.get(str(group), int(hashlib.sha1(str(group).encode()).hexdigest(), 16) % 3) for group in people.groups],  # noqa: S324
        dtype=np.int64,
    )


def _roomy(image: Image, person: Box) -> Image:
    region = person_region(person)
    x, y = region.centre
    width, height = region.width * _ROOM / 2, region.height * _ROOM / 2
    room = Box(x - width, y - height, x + width, y + height)
    return cut(image, room, round(PERSON_WIDTH * _ROOM), round(PERSON_HEIGHT * _ROOM))


def build_network(checkpoint: Mapping[str, Any] | None = None) -> Any:
    """Return the network from (persons [N,3,H,W], heads [N,3,S,S]) to (item logits [N,5,3], attire log probabilities [N,4]).

    Whoever wears a gown or a coverall is dressed in PPE, whatever is under it: so that attire is read off the item, and the
    layer of attire tells the other three apart.
    """
    import torch

    nn = torch.nn

    class PpeNetwork(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.features = build_features(checkpoint)
            self.dropout = nn.Dropout(0.3)
            self.items = nn.Linear(2 * FEATURES, len(ITEMS) * len(ITEM_STATES))
            self.attire = nn.Linear(2 * FEATURES, len(ATTIRE) - 1)

        def forward(self, persons: Any, heads: Any) -> Any:
            body = self.features(persons).mean(dim=(2, 3))
            head = self.features(heads).mean(dim=(2, 3))
            both = self.dropout(torch.cat([body, head], dim=1))
            items = self.items(both).reshape(-1, len(ITEMS), len(ITEM_STATES))
            gowned = items[:, :1, 0] - items[:, :1, 1]  # present against absent
            others = torch.log_softmax(self.attire(both), dim=1)
            log_sigmoid = nn.functional.logsigmoid
            return items, torch.cat([log_sigmoid(gowned), log_sigmoid(-gowned) + others], dim=1)

    return PpeNetwork()


def person_view(roomy: Image, rng: np.random.Generator, *, strength: float = 1.0) -> tuple[Image, bool]:
    """Cut a person crop out of a cached one with drawn scale, offset and rotation; strength 0 is the run-time crop.

    Returns the crop and whether it is to be mirrored (the head must be mirrored with it).
    """
    height, width = roomy.shape[:2]
    zoom = float(np.exp(rng.normal(0, 0.1) * strength))
    across = width / 2 + rng.normal(0, 0.05) * strength * PERSON_WIDTH
    down = height / 2 + rng.normal(0, 0.04) * strength * PERSON_HEIGHT
    matrix = cv2.getRotationMatrix2D((across, down), rng.normal(0, 7) * strength, zoom)
    matrix[:, 2] += (PERSON_WIDTH / 2 - across, PERSON_HEIGHT / 2 - down)
    view = cv2.warpAffine(roomy, matrix, (PERSON_WIDTH, PERSON_HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, dtype=np.uint8), bool(strength > 0 and rng.random() < 0.5)


def recolour(view: Image, turn: int, order: Sequence[int]) -> Image:
    """Turn the hue (0 to 179) and permute the channels: other clothes of the same cut."""
    permuted = np.ascontiguousarray(view[:, :, list(order)])
    hsv = cv2.cvtColor(permuted, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + turn) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), dtype=np.uint8)


def draw_person(people: People, row: int, rng: np.random.Generator, *, visor: bool = False) -> tuple[Image, Image]:
    """Return an augmented person crop and head crop of one person, both through the same camera and colours.

    With ``visor`` a face shield is drawn on the head, which must be in the picture.
    """
    body, mirrored = person_view(people.bodies[row], rng)
    lost = not visor and (not people.has_head[row] or rng.random() < _HEAD_LOST_SHARE)
    head = NO_HEAD if lost else augment.head_view(people.heads[row], rng, mirrored=mirrored)
    if visor:
        head = with_visor(head, rng)
    if mirrored:
        body = np.ascontiguousarray(body[:, ::-1])
    if rng.random() < _RECOLOURED_SHARE:
        turn, order = int(rng.integers(0, 180)), rng.permutation(3).tolist()
        body = recolour(body, turn, order)
        head = head if lost else recolour(head, turn, order)
    body = augment.camera(body, rng, low=28, high=110)
    return body, head if lost else augment.camera(head, rng)


def weights_of(people: People) -> npt.NDArray[np.float64]:
    """Return drawing probabilities: each shoot by the square root of its size, rare attire and items more often."""
    _, member, counts = np.unique(people.groups, return_inverse=True, return_counts=True)
    weight = 1.0 / np.sqrt(counts[member].astype(np.float64))
    kinds = np.bincount(people.attire + 1, minlength=len(ATTIRE) + 1)
    weight /= np.sqrt(np.maximum(kinds[people.attire + 1], 30))
    present = people.items == ITEM_STATES.index("present")
    weight *= 1 + present[:, 2] * 0.8 + present[:, 3] * 0.4 + present[:, 1] * 0.2
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def train(people: People, schedule: Schedule, checkpoint: Mapping[str, Any], resume: Path) -> Any:
    """Return the fitted network; a run that was cut off goes on from the resume file."""
    import torch

    weights = weights_of(people)
    cross_entropy = torch.nn.functional.cross_entropy

    def draw(rng: np.random.Generator, progress: float) -> tuple[Any, ...]:
        rows = rng.choice(len(people), schedule.batch_size, p=weights)
        bare = people.has_head[rows] & (people.items[rows, _SHIELD] == ITEM_STATES.index("absent"))
        visors = bare & (rng.random(len(rows)) < _VISOR_SHARE)
        drawn = [draw_person(people, int(row), rng, visor=bool(visor)) for row, visor in zip(rows, visors, strict=True)]
        items = people.items[rows]
        items[visors, _SHIELD] = ITEM_STATES.index("present")
        share = 0.66 if progress < _EARLY_SHARE else 1.0  # both sides stay multiples of the stride of 32
        bodies = _scaled([body for body, _ in drawn], PERSON_WIDTH, PERSON_HEIGHT, share)
        heads = _scaled([head for _, head in drawn], HEAD_SIZE, HEAD_SIZE, share)
        last = torch.channels_last
        tensors = [torch.from_numpy(batch(views)).to(memory_format=last) for views in (bodies, heads)]
        return (*tensors, torch.from_numpy(items), torch.from_numpy(people.attire[rows]))

    def loss(network: Any, drawn: tuple[Any, ...]) -> Any:
        bodies, heads, items, attire = drawn
        item_logits, attire_logits = network(bodies, heads)
        states = item_logits.reshape(-1, len(ITEM_STATES)), items.reshape(-1)
        value = cross_entropy(*states, ignore_index=UNLABELLED, label_smoothing=_SMOOTHING)
        worn = cross_entropy(attire_logits, attire, ignore_index=UNLABELLED, label_smoothing=_SMOOTHING)
        return value + _ATTIRE_WEIGHT / len(ITEMS) * worn

    return fit(lambda: build_network(checkpoint), draw, loss, schedule, resume)


def _scaled(views: Sequence[Image], width: int, height: int, share: float) -> list[Image]:
    size = (max(32, int(width * share) // 32 * 32), max(32, int(height * share) // 32 * 32))
    return [np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), dtype=np.uint8) for view in views]


def predict(
    network: Any,
    people: People,
    *,
    turn: int = 0,
    order: Sequence[int] = (0, 1, 2),
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return item logits [N,5,3] and attire log probabilities [N,4] of the run-time crops, recoloured if asked."""
    import torch

    rng = np.random.default_rng(0)
    bodies = [recolour(person_view(body, rng, strength=0)[0], turn, order) for body in people.bodies]
    heads = [
        recolour(augment.head_view(head, rng, strength=0), turn, order) if seen else NO_HEAD
        for head, seen in zip(people.heads, people.has_head, strict=True)
    ]
    items, attire = [], []
    with torch.inference_mode():
        for first in range(0, len(people), 32):
            chosen = slice(first, first + 32)
            out = network(torch.from_numpy(batch(bodies[chosen])), torch.from_numpy(batch(heads[chosen])))
            items.append(out[0].numpy())
            attire.append(out[1].numpy())
    return np.concatenate(items).astype(np.float64), np.concatenate(attire).astype(np.float64)
