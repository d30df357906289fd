"""The audit log: append-only, and a changed past shows."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest

from pipelines.errors import StoreError
from pipelines.store import Database, Repository
from tests.pipelines.store.made import T0, seconds


def fill(repository: Repository, number: int = 5) -> None:
    for i in range(number):
        repository.audit("media.view", "thư", f"evidence-{i}", T0 + seconds(i), "Cổng «1»")


def tamper(database: Database, statement: str) -> None:
    """What somebody with the keys of the database can do."""
    off = (
        ["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]
        if database.kind == "sqlite"
        else ["ALTER TABLE audit_log DISABLE TRIGGER USER"]
    )
    with database.write() as session:
        for command in (*off, statement):
            session.connection().exec_driver_sql(command)


def test_rows_are_numbered_and_chained(repository: Repository) -> None:
    fill(repository, 3)
    rows = repository.audit_rows()

    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[0].previous == "0" * 64
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert repository.audit_head() == rows[-1]
    assert repository.audit_rows(after=1, limit=1) == (rows[1],)
    assert repository.verify_audit() is None


def test_the_hash_can_be_made_again_from_its_description(repository: Repository) -> None:
    local = T0.astimezone(timezone(timedelta(hours=7)))
    row = repository.audit("session.open", "thư", "127.0.0.1", local)
    text = json.dumps(
        [1, "2026-03-01T08:00:00.123456+00:00", "thư", "session.open", "127.0.0.1", ""], ensure_ascii=False, separators=(",", ":")
    )

    assert row.hash == hashlib.sha256(bytes(32) + text.encode()).hexdigest()
    assert repository.verify_audit() is None


def test_an_empty_log_is_whole(repository: Repository) -> None:
    assert repository.verify_audit() is None
    assert repository.audit_head() is None


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE number = 3", 3),
        ("UPDATE audit_log SET detail = '' WHERE number = 1", 1),
        ("DELETE FROM audit_log WHERE number = 2", 3),
        ("DELETE FROM audit_log WHERE number = 1", 2),
        ("UPDATE audit_log SET number = 9 WHERE number = 5", 9),
        ("UPDATE audit_log SET hash = previous WHERE number = 4", 4),
    ],
)
def test_a_changed_past_shows(repository: Repository, database: Database, change: str, broken: int) -> None:
    fill(repository)
    tamper(database, change)
    found = repository.verify_audit()

    assert found is not None
    assert found.number == broken


def test_a_cut_tail_shows_against_a_head_kept_outside(repository: Repository, database: Database) -> None:
    fill(repository)
    head = repository.audit_head()
    tamper(database, "DELETE FROM audit_log WHERE number = 5")

    assert repository.verify_audit() is None  # the chain alone cannot see it
    assert repository.audit_head() != head


@pytest.mark.parametrize("change", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_to_change_the_log(repository: Repository, database: Database, change: str) -> None:
    fill(repository)
    with pytest.raises(StoreError, match="append-only"), database.write() as session:
        session.connection().exec_driver_sql(change)
    assert len(repository.audit_rows()) == 5


def test_many_writers_make_one_chain(repository: Repository) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill(repository, 10), range(4)))

    assert [row.number for row in repository.audit_rows()] == list(range(1, 41))
    assert repository.verify_audit() is None
