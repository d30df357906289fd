"""Serving one evidence file, whole or in part (HTTP Range, RFC 9110 section 14).

The file is found by the evidence id alone; its path comes from the store and must lie inside the evidence
folder. One range is served as 206. A range that is malformed is ignored, as the RFC demands; several ranges
at once are ignored too (no player asks for them, and many small ones are a known way to burn a server).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response, StreamingResponse

from api.errors import Problem
from pipelines.records import Evidence, EvidenceKind, EvidenceState

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_CHUNK = 256 * 1024
# What a browser may show in place. Anything else is handed over as a file, so that no evidence can act as a page.
_SHOWN = re.compile(r"video/[a-z0-9.+-]+|image/(jpeg|png|webp)|application/json")


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes [start, end) of a file of ``size`` bytes."""

    start: int
    end: int
    size: int

    @property
    def whole(self) -> bool:
        return self.start == 0 and self.end == self.size


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks of a file: whether only what is said about it, and the two headers that name a part."""

    only_head: bool
    range: str | None = None
    if_range: str | None = None


def requested_slice(header: str | None, size: int) -> Slice | None:
    """What part a Range header asks for; ``None`` when the whole file must be sent.

    Raises:
        Problem: ``range-not-satisfiable``; the range begins behind the end of the file.
    """
    if header is None or (match := _ONE_RANGE.fullmatch(header.replace(" ", "").lower())) is None:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        start, end = size - length, size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start == end:
        raise Problem(
            "range-not-satisfiable",
            f"the file has {size} bytes",
            headers={"content-range": f"bytes */{size}", "accept-ranges": "bytes"},
        )
    return Slice(start, end, size)


def evidence_path(folder: Path, evidence: Evidence) -> Path:
    """Where the file of a piece of evidence lies.

    Raises:
        Problem: ``not-found``; the evidence is not ready, its file is gone, or its path leaves the folder.
    """
    if evidence.state is not EvidenceState.READY:
        raise Problem("not-found", f"evidence {evidence.id} is {evidence.state}")
    root = folder.resolve()
    path = (root / evidence.path).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise Problem("not-found", f"the file of evidence {evidence.id} is not in the evidence folder")
    return path


def playable_clip(evidence: Sequence[Evidence]) -> Evidence | None:
    """What a browser should play: the derived copy if there is one, else the original."""
    for kind in (EvidenceKind.PROXY, EvidenceKind.CLIP):
        for item in evidence:
            if item.kind is kind and item.state is EvidenceState.READY:
                return item
    return None


def media_response(path: Path, evidence: Evidence, wish: Wish) -> Response:
    """The file or the part asked for. Never cached by anyone but the page that shows it."""
    size = path.stat().st_size
    tag = f'"{evidence.sha256}"' if evidence.sha256 else None
    # If-Range with another version of the file: the part would not fit, so the whole is sent.
    part = None if wish.if_range is not None and wish.if_range != tag else requested_slice(wish.range, size)
    piece = part or Slice(0, size, size)
    shown = _SHOWN.fullmatch(evidence.media_type) is not None
    media_type = evidence.media_type if shown else "application/octet-stream"
    name = path.name.encode("ascii", "replace").decode().replace('"', "_")
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store, private",
        "content-length": str(piece.end - piece.start),
        "content-disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
    }
    if tag:
        headers["etag"] = tag
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{part.size}"
    status = 200 if part is None else 206
    if wish.only_head:
        return Response(None, status, headers, media_type)
    return StreamingResponse(_read(path, piece), status, headers, media_type)


def _read(path: Path, piece: Slice) -> Iterator[bytes]:
    left = piece.end - piece.start
    with path.open("rb") as file:
        file.seek(piece.start)
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
