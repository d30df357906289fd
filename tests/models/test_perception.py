from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from analyzer.types import Box, CameraId, Head, Label, Link, MaskState, Observation, Reason, Scene, Track, TrackId
from models.appearance import LinkOptions
from models.errors import AbsentWeights, BackendUnavailable, ChangedWeights, MisfitWeights, UnknownWeights
from models.frame import Frame
from models.perception import (
    DETECTOR,
    MASK,
    PERSON,
    CameraPerception,
    PerceptionFactory,
    PerceptionOptions,
    load_perception,
    perceive_together,
)
from models.remembered import PerceptionMemory, TrackerMemory
from models.scripted import Line, ScriptedDetector, ScriptedFactory, ScriptedPerception
from models.synthetic import paint_person, synthetic_factory
from models.weights import WeightsEntry, entry_of, load_catalogue
from tests.models.photographs import portrait
from tests.models.seen import CAMERA, frame, head, person


def painted(seconds: float, *people: tuple[float, MaskState]) -> Frame:
    image = np.full((480, 640, 3), 190, np.uint8)
    for left, state in people:
        paint_person(image, Box(left, 80, left + 90, 400), state)
    return frame(seconds, image, round(seconds * 5))


def walk(count: int = 12) -> Iterator[Frame]:
    """Somebody without a mask walks to the right while somebody with one stands."""
    for k in range(count):
        yield painted(k / 5, (20 + 12 * k, MaskState.NONE), (500, MaskState.WORN))


def test_painted_people_become_scenes() -> None:
    camera = synthetic_factory().for_camera(CAMERA)
    scenes = [camera.perceive(one) for one in walk()]
    assert [len(scene.observations) for scene in scenes] == [2] * 12
    last = {one.track.id: one for one in scenes[-1].observations}
    assert set(last) == {1, 2}
    states = {number: one.mask.state for number, one in last.items() if one.mask is not None}
    assert sorted(states.values()) == [MaskState.NONE, MaskState.WORN]
    assert all(one.head is not None and one.foot_visible for one in last.values())
    assert camera.memory is not None
    assert (camera.memory.tracker.next_track, camera.memory.alive) == (3, {1, 2})


@pytest.mark.parametrize("cut", [1, 5, 11])
def test_perception_goes_on_from_a_memory_as_if_it_had_never_stopped(cut: int) -> None:
    factory, frames = synthetic_factory(), list(walk())
    whole = [one.perceive(frame) for one in [factory.for_camera(CAMERA)] for frame in frames]
    first = factory.for_camera(CAMERA)
    before = [first.perceive(frame) for frame in frames[:cut]]
    second = factory.for_camera(CAMERA, first.memory)
    assert before + [second.perceive(frame) for frame in frames[cut:]] == whole


def test_a_camera_that_links_tracks_by_clothes_tells_nobody() -> None:
    camera = synthetic_factory(PerceptionOptions(links=LinkOptions())).for_camera(CAMERA)
    assert camera.memory == PerceptionMemory()
    camera.perceive(painted(0, (200, MaskState.WORN)))
    assert camera.memory is None


def test_the_same_frames_give_the_same_scenes() -> None:
    factory = synthetic_factory()
    first, second = factory.for_camera(CAMERA), factory.for_camera(CAMERA)
    assert [first.perceive(one) for one in walk()] == [second.perceive(one) for one in walk()]


def test_cameras_in_one_batch_see_what_they_see_alone() -> None:
    factory = synthetic_factory()
    alone = [factory.for_camera(CameraId(name)) for name in "ab"]
    together = [factory.for_camera(CameraId(name)) for name in "ab"]
    for k in range(5):
        frames = [painted(k / 5, (50, MaskState.NONE)), painted(k / 5, (300 + 9 * k, MaskState.WORN), (20, MaskState.NONE))]
        expected = tuple(camera.perceive(one) for camera, one in zip(alone, frames, strict=True))
        assert perceive_together(list(zip(together, frames, strict=True)), factory.detector) == expected


