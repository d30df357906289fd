"""Where the keys of a TOML document stand: the standard reader tells values but no lines.

Only headers and the beginnings of assignments are read, which is enough to name the place of a mistake. A key that
is not found (inside an inline table, say) is placed at the nearest key around it.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) on which each key path is assigned or opened."""
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    here: Path = ()
    depth = 0
    quotes: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if quotes is not None:
            if quotes in line:
                quotes = None
            continue
        if depth == 0:
            if header := _HEADER.match(line):
                here = _opened(_parts(header[2]), counts, many=header[1] == "[[")
                lines.setdefault(here, number)
                continue
            if key := _KEY.match(line):
                lines.setdefault((*here, *_parts(key[1])), number)
        bare = _STRING.sub("", line)
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                quotes = mark
        bare = bare.split("#", 1)[0]
        depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))
    return lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a key path, or of the nearest one around it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _opened(parts: tuple[str, ...], counts: dict[Path, int], *, many: bool) -> Path:
    """The path a header opens; arrays of tables are numbered, and a name inside one means its latest element."""
    path: Path = ()
    for depth, part in enumerate(parts):
        path = (*path, part)
        last = depth == len(parts) - 1
        if last and many:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
