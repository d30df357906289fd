"""Which file system a folder lies on. SQLite's log needs shared memory and locks that network drives only pretend to have."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# linux/magic.h and the file systems' own headers, as `statfs(2)` reports them.
NETWORK = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFF534D42: "CIFS",
    0xFE534D42: "SMB 2",
    0x65735546: "FUSE",
    0x5346414F: "AFS",
    0x6B414653: "AFS",
    0x73757245: "Coda",
    0x00C36400: "Ceph",
    0x0BD00BD0: "Lustre",
    0x47504653: "GPFS",
    0x01021997: "9P",
    0x7461636F: "OCFS2",
    0x01161970: "GFS2",
}

_STATFS_BYTES = 256  # at least twice what any Linux ABI fills


def magic_of(folder: Path) -> int | None:
    """The magic number of the file system under a folder; ``None`` where the system cannot say (not Linux).

    Raises:
        OSError: the folder is not there or may not be read.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    if libc.statfs(os.fsencode(folder), answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(folder))
    # f_type is the first field, as wide as a word; the magic numbers have 32 bits.
    word = ctypes.sizeof(ctypes.c_long)
    return int.from_bytes(answer.raw[:word], sys.byteorder) & 0xFFFFFFFF


def network_name(magic: int | None) -> str | None:
    """What the network file system is called; ``None`` for a local one."""
    return None if magic is None else NETWORK.get(magic)
