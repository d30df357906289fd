"""The schema: up, down, up; no drift; a backup first; never on a newer one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2

from pipelines.errors import SchemaTooNew, StoreError
from pipelines.records import EventFilter
from pipelines.store import Database, Repository, SchemaState, describe, migrate, open_database, schema_state
from pipelines.store import migration as steps
from tests.pipelines.store.made import furnish, make_event, put


@pytest.fixture
def empty(empty_address: str) -> Iterator[Database]:
    with open_database(empty_address) as database:
        yield database


def names(database: Database) -> set[str]:
    inspector = sa.inspect(database.engine)
    return set(inspector.get_table_names()) - {"alembic_version"}


def test_up_down_up(empty: Database) -> None:
    assert schema_state(empty) is SchemaState.EMPTY
    assert migrate(empty) is None
    full = names(empty)
    assert "events" in full
    with steps.exclusive(empty) as connection:
        steps.downgrade(connection)
    assert names(empty) == set()
    migrate(empty)
    assert names(empty) == full
    assert schema_state(empty) is SchemaState.CURRENT
    put(furnish(Repository(empty)), [make_event()])


def test_the_steps_make_what_the_tables_say(empty: Database) -> None:
    migrate(empty)
    with steps.exclusive(empty) as connection:
        command.check(steps.configuration(connection))  # raises what it would change


def test_a_drift_would_be_seen(empty: Database) -> None:
    migrate(empty)
    with empty.write() as session:
        session.connection().exec_driver_sql("DROP INDEX ix_events_opened_at_id")
    with pytest.raises(Exception, match="ix_events_opened_at_id"), steps.exclusive(empty) as connection:
        command.check(steps.configuration(connection))


def test_migrating_twice_is_migrating_once(empty: Database) -> None:
    migrate(empty)
    assert migrate(empty) is None


def test_two_processes_may_migrate_at_once(empty_address: str) -> None:
    def start(_: int) -> SchemaState:
        with open_database(empty_address) as database:
            migrate(database)
            return schema_state(database)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(start, range(3))) == [SchemaState.CURRENT] * 3


def set_revision(database: Database, revision: str) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_a_newer_schema_is_refused(database: Database, address: str) -> None:
    set_revision(database, "9999")
    assert schema_state(database) is SchemaState.NEWER
    with pytest.raises(SchemaTooNew, match="9999"):
        migrate(database)
    with pytest.raises(SchemaTooNew):
        describe(address)


def test_a_backup_is_made_before_data_is_touched(tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = head_of_the_product()
    with furnished(tmp_path, ready_file) as database:
        with_next_step(tmp_path, monkeypatch, "op.add_column('facilities', sa.Column('note', sa.Text()))")
        assert schema_state(database) is SchemaState.OLDER
        backup = migrate(database)

        assert schema_state(database) is SchemaState.CURRENT
        assert backup is not None
        assert backup.stat().st_mode & 0o077 == 0
        assert "note" in {column["name"] for column in sa.inspect(database.engine).get_columns("facilities")}
    assert sorted(path.name for path in backup.parent.glob("vigil.db*")) == ["vigil.db", backup.name]
    copy = dbapi2.connect(str(backup))
    assert copy.execute("SELECT count(*) FROM events").fetchone() == (3,)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (before,)
    copy.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(
    tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with furnished(tmp_path, ready_file) as database:
        with_next_step(tmp_path, monkeypatch, "op.add_column('facilities', sa.Column('note', sa.Text())); op.execute('nonsense')")
        with pytest.raises(StoreError):
            migrate(database)
        assert schema_state(database) is SchemaState.OLDER
        assert "note" not in {column["name"] for column in sa.inspect(database.engine).get_columns("facilities")}
        assert len(Repository(database).events(EventFilter()).events) == 3


def test_a_step_that_orphans_rows_is_undone(tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with furnished(tmp_path, ready_file) as database:
        with_next_step(tmp_path, monkeypatch, "op.execute('DELETE FROM runs')")
        with pytest.raises(StoreError, match="without their parent"):
            migrate(database)
        assert len(Repository(database).runs()) == 1


def test_rebuilding_a_table_keeps_its_children(tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild = (
        "exec(\"with op.batch_alter_table('runs', recreate='always') as t:\\n    t.add_column(sa.Column('x', sa.Integer()))\")"
    )
    with furnished(tmp_path, ready_file) as database:
        with_next_step(tmp_path, monkeypatch, rebuild)
        migrate(database)
        assert len(Repository(database).events(EventFilter()).events) == 3


def furnished(tmp_path: Path, ready_file: Path) -> Database:
    path = tmp_path / "vigil.db"
    path.write_bytes(ready_file.read_bytes())
    database = open_database(f"sqlite:///{path}")
    put(furnish(Repository(database)), [make_event(f"event-{i}") for i in range(3)])
    return database


def head_of_the_product() -> str:
    return str(ScriptDirectory.from_config(steps.configuration()).get_current_head())


def with_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upgrade: str) -> None:
    """Let the product have one more migration."""
    here = Path(steps.__file__).parent / "migrations"
    there = tmp_path / "migrations"
    (there / "versions").mkdir(parents=True)
    head = head_of_the_product()
    for source in (here / "env.py", here / "script.py.mako", *(here / "versions").glob("*.py")):
        (there / source.relative_to(here)).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    (there / "versions" / "next.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = 'next'\ndown_revision = {head!r}\n"
        f"def upgrade():\n    {upgrade}\ndef downgrade():\n    pass\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(steps, "_STEPS", there)


def test_a_database_is_described(address: str, tmp_path: Path) -> None:
    assert "schema current" in describe(address)
    absent = tmp_path / "none" / "x.db"
    assert "will be made" in describe(f"sqlite:///{absent}")
    assert not absent.parent.exists()
