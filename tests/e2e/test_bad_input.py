"""Bad input gets one clear line and an exit code; the others in the batch go on; nothing half-written remains."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.command import Vigil
from tests.media import Film, cut, make, make_sound_only, spoil

pytestmark = pytest.mark.weights


@pytest.fixture
def vigil(tmp_path: Path) -> Vigil:
    return Vigil(tmp_path / "data")


def leftovers(vigil: Vigil) -> list[Path]:
    return [path for path in vigil.data.rglob("*") if path.name.endswith(".part")]


def test_one_command_over_everything_that_may_be_handed_in(vigil: Vigil, tmp_path: Path) -> None:
    folder = tmp_path / "Bản ghi hình %03d – tầng 2"
    folder.mkdir()
    good = make(folder / "Hành lang tầng 2 (đêm).mp4", Film(count=20))
    empty, text, playlist, concat = (folder / name for name in ("empty.mp4", "text.mp4", "playlist.mp4", "concat.mp4"))
    empty.touch()
    text.write_text("this is no recording\n" * 40, encoding="utf-8")
    playlist.write_text(f"#EXTM3U\n#EXTINF:1,\n{good.as_uri()}\n#EXT-X-ENDLIST\n", encoding="utf-8")
    concat.write_text(f"ffconcat version 1.0\nfile '{good.name}'\n", encoding="utf-8")
    headless = cut(make(folder / "no-index.mp4", Film(count=20)), 0.6)
    sound = make_sound_only(folder / "sound.mp4")
    dot = make(folder / "dot.mkv", Film(codec="ffv1", width=1, height=1, count=3))
    pipe = folder / "pipe.mp4"
    os.mkfifo(pipe)
    inputs = [empty, text, playlist, concat, headless, sound, dot, pipe, folder / "vanished.mp4", good]
    result = vigil.analyze(inputs, expect=3)

    assert [run["recording"] for run in result["runs"]] == [good.name]
    (run,) = result["runs"]
    assert run["state"] == "finished"
    assert run["frames"]["captured"] == 20
    refused = {Path(refusal["place"]).name: refusal for refusal in result["refused"]}
    assert set(refused) == {path.name for path in inputs} - {good.name}
    for refusal in refused.values():
        assert refusal["problem"]
        assert refusal["remedy"]
        assert "\n" not in refusal["place"] + refusal["problem"] + refusal["remedy"]
    assert leftovers(vigil) == []
    assert len(list((vigil.data / "runs").iterdir())) == 1


def test_nothing_but_bad_input_is_exit_code_2(vigil: Vigil, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    result = vigil.analyze([tmp_path / "empty.mp4"], expect=2)
    assert result["runs"] == []
    assert not (vigil.data / "runs").exists()


def test_damage_inside_a_recording_is_counted_and_a_cut_one_is_partial(vigil: Vigil, tmp_path: Path) -> None:
    whole = Film(count=60, container_options=(("movflags", "frag_keyframe+empty_moov"),))
    cut_off = cut(make(tmp_path / "cut.mp4", whole), 0.6)
    spoilt = spoil(make(tmp_path / "spoilt.ts", Film(count=60, container="mpegts")))
    result = vigil.analyze([cut_off, spoilt], expect=3)
    by_name = {run["recording"]: run for run in result["runs"]}
    assert by_name["cut.mp4"]["state"] == "partial"
    assert by_name["cut.mp4"]["notes"]
    assert 0 < by_name["cut.mp4"]["frames"]["captured"] < 60
    for run in by_name.values():
        assert run["frames"]["captured"] == run["frames"]["analysed"] + sum(run["frames"]["dropped"].values())


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ('[facility]\nid = "f"\nname = "F"\n\n[[camera]]\nid = "a"\nnam = "A"\n', ("site.toml:7", "nam", "name")),
        (
            '[facility]\nid = "f"\nname = "F"\n[[camera]]\nid = "a"\nname = "A"\n[[camera]]\nid = "a"\nname = "B"\n',
            ("site.toml", '"a"', "twice"),
        ),
        (
            (
                '[facility]\nid = "f"\nname = "F"\n[[camera]]\nid = "a"\nname = "A"\n[[camera.zone]]\nid = "z"\nkind = "corridor"\n'
                "polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]\n"
            ),
            ("site.toml", "polygon", "cross"),
        ),
        (
            '[facility]\nid = "f"\nname = "F"\n[[camera]]\nid = "a"\nname = "A"\n[[rule]]\nid = "Q99"\n',
            ("site.toml:8", "Q99", "Q09"),
        ),
        ("[facility\n", ("site.toml", "TOML")),
    ],
)
def test_a_bad_site_file_is_one_line_with_place_and_remedy(
    vigil: Vigil, tmp_path: Path, site: str, said: tuple[str, ...]
) -> None:
    recording = make(tmp_path / "a.mp4", Film(count=5))
    path = tmp_path / "site.toml"
    path.write_text(site, encoding="utf-8")
    done = vigil.run("analyze", str(recording), "--site", str(path), expect=2)
    (line,) = done.stderr.strip().splitlines()
    assert [part for part in said if part not in line] == []
    assert not vigil.data.exists()


def test_a_database_of_a_newer_version_is_refused_in_one_line(vigil: Vigil, tmp_path: Path) -> None:
    recording = make(tmp_path / "a.mp4", Film(count=5))
    vigil.analyze([recording])
    with sqlite3.connect(vigil.data / "vigil.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    done = vigil.run("analyze", str(recording), expect=1)
    (line,) = done.stderr.strip().splitlines()
    assert "9999" in line or "newer" in line
