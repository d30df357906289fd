"""What several teachers say about a picture becomes labels only where two of them agree."""

from __future__ import annotations

import numpy as np
import pytest

from models.labelled.scored import Floats, Scored, contained, without_doubles
from models.training.agreement import Opinions, agree, head_of_face

STANDING = (100.0, 100.0, 160.0, 300.0)
ITS_HEAD = (115.0, 100.0, 145.0, 140.0)
ITS_FACE = (120.0, 110.0, 140.0, 138.0)


def seen(*boxes: tuple[float, float, float, float], score: float = 0.5) -> Scored:
    return Scored(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.full(len(boxes), score))


def drawn(*boxes: tuple[float, float, float, float]) -> Floats:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def test_two_teachers_make_a_person() -> None:
    agreed = agree(Opinions(persons=seen(STANDING), second_persons=seen((102, 101, 158, 298))))
    np.testing.assert_array_equal(agreed.persons, drawn(STANDING))
    assert len(agreed.uncertain_persons) == 0


def test_one_teacher_alone_leaves_an_uncertain_region() -> None:
    agreed = agree(Opinions(persons=seen(STANDING, score=0.4)))
    assert len(agreed.persons) == 0
    np.testing.assert_array_equal(agreed.uncertain_persons, drawn(STANDING))


def test_own_boxes_win_and_what_only_teachers_agree_on_is_not_background() -> None:
    other = (300.0, 100.0, 360.0, 300.0)
    both = seen(STANDING, other, score=0.9)
    agreed = agree(Opinions(persons=both, second_persons=both, own_persons=drawn(STANDING)))
    np.testing.assert_array_equal(agreed.persons, drawn(STANDING))
    np.testing.assert_array_equal(agreed.uncertain_persons, drawn(other))


@pytest.mark.parametrize(
    ("opinions", "labelled", "uncertain"),
    [
        # seen from behind: head teacher and a person under it
        (Opinions(heads=seen(ITS_HEAD), own_persons=drawn(STANDING)), 1, 0),
        # head teacher alone
        (Opinions(heads=seen(ITS_HEAD)), 0, 1),
        # very sure alone
        (Opinions(heads=seen(ITS_HEAD, score=0.95)), 1, 0),
        # a face in it
        (Opinions(heads=seen(ITS_HEAD, score=0.35), own_faces=drawn(ITS_FACE)), 1, 0),
        # two face teachers, no head: the usual head around the face
        (Opinions(faces=seen(ITS_FACE), second_faces=seen(ITS_FACE)), 1, 0),
        # one face teacher
        (Opinions(faces=seen(ITS_FACE)), 0, 1),
        # a fist that passes for a head
        (Opinions(heads=seen(ITS_HEAD), hands=seen(ITS_HEAD, score=0.6), own_persons=drawn(STANDING)), 0, 0),
        # at the feet of a person
        (Opinions(heads=seen((115, 260, 145, 300)), own_persons=drawn(STANDING)), 0, 1),
    ],
)
def test_heads(opinions: Opinions, labelled: int, uncertain: int) -> None:
    agreed = agree(opinions)
    assert (labelled, uncertain) == (len(agreed.heads), len(agreed.uncertain_heads))


def test_a_head_cut_by_a_tile_gives_way_to_the_usual_head_of_its_face() -> None:
    cut = (115.0, 100.0, 145.0, 122.0)
    agreed = agree(Opinions(heads=seen(cut, score=0.95), own_faces=drawn(ITS_FACE)))
    np.testing.assert_allclose(agreed.heads, head_of_face(drawn(ITS_FACE)))


def test_the_second_round_adds_whom_a_head_confirms_and_drops_heads_it_does_not_see() -> None:
    ghost = (400.0, 100.0, 430.0, 140.0)
    opinions = Opinions(
        heads=seen(ITS_HEAD, ghost, score=0.95),
        trained_heads=seen(ITS_HEAD),
        trained_persons=seen(STANDING, (700.0, 100.0, 760.0, 300.0)),
        second_round=True,
    )
    agreed = agree(opinions)
    np.testing.assert_array_equal(agreed.persons, drawn(STANDING))
    np.testing.assert_array_equal(agreed.heads, drawn(ITS_HEAD))
    np.testing.assert_array_equal(agreed.uncertain_heads, drawn(ghost))


def test_doubles_keep_the_better_one() -> None:
    boxes = seen(ITS_HEAD, (116.0, 101.0, 146.0, 141.0), (118.0, 110.0, 140.0, 130.0))
    kept = without_doubles(Scored(boxes.boxes, np.array([0.5, 0.9, 0.4])))
    np.testing.assert_array_equal(kept.scores, [0.9])


def test_a_box_without_area_is_contained_in_nothing() -> None:
    assert contained(drawn((5, 5, 5, 5)), drawn(STANDING)).tolist() == [[0.0]]


def test_nothing_seen_gives_nothing() -> None:
    agreed = agree(Opinions())
    assert [len(boxes) for boxes in (agreed.persons, agreed.heads, agreed.uncertain_persons, agreed.uncertain_heads)] == [
        0,
        0,
        0,
        0,
    ]
