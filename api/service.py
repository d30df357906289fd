"""What every route works with, made once by the composition root and handed in: no globals, no clock of its own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from api.security.permissions import Principal
from api.security.throttle import Throttle
from api.wording.texts import Language
from pipelines.store.repository import Repository

_VIEW_IS_ONE = timedelta(hours=1)
_MOST_VIEWS = 20_000


@dataclass(frozen=True, slots=True)
class Service:
    """The surroundings of the HTTP service.

    Args:
        repository: the one way to the database.
        evidence: folder of the evidence files.
        now: the present in UTC.
        throttle: counts failed sign-ins.
        secure: the service stands behind TLS; cookies are then bound to it.
        language: of a person who has not chosen yet.
        secrets: folder where passwords of cameras are kept; ``None``: none are taken.
    """

    repository: Repository
    evidence: Path
    now: Callable[[], datetime]
    throttle: Throttle
    secure: bool = False
    language: Language = "vi"
    secrets: Path | None = None
    views: ViewLog = field(default_factory=lambda: ViewLog())  # noqa: PLW0108 - the class stands below

    @property
    def session_cookie(self) -> str:
        return "__Host-vigil" if self.secure else "vigil_session"

    @property
    def form_cookie(self) -> str:
        return "__Host-vigil-form" if self.secure else "vigil_form"


class ViewLog:
    """Remembers which file a session has been shown, so that one view is one line of the audit log.

    A player reads a clip in dozens of ranges; each line would say the same. What is forgotten (memory is
    bounded, a restart empties it) is only logged once more.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, principal: Principal, thing: str, now: datetime) -> bool:
        """Whether nothing was noted of this look within the last hour."""
        with self._lock:
            earlier = self._seen.get((principal.session_digest, thing))
        return earlier is None or now - earlier >= _VIEW_IS_ONE

    def note(self, principal: Principal, thing: str, now: datetime) -> None:
        """Remember that the look stands in the audit log."""
        key = (principal.session_digest, thing)
        with self._lock:
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > _MOST_VIEWS:
                self._seen.popitem(last=False)
