"""Why there is an event at a moment, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from analyzer.catalogue import RuleState, explain_rules
from analyzer.desk import Standing
from analyzer.engine import Engine
from analyzer.entry import Level, Text
from analyzer.errors import ComplianceError
from analyzer.judgement import Timing
from analyzer.labels import REASONS, ROLES, ZONES
from analyzer.privacy import withhold
from analyzer.sentences import Language, say, seconds
from analyzer.site import Site
from analyzer.types import PairSubject, Provenance, RuleId, RunId, Scene, Subject, TrackSubject, Verdict, ZoneSubject
from pipelines.errors import BadInput
from pipelines.replay import CODE_VERSION
from pipelines.scene_file import read_scenes
from pipelines.site_file import load_site

_RECENT = timedelta(seconds=10)
"""A scene older than this is said to be: what was asked for was not seen."""

_VERDICTS = {
    Verdict.VIOLATING: Text("dấu hiệu vi phạm", "violating"),
    Verdict.COMPLIANT: Text("tuân thủ", "compliant"),
    Verdict.UNKNOWN: Text("không đánh giá được", "not assessable"),
}


def explained(scenes: Path, site: Path, at: datetime, camera: str | None, language: str) -> Iterator[str]:
    """Lines for a person: every rule with what it judged at the last scene up to a moment.

    Raises:
        BadInput: no scene up to that moment, another camera, an unknown language, or files that cannot be used.
    """
    if language not in set(Language):
        raise BadInput(f"--language {language}", "is not offered", "write vi or en")
    tongue = Language(language)
    document = load_site(site)
    moment = at if at.tzinfo else at.replace(tzinfo=document.site.facility.timezone)
    engine: Engine | None = None
    last: Scene | None = None
    try:
        for scene in read_scenes(scenes):
            if scene.frame.at > moment:
                break
            if camera not in (None, scene.frame.camera):
                raise BadInput(
                    str(scenes), f"has scenes of {scene.frame.camera}, not of {camera}", "name the scenes of that camera"
                )
            if engine is None:
                engine = Engine(document.site, scene.frame.camera, Provenance(RunId("explain"), document.sha256, CODE_VERSION))
            engine.step(withhold(scene, document.site))
            last = scene
    except ComplianceError as problem:
        remedy = "give the scenes of one camera of the site in time order"
        raise BadInput(str(scenes), str(problem), remedy) from problem
    if engine is None or last is None:
        raise BadInput(str(scenes), f"has no scene up to {moment.isoformat()}", "name a later moment")
    yield f"{last.frame.camera} {last.frame.at.astimezone(document.site.facility.timezone).isoformat()} (+{last.frame.pts})"
    if moment - last.frame.at > _RECENT:
        before = seconds((moment - last.frame.at).total_seconds(), tongue)
        yield say(
            Text(f"cảnh cuối cùng, {before} trước thời điểm được hỏi", f"the last scene, {before} before the moment asked for"),
            tongue,
        )
    standings = engine.standings()
    for standing in standings:
        yield _standing(standing, document.site, tongue)
    yield from _silent(document.site.of_camera(last.frame.camera), {standing.entry.id for standing in standings}, tongue)


def _standing(standing: Standing, site: Site, language: Language) -> str:
    judgement, timing, votes = standing.judgement, standing.clause.timing, standing.votes
    said = say(_VERDICTS[judgement.verdict], language)
    if judgement.reason is not None:
        said += f" ({say(REASONS[judgement.reason], language)})"
    who = _about(judgement.subject, site, language) + (f", {say(ROLES[judgement.role.role], language)}" if judgement.role else "")
    needed = say(_needed(timing, language), language)
    state = say(Text("ĐANG MỞ", "OPEN") if standing.open else Text("chưa mở", "not open"), language)
    counted = say(
        Text(
            f"{votes.violating} vi phạm / {votes.compliant} tuân thủ / {votes.total - votes.assessed} không đánh giá được",
            f"{votes.violating} violating / {votes.compliant} compliant / {votes.total - votes.assessed} not assessable",
        ),
        language,
    )
    return f"{standing.entry.id} {who}: {said}; {state}: {counted}; {needed}"


def _about(subject: Subject, site: Site, language: Language) -> str:
    """Whom or what a judgement is about: people by their numbers, places by their names."""
    match subject:
        case TrackSubject(track):
            return say(Text(f"đối tượng {track}", f"track {track}"), language)
        case PairSubject(first, second):
            return say(Text(f"đối tượng {first} và {second}", f"tracks {first} and {second}"), language)
        case ZoneSubject(place):
            known = (zone for zone in site.zones if zone.id == place)
            return next((zone.name or f"{say(ZONES[zone.kind], language)} ({place})" for zone in known), place)
        case _:
            return subject.key


def _silent(site: Site, heard: set[RuleId], language: Language) -> Iterator[str]:
    for status in explain_rules(site):
        if status.entry.level is not Level.CAMERA or status.entry.id in heard:
            continue
        if status.state is RuleState.ON:
            nobody = Text("không có ai thuộc phạm vi quy tắc", "nobody here whom it is about")
            yield f"{status.entry.id}: {say(nobody, language)}"
        else:
            missing = "; ".join(say(text, language) for text in status.missing)
            yield f"{status.entry.id}: {say(status.why, language)}{': ' if missing else ''}{missing}"


def _needed(timing: Timing, language: Language) -> Text:
    """What opens an event."""
    if timing.act:
        return Text("một hành vi hoàn tất là đủ", "one completed act is enough")
    lasting = seconds(timing.first.total_seconds(), language)
    return Text(
        f"cần ≥ {timing.min_assessed} thời điểm đánh giá được, ≥ {timing.ratio:.0%} vi phạm, kéo dài ≥ {lasting or '0 giây'}",
        f"needs >= {timing.min_assessed} instants assessed, >= {timing.ratio:.0%} violating, over >= {lasting or '0 s'}",
    )
