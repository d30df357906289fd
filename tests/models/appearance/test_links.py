from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from analyzer.types import Box, CameraId, Head, Label, Track, TrackId
from models.appearance import EMBEDDERS, ClothesColours, LinkFinder, LinkOptions, TrackLink
from models.appearance.colours import below_head, likeness
from models.appearance.links import log_odds_of
from models.frame import Frame, Image
from models.protocols import Look
from tests.models.seen import CAMERA, frame

RED, GREEN, GRAY = (40, 40, 190), (60, 150, 50), (120, 120, 120)
BODY = Box(200, 60, 320, 420)
OTHER = CameraId("yard")


def dressed(upper: tuple[int, int, int], lower: tuple[int, int, int] = GRAY, light: float = 1.0, box: Box = BODY) -> Image:
    image = np.full((480, 640, 3), 190, np.uint8)
    x1, y1, x2, y2 = (round(edge) for edge in (box.x1, box.y1, box.x2, box.y2))
    middle = (y1 + y2) // 2
    image[y1:middle, x1:x2] = np.clip(np.array(upper) * light, 0, 255)
    image[middle:y2, x1:x2] = np.clip(np.array(lower) * light, 0, 255)
    return image


def look(image: Image, box: Box = BODY) -> Look:
    (found,) = ClothesColours().describe(image, [box])
    assert found is not None
    return found


def seen(finder: LinkFinder, track: int, image: Image, seconds: list[float], camera: CameraId = CAMERA) -> list[TrackLink]:
    """Hand the finder one standing person at each of the seconds."""
    found: list[TrackLink] = []
    for second in seconds:
        shown = frame(second, image)
        moved = Frame(replace(shown.ref, camera=camera), shown.image)
        found += finder.observe(moved, [Track(TrackId(track), BODY, Label.PERSON, 0.9)], {})
    return found


# --- what is described -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EMBEDDERS)
def test_every_embedder_gives_unit_vectors_and_none_where_there_is_nothing(name: str) -> None:
    embedder = EMBEDDERS[name]()
    looks = embedder.describe(dressed(RED), [BODY, Box(0, 0, 4, 8), Box(-300, 0, -200, 400), Box(630, 470, 900, 900)])
    assert looks[0] is not None
    assert looks[0].dtype == np.float32
    assert float(np.linalg.norm(looks[0])) == pytest.approx(1, abs=1e-5)
    assert list(looks[1:]) == [None, None, None]
    assert embedder.describe(dressed(RED), []) == []


def test_the_head_is_never_part_of_what_is_described() -> None:
    head = Box(230, 60, 290, 130)
    body = below_head(BODY, head)
    assert body == Box(200, 130, 320, 420)
    covered = dressed(RED)
    covered[:130] = 0
    assert np.array_equal(look(dressed(RED), body), look(covered, body))


@pytest.mark.parametrize("head", [None, Box(230, 300, 290, 380), Box(230, 40, 290, 70)])
def test_without_a_head_of_its_own_a_seventh_is_left_out(head: Box | None) -> None:
    body = below_head(BODY, head)
    assert body is not None
    assert body.y1 == pytest.approx(BODY.y1 + BODY.height / 7)


def test_nothing_is_left_of_a_flat_box() -> None:
    assert below_head(Box(0, 10, 50, 11), None) is None


@pytest.mark.parametrize("light", [0.9, 1.1])
def test_likeness_orders_same_clothes_other_light_other_clothes(light: float) -> None:
    same, swapped, other = look(dressed(RED, light=light)), look(dressed(GRAY, RED)), look(dressed(GREEN))
    mine = look(dressed(RED))
    assert likeness(mine, mine) == pytest.approx(1, abs=1e-5)
    assert likeness(mine, same) > 0.7
    assert likeness(mine, swapped) < 0.3
    assert likeness(mine, other) < likeness(mine, same)


def test_log_odds_rise_with_likeness_and_stay_within_bounds() -> None:
    values = [log_odds_of(one) for one in (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0)]
    assert values == sorted(values)
    assert values[0] < 0 < values[-1]
    assert all(-3 <= one <= 3 for one in values)


# --- who may be whom ---------------------------------------------------------------------------------


def test_a_person_who_returns_in_the_same_clothes_is_a_candidate() -> None:
    finder = LinkFinder()
    assert seen(finder, 1, dressed(RED), [0, 0.5, 1, 1.5]) == []
    (link,) = seen(finder, 2, dressed(RED), [60, 60.5, 61, 61.5])
    assert (link.camera, link.track, link.earlier_camera, link.earlier_track) == (CAMERA, 2, CAMERA, 1)
    assert link.gap == timedelta(seconds=58.5)
    assert link.log_odds == 3.0
    assert (link.seen, link.begun) == (frame(1.5).ref.at, frame(60).ref.at)


def test_other_clothes_are_none() -> None:
    finder = LinkFinder()
    seen(finder, 1, dressed(RED), [0, 0.5, 1])
    assert seen(finder, 2, dressed(GREEN, RED), [60, 60.5, 61]) == []


def test_whoever_is_seen_at_the_same_time_is_somebody_else() -> None:
    finder = LinkFinder()
    twin = Box(400, 60, 520, 420)
    both = np.where(np.arange(640)[None, :, None] < 360, dressed(RED), dressed(RED, box=twin)).astype(np.uint8)
    for second in (0, 0.5, 1, 1.5):
        tracks = [Track(TrackId(n), box, Label.PERSON, 0.9) for n, box in ((1, BODY), (2, twin))]
        assert finder.observe(frame(second, both), tracks, {}) == ()


