"""Events against the truth: which acts were found, how soon, how often twice, and what was reported that never happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from analyzer.catalogue import CATALOGUE
from analyzer.engine import Engine
from analyzer.site import STAFF_ROLES
from analyzer.supply import Supply
from analyzer.types import (
    Change,
    Event,
    PairSubject,
    Provenance,
    Role,
    RuleId,
    RunId,
    Severity,
    Tally,
    TrackId,
    TrackSubject,
    ZoneSubject,
)
from tests.scenarios.noise import Noise
from tests.scenarios.script import BEGIN, CAMERA, Act, Kind, Script
from tests.scenarios.shooting import shoot

PROVENANCE = Provenance(RunId("simulated"), "0" * 64, "0")
EVERYTHING = frozenset(Supply)
"""All rules run in all scenes."""

_SLACK = 8.0
"""Seconds an episode may lie off its act: going in at a door is known five seconds after."""


@dataclass(frozen=True, slots=True)
class Found:
    """One reported episode, in seconds of the scene. ``opened``: when it became an event and not only a warning."""

    rule: RuleId
    since: float
    opened: float
    last: float
    who: frozenset[str]


@dataclass(slots=True)
class Score:
    """Counts about one rule, to be added up over scenes."""

    scenes: int = 0
    acts: int = 0
    found: int = 0
    false: int = 0
    duplicates: int = 0
    delays: list[float] = field(default_factory=list)
    assessed: int = 0
    unknown: int = 0
    told_of_unknowable: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        return self.found / self.acts if self.acts else None

    @property
    def precision(self) -> float | None:
        reported = self.found + self.false
        return self.found / reported if reported else None

    @property
    def per_act(self) -> float | None:
        """Episodes for each act found."""
        return (self.found + self.duplicates) / self.found if self.found else None

    @property
    def share_unknown(self) -> float | None:
        total = self.assessed + self.unknown
        return self.unknown / total if total else None


@dataclass(slots=True)
class RoleScore:
    """People by what they are and what they were taken for when last seen."""

    people: int = 0
    coarse_decided: int = 0
    coarse_right: int = 0
    fine_decided: int = 0
    fine_right: int = 0

    def take(self, true: Role, told: Role) -> None:
        """Count one person."""
        self.people += 1
        if told is Role.UNKNOWN:
            return
        self.coarse_decided += 1
        self.coarse_right += coarse(true) is coarse(told)
        if told is not Role.STAFF:
            self.fine_decided += 1
            self.fine_right += true is told


def coarse(role: Role) -> Role:
    """Staff as one."""
    return Role.STAFF if role in STAFF_ROLES else role


class Told(Protocol):
    """A scene, or the journal of a facility: what has a truth."""

    @property
    def rule(self) -> RuleId: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def seconds(self) -> float: ...
    @property
    def acts(self) -> tuple[Act, ...]: ...
    @property
    def mixed(self) -> bool: ...


@dataclass(slots=True)
class Board:
    """Everything counted in a run over many scenes."""

    rules: dict[RuleId, Score] = field(default_factory=lambda: {rule: Score() for rule in CATALOGUE})
    marked: RoleScore = field(default_factory=RoleScore)
    unmarked: RoleScore = field(default_factory=RoleScore)
    seconds: float = 0.0
    scenes: int = 0

    def take(self, script: Told, found: Iterable[Found], label: str) -> None:
        """Hold what was found in a scene against its truth."""
        self.seconds += script.seconds
        self.scenes += 1
        self.rules[script.rule].scenes += 1
        open_acts: dict[int, int] = {}
        acts = script.acts
        for one in sorted(found, key=lambda one: one.opened):
            score = self.rules[one.rule]
            matches = [k for k, act in enumerate(acts) if _matches(one, act)]
            if not matches:
                score.false += 1
                score.failures.append(f"{label}: false {one.rule} at {one.opened:.1f} s about {sorted(one.who)}")
                continue
            chosen = next((k for k in matches if k not in open_acts), matches[0])
            open_acts[chosen] = open_acts.get(chosen, 0) + 1
            if not acts[chosen].must:
                continue
            if open_acts[chosen] == 1:
                score.found += 1
                score.delays.append(one.opened - acts[chosen].start)
            else:
                score.duplicates += 1
                score.failures.append(f"{label}: duplicate {one.rule} at {one.opened:.1f} s about {sorted(one.who)}")
        for k, act in enumerate(acts):
            if act.must:
                self.rules[act.rule].acts += 1
                if k not in open_acts:
                    self.rules[act.rule].failures.append(f"{label}: missed {act.rule} of {sorted(act.who)} at {act.start:.1f} s")

    def count(self, script: Told, tallies: Iterable[Tally], label: str, *, clean: bool) -> None:
        """Add up how often the scene's own rule could be judged."""
        for tally in tallies:
            if tally.rule != script.rule:
                continue
            score = self.rules[tally.rule]
            score.assessed += tally.votes.assessed
            score.unknown += tally.votes.total - tally.votes.assessed
            if clean and script.kind is Kind.NOT_ASSESSABLE and not script.mixed and tally.votes.assessed:
                score.told_of_unknowable += 1
                score.failures.append(f"{label}: {tally.votes.assessed} answers where none can be given")


