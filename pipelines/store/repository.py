"""The one way to the database: every call is one transaction, all of it or nothing."""

from __future__ import annotations

from pipelines.store.accounts import Accounts
from pipelines.store.audit import AuditLog
from pipelines.store.coverage import Coverage
from pipelines.store.events import Events
from pipelines.store.evidence import EvidenceFiles
from pipelines.store.looks import Looks
from pipelines.store.outbox import Outbox
from pipelines.store.reviews import Reviews
from pipelines.store.runs import Runs
from pipelines.store.sites import Sites
from pipelines.store.wishes import Wishes


class Repository(Sites, Runs, Events, Coverage, Looks, EvidenceFiles, Reviews, Accounts, AuditLog, Outbox, Wishes):
    """Everything the product remembers; the calls stand with their nouns.

    Times go in aware (any zone) and come out in UTC, exact to the microsecond; text for people is kept composed
    (NFC). Threads may share a repository.

    Raises (any call):
        NotFound: a record asked for by its id is not there (accounts and sessions give ``None`` instead).
        StoreUnavailable: the database is locked, full or out of reach; may pass by itself.
        StoreError: anything else the database refuses, such as an event of an unknown run.
        ValueError: a value that cannot be stored, such as a time without a zone.
    """