def test_only_a_near_camera_is_looked_at() -> None:
    near = LinkFinder(LinkOptions(near={OTHER: frozenset({CAMERA})}))
    apart = LinkFinder()
    for finder in (near, apart):
        seen(finder, 1, dressed(RED), [0, 0.5, 1])
    assert [link.earlier_camera for link in seen(near, 1, dressed(RED), [30, 30.5, 31], OTHER)] == [CAMERA]
    assert seen(apart, 1, dressed(RED), [30, 30.5, 31], OTHER) == []


def test_a_head_alone_and_a_hidden_person_are_not_described() -> None:
    finder = LinkFinder()
    nearer = Box(190, 100, 330, 470)
    for second in (0, 0.5, 1):
        finder.observe(frame(second, dressed(RED)), [Track(TrackId(1), BODY, Label.HEAD, 0.9)], {})
        tracks = [Track(TrackId(2), BODY, Label.PERSON, 0.9), Track(TrackId(3), nearer, Label.HEAD, 0.9)]
        finder.observe(frame(second, dressed(RED)), tracks, {TrackId(2): Head(Box(230, 60, 290, 130), 0.9)})
    assert seen(finder, 4, dressed(RED), [30, 30.5, 31]) == []


def test_at_most_so_many_candidates_the_likeliest_first() -> None:
    finder = LinkFinder(LinkOptions(most=2))
    for number, light in enumerate((0.9, 1.0, 0.95), start=1):
        seen(finder, number, dressed(RED, light=light), [10.0 * number + k / 2 for k in range(3)])
    links = seen(finder, 9, dressed(RED), [100, 100.5, 101])
    assert len(links) == 2
    assert links[0].log_odds >= links[1].log_odds


def test_where_strangers_look_alike_likeness_says_less() -> None:
    assert log_odds_of(0.8, strangers=1.5) < log_odds_of(0.8) < log_odds_of(0.8, strangers=0.3)


def test_a_camera_learns_from_those_it_sees_together() -> None:
    alone, uniforms = LinkFinder(), LinkFinder()
    twin = Box(400, 60, 520, 420)
    uniform = (150, 90, 60)
    image = np.where(np.arange(640)[None, :, None] < 360, dressed(uniform), dressed(uniform, box=twin)).astype(np.uint8)
    tracks = [Track(TrackId(n), box, Label.PERSON, 0.9) for n, box in ((1, BODY), (2, twin))]
    for second in (0, 0.5, 1, 1.5):
        uniforms.observe(frame(second, image), tracks, {})
        alone.observe(frame(second, image), tracks[:1], {})
    later = dressed(uniform, light=0.9)
    (sure,), unsure = seen(alone, 3, later, [60, 60.5, 61]), seen(uniforms, 3, later, [60, 60.5, 61])
    assert sure.log_odds > 2
    assert all(link.log_odds < sure.log_odds for link in unsure)


def test_nobody_in_a_forbidden_area_is_described_or_remembered() -> None:
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    finder = LinkFinder(LinkOptions(forbidden={CAMERA: (whole,)}))
    seen(finder, 1, dressed(RED), [0, 0.5, 1])
    assert len(finder) == 0
    seen(finder, 1, dressed(RED), [0, 0.5, 1], OTHER)
    assert len(finder) == 1


# --- how long it is kept -------------------------------------------------------------------------------


def test_looks_expire_and_can_be_deleted() -> None:
    finder = LinkFinder(LinkOptions(within=timedelta(minutes=1)))
    seen(finder, 1, dressed(RED), [0, 0.5, 1])
    assert len(finder) == 1
    assert seen(finder, 2, dressed(RED), [62, 62.5, 63]) == []
    assert len(finder) == 1
    finder.forget(OTHER)
    assert len(finder) == 1
    finder.forget(CAMERA)
    assert len(finder) == 0
    seen(finder, 3, dressed(RED), [64, 64.5])
    finder.forget()
    assert len(finder) == 0


def test_a_clock_that_went_back_empties_the_memory() -> None:
    finder = LinkFinder(LinkOptions(within=timedelta(minutes=1)))
    seen(finder, 1, dressed(RED), [3600, 3600.5, 3601])
    assert seen(finder, 2, dressed(RED), [0, 0.5, 1]) == []
    assert len(finder) == 1


def test_the_oldest_of_too_many_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.appearance.links._MOST_KEPT", 3)
    finder = LinkFinder()
    for number in range(6):
        seen(finder, number, dressed(RED), [float(number)])
    seen(finder, 5, dressed(RED), [6])
    assert len(finder) == 3


def test_switched_off_nothing_is_kept() -> None:
    finder = LinkFinder(LinkOptions(within=timedelta(0)))
    assert seen(finder, 1, dressed(RED), [0, 0.5, 1]) == []
    assert len(finder) == 0


@pytest.mark.parametrize("within", [timedelta(hours=25), timedelta(seconds=-1)])
def test_nothing_may_be_kept_longer_than_a_day(within: timedelta) -> None:
    with pytest.raises(ValueError, match="24 hours"):
        LinkOptions(within=within)
