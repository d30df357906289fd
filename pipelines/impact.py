"""What a change of the rules would have changed: two site files judged on the same stored scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from analyzer.types import CameraId, Change, Event, FacilityId, RuleId, Severity, TrackId
from pipelines.replay import judge
from pipelines.scene_file import read_scenes
from pipelines.site_file import SiteDocument

_SAME_ACT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode as far as two judgements of the same scenes can be compared."""

    rule: RuleId
    camera: CameraId
    subject: str
    tracks: frozenset[TrackId]
    severity: Severity
    since: timedelta
    until: timedelta


@dataclass(frozen=True, slots=True)
class Changed:
    """The same act, differently judged."""

    before: Episode
    after: Episode


@dataclass(frozen=True, slots=True)
class Impact:
    """What appears, disappears, and changes, for one facility."""

    facility: FacilityId
    appearing: tuple[Episode, ...]
    disappearing: tuple[Episode, ...]
    changed: tuple[Changed, ...]
    unchanged: int

    def by_rule(self) -> tuple[tuple[RuleId, int, int, int], ...]:
        """For each rule touched: appearing, disappearing, changed."""
        counts: Counter[tuple[RuleId, int]] = Counter()
        counts.update((episode.rule, 0) for episode in self.appearing)
        counts.update((episode.rule, 1) for episode in self.disappearing)
        counts.update((change.after.rule, 2) for change in self.changed)
        return tuple((rule, counts[rule, 0], counts[rule, 1], counts[rule, 2]) for rule in sorted({rule for rule, _ in counts}))


def impact(scenes: Sequence[Path], new: SiteDocument, old: SiteDocument) -> Impact:
    """Judge stored scenes by both site files and compare.

    Args:
        scenes: files, each of one camera.
        new: the site as it would be.
        old: the site as it is.

    Raises:
        BadInput: scenes that cannot be judged by one of the sites.
    """
    before: list[Episode] = []
    after: list[Episode] = []
    for path in scenes:
        before += episodes(judge(read_scenes(path), old, "old", str(path)))
        after += episodes(judge(read_scenes(path), new, "new", str(path)))
    return compare(new.site.facility.id, before, after)


def episodes(events: Iterable[Event]) -> list[Episode]:
    """The episodes that event messages tell of, as their last message leaves them."""
    last: dict[str, Event] = {}
    for event in events:
        last[event.id] = event
    return [
        Episode(
            event.rule,
            event.camera,
            event.subject.key,
            frozenset(event.tracks),
            event.severity,
            event.since_pts,
            event.pts if event.change is not Change.OPENED else event.since_pts,
        )
        for event in last.values()
    ]


def compare(facility: FacilityId, before: Sequence[Episode], after: Sequence[Episode]) -> Impact:
    """Pair episodes of the same rule, camera and subject that overlap (or nearly do); each is paired at most once."""
    left = list(before)
    appearing: list[Episode] = []
    changed: list[Changed] = []
    same = 0
    for episode in after:
        twin = next((other for other in left if _same_act(other, episode)), None)
        if twin is None:
            appearing.append(episode)
            continue
        left.remove(twin)
        if twin == episode:
            same += 1
        else:
            changed.append(Changed(twin, episode))
    return Impact(facility, tuple(appearing), tuple(left), tuple(changed), same)


def _same_act(a: Episode, b: Episode) -> bool:
    return (
        (a.rule, a.camera, a.subject) == (b.rule, b.camera, b.subject)
        and a.since <= b.until + _SAME_ACT
        and b.since <= a.until + _SAME_ACT
    )
