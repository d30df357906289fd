"""Clips cut out of a recording by copying its packets: the picture stays bit for bit what the camera sent.

A clip starts at the keyframe at or before the instant asked for, because nothing can be decoded in front of one; its
media time zero is that keyframe. Sound is left out: nobody asked for it and it is personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from models.frame import Frame
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.sources.checks import complete_boxes
from pipelines.sources.folder import ImageFolder
from pipelines.sources.instants import as_timedelta
from pipelines.sources.recording import Recording

FRAGMENTED = {"movflags": "frag_keyframe+delay_moov+default_base_moof", "frag_duration": "1000000", "use_editlist": "1"}
"""Fragmented MP4: a clip that was cut short still plays up to the cut. The edit list puts the first picture at zero."""

_IN_MP4 = frozenset({"h264", "hevc", "mpeg4", "mjpeg", "av1", "vp9"})
_PLAYS = {"h264": frozenset({"yuv420p", "yuvj420p"}), "av1": frozenset({"yuv420p"}), "vp9": frozenset({"yuv420p"})}
"""What current browsers play out of MP4: 8 bit, 4:2:0. H.265 depends on the machine, so it does not count."""

_WITHOUT_HEADERS = frozenset({"avi", "mpegts"})
"""Containers that keep the parameters of the codec in the packets, so that the headers of a clip have to be made of those."""

_REORDER = 16
"""Pictures of H.264 and H.265 are shown at most so many places away from where they are decoded."""

_LOOK_BACK = (timedelta(0), timedelta(seconds=15), timedelta(seconds=120))
"""Containers without an index land where they guess; each failed guess looks further back, the last from the beginning."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What was written. ``starts`` is the PTS of the recording at media time zero of the clip."""

    codec: str
    starts: timedelta
    duration: timedelta
    plays_in_browser: bool
    note: str = ""


class Footage(Protocol):
    """Where the moving pictures of an event are: a recording, a folder of images, the memory of a live camera."""

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        """Write the clip of [since, until] in PTS; starts early enough to be decodable, stops where the footage does.

        Raises:
            EvidenceError: there is no footage of that time, or it cannot be copied.
            OSError: the disk refused.
        """
        ...

    def still(self, pts: timedelta) -> Frame | None: ...


@dataclass(frozen=True, slots=True)
class ImageFootage:
    """A folder of images has stills and no clip."""

    folder: ImageFolder

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        raise EvidenceError(EvidenceFault.IMAGES_ONLY)

    def still(self, pts: timedelta) -> Frame | None:
        return self.folder.still(pts)


