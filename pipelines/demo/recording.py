"""Composes the two-camera demo recording and its site file.

Corridor: a man without a mask walks in, stays and leaves; a masked man passes; a third person far away is too small
to be judged. Reception: a woman without a mask stands at the desk and leaves; then the camera drops out for twelve
seconds; afterwards a masked person stands there. The people are photographs, the rooms are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from analyzer.types import Point
from models.frame import Image
from pipelines.demo.cutouts import (
    ASTRONAUT,
    ASTRONAUT_MASK,
    GUEST,
    GUEST_MASK,
    OFFICER,
    WALKER,
    Cutout,
    cut,
    paste,
)

FPS = 10
WIDTH, HEIGHT = 1280, 720
CORRIDOR_FILE = "hanh-lang_20210611_080000.mp4"
RECEPTION_FILE = "tiep-don_20210611_080000.mp4"
SITE_FILE = "site.toml"
CORRIDOR_SECONDS, RECEPTION_SECONDS = 48.0, 50.0
DROPPED_OUT = (22.0, 34.0)  # seconds in which the reception camera sends nothing

SITE = f"""\
# Site of the demo recording. Zones are fractions of the picture, x to the right and y down.
[facility]
id = "demo"
name = "Cơ sở cách ly minh họa"

[[camera]]
id = "hanh-lang"
name = "Hành lang tầng 2"
source = "{CORRIDOR_FILE}"

[[camera.zone]]
id = "hanh-lang-t2"
kind = "corridor"
polygon = [[0.02, 0.99], [0.36, 0.50], [0.64, 0.50], [0.98, 0.99]]

[[camera]]
id = "tiep-don"
name = "Quầy tiếp đón"
source = "{RECEPTION_FILE}"

[[camera.zone]]
id = "quay-tiep-don"
kind = "reception"
polygon = [[0.02, 0.55], [0.98, 0.55], [0.98, 0.99], [0.02, 0.99]]
"""


@dataclass(frozen=True, slots=True)
class Walk:
    """A person's way: (second, x, y of the foot, scale) with straight lines between."""

    person: str
    way: tuple[tuple[float, float, float, float], ...]

    def at(self, second: float) -> tuple[Point, float] | None:
        """Foot point and scale at an instant, ``None`` when the person is not there."""
        times = [step[0] for step in self.way]
        if not times[0] <= second <= times[-1]:
            return None
        x, y, scale = (float(np.interp(second, times, [step[k] for step in self.way])) for k in (1, 2, 3))
        return (x, y), scale


CORRIDOR_WALKS = (
    Walk("guest", ((22, 560, 388, 0.26), (30, 610, 392, 0.26), (44, 700, 390, 0.26))),
    Walk("guest_masked", ((15, 1350, 690, 1.25), (19, 980, 690, 1.25), (34, 960, 690, 1.25), (39, 1350, 700, 1.25))),
    Walk("walker", ((4, -120, 700, 1.2), (9, 420, 700, 1.2), (25, 470, 700, 1.2), (31, -140, 705, 1.2))),
)
RECEPTION_WALKS = (
    Walk("officer", ((2, -200, 600, 0.62), (5, 400, 600, 0.62), (17, 420, 600, 0.62), (20, -200, 600, 0.62))),
    Walk("astronaut_masked", ((36, 1500, 600, 0.78), (39, 820, 600, 0.78), (50, 800, 600, 0.78))),
)


def corridor() -> Image:
    """A drawn corridor with doors on both sides."""
    picture = np.full((HEIGHT, WIDTH, 3), (196, 204, 208), np.uint8)
    far = ((520, 250), (760, 250), (760, 380), (520, 380))
    cv2.fillPoly(picture, [np.array(((0, 0), (WIDTH, 0), far[1], far[0]))], (224, 228, 230))
    cv2.fillPoly(picture, [np.array(((0, HEIGHT), (WIDTH, HEIGHT), far[2], far[3]))], (150, 158, 166))
    cv2.fillPoly(picture, [np.array(far)], (206, 212, 214))
    for t in (0.06, 0.3, 0.52, 0.7):
        for left in (True, False):
            a, b = 1 - t, 1 - t - 0.1
            door = []
            for depth, top in ((a, False), (a, True), (b, True), (b, False)):
                x = (520 - 520 * depth) if left else (760 + 520 * depth)
                floor, ceiling = 380 + 340 * depth, 250 - 250 * depth
                door.append((round(x), round(ceiling + (floor - ceiling) * (0.22 if top else 1.0))))
            cv2.fillPoly(picture, [np.array(door)], (120, 140, 168))
            cv2.polylines(picture, [np.array(door)], isClosed=True, color=(90, 104, 126), thickness=2, lineType=cv2.LINE_AA)
    return picture


