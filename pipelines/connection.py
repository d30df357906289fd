"""How well a facility was connected over any period, from the ledger: for the command, the service and reports (B7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from analyzer.types import CameraId, FacilityId
from pipelines.coverage import filled, told_until
from pipelines.records import CameraRecord, CoverageInterval
from pipelines.sla import ConnectionReport, FacilityReport, Outage, facility_report, report


class LedgerStore(Protocol):
    """What is needed of the repository."""

    def cameras(self, facility: FacilityId | None = None) -> tuple[CameraRecord, ...]: ...
    def coverage(self, camera: CameraId, since: datetime, until: datetime) -> tuple[CoverageInterval, ...]: ...


def connection_of(store: LedgerStore, facility: FacilityId, since: datetime, until: datetime, now: datetime) -> FacilityReport:
    """The report over the cameras in force; time that no ledger names was not connected.

    What a process at work has not written yet, the last second or two before ``now``, belongs to no period.
    """
    known = {camera.id: store.coverage(camera.id, since, until) for camera in store.cameras(facility)}
    end = told_until(known.values(), until, now)
    return facility_report({camera: filled(own, camera, since, end) for camera, own in known.items()}, since, end)


def camera_connection(store: LedgerStore, camera: CameraId, since: datetime, until: datetime, now: datetime) -> ConnectionReport:
    """The report of one camera."""
    known = store.coverage(camera, since, until)
    return report(camera, filled(known, camera, since, told_until([known], until, now)))


def connection_document(one: FacilityReport) -> dict[str, object]:
    """As JSON."""
    return {
        **_figures(one),
        "cameras": [
            {"camera": camera.camera, **_figures(camera), "outages": list(map(outage_document, camera.outages))}
            for camera in one.cameras
        ],
        "incidents": list(map(outage_document, one.incidents)),
    }


def outage_document(outage: Outage) -> dict[str, object]:
    """One outage or incident."""
    return {
        "start": outage.start.isoformat(),
        "end": outage.end.isoformat(),
        "seconds": outage.duration.total_seconds(),
        "cause": outage.cause,
        "cameras": list(outage.cameras),
    }


def _figures(one: FacilityReport | ConnectionReport) -> dict[str, object]:
    return {
        "uptime": one.uptime,
        "period_s": one.period.total_seconds(),
        "connected_s": one.connected.total_seconds(),
        "planned_s": one.planned.total_seconds(),
        "longest_s": one.longest.total_seconds(),
        "mttr_s": _seconds(one.mttr),
        "mtbf_s": _seconds(one.mtbf),
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
