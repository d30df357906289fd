"""One recording on its way: named, resumed where it was left, judged, stored, and its evidence sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.engine import Engine
from analyzer.privacy import forbidden_areas, withhold
from analyzer.site import Site
from analyzer.types import Change, Event, EventId, Provenance, RunId, Scene
from models.perception import PerceptionFactory
from pipelines.errors import NotFound, StoreUnavailable
from pipelines.evidence import Case, Episode, EvidenceWriter, Footage, ImageFootage, RecordedFootage
from pipelines.evidence.masked import masked
from pipelines.identity import Ingredients
from pipelines.journal import Journal
from pipelines.loop import Mark, Outcome, analyse
from pipelines.plan import Job
from pipelines.records import CoverageInterval, CoverageState, FrameCounts, Run, RunState, ZoneVersion
from pipelines.sources.folder import ImageFolder
from pipelines.sources.items import Source
from pipelines.sources.recording import Recording
from pipelines.store.repository import Repository

_MARGIN = timedelta(seconds=15)  # scenes shown around an event; the clip reaches 10 s to both sides
_LONGEST = timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all recordings of one command stand on: the site as the store knows it, networks, store, evidence."""

    site: Site
    site_sha256: str
    zones: tuple[ZoneVersion, ...]
    factory: PerceptionFactory
    repository: Repository
    evidence: EvidenceWriter
    runs: Path
    rate: float
    code: str
    still_for: timedelta


class Analysis:
    """The run of one recording.

    Raises:
        BadRecording: when it is made, if the recording cannot be read.
    """

    def __init__(self, job: Job, ground: Ground, start: datetime | None) -> None:
        self.job, self._ground = job, ground
        self.source = open_source(job, ground.site, start)
        self._ingredients = Ingredients(
            camera=job.camera,
            source_sha256=self.source.sha256(),
            start=self.source.start.at,
            rate=ground.rate,
            site_sha256=ground.site_sha256,
            models=ground.factory.models,
            backend=ground.factory.backend,
            precision=ground.factory.precision,
            code=ground.code,
            still_for=ground.still_for,
        )
        self.run_id: RunId = self._ingredients.run_id()
        self.provenance = Provenance(
            self.run_id, ground.site_sha256, ground.code, ground.factory.backend, ground.factory.precision, ground.factory.models
        )
        self.journal_folder = ground.runs / self.run_id

    def run(self, stopped: Callable[[], bool], progress: Callable[[timedelta], None]) -> tuple[Run, Outcome, timedelta]:
        """Analyse from where the last pass stopped.

        Returns:
            The run as stored, what the pass came to, and how much of the recording was analysed now.

        Raises:
            BadInput: another process is at it.
            OSError, OverflowError: a file or a time stopped it; the run is marked as failed and can be taken up again.
        """
        started = datetime.now(UTC)
        try:
            return self._run(started, stopped, progress)
        except (OSError, OverflowError) as problem:
            self._fail(problem)
            raise

    def _run(
        self, started: datetime, stopped: Callable[[], bool], progress: Callable[[timedelta], None]
    ) -> tuple[Run, Outcome, timedelta]:
        with Journal(self.journal_folder, str(self.job.path)) as journal:
            begin = journal.resumed.mark if journal.resumed else None
            self._ground.repository.put_run(self._record(RunState.RUNNING, started, begin))
            taker = _Taker(journal, self._ground, self)
            outcome, engine = self._pass(journal, taker, stopped, progress)
            self._ground.repository.put_tallies(self.run_id, engine.tallies())
            self._seal(taker.episodes.values(), journal, None if not outcome.interrupted else outcome.end)
            run = self._conclude(outcome, started)
            if not outcome.interrupted:
                journal.close_off()
        return run, outcome, outcome.end - (begin.pts if begin else timedelta(0))

    def _pass(
        self, journal: Journal, taker: _Taker, stopped: Callable[[], bool], progress: Callable[[timedelta], None]
    ) -> tuple[Outcome, Engine]:
        engine = Engine(self._ground.site.of_camera(self.job.camera), self.job.camera, self.provenance)
        begin = journal.resumed.mark if journal.resumed else None
        for scene in journal.scenes():
            if events := engine.step(scene):
                taker.events(events)
        perception = self._ground.factory.for_camera(self.job.camera, begin.memory if begin else None)
        outcome = analyse(
            self.source,
            perception,
            engine,
            taker,
            rate=self._ground.rate,
            withhold=lambda scene: withhold(scene, self._ground.site),
            begin=begin,
            stopped=stopped,
            progress=progress,
        )
        if not outcome.interrupted and (events := engine.finish(self.source.start.at + outcome.end, outcome.end)):
            taker.events(events)
        return outcome, engine

    def _seal(self, episodes: Iterable[Episode], journal: Journal, reached: timedelta | None) -> None:
        """Write the evidence of the episodes whose surroundings were seen; ``reached`` is set when the pass was stopped."""
        due = [one for one in episodes if reached is None or one.last.pts + _MARGIN <= reached]
        for episode, scenes in windows(due, journal.scenes()):
            seen = masked(footage(self.source), forbidden_areas(self._ground.site, self.job.camera))
            self._ground.evidence.seal(episode, seen, scenes, self._case(episode.opened))

    def _case(self, event: Event) -> Case:
        zone = next((z for z in self._ground.zones if (z.id, z.version) == (event.zone, event.zone_version)), None)
        facility = self._ground.site.facility
        return Case(
            facility.id, facility.timezone_name, self.source.name, self._ingredients.source_sha256, self.source.start.basis, zone
        )

    def _record(self, state: RunState, started: datetime, mark: Mark | None) -> Run:
        return Run(
            id=self.run_id,
            facility=self._ground.site.facility.id,
            camera=self.job.camera,
            source=self.source.name,
            source_sha256=self._ingredients.source_sha256,
            provenance=self.provenance,
            time_basis=self.source.start.basis,
            first_at=self.source.start.at,
            observed=timedelta(0),
            state=state,
            counts=mark.counts if mark else FrameCounts(),
            tracks=mark.tracks if mark else 0,
            started_at=started,
            note=self.source.start.detail,
        )

    def _fail(self, problem: Exception) -> None:
        # The disk that stopped the run may hold the database too: unmarked, it is taken up again all the same.
        with suppress(NotFound, StoreUnavailable):
            run = self._ground.repository.run(self.run_id)
            if run.state is RunState.RUNNING:
                note = f"{run.note}; {problem}"
                self._ground.repository.put_run(replace(run, state=RunState.FAILED, finished_at=datetime.now(UTC), note=note))

    def _conclude(self, outcome: Outcome, started: datetime) -> Run:
        coverage = coverage_of(self.source, self.run_id, outcome)
        # An earlier pass may have come further, but its scenes are gone: this one is what there is.
        self._ground.repository.put_coverage(coverage, whole=True)
        state = RunState.INTERRUPTED if outcome.interrupted else RunState.FINISHED if outcome.complete else RunState.PARTIAL
        run = replace(
            self._record(state, started, None),
            observed=sum((i.duration for i in coverage if i.state is not CoverageState.GAP), timedelta(0)),
            counts=outcome.counts,
            tracks=outcome.tracks,
            finished_at=datetime.now(UTC),
            note="; ".join((self.source.start.detail, *outcome.notes)),
        )
        self._ground.repository.put_run(run)
        if state is not RunState.INTERRUPTED:
            self._ground.repository.make_current(run.id)
        return run


