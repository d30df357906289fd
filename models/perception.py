"""Detector, tracker and attributes put together: frames in, scenes out.

`load_perception` verifies and loads the shipped networks once; the factory then makes one `CameraPerception` a camera
(trackers and memories are of one camera, networks are shared) and a `StillPerception` for single pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from analyzer.types import CameraId, Detection, Head, Label, Link, ModelRef, Observation, Reason, Scene, Track, TrackId
from models.appearance import LinkFinder, LinkOptions, TrackLink
from models.attributes import AttributeOptions, MaskReader, PersonReader, TrackAttributes
from models.attributes.evidence import ATTIRES, ITEMS, MASK_STATES
from models.attributes.gates import ItemThresholds, MaskThresholds
from models.backends import Backend, open_backend
from models.detectors import DETECTORS, DetectorOptions
from models.detectors.candidates import LABELS
from models.detectors.pairing import pair_heads
from models.errors import AbsentWeights, MisfitWeights, UnknownWeights
from models.frame import Frame
from models.protocols import Attributes, Detector, Tracker
from models.remembered import PerceptionMemory, ThingMemory
from models.still import CLAIMED_HEAD, CLAIMED_PERSON, StillPerception
from models.things import STILL_FOR, ThingFinder
from models.trackers import SteadyTracker, TrackerOptions
from models.weights import WeightsEntry, entry_of, load_catalogue, read_unpickled, read_verified

DETECTOR: Final = "person-head"
MASK: Final = "mask-state"
PERSON: Final = "ppe-attire"
"""Names of the shipped networks in weights.toml."""

_CLASSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        DETECTOR: tuple(str(label) for label in LABELS),
        MASK: tuple(str(state) for state in MASK_STATES),
        PERSON: (*(str(item) for item in ITEMS), *(str(attire) for attire in ATTIRES)),
    }
)
"""What the outputs of each network are taken for, in this order."""

_WEAK_HEAD: Final = 0.2
"""A head of a lower score is not taken for the head of a person."""


class CameraPerception:
    """Perception of one camera. Frames in time order; the same frames give the same scenes."""

    def __init__(
        self,
        detector: Detector,
        tracker: Tracker,
        attributes: Attributes,
        finder: LinkFinder | None = None,
        things: ThingFinder | None = None,
    ) -> None:
        self._detector = detector
        self._tracker = tracker
        self._attributes = attributes
        self._finder = finder
        self._things = things or ThingFinder()
        self.links: tuple[TrackLink, ...] = ()
        """Candidates that the last frame gave rise to: which ended tracks its beginning ones may go on with."""

    @property
    def memory(self) -> PerceptionMemory | None:
        """What `PerceptionFactory.for_camera` goes on with; None while a tracker cannot tell, or somebody is followed by his clothes.

        By what people wear nobody is known again from what is written down: a camera that links tracks by it tells nobody.
        """
        tracker = self._tracker.memory
        if tracker is None or (tracker.tracklets and self._finder is not None):
            return None
        return PerceptionMemory(tracker, self._attributes.memory if tracker.tracklets else (), self._things.memory)

    @property
    def view(self) -> PerceptionMemory:
        """What is known of the view whoever is in it: the things. Another run of the same camera begins with it."""
        return PerceptionMemory(things=ThingMemory(self._things.memory.places))

    @property
    def things(self) -> ThingMemory:
        """What is known of the view for certain, and of nobody: it may be written down."""
        return self._things.things

    def perceive(self, frame: Frame) -> Scene:
        """Return what is seen in one frame. A corrupt one is counted, not judged: its scene says so and is empty."""
        if frame.corrupt:
            self.links = ()
            return Scene(frame.ref, impairments=(Reason.VIEW_BLOCKED,))
        return self.understand(frame, self._detector.detect([frame])[0])

    def understand(self, frame: Frame, detections: Sequence[Detection]) -> Scene:
        """Return the scene of a frame whose detections are at hand."""
        tracks = self._tracker.update(frame, detections)
        heads = heads_of(tracks, detections)
        self.links = self._finder.observe(frame, tracks, heads) if self._finder is not None else ()
        people, things = self._things.tell_apart(frame, self._attributes.observe(frame, tracks, heads))
        return Scene(frame.ref, linked(people, self.links), things=things)


def linked(observations: tuple[Observation, ...], links: Sequence[TrackLink]) -> tuple[Observation, ...]:
    """Tell of each beginning track which ended ones it may go on with.

    Only those of its own camera: whom a track of another camera was taken for is known to the judge of that camera alone, and
    a link without a role is looked up among the tracks of the camera it stands in.
    """
    found: dict[TrackId, list[Link]] = {}
    for one in links:
        if one.earlier_camera == one.camera:
            found.setdefault(one.track, []).append(Link(one.earlier_track, one.seen, one.log_odds))
    if not found:
        return observations
    return tuple(replace(seen, links=tuple(found.get(seen.track.id, ()))) for seen in observations)


def heads_of(tracks: Sequence[Track], detections: Sequence[Detection]) -> dict[TrackId, Head]:
    """Return the head of each track: the best fitting one for a person, the box itself for a lone head."""
    found = [one for one in detections if one.label is Label.HEAD and one.score >= _WEAK_HEAD]
    persons = [one for one in tracks if one.label is Label.PERSON]
    pairs = pair_heads([one.box for one in persons], [one.box for one in found])
    heads = {persons[person].id: Head(found[head].box, found[head].score) for person, head in pairs.items()}
    heads.update({one.id: Head(one.box, one.score) for one in tracks if one.label is Label.HEAD})
    return heads


def perceive_together(pairs: Sequence[tuple[CameraPerception, Frame]], detector: Detector) -> tuple[Scene, ...]:
    """Return one scene a (camera, frame): one call of the detector, then each camera's own tracker and attributes.

    The scenes are those that `CameraPerception.perceive` gives; no camera may appear twice.
    """
    whole = [frame for _, frame in pairs if not frame.corrupt]
    detections = iter(detector.detect(whole))
    return tuple(
        camera.perceive(frame) if frame.corrupt else camera.understand(frame, next(detections)) for camera, frame in pairs
    )


@dataclass(frozen=True, slots=True)
class PerceptionOptions:
    """Everything about perception that is chosen and not learned.

    ``tracker`` is None for the usual one, whose tracks begin at the scores that weights.toml states for the detector;
    ``links`` is None where tracks are not to be compared by clothes. What has not moved for ``still_for`` is a thing; zero: nothing is.
    """

    detector: DetectorOptions = field(default_factory=DetectorOptions)
    tracker: TrackerOptions | None = None
    attributes: AttributeOptions = field(default_factory=AttributeOptions)
    links: LinkOptions | None = None
    still_for: timedelta = STILL_FOR


class PerceptionFactory:
    """Loaded networks and what is made of them."""

    def __init__(
        self,
        backend: Backend,
        detector: Detector,
        readers: tuple[MaskReader | None, PersonReader | None],
        options: PerceptionOptions,
        claimed: tuple[float, float] = (CLAIMED_PERSON, CLAIMED_HEAD),
        *,
        absent: tuple[str, ...] = (),
    ) -> None:
        self._backend = backend
        self._readers = readers
        self._options = options
        self._claimed = claimed
        # Cameras of which none is near another share nothing: recordings of any time may then be looked at in turn.
        self._shared = LinkFinder(options.links) if options.links is not None and options.links.near else None
        self.detector: Final = detector
        self.absent: Final = absent
        """Names of shipped networks whose files are not there: what they read is in no scene."""

    @property
    def backend(self) -> str:
        """Runtime and device, such as ``openvino:cpu``."""
        return f"{self._backend.name}:{self._backend.device}"

    @property
    def precision(self) -> str:
        """``f32`` or ``bf16``: what is computed with, never ``auto``."""
        return str(self._backend.precision)

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Every network that takes part, in the order of the data flow."""
        return (self.detector.model, *(reader.model for reader in self._readers if reader is not None))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Which of ``mask``, ``ppe``, ``attire`` can be read; the others are never in a scene."""
        mask, person = self._readers
        return (*(("mask",) if mask else ()), *(person.reads if person else ()))

    def for_camera(self, camera: CameraId, memory: PerceptionMemory | None = None) -> CameraPerception:
        """Return the perception of one camera, with a memory of its own: empty, or what an earlier one told.

        What was kept to know people of that camera again is deleted: its tracks are numbered anew.
        """
        known = memory or PerceptionMemory()
        attributes = TrackAttributes(*self._readers, self._options.attributes)
        attributes.recall(known.tracks)
        finder = self._shared
        if finder is not None:
            finder.forget(camera)
        elif self._options.links is not None:
            finder = LinkFinder(self._options.links)
        things = ThingFinder(self._options.still_for, known.things)
        return CameraPerception(self.detector, SteadyTracker(self._tracking(), known.tracker), attributes, finder, things)

    def _tracking(self) -> TrackerOptions:
        body, head = self._claimed
        return self._options.tracker or replace(TrackerOptions(), begin=body, begin_head=head)

    def for_stills(self) -> StillPerception:
        """Return the perception of single pictures: no tracks, no memory."""
        return StillPerception(self.detector, *self._readers, self._claimed)


def load_perception(
    device: str = "auto",
    precision: str = "f32",
    backend: str = "openvino",
    *,
    options: PerceptionOptions | None = None,
    catalogue: Sequence[WeightsEntry] | None = None,
    stand_in: Path | None = None,
) -> PerceptionFactory:
    """Load the shipped networks, each only if its hash is the recorded one.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:N``.
        precision: ``f32`` (the default: the same bytes on every run), ``bf16`` or ``auto``.
        backend: a name of `models.backends.BACKENDS`.
        options: input size, tiles, tracking and reading times.
        catalogue: entries of weights.toml; read from the package by default.
        stand_in: a YOLOX person detector to use instead of the shipped one, for comparison.

    Raises:
        UnfitWeights: the detector is absent, changed, or not what it should be. A missing classifier is no error:
            `PerceptionFactory.absent` names it; a changed one is, or one of other classes.
        BackendUnavailable: the runtime or the device is not here.
    """
    chosen = options or PerceptionOptions()
    entries = load_catalogue() if catalogue is None else catalogue
    runtime = open_backend(backend, device, precision)
    claimed = (CLAIMED_PERSON, CLAIMED_HEAD)
    if stand_in is None:
        entry = entry_of(DETECTOR, entries)
        claimed = (entry.threshold("person"), entry.threshold("head"))
        detector = DETECTORS["person_head"](runtime.load(_read(entry)), entry.ref, chosen.detector)
    else:
        content = read_unpickled(stand_in)
        model = ModelRef(f"stand-in {stand_in.stem}", hashlib.sha256(content).hexdigest())
        detector = DETECTORS["yolox"](runtime.load(content), model, chosen.detector)
    mask, person = _mask_reader(entries, runtime), _person_reader(entries, runtime)
    absent = tuple(name for name, reader in ((MASK, mask), (PERSON, person)) if reader is None)
    return PerceptionFactory(runtime, detector, (mask, person), chosen, claimed, absent=absent)


def _read(entry: WeightsEntry) -> bytes:
    """Return the network of an entry, which says that its outputs mean what they are taken for.

    Raises:
        MisfitWeights: it says otherwise.
        UnfitWeights: as `read_verified`.
    """
    if entry.classes != (meant := _CLASSES[entry.name]):
        raise MisfitWeights(f"weights.toml: [{entry.name}] has the classes {', '.join(entry.classes)}, not {', '.join(meant)}")
    return read_verified(entry)


def _present(name: str, entries: Sequence[WeightsEntry]) -> tuple[WeightsEntry, bytes] | None:
    try:
        entry = entry_of(name, entries)
        return entry, _read(entry)
    except (UnknownWeights, AbsentWeights):
        return None


def _mask_reader(entries: Sequence[WeightsEntry], runtime: Backend) -> MaskReader | None:
    found = _present(MASK, entries)
    if found is None:
        return None
    entry, content = found
    thresholds = MaskThresholds(*(entry.threshold(name) for name in ("worn", "incorrect", "none", "not_visible")))
    return MaskReader(runtime.load(content), entry.ref, thresholds)


def _person_reader(entries: Sequence[WeightsEntry], runtime: Backend) -> PersonReader | None:
    found = _present(PERSON, entries)
    if found is None:
        return None
    entry, content = found
    thresholds = ItemThresholds(*(entry.threshold(name) for name in ("present", "absent", "attire", "not_visible")))
    return PersonReader(runtime.load(content), entry.ref, thresholds)
