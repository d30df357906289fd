"""A whole copy of a SQLite database while it is in use. Copying the file alone silently loses what is still in the log."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from pysqlite3 import dbapi2

from pipelines.errors import StoreError


def back_up(source: Path, target: Path) -> Path:
    """Copy, check, and only then give the copy its name.

    Args:
        source: a database file, perhaps open elsewhere.
        target: where the copy goes; one that is there is replaced.

    Raises:
        StoreError: the copy does not pass the integrity check; nothing is left behind.
        OSError: the disk refuses.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(dbapi2.connect(str(source))) as original, closing(dbapi2.connect(str(part))) as copy:
            original.backup(copy)
            # The copy is a single file: without this it would ask for a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
        if verdict != "ok" or orphans:
            raise StoreError(f"the copy of {source.name} is damaged ({verdict}, {len(orphans)} rows without their parent)")
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except dbapi2.Error as error:
        raise StoreError(f"{source.name} cannot be copied ({error})") from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
