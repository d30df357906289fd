"""The queue of flagged clips: which ones, in what order, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from analyzer.naming import is_anywhere
from analyzer.types import CameraId, Role, RuleId, Severity
from api.convert import evidence_href
from api.cursor import encode_cursor
from api.web.render import Reader
from api.wording.formats import Formats, parsed_day
from api.wording.reasons import known_rules, rule_text, sign_text
from pipelines.records import (
    CameraRecord,
    EventFilter,
    EventPage,
    EventPosition,
    Evidence,
    EvidenceKind,
    EvidenceState,
    ReviewState,
    StoredEvent,
)
from pipelines.store.repository import Repository

PAGE = 25
_TOLD_WITHIN = timedelta(days=1)
_FIELDS = ("state", "severity", "camera", "rule", "role", "since", "until")
_OFFERED = {
    "state": frozenset(state.value for state in ReviewState),
    "severity": frozenset(severity.value for severity in Severity),
    "role": frozenset(role.value for role in Role),
    "rule": frozenset(known_rules()),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the filter form says. Empty text means "all"; a queue nobody has filtered shows what awaits review.

    ``unusable``: what was written in a field and filters nothing, because it is no day or none of what is offered.
    """

    state: str = ReviewState.AWAITING.value
    severity: str = ""
    camera: str = ""
    rule: str = ""
    role: str = ""
    since: str = ""
    until: str = ""
    unusable: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Choice:
        """Read the address; a value that no option offers is as good as none, and said to be."""
        given = {name: _plain(query[name]) for name in _FIELDS if name in query}
        unusable = {name: text for name, text in given.items() if text and not _usable(name, text)}
        return cls(**given | dict.fromkeys(unusable, ""), unusable=unusable)

    def as_filter(self, formats: Formats) -> EventFilter:
        first, last = parsed_day(self.since), parsed_day(self.until)
        since = _midnight(first, formats) if first else None
        until = _midnight(last + timedelta(days=1), formats) if last else None
        return EventFilter(
            cameras=(CameraId(self.camera),) if self.camera else (),
            rules=(RuleId(self.rule),) if self.rule else (),
            severities=(Severity(self.severity),) if self.severity else (),
            roles=(Role(self.role),) if self.role else (),
            review_states=(ReviewState(self.state),) if self.state else (),
            # A row shows when its sign began, which no sign is told of before. The times of telling are what an index narrows.
            began_from=since,
            began_before=until,
            since=since,
            until=until + _TOLD_WITHIN if until else None,
        )

    @property
    def query(self) -> str:
        """As an address; the state always, because its absence means "awaiting"."""
        return urlencode({name: getattr(self, name) for name in _FIELDS if name == "state" or getattr(self, name)})


@dataclass(frozen=True, slots=True)
class Row:
    """One flagged clip in the list."""

    event: StoredEvent
    href: str
    sign_text: str
    camera_name: str
    lasted: str
    mask_only: bool
    picture: str | None
    no_picture: str


def rows_of(repository: Repository, page: EventPage, choice: Choice, reader: Reader) -> list[Row]:
    names = camera_names(repository.cameras())
    shows_media = reader.principal is not None and reader.principal.may_see_media
    return [
        Row(
            event,
            f"/events/{event.id}?{choice.query}",
            sign_text(event, reader.t.language),
            names.get(event.camera, event.camera),
            lasted(event, reader.f),
            is_anywhere(event.rule, event.zone),
            picture_of(evidence) if shows_media else None,
            reader.t(_why_no_picture(event, evidence) if shows_media else "queue.picture_hidden"),
        )
        for event in page.events
        for evidence in (repository.evidence(event.id) if shows_media else (),)
    ]


def more_href(page: EventPage, choice: Choice) -> str | None:
    return f"/queue?{choice.query}&cursor={encode_cursor(page.next)}" if page.next else None


