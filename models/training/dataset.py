"""From the sets and what the teachers saw to one folder of pictures with person and head boxes, cut into folds.

What is uncertain is painted over where that hurts no label; a picture with too much of it is left out of training.
Whole cameras, clips and sets are held out, never single pictures; near-duplicates stay on one side.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.detectors.overlap import intersections
from models.errors import BadPicture, PerceptionError
from models.frame import Image
from models.labelled.annotations import Annotations, Defect, pictures_under, read_annotations
from models.labelled.published import Published
from models.labelled.scored import Floats, Scored, contained
from models.pictures import read_picture
from models.training.agreement import Agreed, Opinions, agree
from models.training.by_eye import FILE, corrected, read_verdicts
from models.training.copies import difference_hash, near_duplicates
from models.training.corpus import CARDS, Card, Layout, read_cards, stated_groups
from models.training.folds import FoldWriter, Sample, View
from models.training.frames import stills
from models.training.teachers import Sight, label, read_sights

CLASSES: Final = ("person", "head")

HELD_OUT: Final = (
    "mask_ilc/0",
    "mask_ilc/1",
    "clinic_roles/d14oct_3/",
    "video/intel_worker_zone_preview/",
    "video/intel_store_aisle_preview/",
    "video/intel_classroom_preview/",
    "video/intel_people_detection_preview/",
    "video/intel_headpose_2p_preview/",
    "video/towncentre_excerpt/",
)
"""Prefixes of the groups that are measured on and not trained on: a ceiling camera, six clips, and
an eighth of a set of web photographs (its file names are hashes)."""

_FACE_SCORES: Final = (0.35, 0.5)
"""From where a face of SCRFD and of YuNet counts."""

_USELESS: Final = frozenset({"mask_folders"})
"""Crops of single heads teach a detector nothing about where heads are."""

_SMALLEST: Final = 3.0
_TOO_UNCERTAIN: Final = 0.34
_CROPS: Final = 4
_CROP_WIDTHS: Final = (480, 560, 640, 720)
_CROP_KEEPS: Final = 0.3
_SAME_BITS: Final = 5


_MARK: Final = "made-by-training.txt"
_OURS: Final = "Written by `vigil train person`, which deletes this folder and everything in it when it runs again.\n"


class ForeignFolder(PerceptionError):
    """A folder that a training would delete was not written by one."""


@dataclass(slots=True)
class Gathered:
    """All samples, and what was wrong on the way."""

    samples: list[Sample] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Composition:
    """What was written: pictures, persons and heads by fold and set, and what was left out for which reason."""

    folder: Path
    pictures: Mapping[str, int]
    persons: Mapping[str, int]
    heads: Mapping[str, int]
    left_out: Mapping[str, int]


def gather(data: Path, work: Path, teachers: Path | None, cards: Path = CARDS, *, held_out: Sequence[str] = HELD_OUT) -> Gathered:
    """Label everything under ``data`` that has a card; what the teachers saw is cached under ``work/sights``.

    Args:
        data: folder with one folder a set.
        work: cache of sights and stills; labelling goes on where it stopped.
        teachers: folder of the published networks; None uses the cache alone.
        cards: folder of the cards.
        held_out: prefixes of groups whose labels take no voice of an earlier detector: they will measure its successor.

    Raises:
        BadCard: a card cannot be used.
        BadVerdicts: neither can what was decided by eye.
        NoTeacher: a network is missing from ``teachers``.
    """
    gathered = Gathered()
    eyes = Published.load(teachers) if teachers is not None else None
    for card in read_cards(cards):
        folder = data / card.name
        paths = paths_of(card, data, work, gathered.defects)
        if not paths:
            continue
        cache = work / "sights" / f"{card.name}.json"
        if eyes is not None:
            sights = label(((path.stem, path) for path in paths), eyes, cache, gathered.defects)
        else:
            sights = read_sights(cache)
        trained = read_sights(work / "second_round" / f"{card.name}.json")
        looked = read_verdicts(cards / card.name / FILE)
        origin = stated_groups(folder / card.groups) if card.groups else {}
        for path in paths:
            if path.stem in sights:
                group = f"{card.name}/{_part_of(card, path, origin)}/"
                held = _is_held_out(group, held_out)
                labels = _labels_of(gathered, card, path, sights[path.stem], None if held else trained.get(path.stem))
                if path.name in looked:
                    labels = corrected(labels, looked[path.name], held_out=held)
                _add(gathered, card, path, group, labels)
    return gathered


def paths_of(card: Card, data: Path, work: Path, defects: list[Defect]) -> list[Path]:
    """Return the pictures of a set, with stills of its clips; none if it is absent or of no use to a detector."""
    folder = data / card.name
    if card.name in _USELESS or not folder.is_dir():
        return []
    if card.layout is Layout.CLIPS:
        return stills(folder / card.images, work / "stills" / card.name, defects)
    return pictures_under(folder / card.images)


def compose(gathered: Gathered, out: Path, *, held_out: Sequence[str] = HELD_OUT, seed: int = 0) -> Composition:
    """Write `images/{train,val}` and `labels/{train,val}` and `data.yaml`; the folder is made anew.

    Raises:
        ForeignFolder: what is there was not written by this function.
    """
    refuse_foreign(out)
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / _MARK).write_text(_OURS, encoding="utf-8")
    writer = FoldWriter(out)
    rng = np.random.default_rng(seed)
    val = [_is_held_out(sample.group, held_out) for sample in gathered.samples]
    shared = _shared_with_training(gathered.samples, val)
    for index, sample in enumerate(gathered.samples):
        image = read_picture(sample.path).copy()
        if val[index]:
            if index in shared:
                writer.leave_out("near-duplicate of a training picture")
            else:
                writer.put("val", sample, View(image, sample.labels.persons, sample.labels.heads))
            continue
        unresolved = paint_over(image, sample.labels)
        known = len(sample.labels.persons) + len(sample.labels.heads)
        if unresolved > max(2.0, _TOO_UNCERTAIN * known) and not sample.group.startswith("clinic_roles/"):
            writer.leave_out("too uncertain")
            continue
        view = _unsquashed(sample, image)
        writer.put("train", sample, view)
        if max(image.shape[:2]) > 2 * _CROP_WIDTHS[0]:
            for number in range(_CROPS):
                writer.put("train", sample, _random_crop(view, rng), f"_c{number}")
    names = ", ".join(f"{index}: {name}" for index, name in enumerate(CLASSES))
    # Without held-out pictures the trainer still wants a folder to name; nothing is measured on it.
    val_folder = "val" if (out / "images" / "val").is_dir() else "train"
    settings = (
        f"path: {json.dumps(str(out), ensure_ascii=False)}\ntrain: images/train\nval: images/{val_folder}\nnames: {{{names}}}\n"
    )
    (out / "data.yaml").write_text(settings, encoding="utf-8")
    return Composition(out, writer.pictures, writer.persons, writer.heads, writer.left_out)


def refuse_foreign(corpus: Path) -> None:
    """Refuse a folder that `compose` did not write: it would delete what is in it.

    Raises:
        ForeignFolder: there is something in it, and not the mark of `compose`.
    """
    if not corpus.exists() or (corpus / _MARK).is_file() or (corpus.is_dir() and not any(corpus.iterdir())):
        return
    raise ForeignFolder(f"{corpus}: not written by a training, and would be deleted; name another --out, or move it away")


def paint_over(image: Image, labels: Agreed) -> int:
    """Paint uncertain boxes with their mean colour and some noise; return how many had to stay to spare a label."""
    stayed = 0
    everything = np.concatenate([labels.persons, labels.heads])
    for boxes, spared in ((labels.uncertain_heads, labels.heads), (labels.uncertain_persons, everything)):
        for box in boxes:
            one, area = box[None], max(1.0, float((box[2] - box[0]) * (box[3] - box[1])))
            hurts = len(spared) and (contained(spared, one).max() > 0.2 or intersections(one, spared).max() > 0.25 * area)
            if hurts:
                stayed += 1
                continue
            left, top, right, bottom = (max(0, round(float(side))) for side in box)
            region = image[top:bottom, left:right]
            if region.size:
                noise = np.random.default_rng(left).normal(0.0, 12.0, region.shape)
                image[top:bottom, left:right] = np.clip(region.reshape(-1, 3).mean(axis=0) + noise, 0, 255).astype(np.uint8)
    return stayed


def _is_held_out(group: str, held_out: Sequence[str]) -> bool:
    return any(group.startswith(prefix) for prefix in held_out)


def _labels_of(gathered: Gathered, card: Card, path: Path, sight: Sight, trained: Sight | None) -> Agreed:
    own = None
    if card.person or card.face:
        own = read_annotations(path.parent.parent / card.labels / f"{path.stem}.txt", len(card.classes), gathered.defects)
    return _clipped(agree(opinions_of(card, sight, trained, own)), sight.width, sight.height)


def _add(gathered: Gathered, card: Card, path: Path, group: str, labels: Agreed) -> None:
    try:
        digest = difference_hash(read_picture(path))
    except BadPicture as broken:
        gathered.defects.append(Defect(path.name, None, str(broken)))
        return
    gathered.samples.append(Sample(f"{card.name}__{path.stem}", path, group, labels, digest))


def opinions_of(card: Card, sight: Sight, trained: Sight | None, own: Annotations | None) -> Opinions:
    """Put what teachers, an earlier detector and the set's own annotators say side by side."""
    size = sight.width, sight.height
    nothing = Scored()
    return Opinions(
        persons=sight.found["persons"],
        second_persons=sight.found["second_persons"],
        bodies=sight.found["bodies"],
        heads=sight.found["heads"],
        hands=sight.found["hands"],
        faces=sight.found["faces"].above(_FACE_SCORES[0]),
        second_faces=sight.found["second_faces"].above(_FACE_SCORES[1]),
        trained_persons=trained.found["persons"] if trained else nothing,
        trained_heads=trained.found["heads"] if trained else nothing,
        second_round=trained is not None,
        own_persons=own.of(card.person, *size) if own is not None and card.person else None,
        own_faces=own.of(card.face, *size) if own is not None and card.face else None,
    )


