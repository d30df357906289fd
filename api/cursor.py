"""The opaque cursor of an event page: where the page ended, as URL-safe text.

It holds nothing secret. A check sum over the content tells a mangled or hand-made cursor from a real one,
so that a typing mistake is an error and not a silently different page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta

from analyzer.types import EventId
from api.errors import FieldFault, Problem
from pipelines.records import EventPosition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHECK_BYTES = 6
_MAX_LENGTH = 256


def encode_cursor(position: EventPosition) -> str:
    micros = (position.opened_at - _EPOCH) // timedelta(microseconds=1)
    content = struct.pack(">q", micros) + position.id.encode()
    return base64.urlsafe_b64encode(_check(content) + content).decode().rstrip("=")


def decode_cursor(text: str) -> EventPosition:
    """Read a cursor.

    Raises:
        Problem: ``invalid``; the cursor is not one this service gave out.
    """
    try:
        content = _content(text)
        (micros,) = struct.unpack(">q", content[:8])
        return EventPosition(_EPOCH + timedelta(microseconds=micros), EventId(content[8:].decode()))
    except (ValueError, binascii.Error, struct.error, OverflowError) as error:
        fault = FieldFault(place="query.cursor", problem="not a cursor of this service; take it from `next` of a page")
        raise Problem("invalid", "the cursor cannot be read", (fault,)) from error


def _content(text: str) -> bytes:
    if len(text) > _MAX_LENGTH:
        raise ValueError("too long")
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    check, content = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(content):
        raise ValueError("the check sum does not fit")
    return content


def _check(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECK_BYTES, person=b"vigil-cursor").digest()
