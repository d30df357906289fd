"""A process killed in the middle of its writes: nothing acknowledged is lost, nothing half-written remains."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from analyzer.types import EventId
from pipelines.records import Ending, EvidenceState, ReviewState
from pipelines.store import Repository, open_database
from tests.pipelines.store.made import CAMERA, T0, seconds

ROOT = Path(__file__).parents[3]


def live_and_die(address: str, life: int, lines: int) -> list[str]:
    """Let a writer acknowledge some events, then kill it wherever it is."""
    command = [sys.executable, "-m", "tests.pipelines.store.writer", address, str(life)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()  # SIGKILL: no handler, no flush
        said += writer.stdout.readlines()
    assert all(line.endswith("\n") for line in said), "the writer ended by itself"
    return [line.strip() for line in said]


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.fault)])
def test_nothing_acknowledged_is_lost(address: str, kills: int) -> None:
    chance = random.Random(kills)
    acknowledged = [name for life in range(kills) for name in live_and_die(address, life, chance.randint(1, 40))]
    assert acknowledged

    with open_database(address) as database:
        repository = Repository(database)
        for name in acknowledged:
            event = repository.event(EventId(name))
            assert (event.ending, event.evidence_state, event.review_state) == (
                Ending.CLOSED,
                EvidenceState.READY,
                ReviewState.CONFIRMED,
            )
            assert len(repository.reviews(event.id)) == 1
        assert repository.verify_audit() is None
        log = []
        while rows := repository.audit_rows(len(log), 1000):
            log += rows
        # Each life may have written one more event than it could still say.
        assert {row.subject for row in log} >= set(acknowledged)
        assert len(log) <= len(acknowledged) + kills
        ledger = repository.coverage(CAMERA.id, T0, T0 + seconds(1e6))
        assert all(a.end == b.start for a, b in pairwise(ledger))
        path = database.path
    if path is not None:
        with closing(dbapi2.connect(str(path))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
