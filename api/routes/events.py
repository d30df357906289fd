"""Signs of violations: lists, one by one, and the decisions of people about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from analyzer.types import CameraId, EventId, FacilityId, Role, RuleId, RunId, Severity
from api.convert import event_detail_out, event_out
from api.cursor import decode_cursor, encode_cursor
from api.decisions import decide
from api.deps import EventReader, RepositoryDep, Reviewer, ServiceDep
from api.errors import PROBLEM_RESPONSES
from api.etag import expected_version
from api.places import Places
from api.schemas import EventDetailOut, EventPageOut, Identifier, Moment, ReviewIn
from pipelines.records import EventFilter, ReviewState, StoredEvent

router = APIRouter(prefix="/api/v1/events", tags=["events"], responses=PROBLEM_RESPONSES)

_CONFLICTS: dict[int | str, dict[str, object]] = {
    412: {"description": "Somebody else decided in between; read the event again"},
    428: {"description": "If-Match is missing"},
}
Many = Annotated[list[Identifier], Field(max_length=50)]


class EventQuery(BaseModel):
    """Filters of the list. Every one narrows; several values of one name are alternatives."""

    model_config = ConfigDict(extra="forbid")

    facility: Identifier | None = None
    camera: Many = []
    rule: Annotated[Many, Field(examples=[["Q01"]])] = []
    severity: list[Severity] = []
    role: list[Role] = []
    state: list[ReviewState] = []
    run: Identifier | None = None
    since: Annotated[Moment | None, Field(description="Opened at this time or later.")] = None
    until: Annotated[Moment | None, Field(description="Opened before this time.")] = None
    superseded: Annotated[bool, Field(description="Also those of recordings that were analysed again since.")] = False
    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def as_filter(self) -> EventFilter:
        return EventFilter(
            facility=FacilityId(self.facility) if self.facility else None,
            cameras=tuple(CameraId(camera) for camera in self.camera),
            rules=tuple(RuleId(rule) for rule in self.rule),
            severities=tuple(self.severity),
            roles=tuple(self.role),
            review_states=tuple(self.state),
            run=RunId(self.run) if self.run else None,
            since=self.since,
            until=self.until,
            superseded=self.superseded,
        )


def etag(event: StoredEvent) -> str:
    return f'"{event.version}"'


@router.get("")
def list_events(principal: EventReader, repository: RepositoryDep, query: Annotated[EventQuery, Query()]) -> EventPageOut:
    """Signs of violations, newest first."""
    after = decode_cursor(query.cursor) if query.cursor else None
    wanted = query.as_filter()
    page = repository.events(wanted, after, query.limit)
    places = Places(repository)
    return EventPageOut(
        events=[event_out(event, places) for event in page.events],
        next=encode_cursor(page.next) if page.next else None,
        total=sum(repository.count_events(wanted).values()),
    )


@router.get("/{event}")
def read_event(principal: EventReader, repository: RepositoryDep, response: Response, event: Identifier) -> EventDetailOut:
    """One sign with its evidence, its reason and every decision so far. The ETag goes into If-Match."""
    stored = repository.event(EventId(event))
    response.headers["etag"] = etag(stored)
    return event_detail_out(stored, repository)


@router.post("/{event}/reviews", status_code=status.HTTP_201_CREATED, responses=_CONFLICTS)
def add_review(
    *,
    principal: Reviewer,
    service: ServiceDep,
    response: Response,
    event: Identifier,
    review: ReviewIn,
    if_match: Annotated[str | None, Header(description='The ETag that was read, such as `"3"`.')] = None,
) -> EventDetailOut:
    """Decide: confirm, reject, or cannot tell. Refused when somebody else decided since the event was read."""
    stored = decide(service, principal.name, EventId(event), review, expected_version(if_match))
    response.headers["etag"] = etag(stored)
    return event_detail_out(stored, service.repository)
