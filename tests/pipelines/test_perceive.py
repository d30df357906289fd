from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image as Pillow
from typer.testing import CliRunner

import models
from analyzer.types import Box, Detection, Label, MaskState
from models.scripted import ScriptedDetector
from models.still import StillPerception
from models.synthetic import paint_person, synthetic_factory
from pipelines.cli import app
from pipelines.stills import Still, Unread, look_line, stills, unread_line
from tests.media import make
from tests.models.photographs import portrait
from tests.models.seen import frame

SCHEMA = json.loads(Path(models.__file__).with_name("perceive.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def scene(*people: tuple[float, float, MaskState], size: tuple[int, int] = (480, 640)) -> np.ndarray:
    """People given as left edge, height of the person and mask."""
    image = np.full((*size, 3), 190, np.uint8)
    for left, height, state in people:
        paint_person(image, Box(left, 40, left + height * 0.3, 40 + height), state)
    return image


def saved(path: Path, image: np.ndarray, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.ascontiguousarray(image[:, :, ::-1])).save(path, **options)
    return path


@pytest.fixture
def perception() -> StillPerception:
    return synthetic_factory().for_stills()


def lines(paths: list[Path], perception: StillPerception, every: float = 1.0) -> list[dict[str, Any]]:
    found = [
        unread_line(one) if isinstance(one, Unread) else look_line(one, perception)
        for one in stills(paths, timedelta(seconds=every))
    ]
    for line in found:
        CHECK.validate(json.loads(json.dumps(line)))
    return found


def test_a_picture_becomes_a_line_in_pixels_of_the_original(tmp_path: Path, perception: StillPerception) -> None:
    path = saved(tmp_path / "a.png", scene((100, 400, MaskState.NONE), (400, 400, MaskState.INCORRECT)))
    (line,) = lines([path], perception)
    assert (line["file"], line["time"], line["width"], line["height"]) == (str(path), None, 640, 480)
    states = {person["mask"]["state"] for person in line["persons"]}
    assert states == {"none", "incorrect"}
    for person in line["persons"]:
        assert person["box"][1] == pytest.approx(40, abs=2)
        assert person["head"]["height_px"] == pytest.approx(80, abs=2)
        assert person["mask"]["assessable"]
        assert person["mask"]["grade"] == "full"
        assert person["ppe"] == {}
        assert person["attire"] is None


def test_a_small_head_is_named_so(tmp_path: Path, perception: StillPerception) -> None:
    path = saved(tmp_path / "a.png", scene((100, 100, MaskState.NONE), (400, 160, MaskState.NONE)))
    (line,) = lines([path], perception)
    by_grade = {person["mask"]["grade"]: person["mask"] for person in line["persons"]}
    assert (by_grade["none"]["state"], by_grade["none"]["reason"]) == ("not_visible", "FACE_TOO_SMALL")
    assert (by_grade["support"]["state"], by_grade["support"]["assessable"]) == ("none", True)


def test_a_head_without_a_body_has_no_box() -> None:
    head_only = Detection(Box(20, 20, 80, 90), Label.HEAD, 0.8)
    perception = StillPerception(ScriptedDetector([[head_only]]), None, None)
    line = look_line(Still("a.png", None, frame(image=scene())), perception)
    CHECK.validate(line)
    (person,) = line["persons"]
    assert person["box"] is None
    assert person["head"]["box"] == [20, 20, 80, 90]
    assert person["mask"] is None


def test_exif_rotation_is_applied_before_anything_is_measured(tmp_path: Path, perception: StillPerception) -> None:
    upright = scene((100, 400, MaskState.WORN))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise
    path = saved(tmp_path / "a.jpg", np.rot90(upright), exif=exif, quality=95)
    (line,) = lines([path], perception)
    assert (line["width"], line["height"]) == (640, 480)
    (person,) = line["persons"]
    assert person["box"] == pytest.approx([100, 40, 220, 440], abs=4)


def test_the_rest_goes_on_after_a_bad_picture(tmp_path: Path, perception: StillPerception) -> None:
    good = saved(tmp_path / "b.png", scene((100, 400, MaskState.WORN)))
    (tmp_path / "a.jpg").write_bytes(b"not a picture at all")
    (tmp_path / "c.png").write_bytes(good.read_bytes()[:900])
    saved(tmp_path / "sub" / "d.png", np.zeros((1, 1, 3), np.uint8))
    found = lines([tmp_path, tmp_path / "nobody.jpg"], perception)
    assert [Path(line["file"]).name for line in found] == ["a.jpg", "b.png", "c.png", "d.png", "nobody.jpg"]
    assert ["error" in line for line in found] == [True, False, True, True, True]
    assert len(found[1]["persons"]) == 1


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "a.dng", "old.wmv", "export.264"])
def test_what_is_not_read_is_told_of_in_a_folder(tmp_path: Path, perception: StillPerception, name: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    (tmp_path / "notes.txt").write_text("nothing to look at")
    (line,) = lines([tmp_path], perception)
    assert Path(line["file"]).name == name
    assert "are not read; convert it" in line["error"]


@pytest.mark.parametrize(("name", "said"), [("a.jpg", "the file is empty"), ("a.heic", "use JPEG, PNG")])
def test_what_to_do_with_a_picture_that_is_none(tmp_path: Path, perception: StillPerception, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"" if name == "a.jpg" else b"\0\0\0\x18ftypheic")
    (line,) = lines([tmp_path / name], perception)
    assert said in line["error"]


@pytest.mark.parametrize("looked_at", ["a.png", "."])
def test_the_answer_never_goes_over_what_is_looked_at(tmp_path: Path, looked_at: str) -> None:
    picture = saved(tmp_path / "a.png", scene())
    before = picture.read_bytes()
    result = CliRunner().invoke(app, ["perceive", str(tmp_path / looked_at), "--json", str(picture)])
    assert (result.exit_code, picture.read_bytes() == before) == (2, True)
    assert "name another file after --json" in result.stderr


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path, perception: StillPerception) -> None:
    (line,) = lines([tmp_path], perception)
    assert "no pictures" in line["error"]


