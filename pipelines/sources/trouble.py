"""What went wrong with a connection, by a code: the texts of libraries and of the system are English and of no use to most people."""

from __future__ import annotations

import errno
import socket
from typing import Final

import av

from pipelines.records import Trouble
from pipelines.sources.address import NETWORK, Scheme
from pipelines.sources.request import StreamChangedError

_NO_WAY: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

# The first that fits: the errors of a decoder are those of the system too.
_MEANINGS: Final[tuple[tuple[type[BaseException], Trouble], ...]] = (
    (av.error.HTTPUnauthorizedError, Trouble.LOGIN_REFUSED),
    (av.error.HTTPForbiddenError, Trouble.LOGIN_REFUSED),
    (av.error.HTTPNotFoundError, Trouble.NO_SUCH_STREAM),
    (av.error.HTTPServerError, Trouble.FAILING),
    (av.error.ExitError, Trouble.TIMED_OUT),
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


def trouble_in_opening(error: BaseException, scheme: Scheme, waited: float, timeout: float) -> Trouble:
    """What a failure to open a stream means, where the library only knows that it has read nothing.

    Args:
        error: of the library.
        scheme: of the address.
        waited: s until it failed.
        timeout: s after which the library gives up.
    """
    known = trouble_of(error)
    if known not in {Trouble.OTHER, Trouble.NO_VIDEO} or scheme not in NETWORK:
        return known
    if waited >= 0.9 * timeout:
        return Trouble.TIMED_OUT
    return Trouble.NOT_A_STREAM if known is Trouble.OTHER else known


def trouble_of(error: BaseException) -> Trouble:
    """What a failure of the system or of a library means."""
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return Trouble.NO_WAY
    return next((trouble for kind, trouble in _MEANINGS if isinstance(error, kind)), Trouble.OTHER)
