"""Analysis of recordings: each one a run, resumable, idempotent, and none stops another."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Self

from rich.markup import escape
from rich.progress import Progress

from analyzer.naming import sign_name
from analyzer.sentences import Language
from analyzer.site import SiteMode
from analyzer.types import RunId
from models.perception import PerceptionFactory, PerceptionOptions, load_perception
from pipelines.analysis import Analysis, Ground
from pipelines.errors import BadInput, BadRecording, NotFound, StoreUnavailable
from pipelines.evidence import EvidenceWriter
from pipelines.identity import code_version
from pipelines.linking import link_options
from pipelines.plan import Plan, make_plan, slug
from pipelines.private_folder import make_private
from pipelines.records import EventFilter, EvidenceState, Run, RunState, TimeBasis
from pipelines.settings import Settings
from pipelines.site_file import load_site
from pipelines.site_records import camera_records, mask_only_site, remember
from pipelines.store.database import open_database, place_of
from pipelines.store.migration import migrate
from pipelines.store.repository import Repository
from pipelines.summary import RunSummary

_NOTHING_LOST = "put that right and run the same command again, nothing done is lost"
_DONE = frozenset({RunState.FINISHED, RunState.PARTIAL})


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. ``start`` without a zone is in the facility's time."""

    recordings: tuple[str, ...]
    site: Path | None
    rate: float
    start: datetime | None = None
    record_scenes: Path | None = None


