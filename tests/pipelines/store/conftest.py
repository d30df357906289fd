"""The same tests over SQLite and PostgreSQL: a fresh, migrated database for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.store import Database, Repository, migrate, open_database
from tests.pipelines.store.servers import MISSING, drop_database, new_database, running_server, server_programs

READY = "vigil_ready"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Address of a server of our own; its database `READY` has the schema."""
    programs = server_programs()
    if programs is None:
        pytest.skip(MISSING)
    with running_server(programs) as server:
        with open_database(new_database(server, name=READY)) as database:
            migrate(database)
        yield server


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed SQLite database with the schema."""
    path = tmp_path_factory.mktemp("ready") / "ready.db"
    with open_database(f"sqlite:///{path}") as database:
        migrate(database)
    return path


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database with the schema and nothing in it."""
    if request.param == "sqlite":
        path = tmp_path / "vigil.db"
        shutil.copyfile(request.getfixturevalue("ready_file"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    made = new_database(server, template=READY)
    yield made
    drop_database(made)


@pytest.fixture(params=BOTH)
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    made = new_database(request.getfixturevalue("postgresql_server"))
    yield made
    drop_database(made)


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    with open_database(address) as opened:
        yield opened


@pytest.fixture
def repository(database: Database) -> Repository:
    return Repository(database)
