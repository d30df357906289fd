"""What a site file may say and yet hardly means: valid, and without effect."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from analyzer.site import Site
from pipelines.errors import BadInput
from pipelines.site_file import SiteDocument
from pipelines.wanted import written_address


def source_doubts(document: SiteDocument) -> Iterator[str]:
    """One line for each address at which `vigil live` could not watch: recordings of the same cameras can be analysed all the same."""
    for camera in document.site.cameras:
        for kind, text in (("source", camera.source), ("evidence", camera.evidence)):
            if text:
                try:
                    written_address(text, f'{kind} of camera "{camera.id}"', document.path.parent)
                except BadInput as problem:
                    yield f"{problem.place}: {problem.problem}, so it cannot be watched live; {problem.remedy}"


def doubts(site: Site) -> Iterator[str]:
    """One line for each room that is named and that no door leads to; nothing is known of rooms while no door has a number."""
    rooms = sorted({door.number for door in site.doors if door.number})
    if not rooms:
        return
    named = (
        [("schedule", slot.rooms) for slot in site.slots]
        + [("permit", permit.rooms) for permit in site.permits]
        + [("households", household) for household in site.roommates]
    )
    told: set[tuple[str, str]] = set()
    for where, wanted in named:
        for room in sorted(wanted - set(rooms)):
            if (where, room) in told:
                continue
            told.add((where, room))
            near = get_close_matches(room, rooms, n=1)
            meant = f'; did you mean "{near[0]}"?' if near else ""
            yield f'{where}: no door has the number "{room}", so it concerns nobody a camera sees{meant}'