def test_a_corrupt_frame_is_counted_and_not_judged() -> None:
    camera = synthetic_factory().for_camera(CAMERA)
    broken = painted(0, (50, MaskState.NONE))
    scene = camera.perceive(Frame(broken.ref, broken.image, corrupt=True))
    assert scene == Scene(broken.ref, impairments=(Reason.VIEW_BLOCKED,))


def test_a_single_picture_is_seen_without_a_track() -> None:
    look = synthetic_factory().for_stills().look(painted(0, (50, MaskState.NONE), (300, MaskState.INCORRECT)))
    assert look.reads == ("mask",)
    claims = {one.mask_claim.state for one in look.sightings if one.mask_claim is not None}
    assert claims == {MaskState.NONE, MaskState.INCORRECT}
    assert dict(look.timing_ms)["total"] > 0


def returning(factory: PerceptionFactory, camera: CameraId = CAMERA) -> tuple[CameraPerception, Scene]:
    """Somebody comes, goes for eight seconds and comes back; the scene in which they are known again, or the last."""
    sight = factory.for_camera(camera)
    for k in range(60):
        people = [] if 15 <= k < 40 else [(200.0, MaskState.WORN)]
        scene = sight.perceive(painted(k / 5, *people))
        if sight.links:
            break
    return sight, scene


def test_a_track_that_goes_on_under_a_new_number_is_a_candidate() -> None:
    sight, scene = returning(synthetic_factory(PerceptionOptions(links=LinkOptions())))
    (link,) = sight.links
    assert (link.track, link.earlier_track) == (2, 1)
    assert link.log_odds > 0
    (seen,) = scene.observations
    assert seen.track.id == link.track
    assert seen.links == (Link(link.earlier_track, link.seen, link.log_odds),)
    assert sight.perceive(painted(99, (200, MaskState.WORN))).observations[0].links == ()
    assert sight.links == ()


def test_cameras_near_each_other_share_what_is_kept_until_one_begins_anew() -> None:
    yard = CameraId("yard")
    near = {yard: frozenset({CAMERA}), CAMERA: frozenset({yard})}
    factory = synthetic_factory(PerceptionOptions(links=LinkOptions(near=near)))
    first = factory.for_camera(CAMERA)
    for k in range(10):
        first.perceive(painted(k / 5, (200, MaskState.WORN)))
    second = factory.for_camera(yard)
    links = []
    for k in range(100, 110):
        shown = painted(k / 5, (200, MaskState.WORN))
        scene = second.perceive(Frame(replace(shown.ref, camera=yard), shown.image))
        links += second.links
        assert all(seen.links == () for seen in scene.observations)  # whom the other camera took them for is not known here
    assert [link.earlier_camera for link in links] == [CAMERA]
    factory.for_camera(CAMERA)
    third = factory.for_camera(yard)
    for k in range(200, 210):
        shown = painted(k / 5, (200, MaskState.WORN))
        third.perceive(Frame(replace(shown.ref, camera=yard), shown.image))
        assert third.links == ()


def test_without_the_option_nothing_is_linked() -> None:
    sight, scene = returning(synthetic_factory())
    assert sight.links == ()
    assert [seen.links for seen in scene.observations] == [()]


# --- loading ---------------------------------------------------------------------------------------


def test_loading_without_a_detector_names_it() -> None:
    with pytest.raises(UnknownWeights, match="person-head"):
        load_perception(catalogue=())


def moved(entry: WeightsEntry, path: Path) -> WeightsEntry:
    return replace(entry, path=path)


def test_a_changed_detector_is_refused_and_a_changed_classifier_too(tmp_path: Path) -> None:
    (tmp_path / "changed.onnx").write_bytes(b"\x08\x01")
    entries = load_catalogue()
    for name in (DETECTOR, MASK):
        swapped = [moved(one, tmp_path / "changed.onnx") if one.name == name else one for one in entries]
        with pytest.raises(ChangedWeights, match="changed"):
            load_perception(catalogue=swapped)


@pytest.mark.parametrize("name", [DETECTOR, MASK, PERSON])
def test_a_network_of_other_classes_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    """One that was trained with its classes in another order would tell masks that are worn from those that are not the wrong way round."""
    turned = [replace(one, classes=one.classes[::-1]) if one.name == name else one for one in load_catalogue()]
    with pytest.raises(MisfitWeights, match=rf"\[{name}\] has the classes"):
        load_perception(catalogue=turned)


