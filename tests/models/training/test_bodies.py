"""Heads that are none: whole bodies, halves and chests out of a corpus of people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import AbsentWeights
from models.training.bodies import SOURCE, bodies
from models.training.crops import CONTEXT_SIZE, MASK_STATES

STANDING = "0 0.5 0.5 0.2 0.6\n1 0.5 0.24 0.06 0.08\n"


def corpus(folder: Path, **labels: str) -> Path:
    for part in ("images", "labels"):
        (folder / part / "train").mkdir(parents=True)
    rng = np.random.default_rng(2)
    for name, text in labels.items():
        cv2.imwrite(str(folder / "images" / "train" / f"{name}.png"), rng.integers(0, 255, (300, 400, 3)).astype(np.uint8))
        (folder / "labels" / "train" / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_people_with_small_heads_become_heads_in_which_nothing_is_visible(tmp_path: Path) -> None:
    made = bodies(corpus(tmp_path, clinic_roles__a=STANDING, video__b=STANDING))
    assert made.pixels.shape == (2, CONTEXT_SIZE, CONTEXT_SIZE, 3)
    assert {MASK_STATES[state] for state in made.states} == {"not_visible"}
    assert sorted(made.sources) == [f"{SOURCE}|clinic_roles", f"{SOURCE}|video"]
    assert sorted(made.names) == ["clinic_roles__a", "video__b"]


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("0 0.5 0.5 0.4 0.9\n1 0.5 0.3 0.3 0.5\n", id="a portrait"),
        pytest.param("0 0.5 0.5 0.2 0.6\n", id="nobody knows the head"),
        pytest.param("0 0.5 0.5 0.02 0.1\n1 0.5 0.46 0.01 0.02\n", id="too far away"),
        pytest.param("1 0.5 0.24 0.06 0.08\n", id="a head alone"),
    ],
)
def test_whose_box_might_be_a_heads_is_left_out(tmp_path: Path, label: str) -> None:
    assert len(bodies(corpus(tmp_path, clinic_roles__a=label))) == 0


def test_a_picture_gives_three_at_most_and_the_count_ends_it(tmp_path: Path) -> None:
    crowd = "".join(f"0 {x} 0.5 0.08 0.6\n1 {x} 0.24 0.04 0.08\n" for x in (0.1, 0.3, 0.5, 0.7, 0.9))
    folder = corpus(tmp_path, video__a=crowd, video__b=crowd)
    assert len(bodies(folder)) == 6
    assert len(bodies(folder, count=4)) == 4
    assert np.array_equal(bodies(folder).pixels, bodies(folder).pixels)


def test_without_a_corpus_there_is_nothing_to_make_them_of(tmp_path: Path) -> None:
    with pytest.raises(AbsentWeights, match="vigil train person"):
        bodies(tmp_path / "corpus")
