"""The way of one recording: every picture is analysed or counted as dropped, every scene is judged.

The loop knows nothing of files, containers or databases: a source gives items, a sink takes what comes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from analyzer.engine import Engine
from analyzer.types import Event, Scene, TrackId
from models.errors import PerceptionError
from models.frame import Frame
from models.protocols import Perception
from models.remembered import PerceptionMemory
from pipelines.records import DropReason, FrameCounts
from pipelines.sources.items import Captured, Ended, Hole, Passed, Source


@dataclass(frozen=True, slots=True)
class Mark:
    """A point from which an analysis may go on without looking back.

    ``pts`` is the last picture accounted for, ``memory`` what perception knew after it, ``tracks`` the number seen, ``seen``
    those of them that may be seen again, ``things`` how many things passed for people at once.
    """

    pts: timedelta
    counts: FrameCounts
    holes: tuple[Hole, ...]
    memory: PerceptionMemory
    tracks: int
    seen: frozenset[TrackId]
    things: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass over a source came to. ``interrupted`` says that it was stopped from outside."""

    counts: FrameCounts
    holes: tuple[Hole, ...]
    end: timedelta
    complete: bool
    interrupted: bool
    tracks: int
    notes: tuple[str, ...]


class Sink(Protocol):
    """Takes what the loop makes, in time order."""

    def scene(self, scene: Scene) -> None: ...

    def events(self, events: Sequence[Event]) -> None: ...

    def due(self, pts: timedelta) -> bool:
        """Whether a mark is wanted after the picture of this time."""
        ...

    def mark(self, mark: Mark) -> None: ...


@dataclass(slots=True)
class _Account:
    """Running totals of one pass."""

    captured: int = 0
    analysed: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)
    holes: list[Hole] = field(default_factory=list)
    at: timedelta = timedelta(0)
    tracks: int = 0
    seen: set[TrackId] = field(default_factory=set)
    things: int = 0

    @classmethod
    def from_mark(cls, mark: Mark) -> _Account:
        dropped = Counter(dict(mark.counts.dropped))
        return cls(
            mark.counts.captured,
            mark.counts.analysed,
            dropped,
            list(mark.holes),
            mark.pts,
            mark.tracks,
            set(mark.seen),
            mark.things,
        )

    @property
    def counts(self) -> FrameCounts:
        return FrameCounts(self.captured, self.analysed, tuple(sorted(self.dropped.items())))

    def meet(self, scene: Scene) -> None:
        """Count tracks not met before, and things."""
        self.things = max(self.things, len(scene.things))
        new = {seen.track.id for seen in scene.observations} - self.seen
        self.seen |= new
        self.tracks += len(new)

    def mark(self, memory: PerceptionMemory) -> Mark:
        """What is not alive cannot come back and is forgotten: ids are never given twice."""
        self.seen &= memory.alive
        return Mark(self.at, self.counts, tuple(self.holes), memory, self.tracks, frozenset(self.seen), self.things)

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.things:
            return ()
        return (
            f"{self.things} thing(s) that look like people and do not move were not judged; VIGIL_STILL_MINUTES=0 judges them",
        )

    def drop(self, pts: timedelta, reason: DropReason) -> None:
        self.captured += 1
        self.dropped[reason] += 1
        self.at = max(self.at, pts)


def analyse(
    source: Source,
    perception: Perception,
    engine: Engine,
    sink: Sink,
    *,
    rate: float,
    withhold: Callable[[Scene], Scene],
    begin: Mark | None = None,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[timedelta], None] = lambda _: None,
) -> Outcome:
    """Go through a source once.

    Args:
        source: where the pictures come from.
        perception: fresh, or with ``begin.memory``.
        engine: fresh, or fed with the scenes up to ``begin``.
        sink: takes scenes, events and marks.
        rate: analysed instants a second.
        withhold: takes out of a scene what may not be known (forbidden areas), before anything is stored or judged.
        begin: the last mark of an earlier pass.
        stopped: asked after each picture; true ends the pass after it.
        progress: told the PTS reached.
    """
    one = _Pass(perception, engine, sink, withhold, _Account.from_mark(begin) if begin else _Account())
    ended: Ended | None = None
    interrupted = False
    for item in source.frames(rate, begin.pts if begin else None):
        match item:
            case Captured(frame):
                one.look(frame)
                progress(frame.ref.pts)
                interrupted = stopped()
            case Passed(pts, reason):
                one.account.drop(pts, reason)
            case Hole():
                one.account.holes.append(item)
            case Ended():
                ended = item
        if interrupted:
            break
    return Outcome(
        counts=one.account.counts,
        holes=tuple(one.account.holes),
        end=ended.end if ended else one.account.at,
        complete=bool(ended and ended.complete),
        interrupted=interrupted,
        tracks=one.account.tracks,
        notes=(*(ended.notes if ended else ()), *one.account.notes),
    )


@dataclass(frozen=True, slots=True)
class _Pass:
    """What every picture of one pass meets."""

    perception: Perception
    engine: Engine
    sink: Sink
    withhold: Callable[[Scene], Scene]
    account: _Account

    def look(self, frame: Frame) -> None:
        """Analyse one picture. A picture on which perception fails is dropped and counted; the next one goes on."""
        account = self.account
        try:
            scene = self.withhold(self.perception.perceive(frame))
        except PerceptionError:
            account.drop(frame.ref.pts, DropReason.FAILED)
            return
        account.captured += 1
        account.analysed += 1
        account.at = frame.ref.pts
        account.meet(scene)
        self.sink.scene(scene)
        if events := self.engine.step(scene):
            self.sink.events(events)
        if self.sink.due(frame.ref.pts) and (memory := self.perception.memory) is not None:
            self.sink.mark(account.mark(memory))
