from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from enum import StrEnum

import pytest

from analyzer import labels
from analyzer.catalogue import CATALOGUE, RuleState, active_rules, explain_rules
from analyzer.entry import Level
from analyzer.errors import InvalidSetting
from analyzer.matrix import needs_of
from analyzer.scope import Scope, Standing
from analyzer.sentences import ACTS
from analyzer.settings import applied, thresholds
from analyzer.site import STAFF_ROLES, Activity, Requirement, RuleSetting, Side, Site, Slot
from analyzer.supply import Supply
from analyzer.types import Item, MaskState, Need, Presence, Reason, Role, RuleId, Severity, ZoneKind
from tests.analyzer.scenes import EVERYTHING, site, zone
from tests.analyzer.test_schedule import NIGHT


def test_there_are_thirty_rules_with_texts_in_both_languages() -> None:
    assert sorted(CATALOGUE) == sorted(
        [f"Q{k:02}" for k in range(1, 11)]
        + [f"S{k:02}" for k in range(1, 11)]
        + [f"G0{k}" for k in range(1, 5)]
        + [f"F0{k}" for k in range(1, 7)]
    )
    assert all(entry.text.vi and entry.text.en and entry.basis for entry in CATALOGUE.values())
    assert set(ACTS) == set(CATALOGUE)


def test_every_code_has_words() -> None:
    named = {type(next(iter(words))): set(words) for words in vars(labels).values() if isinstance(words, dict) and words}
    wanted = {Role, ZoneKind, Reason, Need, Severity, Supply, Activity, Side, Item, MaskState, Presence}
    assert wanted <= set(named)
    assert {codes: names for codes, names in named.items() if issubclass(codes, StrEnum) and names != set(codes)} == {}


def test_what_a_rule_lacks_is_named_and_not_coded() -> None:
    codes = {code.value for kind in (Supply, ZoneKind, Activity, Side) for code in kind}
    told = [
        text
        for where in (site(), site(zone(ZoneKind.CORRIDOR)), replace(site(), lines=()))
        for supply in (frozenset(), frozenset(Supply))
        for found in explain_rules(where, supply)
        for text in found.missing
    ]
    assert len(told) > 30
    assert [text.vi for text in told if codes & set(re.findall(r"\w+", text.vi))] == []
    assert [text.en for text in told if "_" in text.en] == []
    gate = next(found for found in explain_rules(site(), frozenset(Supply)) if found.entry.id == "G04")
    assert gate.missing[0].vi == "chưa khai báo khu vực nào trong: hàng rào"


def status(where: Site, rule: str, supply: frozenset[object] = frozenset(EVERYTHING)) -> tuple[RuleState, tuple[Reason, ...]]:
    found = next(each for each in explain_rules(where, supply) if each.entry.id == rule)  # type: ignore[arg-type]
    return found.state, found.reasons


def test_rules_say_why_they_cannot_run() -> None:
    assert status(site(), "Q01") == (RuleState.ON, ())
    assert status(site(), "Q04") == (RuleState.UNABLE, (Reason.NO_ZONE,))
    assert status(site(), "Q05") == (RuleState.UNABLE, (Reason.NO_ZONE,))
    assert status(site(), "Q08") == (RuleState.UNABLE, (Reason.NO_ZONE,))
    assert status(site(), "G01") == (RuleState.UNABLE, (Reason.NO_ZONE,))
    assert status(site(zone(ZoneKind.VEHICLE_DISINFECTION)), "G03", frozenset()) == (RuleState.UNABLE, ())


def test_rules_that_run_say_what_they_lack() -> None:
    corridor = site(zone(ZoneKind.CORRIDOR))
    assert status(corridor, "Q04") == (RuleState.ON, (Reason.NO_SCHEDULE,))
    assert status(corridor, "Q06") == (RuleState.ON, (Reason.NO_CALIBRATION,))
    assert status(corridor, "S09") == (RuleState.ON, (Reason.NO_SCHEDULE,))
    planned = replace(corridor, slots=(NIGHT, Slot(Activity.YARD, NIGHT.start, NIGHT.end)))
    assert status(planned, "Q04") == (RuleState.ON, ())


def test_a_rule_switched_off_says_why_and_since_when() -> None:
    off = replace(site(), rules=(RuleSetting(RuleId("Q01"), enabled=False, reason="lễ", since=date(2021, 6, 1)),))
    found = explain_rules(off)[0]
    assert (found.state, found.why.vi, found.since) == (RuleState.OFF, "đã tắt: lễ", date(2021, 6, 1))
    assert RuleId("Q01") not in {entry.id for entry in active_rules(off, Level.CAMERA)}


def setting(**numbers: float) -> RuleSetting:
    return RuleSetting(RuleId("Q01"), thresholds=tuple((name.replace("__", "."), value) for name, value in numbers.items()))


