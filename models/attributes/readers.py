"""The networks that read a crop: mask state of heads, PPE items and attire of persons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar

from analyzer.types import Box, ModelRef
from models import crops
from models.attributes.evidence import ATTIRES, ITEMS, MaskEvidence, PersonEvidence
from models.attributes.gates import ItemThresholds, MaskThresholds
from models.attributes.quality import quality_of
from models.attributes.second_look import MASK_OUTPUT, look
from models.backends.protocol import Array, Network
from models.errors import MisfitWeights
from models.frame import Image

_ITEMS_OUTPUT: Final = "items"
_ATTIRE_OUTPUT: Final = "attire"
_ITEM_STATES: Final = 3
_BATCH: Final = 16
_ReadT = TypeVar("_ReadT")


@dataclass(frozen=True, slots=True)
class HeadToRead:
    """A head in the picture; ``covered`` says that another person's box lies over it."""

    box: Box
    covered: bool = False


@dataclass(frozen=True, slots=True)
class PersonToRead:
    """A person in the picture, with the head if one was found."""

    box: Box
    head: Box | None


class MaskReader:
    """Head crops in, calibrated probabilities of the mask states out.

    Raises:
        MisfitWeights: the network has other inputs or outputs.
    """

    def __init__(self, network: Network, model: ModelRef, thresholds: MaskThresholds) -> None:
        if len(network.inputs) != 1 or MASK_OUTPUT not in network.outputs:
            raise MisfitWeights(f"{model.name}: expected one input and the output {MASK_OUTPUT!r}")
        self._network = network
        self.model: Final = model
        self.thresholds: Final = thresholds

    def read(self, image: Image, heads: Sequence[HeadToRead], at: timedelta) -> tuple[MaskEvidence, ...]:
        """Return the evidence of each head."""
        return tuple(one for part in _portions(heads) for one in self._read(image, part, at))

    def _read(self, image: Image, heads: Sequence[HeadToRead], at: timedelta) -> tuple[MaskEvidence, ...]:
        cuts = [crops.head_crop(image, head.box, crops.MASK_SIZE) for head in heads]
        found = look(self._network, cuts)
        return tuple(
            MaskEvidence(
                at,
                tuple(float(p) for p in row),
                replace(quality_of(cut, head.box.height), frontal=float(turned)),
                head.covered,
            )
            for row, turned, cut, head in zip(found.probabilities, found.frontal, cuts, heads, strict=True)
        )


class PersonReader:
    """Person crops in, calibrated probabilities of PPE items and attire out; a network may know only one of them.

    Raises:
        MisfitWeights: the network has other inputs or outputs.
    """

    def __init__(self, network: Network, model: ModelRef, thresholds: ItemThresholds) -> None:
        if "persons" not in network.inputs or not set(network.inputs) <= {"persons", "heads"}:
            raise MisfitWeights(f"{model.name}: expected the inputs 'persons' and perhaps 'heads', got {network.inputs}")
        if not {_ITEMS_OUTPUT, _ATTIRE_OUTPUT} & set(network.outputs):
            raise MisfitWeights(f"{model.name}: expected the output 'items' or 'attire', got {network.outputs}")
        self._network = network
        self.model: Final = model
        self.thresholds: Final = thresholds
        self.reads: Final = tuple(name for name in ("ppe", "attire") if _OUTPUT_OF[name] in network.outputs)

    def read(self, image: Image, persons: Sequence[PersonToRead], at: timedelta) -> tuple[PersonEvidence, ...]:
        """Return the evidence of each person."""
        return tuple(one for part in _portions(persons) for one in self._read(image, part, at))

    def _read(self, image: Image, persons: Sequence[PersonToRead], at: timedelta) -> tuple[PersonEvidence, ...]:
        cuts = [crops.person_crop(image, person.box) for person in persons]
        inputs: dict[str, Array] = {"persons": crops.batch(cuts)}
        if "heads" in self._network.inputs:
            inputs["heads"] = _head_batch(image, persons)
        values = self._network.run(inputs)
        items, attire = values.get(_ITEMS_OUTPUT), values.get(_ATTIRE_OUTPUT)
        if items is not None and items.shape != (len(persons), len(ITEMS), _ITEM_STATES):
            raise MisfitWeights(f"items output has shape {items.shape}, expected {(len(persons), len(ITEMS), _ITEM_STATES)}")
        if attire is not None and attire.shape != (len(persons), len(ATTIRES)):
            raise MisfitWeights(f"attire output has shape {attire.shape}, expected {(len(persons), len(ATTIRES))}")
        return tuple(
            PersonEvidence(
                at,
                () if items is None else tuple(tuple(float(p) for p in row) for row in items[n]),
                () if attire is None else tuple(float(p) for p in attire[n]),
                quality_of(cuts[n], person.box.height),
            )
            for n, person in enumerate(persons)
        )


def _portions(some: Sequence[_ReadT]) -> Iterator[Sequence[_ReadT]]:
    """Yield parts of one batch each: a crowd of hundreds must not take the memory of hundreds."""
    for first in range(0, len(some), _BATCH):
        yield some[first : first + _BATCH]


_OUTPUT_OF: Final = {"ppe": _ITEMS_OUTPUT, "attire": _ATTIRE_OUTPUT}


def _head_batch(image: Image, persons: Sequence[PersonToRead]) -> Array:
    """Return the head crops; a person without a head gets the empty one, as in training."""
    return crops.batch([crops.NO_HEAD if one.head is None else crops.head_crop(image, one.head) for one in persons])
