"""Writes the golden scenarios anew: `python -m tests.golden.compose`. Look at the difference before committing it.

Each folder tells one short story: README.md in a sentence, site.toml, the scenes, and the events they must give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.types import (
    Box,
    CameraId,
    FrameRef,
    Head,
    Item,
    ItemReading,
    Label,
    MaskReading,
    MaskState,
    Observation,
    Presence,
    Reason,
    Scene,
    Track,
    TrackId,
)
from pipelines.replay import replay_lines
from pipelines.scene_file import encode_scene, write_lines

FOLDER = Path(__file__).parent
START = datetime(2021, 6, 11, 1, 0, tzinfo=UTC)
CAMERA = CameraId("corridor")
N, W, C, U = MaskState.NONE, MaskState.WORN, MaskState.INCORRECT, MaskState.NOT_VISIBLE

HEAD = """[facility]
id = "kcl-01"
name = "Khu cách ly 01"

[[camera]]
id = "corridor"
name = "Hành lang tầng 2"
"""
CORRIDOR = (
    HEAD
    + """
[[camera.zone]]
id = "corridor-2"
kind = "corridor"
polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]
"""
)
MARKED = """
[roles]
markers = { CL-01 = "quarantined", PV-07 = "room_service" }
"""


def someone(
    track: int,
    x: float,
    mask: MaskState,
    *,
    y: float = 720,
    marker: str = "",
    items: dict[Item, Presence] | None = None,
) -> Observation:
    """A person 300 px high whose foot is at (x, y) of a 1280 x 720 picture."""
    box = Box(x - 50, y - 300, x + 50, y)
    return Observation(
        Track(TrackId(track), box, Label.PERSON, 0.9),
        Head(Box(x - 22, y - 300, x + 22, y - 248), 0.9),
        MaskReading(mask, 0.97, 52.0, 4, reason=Reason.FACE_AWAY if mask is U else None),
        tuple(ItemReading(item, state, 0.94, 3) for item, state in (items or {}).items()),
        markers=(marker,) if marker else (),
    )


Story = Callable[[float], Iterable[Observation]]


@dataclass(frozen=True)
class Golden:
    """``dark``: from and to which second the picture is too dark."""

    name: str
    says: str
    site: str
    story: Story
    length: float
    dark: tuple[float, float] = (0, 0)


def gloveless(t: float) -> list[Observation]:
    worn = {Item.GOWN: Presence.PRESENT, Item.FACE_SHIELD: Presence.PRESENT, Item.GOGGLES: Presence.ABSENT}
    return [someone(1, 300 + 10 * t, W, marker="PV-07", items=worn | {Item.GLOVES: Presence.ABSENT})] if t < 40 else []


GOLDEN = (
    Golden(
        "01_mask_put_on",
        "Somebody walks down the corridor without a mask and puts one on after twelve seconds: opened, then closed.",
        CORRIDOR,
        lambda t: [someone(1, 200 + 8 * t, N if t < 12 else W)],
        80,
    ),
    Golden(
        "02_turned_away",
        "Somebody stands with their back to the camera all the time: nothing can be said, nothing is.",
        CORRIDOR,
        lambda t: [someone(1, 600, U)],
        30,
    ),
    Golden(
        "03_mask_on_chin",
        "Mask on the chin; the person walks out of the picture: opened, then lost, never closed.",
        CORRIDOR,
        lambda t: [someone(1, 200 + 40 * t, C)] if t < 20 else [],
        90,
    ),
    Golden(
        "04_id_switch",
        "The tracker loses somebody without a mask for a second and finds them under a new id: one act, one event.",
        CORRIDOR,
        lambda t: [] if 10 < t < 11 else [someone(1 if t <= 10 else 2, 300 + 10 * t, N)],
        30,
    ),
    Golden(
        "05_out_of_the_room",
        "A quarantined person lingers in the corridor with no call for them: a hint first, then an event.",
        CORRIDOR
        + MARKED
        + """
[[schedule]]
activity = "sampling"
start = 15:00:00
end = 16:00:00

[[rule]]
id = "Q04"
thresholds = { warn_s = 10, min_duration_s = 30 }
""",
        lambda t: [someone(1, 600, W, marker="CL-01")],
        45,
    ),
    Golden(
        "06_no_gloves",
        "Room service in the corridor: gown and face shield are on, gloves are not.",
        CORRIDOR + MARKED,
        gloveless,
        50,
    ),
    Golden(
        "07_gathering",
        "Three people stand together for half a minute, then one leaves.",
        CORRIDOR + '\n[[rule]]\nid = "Q07"\nthresholds = { min_duration_s = 20, cooldown_s = 10 }\n',
        lambda t: [someone(1, 500, W), someone(2, 610, W), someone(3, 720 if t < 30 else min(720 + 90 * (t - 30), 1200), W)],
        60,
    ),
    Golden(
        "08_through_the_gate",
        "One person walks straight in through the gate, another stops at the guard first.",
        HEAD
        + """
[[camera.zone]]
id = "gate"
kind = "gate"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[camera.line]]
id = "gate-line"
points = [[0.5, 1.0], [0.5, 0.0]]
left = "outside"
right = "inside"
""",
        lambda t: (
            [someone(1, 200 + 80 * t, W)] * (t < 12)
            + [someone(2, 200 + 80 * (t - 20) if t < 24 else 520 if t < 32 else min(520 + 80 * (t - 32), 1200), W)] * (t >= 20)
        ),
        45,
    ),
    Golden(
        "09_too_dark",
        "Nobody can be judged while the picture is too dark, whatever the readings claim.",
        CORRIDOR,
        lambda t: [someone(1, 600, N)],
        30,
        (0, 31),
    ),
    Golden(
        "10_masks_only",
        "Nothing is drawn: masks are judged everywhere, and nothing else is.",
        HEAD,
        lambda t: [someone(1, 300, N, y=400), someone(2, 800, W)],
        20,
    ),
)


def scenes(golden: Golden, rate: int = 2) -> Iterable[Scene]:
    for i in range(round(golden.length * rate)):
        t = timedelta(seconds=i / rate)
        seconds = i / rate
        dark = golden.dark[0] <= seconds < golden.dark[1]
        yield Scene(
            FrameRef(CAMERA, i * 12, t, START + t, 1280, 720),
            tuple(golden.story(seconds)),
            (Reason.TOO_DARK,) if dark else (),
        )


def write(golden: Golden) -> None:
    folder = FOLDER / golden.name
    folder.mkdir(exist_ok=True)
    write_lines(folder / "README.md", [golden.says])
    write_lines(folder / "site.toml", golden.site.splitlines())
    write_lines(folder / "scenes.jsonl", map(encode_scene, scenes(golden)))
    write_lines(folder / "events.jsonl", replay_lines(folder / "scenes.jsonl", folder / "site.toml", "golden"))


if __name__ == "__main__":
    for each in GOLDEN:
        write(each)
