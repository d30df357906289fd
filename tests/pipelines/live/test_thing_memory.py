"""A thing that passes for a person stays one over a restart, with its time; another view, or a view of long ago, begins anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analyzer.types import Box, CameraId, FrameRef, MaskState, Scene
from models.frame import Frame
from models.perception import PerceptionOptions
from models.synthetic import paint_person, synthetic_factory
from pipelines.health import Health
from pipelines.live_books import Books
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_writer import LiveWriter
from pipelines.metrics import LiveMetrics
from pipelines.records import GapReason
from pipelines.seeing import BatchedSeer
from pipelines.sources.lifecycle import State
from pipelines.store import Repository, migrate, open_database
from pipelines.thing_memory import ThingFolder
from tests.pipelines.live.running import origin
from tests.pipelines.live.watching import plan_for

CAMERA = CameraId("gate")
T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
STILL = timedelta(seconds=20)
COAT = Box(500, 80, 590, 400)


class Process:
    """One process that watches one camera, whose stream time begins with it."""

    def __init__(self, repository: Repository, folder: Path, begins: float, *, still: timedelta = STILL, url: str = "x") -> None:
        self.zero = T0 + timedelta(seconds=begins)
        self.seer = BatchedSeer(synthetic_factory(PerceptionOptions(still_for=still)))
        self.origin: Origin = origin([CAMERA], self.seer)
        writer = LiveWriter(repository, self.origin.site.facility.id, lambda: (), lambda events: None, LiveMetrics().stage)
        self.books = Books(repository, writer, None, None, threading.RLock(), things=ThingFolder(folder))
        plan = replace(plan_for(f"rtsp://127.0.0.1:1/{url}"), camera=CAMERA)
        self.camera: LiveCamera = self.books.begin(plan, self.origin, self.zero, self.zero)
        self.camera.connection(State.LIVE, GapReason.NOT_STARTED, self.zero)

    def look(self, seconds: range, *, coat: bool = True) -> Scene:
        """Look once a second; the last scene."""
        for second in seconds:
            image = np.full((480, 640, 3), 190, np.uint8)
            if coat:
                paint_person(image, COAT, MaskState.WORN)
            at = T0 + timedelta(seconds=second)
            ref = FrameRef(CAMERA, second, at - self.zero, at, 640, 480)
            (scene,) = self.seer.look([Frame(ref, image)])
            assert isinstance(scene, Scene)
            self.camera.understood(scene)
        return scene

    def end(self, second: int) -> None:
        self.books.finish(self.camera, T0 + timedelta(seconds=second), ending=True)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    with open_database(f"sqlite:///{tmp_path / 'vigil.db'}") as database:
        migrate(database)
        yield Repository(database)


@pytest.fixture
def folder(tmp_path: Path, repository: Repository) -> Path:
    """Left behind by a process that had seen a coat for 25 seconds."""
    process = Process(repository, tmp_path / "health", 0)
    assert len(process.look(range(25)).things) == 1
    process.end(25)
    assert (tmp_path / "health" / "gate.things.json").is_file()
    return tmp_path / "health"


def test_a_thing_is_one_again_at_the_first_look_and_since_when_it_was(repository: Repository, folder: Path) -> None:
    scene = Process(repository, folder, 90).look(range(91, 92))
    assert scene.observations == ()
    assert [thing.since for thing in scene.things] == [T0]


def test_it_goes_on_from_process_to_process_though_nobody_saw_it_in_between(repository: Repository, folder: Path) -> None:
    second = Process(repository, folder, 90)
    second.look(range(91, 93), coat=False)
    second.end(93)
    assert [thing.since for thing in Process(repository, folder, 200).look(range(201, 202)).things] == [T0]


def test_somebody_in_its_place_is_a_person(repository: Repository, folder: Path) -> None:
    process = Process(repository, folder, 90)
    image = np.full((480, 640, 3), 190, np.uint8)
    paint_person(image, COAT, MaskState.NONE)
    image[300:400] = 60
    (scene,) = process.seer.look([Frame(FrameRef(CAMERA, 0, timedelta(seconds=1), T0, 640, 480), image)])
    assert isinstance(scene, Scene)
    assert (len(scene.observations), scene.things) == (1, ())


@pytest.mark.parametrize("again", [{"begins": 13 * 3600}, {"begins": -100}, {"begins": 90, "url": "another"}])
def test_a_view_of_long_ago_of_later_or_of_another_source_begins_anew(
    repository: Repository, folder: Path, again: dict[str, object]
) -> None:
    process = Process(repository, folder, **again)  # type: ignore[arg-type]
    first = round((process.zero - T0).total_seconds()) + 1
    assert process.look(range(first, first + 2)).things == ()


def test_a_camera_that_was_moved_is_remembered_no_more(repository: Repository, folder: Path) -> None:
    process = Process(repository, folder, 90)
    process.look(range(91, 93))
    process.camera.health = Health(GapReason.MOVED)
    process.end(94)
    assert list(folder.iterdir()) == []


def test_what_is_wrong_with_the_picture_for_a_while_changes_nothing(repository: Repository, folder: Path) -> None:
    before = (folder / "gate.things.json").read_bytes()
    process = Process(repository, folder, 90)
    process.look(range(91, 93))
    process.camera.health = Health(GapReason.BLACK)
    process.end(94)
    assert (folder / "gate.things.json").read_bytes() == before


def test_nobody_who_sits_still_is_written_down(repository: Repository, tmp_path: Path) -> None:
    process = Process(repository, tmp_path / "health", 0)
    assert len(process.look(range(15)).observations) == 1
    process.end(15)
    assert not (tmp_path / "health").exists()


def test_what_is_switched_off_is_forgotten(repository: Repository, folder: Path) -> None:
    process = Process(repository, folder, 90, still=timedelta(0))
    assert len(process.look(range(91, 93)).observations) == 1
    process.end(94)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: "",
        lambda kept: "[" * 100_000,
        lambda kept: "null",
        lambda kept: json.dumps({**kept, "zero": "2026-03-02T01:00:00"}),
        lambda kept: json.dumps({**kept, "zero": "0001-01-01T00:00:00Z"}).replace("PT", "-P99999DT"),
        lambda kept: json.dumps(kept).replace('"look": [', '"look": [1, '),
        lambda kept: json.dumps(kept).replace('"look": [', '"look": [1e9, '),
        lambda kept: json.dumps(kept).replace('"x1": 500.0', '"x1": NaN'),
    ],
)
def test_a_file_that_cannot_be_used_is_as_good_as_none(repository: Repository, folder: Path, change: object) -> None:
    file = folder / "gate.things.json"
    changed = change(json.loads(file.read_bytes()))  # type: ignore[operator]
    assert changed != json.dumps(json.loads(file.read_bytes()))
    file.write_text(changed, encoding="utf-8")
    assert len(Process(repository, folder, 90).look(range(91, 93)).observations) == 1
