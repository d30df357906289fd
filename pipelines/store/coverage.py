"""The ledger of what was watched: the intervals of one camera and run never overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from analyzer.types import CameraId, RunId
from pipelines.records import CoverageInterval
from pipelines.store.noun import Noun
from pipelines.store.partition import best_of, check_disjoint, laid_over
from pipelines.store.tables import CoverageRow


class Coverage(Noun):
    """Observed time and gaps."""

    def put_coverage(self, intervals: Sequence[CoverageInterval], *, whole: bool = False) -> None:
        """Store stretches of time. What the same run said of the same time before is replaced; the same again changes nothing.

        An interval that goes on where the last one of the run ended, in the same state, makes that one longer.
        ``whole``: this is all that the run says; what it said of any other time is taken back.

        Raises:
            ValueError: intervals of one camera and run overlap, or end before they start.
        """
        groups: dict[tuple[str, str], list[CoverageInterval]] = defaultdict(list)
        for interval in intervals:
            groups[interval.camera, interval.run or ""].append(interval)
        checked = {key: new for key, group in groups.items() if (new := check_disjoint(group))}
        if not checked:
            return
        with self._database.write(*{f"coverage:{camera}" for camera, _ in checked}) as session:
            for (camera, run), new in checked.items():
                _lay_over(session, camera, run, new, whole=whole)

    def coverage(
        self, camera: CameraId, since: datetime, until: datetime, run: RunId | None = None
    ) -> tuple[CoverageInterval, ...]:
        """What is known of [since, until), disjoint and in order; time that no interval names was not watched either.

        Without a run, an instant is in the best state any run saw it in.
        """
        wanted = select(CoverageRow).where(
            CoverageRow.camera == camera, col(CoverageRow.starts_at) < until, col(CoverageRow.ends_at) > since
        )
        if run is not None:
            wanted = wanted.where(CoverageRow.run == run)
        with self._database.read() as session:
            return best_of([_interval(row) for row in session.exec(wanted)], since, until)


def _lay_over(session: Session, camera: str, run: str, new: tuple[CoverageInterval, ...], *, whole: bool) -> None:
    said = select(CoverageRow).where(CoverageRow.camera == camera, CoverageRow.run == run)
    if not whole:  # touching neighbours are read too: they may become one with the new ones
        said = said.where(col(CoverageRow.starts_at) <= new[-1].end, col(CoverageRow.ends_at) >= new[0].start)
    old = {_interval(row) for row in session.exec(said)}
    wanted = set(laid_over([] if whole else sorted(old, key=lambda interval: interval.start), new))
    if gone := [interval.start for interval in old - wanted]:
        session.exec(
            sa.delete(CoverageRow)
            .where(col(CoverageRow.camera) == camera, col(CoverageRow.run) == run, col(CoverageRow.starts_at).in_(gone))
            .execution_options(synchronize_session=False)
        )
        session.expunge_all()
    session.add_all(
        CoverageRow(
            camera=camera, run=run, starts_at=interval.start, ends_at=interval.end, state=interval.state, reason=interval.reason
        )
        for interval in wanted - old
    )
    session.flush()


def _interval(row: CoverageRow) -> CoverageInterval:
    return CoverageInterval(
        CameraId(row.camera), row.starts_at, row.ends_at, row.state, row.reason, RunId(row.run) if row.run else None
    )
