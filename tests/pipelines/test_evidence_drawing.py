"""What is drawn into key frames is Vietnamese, in a font that has its letters, and within the picture."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

import cv2
import numpy as np
import pytest

from analyzer.labels import ITEMS, MASKS, PRESENCES
from analyzer.sentences import Language
from analyzer.types import CameraId, FrameRef, Item, ItemReading, MaskReading, MaskState, Presence, Severity
from models.frame import Frame, Image
from pipelines.evidence import Episode, drawing
from pipelines.evidence.drawing import drawn
from pipelines.records import TimeBasis
from pipelines.telling import TIME_BASES
from tests.pipelines.evidence_case import EPISODE, SCENES, START, case, seconds

CODES = {code.value for kind in (Item, Presence, MaskState, TimeBasis) for code in kind}
OFFENDER = SCENES[100].observations[0]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    plain = cv2.putText

    def noted(image: Image, text: str, *rest: object) -> object:
        texts.append(normalize("NFC", text))
        return plain(image, text, *rest)

    monkeypatch.setattr(cv2, "putText", noted)
    return texts


def _drawn(
    width: int, height: int, basis: TimeBasis, state: MaskState, presence: Presence, language: Language = Language.VI
) -> Image:
    items = tuple(ItemReading(item, presence, 0.9, 3) for item in Item)
    seen = replace(OFFENDER, items=items, mask=MaskReading(state, 0.97, 40.0, 5))
    scene = replace(SCENES[100], observations=(seen,))
    image = np.full((height, width, 3), 128, np.uint8)
    frame = Frame(FrameRef(CameraId("corridor"), 0, seconds(20), START, width, height), image)
    return drawn(frame, scene, EPISODE, case(basis), language)


@pytest.mark.parametrize("basis", TimeBasis)
@pytest.mark.parametrize("presence", Presence)
@pytest.mark.parametrize("state", MaskState)
def test_words_are_those_of_the_page(written: list[str], state: MaskState, presence: Presence, basis: TimeBasis) -> None:
    _drawn(1280, 720, basis, state, presence)
    words = " ".join(written)
    assert not CODES & set(words.replace(":", " ").replace(",", " ").split())
    assert f"{MASKS[state].vi} 0,97" in words
    assert f"{PRESENCES[presence].vi}: {', '.join(ITEMS[item].vi for item in Item)}" in words
    assert TIME_BASES[basis].vi in words
    assert "chưa được xem xét" in words


def test_words_are_of_the_language_of_the_installation(written: list[str]) -> None:
    _drawn(1280, 720, TimeBasis.LIVE, MaskState.INCORRECT, Presence.ABSENT, Language.EN)
    words = " ".join(written)
    assert words.isascii(), words
    assert "mask worn incorrectly 0.97" in words
    assert "absent: gown" in words
    assert f"(version {EPISODE.event.rule_version})" in words
    assert "(time: live camera)" in words
    assert "sign of a violation, not yet reviewed" in words


def test_what_is_only_to_be_looked_at_is_not_called_a_sign_of_a_violation(written: list[str]) -> None:
    hint = Episode(*(replace(one, severity=Severity.ASSIST) for one in (EPISODE.opened, EPISODE.last)))
    drawn(Frame(SCENES[100].frame, np.full((128, 192, 3), 128, np.uint8)), SCENES[100], hint, case())
    assert "gợi ý xem lại" in " ".join(written)
    assert "dấu hiệu vi phạm" not in " ".join(written)


def test_nothing_is_cut_off_in_a_small_picture(written: list[str]) -> None:
    image = _drawn(320, 180, TimeBasis.CONTAINER, MaskState.INCORRECT, Presence.ABSENT)
    assert image.shape[1] == 320
    for text in written:
        assert drawing._width(text, drawing._fitting(text, 316, drawing._size(image))) <= 316


def _sign(letter: str) -> bytes:
    image = np.zeros((80, 80, 3), np.uint8)
    drawing._write(image, letter, (10, 10), 40)
    return image.tobytes()


def test_the_font_has_every_letter() -> None:
    vowels = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ"
    letters = f"{vowels}{vowels.upper()}đĐ"
    missing = _sign("\ue000")  # no font has a sign for this one
    signs = [_sign(letter) for letter in letters]
    assert [letter for letter, sign in zip(letters, signs, strict=True) if sign == missing] == []
    assert len(set(signs)) == len(letters)
