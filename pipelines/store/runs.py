"""Runs, and the counts of what they judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from analyzer.types import CameraId, FacilityId, RuleId, RunId, Tally
from pipelines.errors import NotFound
from pipelines.records import Run
from pipelines.store.entries import RunTally
from pipelines.store.noun import Noun
from pipelines.store.sites import STAND_IN
from pipelines.store.tables import EventRow, RunRow, TallyRow


class Runs(Noun):
    """What was analysed with what."""

    def put_run(self, run: Run) -> None:
        """Store a run, or the same run further on.

        Raises:
            StoreError: its facility or camera is unknown; put the site first.
        """
        with self._database.write(f"run:{run.id}") as session:
            known = session.get(RunRow, run.id)
            row = _row(run)
            row.superseded = known is not None and known.superseded
            session.merge(row)

    def make_current(self, run: RunId) -> None:
        """Let this run speak for its recording: other runs of the same recording and camera are superseded.

        Nothing is deleted: their events, decisions and evidence stay and are found by their run. A run without a
        recording (a live camera) supersedes nothing.

        Raises:
            NotFound: there is no such run.
        """
        with self._database.write(f"run:{run}") as session:
            row = session.get(RunRow, run)
            if row is None:
                raise NotFound(f"no run {run!r}")
            if row.source_sha256 is None:
                return
            same = (col(RunRow.camera) == row.camera, col(RunRow.source_sha256) == row.source_sha256)
            session.exec(sa.update(RunRow).where(*same).values(superseded=col(RunRow.id) != run))
            runs = sa.select(col(RunRow.id)).where(*same)
            session.exec(sa.update(EventRow).where(col(EventRow.run).in_(runs)).values(superseded=col(EventRow.run) != run))

    def run(self, run: RunId) -> Run:
        with self._database.read() as session:
            row = session.get(RunRow, run)
            if row is None:
                raise NotFound(f"no run {run!r}")
            return _run(row)

    def runs(
        self, facility: FacilityId | None = None, camera: CameraId | None = None, limit: int = 100, before: datetime | None = None
    ) -> tuple[Run, ...]:
        """The latest ``started_at`` first; only those started before ``before``.

        Runs of the rules about a facility as a whole are given only when its stand-in camera is asked for.
        """
        wanted = select(RunRow).order_by(col(RunRow.started_at).desc(), col(RunRow.id).desc()).limit(limit)
        if facility is not None:
            wanted = wanted.where(RunRow.facility == facility)
        if camera is not None:
            wanted = wanted.where(RunRow.camera == camera)
        else:
            wanted = wanted.where(~col(RunRow.camera).startswith(STAND_IN, autoescape=True))
        if before is not None:
            wanted = wanted.where(RunRow.started_at < before)
        with self._database.read() as session:
            return tuple(_run(row) for row in session.exec(wanted))

    def put_tallies(self, run: RunId, tallies: Sequence[Tally]) -> None:
        """Store the counts of a run in place of those it had."""
        with self._database.write(f"run:{run}") as session:
            session.exec(sa.delete(TallyRow).where(col(TallyRow.run) == run))
            session.add_all(
                TallyRow(
                    run=run,
                    camera=tally.camera,
                    rule=tally.rule,
                    rule_version=tally.rule_version,
                    votes=tally.votes,
                    subjects=tally.subjects,
                    assessed_subjects=tally.assessed_subjects,
                    episodes=tally.episodes,
                )
                for tally in tallies
            )

    def tallies(
        self,
        run: RunId | None = None,
        camera: CameraId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[RunTally, ...]:
        """Counts with the run they are of; of superseded runs only when asked for the run. ``since`` and ``until`` are compared with `Run.first_at`, half-open."""
        wanted = select(TallyRow).join(RunRow, col(RunRow.id) == col(TallyRow.run))
        wanted = wanted.where(~col(RunRow.superseded) if run is None else col(TallyRow.run) == run)
        if camera is not None:
            wanted = wanted.where(TallyRow.camera == camera)
        if since is not None:
            wanted = wanted.where(RunRow.first_at >= since)
        if until is not None:
            wanted = wanted.where(RunRow.first_at < until)
        wanted = wanted.order_by(col(RunRow.first_at), TallyRow.run, TallyRow.camera, TallyRow.rule, col(TallyRow.rule_version))
        with self._database.read() as session:
            return tuple(RunTally(RunId(row.run), _tally(row)) for row in session.exec(wanted))


def _row(run: Run) -> RunRow:
    return RunRow(
        id=run.id,
        facility=run.facility,
        camera=run.camera,
        source=run.source,
        source_sha256=run.source_sha256,
        provenance=run.provenance,
        time_basis=run.time_basis,
        first_at=run.first_at,
        observed=run.observed,
        state=run.state,
        counts=run.counts,
        tracks=run.tracks,
        started_at=run.started_at,
        finished_at=run.finished_at,
        note=run.note,
    )


def _run(row: RunRow) -> Run:
    return Run(
        id=RunId(row.id),
        facility=FacilityId(row.facility),
        camera=CameraId(row.camera),
        source=row.source,
        source_sha256=row.source_sha256,
        provenance=row.provenance,
        time_basis=row.time_basis,
        first_at=row.first_at,
        observed=row.observed,
        state=row.state,
        counts=row.counts,
        tracks=row.tracks,
        started_at=row.started_at,
        finished_at=row.finished_at,
        note=row.note,
    )


def _tally(row: TallyRow) -> Tally:
    return Tally(
        RuleId(row.rule), row.rule_version, CameraId(row.camera), row.votes, row.subjects, row.assessed_subjects, row.episodes
    )
