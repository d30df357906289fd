"""Makes what runs into what is wanted, again and again: a saved site file, a changed wish, the wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import structlog

from analyzer.privacy import withhold
from analyzer.types import CameraId
from pipelines.coded import coded
from pipelines.errors import BadAddress, BadInput, PipelineError
from pipelines.identity import code_version
from pipelines.live import Live
from pipelines.live_camera import Origin
from pipelines.records import GapReason, Trouble, ZoneVersion
from pipelines.seeing import Seer
from pipelines.settings import Settings
from pipelines.site_file import SiteDocument
from pipelines.site_records import remember
from pipelines.sources.camera import CameraStatus
from pipelines.sources.lifecycle import State
from pipelines.store.repository import Repository
from pipelines.supervisor import Plans, SiteWatch, plans_of
from pipelines.wanted import CameraReport, overlaid

_PACE: Final = 1.0  # s
_REPORT_AT_LEAST: Final = 10.0  # s
_AGAIN: Final = 10.0  # s until a camera that could not be planned is looked at again


class Following:
    """The site file and the wishes of people, as they are now.

    Args:
        document: the site file as it was read.
        repository: where wishes are found and reports go.
        seer: what looks at the pictures.
        settings: where things lie.
        rate: analysed instants a second, unless a wish says otherwise.
    """

    def __init__(
        self, document: SiteDocument, repository: Repository, seer: Seer, settings: Settings, rate: float | None
    ) -> None:
        self._written, self._repository, self._seer = document, repository, seer
        self._settings, self._rate = settings, rate
        self._wishes = repository.wishes(document.site.facility.id)
        self._refused: Mapping[CameraId, BadInput] = {}
        self._tried = self._reported = 0.0
        self._said: tuple[CameraReport, ...] = ()
        self._log = structlog.get_logger()

    def origin(self) -> tuple[Origin, tuple[ZoneVersion, ...]]:
        """Write the site as it is wanted to the store, and judge by it."""
        site, zones = remember(self._document, self._repository)
        return Origin(site, self._document.sha256, code_version(), self._seer, lambda scene: withhold(scene, site)), zones

    def plans(self) -> Plans:
        """Of the cameras that are wanted now.

        Raises:
            BadInput: a source of the site file cannot be used.
        """
        plans = plans_of(self._document, self._settings, self._rate, self._wishes)
        self._refused, self._tried = plans.refused, time.monotonic()
        for camera, problem in plans.refused.items():
            self._log.error("camera.unusable", camera=camera, error=str(problem))
        if not plans.plans:
            self._log.warning("camera.none", remedy='give cameras a source = "rtsp://..." or add one on the page of cameras')
        return plans

    def follow(self, at_work: Live, watch: SiteWatch, stopped: threading.Event) -> None:
        """Until ``stopped``."""
        while not stopped.wait(_PACE):
            try:
                self.once(at_work, watch.changed())
            except PipelineError as problem:
                self._log.error("site.not_taken_over", error=str(problem))
            except Exception:  # noqa: BLE001 - without this thread no change would ever be taken over again, and nobody would know
                self._log.exception("site.not_taken_over")

    def once(self, at_work: Live, saved: SiteDocument | None) -> None:
        """Look once. What cannot be taken over changes nothing.

        Raises:
            BadInput: the saved site file cannot be used.
            StoreError: the store does not answer now.
        """
        wishes = self._repository.wishes(self._written.site.facility.id)
        again = bool(self._refused) and time.monotonic() - self._tried >= _AGAIN
        if saved is not None or wishes != self._wishes or again:
            before = self._written, self._wishes
            self._written, self._wishes = saved or self._written, wishes
            try:
                plans = self.plans()
                at_work.reconcile(plans.plans, *self.origin())
            except Exception:
                if saved is None:
                    self._written, self._wishes = before  # a store that is busy for once: the next round tries again
                else:
                    self._written = before[0]
                raise
        self._report(at_work)

    @property
    def _document(self) -> SiteDocument:
        return replace(self._written, site=overlaid(self._written.site, self._wishes))

    def _report(self, at_work: Live) -> None:
        now = datetime.now(UTC)
        reports = tuple(
            reports_of(at_work.status(), at_work.recordings(), self._refused, now, at_work.troubles(), things=at_work.things())
        )
        due = time.monotonic() - self._reported >= _REPORT_AT_LEAST
        if reports and (due or [replace(r, at=now) for r in self._said] != list(reports)):
            self._repository.put_reports(reports)
            self._said, self._reported = reports, time.monotonic()


def reports_of(
    watched: Sequence[CameraStatus],
    recorded: Sequence[CameraStatus],
    refused: Mapping[CameraId, BadInput],
    now: datetime,
    troubles: Mapping[CameraId, GapReason] = MappingProxyType({}),
    *,
    things: Mapping[CameraId, int] = MappingProxyType({}),
) -> list[CameraReport]:
    """How every camera is: watched, its evidence stream where that is another one, and those that cannot be planned.

    ``troubles``: what keeps cameras that are connected from being watched as asked; ``things``: how much passes for people there.
    """
    recordings = {status.camera: status.life.state for status in recorded}
    said = [CameraReport(camera, now, State.DOWN, text=_refusal(problem)) for camera, problem in refused.items()]
    for status in watched:
        live, opened = status.life.state is State.LIVE, status.opened
        said.append(
            CameraReport(
                camera=status.camera,
                at=now,
                state=status.life.state,
                reason=troubles.get(status.camera) if live else status.life.reason,
                recording=recordings.get(status.camera),
                codec=opened.codec if opened else "",
                width=opened.width if opened else 0,
                height=opened.height if opened else 0,
                text=_odd(things.get(status.camera, 0)) if live else _trouble(status),
            )
        )
    return said


def _refusal(problem: BadInput) -> str:
    return coded(problem.fault, problem.about) if isinstance(problem, BadAddress) else coded(Trouble.OTHER, str(problem))


def _odd(things: int) -> str:
    return coded(Trouble.THINGS, str(things)) if things else ""


def _trouble(status: CameraStatus) -> str:
    """The words for a fault of the address say all there is to say."""
    if not status.text:
        return ""
    return coded(status.trouble, status.text) if isinstance(status.trouble, Trouble) else str(status.trouble)
