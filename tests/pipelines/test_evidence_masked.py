"""Rule F04: what lies in a room, toilet or bathroom is black in everything that is stored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from analyzer.types import CameraId
from models.frame import Frame
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence.footage import Clip, RecordedFootage
from pipelines.evidence.masked import MaskedFootage, blackened, masked
from pipelines.sources.recording import Recording
from tests.media import Film, make

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.fixture
def footage(tmp_path: Path) -> RecordedFootage:
    return RecordedFootage(Recording(make(tmp_path / "film.mp4", Film(count=60)), CameraId("c")))


def halves(image: np.ndarray) -> tuple[float, float]:
    """Mean brightness left and right of the edge, a few columns of it left out."""
    middle = image.shape[1] // 2
    return float(image[:, : middle - 8].mean()), float(image[:, middle + 8 :].mean())


def test_without_forbidden_areas_the_footage_is_copied_as_it_is(footage: RecordedFootage) -> None:
    assert masked(footage, ()) is footage


def test_a_still_is_black_inside_and_untouched_outside(footage: RecordedFootage) -> None:
    before = footage.still(timedelta(seconds=1))
    after = masked(footage, (LEFT_HALF,)).still(timedelta(seconds=1))
    assert before is not None
    assert after is not None
    left, right = halves(after.image)
    assert left == 0
    assert right == halves(before.image)[1]
    assert halves(before.image)[0] > 20
    assert masked(footage, (LEFT_HALF,)).still(timedelta(hours=1)) is None


def test_every_picture_of_a_clip_is_black_inside(footage: RecordedFootage, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4.part"
    clip = masked(footage, (LEFT_HALF,)).cut(timedelta(seconds=1), timedelta(seconds=2), target)
    assert clip.codec == "h264"
    assert clip.plays_in_browser
    assert "masked" in clip.note
    with av.open(str(target)) as opened:
        pictures = [frame.to_ndarray(format="bgr24") for frame in opened.decode(video=0)]
    assert len(pictures) >= 10
    for picture in pictures:
        left, right = halves(picture)
        assert left < 6  # black, but for the noise of compression
        assert right > 20
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".open.part")] == []


class Breaking:
    """Footage that writes half a clip and then fails."""

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        target.write_bytes(b"half a clip")
        raise EvidenceError(EvidenceFault.NO_FOOTAGE)

    def still(self, pts: timedelta) -> Frame | None:
        return None


def test_nothing_unmasked_stays_behind_when_the_copy_fails(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no_footage"):
        MaskedFootage(Breaking(), (LEFT_HALF,)).cut(timedelta(0), timedelta(seconds=1), tmp_path / "clip.mp4.part")
    assert list(tmp_path.iterdir()) == []


def test_the_picture_itself_is_not_changed() -> None:
    image = np.full((10, 20, 3), 200, np.uint8)
    image.setflags(write=False)
    assert blackened(image, (LEFT_HALF,))[:, :9].max() == 0
    assert image.min() == 200
