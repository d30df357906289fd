"""How well every rule finds what happens in simulated scenes with a known truth, and nothing else.

Run: ``python benchmarks/scenarios.py [--seeds N] [--noise clean|noisy|better|both] [--rules Q01,S02] [--stubborn SHARE]
[--json FILE] [--failures] [--write docs/measurements.md [--block NAME]]``. Four kinds of scenes a rule and seed: violating, compliant, borderline, not assessable;
all rules run in all scenes. The same scenes on every machine.

``noisy``: the error rates measured for the shipped networks; ``better``: the same with equipment read more surely.
``twice``: episodes for each act found. ``not told``: share of the rule's judgements in its own scenes that were "not
assessable" (a quarter of these scenes is made to be). ``answers``: scenes in which something was told that nobody could tell.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from analyzer.types import RuleId
from tests.scenarios.campaign import RULES, campaign
from tests.scenarios.noise import CLEAN, Noise, optimistic, realistic
from tests.scenarios.scoring import Board, RoleScore, Score

LEAST, MOST_TWICE = 0.98, 1.02


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, print, and write JSON when asked."""
    options = _options(arguments)
    rules = tuple(rule for rule in RULES if not options.rules or rule in options.rules.split(","))
    noises = {"clean": CLEAN, "noisy": realistic(stubborn=options.stubborn), "better": optimistic()}
    results, tables = {}, list[str]()
    for name in ("clean", "noisy") if options.noise == "both" else (options.noise,):
        noise, started = noises[name], time.perf_counter()
        board = campaign(noise, range(options.first, options.first + options.seeds), rules)
        _print(name, noise, board, rules, time.perf_counter() - started)
        if options.failures:
            print("\n".join(line for score in board.rules.values() for line in score.failures), end="\n\n")
        results[name] = _record(board, rules, noise)
        tables.append(_table(name, board, rules))
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        begin, end = (f"<!-- {options.block}: {edge} -->" for edge in ("begin", "end"))
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        options.write.write_text(before + "\n".join((begin, _heading(options), *tables, end)) + after, encoding="utf-8")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=25, help="scenes of each kind and rule")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--noise", choices=("clean", "noisy", "better", "both"), default="both")
    parser.add_argument("--rules", default="", help="comma separated; all when left out")
    parser.add_argument("--stubborn", type=float, default=0.0, help="share of the wrong mask readings that sticks to a person")
    parser.add_argument("--json", default="", help="file for the figures")
    parser.add_argument("--write", type=Path, help="page whose table is to be replaced")
    parser.add_argument("--block", default="scenarios", help="which table of the page that is, by the name in its marks")
    parser.add_argument("--failures", action="store_true", help="list every act missed, reported twice or never happened")
    return parser.parse_args(arguments)


def _print(name: str, noise: Noise, board: Board, rules: Sequence[RuleId], seconds: float) -> None:
    hours = board.seconds / 3600
    print(f"{name}: {board.scenes} scenes, {hours:.1f} camera-hours, played in {seconds:.0f} s")
    for what, source in noise.sources.items():
        print(f"  {what}: {source}")
    print(
        f"{'rule':5}{'acts':>6}{'recall':>8}{'precis.':>8}{'false/h':>9}{'twice':>7}{'delay s':>9}{'not told':>9}{'answers':>8}"
    )
    for rule in rules:
        print(_row(rule, board.rules[rule], hours))
    print(_row("all", _sum(board), hours))
    for title, roles in (("with markers", board.marked), ("without", board.unmarked)):
        print(f"roles {title}: {_roles(roles)}")
    print()


def _heading(options: argparse.Namespace) -> str:
    last = options.first + options.seeds - 1
    return f"Seeds {options.first} to {last}, four kinds of scenes each; {datetime.now(UTC).date().isoformat()}, Python {platform.python_version()}.\n"


def _table(name: str, board: Board, rules: Sequence[RuleId]) -> str:
    """The figures as a table of a page."""
    hours = board.seconds / 3600
    roles = f"roles with markers: {_roles(board.marked)}; without: {_roles(board.unmarked)}"
    lines = [
        f"**{name}**: {board.scenes} scenes, {hours:.0f} camera-hours; {roles}.",
        "",
        "| rule | acts | recall | precision | false an hour | episodes an act | delay s | not told |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule, score in [*((rule, board.rules[rule]) for rule in rules), ("all", _sum(board))]:
        delay = f"{statistics.median(score.delays):.1f}" if score.delays else "-"
        shares = " | ".join(map(_share, (score.recall, score.precision)))
        lines.append(
            f"| {rule} | {score.acts} | {shares} | {score.false / hours:.3f} | {_share(score.per_act)} | {delay} |"
            f" {_share(score.share_unknown)} |"
        )
    return "\n".join([*lines, ""])


def _row(name: str, score: Score, hours: float) -> str:
    delay = statistics.median(score.delays) if score.delays else None
    below = any(
        (
            score.recall is not None and score.recall < LEAST,
            score.precision is not None and score.precision < LEAST,
            score.per_act is not None and score.per_act > MOST_TWICE,
            score.told_of_unknowable,
        )
    )
    return (
        f"{name:5}{score.acts:6d}{_share(score.recall):>8}{_share(score.precision):>8}{score.false / hours:9.3f}"
        f"{_share(score.per_act):>7}{'-' if delay is None else f'{delay:.1f}':>9}{_share(score.share_unknown):>9}"
        f"{score.told_of_unknowable:8d}{'  below the bar' if below else ''}"
    )


def _sum(board: Board) -> Score:
    total = Score()
    for score in board.rules.values():
        total.acts += score.acts
        total.found += score.found
        total.false += score.false
        total.duplicates += score.duplicates
        total.assessed += score.assessed
        total.unknown += score.unknown
        total.told_of_unknowable += score.told_of_unknowable
    return total


def _roles(roles: RoleScore) -> str:
    if not roles.people:
        return "nobody"
    right = "-" if not roles.coarse_decided else f"{roles.coarse_right / roles.coarse_decided:.3f}"
    fine = "-" if not roles.fine_decided else f"{roles.fine_right / roles.fine_decided:.3f}"
    return (
        f"{roles.people} people; coarse {right} at {roles.coarse_decided / roles.people:.3f} decided, "
        f"fine {fine} at {roles.fine_decided / roles.people:.3f} decided"
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _record(board: Board, rules: Sequence[RuleId], noise: Noise) -> dict[str, object]:
    return {
        "scenes": board.scenes,
        "camera_hours": board.seconds / 3600,
        "sources": dict(noise.sources),
        "rules": {
            rule: {
                "acts": score.acts,
                "found": score.found,
                "false": score.false,
                "duplicates": score.duplicates,
                "recall": score.recall,
                "precision": score.precision,
                "episodes_per_act": score.per_act,
                "median_delay_s": statistics.median(score.delays) if score.delays else None,
                "share_not_assessable": score.share_unknown,
                "answers_where_none_can_be_given": score.told_of_unknowable,
            }
            for rule in rules
            for score in (board.rules[rule],)
        },
        "roles": {
            title: {slot: getattr(roles, slot) for slot in RoleScore.__slots__}
            for title, roles in (("with_markers", board.marked), ("without", board.unmarked))
        },
    }


if __name__ == "__main__":
    main()
