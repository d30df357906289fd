"""Packets that were let pass while nothing happened: when something does, one goes back to them.

A camera that spends the same bytes whatever happens is found out at the next keyframe at the earliest. What came between
that and the keyframe before was not decoded, but it is not gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from av.packet import Packet
from av.video.stream import VideoStream

_MOST: Final = 600  # packets kept; a camera that sleeps has fewer


@dataclass(slots=True)
class Nap:
    """The packets since the keyframe that was decoded last.

    Attributes:
        shown: given to the decoder, the keyframe first.
        waiting: not given to it, with the monotonic seconds at which they came.
        whole: nothing of ``shown`` was let go.
        behind: the decoder stands right behind the last one shown.
        again: by which pictures are known that come out of the decoder a second time.
    """

    shown: list[Packet[VideoStream]] = field(default_factory=list)
    waiting: list[tuple[Packet[VideoStream], float]] = field(default_factory=list)
    whole: bool = True
    behind: bool = True
    again: frozenset[int] = frozenset()

    def take(self) -> Iterator[tuple[Packet[VideoStream], float, bool]]:
        """What waits, in order, as it is shown to the decoder now; true with the last one."""
        waiting, self.waiting = self.waiting, []
        for index, (packet, arrival) in enumerate(waiting, 1):
            self.shown.append(packet)
            yield packet, arrival, index == len(waiting)
        if len(self.shown) > _MOST:
            self.shown, self.whole = [], False

    def labels(self) -> frozenset[int]:
        """By which the pictures of the packets that were shown are known when they come out of the decoder."""
        return frozenset(packet.pts for packet in self.shown if packet.pts is not None)
