"""From sets and sights to a training folder: what is held out, painted over, cut and left out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from models.labelled.scored import Floats, Scored
from models.training.agreement import Agreed
from models.training.copies import difference_hash, groups, near_duplicates
from models.training.dataset import ForeignFolder, Gathered, compose, gather, paint_over
from models.training.degrade import Chances, degrade
from models.training.folds import Sample
from models.training.teachers import KINDS, Sight, read_sights, write_sights
from tests.models.training.test_corpus import data_set


def drawn(*boxes: tuple[float, float, float, float]) -> Floats:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def labels(
    *,
    persons: Floats | None = None,
    heads: Floats | None = None,
    uncertain_persons: Floats | None = None,
    uncertain_heads: Floats | None = None,
) -> Agreed:
    nothing = drawn()
    given = (persons, heads, uncertain_persons, uncertain_heads)
    return Agreed(*(nothing if boxes is None else boxes for boxes in given))


def noise(seed: int, height: int = 200, width: int = 200) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    coarse = np.random.default_rng(seed).integers(0, 255, (8, 9, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def sample(folder: Path, group: str, seed: int, labelled: Agreed, width: int = 200) -> Sample:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}.png"
    image = noise(seed, width=width)
    cv2.imwrite(str(path), image)
    return Sample(f"{group.split('/', maxsplit=1)[0]}__{group.split('/')[1]}_{len(list(folder.iterdir()))}", path, group, labelled,
                  difference_hash(image))  # fmt: skip


def test_whole_groups_are_held_out_and_copies_do_not_leak(tmp_path: Path) -> None:
    person = labels(persons=drawn((10, 10, 50, 100)))
    one = [
        sample(tmp_path / "a", "web/1/", 1, person),
        sample(tmp_path / "b", "cctv/north/", 2, person),
        sample(tmp_path / "c", "cctv/south/", 3, person),
        sample(tmp_path / "d", "cctv/north/", 1, person),  # the same picture as the first one
    ]
    made = compose(Gathered(one), tmp_path / "out", held_out=("cctv/north/",))
    assert made.pictures == {"train/web": 1, "val/cctv": 1, "train/cctv": 1}
    assert made.left_out == {"near-duplicate of a training picture": 1}
    assert (tmp_path / "out" / "data.yaml").read_text().endswith("names: {0: person, 1: head}\n")


def test_a_folder_that_no_training_wrote_is_not_deleted(tmp_path: Path) -> None:
    one = Gathered([sample(tmp_path / "a", "web/1/", 1, labels(persons=drawn((10, 10, 50, 100))))])
    theirs = tmp_path / "corpus" / "data.yaml"
    theirs.parent.mkdir()
    compose(one, theirs.parent, held_out=())  # an empty one is as good as none
    compose(one, theirs.parent, held_out=())
    assert len(list((theirs.parent / "images" / "train").iterdir())) == 1
    (theirs.parent / "made-by-training.txt").unlink()
    with pytest.raises(ForeignFolder, match="name another --out"):
        compose(one, theirs.parent, held_out=())
    assert theirs.is_file()


def test_the_settings_of_the_trainer_name_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "khu cách ly: số #1"
    compose(Gathered([sample(tmp_path / "a", "web/1/", 1, labels(persons=drawn((10, 10, 50, 100))))]), folder, held_out=())
    assert yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))["path"] == str(folder)


def test_boxes_are_written_in_fractions_and_undecided_ones_beside_the_held_out(tmp_path: Path) -> None:
    labelled = labels(heads=drawn((20, 20, 60, 100)), uncertain_heads=drawn((100, 100, 140, 140)))
    compose(Gathered([sample(tmp_path / "a", "cctv/north/", 2, labelled)]), tmp_path / "out", held_out=("cctv/",))
    (text,) = (tmp_path / "out" / "labels" / "val").iterdir()
    assert text.read_text() == "1 0.200000 0.300000 0.200000 0.400000\n"
    (undecided,) = (tmp_path / "out" / "undecided" / "val").iterdir()
    assert undecided.read_text() == "1 0.600000 0.600000 0.200000 0.200000\n"


def test_a_picture_with_too_much_uncertain_is_left_out(tmp_path: Path) -> None:
    # three uncertain people lie over one label and cannot be painted over
    uncertain = drawn((10, 10, 60, 110), (14, 8, 70, 100), (0, 0, 55, 120))
    labelled = labels(persons=drawn((10, 10, 50, 100)), uncertain_persons=uncertain)
    made = compose(Gathered([sample(tmp_path / "a", "web/1/", 1, labelled)]), tmp_path / "out", held_out=())
    assert made.left_out == {"too uncertain": 1}


def test_large_frames_are_also_cut(tmp_path: Path) -> None:
    labelled = labels(persons=drawn((10, 10, 50, 100), (900, 10, 950, 150)))
    made = compose(Gathered([sample(tmp_path / "a", "cctv/1/", 1, labelled, width=1280)]), tmp_path / "out", held_out=())
    assert made.pictures == {"train/cctv": 5}
    for file in (tmp_path / "out" / "labels" / "train").iterdir():
        for line in file.read_text().splitlines():
            _, x, y, w, h = map(float, line.split())
            assert min(x - w / 2, y - h / 2) >= -1e-6
            assert max(x + w / 2, y + h / 2) <= 1 + 1e-6


def test_painting_spares_labels_and_removes_what_is_uncertain() -> None:
    image = noise(1)
    before = image.copy()
    labelled = labels(heads=drawn((20, 20, 60, 60)), uncertain_heads=drawn((100, 100, 140, 140), (30, 30, 70, 70)))
    assert paint_over(image, labelled) == 1
    np.testing.assert_array_equal(image[20:60, 20:60], before[20:60, 20:60])
    assert image[100:140, 100:140].reshape(-1, 3).std(axis=0).max() < 20
    assert not (image[100:140, 100:140] == before[100:140, 100:140]).all()


def test_gathering_takes_what_is_cached_and_reports_the_rest(tmp_path: Path) -> None:
    data_set(tmp_path / "data", tmp_path / "cards", count=3)
    (tmp_path / "data" / "drawn" / "labels" / "p1.txt").write_text("")
    (tmp_path / "data" / "drawn" / "images" / "p2.png").write_bytes(b"broken")
    nothing = {kind: Scored() for kind in KINDS}
    write_sights(tmp_path / "work" / "sights" / "drawn.json", {f"p{n}": Sight(64, 64, nothing) for n in range(3)})
    gathered = gather(tmp_path / "data", tmp_path / "work", None, tmp_path / "cards")
    assert [one.name for one in gathered.samples] == ["drawn__p0", "drawn__p1"]
    assert [defect.file for defect in gathered.defects] == ["p1.txt", "p2.png"]
    np.testing.assert_allclose(gathered.samples[0].labels.persons, [[25.6, 19.2, 38.4, 44.8]])


def test_a_cache_keeps_what_was_seen(tmp_path: Path) -> None:
    found = {kind: Scored() for kind in KINDS} | {"heads": Scored(drawn((1, 2, 3, 4)), np.array([0.5]))}
    write_sights(tmp_path / "s.json", {"a": Sight(10, 20, found)})
    read = read_sights(tmp_path / "s.json")["a"]
    assert (read.width, read.height) == (10, 20)
    np.testing.assert_array_equal(read.found["heads"].boxes, drawn((1, 2, 3, 4)))
    assert len(read.found["hands"].boxes) == 0
    assert read_sights(tmp_path / "absent.json") == {}


def test_copies_are_found_after_scaling_and_compression() -> None:
    first, second = noise(1), noise(2)
    small = cv2.resize(first, (90, 90))
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])
    again = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    hashes = np.stack([difference_hash(image) for image in (second, first, again)])
    assert near_duplicates(hashes) == [(1, 2)]
    assert groups(3, [(1, 2)]) == [0, 1, 1]


@pytest.mark.parametrize("name", ["infrared", "recolour", "soft", "noise", "light", "compression"])
def test_each_degradation_changes_pixels_and_keeps_the_size(name: str) -> None:
    image = noise(1, 60, 90)
    never = dict.fromkeys(("infrared", "recolour", "soft", "noise", "light", "compression"), 0.0)
    rng = np.random.default_rng(5)
    changed = [degrade(image, rng, Chances(**(never | {name: 1.0}))) for _ in range(8)]
    assert {each.shape for each in changed} == {image.shape}
    assert any((each != image).any() for each in changed)
    assert (degrade(image, rng, Chances(**never)) == image).all()


def test_infrared_is_grey_and_degradation_repeats_with_its_seed() -> None:
    image = noise(1)
    grey = degrade(image, np.random.default_rng(3), Chances(1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert (grey[:, :, 0] == grey[:, :, 2]).all()
    first, second = (degrade(image, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
