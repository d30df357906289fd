"""Why an event was raised, in one sentence a person understands, built from data alone.

For example "Người phục vụ buồng phòng, khu bàn giao, 41 giây, thiếu găng tay; 19/22 thời điểm đánh giá được".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import floor

from analyzer.entry import Text
from analyzer.labels import NEEDS, REASONS, ROLES, ZONES
from analyzer.types import Measure, Need, Role, RuleId, Severity, Votes, ZoneKind


class Language(StrEnum):
    """Languages of the interface."""

    VI = "vi"
    EN = "en"


_NAMED: Mapping[str, Mapping[str, Text]] = {
    "area": {kind.value: text for kind, text in ZONES.items()},
    "view": {reason.value: text for reason, text in REASONS.items()},
}
"""What measures name that only name something; a newer analyzer may name more."""

_MEASURED: Mapping[str, Text] = {
    "door": Text("phòng {about}", "room {about}"),
    "people": Text("{value} người", "{value} people"),
    "distance": Text("cách nhau {value} m (tối thiểu {limit} m)", "{value} m apart (at least {limit} m)"),
    "contact": Text("ở khoảng cách {value} m (dưới {limit} m là tiếp xúc)", "at {value} m (contact is under {limit} m)"),
    "distance_error": Text("sai số {value} m", "error {value} m"),
    "stopped": Text("dừng {value} giây (yêu cầu {limit} giây)", "stopped {value} s ({limit} s required)"),
    "late": Text("trễ {whole} ngày", "{whole} days late"),
    "late_share": Text(
        "{share} cảnh báo tiếp nhận muộn hoặc không được tiếp nhận (tối đa {most})",
        "{share} of the alerts received late or not at all (at most {most})",
    ),
}

_ONES: Mapping[str, str] = {
    "1 people": "1 person",
    "1 days late": "1 day late",
    "trễ 0 ngày": "trễ chưa đến một ngày",
    "0 days late": "less than a day late",
}

ACTS: Mapping[RuleId, Text] = {
    RuleId("Q01"): Text("không đeo khẩu trang", "without a mask"),
    RuleId("Q02"): Text("đeo khẩu trang không đúng cách", "mask worn incorrectly"),
    RuleId("Q03"): Text("khẩu trang có thể không phải khẩu trang y tế", "mask may not be a medical one"),
    RuleId("Q04"): Text("lưu lại khu vực chung không có lý do", "staying outside the room without a reason"),
    RuleId("Q05"): Text("vào phòng khác", "entered another room"),
    RuleId("Q06"): Text("không giữ khoảng cách", "distance not kept"),
    RuleId("Q07"): Text("tụ tập", "gathering"),
    RuleId("Q08"): Text("vượt ranh giới phân khu hoặc rời cơ sở", "crossed the boundary of the sub-zone or left"),
    RuleId("Q09"): Text("tiếp xúc qua cổng, hàng rào", "contact across gate or fence"),
    RuleId("Q10"): Text("hai cửa phòng mở cùng lúc", "two room doors open at the same time"),
    RuleId("S01"): Text("không đeo khẩu trang", "without a mask"),
    RuleId("S02"): Text("phương tiện phòng hộ không đủ", "protective equipment incomplete"),
    RuleId("S03"): Text("tiếp xúc gần không đủ trang phục phòng hộ", "close contact without full protective equipment"),
    RuleId("S04"): Text("vào khu vực nguy cơ không mặc đồ bảo hộ", "entered the red zone without protective clothing"),
    RuleId("S05"): Text("mặc đồ bảo hộ đã sử dụng sang khu vực sạch", "used protective clothing worn into a clean zone"),
    RuleId("S06"): Text("trình tự cởi đồ bảo hộ cần xem lại", "order of taking off equipment to be looked at"),
    RuleId("S07"): Text("tiếp xúc gần khi không cần thiết", "unnecessary close contact"),
    RuleId("S08"): Text("giao đồ trực tiếp, không để trước cửa phòng", "handed over directly instead of at the door"),
    RuleId("S09"): Text("có mặt sai khu vực hoặc sai thời gian", "in a zone or at a time not allowed"),
    RuleId("S10"): Text("chất thải không được thu gom đúng quy định", "waste not handled as required"),
    RuleId("G01"): Text("vào cơ sở không qua kiểm soát", "entered the facility without a check"),
    RuleId("G02"): Text("trạm gác không có người trực", "guard post unattended"),
    RuleId("G03"): Text("không dừng khử khuẩn", "no disinfection stop"),
    RuleId("G04"): Text("trèo hoặc lảng vảng tại hàng rào", "climbing or loitering at the fence"),
    RuleId("F01"): Text("camera mất kết nối", "camera off-line"),
    RuleId("F02"): Text("hình ảnh không dùng được", "picture unusable"),
    RuleId("F03"): Text("khu vực bắt buộc chưa có camera hoạt động", "mandatory area without a working camera"),
    RuleId("F04"): Text("camera nhìn vào khu vực không được phép", "camera looks into a forbidden area"),
    RuleId("F05"): Text("chưa hoàn thành kết nối đúng thời hạn", "not connected by the deadline"),
    RuleId("F06"): Text("không có người giám sát", "nobody supervises"),
}
"""What was done, after the words that say who did it."""


def sentence(  # noqa: PLR0917 -- the fields of an event, in their order
    rule: RuleId,
    severity: Severity,
    role: Role | None,
    zone: ZoneKind | str | None,
    measures: Iterable[Measure],
    votes: Votes,
    language: Language | str,
) -> str:
    """The reason of an event.

    Args:
        rule: of the catalogue; an unknown one is named by its code.
        severity: ``ASSIST`` is said to be no violation.
        role: as claimed; ``None`` when the rule is not about a person.
        zone: its kind, or the name the facility gave it.
        measures: of the event.
        votes: of the event.
        language: ``vi`` or ``en``.
    """
    tongue = Language(language)
    told = tuple(measures)
    parts = [say(ROLES[role], tongue)] if role is not None else []
    if zone is not None:
        parts.append(say(ZONES[zone], tongue) if isinstance(zone, ZoneKind) else zone)
    parts += [text for measure in told if measure.name == "duration" and (text := seconds(measure.value, tongue))]
    parts.append(_act(rule, told, tongue))
    parts += [text for measure in told if (text := _measured(measure, tongue))]
    text = ", ".join(parts)
    if severity is Severity.ASSIST:
        text += say(Text(" (gợi ý xem lại, không tính là vi phạm)", " (to be looked at, not counted as a violation)"), tongue)
    return f"{text[:1].upper()}{text[1:]}; {_assessed(votes, tongue)}"


def seconds(value: float, language: Language) -> str:
    """A duration in words: seconds, from two minutes on minutes, from two hours on hours."""
    whole = round(value)
    if whole < 120:
        return f"{whole} {say(Text('giây', 's'), language)}" if whole else ""
    if whole < 7200:
        minutes, rest = divmod(whole, 60)
        tail = f" {rest} {say(Text('giây', 's'), language)}" if rest else ""
        return f"{minutes} {say(Text('phút', 'min'), language)}{tail}"
    hours, rest = divmod(whole, 3600)
    tail = f" {rest // 60} {say(Text('phút', 'min'), language)}" if rest >= 60 else ""
    return f"{hours} {say(Text('giờ', 'h'), language)}{tail}"


def number(value: float, language: Language, digits: int = 1) -> str:
    """A number as people write it: 1,2 in Vietnamese, 1.2 in English; no zeros that say nothing."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return text.replace(".", ",") if language is Language.VI else text


