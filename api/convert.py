"""From the store's records to what goes over the wire. The only place where both are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from analyzer.naming import is_anywhere
from analyzer.types import FacilityId, Measure, Provenance, RoleClaim, Votes
from api.cameras import Watched
from api.places import Places
from api.schemas import (
    Bilingual,
    CameraConnectionOut,
    CameraOut,
    CameraReportOut,
    CoverageOut,
    CoveragePageOut,
    DroppedOut,
    EventDetailOut,
    EventOut,
    EvidenceOut,
    FacilityConnectionOut,
    FacilityOut,
    GatesOut,
    LookHourOut,
    MeasureOut,
    ModelOut,
    OutageOut,
    ProvenanceOut,
    ReviewOut,
    RoleOut,
    RuleOut,
    RunOut,
    UnknownOut,
    VotesOut,
    ZoneOut,
)
from api.timeline import FUTURE, UNRECORDED, Timeline
from api.wording.reasons import measure_label, rule_basis, rule_nature, sign_text, zone_label
from api.wording.texts import texts
from pipelines.looks import LookHour, added_up
from pipelines.records import (
    CameraRecord,
    CoverageInterval,
    CoverageState,
    Evidence,
    EvidenceState,
    FacilityRecord,
    Review,
    Run,
    StoredEvent,
    ZoneVersion,
)
from pipelines.sla import ConnectionReport, FacilityReport, Outage
from pipelines.sources.address import redact
from pipelines.store.repository import Repository
from pipelines.telling import reason


def evidence_href(evidence: Evidence) -> str | None:
    """Where the file is served; ``None`` while there is nothing to serve."""
    return f"/api/v1/evidence/{evidence.id}/content" if evidence.state is EvidenceState.READY else None


def facility_out(facility: FacilityRecord) -> FacilityOut:
    return FacilityOut(
        id=facility.id, name=facility.name, kind=facility.kind, timezone=facility.timezone, site_sha256=facility.site_sha256
    )


def camera_out(camera: Watched, now: datetime) -> CameraOut:
    record, wish, report = camera.record, camera.wish, camera.report
    return CameraOut(
        id=record.id,
        facility=record.facility,
        name=record.name,
        source=record.source,
        evidence_source=redact(wish.evidence) if wish else "",
        rate=wish.rate if wish else None,
        running=wish.running if wish else True,
        added_here=wish.own if wish else False,
        state=camera.state(now),
        version=wish.version if wish else 0,
        changed_at=wish.changed_at if wish else None,
        changed_by=wish.changed_by if wish else None,
        report=None
        if report is None
        else CameraReportOut(
            at=report.at,
            fresh=camera.is_fresh(now),
            state=report.state,
            reason=report.reason,
            recording=report.recording,
            codec=report.codec,
            width=report.width,
            height=report.height,
            text=redact(report.text),
        ),
    )


def zone_out(zone: ZoneVersion) -> ZoneOut:
    return ZoneOut(
        id=zone.id,
        camera=zone.camera,
        version=zone.version,
        kind=zone.kind,
        name=zone.name,
        polygon=list(zone.polygon),
        valid_from=zone.valid_from,
        valid_to=zone.valid_to,
    )


def provenance_out(provenance: Provenance) -> ProvenanceOut:
    return ProvenanceOut(
        run=provenance.run,
        site_sha256=provenance.site_sha256,
        code_version=provenance.code_version,
        backend=provenance.backend,
        precision=provenance.precision,
        models=[ModelOut(name=model.name, sha256=model.sha256) for model in provenance.models],
    )


def run_out(run: Run) -> RunOut:
    return RunOut(
        id=run.id,
        facility=run.facility,
        camera=run.camera,
        source=run.source,
        source_sha256=run.source_sha256,
        time_basis=run.time_basis,
        first_at=run.first_at,
        observed_s=run.observed.total_seconds(),
        state=run.state,
        frames_captured=run.counts.captured,
        frames_analysed=run.counts.analysed,
        frames_dropped=[DroppedOut(reason=reason.value, frames=frames) for reason, frames in run.counts.dropped],
        tracks=run.tracks,
        started_at=run.started_at,
        finished_at=run.finished_at,
        note=run.note,
        provenance=provenance_out(run.provenance),
    )


def named(group: str, code: str) -> Bilingual:
    """A code's name in both languages."""
    return Bilingual(vi=texts("vi").named(group, code), en=texts("en").named(group, code))


def votes_out(votes: Votes) -> VotesOut:
    return VotesOut(
        violating=votes.violating,
        compliant=votes.compliant,
        unknown=[
            UnknownOut(reason=reason.value, label=named("unknown", reason), instants=count) for reason, count in votes.unknown
        ],
        assessed=votes.assessed,
        total=votes.total,
        assessed_share=votes.assessed / votes.total if votes.total else None,
    )


def measure_out(measure: Measure) -> MeasureOut:
    return MeasureOut(
        name=measure.name,
        label=Bilingual(vi=measure_label(measure.name, "vi"), en=measure_label(measure.name, "en")),
        value=measure.value,
        unit=measure.unit,
        threshold=measure.threshold,
    )


def role_out(role: RoleClaim | None) -> RoleOut | None:
    if role is None:
        return None
    return RoleOut(role=role.role, label=named("role", role.role), probability=role.probability, sources=list(role.sources))


