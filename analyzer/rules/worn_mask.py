"""Kind ``worn_mask``: the state of the mask of everybody addressed (Q01, Q02, S01)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.address import Addressed, addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.nearness import Reach, close_pairs
from analyzer.scope import Scope
from analyzer.site import Activity
from analyzer.types import MaskReading, MaskState, Measure, Reason, Verdict, ZoneKind


@dataclass(frozen=True, slots=True)
class WornMask:
    """Violating in the states ``wrong``, compliant in ``right``; other states are not this rule's matter.

    Attributes:
        head_px_min: heads lower than this (source pixels) cannot be judged.
        head_px_full: heads from this height on can carry an opening; smaller ones only support it.
        probability_min: a state less probable than this is not believed.
        meals: activities during which somebody alone in a zone of ``meal_zones`` may take the mask off.
        alone_heights, alone_m: nobody else within this makes somebody alone.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    wrong: frozenset[MaskState]
    right: frozenset[MaskState]
    head_px_min: float = 24.0
    head_px_full: float = 40.0
    probability_min: float = 0.6
    meals: tuple[Activity, ...] = ()
    meal_zones: frozenset[ZoneKind] = frozenset()
    alone_m: float = 2.0
    alone_heights: float = 1.2

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for one in addressed(self.scope, moment):
            reading = one.person.mask
            if reading is None:
                why = Reason.FACE_AWAY if one.person.observation.head is None else Reason.LOW_CONFIDENCE
                yield one.unseen(why, moment.scene.frame.at)
            elif reading.state in self.wrong or reading.state in self.right or reading.state is MaskState.NOT_VISIBLE:
                if self.meals and self._at_table(one, moment):
                    continue
                doubt = self._doubt(reading, decided=one.decided, child=one.person.observation.child)
                yield self._judge(one, reading) if doubt is None else one.unknown(doubt)

    def _judge(self, one: Addressed, reading: MaskReading) -> Judgement:
        full = reading.head_px >= self.head_px_full
        if reading.state in self.right:
            return one.judge(Verdict.COMPLIANT, votes=reading.fresh, full=full)
        measures = (
            Measure("probability", reading.probability, "", self.probability_min),
            Measure("head", reading.head_px, "px", self.head_px_min),
        )
        return one.judge(Verdict.VIOLATING, measures=measures, votes=reading.fresh, full=full)

    def _at_table(self, one: Addressed, moment: Moment) -> bool:
        """Eating alone where and when it is planned; with somebody near it is no excuse."""
        if one.zone is None or one.zone.kind not in self.meal_zones:
            return False
        if not moment.now.allows(*self.meals, role=one.person.role.role, zone=one.zone.kind):
            return False
        pairs = close_pairs(moment, moment.people, Reach(self.alone_m, self.alone_heights, self.alone_m))
        return all(one.person.id not in (pair.first.id, pair.second.id) for pair in pairs)

    def _doubt(self, reading: MaskReading, *, decided: bool, child: bool) -> Reason | None:
        """Why the reading cannot be held against anybody, or ``None``."""
        if reading.state is MaskState.NOT_VISIBLE:
            return reading.reason or Reason.FACE_AWAY
        if not decided or child:
            return Reason.CHILD if child else Reason.ROLE_UNKNOWN
        if reading.head_px < self.head_px_min:
            return Reason.FACE_TOO_SMALL
        return Reason.LOW_CONFIDENCE if reading.probability < self.probability_min else None
