"""Replay, impact and explanation through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.entry import Nature
from api.wording.texts import LANGUAGES, texts
from pipelines import scene_file
from pipelines.cli import app
from pipelines.errors import BadInput
from pipelines.explain import explained
from pipelines.impact import impact
from pipelines.replay import replay_lines
from pipelines.scene_file import read_scenes, write_lines
from pipelines.site_file import load_site

GOLDEN = Path(__file__).parent.parent / "golden"
ROOM = GOLDEN / "05_out_of_the_room"
MASK = GOLDEN / "01_mask_put_on"
GATE = GOLDEN / "08_through_the_gate"


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_events_are_printed_or_written(tmp_path: Path) -> None:
    expected = (MASK / "events.jsonl").read_text(encoding="utf-8")
    assert invoke("replay", MASK / "scenes.jsonl", "--site", MASK / "site.toml", "--run", "golden") == expected
    out = tmp_path / "events.jsonl"
    invoke("replay", MASK / "scenes.jsonl", "--site", MASK / "site.toml", "--run", "golden", "--out", out)
    assert out.read_text(encoding="utf-8") == expected


def test_scenes_out_of_order_or_of_another_camera_are_named(tmp_path: Path) -> None:
    lines = (MASK / "scenes.jsonl").read_text(encoding="utf-8").splitlines()
    for name, mixed, problem in (
        ("order", [lines[1], lines[0]], "not later"),
        ("camera", [lines[0], lines[1].replace('"corridor"', '"yard"')], 'camera "yard"'),
        ("unknown", [lines[0].replace('"corridor"', '"yard"')], "is not in the site"),
    ):
        path = tmp_path / f"{name}.jsonl"
        write_lines(path, mixed)
        with pytest.raises(BadInput, match=problem):
            list(replay_lines(path, MASK / "site.toml", "r"))
    empty = tmp_path / "empty.jsonl"
    write_lines(empty, [])
    assert list(replay_lines(empty, MASK / "site.toml", "r")) == []


def test_scenes_of_an_unknown_camera_say_which_there_are(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text((MASK / "site.toml").read_text(encoding="utf-8").replace('"corridor"', '"yard"', 1), encoding="utf-8")
    with pytest.raises(BadInput, match="cameras of"):
        list(replay_lines(MASK / "scenes.jsonl", site, "r"))
    with pytest.raises(BadInput, match='camera "corridor": is not in the site'):
        invoke("explain", MASK / "scenes.jsonl", "--site", site, "--at", "2021-06-11T08:00:20")


def test_events_are_written_over_nothing_that_was_read(tmp_path: Path) -> None:
    scenes, site = tmp_path / "scenes.jsonl", tmp_path / "site.toml"
    for path in (scenes, site):
        path.write_bytes((MASK / path.name).read_bytes())
    for out in (scenes, site):
        with pytest.raises(BadInput, match="one of the files that are read"):
            invoke("replay", scenes, "--site", site, "--out", out)
        assert out.read_bytes() == (MASK / out.name).read_bytes()
    with pytest.raises(BadInput, match="--against prints none"):
        invoke("replay", scenes, "--site", site, "--against", site, "--out", tmp_path / "events.jsonl")


def test_scenes_without_ends_of_lines_are_refused_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_file, "_LONGEST_LINE", 1000)
    path = tmp_path / "zeros"
    path.write_bytes(b"0" * 10_000)
    with pytest.raises(BadInput, match=r"zeros:1: the line is longer than any scene"):
        list(read_scenes(path))


def test_a_picture_is_not_drawn_over(tmp_path: Path) -> None:
    picture = tmp_path / "view.png"
    invoke("site", "draw", MASK / "site.toml", "corridor", "--out", picture)
    with pytest.raises(BadInput, match="drawn over"):
        invoke("site", "draw", MASK / "site.toml", "corridor", "--picture", picture, "--out", picture)


def test_what_a_change_of_rules_would_change(tmp_path: Path) -> None:
    longer = tmp_path / "longer.toml"
    text = (ROOM / "site.toml").read_text(encoding="utf-8")
    longer.write_text(text.replace("min_duration_s = 30", "min_duration_s = 60"), encoding="utf-8")
    without = tmp_path / "without.toml"
    without.write_text(
        text.replace('id = "Q04"', 'id = "Q04"\nenabled = false\nreason = "thử"\nsince = 2021-06-01'), encoding="utf-8"
    )
    scenes = [ROOM / "scenes.jsonl"]
    old = load_site(ROOM / "site.toml")
    same = impact(scenes, old, old)
    assert (same.unchanged, same.by_rule()) == (1, ())
    assert impact(scenes, load_site(longer), old).by_rule() == (("Q04", 0, 0, 1),)
    assert impact(scenes, load_site(without), old).by_rule() == (("Q04", 0, 1, 0),)
    assert impact(scenes, old, load_site(without)).by_rule() == (("Q04", 1, 0, 0),)
    for new in (longer, without):
        assert "Q04" in invoke("replay", *scenes, "--rules", new, "--against", ROOM / "site.toml")
    assert "+ Q04" in invoke("replay", *scenes, "--rules", ROOM / "site.toml", "--against", without)


def test_why_there_is_an_event_and_why_not() -> None:
    said = invoke("explain", ROOM / "scenes.jsonl", "--site", ROOM / "site.toml", "--at", "2021-06-11T08:00:20")
    assert said.startswith("corridor 2021-06-11T08:00:20+07:00 (+0:00:20)\nQ0")
    later = invoke("explain", ROOM / "scenes.jsonl", "--site", ROOM / "site.toml", "--at", "2021-06-11T11:00:00")
    assert "trước thời điểm được hỏi" in later
    assert "Q04 đối tượng 1, người được cách ly: dấu hiệu vi phạm; ĐANG MỞ: 41 vi phạm" in said
    assert "S01: không có ai thuộc phạm vi quy tắc" in said
    assert "G01: không chạy được" in said
    group = GOLDEN / "07_gathering"
    said = invoke(
        "explain", group / "scenes.jsonl", "--site", group / "site.toml", "--at", "2021-06-11T08:00:25", "--language", "en"
    )
    assert "Q06 tracks 1 and 2, person of unknown role: not assessable" in said
    assert "Q07 corridor (corridor-2): violating; OPEN" in said
    said = invoke("explain", GATE / "scenes.jsonl", "--site", GATE / "site.toml", "--at", "2021-06-11T01:00:06.5+00:00")
    assert "ĐANG MỞ: 1 vi phạm / 0 tuân thủ / 0 không đánh giá được; một hành vi hoàn tất là đủ" in said
    english = "\n".join(
        explained(
            GOLDEN / "02_turned_away" / "scenes.jsonl",
            MASK / "site.toml",
            next(read_scenes(MASK / "scenes.jsonl")).frame.at,
            "corridor",
            "en",
        )
    )
    assert "not assessable (face turned away); not open" in english


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (["--at", "2020-01-01T00:00:00"], "has no scene up to"),
        (["--at", "2021-06-11T08:00:20", "--camera", "yard"], "not of yard"),
        (["--at", "2021-06-11T08:00:20", "--language", "fr"], "not offered"),
    ],
)
def test_moments_that_cannot_be_explained(more: list[str], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        invoke("explain", ROOM / "scenes.jsonl", "--site", ROOM / "site.toml", *more)


def test_site_commands(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    invoke("site", "new", path, "--area", "corridor", "--camera", "cam-1")
    assert "mode full" in invoke("site", "check", path)
    quoted = tmp_path / "quoted.toml"
    invoke("site", "new", quoted, "--name", 'Khu "A"')
    assert 'Khu "A"' in invoke("site", "check", quoted)
    assert "fifth" in invoke("site", "show", path)
    picture = tmp_path / "out.png"
    invoke("site", "draw", path, "cam-1", "--out", picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    over = tmp_path / "over.png"
    invoke("site", "draw", path, "cam-1", "--picture", picture, "--out", over)
    assert over.stat().st_size > 1000
    assert "nothing changed" in invoke("site", "changes", path, path)
    assert "+ zone corridor-2" in invoke("site", "changes", path, MASK / "site.toml")
    assert '"title": "SiteForm"' in invoke("site", "schema")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["new", "{tmp}/a.toml", "--area", "moon"], "not offered"),
        (["new", "{tmp}"], "cannot be written"),
        (["new", "{tmp}/a.toml", "--camera", 'a"b'], "^--facility, --name or --camera: .* is no id"),
        (["new", "{tmp}/a.toml", "--camera", "a\udcffb"], "^--facility, --name or --camera: is not valid UTF-8"),
        (["draw", "{site}", "corridor", "--out", "{site}"], "no name of a PNG"),
        (["draw", "{site}", "nobody"], "is not in"),
        (["draw", "{site}", "corridor", "--picture", "{site}"], "no picture"),
        (["draw", "{site}", "corridor", "--picture", "{tmp}/none.png"], "cannot be read"),
        (["draw", "{site}", "corridor", "--out", "{tmp}/none/x.png"], "cannot be written"),
    ],
)
def test_site_commands_refuse(tmp_path: Path, arguments: list[str], problem: str) -> None:
    filled = [argument.format(tmp=tmp_path, site=MASK / "site.toml") for argument in arguments]
    with pytest.raises(BadInput, match=problem):
        invoke("site", *filled)


def test_the_ground_of_a_rule_is_named_as_on_the_page_of_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    for language in LANGUAGES:
        listed = invoke("rules", "--language", language)
        for nature in Nature:
            assert f"{texts(language).named('nature', nature)}: " in listed


def test_rules_are_listed() -> None:
    assert "không chạy được" in invoke("rules")
    assert "đề xuất" in invoke("rules")
    assert "cannot run" in invoke("rules", "--language", "en")
    assert '"id": "Q01"' in invoke("rules", "--site", MASK / "site.toml", "--json")
    with pytest.raises(BadInput, match="not offered"):
        invoke("rules", "--language", "fr")
