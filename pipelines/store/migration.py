"""Brings a database's schema to this version's, or refuses. Alembic does the steps; they lie in `migrations`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipelines.errors import BadInput, SchemaTooNew, StoreError
from pipelines.store import sqlite
from pipelines.store.backup import back_up
from pipelines.store.database import Database, open_database, sqlite_path, translated

_STEPS = Path(__file__).parent / "migrations"
_CLAIM = "vigil schema"


class SchemaState(StrEnum):
    """How a database's schema stands to this version."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"


def migrate(database: Database) -> Path | None:
    """Bring the schema up to date. Two processes may try at once: the second finds it done.

    Returns:
        The backup made before, when there was something to lose (SQLite only; PostgreSQL is backed up by its operator).

    Raises:
        SchemaTooNew: a newer version wrote this database.
        StoreError: the backup or the outcome is damaged; the database is as it was.
        StoreUnavailable: the database is busy or out of reach.
    """
    backup: Path | None = None
    with exclusive(database) as connection:
        state = _state(connection)
        if state is SchemaState.NEWER:
            raise SchemaTooNew(
                f"the database has schema {_revision(connection)}, newer than this version knows: install the newer version again"
            )
        if state is SchemaState.CURRENT:
            return None
        if state is SchemaState.OLDER and database.path is not None:
            backup = back_up(
                database.path, database.path.with_name(f"{database.path.name}.before-{_head()}-from-{_revision(connection)}")
            )
        upgrade(connection)
    return backup


def schema_state(database: Database) -> SchemaState:
    """Look without touching."""
    with translated(), database.engine.connect() as connection:
        return _state(connection)


def require_schema(database: Database) -> None:
    """Refuse a database in which nothing can be looked up, for those who only read.

    Raises:
        BadInput: it is empty, or an older version wrote it.
        SchemaTooNew: a newer version wrote it.
    """
    match filled(database):
        case SchemaState.OLDER:
            raise BadInput(_place(database), "was written by an older version", "`vigil serve` brings it up to date")
        case SchemaState.NEWER:
            raise SchemaTooNew("a newer version wrote the database: install that version again")
        case _:
            pass


def filled(database: Database) -> SchemaState:
    """Look without touching; never `SchemaState.EMPTY`.

    Raises:
        BadInput: it is empty.
    """
    state = schema_state(database)
    if state is SchemaState.EMPTY:
        raise BadInput(_place(database), "holds nothing yet", "analyse a recording first")
    return state


def _place(database: Database) -> str:
    return str(database.path or "the database")


def describe(url: str) -> str:
    """A line for people: engine, version, place, schema. Makes nothing that is not there yet.

    Raises:
        SchemaTooNew: a newer version wrote it.
        PipelineError: as `open_database`.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return f"SQLite {sqlite.version()}, {path} will be made at first use"
    with open_database(url) as database:
        state = schema_state(database)
        if state is SchemaState.NEWER:
            raise SchemaTooNew("a newer version wrote the database: install that version again")
        return f"{'SQLite' if path else 'PostgreSQL'} {database.version}, {path or 'a server'}, schema {state}"


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    command.upgrade(configuration(connection), revision)


def downgrade(connection: sa.Connection, revision: str = "base") -> None:
    command.downgrade(configuration(connection), revision)


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, made here so that an installed package needs no file beside it."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def exclusive(database: Database) -> Iterator[sa.Connection]:
    """One transaction on a connection of its own that nobody else's migration can overlap."""
    with translated(), database.engine.execution_options(**{sqlite.WRITES: True}).connect() as connection:
        if database.kind == "sqlite":
            # Rebuilding a table drops the old one; with keys enforced that would take its children along.
            # The setting cannot change inside a transaction, so the connection leaves the pool for good.
            connection.detach()
            raw = connection.connection.dbapi_connection
            assert raw is not None
            cursor = raw.cursor()
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.close()
        with connection.begin():
            if database.kind == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_CLAIM, 0))))
            yield connection
            if database.kind == "sqlite" and (orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise StoreError(f"the migration would leave {len(orphans)} rows without their parent; nothing was changed")


def _state(connection: sa.Connection) -> SchemaState:
    revision = _revision(connection)
    if revision is None:
        return SchemaState.EMPTY
    if revision == _head():
        return SchemaState.CURRENT
    known = {step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions()}
    return SchemaState.OLDER if revision in known else SchemaState.NEWER


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str:
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    assert head is not None
    return head
