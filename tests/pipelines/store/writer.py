"""A process that stores events until it is killed, and says each one that was acknowledged. Run by test_durability."""

from __future__ import annotations

import sys
from itertools import count

from analyzer.types import Change
from pipelines.store import Repository, open_database
from tests.pipelines.store.made import furnish, make_event, make_evidence, make_interval, make_review, put


def main(address: str, life: str) -> None:
    with open_database(address) as database:
        repository = furnish(Repository(database))
        for number in count():
            name = f"{life}-{number}"
            put(repository, [make_event(name), make_event(name, Change.CLOSED, 30)])
            repository.put_evidence([make_evidence(name, name)])
            repository.put_coverage([make_interval(0, number + 1)])
            repository.decide(make_review(name), 1)
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
