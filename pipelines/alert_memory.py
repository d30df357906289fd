"""Which channel has which message, kept over a restart: a channel that is away must not make the others hear everything again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Final

import structlog

from pipelines.store.entries import Notice

_SLACK: Final = 1000  # lines of the file that nobody needs any more

_Key = tuple[int, str, str]


class Taken:
    """A file with a line for each message that a channel has, or has been given up for. It loses nothing when the process is killed.

    Args:
        path: the file, made if need be; ``None`` keeps it in memory alone. A file that cannot be used costs repetitions, no message.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._log = path, structlog.get_logger()
        self._keys = _read(path) if path is not None else set[_Key]()
        self._lines = len(self._keys)

    def __contains__(self, what: tuple[Notice, str]) -> bool:
        return _key(*what) in self._keys

    def add(self, notice: Notice, channel: str) -> None:
        """The channel needs the message no more."""
        key = _key(notice, channel)
        self._keys.add(key)
        self._lines += 1
        self._write("a", [key])

    def keep(self, waiting: Collection[int]) -> None:
        """Forget all messages but those of these numbers, which are not struck off yet."""
        self._keys = {key for key in self._keys if key[0] in waiting}
        if self._lines > len(self._keys) + (_SLACK if self._keys else 0):
            self._lines = len(self._keys)
            self._write("w", sorted(self._keys))

    def _write(self, mode: str, keys: Collection[_Key]) -> None:
        if self._path is None:
            return
        target = self._path if mode == "a" else self._path.with_name(f"{self._path.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open(mode, encoding="utf-8") as file:
                file.writelines(json.dumps(key) + "\n" for key in keys)
            if target is not self._path:
                target.replace(self._path)
        except OSError as error:
            self._log.warning("alert.memory_not_written", error=error.strerror or str(error))


def _key(notice: Notice, channel: str) -> _Key:
    # The time as well: in another database the number is that of another message.
    return notice.number, notice.at.isoformat(), channel


def _read(path: Path) -> set[_Key]:
    keys = set[_Key]()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return keys
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):  # the last one may be half of one
            number, at, channel = json.loads(line)
            keys.add((int(number), str(at), str(channel)))
    return keys
