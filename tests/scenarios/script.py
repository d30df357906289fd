"""A scene with a known truth: where it plays, who is in it, and which acts happen in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from analyzer.site import Site
from analyzer.types import CameraId, Presence, Reason, RuleId
from tests.scenarios.actors import Actor, Course
from tests.scenarios.optics import Pinhole

CAMERA = CameraId("cam")
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Second zero of every scene: a Monday, nine o'clock in the facility."""


NO_TROUBLE: Course[tuple[Reason, ...]] = Course(())


class Kind(StrEnum):
    """What a scene is for."""

    VIOLATING = "violating"
    COMPLIANT = "compliant"
    BORDERLINE = "borderline"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class Act:
    """A breach of a rule that happens in a scene, in seconds of the scene.

    Attributes:
        rule: which.
        start, end: from when to when the forbidden thing goes on (for a crossing, both the instant of it).
        who: names of the actors, or of the zone or door pair, it may be attributed to.
        must: false for what may be reported or not: a side effect of a scene made for another rule.
    """

    rule: RuleId
    start: float
    end: float
    who: frozenset[str]
    must: bool = True


def act(rule: str, start: float, end: float, *who: str, must: bool = True) -> Act:
    """Shorthand."""
    return Act(RuleId(rule), start, end, frozenset(who), must)


@dataclass(frozen=True, slots=True)
class Stage:
    """A place of the facility with the camera that watches it."""

    camera: Pinhole
    site: Site


@dataclass(frozen=True, slots=True)
class Script:
    """One scene. ``rate``: instants a second. ``doors``: the true state of doors; ``trouble``: what is wrong with the picture.

    ``mixed``: another part of the rule may be judged although the scene is made not to be assessable.
    """

    rule: RuleId
    kind: Kind
    stage: Stage
    actors: tuple[Actor, ...]
    seconds: float
    acts: tuple[Act, ...] = ()
    rate: float = 5.0
    doors: tuple[tuple[str, Course[Presence]], ...] = ()
    trouble: Course[tuple[Reason, ...]] = NO_TROUBLE
    mixed: bool = False
    furniture: tuple[tuple[float, float, float, float], ...] = ()
    """Upright screens (x1, x2, y, height): what stands behind one is hidden up to its edge."""
