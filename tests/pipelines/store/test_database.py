"""Opening: the settings that keep data, and what is refused."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from pipelines.errors import BadInput, StoreError, StoreUnavailable, Transient
from pipelines.records import EventFilter
from pipelines.settings import Settings
from pipelines.store import Database, Repository, migrate, open_database, place_of, sqlite
from pipelines.store.backup import back_up
from pipelines.store.database import sqlite_path
from pipelines.store.file_system import magic_of, network_name
from pipelines.store.integrity import faults
from tests.pipelines.store.made import CAMERA, FACILITY, T0, furnish, make_event, make_run, put


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Thư mục 50%" / "vigil.db"


def test_every_connection_has_the_settings(file: Path) -> None:
    with open_database(f"sqlite:///{file}") as database, database.engine.connect() as first, database.engine.connect() as second:
        for connection in (first, second):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size", "trusted_schema")
            }
            assert found == {
                "journal_mode": "wal",
                "synchronous": 2,  # FULL
                "foreign_keys": 1,
                "busy_timeout": 5000,
                "mmap_size": 0,
                "trusted_schema": 0,
            }
        assert tuple(map(int, database.version.split("."))) >= sqlite.OLDEST


def test_the_file_is_for_its_owner_alone_and_closing_leaves_only_it(file: Path) -> None:
    with open_database(f"sqlite:///{file}"):
        pass
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_versions_that_corrupt_are_refused(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr(sqlite.dbapi2, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(StoreError, match=r"3\.51\.2 can corrupt"):
        open_database(f"sqlite:///{file}")
    assert not file.exists()


@pytest.mark.parametrize(("magic", "name"), [(0x6969, "NFS"), (0xFF534D42, "CIFS"), (0x65735546, "FUSE")])
def test_network_drives_are_refused(monkeypatch: pytest.MonkeyPatch, file: Path, magic: int, name: str) -> None:
    monkeypatch.setattr(sqlite, "magic_of", lambda _: magic)
    with pytest.raises(BadInput, match=name):
        open_database(f"sqlite:///{file}")
    assert not file.exists()


def test_local_drives_are_recognised(tmp_path: Path) -> None:
    magic = magic_of(Path("/proc"))
    assert magic == 0x9FA0
    assert network_name(magic) is None
    assert network_name(None) is None
    with pytest.raises(FileNotFoundError):
        magic_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "cannot be read"),
        ("vigil.db", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=ro", "names no file"),
        ("mysql://u:geheim@h/x", "'mysql'"),
    ],
)
def test_addresses_that_are_none(url: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem) as refusal:
        open_database(url)
    assert "geheim" not in str(refusal.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("Đây không phải là cơ sở dữ liệu. " * 99, encoding="utf-8")
    with pytest.raises(BadInput, match="not a usable database"):
        open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(BadInput, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}")
    with pytest.raises(BadInput, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'x.db' / 'y.db'}")


@pytest.mark.postgres
def test_a_server_that_does_not_answer() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreUnavailable) as refusal:
        open_database("postgresql://u:geheim@127.0.0.1:9/x")
    assert "geheim" not in str(refusal.value)
    assert isinstance(refusal.value, Transient)


@pytest.mark.postgres
def test_a_server_that_vanished_is_given_up_within_seconds(postgresql_server: str) -> None:
    with open_database(f"{postgresql_server}/postgres") as database, database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        given = raw.info.get_parameters()  # type: ignore[attr-defined]
    assert int(given["tcp_user_timeout"]) <= 15_000
    idle, interval, count = (int(given[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + interval * count <= 30


def test_a_locked_database_is_a_passing_matter(tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite.SETTINGS, "busy_timeout", "20")
    path = tmp_path / "vigil.db"
    path.write_bytes(ready_file.read_bytes())
    holder = dbapi2.connect(str(path), isolation_level=None)
    with open_database(f"sqlite:///{path}") as database:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            Repository(database).put_site(FACILITY, [CAMERA], [], "x", T0)
        assert Repository(database).facilities() == ()  # reading goes on
        holder.execute("ROLLBACK")
        Repository(database).put_site(FACILITY, [CAMERA], [], "x", T0)
    holder.close()


def test_a_row_of_a_newer_version_is_an_error_and_not_a_guess(repository: Repository, database: Database) -> None:
    put(furnish(repository), [make_event()])
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE events SET severity = 'apocalyptic'")
    with pytest.raises(StoreError, match="newer version"):
        repository.events(EventFilter())


@pytest.mark.parametrize(("text", "problem"), [("a\0b", "NUL"), ("a\udcffb", "no Unicode")])
def test_text_that_one_of_the_databases_cannot_hold_is_refused_by_both(repository: Repository, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        furnish(repository, make_run(note=text))
    assert repository.runs() == ()


def test_a_full_disk_loses_nothing_that_was_acknowledged(
    tmp_path: Path, ready_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vigil.db"
    path.write_bytes(ready_file.read_bytes())
    with monkeypatch.context() as narrow, open_database(f"sqlite:///{path}") as database:
        repository = furnish(Repository(database))
        narrow.setitem(sqlite.SETTINGS, "max_page_count", "80")  # the file cannot grow beyond it, as on a full disk
        database.engine.dispose()
        acknowledged: list[int] = []
        with pytest.raises(StoreUnavailable, match="full"):
            acknowledged.extend(count for count in range(5000) if put(repository, [make_event(f"event-{count}")]))
    with open_database(f"sqlite:///{path}") as database:
        repository = Repository(database)
        assert acknowledged
        assert sum(repository.count_events(EventFilter()).values()) == len(acknowledged)
        assert faults(database) == ()
        put(repository, [make_event("later")])


def test_a_backup_of_a_database_in_use_is_whole(tmp_path: Path, ready_file: Path) -> None:
    path = tmp_path / "vigil.db"
    path.write_bytes(ready_file.read_bytes())
    with open_database(f"sqlite:///{path}") as database:
        put(furnish(Repository(database)), [make_event(f"event-{i}") for i in range(100)])
        copy = back_up(path, tmp_path / "copy.db")
        put(Repository(database), [make_event("later")])
    with open_database(f"sqlite:///{copy}") as restored:
        assert sum(Repository(restored).count_events(EventFilter()).values()) == 100
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_database_is_not_called_a_backup(tmp_path: Path, ready_file: Path) -> None:
    path = tmp_path / "vigil.db"
    content = bytearray(ready_file.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    content[3 * page : 4 * page] = b"\xff" * page
    path.write_bytes(content)
    with pytest.raises(StoreError):
        back_up(path, tmp_path / "copy.db")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["vigil.db"]


def test_a_file_that_was_moved_or_replaced_is_not_written(tmp_path: Path) -> None:
    path, away = tmp_path / "vigil.db", tmp_path / "away.db"
    with open_database(f"sqlite:///{path}") as database:
        migrate(database)
        repository = Repository(database)
        repository.audit("a", "b", "c", datetime(2021, 8, 20, tzinfo=UTC))
        path.rename(away)
        with pytest.raises(StoreUnavailable, match="was moved or replaced"):
            repository.audit("a", "b", "c", datetime(2021, 8, 20, tzinfo=UTC))
        with pytest.raises(StoreUnavailable, match="was moved or replaced"):
            repository.audit_rows()
        path.touch()
        with pytest.raises(StoreUnavailable, match="was moved or replaced"):
            repository.audit_rows()
        away.replace(path)
        assert len(repository.audit_rows()) == 1


@pytest.mark.parametrize("name", ["a%41b", "a?mode=ro", "a#b", "a b+c@d:e", "dữ liệu %"])
def test_the_database_lies_in_the_data_folder_whatever_that_is_called(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=tmp_path / name)
    with open_database(settings.database) as database:
        migrate(database)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "vigil.db").is_file()


def test_a_data_folder_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no valid UTF-8"):
        sqlite_path(Settings(data_dir=tmp_path / "a\udcffb").database)


def test_the_place_of_a_database_names_no_secret_and_moves_with_its_folder(tmp_path: Path) -> None:
    for root in (tmp_path / "a", tmp_path / "b"):
        assert place_of(f"sqlite:///{root / 'vigil.db'}", root / "evidence") == "../vigil.db"
    assert (
        place_of("postgresql://vigil:secret@db.example.org/quarantine", tmp_path) == "postgresql://db.example.org:5432/quarantine"
    )
