"""How events are told to people, on pages and in mails alike: places by their names, times by the facility's clock.

Dates are dd/mm/yyyy with 24 hours, as people in Viet Nam read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.entry import Text
from analyzer.labels import ANYWHERE
from analyzer.naming import is_anywhere
from analyzer.sentences import Language, sentence
from analyzer.types import ZoneKind
from pipelines.records import StoredEvent, TimeBasis, ZoneVersion

DEFAULT_ZONE: Final = "Asia/Ho_Chi_Minh"

TIME_BASES: Final[Mapping[TimeBasis, Text]] = MappingProxyType(
    {
        TimeBasis.ARGUMENT: Text("người phân tích nhập", "given by the analyst"),
        TimeBasis.FILE_NAME: Text("tên tệp", "file name"),
        TimeBasis.CONTAINER: Text("dữ liệu trong tệp video", "data in the video file"),
        TimeBasis.LIVE: Text("camera trực tiếp", "live camera"),
        TimeBasis.UNKNOWN: Text("không rõ", "unknown"),
    }
)
"""Where the times of an event come from."""


def time_zone(name: str) -> tzinfo:
    """The zone of that name; an unknown name falls back to Viet Nam's, where the facilities are."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def moment(at: datetime, zone: tzinfo) -> str:
    """Date and time of day."""
    return at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")


def span(length: timedelta) -> str:
    """h:mm:ss, or m:ss below an hour."""
    seconds = round(length.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds_left:02d}" if hours else f"{sign}{minutes}:{seconds_left:02d}"


def place_of(event: StoredEvent, zones: Iterable[ZoneVersion]) -> str | ZoneKind | None:
    """What the zone of an event is called at the version the event was judged by; its id where ``zones`` (of the camera) do not hold it."""
    judged_by = event.zone, event.zone_version or 1
    return next((zone.called for zone in zones if (zone.id, zone.version) == judged_by), event.zone)


def reason(event: StoredEvent, place: str | ZoneKind | None, language: Language | str) -> str:
    """Why the event was raised, in one sentence: who, where, how long, what, and how much of it could be judged."""
    role = event.role.role if event.role else None
    if is_anywhere(event.rule, event.zone):
        place = ANYWHERE.vi if language == Language.VI else ANYWHERE.en
    return sentence(event.rule, event.severity, role, place, event.measures, event.votes, language)
