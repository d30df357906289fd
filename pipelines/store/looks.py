"""How cameras were looked at, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from analyzer.types import CameraId, RunId
from pipelines.looks import LookHour, hour_of
from pipelines.store.noun import Noun
from pipelines.store.tables import LookHourRow


class Looks(Noun):
    """Audits of the gates, and the rate asked and got."""

    def put_looks(self, hours: Sequence[LookHour]) -> None:
        """Store hours; what the same run said of the same hour before is replaced, so the same again changes nothing.

        Raises:
            ValueError: an hour without a run: a sum cannot be stored.
        """
        for one in hours:
            if one.run is None:
                raise ValueError(f"an hour of camera {one.camera!r} belongs to no run")
        if not hours:
            return
        with self._database.write() as session:
            for one in hours:
                session.merge(
                    LookHourRow(
                        run=str(one.run),
                        hour=one.hour,
                        camera=one.camera,
                        gate_audits=one.audits,
                        gate_misses=one.misses,
                        missed_seconds=one.missed_seconds,
                        judged=one.judged,
                        asked=one.asked,
                    )
                )

    def looks(self, camera: CameraId, since: datetime, until: datetime) -> tuple[LookHour, ...]:
        """The hours that touch [since, until), in order, each of all runs together; whole hours, also at the edges."""
        wanted = (
            select(LookHourRow)
            .where(LookHourRow.camera == camera, col(LookHourRow.hour) >= hour_of(since), col(LookHourRow.hour) < until)
            .order_by(col(LookHourRow.hour), LookHourRow.run)
        )
        found: dict[datetime, LookHour] = {}
        with self._database.read() as session:
            for row in session.exec(wanted):
                one = _look_hour(row)
                found[one.hour] = found[one.hour].plus(one) if one.hour in found else one
        return tuple(found.values())


def _look_hour(row: LookHourRow) -> LookHour:
    return LookHour(
        CameraId(row.camera),
        row.hour,
        row.gate_audits,
        row.gate_misses,
        row.missed_seconds,
        row.judged,
        row.asked,
        RunId(row.run),
    )
