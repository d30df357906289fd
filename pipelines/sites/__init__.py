"""Beginnings of site files, by kind of area: a small valid file with one camera to be drawn further."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

_HEAD = """# A site file: what must hold where. See docs/site-file.md; check with `vigil site check`.
# Polygons are fractions of the picture, [0, 0] at its top left and [1, 1] at its bottom right.

[facility]
id = {facility}
name = {name}
timezone = "Asia/Ho_Chi_Minh"

[[camera]]
id = {camera}
name = {camera}
source = ""                      # a recording, or an address without a password
"""

_ZONE = """
[[camera.zone]]
id = "{id}"
kind = "{kind}"
polygon = {polygon}
"""

_FLOOR = "[[0.05, 0.35], [0.95, 0.35], [0.95, 0.98], [0.05, 0.98]]"


def _zone(kind: str, polygon: str = _FLOOR, zone: str = "") -> str:
    return _ZONE.format(id=zone or kind.replace("_", "-"), kind=kind, polygon=polygon)


_ROOM_DOORS = """
# The floor in front of each room door, where somebody stands who comes out or goes in.
[[camera.door]]
id = "door-201"
kind = "room"
number = "201"
strip = [[0.05, 0.35], [0.20, 0.35], [0.20, 0.50], [0.05, 0.50]]

[[camera.door]]
id = "door-202"
kind = "room"
number = "202"
strip = [[0.80, 0.35], [0.95, 0.35], [0.95, 0.50], [0.80, 0.50]]
facing = ["door-201"]

[[camera.door]]
id = "staff-door"
kind = "staff"
strip = [[0.40, 0.35], [0.60, 0.35], [0.60, 0.45], [0.40, 0.45]]
"""

_OUTINGS = """
# When quarantined people are called out of their rooms; without it rule Q04 answers "no schedule".
[[schedule]]
activity = "sampling"
start = 08:00:00
end = 09:30:00
days = ["mon", "thu"]

[[schedule]]
activity = "meal"
start = 11:00:00
end = 11:45:00
"""

_GATE_LINE = """
# Drawn from the first to the last point; left and right as seen by a viewer looking along it.
[[camera.line]]
id = "gate-line"
points = [[0.50, 0.98], [0.50, 0.35]]
left = "outside"
right = "inside"
"""

_RED_LINE = """
[[camera.line]]
id = "red-line"
points = [[0.50, 0.98], [0.50, 0.35]]
left = "clean"
right = "red"
"""

_MARKERS = """
# Codes on tags or tabards that decide the role.
[roles]
markers = {{ YT-01 = "medical", PV-01 = "room_service", LT-01 = "reception", VS-01 = "cleaner", BV-01 = "guard" }}
"""

_CALIBRATION = """
# Four or more marked points on the floor, in metres from any fixed corner; needed for distances (Q06, S07, S08, Q09).
[camera.calibration]
points = [
  {{ image = [0.10, 0.95], metres = [0.0, 0.0] }},
  {{ image = [0.90, 0.95], metres = [3.0, 0.0] }},
  {{ image = [0.70, 0.45], metres = [3.0, 8.0] }},
  {{ image = [0.30, 0.45], metres = [0.0, 8.0] }},
]
"""

PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "masks": _HEAD,
        "corridor": _HEAD + _zone("corridor") + _ROOM_DOORS + _CALIBRATION + _OUTINGS + _MARKERS,
        "floor_lobby": _HEAD + _zone("floor_lobby") + _CALIBRATION + _OUTINGS + _MARKERS,
        "yard": _HEAD + _zone("yard") + _CALIBRATION + _OUTINGS + _MARKERS,
        "sampling": _HEAD + _zone("sampling") + _CALIBRATION + _OUTINGS + _MARKERS,
        "reception": _HEAD
        + _zone("reception", "[[0.05, 0.60], [0.95, 0.60], [0.95, 0.98], [0.05, 0.98]]")
        + _zone("reception_clean_side", "[[0.30, 0.35], [0.70, 0.35], [0.70, 0.58], [0.30, 0.58]]")
        + _MARKERS,
        "medical_check": _HEAD + _zone("medical_check") + _CALIBRATION + _MARKERS,
        "goods_handover": _HEAD + _zone("goods_handover") + _CALIBRATION + _OUTINGS + _MARKERS,
        "shared_wc_outside": _HEAD + _zone("shared_wc_outside") + _MARKERS,
        "gate": _HEAD
        + _zone("gate")
        + _zone("guard_post", "[[0.05, 0.60], [0.30, 0.60], [0.30, 0.98], [0.05, 0.98]]")
        + _GATE_LINE
        + _MARKERS,
        "donning": _HEAD + _zone("donning", "[[0.05, 0.35], [0.48, 0.35], [0.48, 0.98], [0.05, 0.98]]") + _RED_LINE + _MARKERS,
    }
)
"""Texts with blanks ``facility``, ``name`` and ``camera``, each for a quoted string."""


def beginning(area: str, facility: str, name: str, camera: str) -> str:
    """A site file for one camera of an area.

    Raises:
        KeyError: no such area.
    """
    return PRESETS[area].format(facility=_quoted(facility), name=_quoted(name), camera=_quoted(camera))


def _quoted(text: str) -> str:
    """A string as TOML writes it: as JSON does, but for DEL, which JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
