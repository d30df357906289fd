"""What exists is documented: commands and their options, settings, rule kinds, routes, packages."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path

import pytest

from analyzer.rules import RULES
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_reference_of_commands_is_up_to_date() -> None:
    made = run_path(str(ROOT / "scripts" / "document-commands"))["reference"]()
    assert text("commands.md") == made, "run .venv/bin/python scripts/document-commands"


def test_every_argument_of_a_command_says_what_it_is() -> None:
    assert re.findall(r"^\| `[^|]+` \|\s*(?:\(default [^)]*\))?\s*\|$", text("commands.md"), re.MULTILINE) == []


def test_the_reference_of_routes_is_up_to_date() -> None:
    made = run_path(str(ROOT / "scripts" / "document-routes"))["reference"]()
    assert text("routes.md") == made, "run .venv/bin/python scripts/document-routes"


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"`VIGIL_([A-Z_]+)`", text("settings.md")))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_reference_of_rules_is_up_to_date() -> None:
    made = run_path(str(ROOT / "scripts" / "document-rules"))["reference"]()
    assert text("rules.md") == made, "run .venv/bin/python scripts/document-rules"


def test_every_rule_kind_is_documented() -> None:
    documented = text("rules.md")
    assert [kind for kind in RULES if f"`{kind}`" not in documented] == []


def test_bad_input_is_answered_as_the_page_says() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([^`|]+)` \|$", text("bad-input.md"), re.MULTILINE)
    assert len(rows) > 25
    code = "".join(path.read_text(encoding="utf-8") for part in ("analyzer", "pipelines") for path in (ROOT / part).rglob("*.py"))
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [said for _, answer, _ in rows for said in re.findall("`([^`]+)`", answer) if said not in code] == []
    assert [name for *_, name in rows if f"def {name}(" not in tests and not (ROOT / name).is_file()] == []


def test_the_architecture_names_the_packages_that_exist() -> None:
    architecture = text("architecture.md")
    drawn = set(re.findall(r'\["((?:analyzer|models|pipelines|api)\.[a-z_]+)', architecture))
    for module in drawn:
        place = ROOT / module.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file(), f"docs/architecture.md draws {module}, which does not exist"
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(re.findall(r"^\| `([a-z]+)` \|", architecture, re.MULTILINE))


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_changelog_knows_the_version() -> None:
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert "[Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
