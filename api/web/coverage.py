"""The coverage page: one camera, one day, what was watched and what was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from analyzer.types import CameraId
from api.timeline import FUTURE, UNRECORDED, Timeline, build_timeline
from api.web.render import Reader
from api.wording.formats import parsed_day
from pipelines.coverage import told_until
from pipelines.errors import NotFound
from pipelines.looks import added_up
from pipelines.records import CameraRecord, EventFilter, Run, StoredEvent, TimeBasis
from pipelines.store.repository import Repository

_MOST_DAYS = 14
_LONGEST_SHOWN = 128
_ROOM = timedelta(seconds=10)
_LONGEST, _LATEST = timedelta(days=1), timedelta(hours=1)


def coverage_facts(
    repository: Repository, reader: Reader, wanted_camera: str, wanted_day: str, now: datetime
) -> dict[str, object]:
    """Everything the template asks for. Without a day, the latest that has a record."""
    cameras = repository.cameras()
    if not cameras:
        return {"section": "coverage", "cameras": ()}
    asked = _camera(repository, cameras, wanted_camera)
    camera = asked or _latest(repository, cameras)
    runs = repository.runs(camera=camera.id, limit=200)
    days = _days(runs, reader.f.zone)
    day = parsed_day(wanted_day) or (days[0] if days else now.astimezone(reader.f.zone).date())
    faults = []
    if wanted_camera and asked is None:
        faults.append(reader.t("coverage.no_such_camera", text=wanted_camera[:_LONGEST_SHOWN], shown=camera.name or camera.id))
    if wanted_day and parsed_day(wanted_day) is None:
        faults.append(reader.t("coverage.no_day", text=wanted_day[:_LONGEST_SHOWN], shown=reader.f.day(day)))
    basis = _basis(runs, day)
    zone = UTC if basis is TimeBasis.UNKNOWN else reader.f.zone
    since = datetime.combine(day, time(), zone)
    until = datetime.combine(day + timedelta(days=1), time(), zone)
    strip = _strip(repository, camera, since, until, now)
    return {
        "section": "coverage",
        "faults": faults,
        "cameras": cameras if camera in cameras else (*cameras, camera),
        "camera": camera,
        "day": day,
        "days": days[:_MOST_DAYS],
        "basis": basis,
        "timezone": str(zone),
        "strip": strip,
        "close": _close(repository, camera, strip, now),
        "looks": added_up(camera.id, since, repository.looks(camera.id, since.astimezone(UTC), until.astimezone(UTC))),
    }


def _camera(repository: Repository, cameras: tuple[CameraRecord, ...], wanted: str) -> CameraRecord | None:
    """The camera asked for; also one that is in force no more, whose signs lead here."""
    found = next((item for item in cameras if item.id == wanted), None)
    if found is not None or not wanted.isprintable():
        return found
    try:
        return repository.camera(CameraId(wanted))
    except NotFound:
        return None


def _latest(repository: Repository, cameras: tuple[CameraRecord, ...]) -> CameraRecord:
    """The camera of the latest run: what somebody who asks for none most likely wants to see."""
    run = next(iter(repository.runs(limit=1)), None)
    return next((camera for camera in cameras if run is not None and camera.id == run.camera), cameras[0])


def _strip(repository: Repository, camera: CameraRecord, since: datetime, until: datetime, now: datetime) -> Timeline:
    intervals = repository.coverage(camera.id, since, until)
    signs = signs_between(repository, camera.id, since, until)
    return build_timeline(intervals, signs, since, until, now=told_until([intervals], min(until, now), now))


def signs_between(repository: Repository, camera: CameraId, since: datetime, until: datetime) -> Iterator[StoredEvent]:
    """Every sign of a stretch of time, also one told of a while after it, or a while before its end."""
    told = since - _LONGEST, until + _LATEST  # what an index narrows
    return repository.every_event(EventFilter(cameras=(camera,), since=told[0], until=told[1], during=(since, until)))


def _close(repository: Repository, camera: CameraRecord, strip: Timeline, now: datetime) -> Timeline | None:
    """The recorded part alone, when the day's strip would hide it in a few pixels."""
    recorded = [part for part in strip.stretches if part.state not in {UNRECORDED, FUTURE}]
    if not recorded:
        return None
    since, until = recorded[0].start - _ROOM, recorded[-1].end + _ROOM
    if until - since > strip.length / 4:
        return None
    return _strip(repository, camera, since, until, now)


def _days(runs: tuple[Run, ...], zone: tzinfo) -> list[date]:
    """Days with a run, latest first; recordings of unknown time share the day of the epoch."""
    found = set[date]()
    for run in runs:
        local = UTC if run.time_basis is TimeBasis.UNKNOWN else zone
        first, last = (at.astimezone(local).date() for at in (run.first_at, run.first_at + run.observed))
        found |= {last - timedelta(days=back) for back in range(min((last - first).days + 1, _MOST_DAYS))}
    return sorted(found, reverse=True)


def _basis(runs: tuple[Run, ...], day: date) -> TimeBasis:
    """Whether the day is a real one: recordings of unknown time count from 1970-01-01."""
    if day == date(1970, 1, 1) and any(run.time_basis is TimeBasis.UNKNOWN for run in runs):
        return TimeBasis.UNKNOWN
    return TimeBasis.LIVE
