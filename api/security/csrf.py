"""A foreign page must not act with the cookie of a signed-in person.

Two independent checks on every method that changes something: where the browser says the request comes
from, and a token that only a page of this service can know. The token is derived from the session's own
secret, so nothing more has to be stored.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "x-csrf-token"
FIELD = "csrf_token"


def token_for(secret: str) -> str:
    """The token that belongs to a session (or to a sign-in form) with this secret."""
    return hmac.new(secret.encode(), b"vigil csrf v1", hashlib.sha256).hexdigest()


def token_matches(secret: str, given: str | None) -> bool:
    return given is not None and hmac.compare_digest(token_for(secret).encode(), given.encode())


def comes_from_here(headers: Headers) -> bool:
    """Whether the browser's own statements allow the request.

    A program that is no browser sends neither header and is judged by the token alone.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        place = urlsplit(origin).netloc
    except ValueError:  # brackets that hold no address
        return False
    return place.lower() == headers.get("host", "").lower() != ""