def reception() -> tuple[Image, Image]:
    """A drawn reception: the room, and the desk that stands before the people."""
    room = np.full((HEIGHT, WIDTH, 3), (202, 210, 216), np.uint8)
    cv2.rectangle(room, (0, 470), (WIDTH, HEIGHT), (158, 166, 176), -1)
    cv2.rectangle(room, (930, 90), (1210, 300), (226, 218, 204), -1)
    cv2.rectangle(room, (90, 120), (330, 470), (172, 182, 190), -1)
    desk = room.copy()
    cv2.rectangle(desk, (0, 585), (WIDTH, HEIGHT), (96, 118, 150), -1)
    cv2.rectangle(desk, (0, 575), (WIDTH, 600), (128, 150, 180), -1)
    return room, desk


def _pictures(
    background: Image, walks: Sequence[Walk], people: Mapping[str, Cutout], seconds: float, finish: Callable[[Image], Image]
) -> Iterator[tuple[float, Image]]:
    # A few tiles of sensor noise in turn: fresh noise for each picture would cost more than composing it.
    generator = np.random.default_rng(20210612)
    half = (HEIGHT // 2, WIDTH // 2)
    grains = [
        cv2.resize(generator.normal(0, 1.3, half).round().astype(np.int16), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        for _ in range(6)
    ]
    for index in range(round(seconds * FPS)):
        second = index / FPS
        picture = background.copy()
        for walk in walks:
            if place := walk.at(second):
                foot, scale = place
                sway = 2.0 * np.sin(2 * np.pi * 0.8 * second)
                paste(picture, people[walk.person], (foot[0], foot[1] + sway), scale)
        picture = finish(picture)
        yield second, np.clip(picture + grains[index % len(grains)][..., None], 0, 255).astype(np.uint8)


def _write(path: Path, pictures: Iterator[tuple[float, Image]], skip: tuple[float, float] | None = None) -> None:
    """Encode H.264 with honest timestamps; ``skip`` (seconds) leaves a hole as a camera does that dropped out."""
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "25", "g": "20", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        container.metadata["comment"] = "Composed for demonstration: photographs of people in drawn rooms, masks drawn."
        for second, picture in pictures:
            if skip and skip[0] <= second < skip[1]:
                continue
            stamped = picture.copy()
            cv2.putText(stamped, f"COMPOSED DEMO {second:05.1f}s", (16, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (60, 60, 60), 2)
            frame = av.VideoFrame.from_ndarray(stamped, format="bgr24")
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.replace(path)


def compose(photographs: Path, folder: Path, progress: Callable[[float], None] = lambda _: None) -> tuple[Path, ...]:
    """Write the two recordings and the site file into ``folder``; returns the recordings.

    Args:
        photographs: folder with bus.jpg, astronaut.png and grace_hopper.jpg.
        folder: where to write; files that are there already are kept.
        progress: called with the finished share (0..1).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / CORRIDOR_FILE, folder / RECEPTION_FILE
    (folder / SITE_FILE).write_text(SITE, encoding="utf-8")
    if all(path.is_file() for path in paths):
        return paths
    people = _people(photographs)
    room, desk = reception()
    progress(0.05)

    def behind_desk(picture: Image) -> Image:
        picture[575:] = desk[575:]
        return picture

    corridor_pictures = _pictures(corridor(), CORRIDOR_WALKS, people, CORRIDOR_SECONDS, lambda picture: picture)
    _write(paths[0], _counted(corridor_pictures, progress, 0.05, CORRIDOR_SECONDS))
    reception_pictures = _pictures(room, RECEPTION_WALKS, people, RECEPTION_SECONDS, behind_desk)
    _write(paths[1], _counted(reception_pictures, progress, 0.52, RECEPTION_SECONDS), DROPPED_OUT)
    progress(1.0)
    return paths


def _counted(
    pictures: Iterator[tuple[float, Image]], progress: Callable[[float], None], before: float, length: float
) -> Iterator[tuple[float, Image]]:
    for second, picture in pictures:
        progress(before + 0.47 * second / length)
        yield second, picture


def _people(photographs: Path) -> dict[str, Cutout]:
    def photograph(name: str) -> Image:
        picture = cv2.imread(str(photographs / name))
        if picture is None:
            raise FileNotFoundError(photographs / name)
        return np.asarray(picture, np.uint8)

    return {
        "walker": cut(photograph(WALKER.picture), WALKER),
        "guest": cut(photograph(GUEST.picture), GUEST),
        "guest_masked": cut(photograph(GUEST.picture), GUEST, GUEST_MASK),
        "officer": cut(photograph(OFFICER.picture), OFFICER),
        "astronaut_masked": cut(photograph(ASTRONAUT.picture), ASTRONAUT, ASTRONAUT_MASK),
    }
