"""Kind ``left_object``: a bag that stays in place (second part of S10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import Verdict


@dataclass(frozen=True, slots=True)
class LeftObject:
    """Violating while a bag is in a zone of the scope; how long is too long is the timing's matter."""

    cue: ClassVar[Cue] = Cue.BAGS
    scope: Scope

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for bag in moment.bags:
            zone = self.scope.zone(bag.zones)
            if zone is not None:
                yield Judgement(bag.subject, Verdict.VIOLATING, None, zone, None, bag.tracks)
