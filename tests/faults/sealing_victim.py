"""Seals one event in several folders while its own writes are made to fail: ``python -m ... FOLDER RECORDING COUNT LIMIT SHARE``.

LIMIT is the largest file in bytes this process may write (0: no limit): a write over it is cut short, and the next refused.
SHARE is the part of all writes that fail with EIO; the process must be run by ``fiu-run -x`` then. They begin to fail here and
not at the start: what is loaded and compiled before is none of our files.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import resource
import sys
from pathlib import Path

from tests.pipelines.evidence_victim import seal


def fail_writes(share: float) -> None:
    """From here on that share of the writes fails with EIO."""
    fiu = ctypes.CDLL("libfiu.so.0")
    fiu.fiu_enable_random.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_float)
    if fiu.fiu_enable_random(b"posix/io/rw/write", 1, errno.EIO, 0, share):
        sys.exit("the writes cannot be made to fail")


def main(folder: Path, recording: Path, count: int, limit: int, share: float) -> None:
    if share:
        fail_writes(share)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        with contextlib.suppress(OSError):  # the store refused: nothing was acknowledged
            seal(place, recording)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
