"""Who came in lately, as the gate's log is held against it."""

from __future__ import annotations

from analyzer.site import Side
from analyzer.types import TrackId
from analyzer.witness import Witness
from tests.analyzer.scenes import line, person, scene, site


def test_who_came_in_is_forgotten_after_an_hour() -> None:
    witness = Witness(site(lines=(line(Side.OUTSIDE, Side.INSIDE),)), {})
    for k in range(40):
        moment = witness.look(scene(k / 5, [person(1, 0.2 + k / 60)]))
    assert [entrance.track for entrance in moment.entered] == [TrackId(1)]
    assert [*witness.look(scene(3590)).entered] != []
    assert [*witness.look(scene(3620)).entered] == []
