from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.types import (
    Attire,
    AttireReading,
    Box,
    CameraId,
    Carried,
    DoorReading,
    FrameRef,
    Head,
    Item,
    ItemReading,
    Label,
    Link,
    MaskKind,
    MaskKindReading,
    MaskReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    Role,
    Scene,
    Thing,
    Track,
    TrackId,
)
from pipelines.errors import BadInput
from pipelines.scene_file import decode_scene, encode_scene, read_scenes, write_lines

share = st.floats(0, 1)
boxes = st.tuples(*[st.floats(-100, 4000)] * 4).map(
    lambda c: Box(min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)
reasons = st.none() | st.sampled_from(Reason)
instants = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
links = st.builds(Link, st.integers(1, 99).map(TrackId), instants, st.floats(-9, 9)) | st.builds(
    Link, st.integers(1, 99).map(TrackId), instants, st.floats(-9, 9), st.sampled_from(Role), share
)
observations = st.builds(
    Observation,
    track=st.builds(Track, st.integers(1, 10**6).map(TrackId), boxes, st.sampled_from(Label), share),
    head=st.none() | st.builds(Head, boxes, share),
    mask=st.none()
    | st.builds(MaskReading, st.sampled_from(MaskState), share, st.floats(0, 500), st.integers(0, 99), st.booleans(), reasons),
    items=st.lists(
        st.builds(
            ItemReading, st.sampled_from(Item), st.sampled_from(Presence), share, st.integers(0, 9), st.booleans(), reasons
        ),
        max_size=3,
    ).map(tuple),
    attire=st.none() | st.builds(AttireReading, st.sampled_from(Attire), share, st.booleans()),
    mask_kind=st.none() | st.builds(MaskKindReading, st.sampled_from(MaskKind), share),
    markers=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    foot_visible=st.booleans(),
    child=st.booleans(),
    carried=st.lists(st.sampled_from(Carried), max_size=2).map(tuple),
    links=st.lists(links, max_size=2).map(tuple),
)
frames = st.builds(
    FrameRef,
    st.text(min_size=1, max_size=9).map(CameraId),
    st.integers(0, 10**9),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    instants,
    st.integers(1, 8000),
    st.integers(1, 8000),
)
scenes = st.builds(
    Scene,
    frames,
    st.lists(observations, max_size=3, unique_by=lambda one: one.track.id).map(tuple),
    st.lists(st.sampled_from(Reason), max_size=2).map(tuple),
    st.lists(st.builds(DoorReading, st.text(max_size=4), st.sampled_from(Presence), share), max_size=2).map(tuple),
    st.lists(st.builds(Thing, boxes, st.datetimes(timezones=st.just(UTC))), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(scenes)
def test_a_scene_comes_back_as_it_was(scene: Scene) -> None:
    line = encode_scene(scene)
    assert decode_scene(line) == scene
    assert encode_scene(decode_scene(line)) == line
    assert "\n" not in line


PLAIN = Scene(
    FrameRef(CameraId("c"), 0, timedelta(0), datetime(2021, 6, 11, tzinfo=UTC), 16, 9),
    (Observation(Track(TrackId(1), Box(0, 0, 1, 1), Label.PERSON, 0.5)),),
)


LINK = {"track": 1, "seen": "2021-06-11T00:00:00", "log_odds": 1.0}


def altered(**changes: object) -> str:
    return json.dumps(json.loads(encode_scene(PLAIN)) | changes)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "not a scene"),
        ("[]", "not a scene"),
        ("[" * 100_000, "not a scene"),
        (altered(colour=1), "unknown field `colour`"),
        (altered(at="2021-06-11T00:00:00"), "timezone component - at `$.at`"),
        (altered(size=[0, 9]), ">= 1 - at `$.size[0]`"),
        (altered(index=1.5), "Expected `int`, got `float` - at `$.index`"),
        (altered(camera=1), "Expected `str`, got `int` - at `$.camera`"),
        (altered(pts=float("nan")), "malformed"),
        (altered(pts=1e9), "`$.pts`"),
        (altered(pts=True), "got `bool`"),
        (altered(people=[{"track": 1}]), "missing required field `label` - at `$.people[0]`"),
        (altered(people=json.loads(encode_scene(PLAIN))["people"] * 2), "twice"),
        (
            altered(people=[{**json.loads(encode_scene(PLAIN))["people"][0], "links": [LINK]}]),
            "timezone component - at `$.people[0].links[0].seen`",
        ),
        (altered(people=[{**json.loads(encode_scene(PLAIN))["people"][0], "score": 5}]), "`$.people[0].score`"),
        (altered(people=[{**json.loads(encode_scene(PLAIN))["people"][0], "track": 10**30}]), "`$.people[0].track`"),
        (altered(doors=[{"door": "d", "open": "present", "p": -1}]), "`$.doors[0].p`"),
        (altered(impairments=["SUNNY"]), "SUNNY"),
        ("x" * (17 * 1024 * 1024), "longer than any scene"),
    ],
)
def test_lines_that_are_no_scenes_are_refused(line: str, problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        decode_scene(line)
    assert problem in caught.value.problem


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scenes.jsonl"
    assert write_lines(path, [encode_scene(PLAIN), "", "nonsense"]) == 3
    with pytest.raises(BadInput, match=r"scenes.jsonl:3"):
        list(read_scenes(path))
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_scenes(tmp_path / "none.jsonl"))


def test_times_are_written_in_utc() -> None:
    east = PLAIN.frame.at.astimezone(__import__("datetime").timezone(timedelta(hours=7)))
    assert encode_scene(replace(PLAIN, frame=replace(PLAIN.frame, at=east))) == encode_scene(PLAIN)
