"""The second look: asked only where the first is not sure, and put together by the mean of the logits."""

from __future__ import annotations

import numpy as np
import pytest

from models.attributes.second_look import look
from models.backends.protocol import Array
from models.crops import MASK_SIZE
from models.errors import MisfitWeights
from models.frame import Image

LEFT, RIGHT = 20, 220


def crop(left: int, right: int) -> Image:
    """A crop of two halves: the network below reads the left one."""
    image = np.full((MASK_SIZE, MASK_SIZE, 3), right, np.uint8)
    image[:, : MASK_SIZE // 2] = left
    return image


class Halves:
    """Says by the light of the left half how sure it is of "worn", and of the view."""

    inputs = ("crops",)
    outputs = ("probabilities", "frontal")

    def __init__(self, *, views: bool = True) -> None:
        self.asked: list[int] = []
        self.views = views

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        crops = inputs["crops"]
        self.asked.append(len(crops))
        light = crops[:, :, :, : crops.shape[3] // 2].mean(axis=(1, 2, 3))
        worn = np.where(light > 0.5, 0.96, 0.6)
        rest = (1 - worn) / 3
        found = {"probabilities": np.stack([worn, rest, rest, rest], axis=1).astype(np.float32)}
        return found | ({"frontal": light.astype(np.float32)} if self.views else {})


def test_a_sure_answer_is_not_asked_again() -> None:
    network = Halves()
    looks = look(network, [crop(RIGHT, LEFT)] * 3)
    assert network.asked == [3]
    assert looks.probabilities[:, 0] == pytest.approx([0.96] * 3)


def test_the_mirror_image_of_the_unsure_alone_is_looked_at() -> None:
    network = Halves()
    looks = look(network, [crop(RIGHT, LEFT), crop(LEFT, RIGHT), crop(LEFT, LEFT)])
    assert network.asked == [3, 2]
    sure, swapped, never = looks.probabilities[:, 0]
    odds = np.sqrt(0.6 / (0.4 / 3) * 0.96 / (0.04 / 3))
    assert (sure, swapped, never) == pytest.approx((0.96, odds / (odds + 3), 0.6))
    assert looks.probabilities.sum(axis=1) == pytest.approx([1.0] * 3)
    assert looks.frontal == pytest.approx([RIGHT / 255, (LEFT + RIGHT) / 2 / 255, LEFT / 255])


def test_a_face_and_its_mirror_image_are_told_alike_where_it_is_unsure() -> None:
    image = np.random.default_rng(4).integers(0, 120, (MASK_SIZE, MASK_SIZE, 3)).astype(np.uint8)
    one, other = look(Halves(), [image, np.ascontiguousarray(image[:, ::-1])]).probabilities
    assert one == pytest.approx(other)


def test_a_network_without_views_takes_every_face_as_turned_to_the_camera() -> None:
    assert look(Halves(views=False), [crop(LEFT, LEFT)]).frontal == pytest.approx([1.0])


def test_no_crops_are_no_question() -> None:
    network = Halves()
    looks = look(network, [])
    assert (looks.probabilities.shape, looks.frontal.shape, network.asked) == ((0, 4), (0,), [])


def test_other_shapes_are_refused() -> None:
    class Wrong(Halves):
        def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
            return {"probabilities": np.zeros((1, 3), np.float32)}

    with pytest.raises(MisfitWeights, match="mask output has shape"):
        look(Wrong(), [crop(LEFT, LEFT)])
