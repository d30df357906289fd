"""Accounts from the command line: a lost password must not lock anybody out of the evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app, main
from pipelines.errors import BadInput
from pipelines.passwords import matches
from pipelines.records import Grade
from pipelines.store import Repository, open_database
from pipelines.store.entries import User


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path))
    return tmp_path


def vigil(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["account", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def stored(data: Path, name: str) -> User:
    with open_database(f"sqlite:///{data / 'vigil.db'}") as database:
        user = Repository(database).user(name)
    assert user is not None
    return user


def shown(output: str) -> str:
    return next(line.split()[1] for line in output.splitlines() if line.startswith("Password:"))


def test_an_added_account_signs_in_with_the_password_shown(data: Path) -> None:
    secret = shown(vigil("add", "thanh.tra"))
    user = stored(data, "thanh.tra")
    assert user.grade == Grade.INSPECTOR
    assert matches(secret, user.password_hash)
    assert secret not in (data / "vigil.db").read_bytes().decode("latin-1")
    assert "thanh.tra  inspector" in vigil("list")


def test_a_new_password_replaces_the_old_one_and_enables(data: Path) -> None:
    old = shown(vigil("add", "truc", "--grade", "viewer"))
    vigil("disable", "truc")
    assert stored(data, "truc").disabled
    new = shown(vigil("password", "truc"))
    user = stored(data, "truc")
    assert matches(new, user.password_hash)
    assert not matches(old, user.password_hash)
    assert not user.disabled
    assert user.grade == Grade.VIEWER


def test_twice_or_unknown_is_refused_with_what_to_do() -> None:
    vigil("add", "a")
    with pytest.raises(BadInput, match="already; `vigil account password a`"):
        vigil("add", "a")
    with pytest.raises(BadInput, match="no such account; there are: a"):
        vigil("password", "b")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a\nb", "line breaks"),
        ("a\x1b[31m", "cannot be shown"),
        ("a" * 65, "65 characters"),
    ],
)
def test_a_name_that_nobody_could_sign_in_with_is_refused(
    name: str, problem: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["vigil", "account", "add", name])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line
    assert not (data / "vigil.db").exists()


def test_the_longest_name_is_taken(data: Path) -> None:
    vigil("add", "ă" * 64)
    assert stored(data, "ă" * 64).grade == Grade.INSPECTOR


def test_what_was_done_is_in_the_audit_log(data: Path) -> None:
    vigil("add", "a")
    vigil("password", "a")
    vigil("disable", "a")
    with open_database(f"sqlite:///{data / 'vigil.db'}") as database:
        rows = Repository(database).audit_rows()
    assert [(row.action, row.subject) for row in rows] == [
        ("account.create", "a"),
        ("account.password", "a"),
        ("account.disable", "a"),
    ]


def test_an_account_gets_another_grade_and_the_audit_log_says_so(data: Path) -> None:
    secret = shown(vigil("add", "truc", "--grade", "viewer"))
    vigil("grade", "truc", "inspector")
    user = stored(data, "truc")
    assert user.grade == Grade.INSPECTOR
    assert matches(secret, user.password_hash)
    vigil("disable", "truc")
    vigil("password", "truc")
    with open_database(f"sqlite:///{data / 'vigil.db'}") as database:
        rows = [(row.action, row.subject, row.detail) for row in Repository(database).audit_rows()]
    assert rows == [
        ("account.create", "truc", "viewer"),
        ("account.grade", "truc", "viewer -> inspector"),
        ("account.disable", "truc", ""),
        ("account.password", "truc", "enabled again"),
    ]
