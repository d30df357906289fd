"""What the parts of the repository have in common."""

from __future__ import annotations

from pipelines.store.database import Database


class Noun:
    """One part of the repository: the calls about one noun. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
