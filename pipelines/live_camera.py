"""One live camera from scene to event: its run, its ledger, its rules. No threads of its own; the loop holds the lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from analyzer.engine import Engine
from analyzer.site import Site
from analyzer.types import CameraId, Change, Event, EventId, Provenance, Reason, RunId, Scene
from models.frame import Image
from models.remembered import ThingMemory
from pipelines.coverage import CoverageLedger, FrameAccount
from pipelines.evidence import Episode
from pipelines.health import Health, PictureHealth
from pipelines.looks import LookBook
from pipelines.overlay import ClockWatch, ReplayWatch
from pipelines.pace import Pace
from pipelines.records import STILL_WATCHED, CoverageState, DropReason, GapReason, Run, RunState, TimeBasis
from pipelines.scene_ring import SceneRing
from pipelines.seeing import Seer
from pipelines.sources.camera import CameraPlan
from pipelines.sources.lifecycle import State
from pipelines.sources.line import line_fault
from pipelines.sources.wire import Glance, Line, Tally

SCENES_KEPT: Final = timedelta(seconds=160)  # evidence reaches 10 s to both sides of at most two minutes

_IMPAIRMENTS: Final = {
    GapReason.FROZEN: Reason.STREAM_FROZEN,
    GapReason.LOOPED: Reason.STREAM_FROZEN,
    GapReason.BLACK: Reason.TOO_DARK,
    GapReason.TOO_DARK: Reason.TOO_DARK,
    GapReason.GLARE: Reason.GLARE,
    GapReason.COVERED: Reason.VIEW_BLOCKED,
    GapReason.BLURRED: Reason.BLUR,
    GapReason.MOVED: Reason.VIEW_SHIFTED,
}
_LOOKED_AT: Final = timedelta(seconds=5)
"""A quiet camera is looked at every two to four seconds; without that its quiet time is not watched time."""

_STOPS_WITHIN: Final = timedelta(seconds=10)
"""A camera that was live that long ago and is stopped was watched until then."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What all cameras of this process share: site, its hash, code, and what sees."""

    site: Site
    site_sha256: str
    code: str
    seer: Seer
    withhold: Callable[[Scene], Scene] = lambda scene: scene


