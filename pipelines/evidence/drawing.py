"""Draws the key frames of an event: boxes, heads, the zone and a caption, on a copy of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import cv2
import numpy as np

from analyzer.types import Box, Observation, Scene, TrackId
from models.frame import Frame, Image
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence.case import Case, Episode
from pipelines.evidence.documents import Moment

Colour = tuple[int, int, int]

# BGR, from a palette that people with colour-blindness tell apart (Okabe and Ito).
_OF_EVENT: Colour = (0, 94, 213)
_OTHER: Colour = (160, 160, 160)
_ZONE: Colour = (66, 228, 240)
_INK: Colour = (255, 255, 255)
_GROUND: Colour = (32, 32, 32)
_QUALITY = 92


def drawn(frame: Frame, scene: Scene | None, episode: Episode, case: Case) -> Image:
    """A copy of the picture with what was seen in it; without a scene only zone and caption."""
    image = np.array(frame.image, dtype=np.uint8, copy=True)
    height, width = image.shape[:2]
    thickness = max(1, round(min(height, width) / 300))
    if case.zone is not None:
        corners = np.array([(round(x * width), round(y * height)) for x, y in case.zone.polygon], dtype=np.int32)
        cv2.polylines(image, [corners], isClosed=True, color=_ZONE, thickness=thickness, lineType=cv2.LINE_AA)
    tracks = episode.event.tracks
    # Those of the event last, so that nothing covers them.
    for seen in sorted(scene.observations if scene else (), key=lambda o: o.track.id in tracks):
        assert scene is not None
        # Where evidence is cut from another stream than the analysed one, its pictures have another size.
        scale = width / scene.frame.width, height / scene.frame.height
        _draw_person(image, seen, thickness, scale, of_event=seen.track.id in tracks)
    return _captioned(image, episode, case, frame, thickness)


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


def _draw_person(image: Image, seen: Observation, thickness: int, scale: tuple[float, float], *, of_event: bool) -> None:
    colour, body = _OF_EVENT if of_event else _OTHER, _scaled(seen.track.box, scale)
    _rectangle(image, body, colour, thickness * (2 if of_event else 1))
    if seen.head is not None:
        _rectangle(image, _scaled(seen.head.box, scale), colour, thickness)
    words = [f"#{seen.track.id}"]
    if of_event and seen.mask is not None:
        words.append(f"mask {seen.mask.state.value} {seen.mask.probability:.2f}")
    if of_event:
        words += [f"{reading.item.value} {reading.state.value}" for reading in seen.items]
    at = (max(0, round(body.x1)), max(0, round(body.y1)))
    _label(image, " ".join(words), at, colour, above=True)


def _scaled(box: Box, scale: tuple[float, float]) -> Box:
    across, down = scale
    return Box(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down)


def _rectangle(image: Image, box: Box, colour: Colour, thickness: int) -> None:
    height, width = image.shape[:2]

    def point(x: float, y: float) -> tuple[int, int]:
        return round(min(max(x, 0), width - 1)), round(min(max(y, 0), height - 1))

    cv2.rectangle(image, point(box.x1, box.y1), point(box.x2, box.y2), colour, thickness)


def _label(image: Image, text: str, at: tuple[int, int], ground: Colour, *, above: bool) -> None:
    scale = max(0.35, min(image.shape[:2]) / 900)
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x = max(0, min(at[0], image.shape[1] - width))
    bottom = at[1] if above and at[1] - height - base >= 0 else at[1] + height + base
    cv2.rectangle(image, (x, bottom - height - base), (x + width, bottom), ground, cv2.FILLED)
    cv2.putText(image, text, (x, bottom - base // 2 - 1), cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)


def _captioned(image: Image, episode: Episode, case: Case, frame: Frame, thickness: int) -> Image:
    """The caption stands under the picture, so that it hides nothing."""
    event = episode.event
    moment = Moment.of(frame.ref.pts, frame.ref.at, case.timezone)
    lines = (
        f"{event.rule} v{event.rule_version}  {event.camera}  {moment.local} ({case.time_basis.value})",
        f"event {event.id}  sign of a violation, not reviewed",
    )
    width = image.shape[1]
    scale = max(0.35, min(image.shape[:2]) / 900)
    (_, line), base = cv2.getTextSize("Ag", cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    step = line + base + thickness
    band = np.full((step * len(lines) + base, width, 3), _GROUND, dtype=np.uint8)
    for row, text in enumerate(lines):
        plain = text.encode("ascii", "replace").decode("ascii")  # the built-in font knows no other letters
        (wide, _), _ = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        fitting = scale * min(1.0, (width - 4) / wide)
        cv2.putText(band, plain, (2, step * row + line + 2), cv2.FONT_HERSHEY_SIMPLEX, fitting, _INK, 1, cv2.LINE_AA)
    return np.vstack((image, band))
