"""Whether a database is whole: its pages, the rows that name each other, its schema, its audit log."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipelines.store.database import Database
from pipelines.store.migration import SchemaState, schema_state
from pipelines.store.repository import Repository

_OUT_OF_STEP: Final[Mapping[SchemaState, str]] = MappingProxyType(
    {
        SchemaState.EMPTY: "there is no schema in it",
        SchemaState.OLDER: "the schema is of an older version, and the rest was not looked at; `vigil serve` brings it up to date",
        SchemaState.NEWER: "the schema is of a newer version, and the rest was not looked at; install that version again",
    }
)


def faults(database: Database) -> tuple[str, ...]:
    """What is wrong, a line each; nothing when it is whole. PostgreSQL's pages are the affair of its own tools."""
    found = [*_page_faults(database)] if database.kind == "sqlite" else []
    state = schema_state(database)
    if state is not SchemaState.CURRENT:
        return (*found, _OUT_OF_STEP[state])
    if broken := Repository(database).verify_audit():
        found.append(f"the audit log was changed: row {broken.number} does not follow from the one before it")
    return tuple(found)


def _page_faults(database: Database) -> list[str]:
    with database.read() as session:
        connection = session.connection()
        pages = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    damaged = [f"SQLite says: {line}" for line in pages if line != "ok"]
    return damaged + [f"a row of {table} names a row of {parent} that is not there" for table, _, parent, _ in orphans]
