"""A site that changes under a running watch: cameras that leave it, places drawn later, and what nobody foresaw."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.site import Facility, Site, Zone
from analyzer.types import CameraId, FacilityId, Point, Scene, ZoneId, ZoneKind
from pipelines.evidence.case import Case, Episode
from pipelines.evidence.footage import Footage
from pipelines.evidence.masked import MaskedFootage
from pipelines.following import Following
from pipelines.live_camera import LiveCamera
from pipelines.live_sealing import Sealing
from pipelines.settings import Settings
from pipelines.site_file import SiteDocument
from pipelines.sources.lifecycle import State
from pipelines.store import Repository, migrate, open_database
from tests.pipelines.evidence_case import EPISODE
from tests.pipelines.live.running import origin, running, with_ring
from tests.pipelines.live.watching import plan_for

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
AREA: tuple[Point, ...] = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_a_camera_that_leaves_the_site_leaves_quietly(tmp_path: Path) -> None:
    first, second = plan_for("synthetic:still", "gate"), plan_for("synthetic:still", "yard")
    with running(tmp_path, [first, second], evidence=False, memory=True) as run:
        run.wait(lambda: all(one.life.state is State.LIVE for one in run.live.status()), 10)
        run.live.reconcile([first], origin(["gate"]))
        assert [one.camera for one in run.live.status()] == ["gate"]
        run.live.reconcile([first, second], origin(["gate", "yard"]))
        run.wait(lambda: len(run.live.status()) == 2 and all(s.life.state is State.LIVE for s in run.live.status()), 10)


class _Evidence:
    """Takes what the sealing hands to its writer."""

    def __init__(self) -> None:
        self.footage: list[Footage] = []

    def seal(self, episode: Episode, footage: Footage, scenes: Sequence[Scene], case: Case) -> None:
        self.footage.append(footage)


def test_a_forbidden_area_drawn_while_the_watch_runs_is_masked_in_evidence(tmp_path: Path) -> None:
    evidence: Any = _Evidence()
    sealing, plan, before = Sealing(evidence, evidence, ()), with_ring(plan_for("usb:0", "gate"), tmp_path), origin(["gate"])
    toilet = Zone(ZoneId("wc"), CameraId("gate"), ZoneKind.TOILET, AREA)
    drawn = replace(before, site=replace(before.site, zones=(toilet,)))
    for one in (before, drawn):  # the camera begins anew when something is drawn on it
        camera = LiveCamera(plan, one, NOW, NOW)
        camera.episodes[EPISODE.opened.id] = EPISODE
        assert sealing.seal_all(camera) == 0
    open_to_see, covered = evidence.footage
    assert not isinstance(open_to_see, MaskedFootage)
    assert isinstance(covered, MaskedFootage)
    assert covered.areas == (AREA,)


def test_what_nobody_foresaw_does_not_end_the_following(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, rounds = threading.Event(), list[object]()
    document = SiteDocument(Site(Facility(FacilityId("f"), "F"), ()), "0" * 64, Path("site.toml"), "")
    nothing: Any = None
    monkeypatch.setattr("pipelines.following._PACE", 0.0)
    with open_database(f"sqlite:///{tmp_path / 'vigil.db'}") as database:
        migrate(database)
        following = Following(document, Repository(database), nothing, Settings(data_dir=tmp_path), None)

        def once(_live: object, saved: object) -> None:
            rounds.append(saved)
            if len(rounds) == 3:
                stopped.set()
            raise ValueError("never thought of")

        monkeypatch.setattr(following, "once", once)
        watch: Any = type("Watch", (), {"changed": lambda _: None})()
        following.follow(watch, watch, stopped)
    assert len(rounds) == 3
