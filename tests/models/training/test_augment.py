"""What is done to crops before a network sees them."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.types import Box
from models.crops import HEAD_SIZE, Image, head_crop
from models.training import augment, ppe
from models.training.crops import CONTEXT_SIZE, MASK_STATES, Contexts, context
from models.training.mask import cell_weights, draw_crop


def noise(side: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def gradient(side: int = 400) -> Image:
    picture = np.zeros((side, side, 3), dtype=np.uint8)
    picture[..., 0] = np.linspace(0, 255, side)[None, :]
    picture[..., 1] = np.linspace(0, 255, side)[:, None]
    return picture


def some(states: list[int], sources: list[str]) -> Contexts:
    count = len(states)
    return Contexts(
        np.stack([noise(CONTEXT_SIZE, seed) for seed in range(count)]),
        np.array(states),
        np.full(count, 50, dtype=np.float32),
        np.array(sources),
        np.arange(count),
        np.array([str(index) for index in range(count)]),
    )


def test_without_strength_the_view_is_the_crop_of_run_time() -> None:
    head = Box(150, 140, 230, 250)
    view = augment.head_view(context(gradient(), head), np.random.default_rng(0), strength=0)
    crop = head_crop(gradient(), head)
    assert np.abs(view.astype(int) - crop.astype(int)).mean() < 2


@pytest.mark.parametrize("seed", range(5))
def test_a_seed_repeats(seed: int) -> None:
    def drawn() -> Image:
        rng = np.random.default_rng(seed)
        return augment.camera(augment.head_view(noise(CONTEXT_SIZE), rng), rng)

    assert np.array_equal(drawn(), drawn())
    assert drawn().shape == (HEAD_SIZE, HEAD_SIZE, 3)


def test_vanishing_leaves_no_detail() -> None:
    fine = noise(HEAD_SIZE)
    left = augment.vanish(fine, np.random.default_rng(1))
    assert left.std() < fine.std() / 2


def test_an_occluder_hides_the_mouth_and_leaves_the_eyes() -> None:
    face, thing = np.full((96, 96, 3), 30, np.uint8), np.full((CONTEXT_SIZE, CONTEXT_SIZE, 3), 220, np.uint8)
    for seed in range(10):
        hidden = augment.occlude(face, thing, np.random.default_rng(seed))
        assert hidden[62:70, 46:50].mean() > 150
        assert hidden[:24].mean() < 40


def test_rare_cells_are_drawn_more_often_a_head() -> None:
    weights = cell_weights(some([0, 0, 0, 0, 1], ["a"] * 5))
    assert weights.sum() == pytest.approx(1)
    # cells of 4 and 1: drawn by the square roots, 2 to 1
    assert weights[:4].sum() == pytest.approx(2 / 3)


def test_a_drawn_crop_keeps_its_state_or_becomes_invisible() -> None:
    contexts = some([0, 1, 2, 3], ["a"] * 4)
    hidden = 0
    for seed in range(200):
        row = seed % 4
        crop, state = draw_crop(contexts, row, np.random.default_rng(seed))
        assert crop.dtype == np.uint8
        assert state in {int(contexts.states[row]), MASK_STATES.index("not_visible")}
        hidden += state != contexts.states[row]
    assert 2 < hidden < 30


def test_recolouring_keeps_the_light_and_turns_the_hue() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 200
    green = ppe.recolour(red, 60, (0, 1, 2))
    assert green[0, 0].tolist() == [0, 200, 0]
    assert ppe.recolour(red, 0, (2, 1, 0))[0, 0].tolist() == [200, 0, 0]


def test_a_person_view_without_strength_is_the_middle_of_the_cached_room() -> None:
    roomy = np.zeros((round(ppe.PERSON_HEIGHT * 1.3), round(ppe.PERSON_WIDTH * 1.3), 3), np.uint8)
    top, left = (roomy.shape[0] - ppe.PERSON_HEIGHT) // 2, (roomy.shape[1] - ppe.PERSON_WIDTH) // 2
    roomy[top + 4 : top + ppe.PERSON_HEIGHT - 4, left + 4 : left + ppe.PERSON_WIDTH - 4] = 255
    view, mirrored = ppe.person_view(roomy, np.random.default_rng(0), strength=0)
    assert not mirrored
    assert view[8:-8, 8:-8].min() == 255
    assert view[0].max() == 0