@dataclass(slots=True)
class _Taker:
    """Takes what the loop makes: scenes and marks to the journal, events to the store."""

    journal: Journal
    ground: Ground
    analysis: Analysis
    episodes: dict[EventId, Episode] = field(default_factory=dict)

    def scene(self, scene: Scene) -> None:
        self.journal.append(scene)

    def events(self, events: Sequence[Event]) -> None:
        self.ground.repository.put_events(
            events,
            facility=self.ground.site.facility.id,
            time_basis=self.analysis.source.start.basis,
            at=datetime.now(UTC),
        )
        for event in events:
            if event.change is Change.OPENED:
                self.episodes[event.id] = Episode(event, event)
                self.ground.evidence.pending(event)
            elif event.id in self.episodes:
                self.episodes[event.id] = Episode(self.episodes[event.id].opened, event)

    def due(self, pts: timedelta) -> bool:
        return self.journal.due(pts)

    def mark(self, mark: Mark) -> None:
        self.journal.mark(mark)


def open_source(job: Job, site: Site, start: datetime | None) -> Recording | ImageFolder:
    """The recording or folder of pictures; a start time without a zone is in the facility's time."""
    local = site.facility.timezone
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=local)
    if job.path.is_dir():
        return ImageFolder(job.path, job.camera, start=start, local=local)
    return Recording(job.path, job.camera, start=start, local=local)


def footage(source: Recording | ImageFolder) -> Footage:
    """Where the pictures of evidence come from."""
    return ImageFootage(source) if isinstance(source, ImageFolder) else RecordedFootage(source)


def windows(episodes: Sequence[Episode], scenes: Iterable[Scene]) -> list[tuple[Episode, list[Scene]]]:
    """The scenes around each episode, collected in one pass over all scenes."""
    spans = []
    for episode in episodes:
        since = episode.opened.since_pts - _MARGIN
        spans.append((since, min(episode.last.pts + _MARGIN, since + _LONGEST), episode))
    found: list[tuple[Episode, list[Scene]]] = [(episode, []) for *_, episode in spans]
    if not spans:
        return found
    for scene in scenes:
        for (since, until, _), (_, kept) in zip(spans, found, strict=True):
            if since <= scene.frame.pts <= until:
                kept.append(scene)
    return found


def coverage_of(source: Source, run: RunId, outcome: Outcome) -> tuple[CoverageInterval, ...]:
    """Partition [start, end of the pass) of a recording into watched time and holes."""
    start = source.start.at
    intervals: list[CoverageInterval] = []
    at = timedelta(0)
    for hole in sorted(outcome.holes, key=lambda one: one.start):
        begin = max(at, hole.start)
        if begin > at:
            intervals.append(CoverageInterval(source.camera, start + at, start + begin, CoverageState.LIVE, None, run))
        if hole.end > begin:
            intervals.append(
                CoverageInterval(source.camera, start + begin, start + hole.end, CoverageState.GAP, hole.reason, run)
            )
        at = max(at, hole.end)
    if outcome.end > at:
        intervals.append(CoverageInterval(source.camera, start + at, start + outcome.end, CoverageState.LIVE, None, run))
    return tuple(intervals)