@dataclass(frozen=True, slots=True)
class RecordedFootage:
    """The footage of one recording."""

    recording: Recording

    def still(self, pts: timedelta) -> Frame | None:
        return self.recording.still(pts)

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        if self.recording.jumps:
            # A time stamp then names two places in the file, and the wrong footage is worse than none.
            raise EvidenceError(EvidenceFault.TIMES_JUMP)
        first, last = self.recording.ticks(max(since, timedelta(0))), self.recording.ticks(until)
        try:
            plan, plays = self._found(first, last, target) or self._from_the_beginning(first, last, target)
            if self.recording.metadata.container in _WITHOUT_HEADERS:
                plays = plays_in_browser(target)  # the headers were put together here: see that they open
        except OSError:
            raise  # a full or failing disk is not the fault of the footage
        except (av.FFmpegError, ValueError) as error:
            raise EvidenceError(EvidenceFault.NOT_COPIED, type(error).__name__) from error
        if not complete_boxes(target) >= {b"moov", b"moof"}:
            # Damaged packets may leave nothing that a muxer would write.
            raise EvidenceError(EvidenceFault.NOT_COPIED)
        base = self.recording.metadata.time_base
        return Clip(
            codec=self.recording.metadata.codec,
            starts=as_timedelta((plan.zero - self.recording.metadata.origin) * base),
            duration=as_timedelta(plan.length * base),
            plays_in_browser=plays,
            note=plan.note,
        )

    def _found(self, first: int, last: int, target: Path) -> tuple[_Plan, bool] | None:
        """Seek, plan and copy through one opening, which costs more than all the packets of a clip."""
        base = self.recording.metadata.time_base
        with self.recording.opened() as (container, stream):
            for back in _LOOK_BACK:
                behind = first - round(Fraction(back // timedelta(microseconds=1), 1_000_000) / base)
                if behind <= self.recording.metadata.origin:
                    break
                plan = self._scan(container, stream, behind, first, last)
                if plan is not None and plan.zero <= first:
                    return plan, self._copy(container, stream, plan, target)
        return None

    def _from_the_beginning(self, first: int, last: int, target: Path) -> tuple[_Plan, bool]:
        """Not every container finds its own beginning again by seeking, so each reading opens it anew."""
        with self.recording.opened() as (container, stream):
            plan = self._scan(container, stream, None, first, last)
        if plan is None:
            raise EvidenceError(EvidenceFault.NO_FOOTAGE)
        with self.recording.opened() as (container, stream):
            return plan, self._copy(container, stream, plan, target)

    def _copy(self, container: InputContainer, stream: VideoStream, plan: _Plan, target: Path) -> bool:
        """Write the clip; true when browsers play it."""
        codec = stream.codec_context.name
        if codec not in _IN_MP4:
            raise EvidenceError(EvidenceFault.CODEC, codec)
        with writing(target) as output:
            copy = output.add_stream_from_template(stream, opaque=True)
            if codec == "hevc":
                copy.codec_context.codec_tag = "hvc1"  # the tag that Apple's players insist on
            for packet, stamp in zip(plan.packets(container, stream), plan.stamps, strict=False):
                packet.pts, packet.dts = stamp.pts - plan.zero, stamp.dts - plan.zero
                if stamp is plan.stamps[-1]:
                    packet.duration = last_duration(plan.length, plan.stamps[0].dts, stamp.dts)
                packet.stream = copy
                output.mux(packet)
        return _plays(stream) and not plan.open_groups

    def _scan(self, container: InputContainer, stream: VideoStream, seek: int | None, first: int, last: int) -> _Plan | None:
        """Go over the packets once and remember only their times."""
        entries: list[_Entry] = []
        skipped, beyond, note = 0, 0, ""
        invented = self.recording.metadata.lacks_times
        for packet in _from(container, stream, seek):
            entry = _Entry.of(packet, invented=invented)
            if entry.order > last:
                beyond += 1
                # Without both times of a packet only those after it show that no picture of the clip is to come.
                if beyond > (_REORDER if invented or packet.dts is None else 0):
                    break
            if packet.is_keyframe and (not entries or entry.time <= first):
                skipped, entries, note = skipped + len(entries), [], ""
            elif not entries:
                skipped += 1
                continue
            elif packet.has_sidedata("new_extradata"):
                note = "the stream changes its format here; the clip stops before it"
                break
            entries.append(entry)
        if not entries:
            return None
        shown = self._presentation(seek, skipped, entries) if invented else [entry.time for entry in entries]
        wanted = max((at for at, time in enumerate(shown) if time <= last), default=0) + 1
        return _Plan.of(seek, skipped, entries[:wanted], shown[:wanted], note)

    def _presentation(self, seek: int | None, skipped: int, entries: list[_Entry]) -> list[int]:
        """When a container stores no presentation times only decoding tells in which order pictures are shown."""
        with self.recording.opened() as (container, stream):
            labels: list[int | None] = []
            packets = [p for _, p in zip(range(skipped + len(entries)), _from(container, stream, seek), strict=False)][skipped:]
            for packet in [*packets, None]:
                try:
                    labels += [frame.pts for frame in stream.codec_context.decode(packet)]
                except av.FFmpegError:
                    continue
        ranks = {label: rank for rank, label in enumerate(labels)}
        slots = sorted(entry.order for entry in entries)
        return [slots[min(ranks.get(e.label, at), len(slots) - 1)] for at, e in enumerate(entries)]


@contextmanager
def writing(target: Path) -> Iterator[OutputContainer]:
    """A fragmented MP4 to be written.

    Through a file of our own: the library keeps to itself that the disk is full, and leaves a clip that ends anywhere.

    Raises:
        OSError: the disk refused.
    """
    with target.open("wb") as file, av.open(file, mode="w", format="mp4", options=dict(FRAGMENTED)) as output:
        yield output


def plays_in_browser(clip: Path) -> bool:
    """Whether current browsers play a clip on any machine, and find their way in it.

    Chromium gives up (MEDIA_ERR_DECODE) when it seeks into open groups of pictures: those whose keyframe is followed by
    pictures that are shown before it.
    """
    with av.open(f"file:{clip}", mode="r", format="mp4", container_options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.best("video")
        if not isinstance(stream, VideoStream):
            return False
        marks = [(packet.is_keyframe, packet.pts or 0) for packet in _from(container, stream, None)]
        return _plays(stream) and not _has_open_groups(marks)


def _plays(stream: VideoStream) -> bool:
    return str(stream.codec_context.pix_fmt) in _PLAYS.get(stream.codec_context.name, frozenset())


def _has_open_groups(packets: Iterable[tuple[bool, int]]) -> bool:
    """Of packets in the order of decoding: whether they are keyframes, and when they are shown."""
    latest: int | None = None
    for keyframe, shown in packets:
        if keyframe:
            latest = shown
        elif latest is not None and shown < latest:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One packet: ``time`` shown, ``order`` by which decoding proceeds, ``label`` the time stamp as stored."""

    time: int
    order: int
    label: int | None
    dts: int | None
    keyframe: bool

    @classmethod
    def of(cls, packet: Packet[VideoStream], *, invented: bool) -> _Entry:
        shown = packet.dts if invented or packet.pts is None else packet.pts
        order = packet.dts if packet.dts is not None else packet.pts
        return cls(shown or 0, order or 0, packet.pts, packet.dts, packet.is_keyframe)


@dataclass(frozen=True, slots=True)
class _Stamp:
    pts: int
    dts: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which packets are copied, counted from the seek, and the time stamps that they get."""

    seek: int | None
    skipped: int
    stamps: tuple[_Stamp, ...]
    kept: tuple[bool, ...]
    zero: int
    length: int
    open_groups: bool
    note: str

    @classmethod
    def of(cls, seek: int | None, skipped: int, entries: list[_Entry], shown: list[int], note: str) -> _Plan:
        zero = shown[0]
        # Pictures that are decoded after the keyframe and shown before it lean on what was cut away.
        kept = tuple(time >= zero for time in shown)
        times = [time for time, keep in zip(shown, kept, strict=True) if keep]
        given = [entry.dts for entry, keep in zip(entries, kept, strict=True) if keep]
        stamps = tuple(_Stamp(pts, dts) for pts, dts in zip(times, _decoding_times(times, given), strict=True))
        opened = _has_open_groups((entry.keyframe, pts) for entry, pts, keep in zip(entries, shown, kept, strict=True) if keep)
        return cls(seek, skipped, stamps, kept, zero, end_of(times) - zero, opened, note)

    def packets(self, container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        end = self.skipped + len(self.kept)
        for position, packet in enumerate(_from(container, stream, self.seek)):
            if position >= end:
                return
            if position >= self.skipped and self.kept[position - self.skipped]:
                yield packet


def _from(container: InputContainer, stream: VideoStream, seek: int | None) -> Iterator[Packet[VideoStream]]:
    """Packets with content from a seek on, up to the end or the first read error."""
    if seek is not None:
        try:
            container.seek(seek, stream=stream)
        except (av.FFmpegError, OSError):
            return
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError, OSError):
            return
        if packet.size and (packet.pts is not None or packet.dts is not None):
            yield packet


def end_of(times: Sequence[int]) -> int:
    """When the last of these pictures makes room: they are shown for the usual time."""
    steps = sorted(b - a for a, b in pairwise(sorted(times)) if b > a)
    return max(times) + (steps[len(steps) // 2] if steps else 1)


def last_duration(length: int, first_dts: int, last_dts: int) -> int:
    """How long the last packet of a file lasts, so that all of them together last ``length``.

    A picture that is decoded before a gap of the recording may be shown after it: by the times of decoding alone the file
    would seem to end before the gap.
    """
    return max(1, length + first_dts - last_dts)


def _decoding_times(shown: list[int], given: list[int | None]) -> list[int]:
    """Decoding times that a muxer accepts: strictly rising and never after the time shown.

    Those of the container are kept when they are that; otherwise the times shown, sorted and moved back as far as the
    reordering of the pictures demands, are such times.
    """
    known = [dts for dts in given if dts is not None]
    rising = all(a < b for a, b in pairwise(known))
    if len(known) == len(shown) and rising and all(dts <= pts for dts, pts in zip(known, shown, strict=True)):
        return known
    slots = sorted(shown)
    for at in range(1, len(slots)):
        slots[at] = max(slots[at], slots[at - 1] + 1)
    delay = max(slot - pts for slot, pts in zip(slots, shown, strict=True))
    return [slot - delay for slot in slots]
