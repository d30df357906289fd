"""What a message says to people: Vietnamese first, English below, with the names and the clock of the facility.

The words are those of the review page: the name of the sign never says more of a person than is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from analyzer.entry import Text
from analyzer.labels import SEVERITIES
from analyzer.naming import sign_name
from analyzer.sentences import Language, seconds
from analyzer.types import CameraId, FacilityId, Severity, ZoneKind
from pipelines.errors import NotFound
from pipelines.outages import OutageNotice
from pipelines.records import CameraRecord, FacilityRecord, ReviewState, StoredEvent, TimeBasis, ZoneVersion
from pipelines.sla import Cause
from pipelines.telling import DEFAULT_ZONE, moment, place_of, reason, span, time_zone

CAUSES: Final[Mapping[Cause, Text]] = MappingProxyType(
    {
        Cause.NETWORK: Text("đường truyền hoặc camera", "network or camera"),
        Cause.ACCESS: Text("camera từ chối đăng nhập", "the camera refuses the login"),
        Cause.OURS: Text("máy phân tích", "the analysing machine"),
        Cause.PLANNED: Text("bảo trì theo kế hoạch", "planned maintenance"),
        Cause.NOT_STARTED: Text("chưa bắt đầu", "not started"),
        Cause.FACILITY_LINE: Text("đường truyền của cơ sở", "the line of the facility"),
    }
)

_MOST_CAMERAS: Final = 3
"""A subject names no more cameras than this."""


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the places a message is about, and the clock they read; ids where nothing better is known."""

    facility: str
    cameras: Mapping[CameraId, str] = field(default_factory=dict)
    zone: str | ZoneKind | None = None
    clock: tzinfo = UTC

    def camera(self, camera: CameraId) -> str:
        return self.cameras.get(camera) or camera


@dataclass(frozen=True, slots=True)
class Trial:
    """Tells of nothing: sent by a person who wants to see whether a channel works."""

    id: str
    severity: Severity = Severity.CRITICAL


TRIAL: Final = Text(
    "Đây là tin thử của Vigil: kênh cảnh báo này hoạt động. Không có sự kiện nào.",
    "This is a test message of Vigil: this channel works. Nothing happened.",
)


class NameStore(Protocol):
    """What is needed of the repository."""

    def facility(self, facility: FacilityId) -> FacilityRecord: ...
    def camera(self, camera: CameraId) -> CameraRecord: ...
    def zones(self, camera: CameraId, at: datetime | None = None) -> tuple[ZoneVersion, ...]: ...


def names_of(store: NameStore, about: StoredEvent | OutageNotice) -> Names:
    """Look up what the facility calls the places of an event or an outage."""
    facility, clock = str(about.facility), time_zone(DEFAULT_ZONE)
    with suppress(NotFound):
        record = store.facility(about.facility)
        facility, clock = record.name, time_zone(record.timezone)
    ids = about.cameras if isinstance(about, OutageNotice) else (about.camera,)
    cameras = {}
    for one in ids:
        with suppress(NotFound):
            cameras[one] = store.camera(one).name
    zone = place_of(about, store.zones(about.camera)) if isinstance(about, StoredEvent) and about.zone is not None else None
    return Names(facility, cameras, zone, clock)


def subject(about: StoredEvent | OutageNotice | Trial, names: Names) -> str:
    """One line: what happened and where."""
    if isinstance(about, Trial):
        return "[Vigil] Tin thử kênh cảnh báo / test message"
    if isinstance(about, OutageNotice):
        listed = ", ".join(names.camera(camera) for camera in about.cameras[:_MOST_CAMERAS])
        more = len(about.cameras) - _MOST_CAMERAS
        return f"[Vigil] {_connection(about).vi}: {listed}{f' và {more} camera khác' if more > 0 else ''} - {names.facility}"
    sign = sign_name(about.rule, about.role).vi
    return f"[Vigil] {sign} ({about.rule}, mức {SEVERITIES[about.severity].vi}) - {names.camera(about.camera)}"


