"""People cut out of openly licensed photographs, with and without a drawn mask.

The photographs come inside installed or downloaded packages: scikit-image (portrait of the astronaut Eileen
Collins, NASA, public domain), matplotlib (portrait of Grace Hopper, US Navy, public domain) and ultralytics (street
scene with a bus, AGPL-3.0). The masks are drawn: the demo shows the way from pixels to a reviewed event, it is no
measure of accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Point
from models.frame import Image

Polygon = Sequence[tuple[int, int]]
Alpha = npt.NDArray[np.float32]

_SEED = 7  # grabCut starts from random clusters
_MASK_BLUE = (214, 190, 150)  # BGR of a surgical mask


@dataclass(frozen=True, slots=True)
class Outline:
    """Where a person is in a photograph: a rectangle, a rough outline, what surely is the person and what surely is not."""

    picture: str
    rectangle: tuple[int, int, int, int]
    rough: Polygon
    person: tuple[Polygon, ...]
    background: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnMask:
    """A mask as a polygon on the face and its two ear loops, in pixels of the photograph."""

    outline: Polygon
    loops: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """Pixels of a person (BGR) and their opacity (0..1)."""

    image: Image
    alpha: Alpha


WALKER = Outline(
    "bus.jpg",
    (45, 393, 250, 908),
    (
        (100, 420),
        (120, 398),
        (150, 398),
        (160, 440),
        (200, 540),
        (195, 690),
        (185, 850),
        (245, 875),
        (240, 900),
        (55, 900),
        (60, 500),
    ),
    (
        ((105, 470), (150, 480), (185, 560), (180, 680), (90, 690), (75, 560), (70, 500)),
        ((112, 415), (150, 415), (150, 465), (115, 465)),
        ((75, 700), (110, 700), (95, 860), (65, 860)),
        ((150, 700), (178, 700), (190, 850), (175, 855)),
    ),
    (
        ((122, 715), (136, 715), (172, 850), (176, 885), (150, 900), (108, 895), (104, 850)),
        ((192, 700), (250, 700), (250, 860), (206, 856)),
        ((45, 690), (58, 690), (56, 850), (45, 850)),
        ((45, 393), (104, 393), (100, 420), (95, 450), (45, 480)),
    ),
)
GUEST = Outline(
    "bus.jpg",
    (222, 402, 345, 862),
    (
        (265, 410),
        (305, 408),
        (310, 460),
        (343, 540),
        (330, 700),
        (340, 720),
        (290, 780),
        (295, 815),
        (285, 858),
        (258, 855),
        (225, 700),
    ),
    (
        ((268, 425), (305, 425), (303, 468), (275, 470)),
        ((250, 500), (325, 500), (335, 560), (330, 690), (240, 690)),
        ((255, 710), (325, 705), (285, 770), (262, 820)),
    ),
    (((222, 402), (258, 402), (258, 470), (240, 490), (222, 560)), ((338, 570), (345, 570), (345, 690), (338, 690))),
)
ASTRONAUT = Outline(
    "astronaut.png",
    (15, 8, 512, 512),
    (
        (160, 60),
        (220, 12),
        (290, 40),
        (300, 120),
        (300, 240),
        (360, 340),
        (500, 400),
        (505, 512),
        (20, 512),
        (40, 300),
        (120, 220),
    ),
    (
        ((175, 60), (270, 40), (285, 110), (270, 200), (190, 200)),
        ((120, 260), (300, 250), (350, 400), (330, 512), (50, 512), (60, 300)),
        ((300, 400), (380, 360), (480, 430), (480, 510), (300, 510)),
    ),
    (((400, 0), (512, 0), (512, 330), (370, 300)), ((284, 130), (320, 100), (330, 220), (296, 210))),
)
OFFICER = Outline(
    "grace_hopper.jpg",
    (0, 10, 512, 600),
    (
        (145, 60),
        (250, 15),
        (370, 60),
        (390, 130),
        (360, 310),
        (512, 380),
        (512, 600),
        (0, 600),
        (20, 420),
        (170, 330),
        (140, 200),
    ),
    (
        ((150, 150), (360, 150), (370, 230), (330, 320), (180, 320)),
        ((170, 70), (250, 30), (340, 70), (360, 130), (150, 130)),
        ((60, 420), (460, 420), (500, 600), (30, 600)),
    ),
    (
        ((0, 0), (122, 0), (118, 130), (128, 180), (160, 330), (0, 400)),
        ((420, 0), (512, 0), (512, 330), (420, 300)),
    ),
)
GUEST_MASK = DrawnMask(
    ((271, 452), (280, 450), (289, 446), (298, 449), (306, 451), (304, 466), (297, 474), (289, 476), (280, 474), (273, 467)),
    (((271, 453), (264, 447)),),
)
ASTRONAUT_MASK = DrawnMask(
    (
        (184, 128),
        (205, 122),
        (222, 112),
        (232, 111),
        (245, 121),
        (262, 126),
        (258, 152),
        (246, 172),
        (228, 182),
        (208, 176),
        (192, 160),
    ),
    (((184, 129), (174, 116)), ((262, 127), (274, 114))),
)


def cut(photograph: Image, outline: Outline, mask: DrawnMask | None = None) -> Cutout:
    """Cut a person out of a photograph (GrabCut, Rother et al. 2004), after drawing a mask on the face if asked."""
    x1, y1, x2, y2 = outline.rectangle
    marks = np.full(photograph.shape[:2], cv2.GC_BGD, np.uint8)
    marks[y1:y2, x1:x2] = cv2.GC_PR_BGD
    for polygons, value in (
        ((outline.rough,), cv2.GC_PR_FGD),
        (outline.person, cv2.GC_FGD),
        (outline.background, cv2.GC_BGD),
    ):
        for polygon in polygons:
            cv2.fillPoly(marks, [np.array(polygon)], int(value))
    cv2.setRNGSeed(_SEED)
    cv2.grabCut(photograph, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    solid = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(solid)
    solid = np.where(labels == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA])), 255, 0).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    soft = cv2.GaussianBlur(solid, (0, 0), 1.0)[y1:y2, x1:x2].astype(np.float32) / 255
    dressed = photograph if mask is None else wear(photograph, mask)
    return Cutout(dressed[y1:y2, x1:x2].copy(), soft)


def wear(photograph: Image, mask: DrawnMask) -> Image:
    """Draw a pleated mask that keeps the light of the photograph, and its ear loops."""
    outline = np.array(mask.outline)
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    height = int(bottom - top)
    cloth = photograph.copy()
    cv2.fillPoly(cloth, [outline], _MASK_BLUE)
    pleat = tuple(int(c * 0.88) for c in _MASK_BLUE)
    for k in (1, 2, 3):
        y = int(top + height * k / 4)
        cv2.line(cloth, (int(left), y), (int(right), y + 1), pleat, max(1, height // 40), cv2.LINE_AA)
    cover = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(cover, [outline], 255)
    weight = cv2.GaussianBlur(cover, (0, 0), max(0.6, height / 60))[..., None].astype(np.float32) / 255
    light = cv2.GaussianBlur(cv2.cvtColor(photograph, cv2.COLOR_BGR2GRAY), (0, 0), max(1.0, height / 6)).astype(np.float32)
    gain = np.clip(0.55 + 0.45 * light / float(np.median(light[cover > 0])), 0.5, 1.25)[..., None]
    worn = (photograph * (1 - weight) + np.clip(cloth * gain, 0, 255) * weight).astype(np.uint8)
    for begin, end in mask.loops:
        cv2.line(worn, begin, end, (225, 215, 200), max(1, height // 35), cv2.LINE_AA)
    return np.asarray(worn, np.uint8)


def paste(picture: Image, person: Cutout, foot: Point, scale: float) -> None:
    """Draw a person onto a picture in place, the middle of the lower edge at ``foot`` (pixels), clipped at the borders."""
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(person.image, None, fx=scale, fy=scale, interpolation=interpolation)
    alpha = cv2.resize(person.alpha, None, fx=scale, fy=scale, interpolation=interpolation)
    height, width = alpha.shape
    x, y = round(foot[0] - width / 2), round(foot[1] - height)
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + width, picture.shape[1]), min(y + height, picture.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    part = alpha[y1 - y : y2 - y, x1 - x : x2 - x, None]
    under = picture[y1:y2, x1:x2]
    picture[y1:y2, x1:x2] = (under * (1 - part) + image[y1 - y : y2 - y, x1 - x : x2 - x] * part).astype(np.uint8)