def test_a_site_changes_numbers_severity_roles_and_zones() -> None:
    wish = replace(
        setting(min_duration_s=7, head_px_min=30, high_s=60, sampling__min_duration_s=90),
        severity=Severity.LOW,
        roles=frozenset({Role.OUTSIDER}),
        zones=frozenset({ZoneKind.YARD, ZoneKind.SAMPLING}),
    )
    entry = applied(CATALOGUE[RuleId("Q01")], wish)
    found = thresholds(entry)
    assert (found["min_duration_s"], found["head_px_min"], found["high_s"], found["sampling.min_duration_s"]) == (7, 30, 60, 90)
    assert entry.severity is Severity.LOW
    assert [clause.rule.scope.zones for clause in entry.clauses] == [{ZoneKind.YARD, ZoneKind.SAMPLING}, {ZoneKind.SAMPLING}]
    assert {clause.rule.scope.roles for clause in entry.clauses} == {frozenset({Role.OUTSIDER})}
    explained = next(each for each in explain_rules(replace(site(), rules=(wish,))) if each.entry.id == "Q01")
    assert explained.why.en == "on, as changed by the site"


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (setting(nothing=1), 'no threshold "nothing"'),
        (setting(min_duration_s=-1), "not a number from 0 to 1e"),
        (setting(min_duration_s=float("nan")), "not a number from 0 to 1e"),
        (setting(min_duration_s=1e300), "not a number from 0 to 1e"),
        (setting(min_assessed=2.5), "is not a whole number"),
        (setting(ratio=0), "ratio = 0"),
        (setting(ratio=1.5), "ratio = 1.5"),
        (setting(min_assessed=0), "min_assessed = 0"),
        (setting(min_assessed=1000), "fit in a window"),
        (setting(warn_s=10), "warning would come after"),
        (setting(high_s=1), "high_s is shorter"),
        (setting(probability_min=2), "probability_min = 2"),
        (setting(silence_s=0.5), "forgotten before the next picture"),
    ],
)
def test_numbers_that_cannot_be_met_are_refused(wish: RuleSetting, problem: str) -> None:
    with pytest.raises(InvalidSetting, match=problem):
        applied(CATALOGUE[RuleId("Q01")], wish)


@pytest.mark.parametrize(
    ("rule", "name", "value", "problem"),
    [
        ("Q06", "metres", 0, "never be broken"),
        ("G01", "stop_s", 0, "never be broken"),
        ("G02", "count_min", 0, "whole number from 1"),
        ("Q07", "count_min", 2.5, "whole number from 1"),
        ("F06", "share_max", 1, "never be exceeded"),
    ],
)
def test_numbers_with_which_a_rule_says_nothing_are_refused(rule: str, name: str, value: float, problem: str) -> None:
    with pytest.raises(InvalidSetting, match=problem):
        applied(CATALOGUE[RuleId(rule)], RuleSetting(RuleId(rule), thresholds=((name, value),)))


@pytest.mark.parametrize(
    ("roles", "role", "standing"),
    [
        ([], Role.OUTSIDER, Standing.INSIDE),
        ([Role.QUARANTINED], Role.QUARANTINED, Standing.INSIDE),
        ([Role.QUARANTINED], Role.UNKNOWN, Standing.UNDECIDED),
        ([Role.QUARANTINED], Role.STAFF, Standing.OUTSIDE),
        ([Role.GUARD], Role.STAFF, Standing.UNDECIDED),
        (list(STAFF_ROLES), Role.STAFF, Standing.INSIDE),
        ([Role.STAFF], Role.GUARD, Standing.INSIDE),
        ([Role.STAFF], Role.QUARANTINED, Standing.OUTSIDE),
    ],
)
def test_standing(roles: list[Role], role: Role, standing: Standing) -> None:
    assert Scope(frozenset(roles), frozenset()).standing(role) is standing


def test_the_matrix() -> None:
    assert needs_of((), Role.ROOM_SERVICE, ZoneKind.CORRIDOR) == {Need.MASK, Need.GOWN, Need.EYES, Need.GLOVES}
    assert needs_of((), Role.STAFF, ZoneKind.CORRIDOR) == {Need.MASK, Need.GOWN, Need.EYES, Need.GLOVES}
    assert needs_of((), Role.UNKNOWN, ZoneKind.CORRIDOR) == {Need.MASK}
    assert needs_of((), Role.OUTSIDER, ZoneKind.CORRIDOR) == needs_of((), Role.UNKNOWN, ZoneKind.FENCE) == frozenset()
    own = (Requirement(Role.GUARD, frozenset({ZoneKind.FENCE}), frozenset({Need.BOOTS})),)
    assert needs_of(own, Role.GUARD, ZoneKind.FENCE) == {Need.BOOTS}
    assert needs_of(own, Role.GUARD, ZoneKind.CORRIDOR) == frozenset()
