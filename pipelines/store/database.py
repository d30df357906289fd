"""Opens the database and hands out its transactions: SQLite by default, PostgreSQL where many write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

import sqlalchemy as sa
from sqlmodel import Session

from pipelines.errors import BadInput, StoreError, StoreUnavailable
from pipelines.store import sqlite

Kind = Literal["sqlite", "postgresql"]

# A server that vanished without a word (power, network) would else hold every request for a quarter of an hour and more.
_VANISHED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}

_FORMS = "sqlite:///PATH or postgresql://USER@HOST/NAME"


class Database:
    """An open database. Threads may share it; each transaction has a connection of its own.

    Attributes:
        kind: which engine it is.
        path: the file, for SQLite.
    """

    def __init__(self, engine: sa.Engine, kind: Kind, path: Path | None) -> None:
        self.kind: Kind = kind
        self.path = path
        self.engine = engine
        self._writer = engine.execution_options(**{sqlite.WRITES: True})
        self._file = _identity(path)

    @property
    def version(self) -> str:
        """Version of the engine, such as ``3.53.4``."""
        if self.kind == "sqlite":
            return sqlite.version()
        with self.read() as session:
            return str(session.connection().exec_driver_sql("SHOW server_version").scalar_one())

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        self._require_in_place()
        with translated(), Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self, *claims: str) -> Iterator[Session]:
        """A transaction that writes: committed at the end, undone by any error.

        Args:
            claims: names of what must not be written by two at once. SQLite has one writer anyway; on PostgreSQL
                each is held until the end. They are taken in sorted order, so that two never wait for each other.
        """
        self._require_in_place()
        with translated(), Session(self._writer) as session, session.begin():
            for claim in sorted(claims):
                self.claim(session, claim)
            yield session

    def _require_in_place(self) -> None:
        """A file that was moved away or replaced can still be written, and what is written is lost with it.

        Raises:
            StoreUnavailable: it was.
        """
        if _identity(self.path) != self._file:
            raise StoreUnavailable(f"{self.path} was moved or replaced while it was in use; put it back, or start again")

    def claim(self, session: Session, name: str) -> None:
        """Hold a name until the end of the transaction, see `write`."""
        if self.kind == "postgresql":
            session.connection().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def close(self) -> None:
        """Close every connection. Waits for none: end the transactions first."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from another at the same path; ``None`` when there is none."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def open_database(url: str) -> Database:
    """Open a database. Its schema is the affair of `migrate`.

    Args:
        url: ``sqlite:///PATH`` (relative to the working directory; four slashes for an absolute one), or
            ``postgresql://USER:PASSWORD@HOST:PORT/NAME``.

    Raises:
        BadInput: the address is none, or the place cannot hold a database.
        StoreError: the library is too old for the data to be safe.
        StoreUnavailable: the server does not answer.
    """
    path = sqlite_path(url)
    if path is not None:
        return Database(sqlite.open_engine(path), "sqlite", path)
    return Database(_open_postgresql(sa.make_url(url)), "postgresql", None)


def require_database(url: str) -> None:
    """Refuse the address of an SQLite file that is not there, which opening it would make.

    Raises:
        BadInput: there is none, or the address is none.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise BadInput(str(path), "is not there yet", "analyse a recording first")


def sqlite_path(url: str) -> Path | None:
    """The file a database address names; ``None`` for PostgreSQL.

    Raises:
        BadInput: the address is none.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise BadInput("database address", "cannot be read", f"write {_FORMS}") from error
    if "\ufffd" in (address.database or ""):
        raise BadInput(
            "database address", "the name of its file or folder is no valid UTF-8", "choose another, see VIGIL_DATA_DIR"
        )
    shown = address.render_as_string(hide_password=True)
    match address.get_backend_name():
        case "sqlite":
            if address.database in {None, "", ":memory:"} or address.query:
                raise BadInput(shown, "names no file", f"write {_FORMS}")
            return Path(str(address.database)).resolve()
        case "postgresql":
            return None
        case other:
            raise BadInput(shown, f"no database of the kind {other!r} is known", f"write {_FORMS}")


def place_of(url: str, seen_from: Path) -> str:
    """Say which database an address names, without user and password: a file as seen from a folder, so that both may be moved together.

    Raises:
        BadInput: the address is none.
    """
    path = sqlite_path(url)
    if path is not None:
        return os.path.relpath(path, seen_from.resolve())
    address = sa.make_url(url)
    return f"postgresql://{address.host or ''}:{address.port or 5432}/{address.database or ''}"


def _open_postgresql(address: sa.URL) -> sa.Engine:
    if find_spec("psycopg") is None:
        raise BadInput(
            address.render_as_string(hide_password=True),
            "the driver of PostgreSQL is not installed",
            "install the extra `postgres`",
        )
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={
            "options": "-c timezone=UTC -c synchronous_commit=on",
            "application_name": "vigil",
            "connect_timeout": 10,
            **_VANISHED,
        },
    )
    try:
        with translated(), engine.connect():
            pass
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into the product's. What was to be stored never appears in their text."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise StoreError(f"the database refused: {_first_line(error)}") from error
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        # Locked, full, server gone, deadlock: the same call may succeed later.
        raise StoreUnavailable(f"the database cannot be used now: {_first_line(error)}") from error
    except sa.exc.StatementError as error:
        if isinstance(error.orig, ValueError):  # a value that no column takes: the caller's mistake
            raise error.orig from None
        raise StoreError(f"the database refused: {_first_line(error)}") from error
    except ValueError as error:
        raise StoreError(f"a row cannot be read, perhaps a newer version wrote it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """The plain statement of an error. PostgreSQL goes on with the values of the row."""
    lines = str(getattr(error, "orig", None) or error).splitlines()
    return lines[0] if lines else type(error).__name__
