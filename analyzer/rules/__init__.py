"""The kinds of rules, by name. Adding one: a file here, a line here, a test file; the catalogue is data over them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analyzer.judgement import Rule
from analyzer.rules.across_line import AcrossLine
from analyzer.rules.area_coverage import AreaCoverage
from analyzer.rules.at_line import AtLine
from analyzer.rules.camera_silence import CameraSilence
from analyzer.rules.camera_view import CameraView
from analyzer.rules.contact_items import ContactItems
from analyzer.rules.deadline import Deadline
from analyzer.rules.distance import Distance
from analyzer.rules.doffing import Doffing
from analyzer.rules.door_entry import DoorEntry
from analyzer.rules.doors_open import DoorsOpen
from analyzer.rules.drive_through import DriveThrough
from analyzer.rules.forbidden_view import ForbiddenView
from analyzer.rules.gathering import Gathering
from analyzer.rules.hand_hygiene import HandHygiene
from analyzer.rules.left_object import LeftObject
from analyzer.rules.line_crossing import LineCrossing
from analyzer.rules.manned_post import MannedPost
from analyzer.rules.mask_type import MaskType
from analyzer.rules.permission import Permission
from analyzer.rules.presence import Presence
from analyzer.rules.supervised import Supervised
from analyzer.rules.worn_items import WornItems
from analyzer.rules.worn_mask import WornMask

RULES: Mapping[str, type[Rule]] = MappingProxyType(
    {
        "across_line": AcrossLine,
        "area_coverage": AreaCoverage,
        "at_line": AtLine,
        "camera_silence": CameraSilence,
        "camera_view": CameraView,
        "contact_items": ContactItems,
        "deadline": Deadline,
        "distance": Distance,
        "doffing": Doffing,
        "door_entry": DoorEntry,
        "doors_open": DoorsOpen,
        "drive_through": DriveThrough,
        "forbidden_view": ForbiddenView,
        "gathering": Gathering,
        "hand_hygiene": HandHygiene,
        "left_object": LeftObject,
        "line_crossing": LineCrossing,
        "manned_post": MannedPost,
        "mask_type": MaskType,
        "permission": Permission,
        "presence": Presence,
        "supervised": Supervised,
        "worn_items": WornItems,
        "worn_mask": WornMask,
    }
)
