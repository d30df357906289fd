"""Labelled people become crops and numbers, and networks read attire off the gown; nothing here needs the data sets."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.crops import HEAD_SIZE, NO_HEAD
from models.training.ppe import (
    ATTIRE,
    ITEM_STATES,
    ITEMS,
    UNLABELLED,
    People,
    build_network,
    draw_person,
    fold_of,
    read_people,
)
from models.training.refit import _regression
from models.training.visors import with_visor

EYE = "set,picture,x1,y1,x2,y2,gown,gloves,face_shield,goggles,cap,attire,head,hands,torso,head_x1,head_y1,head_x2,head_y2\n"
MORE = "set,picture,x1,y1,x2,y2,gown,gloves,face_shield,goggles,cap,attire,head_x1,head_y1,head_x2,head_y2,by\n"

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch comes with the extra `train`")


@pytest.fixture
def people(tmp_path: Path) -> People:
    folder = tmp_path / "clinic_roles" / "images"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(60, 200, (200, 300, 3), dtype=np.uint8)
    for name in ("d14oct_1_1_0.png", "d14oct_2_1_0.png"):
        cv2.imwrite(str(folder / name), noise)
    eye, more = tmp_path / "persons.csv", tmp_path / "attire.csv"
    eye.write_text(
        f"{EYE}clinic_roles,d14oct_1_1_0.png,10,10,90,190,absent,absent,absent,absent,absent,street,face,seen,seen,30,15,60,50\n",
        encoding="utf-8",
    )
    more.write_text(
        f"{MORE}clinic_roles,d14oct_2_1_0.png,10,10,90,190,absent,,,,,medical_uniform,,,,,set\n"
        "clinic_roles,d14oct_2_1_0.png,100,10,190,190,,,,,,,110,15,150,50,eye\n",
        encoding="utf-8",
    )
    return read_people(tmp_path, eye, more)


def test_what_nobody_labelled_is_not_taken_for_an_answer(people: People) -> None:
    absent = ITEM_STATES.index("absent")
    assert people.items.tolist() == [[absent] * 5, [absent, *[UNLABELLED] * 4], [UNLABELLED] * 5]
    assert people.attire.tolist() == [ATTIRE.index("street"), ATTIRE.index("medical_uniform"), UNLABELLED]


def test_only_people_labelled_item_by_item_are_measured_on(people: People) -> None:
    assert people.measured.tolist() == [True, False, False]
    assert people.has_head.tolist() == [True, False, True]
    assert fold_of(people).tolist() == [0, 1, 1]
    assert people.select(people.measured).names.tolist() == ["clinic_roles/d14oct_1_1_0.png"]


def test_a_head_that_gets_a_face_shield_is_never_drawn_as_lost(people: People) -> None:
    bare = [draw_person(people, 0, np.random.default_rng(seed))[1] for seed in range(60)]
    shielded = [draw_person(people, 0, np.random.default_rng(seed), visor=True)[1] for seed in range(60)]
    assert any(np.array_equal(head, NO_HEAD) for head in bare)
    assert not any(np.array_equal(head, NO_HEAD) for head in shielded)


def test_a_visor_is_paler_than_the_face_behind_it_and_leaves_its_surroundings_alone() -> None:
    face = np.full((HEAD_SIZE, HEAD_SIZE, 3), 90, dtype=np.uint8)
    for seed in range(30):
        seen = with_visor(face, np.random.default_rng(seed))
        middle = seen[40:70, 38:58]
        assert middle.mean() > 92
        assert (seen[:3] == 90).all(), "above the band there is nothing"
        assert not np.array_equal(seen, with_visor(face, np.random.default_rng(seed + 1)))
    assert (face == 90).all(), "the face given is not drawn on"


@needs_torch
def test_whoever_wears_a_gown_is_dressed_in_ppe_whatever_the_layer_of_attire_says() -> None:
    import torch

    network = build_network().eval()
    looks = torch.rand(3, 3, 64, 64), torch.rand(3, 3, 32, 32)
    with torch.inference_mode():
        network.items.weight.zero_()
        network.items.bias.zero_()
        network.items.bias[0] = 4.0  # present, of the gown
        items, attire = network(*looks)
        assert items.shape == (3, len(ITEMS), len(ITEM_STATES))
        shares = attire.exp()
        torch.testing.assert_close(shares.sum(dim=1), torch.ones(3))
        torch.testing.assert_close(shares[:, 0], torch.full((3,), 0.982), atol=1e-3, rtol=0)
        network.items.bias[0] = -4.0
        torch.testing.assert_close(network(*looks)[1].exp()[:, 0], torch.full((3,), 0.018), atol=1e-3, rtol=0)


@needs_torch
def test_a_rare_attire_weighs_as_much_as_a_common_one() -> None:
    rng = np.random.default_rng(5)
    labels = np.array([0] * 600 + [1] * 120)
    views = (rng.standard_normal((2, 720, 4)) + labels[:, None] * np.array([1.2, 0, 0, 0])).astype(np.float32)
    weight, bias = _regression(views, labels, 2, np.ones(720))
    said = (views @ weight.T + bias).argmax(axis=2)
    assert abs((said[:, :600] == 0).mean() - (said[:, 600:] == 1).mean()) < 0.12
