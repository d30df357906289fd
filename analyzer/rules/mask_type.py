"""Kind ``mask_type``: which kind of mask is worn (Q03). Assistance only: cameras seldom tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.address import addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import MaskKind, Measure, Reason, Verdict


@dataclass(frozen=True, slots=True)
class MaskType:
    """Violating for the kinds ``wrong``.

    Attributes:
        head_px_min: heads lower than this (source pixels) cannot be judged.
        probability_min: a kind less probable than this is not believed.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    wrong: frozenset[MaskKind]
    head_px_min: float = 100.0
    probability_min: float = 0.8

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for one in addressed(self.scope, moment):
            observation = one.person.observation
            reading, head = observation.mask_kind, observation.head
            if reading is None or reading.kind is MaskKind.NOT_VISIBLE or head is None:
                continue
            if head.box.height < self.head_px_min:
                yield one.unknown(Reason.FACE_TOO_SMALL)
            elif reading.probability < self.probability_min:
                yield one.unknown(Reason.LOW_CONFIDENCE)
            elif reading.kind in self.wrong:
                measures = (Measure("probability", reading.probability, "", self.probability_min),)
                yield one.judge(Verdict.VIOLATING, measures=measures)
            else:
                yield one.judge(Verdict.COMPLIANT)
