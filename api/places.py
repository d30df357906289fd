"""Names of zones, looked up once a camera while one request is answered."""

from __future__ import annotations

from analyzer.types import CameraId, ZoneId, ZoneKind
from pipelines.records import StoredEvent
from pipelines.store.repository import Repository


class Places:
    """Knows what the facility calls the zone of an event.

    Args:
        repository: where the zones are kept; asked at most once a camera.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._names: dict[CameraId, dict[tuple[ZoneId, int], str | ZoneKind]] = {}

    def zone_of(self, event: StoredEvent) -> str | ZoneKind | None:
        """The name at the version the event was judged by, or its kind where it has none; the id of an unknown zone; ``None`` without a zone."""
        if event.zone is None:
            return None
        if event.camera not in self._names:
            zones = self._repository.zones(event.camera)
            self._names[event.camera] = {(zone.id, zone.version): zone.called for zone in zones}
        return self._names[event.camera].get((event.zone, event.zone_version or 1)) or event.zone
