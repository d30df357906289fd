"""A rule is asked only where its cue is: it must have nothing to say anywhere else, and something where it is."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from analyzer.catalogue import CATALOGUE, active_rules
from analyzer.cue import Cue
from analyzer.entry import Level
from analyzer.types import RuleId
from analyzer.witness import Witness
from tests.scenarios.noise import CLEAN
from tests.scenarios.repertoire import MAKERS
from tests.scenarios.scoring import EVERYTHING
from tests.scenarios.script import CAMERA, Kind
from tests.scenarios.shooting import shoot


@pytest.mark.parametrize("rule", MAKERS)
def test_a_rule_speaks_only_at_its_cue(rule: RuleId) -> None:
    one = MAKERS[rule](Kind.VIOLATING, Random("cue"))
    own = one.stage.site.of_camera(CAMERA)
    (entry,) = [entry for entry in active_rules(own, Level.CAMERA, EVERYTHING) if entry.id == rule]
    spoken = {clause.name: 0 for clause in entry.clauses}
    witness = Witness(own, {})
    for scene in shoot(replace(one, rate=2.0), CLEAN, 0).scenes:
        moment = witness.look(scene)
        shown = Cue(moment.cues)
        for clause in entry.clauses:
            said = list(clause.rule.judge(moment))
            spoken[clause.name] += len(said)
            assert not said or clause.rule.cue in shown
    # An act that breaks the rule one way or the other was told of.
    assert any(spoken.values())


def test_every_cue_is_waited_for() -> None:
    assert {clause.rule.cue for rule in MAKERS for clause in CATALOGUE[rule].clauses} == set(Cue)
