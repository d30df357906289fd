"""How events are told to people, on pages and in mails alike: places by their names, times by the facility's clock.

Dates are dd/mm/yyyy with 24 hours, as people in Viet Nam read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.entry import Text
from analyzer.labels import ANYWHERE
from analyzer.naming import is_anywhere
from analyzer.sentences import Language, sentence
from analyzer.types import ZoneKind
from pipelines.records import StoredEvent, TimeBasis, Trouble, ZoneVersion

DEFAULT_ZONE: Final = "Asia/Ho_Chi_Minh"

TIME_BASES: Final[Mapping[TimeBasis, Text]] = MappingProxyType(
    {
        TimeBasis.ARGUMENT: Text("người phân tích nhập", "given by the analyst"),
        TimeBasis.FILE_NAME: Text("tên tệp", "file name"),
        TimeBasis.CONTAINER: Text("dữ liệu trong tệp video", "data in the video file"),
        TimeBasis.LIVE: Text("camera trực tiếp", "live camera"),
        TimeBasis.UNKNOWN: Text("không rõ", "unknown"),
    }
)
"""Where the times of an event come from."""

TROUBLES: Final[Mapping[Trouble, Text]] = MappingProxyType(
    {
        Trouble.REFUSED: Text(
            "máy ở địa chỉ này không nhận kết nối: camera có thể đang khởi động lại, hoặc sai cổng",
            "the machine at this address accepts no connection: the camera may be restarting, or the port is wrong",
        ),
        Trouble.TIMED_OUT: Text(
            "không có trả lời trong thời gian chờ: camera có thể đã tắt, hoặc mạng bị chặn",
            "no answer in time: the camera may be off, or the network blocked",
        ),
        Trouble.UNRESOLVED: Text(
            "không tìm thấy tên máy này trong mạng",
            "no machine of this name is found in the network",
        ),
        Trouble.NO_WAY: Text(
            "không có đường mạng đến địa chỉ này",
            "there is no way through the network to this address",
        ),
        Trouble.BROKEN_OFF: Text(
            "kết nối bị ngắt giữa chừng",
            "the connection was broken off",
        ),
        Trouble.LOGIN_REFUSED: Text(
            "camera không chấp nhận tên người dùng hoặc mật khẩu",
            "the camera does not accept the user name or the password",
        ),
        Trouble.NO_SUCH_STREAM: Text(
            "camera không có luồng hình ở đường dẫn này",
            "the camera has no stream at this path",
        ),
        Trouble.NOT_THERE: Text(
            "không có camera hoặc tệp ở chỗ này",
            "there is no camera or file in this place",
        ),
        Trouble.NO_VIDEO: Text(
            "thứ nhận được không phải là hình đọc được",
            "what came is no picture that can be read",
        ),
        Trouble.CHANGED: Text(
            "luồng hình đổi định dạng giữa chừng",
            "the stream changed its format in between",
        ),
        Trouble.ENDED: Text(
            "camera kết thúc luồng hình",
            "the camera ended the stream",
        ),
        Trouble.NO_MEMORY: Text(
            "thiếu bộ nhớ để giải mã hình",
            "not enough memory to decode the picture",
        ),
        Trouble.CRASHED: Text(
            "tiến trình nhận hình dừng đột ngột",
            "the process that receives the pictures stopped suddenly",
        ),
        Trouble.FAILING: Text(
            "camera trả lời rằng chính nó đang lỗi (HTTP 5xx): hãy khởi động lại camera",
            "the camera answers that it has failed itself (HTTP 5xx): restart it",
        ),
        Trouble.NOT_A_STREAM: Text(
            "máy ở địa chỉ này có trả lời nhưng không đưa luồng hình: có thể là trang web, chuyển hướng sang địa chỉ khác, hoặc chứng chỉ không được tin",
            "the machine at this address answers, but with no stream: perhaps a web page, a redirect, or a certificate that is not trusted",
        ),
        Trouble.SILENT: Text(
            "đã kết nối nhưng không có hình nào đến trong thời gian chờ",
            "connected, but no picture came in time",
        ),
        Trouble.THINGS: Text(
            "có {count} vật trông giống người, lâu nay không hề động đậy: không đánh giá các vật đó",
            "{count} thing(s) that look like people have not moved at all for long: they are not judged",
        ),
        Trouble.OTHER: Text(
            "lỗi chưa rõ nguyên nhân",
            "something went wrong for a reason that is not known",
        ),
    }
)
"""What went wrong with the connection to a camera."""


def time_zone(name: str) -> tzinfo:
    """The zone of that name; an unknown name falls back to Viet Nam's, where the facilities are."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def moment(at: datetime, zone: tzinfo) -> str:
    """Date and time of day."""
    return at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")


def span(length: timedelta) -> str:
    """h:mm:ss, or m:ss below an hour."""
    seconds = round(length.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds_left:02d}" if hours else f"{sign}{minutes}:{seconds_left:02d}"


def place_of(event: StoredEvent, zones: Iterable[ZoneVersion]) -> str | ZoneKind | None:
    """What the zone of an event is called at the version the event was judged by; its id where ``zones`` (of the camera) do not hold it."""
    judged_by = event.zone, event.zone_version or 1
    return next((zone.called for zone in zones if (zone.id, zone.version) == judged_by), event.zone)


def reason(event: StoredEvent, place: str | ZoneKind | None, language: Language | str) -> str:
    """Why the event was raised, in one sentence: who, where, how long, what, and how much of it could be judged."""
    role = event.role.role if event.role else None
    if is_anywhere(event.rule, event.zone):
        place = ANYWHERE.vi if language == Language.VI else ANYWHERE.en
    return sentence(event.rule, event.severity, role, place, event.measures, event.votes, language)
