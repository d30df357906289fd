"""Whether a database is whole: its pages, the rows that name each other, its schema, its audit log."""

from __future__ import annotations

from pipelines.store.database import Database
from pipelines.store.migration import SchemaState, schema_state
from pipelines.store.repository import Repository


def faults(database: Database) -> tuple[str, ...]:
    """What is wrong, a line each; nothing when it is whole. PostgreSQL's pages are the affair of its own tools."""
    found = [*_page_faults(database)] if database.kind == "sqlite" else []
    state = schema_state(database)
    if state is not SchemaState.CURRENT:
        return (*found, f"the schema is {state}, not current")
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