def options_of(repository: Repository, reader: Reader, choice: Choice) -> dict[str, list[tuple[str, str]]]:
    """What the filter form offers, in the reader's words."""
    t = reader.t
    cameras = {str(camera.id): camera.name for camera in repository.cameras()}
    if choice.camera:  # one that is in force no more is what the list is of, all the same
        cameras.setdefault(choice.camera, choice.camera)
    return {
        "states": [(state.value, t.named("state", state)) for state in ReviewState],
        "severities": [(severity.value, t.named("severity", severity)) for severity in Severity],
        "cameras": list(cameras.items()),
        "rules": [(rule, f"{rule} · {rule_text(rule, t.language)}") for rule in known_rules()],
        "roles": [(role.value, t.named("role", role)) for role in Role if role not in {Role.FACILITY, Role.VEHICLE}],
    }


def camera_names(cameras: Sequence[CameraRecord]) -> dict[CameraId, str]:
    return {camera.id: camera.name or camera.id for camera in cameras}


def lasted(event: StoredEvent, formats: Formats) -> str:
    """How long the episode is known to have lasted; empty while it goes on."""
    return formats.length(event.ended_at - event.since) if event.ended_at else ""


def picture_of(evidence: Sequence[Evidence]) -> str | None:
    """The key frame that stands for the event: the middle one, which shows the sign at its clearest."""
    frames = [item for item in evidence if item.kind is EvidenceKind.KEY_FRAME and evidence_href(item)]
    return evidence_href(frames[len(frames) // 2]) if frames else None


def _why_no_picture(event: StoredEvent, evidence: Sequence[Evidence]) -> str:
    """Whether one is still to come; the state of the evidence speaks for pictures that nobody has begun."""
    states = {item.state for item in evidence if item.kind is EvidenceKind.KEY_FRAME} or {event.evidence_state}
    return "queue.no_picture" if EvidenceState.PENDING in states else "queue.picture_failed"


def neighbours(repository: Repository, event: StoredEvent, wanted: EventFilter) -> tuple[StoredEvent | None, StoredEvent | None]:
    """The events before and after this one in the list of the filter (newest first)."""
    following = repository.events(wanted, EventPosition(event.opened_at, event.id), 1).events
    return _newer(repository, event, wanted), following[0] if following else None


def _newer(repository: Repository, event: StoredEvent, wanted: EventFilter) -> StoredEvent | None:
    # The list is read newest first only, so what is just newer is the last of a window that starts here. The
    # window grows until it holds something; it is narrow where events are many.
    for width in (timedelta(minutes=10), timedelta(days=1), timedelta(days=3650)):
        until = event.opened_at + width
        if wanted.until is not None:
            until = min(until, wanted.until)
        window = replace(wanted, since=max(event.opened_at, wanted.since or event.opened_at), until=until)
        newest, after = None, None
        while True:
            page = repository.events(window, after, 200)
            before = [item for item in page.events if (item.opened_at, item.id) > (event.opened_at, event.id)]
            newest = before[-1] if before else newest
            if page.next is None or len(before) < len(page.events):
                break
            after = page.next
        if newest is not None:
            return newest
    return None


def faults_of(choice: Choice, reader: Reader) -> dict[str, str]:
    """What is said beside each field of the filter form; empty where nothing is wrong."""
    said = {name: "queue.filter.no_choice" if name in _OFFERED else "queue.filter.no_day" for name in _FIELDS}
    return {name: reader.t(key, text=choice.unusable[name]) if name in choice.unusable else "" for name, key in said.items()}


def _usable(name: str, text: str) -> bool:
    if name in _OFFERED:
        return text in _OFFERED[name]
    return name not in {"since", "until"} or parsed_day(text) is not None


def _plain(text: str) -> str:
    return text if len(text) <= 128 and text.isprintable() else ""


def _midnight(day: date, formats: Formats) -> datetime:
    return datetime.combine(day, time(), formats.zone)
