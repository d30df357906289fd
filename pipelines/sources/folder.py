"""A folder of images as a source: one camera, one picture a file.

Times come from an interval that the user gives, else from the file names, else from EXIF; never from the time of
the file system, which a copy changes. Times must be known for all pictures or the folder is refused: a
duration measured over guessed times would be worth nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from analyzer.types import CameraId, FrameRef
from models.frame import Frame, Image
from pipelines.errors import BadRecording
from pipelines.records import DropReason, TimeBasis
from pipelines.sources.checks import Limits, shown, unreadable
from pipelines.sources.instants import Grid, HoleFinder, as_timedelta
from pipelines.sources.items import Captured, Ended, Item, Passed, StartTime
from pipelines.sources.times import EPOCH, time_in_name

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})

_EXIF_BLOCK, _EXIF_TAKEN, _EXIF_OFFSET, _EXIF_FRACTION = 0x8769, 0x9003, 0x9011, 0x9291


class ImageFolder:
    """Implements `pipelines.sources.items.Source` for a folder of images.

    Args:
        path: the folder; images in it are taken in the order of time, names in natural order (2 before 10).
        camera: whose pictures they are.
        rate: pictures a second, when the user says so; wins over names and EXIF.
        start: when the first was taken, if the user knows; aware.
        local: time zone of the clock in names and EXIF.
        limits: what is refused as too large.

    Raises:
        BadRecording: no folder, no images in it, or no way to know their times.
    """

    def __init__(
        self,
        path: Path,
        camera: CameraId,
        *,
        rate: float | None = None,
        start: datetime | None = None,
        local: tzinfo = UTC,
        limits: Limits | None = None,
    ) -> None:
        if rate is not None and rate <= 0:
            raise ValueError(f"rate must be above 0: {rate}")
        self.path, self._camera, self._local = path, camera, local
        self._limits = limits or Limits()
        try:
            images = sorted((p for p in path.iterdir() if p.suffix.lower() in ENDINGS and p.is_file()), key=_natural)
        except OSError as error:
            raise unreadable(path, error) from error
        if not images:
            raise BadRecording(shown(path), "there are no images in this folder", f"images end in {', '.join(sorted(ENDINGS))}")
        self._pictures, basis, detail = self._timed(images, rate)
        first = self._pictures[0][0]
        if start is not None:
            self._start = StartTime(start.astimezone(UTC), TimeBasis.ARGUMENT, "start time as given")
        else:
            self._start = StartTime(first, basis, detail)
        self._zero = first

    @property
    def camera(self) -> CameraId:
        return self._camera

    @property
    def name(self) -> str:
        return shown(Path(self.path.name))

    @property
    def start(self) -> StartTime:
        return self._start

    @property
    def expected(self) -> timedelta | None:
        return self._pictures[-1][0] - self._zero

    def sha256(self) -> str:
        """Hash over names and contents in order: a renamed, added or changed image changes it."""
        total = hashlib.sha256()
        for _, image in self._pictures:
            try:
                content = hashlib.sha256(image.read_bytes()).hexdigest()
            except OSError as error:
                raise unreadable(image, error) from error
            total.update(f"{content}  {image.name}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    def frames(self, rate: float | None = None, resume_after: timedelta | None = None) -> Iterator[Item]:
        """See `Source.frames`. An image that cannot be decoded is a corrupt picture, not the end."""
        grid, holes = Grid(rate), HoleFinder()
        interval = self._interval()
        last: timedelta | None = None
        unread = 0
        for index, (moment, path) in enumerate(self._pictures):
            pts = moment - self._zero
            repeated, last = pts == last, pts
            image = None if repeated else self._read(path)
            unread += image is None and not repeated
            # What was told already is read again all the same: the grid and the holes depend on it.
            items = list(self._judge(index, pts, image, repeated=repeated, grid=grid, holes=holes, interval=interval))
            if resume_after is None or pts > resume_after:
                yield from items
        notes = (f"{unread} of {len(self._pictures)} images cannot be decoded",) if unread else ()
        yield Ended((last or timedelta()) + as_timedelta(interval), complete=not unread, notes=notes)

    def still(self, pts: timedelta) -> Frame | None:
        """The picture with exactly this PTS, or ``None``."""
        for index, (moment, path) in enumerate(self._pictures):
            if moment - self._zero == pts:
                image = self._read(path)
                return None if image is None else self._frame(index, pts, image)
        return None

    # --- inside ----------------------------------------------------------------------------------

    def _judge(
        self,
        index: int,
        pts: timedelta,
        image: Image | None,
        *,
        repeated: bool,
        grid: Grid,
        holes: HoleFinder,
        interval: Fraction,
    ) -> Iterator[Item]:
        if image is None:
            holes.spoil()
            yield Passed(pts, DropReason.TIME if repeated else DropReason.CORRUPT)
            return
        at = Fraction(pts // timedelta(microseconds=1), 1_000_000)
        hole = holes.usable(at, interval)
        if hole is not None:
            yield hole
        yield Captured(self._frame(index, pts, image)) if grid.takes(at) else Passed(pts, DropReason.RATE)

    def _timed(self, images: list[Path], rate: float | None) -> tuple[list[tuple[datetime, Path]], TimeBasis, str]:
        if rate is not None:
            step = 1 / Fraction(rate).limit_denominator(1000)
            named = time_in_name(images[0].name, self._local)
            basis = TimeBasis.UNKNOWN if named is None else TimeBasis.FILE_NAME
            pictures = [((named or EPOCH) + as_timedelta(k * step), image) for k, image in enumerate(images)]
            return pictures, basis, f"{rate:g} pictures a second, as given"
        readers: tuple[tuple[TimeBasis, str, Callable[[Path], datetime | None]], ...] = (
            (TimeBasis.FILE_NAME, "times from the file names", lambda p: time_in_name(p.name, self._local)),
            (TimeBasis.CONTAINER, "times from EXIF", self._taken),
        )
        most = 0
        for basis, detail, read in readers:
            known = [(moment, image) for image in images if (moment := read(image)) is not None]
            most = max(most, len(known))
            if len(known) == len(images):
                return sorted(known, key=lambda pair: pair[0]), basis, f"{detail}, read as {self._local}"
        raise BadRecording(
            shown(self.path),
            f"only {most} of {len(images)} images say when they were taken",
            "name the files like 20210612_071500.jpg, or keep the time in their EXIF data",
        )

    def _taken(self, image: Path) -> datetime | None:
        try:
            with Pillow.open(image) as opened:
                block = opened.getexif().get_ifd(_EXIF_BLOCK)
            text, offset = str(block.get(_EXIF_TAKEN, "")), str(block.get(_EXIF_OFFSET, ""))
            day, clock = text.strip("\0 ").split(" ")
            moment = datetime.fromisoformat(f"{day.replace(':', '-')}T{clock}{offset.strip(chr(0) + ' ')}")
        except (OSError, ValueError, SyntaxError):
            return None
        fraction = re.sub(r"\D", "", str(block.get(_EXIF_FRACTION, "")))[:6]
        moment = moment.replace(microsecond=int(fraction.ljust(6, "0"))) if fraction else moment
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._local)).astimezone(UTC)

    def _interval(self) -> Fraction:
        """The usual distance of two pictures; of a single one, a second."""
        moments = [moment for moment, _ in self._pictures]
        steps = sorted(b - a for a, b in pairwise(moments) if b > a)
        return Fraction(steps[len(steps) // 2] // timedelta(microseconds=1), 1_000_000) if steps else Fraction(1)

    def _read(self, path: Path) -> Image | None:
        """Pixels, upright by EXIF; ``None`` when they cannot be decoded or are beyond the limits."""
        try:
            with Pillow.open(path) as opened:  # the header only: a bomb is refused before it is unpacked
                longer, shorter = max(opened.size), min(opened.size)
            if longer > self._limits.long_side or not self._limits.smallest_side <= shorter <= self._limits.short_side:
                return None
            # By its bytes: the library's own opening by name stumbles over names that are not ASCII on some systems.
            image = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
        except (OSError, ValueError, cv2.error, Pillow.DecompressionBombError):
            return None
        return None if image is None else np.asarray(image, dtype=np.uint8)

    def _frame(self, index: int, pts: timedelta, image: Image) -> Frame:
        height, width = image.shape[:2]
        return Frame(FrameRef(self._camera, index, pts, self._start.at + pts, width, height), image)


def _natural(path: Path) -> tuple[tuple[int, str], ...]:
    """Numbers inside names compare as numbers."""
    return tuple(
        (int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in re.split(r"([0-9]+)", path.name)
    )
