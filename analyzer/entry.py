"""What a rule of the catalogue is: whom, where, when, how long, how severe, on what basis.

Numbers are defaults of this project unless a source is named; each can be changed in the site file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from analyzer.judgement import Rule, Timing
from analyzer.site import Activity, Side
from analyzer.supply import Supply
from analyzer.types import Reason, RuleId, Severity


class Nature(StrEnum):
    """How strong the ground of a rule is; shown as such, practice is never printed as an article of law."""

    LAW = "law"
    LATER_LAW = "later_law"  # read in a text younger than the dispatch
    PRACTICE = "practice"
    INFERENCE = "inference"


class Level(StrEnum):
    """What a rule is judged on: the scenes of one camera, or the reports of a facility about itself."""

    CAMERA = "camera"
    FACILITY = "facility"


class EvidenceSet(StrEnum):
    """What is kept with an event (rule catalogue 3.1)."""

    E1 = "E1"  # clip, key frames, ids, versions, scores
    E2 = "E2"  # E1 and positions on the floor
    E3 = "E3"  # E1 and a crop an item
    E4 = "E4"  # connection log, last good frame
    E5 = "E5"  # registry record


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the languages of the interface."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to break a rule: a kind with its parameters, and its timing. Most rules have one."""

    rule: Rule
    timing: Timing = field(default_factory=Timing)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Requires:
    """What a person must have entered, and perception deliver, for a rule to run at all.

    ``zones``: one of a kind of its scope; ``doors``, ``lines``: any; ``sides``: a line between these two. ``plan`` (one of
    these activities in the schedules), ``table`` (of roles allowed in zones) and ``calibration`` it runs without, answering ``NO_SCHEDULE``, ``NO_CALIBRATION``;
    without a ``gate_log`` it goes by what else it is told.
    """

    zones: bool = True
    doors: bool = False
    lines: bool = False
    calibration: bool = False
    table: bool = False
    gate_log: bool = False
    sides: frozenset[Side] = frozenset()
    plan: tuple[Activity, ...] = ()
    supply: frozenset[Supply] = frozenset({Supply.PERSONS})


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of the catalogue. ``version`` grows whenever its meaning changes.

    ``text`` may speak of people of one role. Where the rule is applied to somebody whose role is not known as well,
    ``anyone`` names what was seen without saying who it was.
    """

    id: RuleId
    text: Text
    clauses: tuple[Clause, ...]
    severity: Severity
    basis: tuple[str, ...]
    nature: Nature
    evidence: EvidenceSet
    not_assessable: frozenset[Reason]
    requires: Requires = Requires()
    level: Level = Level.CAMERA
    version: int = 1
    anyone: Text | None = None
