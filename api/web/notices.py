"""What must be said beside the queue: which rules are silent because they do not run, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analyzer.catalogue import RuleState, RuleStatus, explain_rules
from analyzer.errors import ComplianceError
from analyzer.site import Site, SiteMode
from api.web.render import Reader
from api.wording.reasons import known_rules
from pipelines.errors import BadSite
from pipelines.records import FacilityRecord
from pipelines.site_file import parse_site
from pipelines.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a reader must know before he trusts the list; ``items`` are unfolded on demand."""

    head: str
    text: str = ""
    items: tuple[str, ...] = ()


def notices_of(repository: Repository, reader: Reader) -> list[Notice]:
    """Every notice, by facility; without a site file, what was judged at all."""
    notices: list[Notice] = []
    unknown = False
    for facility in repository.facilities():
        site = _site(repository, facility)
        if site is None:
            unknown = True
        else:
            notices += _of_site(site, facility, reader)
    return notices + (_of_tallies(repository, reader) if unknown or not notices else [])


def _site(repository: Repository, facility: FacilityRecord) -> Site | None:
    """The site as it was stored; ``None`` when recordings were analysed without a site file."""
    document = repository.site_document(facility.id)
    try:
        return parse_site(document.encode(), Path("site.toml")).site if document else None
    except (BadSite, ComplianceError):
        return None


def _of_site(site: Site, facility: FacilityRecord, reader: Reader) -> list[Notice]:
    t = reader.t
    statuses = explain_rules(site)
    notices = []
    if site.mode is SiteMode.MASK_ONLY:
        notices.append(Notice(t("queue.note.mask_only", facility=facility.name), t("queue.note.mask_only_why")))
    for state, key in ((RuleState.OFF, "queue.note.off"), (RuleState.UNABLE, "queue.note.unable")):
        found = tuple(_told(status, reader) for status in statuses if status.state is state)
        if found:
            notices.append(Notice(t(key, facility=facility.name), items=found))
    return notices


def _told(status: RuleStatus, reader: Reader) -> str:
    vi = reader.t.language == "vi"

    parts = [f"{status.entry.id}: {status.why.vi if vi else status.why.en}"]
    if status.missing:
        parts.append("; ".join(text.vi if vi else text.en for text in status.missing))
    if status.since:
        parts.append(reader.t("queue.note.since", day=reader.f.day(status.since)))
    return ", ".join(parts)


def _of_tallies(repository: Repository, reader: Reader) -> list[Notice]:
    judged = {entry.tally.rule for entry in repository.tallies()}
    if not judged:
        return [] if repository.runs(limit=1) else [Notice(reader.t("queue.note.nothing"))]
    silent = [rule for rule in known_rules() if rule not in judged]
    return [Notice(reader.t("queue.note.silent", rules=", ".join(silent)))] if silent else []
