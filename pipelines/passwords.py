"""Passwords: Argon2id, a random one for the first account, and the same time spent on unknown names."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

LONGEST = 128
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0, 1: read from a screen and typed


@lru_cache(maxsize=1)
def hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hasher().hash(secrets.token_urlsafe(16))


def random_password() -> str:
    """Five groups of four, 99 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))


def hash_password(password: str) -> str:
    return hasher().hash(unicodedata.normalize("NFC", password))


def _is_text(password: str) -> bool:
    """Half a surrogate pair, as JSON can bring, is nothing that was ever hashed."""
    return not any("\ud800" <= sign <= "\udfff" for sign in password)


def matches(password: str, stored: str | None) -> bool:
    """Compare in the same time whether or not the account exists."""
    if len(password) > LONGEST or not _is_text(password):
        return False
    right = hasher().verify(unicodedata.normalize("NFC", password), stored or _nobody())
    return right and stored is not None
