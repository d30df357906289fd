"""A clip is evidence only if an inspector can see it: real Chromium plays it and shows the right picture at the right time."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.types import CameraId
from pipelines.evidence.footage import RecordedFootage
from pipelines.evidence.proxy import make_proxy
from pipelines.sources.recording import Recording
from tests.media import Film, make

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

# Reads the number of the picture off the bars, as tests.media.number_of does.
_SHOWN = """async ([source, times, expected]) => {
  const video = document.createElement('video');
  video.muted = true;
  const happens = (name) => new Promise((yes, no) => {
    video.addEventListener(name, yes, {once: true});
    video.addEventListener('error', () => no(new Error('media error ' + video.error.code)), {once: true});
  });
  const loaded = happens('loadeddata');
  video.src = source;
  await loaded;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext('2d');
  const shown = [];
  const read = () => {
    pen.drawImage(video, 0, 0);
    let number = 0;
    for (let bit = 0; bit < 12; bit++) {
      const x = Math.floor((2 * bit + 1) * canvas.width / 24);
      number += pen.getImageData(x, canvas.height / 2, 1, 1).data[0] > 127 ? 1 << bit : 0;
    }
    return number;
  };
  for (const [index, at] of times.entries()) {
    const sought = happens('seeked');
    video.currentTime = at;
    await sought;
    // The event may come before the picture is painted: it is given five seconds to appear.
    let number = read();
    for (let waited = 0; number !== expected[index] && waited < 100; waited++) {
      await new Promise((yes) => setTimeout(yes, 50));
      number = read();
    }
    shown.push(number);
  }
  return [video.duration, canvas.width, canvas.height, shown];
}"""


@pytest.fixture
def page(chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    with chromium.new_context() as context:
        yield context.new_page()


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("a.mp4", Film(count=400, options={"bf": "3"})),
        ("a.ts", Film(count=400, options={"bf": "3"})),
        ("a.avi", Film(count=400, options={"bf": "3"})),
        ("a.mkv", Film(count=400, options={"bf": "3", "x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0"})),
        ("h.mp4", Film(count=400, codec="libx265")),
        ("m.avi", Film(count=400, codec="mjpeg")),
    ],
    ids=["mp4", "ts", "avi", "proxy of open groups", "proxy of h265", "proxy of mjpeg"],
)
def test_chromium_shows_the_right_picture_at_the_right_time(tmp_path: Path, page: sync_api.Page, name: str, film: Film) -> None:
    clip = RecordedFootage(Recording(make(tmp_path / name, film), CameraId("c"))).cut(
        timedelta(seconds=15), timedelta(seconds=25), tmp_path / "clip"
    )
    played = tmp_path / "clip"
    if not clip.plays_in_browser:
        make_proxy(played, tmp_path / "proxy")
        played = tmp_path / "proxy"
    first = round(clip.starts.total_seconds() * 10)
    source = "data:video/mp4;base64," + base64.b64encode(played.read_bytes()).decode()
    # Into the middle of each picture, so that rounding decides nothing.
    times = [0.05, 0.15, 3.35, 1.05, 7.75, 9.35, 9.95]
    expected = [first + int(at * 10) for at in times]
    duration, width, height, shown = page.evaluate(_SHOWN, [source, times, expected])
    assert (width, height) == (192, 128)
    assert shown == expected
    assert duration == pytest.approx(clip.duration.total_seconds(), abs=0.35)
