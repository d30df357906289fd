"""The page of one event: the clip, the reason, the camera's time around it, and where all of it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args
from urllib.parse import urlencode

from analyzer.entry import Nature
from analyzer.naming import is_anywhere
from analyzer.types import MaskState, Measure, Severity, ZoneKind
from api.convert import evidence_href, evidence_out
from api.media import playable_clip
from api.places import Places
from api.schemas import ReasonCode, ReviewIn
from api.timeline import Stretch, Timeline, build_timeline, window_around
from api.web.coverage import signs_between
from api.web.queue import Choice, camera_names, lasted, neighbours
from api.web.render import Reader
from api.wording.faults import evidence_fault
from api.wording.reasons import FACTS, measure_label, role_source, rule_basis, rule_nature, rule_text, sign_text, zone_label
from api.wording.texts import Texts
from pipelines.errors import NotFound
from pipelines.records import Evidence, EvidenceKind, EvidenceState, Run, StoredEvent, TimeBasis
from pipelines.store.repository import Repository
from pipelines.telling import reason

REASON_CODES: tuple[str, ...] = get_args(ReasonCode)
_REACH = timedelta(minutes=15)
_MOMENTS = ("told", "clearest", "last")
_HEADINGS = {
    "awaiting": "event.title",
    "confirmed": "event.title.confirmed",
    "rejected": "event.title.rejected",
    "unclear": "event.title.unclear",
}
_ASSISTING = {"awaiting": "event.title.assist", "confirmed": "event.title.assist_confirmed"}


@dataclass(frozen=True, slots=True)
class MeasureView:
    label: str
    value: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Why:
    """The reason, ready to be read."""

    sign_text: str
    rule_text: str
    mask_only: bool
    sentence: str
    basis: tuple[str, ...]
    nature: Nature
    measures: tuple[MeasureView, ...]
    assessed_share: float | None
    role_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """What the player plays; without ``href`` it says why there is nothing (``said``)."""

    href: str | None
    said: str = ""
    boxes: str | None = None
    codec: str | None = None
    proxy: bool = False
    starts_ms: float = 0.0
    event_s: float = 0.0
    clock: str = "wall"
    zone: str = ""
    labels: str = "{}"
    gaps: str = "[]"


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """``moment``: which instant it shows (`pipelines.evidence.drawing.key_instants`): ``told``, ``clearest`` or ``last``."""

    href: str
    at: datetime | None
    moment: str


def event_facts(
    repository: Repository, reader: Reader, event: StoredEvent, choice: Choice, late: ReviewIn | None = None
) -> dict[str, object]:
    """Everything the template asks for; ``late`` as for the panel."""
    assert reader.principal is not None
    evidence = repository.evidence(event.id)
    newer, older = neighbours(repository, event, choice.as_filter(reader.f))
    cameras = repository.cameras()
    shows_media = reader.principal.may_see_media
    strip = _strip(repository, event)
    zone = Places(repository).zone_of(event)
    return {
        "section": "queue",
        "back": f"/queue?{choice.query}",
        "previous": _address(newer, choice),
        "next": _address(older, choice),
        "camera_name": camera_names(cameras).get(event.camera, event.camera),
        "zone_name": zone_label(zone, reader.t.language),
        "lasted": lasted(event, reader.f),
        "run": _run(repository, event),
        "why": why_of(event, zone, reader),
        "clip": clip_of(event, evidence, reader, strip.gaps, shows_media=shows_media),
        "keyframes": key_frames(evidence) if shows_media else [],
        "evidence": [evidence_out(item) for item in sorted(evidence, key=_place_in_list)],
        "fault_of": lambda reason: evidence_fault(reason, reader.t.language),
        "timeline": strip,
        "coverage_href": coverage_href(event, reader),
        **decision_facts(repository, reader, event, choice, late=late),
    }


def decision_facts(
    repository: Repository, reader: Reader, event: StoredEvent, choice: Choice, decided: str = "", *, late: ReviewIn | None = None
) -> dict[str, object]:
    """What the decision panel needs, alone or inside the page.

    Args:
        repository: where the decisions are.
        reader: who looks.
        event: decided about.
        choice: the list to go on with.
        decided: the decision just taken.
        late: a decision that somebody else came before; what was written with it stays in the form.
    """
    return {
        "event": event,
        "heading": reader.t(_heading(event)),
        "query": choice.query,
        "reviews": tuple(reversed(repository.reviews(event.id))),
        "reason_codes": REASON_CODES,
        "decided": decided,
        "late": late,
    }


def why_of(event: StoredEvent, zone: str | ZoneKind | None, reader: Reader) -> Why:
    language = reader.t.language
    return Why(
        sign_text(event, language),
        rule_text(event.rule, language),
        is_anywhere(event.rule, event.zone),
        reason(event, zone, language),
        rule_basis(event.rule),
        rule_nature(event.rule),
        tuple(_measure(measure, reader) for measure in event.measures),
        event.votes.assessed / event.votes.total if event.votes.total else None,
        tuple(role_source(source, language) for source in event.role.sources) if event.role else (),
    )


def clip_of(
    event: StoredEvent, evidence: Sequence[Evidence], reader: Reader, gaps: Sequence[Stretch], *, shows_media: bool
) -> Clip:
    """``gaps``: of the camera's time; where one falls into the clip, the player says that nothing was observed."""
    if not shows_media:
        return Clip(None, reader.t("event.no_media_right"))
    clip = playable_clip(evidence)
    if clip is None:
        return Clip(None, _missing_clip(evidence, reader))
    starts = clip.starts_at or event.since
    boxes = next((item for item in evidence if item.kind is EvidenceKind.BOXES), None)
    return Clip(
        evidence_href(clip),
        boxes=evidence_href(boxes) if boxes else None,
        codec=clip.codec,
        proxy=clip.kind is EvidenceKind.PROXY,
        starts_ms=starts.timestamp() * 1000,
        event_s=max((event.since - starts).total_seconds(), 0.0),
        clock="media" if event.time_basis is TimeBasis.UNKNOWN else "wall",
        zone=str(reader.f.zone),
        labels=json.dumps({state.value: reader.t.named("mask", state) for state in MaskState}, ensure_ascii=False),
        gaps=json.dumps([_gap(gap, starts, reader.t) for gap in gaps], ensure_ascii=False),
    )


