"""No violation is ever opened by what nobody could tell: for every rule, whatever keeps it from being told.

Scenes in which each rule is truly broken are made unassessable, instant by instant; nothing may then be reported. That the
property can fail at all is checked last: with an engine that takes unknown for violating, it fails for every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ballot import Instant
from analyzer.catalogue import CATALOGUE
from analyzer.engine import Engine
from analyzer.episodes import Docket, Turn
from analyzer.facility import FacilityEngine
from analyzer.judgement import Judgement
from analyzer.site import Site
from analyzer.types import (
    DoorReading,
    Event,
    ItemReading,
    MaskKind,
    MaskKindReading,
    MaskReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    RuleId,
    Scene,
    Verdict,
)
from tests.scenarios.noise import CLEAN, realistic
from tests.scenarios.repertoire import MAKERS, script
from tests.scenarios.reports import JOURNALS, journal, statuses
from tests.scenarios.scoring import EVERYTHING, PROVENANCE
from tests.scenarios.script import CAMERA, Kind, Script
from tests.scenarios.shooting import shoot

Film = tuple[Site, Sequence[Scene]]
Blinding = Callable[[Site, Scene], Scene]


def unseen(_: Site, scene: Scene) -> Scene:
    """Nothing anybody wears is visible."""
    return replace(scene, observations=tuple(map(_bare, scene.observations)))


def _bare(one: Observation) -> Observation:
    mask = one.mask and MaskReading(MaskState.NOT_VISIBLE, 0.0, one.mask.head_px, 0, reason=Reason.OCCLUDED)
    items = tuple(ItemReading(each.item, Presence.NOT_VISIBLE, 0.0, 0, reason=Reason.ITEM_NOT_VISIBLE) for each in one.items)
    return replace(one, mask=mask, items=items, mask_kind=one.mask_kind and MaskKindReading(MaskKind.NOT_VISIBLE, 0.0))


def unread(_: Site, scene: Scene) -> Scene:
    """No door can be seen to be open or shut."""
    return replace(scene, doors=tuple(DoorReading(each.door, Presence.NOT_VISIBLE, 0.0) for each in scene.doors))


def blocked(_: Site, scene: Scene) -> Scene:
    """Something is before the lens."""
    return replace(scene, impairments=(*scene.impairments, Reason.VIEW_BLOCKED))


def moved(_: Site, scene: Scene) -> Scene:
    """The camera was pushed: no drawing holds."""
    return replace(scene, impairments=(*scene.impairments, Reason.VIEW_SHIFTED))


WORN = frozenset(map(RuleId, ("Q01", "Q02", "Q03", "S01", "S02", "S03", "S04", "S05", "S06")))
BLINDINGS: Mapping[RuleId, tuple[Blinding, ...]] = {
    rule: (blocked, moved, *((unseen,) if rule in WORN else ()), *((unread,) if rule == "Q10" else ())) for rule in MAKERS
}


def planless(where: Site) -> Site:
    return replace(where, slots=(), permits=())


def floorless(where: Site) -> Site:
    return replace(where, cameras=tuple(replace(each, calibration=None) for each in where.cameras))


SITES: Mapping[RuleId, Callable[[Site], Site]] = {
    RuleId("Q04"): planless,
    **{RuleId(rule): floorless for rule in ("Q06", "Q09", "S07", "S08")},
}
"""What a person did not enter, so that the rule cannot tell."""


def film(one: Script, seed: int = 0, *, noisy: bool = False) -> Film:
    """The script at two pictures a second where it lasts for minutes."""
    slow = one.seconds > 60
    return one.stage.site, shoot(replace(one, rate=2.0) if slow else one, realistic() if noisy else CLEAN, seed).scenes


def opened(where: Site, scenes: Sequence[Scene], rule: RuleId) -> list[Event]:
    engine = Engine(where, CAMERA, PROVENANCE, EVERYTHING)
    return [event for scene in scenes for event in engine.step(scene) if event.rule == rule]


few = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("rule", MAKERS)
@few
@given(st.integers(0, 10**6), st.booleans(), st.data())
def test_nothing_is_opened_while_nothing_can_be_told(rule: RuleId, seed: int, noisy: bool, data: st.DataObject) -> None:
    where, scenes = film(script(rule, Kind.VIOLATING, seed), seed, noisy=noisy)
    blind = data.draw(st.sampled_from(BLINDINGS[rule]))
    assert opened(where, [blind(where, scene) for scene in scenes], rule) == []


@pytest.mark.parametrize("rule", SITES)
@few
@given(st.integers(0, 10**6))
def test_nothing_is_opened_by_a_site_that_lacks_what_the_rule_needs(rule: RuleId, seed: int) -> None:
    where, scenes = film(script(rule, Kind.VIOLATING, seed), seed)
    assert opened(SITES[rule](where), scenes, rule) == []


@pytest.mark.parametrize("rule", MAKERS)
@few
@given(st.integers(0, 10**6), st.floats(0.1, 0.9), st.data())
def test_unknown_instants_among_others_open_nothing_where_nobody_does_wrong(
    rule: RuleId, seed: int, share: float, data: st.DataObject
) -> None:
    where, scenes = film(script(rule, Kind.COMPLIANT, seed), seed)
    blind, chance = data.draw(st.sampled_from(BLINDINGS[rule])), Random(seed)
    events = opened(where, [blind(where, scene) if chance.random() < share else scene for scene in scenes], rule)
    # A warning is no violation yet; somebody out of the room for two minutes is warned of.
    assert [event for event in events if event.severity is CATALOGUE[rule].severity] == []


@pytest.mark.parametrize("rule", [*MAKERS, *JOURNALS])
@few
@given(st.integers(0, 10**6))
def test_nothing_is_opened_in_scenes_made_to_be_unassessable(rule: RuleId, seed: int) -> None:
    if rule in JOURNALS:
        written = journal(rule, Kind.NOT_ASSESSABLE, seed)
        engine = FacilityEngine(written.site, PROVENANCE)
        events = [event for status in statuses(written, CLEAN, Random(seed)) for event in engine.step(status)]
        assert [event for event in events if event.rule == rule] == []
    else:
        where, scenes = film(script(rule, Kind.NOT_ASSESSABLE, seed), seed)
        assert opened(where, scenes, rule) == []


@pytest.mark.parametrize("rule", MAKERS)
def test_the_property_can_fail(rule: RuleId, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that hears "unknown" as "violating" reports every rule, so the properties above would notice it."""
    hear = Docket.take

    def mutant(self: Docket, judgement: Judgement, instant: Instant) -> Turn | None:
        if judgement.verdict is Verdict.UNKNOWN:
            judgement = judgement._replace(verdict=Verdict.VIOLATING, reason=None)
        return hear(self, judgement, instant)

    where, scenes = film(script(rule, Kind.VIOLATING, 1))
    dark = [blocked(where, scene) for scene in scenes]
    assert opened(where, dark, rule) == []
    monkeypatch.setattr(Docket, "take", mutant)
    assert opened(where, dark, rule) != []
