"""What several teachers say about one picture, merged into labels and into regions that nobody may learn from.

No teacher is right alone: one misses people under steep cameras, another doubles heads. A box becomes a label when
two independent sources agree on it, or when a person drew it (a set's own boxes win). What only one source says is
*uncertain*: it is neither a label nor background, and the corpus paints it over or leaves the picture out.

Boxes are arrays [N,4] of x1, y1, x2, y2 in pixels of the picture; scores are in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from models.detectors.overlap import overlaps
from models.labelled.scored import Floats, Scored, contained, without_doubles

_SAME_PERSON: Final = 0.5
_SAME_FACE: Final = 0.4
_HEAD_OF_FACE: Final = (1.55, 1.6, -0.27)
"""Head width and height in face widths and heights, and how far its centre lies above (in face heights): medians between
the medians of two sets (2,641 and 1,801 hand-drawn faces of 24 px and more in exactly one head box of the head teacher)."""

_FACE_INSIDE: Final = 0.7
"""Share of a definite face that its head box must hold: less is a head cut by the edge of a tile."""

_LONE_HEAD: Final = 0.87
_HEAD_ON_BODY: Final = 0.45
_TRAINED_PERSON: Final = 0.35
_TRAINED_HEAD: Final = 0.5
_TRAINED_CONFIRMS: Final = 0.3
_TRAINED_REFUSES: Final = 0.05
_LONE_PERSON: Final = 0.65
_PAIR_WITHOUT_LEADER: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Everything that is known about one picture before it is decided.

    ``own_persons`` and ``own_faces`` are drawn by people; None means that the set has no such boxes, which is not
    the same as an empty picture. ``trained_*`` come from the detector of an earlier round (``second_round``): it is one
    more voice, which sees backs of heads and people under steep cameras better than the teachers do.
    """

    persons: Scored = field(default_factory=Scored)
    second_persons: Scored = field(default_factory=Scored)
    bodies: Scored = field(default_factory=Scored)
    heads: Scored = field(default_factory=Scored)
    hands: Scored = field(default_factory=Scored)
    faces: Scored = field(default_factory=Scored)
    second_faces: Scored = field(default_factory=Scored)
    trained_persons: Scored = field(default_factory=Scored)
    trained_heads: Scored = field(default_factory=Scored)
    second_round: bool = False
    own_persons: Floats | None = None
    own_faces: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """Labels of one picture, and boxes that are neither label nor background."""

    persons: Floats
    heads: Floats
    uncertain_persons: Floats
    uncertain_heads: Floats


def head_of_face(faces: Floats) -> Floats:
    """Return the head boxes that usually belong to these face boxes."""
    wide, high, up = _HEAD_OF_FACE
    width, height = faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1]
    x, y = (faces[:, 0] + faces[:, 2]) / 2, (faces[:, 1] + faces[:, 3]) / 2 + up * height
    half_width, half_height = width * wide / 2, height * high / 2
    return np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=1)


def agree(opinions: Opinions) -> Agreed:
    """Decide what is a label, what is background and what nobody knows."""
    persons, uncertain_persons = _persons(opinions)
    heads, uncertain_heads = _heads(opinions, persons)
    if opinions.second_round and opinions.own_persons is None:
        persons = np.concatenate([persons, _found_by_training(opinions, persons, heads)])
        uncertain_persons = _apart(uncertain_persons, persons)
    return Agreed(persons, heads, uncertain_persons, uncertain_heads)


def _found_by_training(opinions: Opinions, persons: Floats, heads: Floats) -> Floats:
    """Return people of the earlier detector whom a labelled head or a doubted teacher confirms."""
    found = without_doubles(opinions.trained_persons.above(_TRAINED_PERSON), same=0.6, inside=0.9).boxes
    found = found[~touches(found, persons)]
    teachers = np.concatenate([opinions.persons.boxes, opinions.second_persons.boxes, opinions.bodies.boxes])
    bare = heads[~_sits_on(heads, persons)]
    carries = _sits_on_each(bare, found).any(axis=0) if len(bare) else np.zeros(len(found), dtype=np.bool_)
    return found[touches(found, teachers) | carries]


def _persons(opinions: Opinions) -> tuple[Floats, Floats]:
    """Own boxes first; then what two of the three person teachers see, or the leader alone when it is sure."""
    leader = without_doubles(opinions.persons, same=0.6, inside=0.9)
    confirmed = touches(leader.boxes, opinions.second_persons.boxes) | touches(leader.boxes, opinions.bodies.boxes)
    sure = ((leader.scores >= 0.3) & confirmed) | (leader.scores >= _LONE_PERSON)
    pair = opinions.second_persons.above(_PAIR_WITHOUT_LEADER)
    paired = pair.boxes[touches(pair.boxes, opinions.bodies.boxes) & ~touches(pair.boxes, leader.boxes)]
    taught = np.concatenate([leader.boxes[sure], paired])
    doubted = np.concatenate(
        [
            leader.boxes[~sure],
            opinions.second_persons.above(_PAIR_WITHOUT_LEADER).boxes,
            opinions.bodies.above(0.5).boxes,
        ]
    )
    if opinions.own_persons is None:
        return taught, _apart(doubted, taught)
    own = opinions.own_persons
    # A set with boxes of its own may still have left people out: what teachers agree on there is uncertain, not a label.
    return own, _apart(np.concatenate([taught, doubted]), own)


