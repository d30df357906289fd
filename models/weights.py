"""Which networks this product trusts, and the only door through which their files are read.

`weights.toml` records each network: file, SHA-256, licence, task, input, classes, what it was trained on and by which
command, its thresholds and its measured figures. A file is read once; the very bytes that were hashed are the bytes
that a runtime gets. A pickle is refused by name and by its first bytes, before anything could open it.

    python -m models.weights pin NAME     record the hash of a newly trained file
    python -m models.weights check        verify every file
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from analyzer.types import ModelRef
from models.errors import AbsentWeights, ChangedWeights, MisfitWeights, PickleRefused, UnfitWeights, UnknownWeights

REGISTRY_FILE: Final = Path(__file__).with_name("weights.toml")
"""The registry that ships with the product; files are named relative to its folder."""

_PICKLE_SUFFIXES: Final = frozenset({".pt", ".pth", ".pkl", ".pickle", ".joblib", ".ckpt", ".bin", ".npy", ".npz"})
_PICKLE_STARTS: Final = (b"\x80", b"PK\x03\x04", b"\x93NUMPY", b"\x1f\x8b")
"""A pickle of protocol 2 on; a zip, which is how torch wraps one; numpy's container; gzip, joblib's wrapping."""


@dataclass(frozen=True, slots=True)
class WeightsEntry:
    """One network of the registry.

    ``thresholds`` are scores or probabilities in 0..1 from which a claim is made; ``figures`` the measured quality,
    with its conditions in the key; both by name, as written by evaluation.
    """

    name: str
    path: Path
    sha256: str
    licence: str
    task: str
    input: str
    classes: tuple[str, ...]
    trained_on: tuple[str, ...]
    command: str
    thresholds: Mapping[str, float]
    figures: Mapping[str, float]

    @property
    def ref(self) -> ModelRef:
        """How runs and events name this network."""
        return ModelRef(self.name, self.sha256)

    def is_intact(self) -> bool:
        """Whether the file is there and is the one that was recorded."""
        try:
            read_verified(self)
        except UnfitWeights:
            return False
        return True

    def threshold(self, name: str) -> float:
        """Return one threshold.

        Raises:
            MisfitWeights: the entry does not state it.
        """
        if name not in self.thresholds:
            raise MisfitWeights(f"weights.toml: [{self.name}.thresholds] lacks {name!r}")
        return self.thresholds[name]


def load_catalogue(file: Path = REGISTRY_FILE) -> tuple[WeightsEntry, ...]:
    """Return the entries in the order of the file.

    Raises:
        MisfitWeights: the file is not a registry; names entry and key.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise MisfitWeights(f"{file.name}: {broken}") from broken
    return tuple(_entry(name, table, file.parent) for name, table in tables.items())


def _entry(name: str, table: Mapping[str, Any], folder: Path) -> WeightsEntry:
    try:
        return WeightsEntry(
            name=name,
            path=folder / str(table["file"]),
            sha256=str(table["sha256"]).lower(),
            licence=str(table["licence"]),
            task=str(table["task"]),
            input=str(table["input"]),
            classes=tuple(str(one) for one in table["classes"]),
            trained_on=tuple(str(one) for one in table["trained_on"]),
            command=str(table["command"]),
            thresholds={key: float(value) for key, value in table.get("thresholds", {}).items()},
            figures={key: float(value) for key, value in table.get("figures", {}).items()},
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise MisfitWeights(f"weights.toml: entry {name!r}: missing or unusable {wrong}") from wrong


def entry_of(name: str, catalogue: Sequence[WeightsEntry]) -> WeightsEntry:
    """Return the entry of that name.

    Raises:
        UnknownWeights: there is none.
    """
    for entry in catalogue:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in catalogue)
    raise UnknownWeights(f"weights.toml has no entry {name!r}; it has {known or 'none'}")


def read_verified(entry: WeightsEntry) -> bytes:
    """Return the bytes of the file, which are those that were recorded.

    Raises:
        AbsentWeights: the file is not there.
        PickleRefused: the file is a pickle, by name or by content.
        ChangedWeights: its SHA-256 differs.
    """
    content = read_unpickled(entry.path)
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise ChangedWeights(
            f"{entry.path.name}: SHA-256 is {found}, recorded is {entry.sha256 or 'nothing'}; "
            "restore the file, or record the new one with `python -m models.weights pin`"
        )
    return content


def confirm_shipped(name: str, path: Path) -> None:
    """Let only the very file of that entry pass, wherever it lies.

    Raises:
        ChangedWeights: the file is another one.
        UnknownWeights: there is no such entry.
    """
    expected = entry_of(name, load_catalogue()).sha256
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ChangedWeights(f"{path.name} is not the shipped {name} {expected[:12]}; it was not opened")


def read_unpickled(path: Path) -> bytes:
    """Return the bytes of a network's file unless it is a pickle; nothing is parsed.

    Raises:
        AbsentWeights: the file is not there or cannot be read.
        PickleRefused: the file is a pickle, by name or by content.
    """
    if path.suffix.lower() in _PICKLE_SUFFIXES:
        raise PickleRefused(f"{path.name}: {path.suffix} files are pickles, which may run foreign code; export to ONNX first")
    try:
        content = path.read_bytes()
    except OSError as unread:
        raise AbsentWeights(f"{path.name}: {unread.strerror or unread}") from unread
    if content.startswith(_PICKLE_STARTS):
        raise PickleRefused(f"{path.name}: holds a pickle or an archive, not an ONNX network")
    return content


def pin(name: str, file: Path = REGISTRY_FILE) -> str:
    """Record the SHA-256 of the present file of an entry and return it.

    Raises:
        UnknownWeights: the registry has no such entry.
        UnfitWeights: the file is absent or a pickle.
    """
    entry = entry_of(name, load_catalogue(file))
    digest = hashlib.sha256(read_unpickled(entry.path)).hexdigest()
    text = file.read_text(encoding="utf-8")
    table = re.compile(rf"(^\[{re.escape(name)}\]\n(?:(?!\[).*\n)*?sha256 = )\"[0-9a-fA-F]*\"", re.MULTILINE)
    changed, count = table.subn(rf'\g<1>"{digest}"', text)
    if count != 1:
        raise UnknownWeights(f'{file.name}: no line `sha256 = "..."` right under [{name}]')
    file.write_text(changed, encoding="utf-8")
    return digest


def main(arguments: list[str]) -> int:
    """Run the two small commands of the module; return the exit code."""
    match arguments:
        case ["pin", name]:
            sys.stdout.write(f"{name} {pin(name)}\n")
            return 0
        case ["check"]:
            for entry in load_catalogue():
                sys.stdout.write(f"{entry.name} {len(read_verified(entry)) / 1e6:.1f} MB ok\n")
            return 0
        case _:
            sys.stderr.write((__doc__ or "") + "\n")
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
