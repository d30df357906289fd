"""SQLite with the settings that keep what it acknowledged (measured: no commit lost to kill -9)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from pipelines.errors import BadInput, StoreError
from pipelines.private_folder import make_private
from pipelines.store.file_system import magic_of, network_name

# Below it two connections that write and checkpoint at once can corrupt the file (WAL reset).
OLDEST = (3, 51, 3)

WRITES = "vigil_writes"

SETTINGS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "5000",
    "mmap_size": "0",
    "trusted_schema": "OFF",
}


def version() -> str:
    return str(dbapi2.sqlite_version)


def open_engine(path: Path) -> sa.Engine:
    """Open (and make, if it is not there) a database file.

    Raises:
        StoreError: the SQLite library is too old.
        BadInput: the place cannot hold a database.
    """
    _refuse_old()
    _make_file(path)
    engine = sa.create_engine(
        sa.URL.create("sqlite+pysqlite", database=str(path)), module=dbapi2, hide_parameters=True, pool_reset_on_return="rollback"
    )
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").all()
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise BadInput(str(path), f"is not a usable database ({error.orig})", "name another file or restore a backup") from error
    return engine


def _refuse_old() -> None:
    found = tuple(dbapi2.sqlite_version_info)
    if found < OLDEST:
        raise StoreError(
            f"SQLite {'.'.join(map(str, found))} can corrupt its file; {'.'.join(map(str, OLDEST))} or newer is needed: reinstall pysqlite3"
        )


def _make_file(path: Path) -> None:
    """Make the file so that only its owner reads it: it names people and holds password hashes."""
    try:
        make_private(path.parent)
        if network := network_name(magic_of(path.parent)):
            raise BadInput(
                str(path),
                f"lies on a network or user-space file system ({network}), which corrupts SQLite",
                "use a local disk, or PostgreSQL",
            )
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise BadInput(
            str(path), f"cannot be opened for writing ({error.strerror})", "name a file in a folder you may write to"
        ) from error


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    raw: Any = connection
    raw.isolation_level = None  # transactions begin where we say, see `_begin`
    cursor = raw.cursor()
    for name, value in SETTINGS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # A reader that turns writer half-way cannot wait for the lock; a writer takes it at once.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