def test_names_with_control_characters_are_escaped(tmp_path: Path, perception: StillPerception) -> None:
    path = saved(tmp_path / "phòng\n1.png", scene())
    (line,) = lines([path], perception)
    assert line["file"].endswith("phòng\\n1.png")


def test_instants_of_a_recording(tmp_path: Path, perception: StillPerception) -> None:
    path = make(tmp_path / "a.mp4")
    found = lines([path], perception, every=0.5)
    assert [line["time"] for line in found][:3] == pytest.approx([0.0, 0.5, 1.0], abs=0.05)
    assert all("error" not in line for line in found)


def test_a_playlist_named_like_a_recording_is_refused(tmp_path: Path, perception: StillPerception) -> None:
    (tmp_path / "a.mp4").write_text("#EXTM3U\n/etc/passwd\n", encoding="utf-8")
    (line,) = lines([tmp_path / "a.mp4"], perception)
    assert "playlist" in line["error"]


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.weights
def test_the_command_writes_lines_that_keep_the_schema(tmp_path: Path) -> None:
    saved(tmp_path / "in" / "portrait.png", portrait())
    (tmp_path / "in" / "broken.png").write_bytes(b"")
    out = tmp_path / "out" / "lines.jsonl"
    result = CliRunner().invoke(app, ["perceive", str(tmp_path / "in"), "--json", str(out), "--size", "416"])
    assert result.exit_code == 3, result.output
    broken, whole = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    CHECK.validate(broken)
    CHECK.validate(whole)
    assert broken["error"]
    assert "none" in {person["mask"]["state"] for person in whole["persons"]}


@pytest.mark.weights
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nobody.jpg"], 2), (["nobody.jpg", "--backend", "abacus"], 2), (["nobody.jpg", "--detector", "nobody.onnx"], 2)],
)
def test_bad_input_ends_with_its_code(tmp_path: Path, arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["perceive", *arguments, "--json", "out.jsonl"]).exit_code == code


def test_still_is_what_is_looked_at(tmp_path: Path) -> None:
    (one,) = stills([saved(tmp_path / "a.png", scene())], timedelta(seconds=1))
    assert isinstance(one, Still)
    assert not one.frame.image.flags.writeable
