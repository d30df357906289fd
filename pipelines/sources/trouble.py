"""What went wrong with a connection, by a code: the texts of libraries and of the system are English and of no use to most people."""

from __future__ import annotations

import errno
import socket
from typing import Final

import av

from pipelines.records import Trouble
from pipelines.sources.request import StreamChangedError

_NO_WAY: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

# The first that fits: the errors of a decoder are those of the system too.
_MEANINGS: Final[tuple[tuple[type[BaseException], Trouble], ...]] = (
    (av.error.HTTPUnauthorizedError, Trouble.LOGIN_REFUSED),
    (av.error.HTTPForbiddenError, Trouble.LOGIN_REFUSED),
    (av.error.HTTPNotFoundError, Trouble.NO_SUCH_STREAM),
    (StreamChangedError, Trouble.CHANGED),
    (ConnectionRefusedError, Trouble.REFUSED),
    (TimeoutError, Trouble.TIMED_OUT),
    (socket.gaierror, Trouble.UNRESOLVED),
    (ConnectionError, Trouble.BROKEN_OFF),
    (EOFError, Trouble.ENDED),
    (FileNotFoundError, Trouble.NOT_THERE),
    (MemoryError, Trouble.NO_MEMORY),
    (ValueError, Trouble.NO_VIDEO),
)


def trouble_of(error: BaseException) -> Trouble:
    """What a failure of the system or of a library means."""
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return Trouble.NO_WAY
    return next((trouble for kind, trouble in _MEANINGS if isinstance(error, kind)), Trouble.OTHER)
