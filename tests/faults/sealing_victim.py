"""Seals one event in several folders while its own writes are made to fail: ``python -m ... FOLDER RECORDING COUNT LIMIT``.

LIMIT is the largest file in bytes this process may write (0: no limit): a write over it is cut short, and the next refused.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

from tests.pipelines.evidence_victim import seal


def main(folder: Path, recording: Path, count: int, limit: int) -> None:
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        with contextlib.suppress(OSError):  # the store refused: nothing was acknowledged
            seal(place, recording)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
