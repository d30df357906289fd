"""Draws the key frames of an event: boxes, heads, the zone and a caption, on a copy of the picture.

A picture is drawn once for all its readers, so its words are of the one language that the installation speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import cv2
import numpy as np

from analyzer.entry import Text
from analyzer.labels import ITEMS, MASKS, PRESENCES
from analyzer.sentences import Language, number, say
from analyzer.types import Box, Observation, Presence, Scene, Severity, TrackId
from models.frame import Frame, Image
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence.case import Case, Episode
from pipelines.records import TimeBasis
from pipelines.telling import TIME_BASES, moment, span, time_zone

Colour = tuple[int, int, int]

# BGR, from a palette that people with colour-blindness tell apart (Okabe and Ito).
_OF_EVENT: Colour = (0, 94, 213)
_OTHER: Colour = (160, 160, 160)
_ZONE: Colour = (66, 228, 240)
_INK: Colour = (255, 255, 255)
_GROUND: Colour = (32, 32, 32)
_QUALITY = 92
_FONT: Final = "uni"  # the built-in font that has the letters of Vietnamese; those of Hershey are ASCII
_MENDED: Final = str.maketrans({"ờ": "ơ\u0300", "ỡ": "ơ\u0303"})  # it shows the signs of other letters for these two
_VERSION: Final = Text("phiên bản", "version")
_TIME: Final = Text("giờ", "time")
_HINT: Final = Text("gợi ý xem lại, không tính là vi phạm", "to be looked at, not counted as a violation")
_SIGN: Final = Text("dấu hiệu vi phạm, chưa được xem xét", "sign of a violation, not yet reviewed")
_SMALLEST: Final = 11  # px; below that diacritics cannot be told apart


def drawn(frame: Frame, scene: Scene | None, episode: Episode, case: Case, language: Language = Language.VI) -> Image:
    """A copy of the picture with what was seen in it; without a scene only zone and caption."""
    image = np.array(frame.image, dtype=np.uint8, copy=True)
    height, width = image.shape[:2]
    thickness = _thickness(image)
    if case.zone is not None:
        corners = np.array([(round(x * width), round(y * height)) for x, y in case.zone.polygon], dtype=np.int32)
        cv2.polylines(image, [corners], isClosed=True, color=_ZONE, thickness=thickness, lineType=cv2.LINE_AA)
    tracks = episode.event.tracks
    # Those of the event last, so that nothing covers them.
    for seen in sorted(scene.observations if scene else (), key=lambda o: o.track.id in tracks):
        assert scene is not None
        # Where evidence is cut from another stream than the analysed one, its pictures have another size.
        scale = width / scene.frame.width, height / scene.frame.height
        words = _words(seen, language) if seen.track.id in tracks else None
        _draw_person(image, seen, thickness, scale, words)
    return _captioned(image, episode, case, frame, language)


def jpeg(image: Image) -> bytes:
    """Raises EvidenceError when the picture cannot be encoded."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise EvidenceError(EvidenceFault.FAILED, f"JPEG {image.shape[1]}x{image.shape[0]}")
    return bytes(data.tobytes())


