"""Kind ``at_line``: being on a boundary itself, as somebody who climbs is (G04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.address import addressed
from analyzer.cue import Cue
from analyzer.geometry import side_of_line
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.site import Side
from analyzer.types import Measure, Verdict


@dataclass(frozen=True, slots=True)
class AtLine:
    """Violating while the foot of somebody in a zone of the scope is on a line between ``inside`` and ``outside``.

    Attributes:
        reach_heights: on the line means closer to it than this share of the person's height.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    inside: Side
    outside: Side
    reach_heights: float = 0.1

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        lines = [line for line in moment.site.lines if {line.left, line.right} == {self.inside, self.outside}]
        if not lines:
            return
        for one in addressed(self.scope, moment):
            height = one.person.observation.track.box.height / moment.scene.frame.height
            apart = min(abs(side_of_line(line.points, one.person.foot)) for line in lines) / height
            verdict = Verdict.VIOLATING if apart < self.reach_heights else Verdict.COMPLIANT
            yield one.judge(verdict, measures=(Measure("line_distance", apart, "heights", self.reach_heights),))