def seen_twice(camera: CameraPerception) -> Scene:
    """The portrait over two instants: a doubtful box is reported at its second sighting."""
    return [camera.perceive(frame(k / 5, portrait(), k)) for k in range(2)][-1]


@pytest.mark.weights
def test_an_absent_classifier_leaves_its_readings_out(tmp_path: Path) -> None:
    detector = entry_of(DETECTOR, load_catalogue())
    factory = load_perception(catalogue=[detector, moved(entry_of(MASK, load_catalogue()), tmp_path / "none.onnx")])
    assert factory.attributes == ()
    assert factory.absent == (MASK, PERSON)
    assert factory.models == (detector.ref,)
    (one, *_) = seen_twice(factory.for_camera(CAMERA)).observations
    assert one.mask is None


def test_an_absent_detector_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AbsentWeights):
        load_perception(catalogue=[moved(entry_of(DETECTOR, load_catalogue()), tmp_path / "none.onnx")])


def test_an_absent_stand_in_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AbsentWeights):
        load_perception(stand_in=tmp_path / "nobody.onnx")


def test_an_unknown_backend_is_an_error() -> None:
    with pytest.raises(BackendUnavailable):
        load_perception(backend="abacus")


@pytest.mark.weights
def test_the_shipped_networks_see_the_portrait() -> None:
    factory = load_perception()
    assert (factory.backend, factory.precision) == ("openvino:cpu", "f32")
    assert "mask" in factory.attributes
    assert [one.sha256 for one in factory.models][:2] == [
        hashlib.sha256(entry_of(name, load_catalogue()).path.read_bytes()).hexdigest() for name in (DETECTOR, MASK)
    ]
    camera = factory.for_camera(CAMERA)
    scene = seen_twice(camera)
    claims = [one.mask.state for one in scene.observations if one.mask is not None and one.mask.reason is None]
    assert MaskState.NONE in claims


@pytest.mark.weights
def test_scenes_of_the_shipped_networks_are_the_same_bytes() -> None:
    image = portrait()
    scenes = []
    for _ in range(2):
        camera = load_perception().for_camera(CAMERA)
        scenes.append([camera.perceive(frame(k / 5, np.roll(image, 4 * k, axis=1), k)) for k in range(3)])
    assert scenes[0] == scenes[1]


# --- scripts ---------------------------------------------------------------------------------------

SEEN = Observation(Track(TrackId(4), Box(0, 0, 9, 9), Label.PERSON, 0.9), Head(Box(1, 0, 3, 3), 0.9))


def test_a_script_shows_its_latest_line() -> None:
    script = [Line(timedelta(seconds=1), (SEEN,)), Line(timedelta(seconds=2), impairments=(Reason.TOO_DARK,))]
    perception = ScriptedFactory(script).for_camera(CAMERA)
    shown = [perception.perceive(frame(second)) for second in (0.5, 1.0, 1.9, 2.0, 9.0)]
    assert [scene.observations for scene in shown] == [(), (SEEN,), (SEEN,), (), ()]
    assert shown[-1].impairments == (Reason.TOO_DARK,)
    assert perception.memory == PerceptionMemory(TrackerMemory(TrackId(5)))


def test_a_script_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="rising"):
        ScriptedPerception([Line(timedelta(seconds=2)), Line(timedelta(seconds=1))])


def test_a_scripted_detector_under_the_real_tracker_and_memory() -> None:
    factory = synthetic_factory()
    script = ScriptedDetector([[person(100), head(125)]] * 3)
    from models.attributes import TrackAttributes
    from models.trackers import SteadyTracker

    camera = CameraPerception(script, SteadyTracker(), TrackAttributes(None, None))
    scenes = [camera.perceive(frame(k / 5, index=k)) for k in range(4)]
    assert [len(scene.observations) for scene in scenes] == [1, 1, 1, 0]
    assert scenes[0].observations[0].head is not None
    assert factory.attributes == ("mask",)
