"""Many scenes of every rule, played and scored: what the benchmark prints and the slow tests hold against the bar."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.types import RuleId
from tests.scenarios import reports
from tests.scenarios.noise import Noise
from tests.scenarios.repertoire import MAKERS, script
from tests.scenarios.reports import JOURNALS, journal
from tests.scenarios.scoring import Board, play
from tests.scenarios.script import Kind

RULES: tuple[RuleId, ...] = (*MAKERS, *JOURNALS)


def campaign(noise: Noise, seeds: Iterable[int], rules: Iterable[RuleId] = RULES, board: Board | None = None) -> Board:
    """Play every kind of scene of the rules with the seeds; adds to ``board`` when one is given."""
    board = board or Board()
    wanted = tuple(seeds)
    for rule in rules:
        for kind in Kind:
            for seed in wanted:
                if rule in JOURNALS:
                    reports.run(journal(rule, kind, seed), noise, seed, board)
                else:
                    play(script(rule, kind, seed), noise, seed, board)
    return board
