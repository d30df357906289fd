"""Which version of a thing a client says it saw."""

from __future__ import annotations

import re

from api.errors import FieldFault, Problem

_VERSION = re.compile(r'"([0-9]{1,9})"')


def expected_version(if_match: str | None) -> int:
    """The version a client says it saw.

    Raises:
        Problem: ``version-missing`` without the header (``*`` would mean "whatever it is" and is no answer
            either), ``invalid`` when it is not an ETag of this service.
    """
    if if_match is None or if_match.strip() == "*":
        raise Problem("version-missing", "send the ETag as If-Match")
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        fault = FieldFault(place="header.if-match", problem='one strong ETag such as "3" is expected')
        raise Problem("invalid", "If-Match cannot be read", (fault,))
    return int(match.group(1))
