"""The files that show an event, addressed by their id alone. Every look is written into the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from analyzer.types import EventId
from api.convert import evidence_out
from api.deps import EventReader, MediaReader, RepositoryDep, ServiceDep
from api.errors import PROBLEM_RESPONSES, Problem
from api.media import Wish, evidence_path, media_response, playable_clip
from api.schemas import EvidenceOut, Identifier
from api.security.permissions import Principal
from api.service import Service
from pipelines.records import Evidence, EvidenceId

router = APIRouter(prefix="/api/v1", tags=["evidence"], responses=PROBLEM_RESPONSES)

RangeHeader = Annotated[str | None, Header(alias="range", description="One range of bytes, such as `bytes=0-1023`.")]
IfRangeHeader = Annotated[str | None, Header(alias="if-range")]
_FILE: dict[int | str, dict[str, object]] = {
    200: {"description": "The whole file", "content": {"video/mp4": {}, "image/jpeg": {}, "application/json": {}}},
    206: {"description": "The part asked for"},
    416: {"description": "The range begins behind the end of the file"},
}


@router.get("/events/{event}/evidence")
def list_evidence(principal: EventReader, repository: RepositoryDep, event: Identifier) -> list[EvidenceOut]:
    """Every piece of evidence of one event, with its SHA-256."""
    stored = repository.event(EventId(event))
    return [evidence_out(item) for item in repository.evidence(stored.id)]


@router.get("/events/{event}/clip", response_class=Response, responses=_FILE)
def read_clip(
    *,
    principal: MediaReader,
    service: ServiceDep,
    request: Request,
    event: Identifier,
    range_header: RangeHeader = None,
    if_range: IfRangeHeader = None,
) -> Response:
    """The clip as a browser can play it: the H.264 copy where one had to be made, else the original."""
    stored = service.repository.event(EventId(event))
    clip = playable_clip(service.repository.evidence(stored.id))
    if clip is None:
        raise Problem("not-found", f"event {event} has no clip")
    return serve(service, principal, clip, Wish(request.state.only_head, range_header, if_range))


@router.get("/evidence/{evidence}/content", response_class=Response, responses=_FILE)
def read_evidence(
    *,
    principal: MediaReader,
    service: ServiceDep,
    request: Request,
    evidence: Identifier,
    range_header: RangeHeader = None,
    if_range: IfRangeHeader = None,
) -> Response:
    """One file: clip, H.264 copy, key frame, boxes in time (JSON) or sidecar (JSON)."""
    found = service.repository.evidence_by_id(EvidenceId(evidence))
    return serve(service, principal, found, Wish(request.state.only_head, range_header, if_range))


def serve(service: Service, principal: Principal, evidence: Evidence, wish: Wish) -> Response:
    path = evidence_path(service.evidence, evidence)
    now = service.now()
    if service.views.is_new(principal, evidence.id, now):
        service.repository.audit("media.view", principal.name, evidence.id, now, f"{evidence.kind} of event {evidence.event}")
        service.views.note(principal, evidence.id, now)  # only now: a look that could not be written down is none
    return media_response(path, evidence, wish)