def _heads(opinions: Opinions, persons: Floats) -> tuple[Floats, Floats]:
    """A head needs a face or a body under it, or a very sure head teacher; a face without a head gets a usual one."""
    definite, single = _faces(opinions)
    heads = without_doubles(_plausible(opinions.heads, opinions.hands, definite), same=0.45)
    bodies = np.concatenate([persons, opinions.bodies.boxes])
    with_face = _holds_face(heads.boxes, np.concatenate([definite, single]))
    on_body = _sits_on(heads.boxes, bodies)
    accepted = with_face | ((heads.scores >= _HEAD_ON_BODY) & on_body) | (heads.scores >= _LONE_HEAD)
    if opinions.second_round:
        trained = opinions.trained_heads
        accepted |= touches(heads.boxes, trained.above(_TRAINED_CONFIRMS).boxes)
        accepted &= with_face | touches(heads.boxes, trained.above(_TRAINED_REFUSES).boxes, 0.3)
    labels = heads.boxes[accepted]
    if opinions.second_round:
        fresh = without_doubles(opinions.trained_heads.above(_TRAINED_HEAD), same=0.45)
        fresh = _plausible(fresh, opinions.hands, definite)
        apart = ~touches(fresh.boxes, labels, 0.3) & _sits_on(fresh.boxes, bodies)
        labels = np.concatenate([labels, fresh.boxes[apart]])
    bare = definite[~_holds_face(labels, definite, by_face=True)]
    labels = np.concatenate([labels, head_of_face(bare)])
    lone_faces = single[~_holds_face(labels, single, by_face=True)]
    uncertain = np.concatenate([heads.boxes[~accepted], head_of_face(lone_faces)])
    return labels, _apart(uncertain, labels)


def _plausible(heads: Scored, hands: Scored, faces: Floats) -> Scored:
    """Drop heads that cut through a definite face (tile edges do that) and fists that pass for heads."""
    keep = np.ones(len(heads.boxes), dtype=np.bool_)
    if len(faces):
        held = contained(faces, heads.boxes).T
        keep &= ~(((held > 0.2) & (held < _FACE_INSIDE)).any(axis=1) & ~(held >= _FACE_INSIDE).any(axis=1))
    if len(hands.boxes):
        fist = (overlaps(heads.boxes, hands.boxes) >= 0.5) & (hands.scores[None, :] >= 0.8 * heads.scores[:, None])
        keep &= ~fist.any(axis=1)
    return Scored(heads.boxes[keep], heads.scores[keep])


def _faces(opinions: Opinions) -> tuple[Floats, Floats]:
    """Return the faces that two sources (or a person) name, and those that one names."""
    first, second = opinions.faces, opinions.second_faces
    both = touches(first.boxes, second.boxes, _SAME_FACE)
    definite = first.boxes[both]
    single = np.concatenate(
        [
            first.boxes[~both & (first.scores >= 0.4)],
            second.boxes[~touches(second.boxes, first.boxes, _SAME_FACE) & (second.scores >= 0.6)],
        ]
    )
    if opinions.own_faces is None:
        return definite, single
    own = opinions.own_faces
    extra = definite[~touches(definite, own, 0.2)]
    return np.concatenate([own, extra]), single[~touches(single, own, 0.2)]


def touches(boxes: Floats, others: Floats, same: float = _SAME_PERSON) -> npt.NDArray[np.bool_]:
    """Tell [N] which boxes overlap any of the others by ``same`` (intersection over union) or more."""
    if len(others) == 0:
        return np.zeros(len(boxes), dtype=np.bool_)
    return np.asarray((overlaps(boxes, others) >= same).any(axis=1), dtype=np.bool_)


def _holds_face(heads: Floats, faces: Floats, *, by_face: bool = False) -> npt.NDArray[np.bool_]:
    """Tell which heads hold the centre of a face of fitting size (or, ``by_face``, which faces have such a head)."""
    if len(heads) == 0 or len(faces) == 0:
        return np.zeros(len(faces) if by_face else len(heads), dtype=np.bool_)
    x, y = (faces[:, 0] + faces[:, 2]) / 2, (faces[:, 1] + faces[:, 3]) / 2
    inside = (heads[:, None, 0] < x) & (x < heads[:, None, 2]) & (heads[:, None, 1] < y) & (y < heads[:, None, 3])
    ratio = (faces[:, 3] - faces[:, 1])[None, :] / np.maximum(heads[:, 3] - heads[:, 1], 1e-9)[:, None]
    fits = inside & (ratio > 0.3) & (ratio < 1.25)
    return np.asarray(fits.any(axis=0 if by_face else 1), dtype=np.bool_)


def _sits_on(heads: Floats, bodies: Floats) -> npt.NDArray[np.bool_]:
    """Tell which heads lie in the upper part of any person."""
    return np.asarray(_sits_on_each(heads, bodies).any(axis=1), dtype=np.bool_)


def _sits_on_each(heads: Floats, bodies: Floats) -> npt.NDArray[np.bool_]:
    """Tell [N,M] which head may belong to which person: loosely, for a steep camera sees heads half way down."""
    height = (bodies[:, 3] - bodies[:, 1])[None, :]
    centre = ((heads[:, 1] + heads[:, 3]) / 2)[:, None]
    share = (heads[:, 3] - heads[:, 1])[:, None] / np.maximum(height, 1e-9)
    high_enough = centre < bodies[None, :, 1] + 0.55 * height
    fits = (contained(heads, bodies) > 0.6) & high_enough & (share > 0.06) & (share < 1.0)
    return np.asarray(fits, dtype=np.bool_)


def _apart(uncertain: Floats, labels: Floats) -> Floats:
    """Drop the uncertain boxes that are only another view of a label, and doubles among them."""
    if len(uncertain) == 0:
        return uncertain
    free = uncertain[~touches(uncertain, labels, 0.4)] if len(labels) else uncertain
    return without_doubles(Scored(free, np.ones(len(free))), same=0.4, inside=0.8).boxes
