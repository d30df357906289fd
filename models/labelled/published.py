"""Small published detectors of people, heads and faces, each as a function from a BGR picture to boxes.

They label pictures for training and are the peers of an evaluation; their files are never shipped. The pre- and
post-processing of each was checked against its origin: a wrong channel order alone costs ten points of recall.
onnxruntime and ai-edge-litert belong to training and are imported when a network is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.detectors.letterbox import Placement, as_input, letterbox
from models.errors import PerceptionError
from models.frame import Image
from models.labelled.scored import Floats, Scored, without_doubles

Find = Callable[[Image], Scored]
FindAnatomy = Callable[[Image], tuple[Scored, Scored, Scored]]
"""From a picture to bodies, heads and hands."""

PEOPLE_FILE: Final = "yolov8n_coco_int8.tflite"

_TILE: Final = 1.25
"""Side of a tile in halves of the picture: neighbours overlap by a quarter, so that no one is only seen cut."""

_TILE_EDGE: Final = 2.0
"""A box so near (pixels) to an inner tile edge is cut there, and left to the neighbour."""


class NoTeacher(PerceptionError):
    """The folder of teachers lacks a file; the message names it."""


@dataclass(frozen=True, slots=True)
class Published:
    """The five networks opened."""

    persons: Find
    second_persons: Find
    anatomy: FindAnatomy
    faces: Find
    second_faces: Find

    @classmethod
    def load(cls, folder: Path) -> Published:
        """Open the networks.

        Raises:
            NoTeacher: a file is missing.
            ModuleNotFoundError: onnxruntime or ai-edge-litert is not installed.
        """
        return cls(
            yolov8(_file(folder, PEOPLE_FILE)),
            yolox(_file(folder, "yolox_nano_coco.onnx")),
            anatomy(_file(folder, "yolox_n_body_head_hand_256x320_fp16.tflite")),
            scrfd(_file(folder, "scrfd_2.5g.onnx")),
            yunet(_file(folder, "yunet_n_640.onnx")),
        )


def tiles(image: Image) -> Iterator[tuple[int, int, Image]]:
    """Yield left, top and pixels of four overlapping tiles."""
    height, width = image.shape[:2]
    high, wide = int(height / 2 * _TILE), int(width / 2 * _TILE)
    for top in (0, height - high):
        for left in (0, width - wide):
            yield left, top, image[top : top + high, left : left + wide]


def tiled(image: Image, find: Find) -> Scored:
    """Return what is found on the whole and on each tile, in pixels of the whole; doubles are still in it."""
    parts = [find(image)]
    for left, top, tile in tiles(image):
        parts.append(_uncut(find(tile), left, top, tile, image))
    return _joined(parts)


def tiled_anatomy(image: Image, find: FindAnatomy) -> tuple[Scored, Scored, Scored]:
    parts = [find(image)]
    for left, top, tile in tiles(image):
        body, head, hand = (_uncut(each, left, top, tile, image) for each in find(tile))
        parts.append((body, head, hand))
    bodies, heads, hands = (_joined([part[kind] for part in parts]) for kind in range(3))
    return bodies, heads, hands


def _uncut(found: Scored, left: int, top: int, tile: Image, image: Image) -> Scored:
    """Drop boxes that an inner edge cuts, and move the rest to where the tile lies."""
    (high, wide), (height, width), boxes = tile.shape[:2], image.shape[:2], found.boxes
    keep = np.ones(len(boxes), dtype=np.bool_)
    if left > 0:
        keep &= boxes[:, 0] > _TILE_EDGE
    if top > 0:
        keep &= boxes[:, 1] > _TILE_EDGE
    if left + wide < width:
        keep &= boxes[:, 2] < wide - _TILE_EDGE
    if top + high < height:
        keep &= boxes[:, 3] < high - _TILE_EDGE
    return Scored(boxes[keep] + np.array([left, top, left, top], dtype=np.float64), found.scores[keep])


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(np.concatenate([part.boxes for part in parts]), np.concatenate([part.scores for part in parts]))


def yolov8(path: Path, *, score: float = 0.2) -> Find:
    """YOLOv8n (COCO): letterbox centred, RGB 0..1 NHWC; rows 0-3 centre and size as fractions, row 4 the person."""
    run = _litert(path)

    def find(image: Image) -> Scored:
        canvas, placed = letterbox(image, 640, 640)
        rows = run(as_input(canvas).transpose(0, 2, 3, 1))[0][0]
        keep = rows[4] > score
        x, y, w, h = rows[:4, keep] * 640.0
        return _suppressed(np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1), rows[4, keep], placed, 0.45)

    return find


def yolox(path: Path, *, score: float = 0.2) -> Find:
    """YOLOX-nano (COCO): letterbox top left, BGR 0..255; centres relative to cells, sizes as logarithms."""
    run = _onnx(path)
    cells = np.concatenate([_grid(416 // stride) for stride in (8, 16, 32)])
    strides = np.concatenate([np.full((416 // stride) ** 2, stride) for stride in (8, 16, 32)])[:, None]

    def find(image: Image) -> Scored:
        canvas, placed = letterbox(image, 416, 416, centred=False)
        rows = run(as_input(canvas, rgb=False, divisor=1.0))[0][0]
        scores = rows[:, 4] * rows[:, 5]
        keep = scores > score
        centre, half = ((rows[:, :2] + cells) * strides)[keep], (np.exp(rows[:, 2:4]) * strides / 2)[keep]
        return _suppressed(np.concatenate([centre - half, centre + half], axis=1), scores[keep], placed, 0.45)

    return find


def anatomy(path: Path, *, score: float = 0.3) -> FindAnatomy:
    """Body, head and hand: letterbox top left, BGR 0..255 NHWC; rows of batch, class, score, box; suppressed already."""
    run = _litert(path)

    def find(image: Image) -> tuple[Scored, Scored, Scored]:
        canvas, placed = letterbox(image, 320, 256, centred=False)
        rows = run(as_input(canvas, rgb=False, divisor=1.0).transpose(0, 2, 3, 1))[0].reshape(-1, 7)
        rows = rows[rows[:, 2] > score].astype(np.float64)
        body, head, hand = (rows[rows[:, 1] == kind] for kind in range(3))
        return tuple(Scored(placed.back(each[:, 3:]), each[:, 2]) for each in (body, head, hand))  # type: ignore[return-value]

    return find


def scrfd(path: Path, *, score: float = 0.25) -> Find:
    """SCRFD 2.5g: letterbox top left on black, RGB around 0; two anchors a cell, distances to the four sides."""
    run = _onnx(path)

    def find(image: Image) -> Scored:
        canvas, placed = letterbox(image, 640, 640, centred=False)
        height, width = round(image.shape[0] * placed.scale), round(image.shape[1] * placed.scale)
        canvas[height:], canvas[:, width:] = 0, 0
        outputs = run((as_input(canvas, divisor=1.0) - np.float32(127.5)) / np.float32(128.0))
        boxes, scores = [], []
        for level, stride in enumerate((8, 16, 32)):
            sure = outputs[level].reshape(-1)
            keep = sure > score
            points = (_grid(640 // stride).repeat(2, axis=0) * stride)[keep]
            sides = (outputs[level + 3].reshape(-1, 4) * stride)[keep]
            boxes.append(np.concatenate([points - sides[:, :2], points + sides[:, 2:]], axis=1))
            scores.append(sure[keep])
        return _suppressed(np.concatenate(boxes), np.concatenate(scores), placed, 0.4)

    return find


def yunet(path: Path, *, score: float = 0.3) -> Find:
    """YuNet through OpenCV's own decoder, at 640 x 640 on the letterboxed picture."""
    network = cv2.FaceDetectorYN.create(str(path), "", (640, 640), score, 0.3)

    def find(image: Image) -> Scored:
        canvas, placed = letterbox(image, 640, 640, centred=False)
        _, rows = network.detect(canvas)
        if rows is None:
            return Scored()
        faces = np.asarray(rows, dtype=np.float64)
        boxes = np.concatenate([faces[:, :2], faces[:, :2] + faces[:, 2:4]], axis=1)
        return Scored(placed.back(boxes), faces[:, -1])

    return find


def _suppressed(boxes: Floats, scores: Floats, placed: Placement, same: float) -> Scored:
    return without_doubles(Scored(placed.back(boxes.astype(np.float64)), scores.astype(np.float64)), same=same, inside=2.0)


def _grid(cells: int) -> Floats:
    """Return x, y of cells row by row, [cells * cells, 2]."""
    axis = np.arange(cells, dtype=np.float64)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise NoTeacher(f"the folder of teachers lacks {name}")
    return path


def _onnx(path: Path) -> Callable[[Any], list[Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: list(session.run(None, {name: tensor}))


def _litert(path: Path) -> Callable[[Any], list[Any]]:
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(str(path), num_threads=1)
    network.allocate_tensors()
    entry, exits = network.get_input_details()[0]["index"], network.get_output_details()

    def run(tensor: Any) -> list[Any]:
        network.set_tensor(entry, np.ascontiguousarray(tensor))
        network.invoke()
        return [network.get_tensor(each["index"]) for each in exits]

    return run
