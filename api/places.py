"""Names of zones, looked up once a camera while one request is answered."""

from __future__ import annotations

from analyzer.types import CameraId, ZoneKind
from pipelines.records import StoredEvent, ZoneVersion
from pipelines.store.repository import Repository
from pipelines.telling import place_of


class Places:
    """Knows what the facility calls the zone of an event.

    Args:
        repository: where the zones are kept; asked at most once a camera.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._zones: dict[CameraId, tuple[ZoneVersion, ...]] = {}

    def zone_of(self, event: StoredEvent) -> str | ZoneKind | None:
        """See `pipelines.telling.place_of`."""
        if event.zone is None:
            return None
        if event.camera not in self._zones:
            self._zones[event.camera] = self._repository.zones(event.camera)
        return place_of(event, self._zones[event.camera])
