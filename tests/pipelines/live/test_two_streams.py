"""A camera with two streams: the small one is analysed, the large one is kept as evidence, undecoded, and the times agree."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from analyzer.types import Box, CameraId, MaskState
from models.synthetic import paint_person
from pipelines.records import EvidenceKind, EvidenceState
from pipelines.ring import segments
from pipelines.sources.address import parse_address
from pipelines.sources.camera import CameraPlan
from pipelines.sources.lifecycle import State
from tests.pipelines.live.running import running
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import Picture, write_clip
from tests.rtsp.stream import Recording, load

SECONDS, SPEED = 24, 0.05  # of the recording; widths a second
BODY = np.array((160, 40, 160))
SUB, MAIN = (480, 270), (720, 404)


def scene(rate: int, width: int, height: int) -> Iterator[Picture]:
    """Somebody without a mask crosses the picture from the second to the sixteenth second, the same in every size."""
    rng = np.random.default_rng(0)
    grounds = [110 + rng.integers(-2, 3, (height, width, 1), np.int16).repeat(3, 2) for _ in range(4)]
    for index in range(SECONDS * rate):
        picture, at = grounds[index % 4].astype(np.uint8), index / rate
        if 2 <= at < 16:
            left = width * (0.05 + SPEED * (at - 2))
            paint_person(picture, Box(left, height * 0.1, left + width * 0.12, height * 0.95), MaskState.NONE)
        yield picture


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    folder = tmp_path_factory.mktemp("clips")
    small = write_clip(folder / "sub.mp4", scene(5, *SUB), rate=5, keyframe_every=10, bit_rate=400_000)
    large = write_clip(folder / "main.mp4", scene(10, *MAIN), rate=10, keyframe_every=20, bit_rate=2_000_000)
    return {"/sub": load(small), "/main": load(large)}


def two(camera: RtspCamera, tmp_path: Path, evidence: str | None = None) -> CameraPlan:
    plan = plan_for(camera.stream_url("/sub"))
    address = parse_address(evidence or camera.stream_url("/main"), "gate")
    return replace(plan, evidence=address, ring=tmp_path / "ring" / "gate")


def position_of_body(picture: Picture) -> float | None:
    """Middle of the painted body, as a fraction of the width."""
    near = (np.abs(picture[picture.shape[0] // 2].astype(int) - BODY) < 45).all(axis=1)
    columns = np.flatnonzero(near)
    return float(columns.mean() + 0.5) / picture.shape[1] if len(columns) > picture.shape[1] * 0.08 else None


@pytest.mark.timeout(240)
def test_evidence_comes_from_the_main_stream_at_the_same_time(streams: dict[str, Recording], tmp_path: Path) -> None:
    with RtspCamera(streams["/sub"], streams=streams) as camera, running(tmp_path, [two(camera, tmp_path)]) as run:
        run.wait(lambda: run.live.status()[0].life.state is State.LIVE and run.live.recordings()[0].life.state is State.LIVE, 20)
        opened = run.live.status()[0].opened
        assert opened is not None
        assert (opened.width, opened.height) == SUB
        run.wait(lambda: bool(run.events()), 60)
        event = run.events()[-1]
        run.wait(lambda: run.repository.event(event.id).evidence_state is EvidenceState.READY, 60)
        recorded = run.live.recordings()[0].tally
        assert (recorded.sent, recorded.captured) == (0, recorded.quiet)  # nothing of it was decoded
        run.stop()
        rows = {row.kind: row for row in run.repository.evidence(event.id)}
        (stored,) = run.repository.runs()
    assert stored.counts.captured == stored.counts.analysed + sum(count for _, count in stored.counts.dropped)
    for segment in segments(tmp_path / "ring" / "gate"):
        with av.open(str(segment.path)) as file:
            assert (file.streams.video[0].width, file.streams.video[0].height) == MAIN

    boxes = json.loads((tmp_path / "evidence" / rows[EvidenceKind.BOXES].path).read_text())
    assert (boxes["width"], boxes["height"]) == SUB
    analysed = [
        (instant["media_time"], (track["box"][0] + track["box"][2]) / 2)
        for instant in boxes["instants"]
        for track in instant["tracks"]
        if track["of_event"]
    ]
    with av.open(str(tmp_path / "evidence" / rows[EvidenceKind.CLIP].path)) as clip:
        assert (clip.streams.video[0].width, clip.streams.video[0].height) == MAIN
        found = [(frame.time, position_of_body(frame.to_ndarray(format="bgr24"))) for frame in clip.decode(video=0)]
    kept = [(at, where) for at, where in found if where is not None]
    assert len(analysed) > 8
    assert len(kept) > 40
    times, places = zip(*kept, strict=True)
    inside = [(at, where) for at, where in analysed if times[0] <= at <= times[-1]]
    late = [(np.interp(at, times, places) - where) / SPEED for at, where in inside]
    assert abs(statistics.median(late)) < 0.3, f"the streams are {statistics.median(late):.2f} s apart"

    key_frame = (tmp_path / "evidence" / rows[EvidenceKind.KEY_FRAME].path).read_bytes()
    with av.open(BytesIO(key_frame)) as picture:
        drawn = next(picture.decode(video=0)).to_ndarray(format="bgr24")
    assert drawn.shape[1] == MAIN[0]
    orange = (np.abs(drawn.astype(int) - (0, 94, 213)) < 50).all(axis=2)
    body = (np.abs(drawn.astype(int) - BODY) < 45).all(axis=2)
    left, right = np.flatnonzero(orange[: MAIN[1]].any(axis=0))[[0, -1]]
    inner = np.flatnonzero(body[: MAIN[1]].sum(axis=0) > 100)
    assert (
        abs((left + right) / 2 - inner.mean()) < 0.06 * MAIN[0]
    )  # the box of the small picture lies on the person of the large one


def test_an_evidence_stream_that_is_away_does_not_stop_the_watch(streams: dict[str, Recording], tmp_path: Path) -> None:
    with (
        RtspCamera(streams["/sub"], streams=streams) as camera,
        RtspCamera(streams["/main"], Behaviour(Mode.REFUSE)) as other,
        running(tmp_path, [two(camera, tmp_path, other.url)], evidence=False) as run,
    ):
        run.wait(lambda: run.live.camera(CameraId("gate")).account.analysed > 5, 30)
        run.wait(lambda: run.live.recordings()[0].life.state is State.DOWN, 10)
        worker = run.live.worker(CameraId("gate"))
        other.behave(Behaviour())
        run.wait(lambda: run.live.recordings()[0].life.state is State.LIVE, 30)
        run.wait(lambda: bool(segments(tmp_path / "ring" / "gate")), 10)
        assert run.live.worker(CameraId("gate")) is worker
        assert run.live.status()[0].reconnects == 0
        assert run.live.status()[0].life.state is State.LIVE
        run.stop()