def rule_out(event: StoredEvent) -> RuleOut:
    return RuleOut(
        id=event.rule,
        version=event.rule_version,
        text=Bilingual(vi=sign_text(event, "vi"), en=sign_text(event, "en")),
        basis=list(rule_basis(event.rule)),
        nature=rule_nature(event.rule),
    )


def event_out(event: StoredEvent, places: Places) -> EventOut:
    zone = places.zone_of(event)
    return EventOut(
        id=event.id,
        facility=event.facility,
        camera=event.camera,
        rule=rule_out(event),
        severity=event.severity,
        subject=event.subject,
        sentence=Bilingual(vi=reason(event, zone, "vi"), en=reason(event, zone, "en")),
        since=event.since,
        opened_at=event.opened_at,
        ended_at=event.ended_at,
        since_pts_s=event.since_pts.total_seconds(),
        opened_pts_s=event.opened_pts.total_seconds(),
        ending=event.ending,
        votes=votes_out(event.votes),
        zone=event.zone,
        zone_name=zone_label(zone, "vi"),
        zone_version=event.zone_version,
        mask_only=is_anywhere(event.rule, event.zone),
        role=role_out(event.role),
        measures=[measure_out(measure) for measure in event.measures],
        tracks=list(event.tracks),
        time_basis=event.time_basis,
        review_state=event.review_state,
        evidence_state=event.evidence_state,
        version=event.version,
        provenance=provenance_out(event.provenance),
    )


def evidence_out(evidence: Evidence) -> EvidenceOut:
    return EvidenceOut(
        id=evidence.id,
        kind=evidence.kind,
        state=evidence.state,
        href=evidence_href(evidence),
        media_type=evidence.media_type,
        ordinal=evidence.ordinal,
        sha256=evidence.sha256,
        size_bytes=evidence.size_bytes,
        codec=evidence.codec,
        starts_at=evidence.starts_at,
        duration_s=None if evidence.duration is None else evidence.duration.total_seconds(),
        derived_from=evidence.derived_from,
        reason=evidence.reason,
    )


def review_out(review: Review) -> ReviewOut:
    return ReviewOut(
        decision=review.decision, reason_code=review.reason_code, comment=review.comment, reviewer=review.reviewer, at=review.at
    )


def event_detail_out(event: StoredEvent, repository: Repository) -> EventDetailOut:
    wire = event_out(event, Places(repository))
    return EventDetailOut(
        **{name: getattr(wire, name) for name in EventOut.model_fields},
        evidence=[evidence_out(item) for item in repository.evidence(event.id)],
        reviews=[review_out(review) for review in repository.reviews(event.id)],
    )


def coverage_page_out(camera: CameraRecord, strip: Timeline, intervals: Sequence[CoverageInterval]) -> CoveragePageOut:
    return CoveragePageOut(
        camera=camera.id,
        since=strip.since,
        until=strip.until,
        live_s=strip.total(CoverageState.LIVE).total_seconds(),
        degraded_s=strip.total(CoverageState.DEGRADED).total_seconds(),
        gap_s=strip.total(CoverageState.GAP).total_seconds(),
        unrecorded_s=strip.total(UNRECORDED).total_seconds(),
        observed_share=strip.observed / strip.past if strip.past else 0.0,
        future_s=strip.total(FUTURE).total_seconds(),
        intervals=[
            CoverageOut(start=part.start, end=part.end, state=part.state, reason=part.reason, run=part.run) for part in intervals
        ],
    )


def gates_out(camera: CameraRecord, since: datetime, until: datetime, hours: Sequence[LookHour]) -> GatesOut:
    total = added_up(camera.id, since, hours)
    return GatesOut(
        camera=camera.id,
        since=since,
        until=until,
        hours=[LookHourOut(hour=one.hour, **_look_figures(one)) for one in hours],
        **_look_figures(total),
    )


def _look_figures(one: LookHour) -> dict[str, Any]:
    return {
        "gate_audits": one.audits,
        "gate_misses": one.misses,
        "missed_person_seconds": one.missed_seconds,
        "judged": one.judged,
        "asked": one.asked,
    }


def camera_connection_out(one: ConnectionReport) -> CameraConnectionOut:
    return CameraConnectionOut(camera=one.camera, outages=[_outage_out(outage) for outage in one.outages], **_figures(one))


def facility_connection_out(facility: FacilityId, since: datetime, until: datetime, one: FacilityReport) -> FacilityConnectionOut:
    return FacilityConnectionOut(
        facility=facility,
        since=since,
        until=until,
        cameras=[camera_connection_out(camera) for camera in one.cameras],
        outages=[_outage_out(outage) for outage in one.incidents],
        **_figures(one),
    )


def _outage_out(outage: Outage) -> OutageOut:
    return OutageOut(start=outage.start, end=outage.end, cause=outage.cause, cameras=list(outage.cameras))


def _figures(one: ConnectionReport | FacilityReport) -> dict[str, Any]:
    def seconds(length: timedelta | None) -> float | None:
        return None if length is None else length.total_seconds()

    return {
        "uptime": one.uptime,
        "connected_s": seconds(one.connected),
        "planned_s": seconds(one.planned),
        "longest_s": seconds(one.longest),
        "mttr_s": seconds(one.mttr),
        "mtbf_s": seconds(one.mtbf),
    }