def _matches(found: Found, act: Act) -> bool:
    in_time = found.since <= act.end + _SLACK and found.last >= act.start - _SLACK
    return found.rule == act.rule and in_time and bool(found.who & act.who)


def play(script: Script, noise: Noise, seed: int, board: Board) -> list[Found]:
    """Shoot a script, judge it with every rule, and put the result on the board."""
    footage = shoot(script, noise, seed)
    engine = Engine(script.stage.site, CAMERA, PROVENANCE, EVERYTHING)
    events: list[Event] = []
    for scene in footage.scenes:
        events += engine.step(scene)
    if footage.scenes:
        last = footage.scenes[-1].frame
        events += engine.finish(last.at, last.pts)
    found = episodes(events, footage.names)
    label = f"{script.rule} {script.kind} seed {seed}"
    board.take(script, found, label)
    board.count(script, engine.tallies(), label, clean=noise.mask is None)
    actors = {actor.name: actor for actor in script.actors}
    for person in engine._witness._persons.values():  # the claim that stood when the person was last seen
        actor = actors[footage.names[person.id]]
        if actor.label is person.observation.track.label and actor.role not in {Role.VEHICLE, Role.UNKNOWN}:
            (board.marked if actor.markers else board.unmarked).take(actor.role, person.role.role)
    return found


def episodes(events: Iterable[Event], names: Mapping[TrackId, str]) -> list[Found]:
    """Join the messages of each episode; those that never rose above a warning are none."""
    messages: dict[str, list[Event]] = {}
    for event in events:
        messages.setdefault(event.id, []).append(event)
    found = []
    for told in messages.values():
        first = told[0]
        counted = [e for e in told if e.severity is not Severity.ASSIST or CATALOGUE[e.rule].severity is Severity.ASSIST]
        if not counted:
            continue
        opening = counted[0]
        last = max((e.at for e in told if e.change is not Change.CLOSED), default=first.at)
        found.append(Found(first.rule, _second(first.since), _second(opening.at), _second(last), _who(told, names)))
    return found


def _who(told: list[Event], names: Mapping[TrackId, str]) -> frozenset[str]:
    subject = told[0].subject
    match subject:
        case TrackSubject(track):
            return frozenset({names[track]})
        case PairSubject(first, second):
            return frozenset({names[first], names[second]})
        case ZoneSubject(zone):
            return frozenset({str(zone)})
        case _:
            return frozenset({subject.key})


def _second(at: datetime) -> float:
    return (at - BEGIN).total_seconds()
