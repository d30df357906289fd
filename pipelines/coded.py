"""Texts that begin with the code of what they tell, as in ``disk_refused: File too large``: each reader is told in his
language, and the technical detail follows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

Code = TypeVar("Code", bound=StrEnum)


def coded(code: StrEnum, detail: str = "") -> str:
    return f"{code}: {detail}" if detail else str(code)


def decoded(text: str, codes: type[Code]) -> tuple[Code | None, str]:
    """The code and what stands behind it; without a code of ``codes`` the text as it is."""
    head, _, detail = text.partition(": ")
    code = next((code for code in codes if code == head), None)
    return code, text if code is None else detail
