"""Nothing foreign is tracked: a wheel, a recording, a picture of people or a log never enters the repository."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXTS = frozenset(
    [
        ".py",
        ".md",
        ".toml",
        ".html",
        ".css",
        ".js",
        ".json",
        ".jsonl",
        ".csv",
        ".txt",
        ".in",
        ".yaml",
        ".mako",
        ".ipynb",
        ".service",
        ".typed",
    ]
)
NAMES = frozenset({"LICENSE", "Dockerfile", ".gitignore", ".dockerignore"})
DRAWINGS = ("api/web/static/", "docs/models/failures/")
LARGEST_TEXT = 300_000
LARGEST_NETWORK = 8_000_000


def problem_of(name: str, content: bytes) -> str | None:
    """What is wrong with a tracked file; its name is seen from the root."""
    path = PurePosixPath(name)
    if path.suffix == ".onnx" and str(path.parent) == "models/weights":
        return None if len(content) <= LARGEST_NETWORK else f"{len(content)} bytes; a network has up to {LARGEST_NETWORK}"
    scripted = str(path.parent) in {"scripts", ".ci"} and content.startswith(b"#!")
    drawn = path.suffix == ".svg" and name.startswith(DRAWINGS)
    if not (path.suffix in TEXTS or path.name in NAMES or scripted or drawn):
        return "of a kind that has no place here"
    if len(content) > LARGEST_TEXT:
        return f"{len(content)} bytes; a text has up to {LARGEST_TEXT}"
    if b"\0" in content:
        return "no text"
    if path.suffix in {".svg", ".ipynb"} and (b"data:image" in content or b'"image/' in content):
        return "holds a picture"
    return None


def strangers(names: Iterable[str]) -> list[str]:
    there = ((name, ROOT / name) for name in names)
    found = ((name, problem_of(name, path.read_bytes())) for name, path in there if path.is_file())
    return [f"{name}: {problem}" for name, problem in found if problem is not None]


def test_every_tracked_file_has_a_place_here() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("only a checkout knows which files are tracked")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip(f"git does not list the files: {listed.stderr.strip()}")
    names = [name for name in listed.stdout.split("\0") if name]
    assert len(names) > 500
    assert strangers(names) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vigil-0.1.0-py3-none-any.whl", b"PK"),
        ("docs/corridor.png", b"\x89PNG"),
        ("docs/corridor.svg", b"<svg/>"),
        ("docs/models/failures/a.svg", b"<svg><image href='data:image/png;base64,'/></svg>"),
        ("notebooks/a.ipynb", b'{"data": {"image/png": ""}}'),
        ("other.onnx", b""),
        ("models/weights/a.onnx", bytes(LARGEST_NETWORK + 1)),
        ("models/weights/a.pt", b""),
        ("run.log", b""),
        ("scripts/tool", b"\x7fELF"),
        ("tests/scenes.jsonl", b" " * (LARGEST_TEXT + 1)),
        ("tests/a.txt", b"a\0b"),
    ],
)
def test_what_is_foreign_is_told(name: str, content: bytes) -> None:
    assert problem_of(name, content) is not None