def _part_of(card: Card, path: Path, origin: Mapping[str, str]) -> str:
    """Return camera, clip, stated group or name: what a picture shares with its like."""
    if card.name == "clinic_roles":
        return "_".join(path.stem.split("_")[:2])
    if card.layout is Layout.CLIPS:
        return path.stem.rsplit("_", 1)[0]
    return origin.get(path.name, path.stem)


def _shared_with_training(samples: Sequence[Sample], val: Sequence[bool]) -> frozenset[int]:
    """Return the held-out samples that have a near-duplicate among those trained on."""
    digests = np.array([sample.digest for sample in samples], dtype=np.uint8).reshape(-1, 8)
    return frozenset(
        first if val[first] else second
        for first, second in near_duplicates(digests, bits=_SAME_BITS)
        if val[first] != val[second]
    )


def _unsquashed(sample: Sample, image: Image) -> View:
    """Widen every second picture of the set whose aspect was squashed to a square; the original is not recorded."""
    persons, heads = sample.labels.persons, sample.labels.heads
    if not sample.group.startswith("ppe_medical/") or hashlib.sha256(sample.name.encode()).digest()[0] % 2:
        return View(image, persons, heads)
    wide = np.array([4 / 3, 1.0, 4 / 3, 1.0])
    stretched = cv2.resize(image, (image.shape[1] * 4 // 3, image.shape[0]))
    return View(np.asarray(stretched, dtype=np.uint8), persons * wide, heads * wide)


def _random_crop(view: View, rng: np.random.Generator) -> View:
    """Cut a part out of a large frame: small people become large enough for a small network to learn from."""
    image = view.image
    width = int(rng.choice(_CROP_WIDTHS))
    height = min(width * 3 // 4, image.shape[0])
    left, top = int(rng.integers(0, image.shape[1] - width + 1)), int(rng.integers(0, image.shape[0] - height + 1))

    def inside(whole: Floats) -> Floats:
        moved = whole - np.array([left, top, left, top], dtype=np.float64)
        clipped = np.clip(moved, 0.0, np.array([width, height, width, height], dtype=np.float64))
        kept = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1) > _CROP_KEEPS * np.prod(moved[:, 2:] - moved[:, :2], axis=1)
        return np.asarray(clipped[kept], dtype=np.float64)

    return View(image[top : top + height, left : left + width], inside(view.persons), inside(view.heads))


def _clipped(labels: Agreed, width: int, height: int) -> Agreed:
    limits = np.array([width, height, width, height], dtype=np.float64)

    def clip(boxes: Floats) -> Floats:
        inside = np.clip(boxes, 0.0, limits)
        return np.asarray(inside[(inside[:, 2:] - inside[:, :2]).min(axis=1, initial=np.inf) >= _SMALLEST])

    return Agreed(clip(labels.persons), clip(labels.heads), clip(labels.uncertain_persons), clip(labels.uncertain_heads))
