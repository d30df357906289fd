"""When a recording began: from an argument, else its file name, else its container, else unknown and said so.

File names carry the local time of the recorder (the facility's time zone) unless they say otherwise by a ``Z`` or an
offset. A container's ``creation_time`` is UTC by its specification; recorders that write local time there cannot be
told apart, which is why the name comes first and why the basis is shown beside every time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from pipelines.records import TimeBasis
from pipelines.sources.items import StartTime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Containers whose clock was never set say 1904, 1970 or 1980; nothing recorded for Vigil is older than this."""

_DATE = r"(?P<Y>20\d\d)(?P<d>[-_.]?)(?P<M>0[1-9]|1[0-2])(?P=d)(?P<D>0[1-9]|[12]\d|3[01])"
_TIME = r"(?P<h>[01]\d|2[0-3])(?P<t>[-_.:]?)(?P<m>[0-5]\d)(?P=t)(?P<s>[0-5]\d)"
_FRACTION = r"(?:[.,]?(?P<ms>\d{3})(?!\d))?"
_OFFSET = r"(?P<z>Z|[+]\d\d[:]?\d\d|-\d\d:\d\d)?"

_PATTERNS: tuple[re.Pattern[str], ...] = (
    # 20210612_071500  ch01_20210612071500  2021-06-12T07-15-00  NVR_2021.06.12 07.15.00  20210612071500123  ...T071500Z
    re.compile(rf"(?<!\d){_DATE}(?:[-_T. @]{{0,3}}){_TIME}{_FRACTION}(?!\d){_OFFSET}"),
    # 2021Y06M12D07H15M00S (consumer cameras that name folder and file so)
    re.compile(r"(?<!\d)(?P<Y>20\d\d)Y(?P<M>\d\d)M(?P<D>\d\d)D[-_ ]?(?P<h>\d\d)H(?P<m>\d\d)M(?P<s>\d\d)S"),
    # 2021年06月12日07時15分00秒
    re.compile(r"(?P<Y>20\d\d)年(?P<M>\d\d)月(?P<D>\d\d)日[-_ ]?(?P<h>\d\d)[時时](?P<m>\d\d)分(?P<s>\d\d)秒"),
)
_UNIX = re.compile(r"(?<!\d)(?P<s>1[0-9]{9})(?P<ms>\d{3})?(?!\d)")


def time_in_name(name: str, local: tzinfo) -> datetime | None:
    """The first time written in a file name, in UTC, or ``None``.

    Args:
        name: file name with or without its ending; a folder name in front of it (``2021-06-12/07.15.00``) is understood.
        local: time zone of the recorder's clock, used when the name names none. Of an hour that happens twice
            (end of summer time) the first is taken.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(name):
            found = _as_utc(match, local)
            if found is not None:
                return found
    for match in _UNIX.finditer(name):
        moment = EPOCH + timedelta(seconds=int(match["s"]), milliseconds=int(match["ms"] or 0))
        if moment >= _EARLIEST:
            return moment
    return None


def _as_utc(match: re.Match[str], local: tzinfo) -> datetime | None:
    groups = match.groupdict()
    zone = _zone(groups.get("z")) or local
    try:
        moment = datetime(*(int(groups[key]) for key in "YMDhms"), tzinfo=zone)  # type: ignore[arg-type,misc]
    except ValueError:  # the 31st of June is a number, not a date
        return None
    return moment.astimezone(UTC) + timedelta(milliseconds=int(groups.get("ms") or 0))


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(sign * offset) if offset < timedelta(hours=24) else None


def time_in_container(creation_time: str | None) -> datetime | None:
    """``creation_time`` of a container in UTC, or ``None`` when it is missing, unreadable or was never set."""
    if not creation_time:
        return None
    try:
        moment = datetime.fromisoformat(creation_time.strip())
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if moment >= _EARLIEST else None


def start_time(*, argument: datetime | None, name: str, creation_time: str | None, local: tzinfo, parent: str = "") -> StartTime:
    """The best answer that there is, with its basis.

    Args:
        argument: what the user said; must be aware.
        name: file name.
        creation_time: the container's own field, as written there.
        local: time zone of the facility.
        parent: name of the folder, read in front of the file name when that alone has no date.

    Raises:
        ValueError: ``argument`` is naive.
    """
    return next(_candidates(argument, name, creation_time, local, parent))


def _candidates(
    argument: datetime | None, name: str, creation_time: str | None, local: tzinfo, parent: str
) -> Iterator[StartTime]:
    if argument is not None:
        if argument.tzinfo is None:
            raise ValueError("the start time needs a time zone")
        yield StartTime(argument.astimezone(UTC), TimeBasis.ARGUMENT, "start time as given")
    if (named := time_in_name(name, local)) is not None:
        yield StartTime(named, TimeBasis.FILE_NAME, f"start time from the file name, read as {local}")
    if parent and (named := time_in_name(f"{parent}_{name}", local)) is not None:
        yield StartTime(named, TimeBasis.FILE_NAME, f"start time from the names of folder and file, read as {local}")
    if (contained := time_in_container(creation_time)) is not None:
        yield StartTime(contained, TimeBasis.CONTAINER, "start time from the container's creation_time, read as UTC")
    yield StartTime(EPOCH, TimeBasis.UNKNOWN, "start time unknown: times count from 1970-01-01; give it with --start")
