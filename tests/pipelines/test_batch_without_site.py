"""Recordings of several commands: which cameras the store knows afterwards, with and without a site file."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.progress import Progress

from models.synthetic import synthetic_factory
from pipelines.batch import Batch, Request
from pipelines.errors import BadInput
from pipelines.settings import Settings
from pipelines.store import Repository, open_database
from pipelines.summary import RunSummary
from tests.media import Film, make

SITE = '[facility]\nid = "f"\nname = "Khu cách ly"\n\n[[camera]]\nid = "hanh-lang"\nname = "Hành lang"\n'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "data"))
    return Settings()


def analyse(settings: Settings, *recordings: Path, site: Path | None = None) -> tuple[list[RunSummary], list[BadInput]]:
    request = Request(tuple(map(str, recordings)), site, rate=5.0)
    with Batch.open(settings, request, synthetic_factory()) as batch, Progress(disable=True) as bars:
        return batch.analyse(bars, lambda: False)


def cameras(settings: Settings) -> list[tuple[str, str]]:
    with open_database(settings.database) as database:
        return [(camera.facility, camera.id) for camera in Repository(database).cameras()]


def test_without_a_site_only_recordings_that_open_are_cameras_and_all_of_them_stay(settings: Settings, tmp_path: Path) -> None:
    first, second = (make(tmp_path / name, Film(count=5)) for name in ("first.mp4", "second.mp4"))
    text = tmp_path / "text.mp4"
    text.write_text("this is no recording\n" * 40, encoding="utf-8")

    analyse(settings, first)
    runs, refused = analyse(settings, tmp_path / "vanished.mp4", text, second)

    assert [run.camera for run in runs] == ["second"]
    assert len(refused) == 2
    assert cameras(settings) == [("unnamed", "first"), ("unnamed", "second")]


def test_a_site_file_may_come_after_the_first_look(settings: Settings, tmp_path: Path) -> None:
    recording = make(tmp_path / "hanh-lang.mp4", Film(count=5))
    site = tmp_path / "site.toml"
    site.write_text(SITE, encoding="utf-8")

    ((before,), _) = analyse(settings, recording)
    ((after,), _) = analyse(settings, recording, site=site)

    assert cameras(settings) == [("f", "hanh-lang")]
    with open_database(settings.database) as database:
        repository = Repository(database)
        assert [repository.run(run.run).facility for run in (before, after)] == ["unnamed", "f"]


def test_without_its_site_file_a_camera_is_refused_and_the_rest_goes_on(settings: Settings, tmp_path: Path) -> None:
    recording, other = (make(tmp_path / name, Film(count=5)) for name in ("hanh-lang.mp4", "other.mp4"))
    site = tmp_path / "site.toml"
    site.write_text(SITE, encoding="utf-8")
    analyse(settings, recording, site=site)

    runs, (refused,) = analyse(settings, recording, other)

    assert [run.camera for run in runs] == ["other"]
    assert str(refused).startswith(f"{recording}: its camera 'hanh-lang' belongs to facility 'f'; ")
