"""`vigil evaluate`, `vigil train`, `vigil data`: what they take and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import BadInput
from pipelines.measuring import class_names
from tests.models.photographs import portrait


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The portrait with its face labelled (class 1), a corrupt picture, and a label outside of the picture."""
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    Pillow.fromarray(np.ascontiguousarray(portrait()[:, :, ::-1])).save(tmp_path / "images" / "web__a.png")
    (tmp_path / "images" / "web__b.jpg").write_bytes(b"broken")
    face = "1 0.432 0.235 0.16 0.21\n"
    (tmp_path / "labels" / "web__a.txt").write_text(face + "1 7 7 0.1 0.1\n9 0.5 0.5 0.1 0.1\n", encoding="utf-8")
    return tmp_path


def evaluated(folder: Path, task: str, *more: str) -> tuple[int, dict[str, object]]:
    out = folder / "report.json"
    classes = "with_mask,without_mask,umbrella"
    places = ["--images", str(folder / "images"), "--labels", str(folder / "labels")]
    code, text = run("evaluate", task, *places, "--classes", classes, "--json", str(out), *more)
    assert code in {0, 3}, text
    return code, json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.weights
def test_masks_are_measured_and_defects_are_named(folder: Path) -> None:
    code, report = evaluated(folder, "mask")
    assert code == 3
    assert report["ignored_classes"] == ["umbrella"]
    assert len(report["defects"]) >= 2  # type: ignore[arg-type]
    assert any("web__b.jpg" in str(defect) for defect in report["defects"])  # type: ignore[attr-defined]
    slices = {(one["source"], one["height"]): one for one in report["slices"]}  # type: ignore[attr-defined]
    assert slices["web", "all"]["heads"] >= 1
    assert report["networks"][0]["name"] == "mask-state"  # type: ignore[index]


@pytest.mark.weights
def test_people_and_heads_are_measured(folder: Path) -> None:
    _, report = evaluated(folder, "person", "--size", "416")
    assert report["pictures"] == 1
    assert report["detectors"][0]["name"] == "person-head"  # type: ignore[index]


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "mask", "--images", "nowhere", "--labels", "nowhere", "--classes", "a"),
        ("evaluate", "mask", "--images", ".", "--labels", ".", "--classes", " , "),
        ("evaluate", "mask", "--images", ".", "--classes", "a"),
        ("evaluate", "mask", "--images", ".", "--labels", ".", "--classes", "a", "--weights", "nobody"),
        ("evaluate", "mask", "--images", ".", "--labels", ".", "--classes", "a", "--peer", "aizoo"),
        ("evaluate", "mask", "--images", ".", "--labels", ".", "--classes", "a", "--peer", "x", "--peer-files", "."),
        ("train", "mask", "--data", "nowhere", "--out", "out"),
        ("train", "mask", "--data", ".", "--out", "out"),
        ("train", "person", "--data", ".", "--out", "out"),
        ("data", "check", "nowhere"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = run(*arguments)
    assert code == 2, text
    assert "Traceback" not in text
    assert text.strip()


@pytest.mark.parametrize(("size", "said"), [("330", "write 320 or 352"), ("1279", "write 1248 or 1280")])
@pytest.mark.parametrize(
    "command",
    [("train", "person", "--data", ".", "--out", "out"), ("perceive", "."), ("evaluate", "person", "--images", ".")],
    ids=lambda command: command[0],
)
def test_a_size_that_would_be_rounded_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], size: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = run(*command, "--size", size)
    assert code == 2
    assert said in text
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(folder: Path) -> None:
    places = ["--images", str(folder / "images"), "--labels", str(folder / "labels"), "--classes", "a"]
    code, text = run("evaluate", "person", *places, "--json", str(folder / "none" / "report.json"))
    assert code == 2
    assert "no folder to write this file into" in text
    code, text = run("data", "check", str(folder), "--json", str(folder))
    assert code == 2
    assert "no folder to write this file into" in text


@pytest.mark.weights
def test_labels_written_on_windows_are_read_whole(folder: Path) -> None:
    (folder / "images" / "web__b.jpg").unlink()
    (folder / "labels" / "web__a.txt").write_bytes(b"\xef\xbb\xbf1 0.432 0.235 0.16 0.21\r\n")
    (folder / "classes.txt").write_bytes("\ufeffwith_mask\r\nwithout_mask\r\numbrella\r\n".encode())
    code, report = evaluated(folder, "mask", "--classes", str(folder / "classes.txt"))
    assert (code, report["defects"]) == (0, [])
    assert report["ignored_classes"] == ["umbrella"]
    assert report["slices"][0]["heads"] == 1  # type: ignore[index]


def test_many_class_names_are_no_name_of_a_file() -> None:
    names = [f"class {number}" for number in range(600)]
    assert class_names(",".join(names)) == tuple(names)


def test_class_names_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes("khẩu trang\n".encode("utf-16"))
    with pytest.raises(BadInput, match="save it again as UTF-8"):
        class_names(str(tmp_path / "classes.txt"))


def test_class_names_come_from_the_line_or_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("mask\n\nno mask\n", encoding="utf-8")
    assert class_names("mask, no mask") == class_names(str(tmp_path / "classes.txt")) == ("mask", "no mask")
    with pytest.raises(BadInput):
        class_names("")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mask", "--labels", ".", "--classes", "a", "--weights", "person-head"), "is a network of another task"),
        (("person", "--labels", ".", "--classes", "a", "--weights", "mask-state"), "is a network of another task"),
        (("mask", "--labels", ".", "--classes", " , "), "--classes: no class names"),
        (("mask", "--labels", ".", "--classes", "classes.txt"), "classes.txt: there is no such file"),
        (("ppe", "--labels-csv", "flags.csv"), "none of an item"),
        (("ppe", "--labels-csv", "windows.csv"), "is no text in UTF-8"),
    ],
)
def test_what_cannot_be_measured_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Pillow.new("RGB", (64, 64)).save("a.png")
    Path("flags.csv").write_text("filename,weather\na.png,1\n", encoding="utf-8")
    Path("windows.csv").write_bytes("filename,áo choàng\na.png,1\n".encode("cp1252"))
    code, text = run("evaluate", *arguments, "--images", ".")
    assert (code, said in text) == (2, True), text


def test_a_folder_without_pictures_is_no_measurement(tmp_path: Path) -> None:
    code, text = run("evaluate", "mask", "--images", str(tmp_path), "--labels", str(tmp_path), "--classes", "a")
    assert (code, "there are no pictures in this folder" in text) == (2, True), text


def test_an_absent_data_set_is_reported(tmp_path: Path) -> None:
    code, text = run("data", "check", str(tmp_path))
    assert code in {0, 3}  # 0 while no card is committed
    assert "Data sets" in text
