"""The packets of a stream with the second at which each came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.sources.timeline import dated_back

AT_ONCE: Final = 0.02  # s; a packet that was not waited for longer had been there already
_MOST_AT_ONCE: Final = 600  # packets


def paced(
    container: InputContainer, stream: VideoStream, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[tuple[Packet[VideoStream], float]]:
    """Packets of a recording with the second at which each came, held back to the speed at which it was made."""
    start: tuple[float, float] | None = None
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if (at := stamp_of(packet)) is not None:
            start = start or (clock(), at)
            sleep(max(start[0] + at - start[1] - clock(), 0.0))
        yield packet, clock()


def live(
    container: InputContainer, stream: VideoStream, clock: Callable[[], float]
) -> Iterator[tuple[Packet[VideoStream], float]]:
    """Packets with the time at which each arrived.

    What had gathered while the stream was being recognised comes in one go: it is dated back by its own timestamps, or the
    whole connection would lie in the future by as much.
    """
    gathered: list[tuple[Packet[VideoStream], float]] = []
    asked, burst = clock(), True
    for packet in container.demux(stream):
        now = clock()
        if packet.size == 0:
            continue
        if not burst:
            yield packet, now
            continue
        gathered.append((packet, now))
        burst = now - asked < AT_ONCE and len(gathered) < _MOST_AT_ONCE
        asked = now
        if not burst:
            dated = dated_back([(stamp_of(one), read) for one, read in gathered])
            yield from zip((one for one, _ in gathered), dated, strict=True)
            asked, gathered = now, []
    yield from gathered


def stamp_of(packet: Packet[VideoStream]) -> float | None:
    """Seconds of the stream's own time at which it is to be decoded."""
    stamp = packet.dts if packet.dts is not None else packet.pts
    return None if stamp is None else float(stamp * packet.time_base)
