"""One rule at work on one camera, or on one facility: its open matters and its count of judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID, uuid5

from analyzer.ballot import Instant
from analyzer.entry import Clause, Entry
from analyzer.episodes import Docket, Episode, Turn
from analyzer.judgement import Judgement
from analyzer.moment import Moment
from analyzer.types import (
    CameraId,
    Event,
    EventId,
    Measure,
    PairSubject,
    Provenance,
    Reason,
    Subject,
    Tally,
    TrackId,
    TrackSubject,
    Verdict,
    Votes,
)

NAMESPACE = UUID("6f6c1f0e-7d55-5f0a-9a53-4a1f2f3f9c11")
"""Root of all event ids; never to be changed."""

_Key = tuple[str, Subject]  # the clause by name
Matter = tuple[Clause, Episode, Turn]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rule stands on one subject: its judgement now, and the votes gathered towards an event.

    ``votes`` are those of the open episode, or those that count towards opening one.
    """

    entry: Entry
    clause: Clause
    judgement: Judgement
    votes: Votes
    open: bool


class Desk:
    """One rule at work: its open matters and its count of judgements.

    Attributes:
        open: the matters of which an episode is open.
        cues: what a moment must show for the rule to have anything to say (`Cue`).
    """

    __slots__ = (
        "_clauses",
        "_dockets",
        "_episodes",
        "_forgotten",
        "_forgotten_assessed",
        "_heard",
        "cues",
        "entry",
        "open",
    )

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._clauses = {clause.name: clause for clause in entry.clauses}
        self._dockets: dict[str, dict[Subject, Docket]] = {clause.name: {} for clause in entry.clauses}
        self.open: dict[_Key, Docket] = {}
        self._heard: Counter[Verdict | Reason] = Counter()
        # A plain number: the operators of flags are slow, and every rule is asked at every instant.
        self.cues = reduce(or_, (int(clause.rule.cue) for clause in entry.clauses))
        self._episodes = self._forgotten = self._forgotten_assessed = 0

    def hear(self, moment: Moment, instant: Instant, hindrance: Reason | None = None) -> Iterator[Matter]:
        """Put down the judgements of an instant; yields each matter as it turns.

        Args:
            moment: what the rule judges.
            instant: when that is.
            hindrance: why nothing in the picture can be told, whatever the rule says.
        """
        for clause in self.entry.clauses:
            dockets = self._dockets[clause.name]
            for judgement in clause.rule.judge(moment):
                heard = judgement if hindrance is None else judgement.hindered(hindrance)
                subject = heard.subject
                docket = dockets.get(subject)
                if docket is None:
                    docket = dockets[subject] = Docket(clause.timing, self.entry.severity)
                if heard.votes:
                    self._heard[heard.reason or heard.verdict] += 1
                before = docket.episode
                turn = docket.take(heard, instant)
                episode = docket.episode
                if episode is None:
                    continue
                if before is None:
                    self._episodes += 1
                    self.open[clause.name, subject] = docket
                if turn is not None:
                    yield clause, episode, turn

    def standings(self, moment: Moment, hindrance: Reason | None) -> Iterator[Standing]:
        """How the rule stands on every subject of a moment it has just heard. Changes nothing."""
        for clause in self.entry.clauses:
            for judgement in clause.rule.judge(moment):
                heard = judgement if hindrance is None else judgement.hindered(hindrance)
                docket = self._dockets[clause.name][heard.subject]
                yield Standing(self.entry, clause, heard, docket.votes, docket.episode is not None)

    def part(self, moment: Moment, instant: Instant) -> None:
        """Two people who are both in view, and about whom the rule says nothing now, are apart: that is compliance."""
        for (_, subject), docket in self.open.items():
            episode = docket.episode
            if not isinstance(subject, PairSubject) or episode is None or episode.heard == instant:
                continue
            present = {person.id for person in moment.people}
            if subject.first in present and subject.second in present:
                self._heard[Verdict.COMPLIANT] += 1
                docket.take(Judgement(subject, Verdict.COMPLIANT), instant)

    def undecided(self, now: datetime, soon: timedelta) -> bool:
        """Whether any matter may turn within ``soon``."""
        return any(docket.undecided(now, soon) for dockets in self._dockets.values() for docket in dockets.values())

    def tick(self, instant: Instant, *, gap: bool = False) -> Iterator[Matter]:
        """Let time pass; ``gap``: nothing was looked at for a while, and the instant is not heard yet."""
        for key, docket in sorted(self.open.items(), key=_by_key):
            episode = docket.episode
            turn = docket.lapse(instant) if gap else docket.tick(instant)
            if turn is not None and episode is not None:
                del self.open[key]
                yield self._clauses[key[0]], episode, turn

    def close(self) -> Iterator[Matter]:
        for key, docket in sorted(self.open.items(), key=_by_key):
            episode = docket.episode
            assert episode is not None  # what is open has an episode
            del self.open[key]
            yield self._clauses[key[0]], episode, docket.end()

    def forget(self, gone: frozenset[TrackId]) -> None:
        """Drop what concerns people out of view for long; their count stays."""
        subjects: dict[Subject, bool] = {}
        for dockets in self._dockets.values():
            for subject in [one for one, docket in dockets.items() if docket.episode is None and _tracks(one) & gone]:
                assessed = dockets.pop(subject).assessed
                subjects[subject] = subjects.get(subject, False) or assessed
        self._forgotten += len(subjects)
        self._forgotten_assessed += sum(subjects.values())

    def tally(self, camera: CameraId) -> Tally:
        """How often the rule was judged so far."""
        subjects: dict[Subject, bool] = {}
        for dockets in self._dockets.values():
            for subject, docket in dockets.items():
                subjects[subject] = subjects.get(subject, False) or docket.assessed
        unknown = sorted((why, count) for why, count in self._heard.items() if isinstance(why, Reason))
        return Tally(
            rule=self.entry.id,
            rule_version=self.entry.version,
            camera=camera,
            votes=Votes(self._heard[Verdict.VIOLATING], self._heard[Verdict.COMPLIANT], tuple(unknown)),
            subjects=self._forgotten + len(subjects),
            assessed_subjects=self._forgotten_assessed + sum(subjects.values()),
            episodes=self._episodes,
        )


