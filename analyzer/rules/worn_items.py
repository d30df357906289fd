"""Kind ``worn_items``: protective equipment against the PPE matrix of role and zone (S02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from analyzer.address import Addressed, addressed
from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.matrix import needs_of
from analyzer.moment import Moment
from analyzer.scope import Scope
from analyzer.types import Need, Reason, Role, Verdict
from analyzer.wearing import ITEMS, wearing


@dataclass(frozen=True, slots=True)
class WornItems:
    """Violating when an item the matrix asks for is seen to be missing; compliant on those seen.

    For staff whose job is not known, and for people of unknown role, what every role must wear in the zone is asked
    for. Masks are the matter of `worn_mask`.

    Attributes:
        body_px_min: people lower than this in the picture (source pixels) are not judged.
        probability_min: a state less probable than this is not believed.
    """

    cue: ClassVar[Cue] = Cue.PEOPLE
    scope: Scope
    body_px_min: float = 120.0
    probability_min: float = 0.6

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for one in addressed(self.scope, moment):
            assert one.zone is not None  # nothing is asked for where nothing is drawn
            role = one.person.role.role
            needs = needs_of(moment.site.requirements, role, one.zone.kind) & frozenset(ITEMS)
            if needs:
                yield self._judge(one, needs, moment.scene.frame.at)
            elif role in {Role.UNKNOWN, Role.STAFF}:
                yield one.unknown(Reason.ROLE_UNKNOWN)

    def _judge(self, one: Addressed, needs: frozenset[Need], at: datetime) -> Judgement:
        if one.person.observation.track.box.height < self.body_px_min:
            return one.unknown(Reason.ITEM_NOT_VISIBLE)
        worn = wearing(one.person, needs, self.probability_min)
        if not worn.told:
            return one.unseen(Reason.ITEM_NOT_VISIBLE, at)
        if worn.missing:
            return one.judge(Verdict.VIOLATING, measures=worn.measures(self.probability_min), votes=worn.fresh)
        return one.judge(Verdict.COMPLIANT, votes=worn.fresh)
