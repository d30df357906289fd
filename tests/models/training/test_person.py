"""What of the detector's training can be tested without training: refusals, expectations, figures from its tables."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from models.errors import AbsentWeights, ChangedWeights
from models.labelled.published import NoTeacher, Published
from models.training import person


def test_a_start_of_another_hash_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "start.pt").write_bytes(b"not the checkpoint")
    with pytest.raises(ChangedWeights, match="not opened"):
        person.train_person(tmp_path / "data", tmp_path)
    assert "torch" not in sys.modules


@pytest.mark.parametrize("resume", [False, True])
def test_a_missing_start_says_which_one(tmp_path: Path, *, resume: bool) -> None:
    with pytest.raises(AbsentWeights, match=person.START_SHA256[:12]):
        person.train_person(tmp_path / "data", tmp_path, resume=resume)


def test_expected_hours_grow_with_the_area_and_fall_with_cores() -> None:
    small, large = (person.expected_hours(3000, 10, side) for side in (416, 832))
    assert large == pytest.approx(person.expected_hours(3000, 10, 640) * (832 / 640) ** 2)
    assert small < large
    assert person.expected_hours(3000, 10, 416, cores=4) < small


def test_losses_come_from_the_trainers_table(tmp_path: Path) -> None:
    table = tmp_path / "results.csv"
    table.write_text("epoch, train/box_loss, train/cls_loss\n1, 2.0, 1.5\n2, 1.5, 1.0\n")
    assert person._losses(table) == (3.5, 2.5)
    assert person._losses(tmp_path / "absent.csv") == ()


def test_a_folder_without_teachers_names_the_first_one_missing(tmp_path: Path) -> None:
    with pytest.raises(NoTeacher, match="yolov8n"):
        Published.load(tmp_path)


def test_without_a_labelled_picture_nothing_is_trained(tmp_path: Path) -> None:
    (tmp_path / "start.pt").write_bytes(b"checkpoint")
    digest = hashlib.sha256(b"checkpoint").hexdigest()
    with pytest.raises(person.NothingToTrainOn, match="teachers"):
        person.train_person(tmp_path / "data", tmp_path, start_sha256=digest)


def test_a_network_that_went_on_from_the_shipped_one_is_averaged_with_it(tmp_path: Path) -> None:
    epochs = tmp_path / "run" / "weights"
    epochs.mkdir(parents=True)
    for number in range(12):
        (epochs / f"epoch{number}.pt").touch()
    assert [path.name for path in person._to_average(tmp_path)] == ["epoch9.pt", "epoch10.pt", "epoch11.pt"]
    (tmp_path / "restored.pt").touch()
    assert [path.name for path in person._to_average(tmp_path)] == ["restored.pt", "epoch11.pt"]