def _act(rule: RuleId, measures: tuple[Measure, ...], language: Language) -> str:
    missing = [
        say(NEEDS[Need(measure.name.partition(":")[2])], language) for measure in measures if measure.name.startswith("missing:")
    ]
    if missing:
        return say(Text("thiếu ", "missing "), language) + ", ".join(missing)
    act = ACTS.get(rule)
    return say(act, language) if act is not None else str(rule)


def _measured(measure: Measure, language: Language) -> str:
    """A measure that says something to a person; scores of networks stay in the record."""
    kind, _, about = measure.name.partition(":")
    if kind in _NAMED:
        return say(_NAMED[kind].get(about, Text(about, about)), language)
    most = measure.threshold or 0.0
    if kind not in _MEASURED or (kind == "late_share" and measure.value <= most):
        return ""
    limit = number(most, language)
    value = number(measure.value, language)
    if value == limit and measure.value < most:
        # What is too little must not be rounded up to enough.
        value = number(floor(measure.value * 100) / 100, language, 2)
    said = say(_MEASURED[kind], language).format(
        value=value, limit=limit, about=about, whole=floor(measure.value), share=f"{measure.value:.0%}", most=f"{most:.0%}"
    )
    return _ONES.get(said, said)


def _assessed(votes: Votes, language: Language) -> str:
    text = say(
        Text(
            f"{votes.assessed}/{votes.total} thời điểm đánh giá được",
            f"{votes.assessed}/{votes.total} instants assessable",
        ),
        language,
    )
    if votes.compliant:
        text += say(Text(f", {votes.violating} có dấu hiệu vi phạm", f", {votes.violating} of them violating"), language)
    unseen = ", ".join(f"{say(REASONS[reason], language)} {count}" for reason, count in votes.unknown)
    return f"{text} ({unseen})" if unseen else text


def say(text: Text, language: Language) -> str:
    """The text in one of its two languages."""
    return text.vi if language is Language.VI else text.en
