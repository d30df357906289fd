"""How many examples a property is tried with: few each time, many where there is time (`scripts/test-slow`)."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import settings

TIMES: Final = int(os.environ.get("VIGIL_EXAMPLES", "1"))
"""By how much every count is multiplied."""


def examples(count: int) -> settings:
    """Settings for so many examples, times `TIMES`, without a limit of time for one."""
    return settings(max_examples=count * TIMES, deadline=None)