class LiveCamera:
    """Everything one camera accumulates between two starts of its run."""

    def __init__(self, plan: CameraPlan, origin: Origin, begins: datetime, zero: datetime) -> None:
        """``begins``: when the run began; ``zero``: UTC of stream time zero."""
        self.plan, self.zero = plan, zero
        self._origin, self._begins = origin, begins
        self.run_id = RunId(uuid4().hex)
        seer = origin.seer
        self.provenance = Provenance(self.run_id, origin.site_sha256, origin.code, seer.backend, seer.precision, seer.models)
        self._engine = Engine(origin.site, plan.camera, self.provenance)
        self.ledger = CoverageLedger(plan.camera, begins, self.run_id)
        self.account, self.looks = FrameAccount(), LookBook(plan.camera, self.run_id, begins)
        self.scenes: deque[Scene] = deque()
        self._kept = SceneRing(plan.ring)
        self.episodes: dict[EventId, Episode] = {}
        self.state, self.reason = State.CONNECTING, GapReason.NOT_STARTED
        self.rate, self.degraded = plan.rate, False  # what the machine gives of what is asked
        self._pace = Pace() if plan.paced else None
        self._health, self.health = PictureHealth(), Health()
        self._overlay, self._replay = ClockWatch(), ReplayWatch()
        self._tracks: set[int] = set()
        self._live_from = begins
        self._late: deque[datetime] = deque()
        self._blind = False
        self._judged = begins
        self.line: GapReason | None = None  # what is wrong with the line
        self.behind = timedelta(0)  # how late pictures come
        self.seen_at, self.ever_seen = begins, False  # when the last picture came
        self._stopped_live = self._planned = False
        self.missed_seconds = 0.0  # person-seconds that the gates may have missed before the scene judged last
        self.things = 0  # how many things pass for people

    @property
    def camera(self) -> CameraId:
        return self.plan.camera

    @property
    def site(self) -> Site:
        """What holds for this run; the site of the process may know more, or this camera no more."""
        return self._origin.site

    @property
    def begins(self) -> datetime:
        """When the run began."""
        return self._begins

    @property
    def idle(self) -> bool:
        """Nothing is going on that the end of the run would cut in two."""
        return not self.episodes and (not self.scenes or not self.scenes[-1].observations)

    def successor(self, origin: Origin) -> LiveCamera:
        """The next run of the same camera, which begins where the ledger of this one ends. To be asked after `close`."""
        new = LiveCamera(self.plan, origin, self.ledger.cursor, self.zero)
        new.state, new.reason, new.rate, new.degraded = self.state, self.reason, self.rate, self.degraded
        new._health, new.health, new._judged = self._health, self.health, self._judged
        new._overlay, new._replay = self._overlay, self._replay
        new.line, new.behind = self.line, self.behind
        new.seen_at, new.ever_seen, new._planned = self.seen_at, self.ever_seen, self._planned
        return new

    def things_known(self) -> ThingMemory:
        """Where things that pass for people are, as the next process may go on with."""
        return self._origin.seer.things(self.camera)

    def silent(self, now: datetime) -> timedelta | None:
        """How long no picture has come; ``None`` while none ever has."""
        return now - self.seen_at if self.ever_seen else None

    @property
    def clock_still(self) -> bool:
        """The clock that the camera writes into its picture stands still although the picture lives."""
        return self._overlay.still

    @property
    def picture_health(self) -> PictureHealth:
        return self._health

    @property
    def hindrance(self) -> Reason | None:
        """What is wrong with the picture, as the rules name it."""
        return _IMPAIRMENTS.get(self.health.fault) if self.health.fault is not None else None

    @property
    def trouble(self) -> GapReason | None:
        """What keeps a connected camera from being watched as asked: its picture, this machine, or its line."""
        if self.health.fault is not None:
            return self.health.fault
        if self.degraded or (self.line is None and len(self._late) > 0.2 * 10 * self.rate):
            return GapReason.OVERLOAD
        return self.line

    # --- what happens ------------------------------------------------------------------------------

    def connection(self, state: State, reason: GapReason, now: datetime) -> None:
        """The state of the connection changed at ``now``."""
        if state is State.LIVE and self.state is not State.LIVE:
            off = self._planned and self.state is not State.CONNECTING
            self.ledger.mark(now, CoverageState.GAP, GapReason.MAINTENANCE if off else self.reason)
        self._stopped_live = state is State.STOPPED and self.state is State.LIVE and now - self.ledger.cursor < _STOPS_WITHIN
        if self._stopped_live:
            self._mark(now)
        if state is not State.LIVE:
            self.line, self.behind = None, timedelta(0)  # the next connection may be a better one
        self.state, self.reason = state, reason

    def lined(self, line: Line) -> bool:
        """Take in what the line gives; whether that began or ceased to hinder watching, or does so in another way."""
        before = self.line
        self.line, self.behind = line_fault(line, before), timedelta(seconds=line.late)
        if before is GapReason.DELAYED is not self.line:
            self._late.clear()  # what a line had held up comes at once: that it cannot all be looked at is not the machine's fault
        return self.line is not before

    def glanced(self, glance: Glance, grey: Image, now: datetime) -> bool:
        """Take in a glance; whether the health of the picture changed. Quiet time is watched time."""
        before, taken = self.health.fault, self._taken(now)
        self.seen_at, self.ever_seen = max(self.seen_at, now), True
        # What plays recordings is meant to show them again.
        replayed = self.plan.address.is_network and self._replay.see(grey)
        self._overlay.see(grey, glance.arrival)
        self.health = self._health.see(grey, glance.p_bytes, glance.arrival, looped=glance.looped or replayed)
        if before is None and self.health.fault is not None:
            # What was marked until now was not yet known to be ill; from here on it is said.
            self._mark(taken)
        elif self.health.fault is not None or (not glance.awake and taken - self._judged <= _LOOKED_AT):
            self._mark(taken)
        return self.health.fault is not before

    def understood(self, scene: Scene, *, unasked: bool = False) -> tuple[Event, ...]:
        """Judge a scene; ``unasked``: the gates had seen nothing in it."""
        fault = self.health.fault
        if fault is not None and (impairment := _IMPAIRMENTS.get(fault)) is not None:
            scene = replace(scene, impairments=(*scene.impairments, impairment))
        scene = self._origin.withhold(scene)
        events = self._noted(self._engine.step(scene))
        self.account.analysed += 1
        self._judged = scene.frame.at
        self.missed_seconds = self.looks.looked(scene.frame.at, len(scene.observations), self.plan.rate, unasked=unasked)
        self.seen_at, self.ever_seen = max(self.seen_at, scene.frame.at), True
        self._mark(scene.frame.at)
        self.things = len(scene.things)
        self.scenes.append(scene)
        self._kept.put(scene)
        while self.scenes and scene.frame.at - self.scenes[0].frame.at > SCENES_KEPT:
            self.scenes.popleft()
        self._tracks.update(seen.track.id for seen in scene.observations)
        return events

    def wanted_rate(self, scene: Scene) -> float:
        """Pictures a second that are needed after the scene judged last."""
        if self._pace is None:
            return self.rate
        return self._pace.rate(self.rate, scene, undecided=self._engine.undecided())

    def failed(self, at: datetime, reason: DropReason) -> None:
        """A frame could not be analysed."""
        self.account.drop(reason)
        if reason is DropReason.FAILED:
            self.ledger.mark(at, CoverageState.GAP, GapReason.ANALYSIS)
            self._blind = True
        elif reason is DropReason.LATE:
            self._late.append(at)

    def counted(self, tally: Tally) -> None:
        """The packets of a connection that is over; what was sent is accounted for where it went."""
        self.account.drop(DropReason.RATE, tally.rate)
        self.account.drop(DropReason.QUIET, tally.quiet)
        self.account.drop(DropReason.CORRUPT, tally.corrupt)
        self.account.drop(DropReason.DECODE, tally.decode)

    def elapsed(self, now: datetime, *, planned: bool = False) -> None:
        """Time went by: a camera that is not live is a gap that grows; ``planned`` when it may be off now."""
        self._planned = planned
        if self.state not in {State.LIVE, State.CONNECTING} or self.reason is GapReason.MAINTENANCE:
            self.ledger.mark(now, CoverageState.GAP, GapReason.MAINTENANCE if planned else self.reason)
        while self._late and now - self._late[0] > timedelta(seconds=10):
            self._late.popleft()

    def close(self, now: datetime) -> tuple[Event, ...]:
        """The run ends; the time up to ``now`` was watched if the camera was live."""
        if self.state is State.LIVE and now - self.ledger.cursor < _STOPS_WITHIN:
            self._mark(now)
        elif not self._stopped_live:  # then the run ends where watching did
            self.ledger.mark(now, CoverageState.GAP, self.reason)
        self._kept.close()
        return self._noted(self._engine.finish(now, now - self.zero))

    # --- what is stored ----------------------------------------------------------------------------

    def record(self, state: RunState, source: str, now: datetime) -> Run:
        """The run as it stands."""
        return Run(
            id=self.run_id,
            facility=self._origin.site.facility.id,
            camera=self.camera,
            source=source,
            source_sha256=None,
            provenance=self.provenance,
            time_basis=TimeBasis.LIVE,
            first_at=self._begins,
            observed=self.ledger.cursor - self._begins,
            state=state,
            counts=self.account.counts,
            tracks=len(self._tracks),
            started_at=self._begins,
            finished_at=None if state is RunState.RUNNING else now.astimezone(UTC),
        )

    @property
    def engine(self) -> Engine:
        return self._engine

    def scenes_between(self, since: datetime, until: datetime) -> tuple[Scene, ...]:
        return tuple(scene for scene in self.scenes if since <= scene.frame.at <= until)

    def _taken(self, arrived: datetime) -> datetime:
        """When what arrives now was taken."""
        return arrived - self.behind

    def _mark(self, at: datetime) -> None:
        trouble = self.trouble
        if self._blind:  # from the picture that failed to the next one that did not, nobody looked
            self._blind = False
            self.ledger.mark(at, CoverageState.GAP, GapReason.ANALYSIS)
            return
        if trouble is None:
            self.ledger.mark(at, CoverageState.LIVE)
        else:
            self.ledger.mark(at, CoverageState.DEGRADED if trouble in STILL_WATCHED else CoverageState.GAP, trouble)

    def _noted(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        for event in events:
            known = self.episodes.get(event.id)
            if event.change is Change.OPENED:
                self.episodes[event.id] = Episode(event, event)
            elif known is not None:
                self.episodes[event.id] = Episode(known.opened, event)
        return events