def _gap(gap: Stretch, starts: datetime, t: Texts) -> dict[str, float | str]:
    """A gap in seconds of the clip that begins at ``starts``."""
    said = t("timeline.gap") + (f" ({t.named('gap', gap.reason)})" if gap.reason else "")
    return {"from": (gap.start - starts).total_seconds(), "to": (gap.end - starts).total_seconds(), "said": said}


def _heading(event: StoredEvent) -> str:
    """What the page is called: what is only to be looked at is no sign of a violation, whatever was decided."""
    if event.severity is Severity.ASSIST and event.review_state in _ASSISTING:
        return _ASSISTING[event.review_state]
    return _HEADINGS[event.review_state]


def key_frames(evidence: Sequence[Evidence]) -> list[KeyFrame]:
    frames = sorted((item for item in evidence if item.kind is EvidenceKind.KEY_FRAME), key=lambda item: item.ordinal)
    return [KeyFrame(href, item.starts_at, _MOMENTS[item.ordinal]) for item in frames if (href := evidence_href(item))]


def coverage_href(event: StoredEvent, reader: Reader) -> str:
    zone = UTC if event.time_basis is TimeBasis.UNKNOWN else reader.f.zone
    return "/coverage?" + urlencode({"camera": event.camera, "day": event.since.astimezone(zone).date().isoformat()})


def _strip(repository: Repository, event: StoredEvent) -> Timeline:
    end = event.ended_at or event.opened_at
    intervals = repository.coverage(event.camera, event.since - _REACH, end + _REACH)
    since, until = window_around(event, intervals, _REACH)
    others = signs_between(repository, event.camera, since, until)
    return build_timeline(intervals, {item.id: item for item in (*others, event)}.values(), since, until, this=event.id)


def _missing_clip(evidence: Sequence[Evidence], reader: Reader) -> str:
    clips = [item for item in evidence if item.kind in {EvidenceKind.CLIP, EvidenceKind.PROXY}]
    for state, key in ((EvidenceState.PENDING, "event.clip_pending"), (EvidenceState.LOST, "event.clip_lost")):
        if any(item.state is state for item in clips):
            return reader.t(key)
    failed = next((item for item in clips if item.state is EvidenceState.FAILED), None)
    return (
        reader.t("event.clip_failed", reason=evidence_fault(failed.reason, reader.t.language))
        if failed
        else reader.t("event.clip_missing")
    )


def _measure(measure: Measure, reader: Reader) -> MeasureView:
    language = reader.t.language

    if measure.name.partition(":")[0] in FACTS:
        return MeasureView(measure_label(measure.name, language), "", "")

    def written(value: float) -> str:
        if measure.name == "people":
            return reader.f.measure(value)
        if not measure.unit:
            return reader.f.share(value) if 0 <= value <= 1 else reader.f.measure(value)
        return f"{reader.f.measure(value)} {reader.t.named('unit', measure.unit)}"

    return MeasureView(
        measure_label(measure.name, language),
        written(measure.value),
        "" if measure.threshold is None else written(measure.threshold),
    )


_ORDER = tuple(EvidenceKind)


def _place_in_list(evidence: Evidence) -> tuple[int, int]:
    """The clip first, then what was made of it, in the order of the kinds."""
    return _ORDER.index(evidence.kind), evidence.ordinal


def _address(event: StoredEvent | None, choice: Choice) -> str | None:
    return f"/events/{event.id}?{choice.query}" if event else None


def _run(repository: Repository, event: StoredEvent) -> Run | None:
    try:
        return repository.run(event.provenance.run)
    except NotFound:
        return None