class Batch:
    """One command over any number of recordings. Made by `open`; use as a context manager."""

    def __init__(self, request: Request, plan: Plan, ground: Ground, closing: ExitStack) -> None:
        self._request, self._plan, self._ground, self._closing = request, plan, ground, closing
        self._scene_files: set[str] = set()

    @classmethod
    def open(cls, settings: Settings, request: Request, factory: PerceptionFactory | None = None) -> Self:
        """Read the site, open the database (bringing it up to date) and load the networks.

        Raises:
            BadInput: the site file or the address of the database cannot be used.
        """
        document = load_site(request.site) if request.site else None
        plan = make_plan(request.recordings, camera_records(document.site) if document else None)
        document = document or mask_only_site(tuple(dict.fromkeys(job.camera for job in plan.jobs)))
        with ExitStack() as stack:
            make_private(settings.data_dir)
            database = stack.enter_context(open_database(settings.database))
            migrate(database)
            repository = Repository(database)
            known_as = place_of(settings.database, settings.evidence)
            evidence = stack.enter_context(EvidenceWriter(settings.evidence, repository, Language(settings.language), known_as))
            factory = factory or load_perception(
                settings.device,
                settings.precision,
                settings.backend,
                options=PerceptionOptions(
                    links=link_options(settings.link_minutes, document.site, together=False),
                    still_for=timedelta(minutes=settings.still_minutes),
                ),
            )
            # Without a site file each recording is a camera, known as soon as it could be opened: see `_introduce`.
            site, zones = remember(document, repository) if request.site else (document.site, ())
            ground = Ground(
                site=site,
                site_sha256=document.sha256,
                zones=zones,
                factory=factory,
                repository=repository,
                evidence=evidence,
                runs=settings.runs,
                rate=request.rate,
                code=code_version(),
                still_for=timedelta(minutes=settings.still_minutes),
            )
            return cls(request, plan, ground, stack.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.close()

    def analyse(self, bars: Progress, stopped: Callable[[], bool]) -> tuple[list[RunSummary], list[BadInput]]:
        """Analyse every recording; what cannot be read is refused with its reason and the rest goes on.

        A database that takes no more ends the work: what was done is told, and which recordings are left.
        """
        runs: list[RunSummary] = []
        refused = list(self._plan.refused)
        for number, job in enumerate(self._plan.jobs):
            if stopped():
                break
            try:
                analysis = Analysis(job, self._ground, self._request.start)
                runs.append(self._one(analysis, bars, stopped))
                if runs[-1].state is not RunState.INTERRUPTED:
                    self._copy_scenes(analysis)
            except BadInput as problem:
                refused.append(problem)
            except OSError as error:
                refused.append(_refused_by_system(job.path, error))
            except StoreUnavailable as problem:
                refused.extend(BadRecording(str(left.path), str(problem), _NOTHING_LOST) for left in self._plan.jobs[number:])
                break
            except OverflowError as error:
                refused.append(
                    BadRecording(str(job.path), f"its times cannot be counted ({error})", "name its begin with --start")
                )
        return runs, refused

    def _one(self, analysis: Analysis, bars: Progress, stopped: Callable[[], bool]) -> RunSummary:
        if self._request.site is None:
            self._introduce(analysis)
        before = self._earlier(analysis.run_id)
        if before and before.state in _DONE:
            # Asked for again, with these rules and networks: they speak for the recording again.
            self._ground.repository.make_current(before.id)
            return self._summary(analysis, before, already_done=True)
        began = monotonic()
        expected = analysis.source.expected
        bar = bars.add_task(escape(analysis.source.name), total=expected.total_seconds() if expected else None)
        run, outcome, analysed = analysis.run(stopped, lambda pts: bars.update(bar, completed=pts.total_seconds()))
        bars.update(bar, completed=1, total=1)
        return replace(
            self._summary(analysis, run),
            elapsed=timedelta(seconds=monotonic() - began),
            analysed_now=analysed,
            notes=(*outcome.notes, *self._notes(run)),
        )

    def _introduce(self, analysis: Analysis) -> None:
        repository, camera = self._ground.repository, analysis.job.camera
        document = mask_only_site((camera,))
        try:
            owner = repository.camera(camera).facility
        except NotFound:
            owner = document.site.facility.id
        if owner != document.site.facility.id:
            raise BadInput(
                str(analysis.job.path),
                f"its camera {camera!r} belongs to facility {owner!r}",
                "name the site file of that facility with --site, or rename the recording",
            )
        remember(document, repository)

    def _earlier(self, run: RunId) -> Run | None:
        try:
            return self._ground.repository.run(run)
        except NotFound:
            return None

    def _copy_scenes(self, analysis: Analysis) -> None:
        """Give the user the scenes under the name of the recording, for `vigil replay`.

        Of recordings of one name the first keeps it; the others add their camera and the beginning of their run.
        """
        if folder := self._request.record_scenes:
            folder.mkdir(parents=True, exist_ok=True)
            name = analysis.job.path.stem
            if name in self._scene_files:
                name = f"{name}.{slug(analysis.job.camera)}.{analysis.run_id[:12]}"
            self._scene_files.add(name)
            shutil.copyfile(analysis.journal_folder / "scenes.jsonl", folder / f"{name}.scenes.jsonl")

    def _summary(self, analysis: Analysis, run: Run, *, already_done: bool = False) -> RunSummary:
        events = list(self._ground.repository.every_event(EventFilter(run=run.id)))
        evidence = Counter(event.evidence_state for event in events)
        end = run.first_at + timedelta(days=3660)
        return RunSummary(
            run=run.id,
            recording=analysis.source.name,
            camera=run.camera,
            state=run.state,
            time_basis=run.time_basis,
            first_at=run.first_at,
            coverage=self._ground.repository.coverage(run.camera, run.first_at, end, run.id),
            counts=run.counts,
            tracks=run.tracks,
            events=tuple(sorted(Counter(event.rule for event in events).items())),
            tallies=tuple(entry.tally for entry in self._ground.repository.tallies(run=run.id)),
            evidence_ready=evidence[EvidenceState.READY],
            evidence_failed=evidence[EvidenceState.FAILED] + evidence[EvidenceState.LOST],
            elapsed=timedelta(0),
            analysed_now=timedelta(0),
            already_done=already_done,
            signs=tuple(dict.fromkeys((event.rule, sign_name(event.rule, event.role)) for event in events)),
            mask_only=self._ground.site.mode_of(run.camera) is SiteMode.MASK_ONLY,
            notes=self._notes(run),
        )

    def _notes(self, run: Run) -> tuple[str, ...]:
        notes = []
        if run.time_basis is TimeBasis.UNKNOWN:
            notes.append("start time unknown: times count from 1970-01-01; --start places the recording in time")
        if self._ground.site.mode_of(run.camera) is SiteMode.MASK_ONLY:
            notes.append("masks only: no zone, door or line is drawn, so no other rule is judged; --site FILE draws them")
        notes += [
            f"the network {name} is not there, and nothing that it reads was judged; `vigil doctor` names its file"
            for name in self._ground.factory.absent
        ]
        return tuple(notes)


def _refused_by_system(recording: Path, error: OSError) -> BadRecording:
    where = f"{error.filename}: " if error.filename is not None and str(error.filename) != str(recording) else ""
    return BadRecording(str(recording), f"{where}{error.strerror or error}", _NOTHING_LOST)
