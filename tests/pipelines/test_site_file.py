from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from analyzer.site import Activity, Site, SiteMode
from analyzer.types import Need, Role, ZoneKind
from pipelines.errors import BadSite
from pipelines.site_changes import changes
from pipelines.site_doubts import doubts, source_doubts
from pipelines.site_file import load_site, parse_site, site_schema
from pipelines.sites import PRESETS, beginning
from pipelines.toml_lines import key_lines, line_of

SIMPLE = """[facility]
id = "kcl-01"
name = "Khu cách ly 01"

[[camera]]
id = "corridor"
name = "Hành lang"
"""
ZONE = """
[[camera.zone]]
id = "c2"
kind = "corridor"
polygon = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]
"""
DOOR = """
[[camera.door]]
id = "d1"
number = "101"
strip = [[0, 0], [0.1, 0], [0.1, 0.2], [0, 0.2]]
"""
LINE = """
[[camera.line]]
id = "l1"
points = [[0.5, 0], [0.5, 1]]
left = "red"
right = "clean"
"""
FLOOR = """
[camera.calibration]
points = [
  { image = [0.1, 0.9], metres = [0, 0] },
  { image = [0.9, 0.9], metres = [3, 0] },
  { image = [0.7, 0.4], metres = [3, 8] },
  { image = [0.3, 0.4], metres = [0, 8] },
]
"""
SLOT = """
[[schedule]]
activity = "sampling"
start = 08:00:00
end = 09:00:00
"""
PERMIT = """
[[permit]]
activity = "transfer"
start = 2021-06-11T08:00:00
end = 2021-06-11T10:00:00
"""
GATE_LOG = """
[[gate_log]]
at = 2021-06-11T09:30:00+07:00

[[gate_log]]
at = 2021-06-11T08:00:00
people = 2
note = "xe thực phẩm"
"""
RULE = """
[[rule]]
id = "Q01"
thresholds = { min_duration_s = 4, sampling = { min_duration_s = 90 } }
"""


def parse(text: str) -> Site:
    return parse_site(text.encode(), Path("site.toml")).site


def refusal(text: str | bytes) -> BadSite:
    with pytest.raises(BadSite) as caught:
        parse_site(text if isinstance(text, bytes) else text.encode(), Path("site.toml"))
    return caught.value


def test_a_small_file_is_enough() -> None:
    document = parse_site(SIMPLE.encode(), Path("site.toml"))
    assert document.site.mode is SiteMode.MASK_ONLY
    assert document.site.facility.timezone_name == "Asia/Ho_Chi_Minh"
    assert document.text == SIMPLE
    assert len(document.sha256) == 64


