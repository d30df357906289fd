from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from analyzer.types import Box, Head, Item, Label, MaskState, Observation, Presence, Reason, Track, TrackId
from models.attributes import AttributeOptions, MaskReader, PersonReader, TrackAttributes
from models.attributes.gates import ItemThresholds, MaskThresholds
from models.backends.protocol import Array
from models.errors import MisfitWeights
from models.synthetic import MASKS, PEOPLE, MaskProgram, paint_person
from tests.models.seen import frame

LIMITS = MaskThresholds(worn=0.6, incorrect=0.6, none=0.8)
ITEM_LIMITS = ItemThresholds(present=0.6, absent=0.6, attire=0.5)


class CountingMasks(MaskProgram):
    """The painted masks, with the sizes of the batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:  # type: ignore[override]
        self.batches.append(len(inputs["crops"]))
        return super().run(inputs)


class Dressing:
    """A network that says the same of everybody: a gown, no gloves, nothing else visible; street clothes."""

    inputs = ("persons", "heads")
    outputs = ("items", "attire")

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        count = len(inputs["persons"])
        assert len(inputs["heads"]) == count
        self.batches.append(count)
        one = [[0.9, 0.08, 0.02], [0.05, 0.9, 0.05], *[[0.1, 0.1, 0.8]] * 3]
        return {
            "items": np.array([one] * count, np.float32),
            "attire": np.array([[0.1, 0.1, 0.1, 0.7]] * count, np.float32),
        }


def masks(options: AttributeOptions | None = None) -> tuple[TrackAttributes, CountingMasks]:
    network = CountingMasks()
    return TrackAttributes(MaskReader(network, MASKS, LIMITS), None, options or AttributeOptions()), network


def scene(states: dict[int, MaskState], height: int = 300) -> tuple[np.ndarray, list[Track], dict[TrackId, Head]]:
    """People side by side, one an id, every one with a painted mask."""
    image = np.full((480, 160 * max(len(states), 4), 3), 190, np.uint8)
    tracks, heads = [], {}
    for place, (number, state) in enumerate(states.items()):
        box = Box(20.0 + 150 * place, 50, 120.0 + 150 * place, 50 + height)
        heads[TrackId(number)] = Head(paint_person(image, box, state), 0.9)
        tracks.append(Track(TrackId(number), box, Label.PERSON, 0.9))
    return image, tracks, heads


def observed(
    attributes: TrackAttributes, seconds: float, states: dict[int, MaskState], height: int = 300
) -> tuple[Observation, ...]:
    image, tracks, heads = scene(states, height)
    return attributes.observe(frame(seconds, image), tracks, heads)


@pytest.mark.parametrize("state", list(MaskState))
def test_each_state_is_read(state: MaskState) -> None:
    attributes, _ = masks()
    (one,) = observed(attributes, 0, {7: state})
    assert one.mask is not None
    assert (one.mask.state, one.mask.fresh, one.mask.crops, one.mask.head_px) == (state, True, 1, 60)
    assert (one.mask.reason is None) == (state is not MaskState.NOT_VISIBLE)


def test_between_two_looks_a_reading_is_carried_and_not_fresh() -> None:
    attributes, network = masks()
    fresh = []
    for k in range(10):
        (one,) = observed(attributes, k * 0.2, {1: MaskState.NONE})
        assert one.mask is not None
        assert one.mask.state is MaskState.NONE
        fresh.append(one.mask.fresh)
    assert fresh == [True, False] * 5
    assert network.batches == [1] * 5 or sum(network.batches) == 5


def test_the_number_of_crops_a_frame_is_bounded_and_everybody_has_a_turn() -> None:
    attributes, network = masks(AttributeOptions(heads_a_frame=2))
    everybody = dict.fromkeys(range(1, 6), MaskState.WORN)
    seen: set[int] = set()
    for k in range(3):
        now = observed(attributes, k * 1.0, everybody)
        seen |= {one.track.id for one in now if one.mask is not None and one.mask.fresh}
    assert max(network.batches) == 2
    assert seen == {1, 2, 3, 4, 5}


def test_a_mask_taken_off_is_seen_soon() -> None:
    attributes, _ = masks()
    for k in range(20):
        observed(attributes, k * 0.4, {1: MaskState.WORN})
    states = []
    for k in range(20, 30):
        (one,) = observed(attributes, k * 0.4, {1: MaskState.NONE})
        assert one.mask is not None
        states.append(one.mask.state)
    assert states[-1] is MaskState.NONE
    assert states.index(MaskState.NONE) * 0.4 <= AttributeOptions().mask_window.total_seconds()


@pytest.mark.parametrize(("height", "px"), [(100, 20), (90, 18)])
def test_a_small_head_is_not_read_at_all_and_counts_as_looked_at(height: int, px: int) -> None:
    attributes, network = masks()
    (one,) = observed(attributes, 0, {1: MaskState.NONE}, height)
    assert one.mask is not None
    assert (one.mask.reason, one.mask.head_px, one.mask.fresh) == (Reason.FACE_TOO_SMALL, px, True)
    assert sum(network.batches) == 0


@pytest.mark.parametrize(("height", "reason"), [(300, Reason.OCCLUDED), (100, Reason.FACE_TOO_SMALL)])
def test_a_person_without_a_head_has_a_reason(height: int, reason: Reason) -> None:
    attributes, _ = masks()
    image, tracks, _ = scene({1: MaskState.NONE}, height)
    (one,) = attributes.observe(frame(0, image), tracks, {})
    assert one.head is None
    assert one.mask is not None
    assert (one.mask.state, one.mask.reason, one.mask.fresh) == (MaskState.NOT_VISIBLE, reason, True)


def test_feet_are_visible_unless_the_picture_cuts_them_or_only_the_head_is_seen() -> None:
    attributes, _ = masks()
    image, tracks, heads = scene({1: MaskState.WORN})
    cut = Track(TrackId(2), Box(0, 100, 90, 479), Label.PERSON, 0.9)
    lone = Track(TrackId(3), Box(300, 10, 340, 60), Label.HEAD, 0.9)
    seen = attributes.observe(frame(0, image), [*tracks, cut, lone], heads)
    assert [one.foot_visible for one in seen] == [True, False, False]


def test_a_person_of_whom_only_the_head_is_seen_keeps_the_outline_of_the_body() -> None:
    attributes, _ = masks()
    image, (track,), heads = scene({1: MaskState.NONE})
    attributes.observe(frame(0, image), [track], heads)
    box = heads[track.id].box
    lone = Track(track.id, Box(box.x1 + 10, box.y1, box.x2 + 10, box.y2), Label.HEAD, 0.8)
    (seen,) = attributes.observe(frame(0.4, image), [lone], {lone.id: Head(lone.box, 0.8)})
    assert seen.track.label is Label.PERSON
    assert seen.track.box == Box(track.box.x1 + 10, track.box.y1, track.box.x2 + 10, track.box.y2)
    assert (seen.foot_visible, seen.head) == (False, Head(lone.box, 0.8))
    assert seen.mask is not None
    assert seen.mask.fresh


def test_a_head_whose_body_was_never_seen_gets_that_of_somebody_standing() -> None:
    attributes, _ = masks()
    lone = Track(TrackId(3), Box(300, 10, 340, 50), Label.HEAD, 0.9)
    (seen,) = attributes.observe(frame(), [lone], {lone.id: Head(lone.box, 0.9)})
    assert (seen.track.label, seen.track.box.y1, seen.track.box.height) == (Label.PERSON, 10, 280)
    assert seen.track.box.centre[0] == 320


def test_without_a_network_there_is_no_reading() -> None:
    (one,) = observed(TrackAttributes(None, None), 0, {1: MaskState.NONE})
    assert (one.mask, one.items, one.attire) == (None, (), None)


def test_items_and_attire_are_read_and_carried() -> None:
    network = Dressing()
    attributes = TrackAttributes(None, PersonReader(network, PEOPLE, ITEM_LIMITS))
    assert attributes.models == (PEOPLE,)
    (first,) = observed(attributes, 0.0, {1: MaskState.NONE})
    (second,) = observed(attributes, 0.4, {1: MaskState.NONE})
    (third,) = observed(attributes, 1.0, {1: MaskState.NONE})
    assert [(one.item, one.state) for one in first.items][:3] == [
        (Item.GOWN, Presence.PRESENT),
        (Item.GLOVES, Presence.ABSENT),
        (Item.FACE_SHIELD, Presence.NOT_VISIBLE),
    ]
    assert [one.items[0].fresh for one in (first, second, third)] == [True, False, True]
    assert first.attire is not None
    assert second.attire is not None
    assert (first.attire.attire.value, first.attire.fresh, second.attire.fresh) == ("street", True, False)
    assert sum(network.batches) == 2


def test_a_lone_head_is_not_asked_for_its_gown() -> None:
    network = Dressing()
    attributes = TrackAttributes(None, PersonReader(network, PEOPLE, ITEM_LIMITS))
    lone = Track(TrackId(3), Box(300, 10, 380, 90), Label.HEAD, 0.9)
    (one,) = attributes.observe(frame(), [lone], {})
    assert one.items == ()
    assert sum(network.batches) == 0


def test_a_track_that_comes_back_after_long_begins_anew() -> None:
    attributes, _ = masks()
    observed(attributes, 0, {1: MaskState.WORN})
    for k in range(1, 14):
        attributes.observe(frame(k * 1.0), [], {})
    (one,) = observed(attributes, 14.0, {1: MaskState.NONE})
    assert one.mask is not None
    assert one.mask.crops == 1


class Wrong:
    inputs = ("crops",)
    outputs = ("probabilities",)

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        return {"probabilities": np.zeros((1, 3), np.float32)}


class Turning:
    """A head that turns away after the first look: what it says of the face, and how much of it is seen."""

    inputs = ("crops",)
    outputs = ("probabilities", "frontal")

    def __init__(self, *frontal: float) -> None:
        self.left = list(frontal)

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        frontal = self.left.pop(0)
        said = (0.04, 0.94, 0.02, 0.0) if frontal > 0.5 else (0.92, 0.06, 0.02, 0.0)
        return {"probabilities": np.array([said], np.float32), "frontal": np.array([frontal], np.float32)}


def test_crops_turned_to_the_camera_are_kept_before_profiles() -> None:
    options = AttributeOptions(best=2, mask_window=timedelta(seconds=60), mask_every=timedelta(seconds=1))
    attributes = TrackAttributes(MaskReader(Turning(0.95, 0.2, 0.1, 0.1), MASKS, LIMITS), None, options)
    for k in range(4):
        (one,) = observed(attributes, k * 1.0, {1: MaskState.WORN})
    assert one.mask is not None
    assert (one.mask.state, one.mask.crops) == (MaskState.INCORRECT, 2)


def test_a_network_whose_views_do_not_fit_its_crops_is_refused() -> None:
    class Odd(Turning):
        def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
            return super().run(inputs) | {"frontal": np.ones((1, 2), np.float32)}

    attributes = TrackAttributes(MaskReader(Odd(1.0), MASKS, LIMITS), None)
    with pytest.raises(MisfitWeights, match="frontal output has shape"):
        observed(attributes, 0, {1: MaskState.NONE})


def test_a_network_of_another_task_is_refused() -> None:
    with pytest.raises(MisfitWeights, match="persons"):
        PersonReader(MaskProgram(), MASKS, ITEM_LIMITS)
    with pytest.raises(MisfitWeights, match="probabilities"):
        MaskReader(Dressing(), PEOPLE, LIMITS)
    attributes = TrackAttributes(MaskReader(Wrong(), MASKS, LIMITS), None)
    with pytest.raises(MisfitWeights, match="shape"):
        observed(attributes, 0, {1: MaskState.NONE})


def test_the_window_is_one_of_time() -> None:
    attributes, _ = masks(AttributeOptions(mask_window=timedelta(seconds=1)))
    for k in range(6):
        (one,) = observed(attributes, k * 0.5, {1: MaskState.WORN})
    assert one.mask is not None
    assert one.mask.crops == 3
