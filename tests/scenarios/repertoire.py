"""All scenes there are: for each rule a maker of scripts by kind and seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from analyzer.types import RuleId
from tests.scenarios import gate_scenes, mask_scenes, meeting_scenes, quarantine_scenes, staff_scenes
from tests.scenarios.script import Kind, Script

Maker = Callable[[Kind, Random], Script]

MAKERS: Mapping[RuleId, Maker] = MappingProxyType(
    {
        RuleId("Q01"): mask_scenes.q01,
        RuleId("Q02"): mask_scenes.q02,
        RuleId("Q03"): mask_scenes.q03,
        RuleId("Q04"): quarantine_scenes.q04,
        RuleId("Q05"): quarantine_scenes.q05,
        RuleId("Q06"): meeting_scenes.q06,
        RuleId("Q07"): meeting_scenes.q07,
        RuleId("Q08"): quarantine_scenes.q08,
        RuleId("Q09"): meeting_scenes.q09,
        RuleId("Q10"): quarantine_scenes.q10,
        RuleId("S01"): mask_scenes.s01,
        RuleId("S02"): staff_scenes.s02,
        RuleId("S03"): staff_scenes.s03,
        RuleId("S04"): staff_scenes.s04,
        RuleId("S05"): staff_scenes.s05,
        RuleId("S06"): staff_scenes.s06,
        RuleId("S07"): meeting_scenes.s07,
        RuleId("S08"): meeting_scenes.s08,
        RuleId("S09"): staff_scenes.s09,
        RuleId("S10"): staff_scenes.s10,
        RuleId("G01"): gate_scenes.g01,
        RuleId("G02"): gate_scenes.g02,
        RuleId("G03"): gate_scenes.g03,
        RuleId("G04"): gate_scenes.g04,
    }
)


def script(rule: RuleId, kind: Kind, seed: int) -> Script:
    """The scene of a rule, a kind and a seed; the same on every machine."""
    return MAKERS[rule](kind, Random(f"{rule}/{kind}/{seed}"))