def _by_key(item: tuple[_Key, Docket]) -> tuple[str, str]:
    (clause, subject), _ = item
    return clause, subject.key


def _tracks(subject: Subject) -> frozenset[TrackId]:
    match subject:
        case TrackSubject(track):
            return frozenset({track})
        case PairSubject(first, second):
            return frozenset({first, second})
        case _:
            return frozenset()


def event_of(entry: Entry, matter: Matter, camera: CameraId, provenance: Provenance) -> Event:
    """The message that tells of a change of an episode."""
    clause, episode, turn = matter
    first, last = episode.first, episode.last
    place = f"{camera}|{entry.id}@{entry.version}{clause.name and '/' + clause.name}"
    name = f"{provenance.run}|{place}|{first.subject.key}|{_micros(episode.opened.pts)}"
    seen, least = episode.seen.total_seconds(), clause.timing.min_duration.total_seconds()
    timed = () if clause.timing.act else (Measure("duration", seen, "s", least),)
    return Event(
        id=EventId(str(uuid5(NAMESPACE, name))),
        rule=entry.id,
        rule_version=entry.version,
        severity=episode.severity,
        camera=camera,
        subject=first.subject,
        change=turn.change,
        at=turn.instant.at,
        pts=turn.instant.pts,
        since=episode.since.at,
        since_pts=episode.since.pts,
        votes=episode.votes,
        provenance=provenance,
        zone=first.zone.id if first.zone else None,
        zone_version=first.zone.version if first.zone else None,
        role=last.role,
        measures=(*timed, *last.measures),
        tracks=tuple(sorted(episode.tracks)),
    )


def _micros(pts: timedelta) -> int:
    return pts // timedelta(microseconds=1)