def text(about: StoredEvent | OutageNotice | Trial, names: Names) -> str:
    """All that is told, in both languages, a line each."""
    if isinstance(about, Trial):
        return f"{TRIAL.vi}\n\n{TRIAL.en}\n\nID: {about.id}\n"
    tell = partial(_outage, about) if isinstance(about, OutageNotice) else partial(_event, about)
    parts = ["\n".join(tell(names, language)) for language in Language]
    return "\n\n".join([*parts, f"ID: {about.id}"]) + "\n"


def _event(event: StoredEvent, names: Names, language: Language) -> Sequence[str]:
    vi = language is Language.VI
    sign, severity, state = sign_name(event.rule, event.role), SEVERITIES[event.severity], _STATES[event.review_state]
    if event.severity is Severity.ASSIST and event.review_state is ReviewState.AWAITING:
        state = _HINT
    return (
        f"{sign.vi} ({event.rule}, mức {severity.vi})" if vi else f"{sign.en} ({event.rule}, severity {severity.en})",
        f"{reason(event, names.zone, language)}.",
        f"Camera: {names.camera(event.camera)}; {'cơ sở' if vi else 'facility'}: {names.facility}",
        _when(event, names.clock, language),
        state.vi if vi else state.en,
    )


_HINT: Final = Text(
    "Đây là gợi ý xem lại, không tính là vi phạm.", "This is something to be looked at; it is not counted as a violation."
)

_STATES: Final[Mapping[ReviewState, Text]] = MappingProxyType(
    {
        ReviewState.AWAITING: Text(
            "Đây là dấu hiệu vi phạm, chưa phải kết luận: cần người xem xét.",
            "This is the sign of a violation, not a finding: a person has to look at it.",
        ),
        ReviewState.CONFIRMED: Text("Đã được người xem xét xác nhận.", "Confirmed by a reviewer."),
        ReviewState.REJECTED: Text("Đã được người xem xét bác bỏ.", "Rejected by a reviewer."),
        ReviewState.UNCLEAR: Text("Người xem xét không kết luận được.", "The reviewer could not tell."),
    }
)


def _when(event: StoredEvent, clock: tzinfo, language: Language) -> str:
    vi = language is Language.VI
    if event.time_basis is TimeBasis.UNKNOWN:
        since, opened = span(event.since_pts), span(event.opened_pts)
        return f"Từ {since}, báo ở {opened} của bản ghi" if vi else f"From {since}, told at {opened} of the recording"
    since, opened = moment(event.since, clock), moment(event.opened_at, clock)
    return f"Từ {since}, báo lúc {opened}" if vi else f"From {since}, told at {opened}"


def _outage(outage: OutageNotice, names: Names, language: Language) -> Sequence[str]:
    vi = language is Language.VI
    state, cause = _connection(outage), CAUSES[outage.cause]
    listed = ", ".join(names.camera(camera) for camera in outage.cameras)
    start = moment(outage.start, names.clock)
    lines = [
        f"{state.vi}: {listed}" if vi else f"{state.en}: {listed}",
        f"Cơ sở: {names.facility}; nguyên nhân: {cause.vi}" if vi else f"Facility: {names.facility}; cause: {cause.en}",
        f"Từ {start}" if vi else f"Since {start}",
    ]
    if outage.end is not None:
        length = seconds((outage.end - outage.start).total_seconds(), language)
        lines.append(f"Kéo dài: {length}" if vi else f"Lasted: {length}")
    return lines


def _connection(outage: OutageNotice) -> Text:
    if outage.thin and outage.end is None:
        return Text(
            "Đường truyền của camera quá yếu, hình đến trễ hoặc thiếu", "Camera's line too thin, pictures late or missing"
        )
    if outage.thin:
        return Text("Đường truyền của camera đã đủ trở lại", "Camera's line wide enough again")
    if outage.end is None:
        return Text("Camera mất kết nối", "Camera off-line")
    return Text("Camera đã có lại kết nối", "Camera connected again")