def test_everything_that_may_be_written() -> None:
    whole = (
        SIMPLE.replace(
            "[[camera]]", 'timezone = "UTC"\nkind = "hotel"\nshared_wc = true\ndeadline = 2021-06-12T00:00:00\n\n[[camera]]', 1
        )
        + ZONE
        + 'red = true\ndesk = "guard"\n'
        + DOOR
        + 'facing = ["d2"]\n'
        + DOOR.replace("d1", "d2")
        .replace("101", "102")
        .replace("[[0, 0], [0.1, 0], [0.1, 0.2], [0, 0.2]]", "[[0.5, 0], [0.6, 0], [0.6, 0.2]]")
        + LINE
        + FLOOR
        + SLOT
        + 'days = ["mon", 7]\nexcept_on = [2021-06-13]\nroles = ["quarantined"]\nzones = ["sampling"]\nrooms = ["101"]\n'
        + '\n[[schedule]]\nactivity = "shift"\nstart = "22:00"\nend = "24:00"\n'
        + PERMIT
        + '\n[[allowance]]\nrole = "guard"\nzones = ["gate"]\n'
        + '\n[[ppe]]\nrole = "guard"\nzones = ["gate"]\nneeds = ["mask", "boots"]\n'
        + '\n[roles]\nmarkers = { "BV 1" = "guard" }\nuniforms = { other_uniform = "guard" }\n'
        + '\n[[absent]]\nkind = "yard"\nreason = "không có sân"\n'
        + RULE
        + 'severity = "low"\nzones = ["corridor"]\nroles = ["unknown"]\n'
    )
    whole += GATE_LOG
    site = parse_site(("households = [['101', '102']]\n" + whole).encode(), Path("site.toml")).site
    assert site.mode is SiteMode.FULL
    assert (site.zones[0].red, site.zones[0].desk_side) == (True, Role.GUARD)
    assert site.doors[0].facing == ("d2",)
    assert site.slots[0].days == {1, 7}
    assert site.slots[1].activity is Activity.SHIFT
    assert site.permits[0].start.tzinfo is UTC
    assert [(each.at.isoformat(), each.people) for each in site.gate_log] == [
        ("2021-06-11T02:30:00+00:00", None),
        ("2021-06-11T08:00:00+00:00", 2),
    ]
    assert site.requirements[0].needs == {Need.MASK, Need.BOOTS}
    assert site.roommates == (frozenset({"101", "102"}),)
    assert site.markers == {"BV 1": Role.GUARD}
    assert site.absent[0].kind is ZoneKind.YARD
    assert site.rules[0].thresholds == (("min_duration_s", 4.0), ("sampling.min_duration_s", 90.0))
    assert site.deadline is not None
    assert site.shared_wc
    assert site.cameras[0].calibration is not None


HEIGHTS = """
[camera.heights]
view_degrees = 80
marks = [
  { foot = [0.5, 0.95], head = [0.5, 0.35] },
  { foot = [0.5, 0.60], head = [0.5, 0.28] },
  { foot = [0.5, 0.45], head = [0.5, 0.25] },
]
"""


def test_people_of_known_height_give_a_floor() -> None:
    site = parse_site((SIMPLE + HEIGHTS).encode(), Path("site.toml")).site
    assert site.cameras[0].calibration is not None
    assert site.cameras[0].calibration.scale_error > 0.02
    refused = refusal(
        SIMPLE
        + HEIGHTS.replace("0.60], head = [0.5, 0.28]", "0.95], head = [0.5, 0.35]").replace(
            "0.45], head = [0.5, 0.25]", "0.95], head = [0.5, 0.35]"
        )
    )
    assert refused.place == "site.toml:9 (camera[0].heights)"
    assert "one depth" in refused.problem


def test_times_without_a_zone_are_the_facility_s() -> None:
    site = parse_site((SIMPLE + PERMIT).encode(), Path("site.toml")).site
    assert site.permits[0].start.utcoffset() == timedelta(0)
    assert site.permits[0].start.hour == 1


@pytest.mark.parametrize(
    ("zone", "end"), [("America/New_York", "9999-12-31T23:59:59"), ("Asia/Ho_Chi_Minh", "9999-12-31T23:59:59Z")]
)
def test_a_permit_until_the_end_of_the_calendar(zone: str, end: str) -> None:
    text = SIMPLE.replace('id = "kcl-01"', f'id = "kcl-01"\ntimezone = "{zone}"', 1) + PERMIT.replace("2021-06-11T10:00:00", end)
    (permit,) = parse_site(text.encode(), Path("site.toml")).site.permits
    assert permit.end.year == 9999


