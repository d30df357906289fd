"""Both languages say the same things, and numbers and dates read as people here write them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import analyzer
import api
from analyzer.entry import Nature
from analyzer.types import MaskState, Need, Reason, Role, Severity
from api.errors import FaultCode, Slug
from api.web.event import REASON_CODES
from api.wording.faults import evidence_fault
from api.wording.formats import Formats, parsed_day
from api.wording.reasons import known_rules, measure_label, role_source, rule_basis, rule_nature, rule_text
from api.wording.texts import LANGUAGES, language_of, texts
from pipelines.errors import AddressFault, EvidenceFault
from pipelines.records import (
    CoverageState,
    Decision,
    Ending,
    EvidenceKind,
    EvidenceState,
    GapReason,
    ReviewState,
    TimeBasis,
    Trouble,
)
from pipelines.telling import time_zone

VI, EN = texts("vi"), texts("en")
CODES: dict[str, Iterable[StrEnum]] = {
    "unknown": Reason,
    "role": Role,
    "severity": Severity,
    "state": ReviewState,
    "gap": GapReason,
    "timeline": CoverageState,
    "ending": Ending,
    "evidence_kind": EvidenceKind,
    "evidence_state": EvidenceState,
    "time_basis": TimeBasis,
    "decision": Decision,
    "mask": MaskState,
    "need": Need,
    "nature": Nature,
    "evidence_fault": EvidenceFault,
    "trouble": Trouble,
    "fault": (*FaultCode, *AddressFault),
}


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_have_every_key_with_the_same_blanks() -> None:
    assert set(VI.sentences) == set(EN.sentences)
    assert [key for key in VI.sentences if _blanks(VI.sentences[key]) != _blanks(EN.sentences[key])] == []
    assert [key for key in VI.sentences if not VI.sentences[key].strip() or not EN.sentences[key].strip()] == []


@pytest.mark.parametrize("group", CODES)
def test_every_code_has_a_name_in_both(group: str) -> None:
    for code in CODES[group]:
        assert f"{group}.{code.value}" in VI.sentences
        assert f"{group}.{code.value}" in EN.sentences


def test_every_reason_of_a_decision_has_a_name() -> None:
    assert [code for code in REASON_CODES if f"reason.{code}" not in VI.sentences] == []
    assert len(REASON_CODES) == 10  # nine keys and "not stated"


def test_every_refusal_has_a_sentence() -> None:
    assert [slug for slug in get_args(Slug) if f"error.{slug}" not in VI.sentences] == []


def _used() -> set[str]:
    root = Path(api.__file__).parent
    found: set[str] = set()
    for path in (*root.rglob("*.html"), *root.rglob("*.py")):
        found |= set(re.findall(r"""\bt\(\s*["']([a-z_.0-9A-Z]+)["'][,)]""", path.read_text(encoding="utf-8")))
    return found


def test_every_sentence_that_a_page_asks_for_exists() -> None:
    assert _used() - set(VI.sentences) == set()
    assert len(_used()) > 90


def test_a_missing_sentence_or_blank_is_an_error() -> None:
    with pytest.raises(KeyError):
        VI("no.such.sentence")
    with pytest.raises(KeyError):
        VI("queue.awaiting")


def _measured() -> Iterator[tuple[str, str]]:
    """Name (before a colon) and unit of every measure that the analyzer makes."""
    for path in Path(analyzer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Measure":
                name, unit = node.args[0], node.args[2]
                first = name.values[0] if isinstance(name, ast.JoinedStr) else name
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno} has no literal name"
                assert isinstance(unit, ast.Constant), f"{path}:{node.lineno} has no literal unit"
                yield str(first.value).partition(":")[0], str(unit.value)


def test_every_measure_of_a_rule_has_a_name_and_a_unit_in_both() -> None:
    names, units = {name for name, _ in _measured()}, {unit for _, unit in _measured() if unit}
    assert {"silent", "missing", "distance_error"} <= names
    assert [name for name in names if f"measure.{name}" not in VI.sentences] == []
    assert [unit for unit in units if f"unit.{unit}" not in VI.sentences] == []


def test_texts_keep_to_the_glossary() -> None:
    assert VI.sentences["role.quarantined"] == "người được cách ly"
    assert "bệnh nhân" not in " ".join(VI.sentences.values())
    assert "cách ly" in VI("app.tagline")
    assert VI("event.title") == "Dấu hiệu vi phạm"
    assert VI("state.confirmed") == "vi phạm đã xác nhận"


def test_every_rule_has_words_and_a_ground() -> None:
    assert len(known_rules()) >= 8
    for rule in known_rules():
        assert rule_text(rule, "vi") != rule_text(rule, "en") != rule
        assert rule_basis(rule)
    assert rule_text("X99", "vi") == "X99"  # type: ignore[arg-type]
    assert rule_nature("X99") is Nature.INFERENCE  # type: ignore[arg-type]


def test_codes_of_measures_and_evidence_are_put_into_words() -> None:
    assert measure_label("missing:gloves", "vi") == "Thiếu: găng tay"
    assert measure_label("area:yard", "en") == "Mandatory area: yard"
    assert measure_label("view:TOO_DARK", "vi") == "Hình ảnh: thiếu sáng"
    assert measure_label("door:201", "vi") == "Cửa phòng: 201"
    assert measure_label("unheard_of", "en") == "unheard_of"
    assert role_source("E1:room", "vi") == "nơi xuất hiện (cửa phòng)"
    assert role_source("E4:PV-12", "en") == "marker (PV-12)"


def test_what_failed_is_told_with_its_detail() -> None:
    assert evidence_fault("no_picture: 1:30", "vi") == "không có hình ở thời điểm này (1:30)"
    assert evidence_fault("no_space", "en") == "the disk is full"
    assert evidence_fault("there is no picture at 0:01:30.466663", "vi").startswith("không ghi được tệp (")


@pytest.mark.parametrize(("wish", "language"), [("en", "en"), ("vi", "vi"), ("fr", "vi"), (None, "vi"), ("", "vi")])
def test_languages_nobody_wrote_fall_back(wish: str | None, language: str) -> None:
    assert language_of(wish) == language
    assert language in LANGUAGES


# --- formats -------------------------------------------------------------------------------------

F_VI, F_EN = (Formats(language, time_zone("Asia/Ho_Chi_Minh")) for language in LANGUAGES)
AT = datetime(2021, 8, 20, 17, 5, 9, tzinfo=UTC)


def test_numbers_have_a_dot_for_thousands_and_a_comma_for_decimals() -> None:
    assert F_VI.number(1250) == "1.250"
    assert F_VI.number(98.54, 1) == "98,5"
    assert F_EN.number(1250.5, 1) == "1,250.5"
    assert F_VI.share(0.985) == "98,5%"
    assert F_VI.share(1.0) == "100%"
    assert F_VI.share(None) == "–"


def test_times_are_of_the_facility_and_of_24_hours() -> None:
    assert F_VI.moment(AT) == "21/08/2021 00:05:09"
    assert F_VI.clock(AT) == "00:05:09"
    assert F_VI.day(date(2021, 8, 1)) == "01/08/2021"


def test_an_unknown_time_is_counted_from_the_start_and_never_dressed_as_a_date() -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=61, seconds=5)
    assert F_VI.moment(at, TimeBasis.UNKNOWN) == "+1:01:05"
    assert F_VI.hour(at, TimeBasis.UNKNOWN) == "+1:01:05"
    assert F_VI.hour(datetime(1969, 12, 31, 23, 59, 55, tzinfo=UTC), TimeBasis.UNKNOWN) == "-0:05"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 giây"), (8.84, "8,8 giây"), (60, "1 phút"), (75, "1 phút 15 giây"), (3600, "1 giờ"), (90061, "25 giờ 1 phút 1 giây")],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert F_VI.length(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("value", "text"), [(14.0, "14"), (93.33, "93,3"), (0.0712, "0,07"), (1234.5, "1.234")])
def test_measures_have_as_many_places_as_tell_something(value: float, text: str) -> None:
    assert F_VI.measure(value) == text


@pytest.mark.parametrize(
    ("size", "text"), [(None, "–"), (31, "31 B"), (9_120, "9,1 kB"), (183_300_000, "183,3 MB"), (2 * 10**9, "2,0 GB")]
)
def test_sizes(size: int | None, text: str) -> None:
    assert F_VI.size(size) == text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20/08/2021", date(2021, 8, 20)),
        ("2021-08-20", date(2021, 8, 20)),
        ("8/20/2021", None),
        ("31/02/2021", None),
        ("", None),
        ("x" * 50, None),
    ],
)
def test_days_as_people_write_them(text: str, day: date | None) -> None:
    assert parsed_day(text) == day


def test_a_zone_nobody_knows_is_that_of_viet_nam() -> None:
    assert str(time_zone("Mars/Olympus")) == "Asia/Ho_Chi_Minh"
    assert str(time_zone("../../etc/passwd")) == "Asia/Ho_Chi_Minh"
