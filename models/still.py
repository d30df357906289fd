"""Perception of single pictures: what one look shows, with all of its probabilities and no track behind it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from analyzer.types import AttireReading, Box, Detection, Head, ItemReading, Label
from models.attributes import MaskReader, PersonReader
from models.attributes.evidence import MaskEvidence, PersonEvidence
from models.attributes.gates import Claim, attire_reading, claim_mask, item_readings
from models.attributes.readers import HeadToRead, PersonToRead
from models.detectors.pairing import pair_heads
from models.frame import Frame
from models.protocols import Detector

_NOW: Final = timedelta(0)
CLAIMED_PERSON: Final = 0.3
CLAIMED_HEAD: Final = 0.3
"""Scores from which a box without a history is reported, unless weights.toml says otherwise."""
_WEAK_HEAD: Final = 0.2


@dataclass(frozen=True, slots=True)
class Sighting:
    """One person or lone head of a picture with everything the networks said."""

    body: Detection | None
    head: Head | None
    mask: MaskEvidence | None = None
    mask_claim: Claim | None = None
    person: PersonEvidence | None = None
    items: tuple[ItemReading, ...] = ()
    attire: AttireReading | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """All sightings of a picture, persons first.

    ``reads`` names what was asked (mask, ppe, attire); ``timing_ms`` the milliseconds that each stage took.
    """

    sightings: tuple[Sighting, ...]
    reads: tuple[str, ...]
    timing_ms: tuple[tuple[str, float], ...]


class StillPerception:
    """Looks at pictures one by one; nothing is carried from one to the next."""

    def __init__(
        self,
        detector: Detector,
        mask_reader: MaskReader | None,
        person_reader: PersonReader | None,
        claimed: tuple[float, float] = (CLAIMED_PERSON, CLAIMED_HEAD),
    ) -> None:
        self._detector = detector
        self._mask_reader = mask_reader
        self._person_reader = person_reader
        self._claimed = claimed

    @property
    def reads(self) -> tuple[str, ...]:
        """Which of ``mask``, ``ppe``, ``attire`` there is a network for."""
        return (*(("mask",) if self._mask_reader else ()), *(self._person_reader.reads if self._person_reader else ()))

    def look(self, frame: Frame) -> Look:
        """Return every person and every lone head of the picture."""
        began = time.perf_counter()
        detections = self._detector.detect([frame])[0]
        detected = time.perf_counter()
        pairs = self._pairs(detections)
        masks, claims = self._read_masks(frame, [head for _, head in pairs])
        read = time.perf_counter()
        persons = self._read_persons(frame, pairs)
        done = time.perf_counter()
        sightings = tuple(self._sighting(body, head, masks[n], claims[n], persons[n]) for n, (body, head) in enumerate(pairs))
        timing = (("detect", detected - began), ("mask", read - detected), ("person", done - read), ("total", done - began))
        return Look(sightings, self.reads, tuple((name, seconds * 1000) for name, seconds in timing))

    def _pairs(self, detections: Sequence[Detection]) -> list[tuple[Detection | None, Head | None]]:
        """Return persons with their heads, then lone heads, best first."""
        persons = [one for one in detections if one.label is Label.PERSON and one.score >= self._claimed[0]]
        heads = [one for one in detections if one.label is Label.HEAD and one.score >= _WEAK_HEAD]
        fits = pair_heads([one.box for one in persons], [one.box for one in heads])
        paired = set(fits.values())
        found: list[tuple[Detection | None, Head | None]] = [
            (person, Head(heads[fits[n]].box, heads[fits[n]].score) if n in fits else None) for n, person in enumerate(persons)
        ]
        lone = [one for n, one in enumerate(heads) if n not in paired and one.score >= self._claimed[1]]
        return found + [(None, Head(one.box, one.score)) for one in lone]

    def _read_masks(self, frame: Frame, heads: Sequence[Head | None]) -> tuple[list[MaskEvidence | None], list[Claim | None]]:
        masks: list[MaskEvidence | None] = [None] * len(heads)
        claims: list[Claim | None] = [None] * len(heads)
        if self._mask_reader is not None:
            rows = [n for n, head in enumerate(heads) if head is not None]
            boxes = [head.box for head in heads if head is not None]
            evidence = self._mask_reader.read(frame.image, [HeadToRead(box) for box in boxes], _NOW)
            for row, one in zip(rows, evidence, strict=True):
                masks[row] = one
                claims[row] = claim_mask([one], self._mask_reader.thresholds, alone=True)
        return masks, claims

    def _read_persons(self, frame: Frame, pairs: Sequence[tuple[Detection | None, Head | None]]) -> list[PersonEvidence | None]:
        persons: list[PersonEvidence | None] = [None] * len(pairs)
        if self._person_reader is not None:
            rows = [(n, body.box, head) for n, (body, head) in enumerate(pairs) if body is not None]
            to_read = [PersonToRead(box, _box_of(head)) for _, box, head in rows]
            for (row, _, _), one in zip(rows, self._person_reader.read(frame.image, to_read, _NOW), strict=True):
                persons[row] = one
        return persons

    def _sighting(
        self,
        body: Detection | None,
        head: Head | None,
        mask: MaskEvidence | None,
        claim: Claim | None,
        person: PersonEvidence | None,
    ) -> Sighting:
        if person is None or self._person_reader is None:
            return Sighting(body, head, mask, claim)
        thresholds = self._person_reader.thresholds
        items, attire = item_readings([person], thresholds), attire_reading([person], thresholds)
        return Sighting(body, head, mask, claim, person, items, attire)


def _box_of(head: Head | None) -> Box | None:
    return None if head is None else head.box