@pytest.mark.parametrize(
    ("text", "place", "problem", "remedy"),
    [
        (
            SIMPLE + ZONE.replace("polygon", "poligon"),
            "site.toml:12 (camera[0].zone[0].poligon)",
            'unknown key "poligon"',
            '"polygon"',
        ),
        (
            SIMPLE + ZONE.replace('"corridor"', '"coridor"'),
            "site.toml:11 (camera[0].zone[0].kind)",
            "coridor",
            'did you mean "corridor"',
        ),
        (SIMPLE + ZONE.replace("[1, 0.3], [1, 1]", "[1, 1], [1, 0.3]"), "site.toml:12", "crosses itself", "draw it again"),
        (SIMPLE + ZONE.replace("[1, 1], [0, 1]", ""), "site.toml:12", "at least three", "draw"),
        (SIMPLE + ZONE.replace("[1, 1]", "[1, 2]"), "site.toml:12", "outside the picture", "draw"),
        (
            SIMPLE + ZONE.replace("[[0, 0.3], [1, 0.3], [1, 1], [0, 1]]", "[[0, 0], [0.001, 0], [0, 0.001]]"),
            "site.toml:12",
            "too small",
            "draw",
        ),
        (SIMPLE + ZONE.replace("polygon = [[0, 0.3]", 'polygon = [["a", 0.3]'), "site.toml:12", "number", "site-file.md"),
        (SIMPLE + ZONE + ZONE, "site.toml:15 (camera[0].zone[1].id)", 'zone or door "c2" is there twice', "own"),
        (SIMPLE + SIMPLE[SIMPLE.index("[[camera]]") :], "site.toml:9 (camera[1].id)", 'camera "corridor" is there twice', "own"),
        (
            SIMPLE + DOOR + DOOR.replace("d1", "d2"),
            "site.toml:16 (camera[0].door[1].number)",
            'room number "101" is there twice',
            "own",
        ),
        (SIMPLE.replace("[[camera]]", '[[camera]]\nnear = ["yard"]', 1), "site.toml", 'is near "yard"', "others are"),
        (SIMPLE + DOOR + 'facing = ["d9"]\n', "site.toml:13", 'faces "d9"', "doors are"),
        (SIMPLE + LINE.replace("[0.5, 1]", "[0.5, 0]"), "site.toml:11", "no length", "draw"),
        (SIMPLE + LINE.replace('"clean"', '"red"'), "site.toml:11", "both sides are red", "draw"),
        (
            SIMPLE + FLOOR.replace("[0.7, 0.4]", "[0.5, 0.9]").replace("[0.3, 0.4]", "[0.3, 0.9]"),
            "site.toml:9",
            "on a line in the picture",
            "other points",
        ),
        (
            SIMPLE + FLOOR.replace("  { image = [0.3, 0.4], metres = [0, 8] },\n", ""),
            "site.toml:9",
            "four are the least",
            "other points",
        ),
        (SIMPLE + RULE.replace("Q01", "Q011"), "site.toml:10 (rule[0].id)", 'no rule "Q011"', 'did you mean "Q01"'),
        (
            SIMPLE + RULE.replace("min_duration_s = 4", "min_duraton_s = 4"),
            "site.toml:11",
            "min_duraton_s",
            'did you mean "min_duration_s"',
        ),
        (
            SIMPLE + RULE.replace("min_duration_s = 4", "min_assessed = 5000"),
            "site.toml:11",
            "fit in a window",
            "change the numbers",
        ),
        (SIMPLE + RULE.replace("min_duration_s = 4", 'ratio = "x"'), "site.toml:11", "", "site-file.md"),
        (SIMPLE + RULE + "enabled = false\n", "site.toml:9 (rule[0])", "switched off without a reason", "add reason"),
        (SIMPLE + RULE + RULE, "site.toml:14 (rule[1].id)", 'rule "Q01" is there twice', "own"),
        (SIMPLE + RULE + 'roles = ["nurse"]\n', "site.toml:12 (rule[0].roles[0])", "nurse", "allowed: quarantined"),
        (
            SIMPLE.replace('id = "kcl-01"', 'id = "k"\ntimezone = "Asia/Ho_Chi_Min"'),
            "site.toml:3",
            "Asia/Ho_Chi_Min",
            'did you mean "Asia/Ho_Chi_Minh"',
        ),
        (SIMPLE.replace('id = "kcl-01"', 'id = "k"\ntimezone = "x"'), "site.toml:3", 'time zone "x"', "IANA"),
        (SIMPLE.replace('id = "kcl-01"\n', ""), "site.toml:1 (facility.id)", 'the key "id" is missing', "add it"),
        ("", "site.toml:1", "is missing", "add it"),
        (SIMPLE + SLOT.replace("09:00:00", "08:00:00"), "site.toml:12", "begins and ends at 08:00", "24:00"),
        (SIMPLE + SLOT + "on = 2021-06-11\nuntil = 2021-06-12\n", "site.toml:14", "one date and until another", "keep either"),
        (SIMPLE + SLOT + 'on = 2021-06-11\ndays = ["mon"]\n', "site.toml:13", "excludes itself", "correct days"),
        (SIMPLE + PERMIT.replace("10:00:00", "07:00:00"), "site.toml:12", "ends before it begins", "correct start or end"),
        (SIMPLE + SLOT + "days = []\n", "site.toml:13", "at least 1 item", "site-file.md"),
        (SIMPLE + "[[gate_log]]\nat = 2021-06-11\n", "site.toml:9 (gate_log[0].at)", "no moment", "day and time"),
        (
            SIMPLE + '[roles]\nuniforms = { street_clothes = "guard" }\n',
            "site.toml:9 (roles.uniforms.street_clothes)",
            'no class of clothes "street_clothes"',
            'did you mean "street"',
        ),
        (SIMPLE + ZONE.replace("[0, 1]]", "[0, 1]" + ", [0, 0.9]" * 2000 + "]"), "site.toml:12", "at most 200", "site-file.md"),
        (
            SIMPLE + '[[ppe]]\nrole = "guard"\nzones = ["corridor"]\nneeds = ["glvoes"]\n',
            "site.toml:11",
            "glvoes",
            'mean "gloves"',
        ),
        (SIMPLE + DOOR + 'facing = ["d1"]\n', "site.toml:13", 'faces "d1"', "doors are"),
        (
            SIMPLE + "[[gate_log]]\nat = 2021-06-11T08:00:00\npeople = 0\n",
            "site.toml:10",
            "greater than or equal to 1",
            "site-file.md",
        ),
        (SIMPLE.replace('id = "corridor"', 'id = "corridor"\nid = "two"'), "site.toml", "not TOML", "example"),
        (b"\xff\xfe", "site.toml", "not UTF-8", "UTF-8"),
        ("a = " + "[" * 5000, "site.toml", "", "example"),
        (".".join("a" * 50_000) + " = 1", "site.toml", "nested too deeply", "example"),
        ("a = " + "9" * 5000, "site.toml", "thousands of digits", "as people do"),
        (SIMPLE.replace("kcl-01", "unnamed"), "site.toml:2 (facility.id)", "recordings without a site file", "another"),
        (SIMPLE.replace("kcl-01", "khu 1"), "site.toml:2 (facility.id)", '"khu 1" is no id', "a-z"),
        (SIMPLE.replace("[facility]", "[[facility]]"), "site.toml:1", "wrong kind of header", "[facility]"),
        (SIMPLE.replace("[[camera]]", "[camera]"), "site.toml:5", "wrong kind of header", "[[camera]]"),
        (SIMPLE + RULE.replace("Q01", "q01"), "site.toml:10 (rule[0].id)", 'no rule "q01"', 'mean "Q01"'),
        (SIMPLE.replace('id = "kcl-01"', f'id = "k"\ntimezone = "{"x" * 5000}"'), "site.toml:3", "x...", "IANA"),
        (SIMPLE.replace('"kcl-01"', '"k"\ndeadline = 20210612'), "site.toml:3", "20210612 is no moment", "such as"),
        (SIMPLE.replace('"kcl-01"', '"k"\ndeadline = "12/6/2021"'), "site.toml:3", "is no day", "2021-06-12"),
        (SIMPLE.replace('"kcl-01"', '"k"\nshared_wc = "yes"'), "site.toml:3", '"yes"', "site-file.md"),
        (SIMPLE + ZONE.replace("[[0, 0.3]", '[["0", 0.3]'), "site.toml:12", "number", "site-file.md"),
        (SIMPLE + ZONE + 'desk = "vehicle"\n', "site.toml:13", "no role that a person has", "allowed: quarantined"),
        (SIMPLE + SLOT.replace("09:00:00", "9"), "site.toml:12", "9 is no time of day", "07:30:00"),
        (SIMPLE + SLOT.replace("09:00:00", "true"), "site.toml:12", "true is no time of day", "07:30:00"),
        (SIMPLE + SLOT.replace("09:00:00", '"09:00+07:00"'), "site.toml:12", "no time of day", "07:30:00"),
        (SIMPLE + SLOT + "days = [true]\n", "site.toml:13", "true is no day of the week", "write mon"),
        (SIMPLE + SLOT + 'days = ["t2"]\n', "site.toml:13", '"t2" is no day of the week', "write mon"),
        (SIMPLE + SLOT + "on = 20210611\n", "site.toml:13", "20210611 is no day", "2021-06-12"),
        (SIMPLE + PERMIT.replace("2021-06-11T10:00:00", "99999999999"), "site.toml:12", "no moment", "day and time"),
        (SIMPLE + PERMIT.replace("2021-06-11T10:00:00", "2021-06-12"), "site.toml:12", "no moment", "day and time"),
        (SIMPLE + RULE.replace("= 4", '= "4"'), "site.toml:11", "number", "site-file.md"),
        (SIMPLE + RULE.replace("= 4", "= true"), "site.toml:11", "number", "site-file.md"),
        (SIMPLE + RULE + "zones = []\n", "site.toml:12 (rule[0].zones)", "no zone", "enabled = false"),
        (SIMPLE + RULE + 'zones = ["toilet"]\n', "site.toml:12 (rule[0].zones)", "no zone", "enabled = false"),
        (SIMPLE + RULE + "roles = []\n", "site.toml:12 (rule[0].roles)", "nobody to judge", "enabled = false"),
        (SIMPLE + RULE + 'enabled = false\nsince = 2021-06-12\nreason = " "\n', "site.toml:9", "without a reason", "add reason"),
        (SIMPLE + '[[rule]]\nid = "S06"\nseverity = "high"\n', "site.toml:10", "only assists", "leave severity out"),
        (SIMPLE + ZONE + '[[absent]]\nkind = "corridor"\nreason = "x"\n', "site.toml:14", "is said to be absent", "take one"),
        (SIMPLE + '[[absent]]\nkind = "kitchen"\nreason = "x"\n', "site.toml:9", "no area that every facility", "corridor"),
        (SIMPLE + '[[absent]]\nkind = "yard"\nreason = "x"\n' * 2, "site.toml:12", "yard is there twice", "one reason"),
        (
            SIMPLE + '[[ppe]]\nrole = "guard"\nzones = ["gate"]\nneeds = []\n' * 2,
            "site.toml:14 (ppe[1].zones)",
            "guard in gate is there twice",
            "say it once",
        ),
        ('households = [["101", "101"]]\n' + SIMPLE, "site.toml:1", "fewer than two rooms", "two rooms or more"),
        (SIMPLE + '[roles]\nmarkers = { NV = "unknown" }\n', "site.toml:9", "no role that a person has", "allowed: quarantined"),
        (SIMPLE + FLOOR.replace("[0.1, 0.9]", "[128, 648]"), "site.toml:10", "outside the picture", "fractions"),
        (SIMPLE + FLOOR.replace("8] }", "8000] }"), "site.toml:10", "3 m by 8000 m", "write metres"),
        (SIMPLE + FLOOR.replace("[3, 0]", "[nan, 0]"), "site.toml:10", "the place [nan, 0]", "write metres"),
        (SIMPLE + FLOOR + HEIGHTS, "site.toml:17 (camera[0].heights)", "beside a calibration", "keep one"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(text: str | bytes, place: str, problem: str, remedy: str) -> None:
    refused = refusal(text)
    assert refused.place.startswith(place)
    assert problem in refused.problem
    assert remedy in refused.remedy


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, problem in ((tmp_path / "none.toml", "cannot be read"), (tmp_path, "cannot be read")):
        with pytest.raises(BadSite, match=problem):
            load_site(path)
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    with pytest.raises(BadSite, match="a pipe or device"):
        load_site(pipe)
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (5 * 1024 * 1024))
    with pytest.raises(BadSite, match="larger"):
        load_site(huge)


@pytest.mark.parametrize("area", sorted(PRESETS))
def test_every_beginning_is_valid(area: str) -> None:
    parse(beginning(area, "f", "Cơ sở", "cam"))


@pytest.mark.parametrize("name", ['Khu "A"', "Khu \\A", "{camera}", 'a\n[x]\ny = "', "a\x7f\x1b", "'''"])
def test_a_beginning_takes_any_name(name: str) -> None:
    assert parse(beginning("corridor", "f", name, "cam")).facility.name == name


def test_the_schema_is_one_editors_understand() -> None:
    schema = json.loads(json.dumps(site_schema()))
    assert schema["$defs"]["ZoneForm"]["additionalProperties"] is False
    assert "corridor" in schema["$defs"]["ZoneKind"]["enum"]
    assert "mon" in schema["$defs"]["SlotForm"]["properties"]["days"]["items"]["anyOf"][1]["enum"]


def test_changes_between_two_versions_are_named() -> None:
    old = parse_site((SIMPLE + ZONE + DOOR + RULE).encode(), Path("a")).site
    new = parse_site((SIMPLE + ZONE.replace("0.3", "0.4") + LINE + SLOT + RULE.replace("= 4", "= 5")).encode(), Path("b")).site
    assert list(changes(old, new)) == [
        "~ zone c2: polygon",
        "- door d1",
        "+ line l1",
        "~ rule Q01: thresholds min_duration_s 4 sampling.min_duration_s 90 -> min_duration_s 5 sampling.min_duration_s 90",
        "+ schedule: activity sampling, start 08:00:00, end 09:00:00",
    ]
    assert list(changes(old, old)) == []


def test_what_has_no_name_is_told_whole_when_it_changes() -> None:
    whole = (
        'households = [["101", "102"]]\n'
        + SIMPLE.replace('"kcl-01"', '"kcl-01"\ntimezone = "UTC"\nshared_wc = true\ndeadline = 2021-06-12').replace(
            'name = "Hành lang"', 'name = "Hành lang"\nsource = "rtsp://u:canary@10.0.0.9/1"\ninfrared = false'
        )
        + SLOT
        + 'days = ["mon"]\nrooms = []\n'
        + PERMIT
        + GATE_LOG
        + '[[allowance]]\nrole = "guard"\nzones = ["gate", "fence"]\n'
        + '[[ppe]]\nrole = "guard"\nzones = ["gate"]\nneeds = []\n'
        + '[roles]\nmarkers = { BV = "guard" }\nuniforms = { ppe = "staff" }\n'
        + '[[absent]]\nkind = "yard"\nreason = "không có"\n'
        + '[[rule]]\nid = "Q01"\nenabled = false\nreason = "thử"\nsince = 2021-06-01\n'
    )
    said = list(changes(parse(SIMPLE), parse(whole)))
    assert said == [
        "~ facility: timezone Asia/Ho_Chi_Minh -> UTC",
        '~ camera corridor: source "" -> rtsp://***@10.0.0.9/1, infrared true -> false',
        "+ rule Q01: enabled false, reason thử, since 2021-06-01",
        "+ schedule: activity sampling, start 08:00:00, end 09:00:00, days 1",
        "+ permit: activity transfer, start 2021-06-11T08:00:00+00:00, end 2021-06-11T10:00:00+00:00",
        "+ gate_log: at 2021-06-11T02:30:00+00:00",
        "+ gate_log: at 2021-06-11T08:00:00+00:00, people 2",
        "+ allowance: role guard, zones fence gate",
        "+ ppe: role guard, zones gate, needs none",
        "+ households: 101 102",
        "+ roles.markers: BV = guard",
        "+ roles.uniforms: ppe = staff",
        "+ absent: kind yard, reason không có",
        "~ facility: deadline none -> 2021-06-12T00:00:00+00:00",
        "~ facility: shared_wc false -> true",
    ]
    assert "- absent: kind yard, reason không có" in changes(parse(whole), parse(SIMPLE))


def test_a_deadline_may_be_a_day_and_times_may_be_texts() -> None:
    text = SIMPLE.replace('"kcl-01"', '"k"\ndeadline = 2021-06-12') + SLOT.replace("08:00:00", '"08:00"') + 'on = "2021-06-11"\n'
    site = parse(text + GATE_LOG.replace("2021-06-11T08:00:00", '"2021-06-11T08:00:00"'))
    assert site.deadline is not None
    assert site.deadline.isoformat() == "2021-06-11T17:00:00+00:00"
    assert (site.slots[0].start.hour, str(site.slots[0].on)) == (8, "2021-06-11")
    assert parse(SIMPLE.replace('"kcl-01"', '"k"\ndeadline = "2021-06-12"')).deadline == site.deadline
    assert parse(SIMPLE.replace('"kcl-01"', '"k"\ndeadline = "2021-06-12T00:00:00"')).deadline == site.deadline


def test_lines_of_keys_are_found_whatever_the_form() -> None:
    text = '''a = 1
[b] # note
"c d" = [
  "x", # [ in a comment
  { y = 1 },
]
e.f = """
[not.a.header]
g = 1
"""
[[h]]
i = 1
[[h]]
[h.j]
k = 1
'''
    lines = key_lines(text)
    assert [
        lines[key] for key in (("a",), ("b",), ("b", "c d"), ("b", "e", "f"), ("h", 0, "i"), ("h", 1), ("h", 1, "j", "k"))
    ] == [
        1,
        2,
        3,
        7,
        12,
        13,
        15,
    ]
    assert line_of(lines, ("b", "c d", 1, "y")) == 3
    assert line_of(lines, ("nowhere",)) == 1


ROOM_DOOR = """
[[camera.door]]
id = "door-101"
kind = "room"
number = "101"
strip = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]
"""


def test_a_room_that_no_door_leads_to_is_pointed_out() -> None:
    text = (
        'households = [["101", "999"]]\n' + SIMPLE + ROOM_DOOR + SLOT + 'rooms = ["110", "101"]\n' + PERMIT + 'rooms = ["110"]\n'
    )
    site = parse_site(text.encode(), Path("site.toml")).site
    assert [doubt.partition(",")[0] for doubt in doubts(site)] == [
        'schedule: no door has the number "110"',
        'permit: no door has the number "110"',
        'households: no door has the number "999"',
    ]
    assert 'did you mean "101"' in next(doubts(site))
    assert list(doubts(replace(site, doors=()))) == []
    assert list(doubts(replace(site, permits=(), roommates=(), slots=(site.slots[0], site.slots[0])))) == [next(doubts(site))]


def test_addresses_that_cannot_be_watched_are_told_before_the_watch(tmp_path: Path) -> None:
    sources = (
        "rtsp://10.0.0.1/s",
        "rstp://10.0.0.1/s",
        "synthetic:run",
        "day.mp4",
        "rtsp://u:${env:NOT_SET_ANYWHERE}@10.0.0.1/s",
    )
    cameras = "".join(f'[[camera]]\nid = "c{n}"\nname = "C"\nsource = "{text}"\n' for n, text in enumerate(sources))
    path = tmp_path / "site.toml"
    path.write_text('[facility]\nid = "f"\nname = "F"\n' + cameras, encoding="utf-8")
    told = list(source_doubts(load_site(path)))
    assert [line.partition(":")[0] for line in told] == [f'source of camera "c{n}"' for n in (1, 2, 4)]
    assert all("cannot be watched live; " in line for line in told)
