"""The review page: queue, one event, coverage. HTML over the same records and the same decisions as the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from analyzer.types import EventId
from api.cursor import decode_cursor
from api.decisions import decide
from api.deps import CoverageReader, EventReader, RepositoryDep, Reviewer, ServiceDep
from api.schemas import Comment, Identifier, ReasonCode, ReviewIn
from api.web.coverage import coverage_facts
from api.web.event import decision_facts, event_facts
from api.web.notices import notices_of
from api.web.queue import PAGE, Choice, faults_of, more_href, options_of, rows_of
from api.web.render import reader_of, render
from pipelines.errors import VersionConflict
from pipelines.records import Decision, EventFilter, ReviewState

router = APIRouter(include_in_schema=False)


class DecisionForm(BaseModel):
    """What the decision panel sends."""

    model_config = ConfigDict(extra="ignore")

    decision: Decision
    version: int
    reason_code: ReasonCode = "not_stated"
    comment: Comment = ""


@router.get("/")
def start(principal: EventReader) -> Response:
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def show_queue(principal: EventReader, service: ServiceDep, repository: RepositoryDep, request: Request) -> Response:
    """The list, or only the part of it that htmx asks for."""
    reader = reader_of(request, service, principal)
    choice = Choice.of(request.query_params)
    wanted = choice.as_filter(reader.f)
    cursor = request.query_params.get("cursor")
    page = repository.events(wanted, decode_cursor(cursor) if cursor else None, PAGE)
    facts: dict[str, object] = {
        "rows": rows_of(repository, page, choice, reader),
        "more": more_href(page, choice),
        "total": sum(repository.count_events(wanted).values()),
    }
    facts["faults"] = faults_of(choice, reader)
    if reader.partial:
        return render(reader, "_rows.html" if cursor else "_filtered.html", facts)
    awaiting = repository.count_events(EventFilter())[ReviewState.AWAITING]
    facts |= {
        "section": "queue",
        "awaiting": awaiting,
        "notices": notices_of(repository, reader),
        "options": options_of(repository, reader, choice),
        "chosen": choice,
    }
    return render(reader, "queue.html", facts)


@router.get("/events/{event}")
def show_event(
    principal: EventReader, service: ServiceDep, repository: RepositoryDep, request: Request, event: Identifier
) -> Response:
    """The clip, the reason and the decision."""
    reader = reader_of(request, service, principal)
    stored = repository.event(EventId(event))
    return render(reader, "event.html", event_facts(repository, reader, stored, Choice.of(request.query_params)))


@router.post("/events/{event}/decision")
def take_decision(
    *,
    principal: Reviewer,
    service: ServiceDep,
    repository: RepositoryDep,
    request: Request,
    event: Identifier,
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Decide from the page. Without a script the browser is sent back to the event, in the list it was opened from."""
    choice = Choice.of(request.query_params)
    page = f"/events/{event}?{choice.query}"
    reader = reader_of(request, service, principal, here=page)
    review = ReviewIn(decision=form.decision, reason_code=form.reason_code, comment=form.comment)
    try:
        stored = decide(service, principal.name, EventId(event), review, form.version)
    except VersionConflict:
        stored = repository.event(EventId(event))
        if not reader.partial:
            return render(reader, "event.html", event_facts(repository, reader, stored, choice, late=review), 412)
        return render(reader, "_decided.html", decision_facts(repository, reader, stored, choice, late=review), 412)
    if not reader.partial:
        return RedirectResponse(page, 303)
    return render(reader, "_decided.html", decision_facts(repository, reader, stored, choice, form.decision.value))


@router.get("/coverage")
def show_coverage(
    *,
    principal: CoverageReader,
    service: ServiceDep,
    repository: RepositoryDep,
    request: Request,
    camera: str = "",
    day: str = "",
) -> Response:
    """One camera's day."""
    reader = reader_of(request, service, principal)
    return render(reader, "coverage.html", coverage_facts(repository, reader, camera, day, service.now()))
