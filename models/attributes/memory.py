"""Attributes over tracks: which crops are read now, which are kept, and what they say together.

Networks are asked at a bounded rate: each head every `mask_every`, each person every `person_every`, and at most so
many crops a frame, the longest unread first. The bound is counted in crops and stream time, never in milliseconds, so
that a recording gives the same scenes on a fast and on a slow machine.

A person of whom only the head is seen (behind a desk, in a crowd) is observed as a person all the same: the body's box
is then where it was last seen under that head, or where it would stand, and ``foot_visible`` is false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol, TypeVar

from analyzer.types import (
    Box,
    Head,
    Label,
    MaskReading,
    MaskState,
    ModelRef,
    Observation,
    Reason,
    Track,
    TrackId,
)
from models.attributes.evidence import CropQuality
from models.attributes.gates import HEAD_LEAST_PX, attire_reading, claim_mask, item_readings, mask_reading
from models.attributes.readers import HeadToRead, MaskReader, PersonReader, PersonToRead
from models.attributes.remembered import Outline, TrackMemory
from models.frame import Frame

_JITTER: Final = timedelta(milliseconds=20)
"""Time stamps are not evenly spaced; a head is due that much early."""
_HEADS_A_PERSON: Final = 7.0
"""A standing person is about so many heads tall; `analyzer.layout` reckons the same."""
_FORGOTTEN_AFTER: Final = timedelta(seconds=10)
_COVERING: Final = 0.5
"""Share of a head that must lie in the box of a nearer person to be called covered."""
_FOOT_MARGIN: Final = 0.006
"""A box that ends within this share of the height above the lower edge of the picture goes on below it."""


@dataclass(frozen=True, slots=True)
class AttributeOptions:
    """How often networks look, and how long their answers count.

    Attributes:
        mask_every: a head is read again after this time.
        person_every: a person is read again after this time.
        heads_a_frame: most head crops read in one frame.
        persons_a_frame: most person crops read in one frame.
        best: so many crops are fused.
        mask_window: crops of a head older than this no longer count: a mask can be taken off.
        person_window: the same for clothes, which change slowly.
    """

    mask_every: timedelta = timedelta(seconds=0.4)
    person_every: timedelta = timedelta(seconds=1)
    heads_a_frame: int = 8
    persons_a_frame: int = 4
    best: int = 5
    mask_window: timedelta = timedelta(seconds=3)
    person_window: timedelta = timedelta(seconds=10)


class _Crop(Protocol):
    @property
    def at(self) -> timedelta: ...

    @property
    def quality(self) -> CropQuality: ...


_CropT = TypeVar("_CropT", bound=_Crop)


_STANDING: Final = Outline(-1.4, 0.0, 1.4, _HEADS_A_PERSON)


@dataclass(slots=True)
class TrackAttributes:
    """Reads masks, PPE and attire off the tracks of one camera. Either reader may be missing: its readings then are."""

    mask_reader: MaskReader | None
    person_reader: PersonReader | None
    options: AttributeOptions = field(default_factory=AttributeOptions)
    _memories: dict[TrackId, TrackMemory] = field(default_factory=dict)

    @property
    def models(self) -> tuple[ModelRef, ...]:
        return tuple(one.model for one in (self.mask_reader, self.person_reader) if one is not None)

    @property
    def memory(self) -> tuple[tuple[TrackId, TrackMemory], ...]:
        """What is kept of each track."""
        return tuple(self._memories.items())

    def recall(self, memory: Sequence[tuple[TrackId, TrackMemory]]) -> None:
        """Go on with what was kept."""
        self._memories = dict(memory)

    def observe(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> tuple[Observation, ...]:
        now = frame.ref.pts
        for track in tracks:
            known = self._memories.get(track.id)
            self._memories[track.id] = TrackMemory(now) if known is None else replace(known, seen=now)
        self._memories = {one: kept for one, kept in self._memories.items() if now - kept.seen <= _FORGOTTEN_AFTER}
        self._read_masks(frame, tracks, heads)
        self._read_persons(frame, tracks, heads)
        return tuple(self._observation(frame, track, heads.get(track.id)) for track in tracks)

    def _read_masks(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> None:
        reader, now = self.mask_reader, frame.ref.pts
        for track in tracks:
            memory = self._memories[track.id]
            if memory.mask is not None:
                self._memories[track.id] = replace(memory, mask=replace(memory.mask, fresh=False))
        if reader is None:
            return
        due = []
        for track in tracks:
            head, memory = heads.get(track.id), self._memories[track.id]
            if head is None or head.box.height < HEAD_LEAST_PX:
                self._memories[track.id] = replace(memory, mask=_not_assessed(track, head))
            elif _is_due(memory.mask_read, now, self.options.mask_every):
                due.append((memory.mask_read is not None, memory.mask_read or now, -head.box.height, track.id, head))
        chosen = [(one[3], one[4]) for one in sorted(due, key=lambda one: one[:4])[: self.options.heads_a_frame]]
        to_read = [HeadToRead(head.box, covered=_is_covered(head.box, identity, tracks)) for identity, head in chosen]
        for (identity, head), crop in zip(chosen, reader.read(frame.image, to_read, now), strict=True):
            memory = self._memories[identity]
            masks = _best((*memory.masks, crop), now - self.options.mask_window, self.options.best)
            mask = mask_reading(claim_mask(masks, reader.thresholds), head.box.height, len(masks))
            self._memories[identity] = replace(memory, masks=masks, mask_read=now, mask=mask)

    def _read_persons(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> None:
        reader, now = self.person_reader, frame.ref.pts
        due = []
        for track in tracks:
            memory = self._memories[track.id]
            self._memories[track.id] = replace(
                memory,
                items=tuple(replace(one, fresh=False) for one in memory.items),
                attire=None if memory.attire is None else replace(memory.attire, fresh=False),
            )
            if track.label is Label.PERSON and _is_due(memory.person_read, now, self.options.person_every):
                due.append((memory.person_read is not None, memory.person_read or now, -track.box.height, track.id, track))
        if reader is None:
            return
        chosen = [one[4] for one in sorted(due, key=lambda one: one[:4])[: self.options.persons_a_frame]]
        to_read = [PersonToRead(one.box, heads[one.id].box if one.id in heads else None) for one in chosen]
        for track, crop in zip(chosen, reader.read(frame.image, to_read, now), strict=True):
            memory = self._memories[track.id]
            persons = _best((*memory.persons, crop), now - self.options.person_window, self.options.best)
            self._memories[track.id] = replace(
                memory,
                persons=persons,
                person_read=now,
                items=item_readings(persons, reader.thresholds),
                attire=attire_reading(persons, reader.thresholds),
            )

    def _observation(self, frame: Frame, track: Track, head: Head | None) -> Observation:
        memory = self._memories[track.id]
        mask = memory.mask
        if mask is not None and head is not None:
            mask = replace(mask, head_px=head.box.height)
        hidden = track.label is Label.HEAD
        if head is not None and not hidden:
            self._memories[track.id] = memory = replace(memory, outline=Outline.of(track.box, head.box))
        return Observation(
            track=replace(track, box=(memory.outline or _STANDING).under(track.box), label=Label.PERSON) if hidden else track,
            head=head,
            mask=mask,
            items=memory.items,
            attire=memory.attire,
            foot_visible=not hidden and track.box.y2 < frame.ref.height * (1 - _FOOT_MARGIN),
        )


def _is_due(last: timedelta | None, now: timedelta, every: timedelta) -> bool:
    return last is None or now - last >= every - _JITTER


def _best(crops: Sequence[_CropT], since: timedelta, count: int) -> tuple[_CropT, ...]:
    """Return the newest crop and the best of the others, oldest first: large, rich in detail, turned to the camera."""
    newest = crops[-1]
    others = [one for one in crops[:-1] if one.at >= since]
    others.sort(key=lambda one: (-one.quality.height_px * one.quality.detail * one.quality.frontal, one.at))
    return (*sorted(others[: count - 1], key=lambda one: one.at), newest)


def _not_assessed(track: Track, head: Head | None) -> MaskReading:
    """Return the reading of an instant without a usable head, with the likelier of the two reasons."""
    if head is not None:
        return MaskReading(MaskState.NOT_VISIBLE, 1.0, head.box.height, 0, reason=Reason.FACE_TOO_SMALL)
    small = track.box.height / _HEADS_A_PERSON < HEAD_LEAST_PX
    return MaskReading(MaskState.NOT_VISIBLE, 1.0, 0.0, 0, reason=Reason.FACE_TOO_SMALL if small else Reason.OCCLUDED)


def _is_covered(head: Box, identity: TrackId, tracks: Sequence[Track]) -> bool:
    """Return whether somebody nearer to the camera (whose box ends lower) stands before this head."""
    own = next((one.box for one in tracks if one.id == identity), head)
    area = head.width * head.height
    for other in tracks:
        if other.id == identity or other.box.y2 <= own.y2:
            continue
        across = min(head.x2, other.box.x2) - max(head.x1, other.box.x1)
        down = min(head.y2, other.box.y2) - max(head.y1, other.box.y1)
        if across > 0 and down > 0 and across * down >= _COVERING * area:
            return True
    return False
