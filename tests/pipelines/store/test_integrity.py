"""Checks of a whole database, and the commands that run them: a backup that was never restored is none."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import BadInput
from pipelines.records import EventFilter
from pipelines.store import Database, Repository, migrate, open_database
from pipelines.store.integrity import faults
from tests.pipelines.store.made import T0, furnish, make_event, make_review, put

RUNNER = CliRunner()


def test_a_whole_database(repository: Repository, database: Database) -> None:
    put(furnish(repository), [make_event()])
    repository.decide(make_review(), 1)
    assert faults(database) == ()


def test_a_database_without_its_schema(empty_address: str) -> None:
    with open_database(empty_address) as database:
        assert faults(database) == ("there is no schema in it",)


@pytest.mark.parametrize(
    ("revision", "said"),
    [("0001", "older version.*`vigil serve` brings it up to date"), ("9999", "newer version.*install that version")],
)
def test_a_schema_that_is_not_ours_names_the_remedy(database: Database, revision: str, said: str) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    (fault,) = faults(database)
    assert re.search(said, fault)


def test_a_changed_audit_log_is_a_fault(repository: Repository, database: Database) -> None:
    repository.audit("x", "y", "z", T0)
    with database.write() as session:
        connection = session.connection()
        if database.kind == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE audit_log SET actor = 'nobody'")
    assert [fault for fault in faults(database) if "row 1" in fault]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("VIGIL_DATABASE_URL", raising=False)
    return tmp_path / "data"


def test_a_backup_is_restored_by_putting_it_in_place(data_dir: Path, tmp_path: Path) -> None:
    with open_database(f"sqlite:///{data_dir / 'vigil.db'}") as database:
        migrate(database)
        put(furnish(Repository(database)), [make_event("kept")])
        copy = tmp_path / "copies" / "monday.db"
        assert RUNNER.invoke(app, ["database", "backup", str(copy)]).exit_code == 0
        put(Repository(database), [make_event("later")])
    for file in data_dir.glob("vigil.db*"):
        file.unlink()
    copy.rename(data_dir / "vigil.db")

    assert RUNNER.invoke(app, ["database", "check"]).exit_code == 0
    with open_database(f"sqlite:///{data_dir / 'vigil.db'}") as restored:
        assert [event.id for event in Repository(restored).events(EventFilter()).events] == ["kept"]


def test_a_damaged_database_is_named(data_dir: Path, ready_file: Path) -> None:
    data_dir.mkdir()
    (data_dir / "vigil.db").write_bytes(ready_file.read_bytes())
    with closing(dbapi2.connect(str(data_dir / "vigil.db"))) as careless:  # keys are not enforced unless asked for
        careless.execute("INSERT INTO site_documents VALUES ('nowhere', 'x', 'x', '2026-01-01 00:00:00.000000')")
        careless.commit()
    result = RUNNER.invoke(app, ["database", "check"])

    assert result.exit_code == 1
    assert "a row of site_documents names a row of facilities that is not there" in result.output
    copy = data_dir / "copy.db"
    result = RUNNER.invoke(app, ["database", "backup", str(copy)])
    assert result.exit_code == 1
    assert "damaged" in result.output
    assert not copy.exists()


def test_bad_input_is_refused(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(*arguments: str) -> str:
        error = RUNNER.invoke(app, ["database", *arguments]).exception
        assert isinstance(error, BadInput)
        return str(error)

    assert "is not there yet" in refusal("backup", str(tmp_path / "a.db"))
    assert "is not there yet" in refusal("check")
    assert not data_dir.exists()
    with open_database(f"sqlite:///{data_dir / 'vigil.db'}"):
        (tmp_path / "a.db").touch()
    assert "is there already" in refusal("backup", str(tmp_path / "a.db"))
    monkeypatch.setenv("VIGIL_DATABASE_URL", "postgresql://u@h/x")
    assert "pg_dump" in refusal("backup", str(tmp_path / "b.db"))
