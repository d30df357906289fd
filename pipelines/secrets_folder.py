"""Passwords of cameras, one file each: beside the database, never in it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from analyzer.types import CameraId
from pipelines.private_folder import make_private


def keep_secret(folder: Path, camera: CameraId, secret: str) -> str:
    """Write a secret where its owner alone may read it; the name by which an address refers to it.

    Every secret has a name of its own: an address whose secret changed is another address, so the watching process notices.
    """
    make_private(folder)
    name = f"{camera}-{secrets.token_hex(4)}"
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return name


def drop_secrets(folder: Path, camera: CameraId, *kept: str) -> None:
    """Remove the secrets of a camera that no address in ``kept`` refers to."""
    for path in folder.glob(f"{camera}-????????"):
        if not any(f"${{file:{path.name}}}" in text for text in kept):
            path.unlink(missing_ok=True)