def key_instants(episode: Episode, scenes: Sequence[Scene]) -> tuple[timedelta, timedelta, timedelta]:
    """PTS of the opening, of the strongest and of the last instant on which somebody of the event is in the picture.

    The strongest is where the subject could be seen best: the largest head (else body) times the certainty of the
    reading. An event that no track belongs to takes the middle of its instants.
    """
    event = episode.event
    span = [s for s in scenes if event.since_pts <= s.frame.pts <= max(event.pts, episode.opened.pts)]
    seen = [s for s in span if _clarity(s, event.tracks) > 0] or span
    if not seen:
        return episode.opened.pts, episode.opened.pts, episode.opened.pts
    opening = max((s.frame.pts for s in seen if s.frame.pts <= episode.opened.pts), default=seen[0].frame.pts)
    middle = seen[len(seen) // 2]
    strongest = max(seen, key=lambda s: (_clarity(s, event.tracks), -s.frame.pts)) if event.tracks else middle
    return opening, strongest.frame.pts, seen[-1].frame.pts


def _clarity(scene: Scene, tracks: Sequence[TrackId]) -> float:
    return max((_clearness(o) for o in scene.observations if o.track.id in tracks), default=0.0)


def _clearness(seen: Observation) -> float:
    if seen.mask is not None and seen.mask.reason is None:
        return 1000 + seen.mask.head_px * seen.mask.probability * (1 if seen.mask.fresh else 0.5)
    return seen.track.box.height / 100 * seen.track.score


def _draw_person(
    image: Image, seen: Observation, thickness: int, scale: tuple[float, float], words: Sequence[str] | None
) -> None:
    """``words``: what was read of a person of the event; of all others their number is told."""
    colour, body = _OTHER if words is None else _OF_EVENT, _scaled(seen.track.box, scale)
    _rectangle(image, body, colour, thickness * (1 if words is None else 2))
    if seen.head is not None:
        _rectangle(image, _scaled(seen.head.box, scale), colour, thickness)
    at = (max(0, round(body.x1)), max(0, round(body.y1)))
    _label(image, words or [f"#{seen.track.id}"], at, colour)


def _words(seen: Observation, language: Language) -> list[str]:
    """What was read of a person of the event, a line each for the mask and for what is there, is not, cannot be seen."""
    lines = [f"#{seen.track.id}"]
    if seen.mask is not None:
        lines[0] += f" {say(MASKS[seen.mask.state], language)} {number(seen.mask.probability, language, 2)}"
    for presence in Presence:
        items = [say(ITEMS[reading.item], language) for reading in seen.items if reading.state is presence]
        if items:
            lines.append(f"{say(PRESENCES[presence], language)}: {', '.join(items)}")
    return lines


def _scaled(box: Box, scale: tuple[float, float]) -> Box:
    across, down = scale
    return Box(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down)


def _rectangle(image: Image, box: Box, colour: Colour, thickness: int) -> None:
    height, width = image.shape[:2]

    def point(x: float, y: float) -> tuple[int, int]:
        return round(min(max(x, 0), width - 1)), round(min(max(y, 0), height - 1))

    cv2.rectangle(image, point(box.x1, box.y1), point(box.x2, box.y2), colour, thickness)


def _label(image: Image, lines: Sequence[str], at: tuple[int, int], ground: Colour) -> None:
    """Above the point where there is room, else below it."""
    width = image.shape[1]
    size = min(_fitting(text, width, _size(image)) for text in lines)
    step = _step(size)
    wide = max(_width(text, size) for text in lines)
    x = max(0, min(at[0], width - wide))
    top = at[1] - step * len(lines) if at[1] >= step * len(lines) else at[1]
    cv2.rectangle(image, (x, top), (x + wide, top + step * len(lines)), ground, cv2.FILLED)
    for row, text in enumerate(lines):
        _write(image, text, (x, top + step * row), size)


def _captioned(image: Image, episode: Episode, case: Case, frame: Frame, language: Language) -> Image:
    """The caption stands under the picture, so that it hides nothing."""
    thickness = _thickness(image)
    event = episode.event
    unknown = case.time_basis is TimeBasis.UNKNOWN
    when = span(frame.ref.pts) if unknown else moment(frame.ref.at, time_zone(case.timezone))
    basis = say(TIME_BASES[case.time_basis], language)
    version, time = say(_VERSION, language), say(_TIME, language)
    standing = say(_HINT if event.severity is Severity.ASSIST else _SIGN, language)
    lines = (
        f"{event.rule} ({version} {event.rule_version})  {event.camera}  {when} ({time}: {basis})",
        f"{standing}  {event.id}",
    )
    width = image.shape[1]
    step = _step(_size(image)) + thickness
    band = np.full((step * len(lines) + thickness, width, 3), _GROUND, dtype=np.uint8)
    for row, text in enumerate(lines):
        _write(band, text, (2, step * row), _fitting(text, width - 4, _size(image)))
    return np.vstack((image, band))


def _thickness(image: Image) -> int:
    """Of lines, in pixels."""
    return max(1, round(int(min(image.shape[:2])) / 300))


def _size(image: Image) -> int:
    """Of the letters, in pixels."""
    return max(_SMALLEST, int(min(image.shape[:2])) // 36)


def _fitting(text: str, width: int, size: int) -> int:
    """The size, or the smaller one at which the text is no wider than ``width``."""
    return next((less for less in range(size, 1, -1) if _width(text, less) <= width), 1)


def _width(text: str, size: int) -> int:
    _, _, width, _ = cv2.getTextSize((0, 0), text.translate(_MENDED), (0, 0), cv2.FontFace(_FONT), size)
    return int(width)


def _step(size: int) -> int:
    """From one line to the next: room for a capital with two marks above it, and for descenders."""
    return round(size * 1.5)


def _write(image: Image, text: str, corner: tuple[int, int], size: int) -> None:
    """``corner``: the upper left one of the line."""
    x, top = corner
    cv2.putText(image, text.translate(_MENDED), (x, top + round(size * 1.15)), _INK, cv2.FontFace(_FONT), size)
