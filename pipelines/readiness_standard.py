"""What a camera must be able to do for this work, and how what was measured stands to it. Pure.

1080p at 10 to 15 pictures a second and up to 4 Mbit/s are what installers are asked for (practice); what decides is the height of
heads where people walk: below 24 px no mask can be judged, from 40 px it fully can (this project's own gates). A clock more than
2 s off makes evidence doubtful (likewise). A password of its own is asked for by QCVN 135:2024.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from analyzer.entry import Nature, Text
from pipelines.onvif.client import Profile
from pipelines.readiness import Measured
from pipelines.records import GapReason, Trouble
from pipelines.sources.address import CameraAddress
from pipelines.sources.lifecycle import State
from pipelines.telling import TROUBLES

HEAD_UNKNOWN, HEAD_FULL = 24.0, 40.0  # px
_CLOCK_GOOD, _CLOCK_BAD = 2.0, 60.0  # s
_LATE_GOOD, _LATE_BAD = 1.0, 2.0  # s; from the second on the ledger of a live camera says DEGRADED


class Grade(StrEnum):
    PASS = "pass"  # noqa: S105 - a grade
    WARN = "warn"
    FAIL = "fail"
    NOT_MEASURED = "not_measured"


class Point(StrEnum):
    """What is looked at, in the order of the sheet."""

    CONNECTION = "connection"
    ACCESS = "access"
    TRANSPORT = "transport"
    CODEC = "codec"
    RESOLUTION = "resolution"
    RATE = "picture rate"
    BIT_RATE = "bit rate"
    DELAY = "delay"
    KEYFRAMES = "keyframes"
    DAMAGE = "damaged pictures"
    TIMESTAMPS = "timestamps"
    CLOCK = "clock"
    DECLARED = "declared profile"
    PICTURE = "picture"
    HEADS = "height of heads"


POINTS: Final[dict[Point, tuple[Text, Text, Nature]]] = {
    Point.CONNECTION: (
        Text("Kết nối", "Connection"),
        Text("trả lời, có hình trong 5 giây", "answers, first picture within 5 s"),
        Nature.INFERENCE,
    ),
    Point.ACCESS: (
        Text("Đăng nhập", "Access"),
        Text("chấp nhận tài khoản và mật khẩu", "user and password accepted"),
        Nature.INFERENCE,
    ),
    Point.TRANSPORT: (
        Text("Bảo mật", "Security"),
        Text("mật khẩu riêng (QCVN 135:2024)", "a password of its own (QCVN 135:2024)"),
        Nature.LATER_LAW,
    ),
    Point.CODEC: (Text("Chuẩn nén", "Codec"), Text("H.264 hoặc H.265", "H.264 or H.265"), Nature.PRACTICE),
    Point.RESOLUTION: (
        Text("Độ phân giải", "Resolution"),
        Text("1920 x 1080; ít nhất 480 dòng", "1920 x 1080; 480 lines at least"),
        Nature.PRACTICE,
    ),
    Point.RATE: (
        Text("Tốc độ khung hình", "Picture rate"),
        Text("10 đến 15 hình/giây, ít nhất 5; đúng như khai báo", "10 to 15 a second; 5 at least; as declared"),
        Nature.PRACTICE,
    ),
    Point.BIT_RATE: (Text("Tốc độ bit", "Bit rate"), Text("không quá 8 Mbit/s", "up to 8 Mbit/s"), Nature.PRACTICE),
    Point.DELAY: (
        Text("Độ trễ đường truyền", "Delay of the line"),
        Text("không tăng quá 1 giây khi đang xem", "grows by no more than 1 s while watching"),
        Nature.INFERENCE,
    ),
    Point.KEYFRAMES: (
        Text("Khung hình khóa", "Keyframes"),
        Text("mỗi 4 giây hoặc dày hơn", "a keyframe every 4 s or sooner"),
        Nature.INFERENCE,
    ),
    Point.DAMAGE: (Text("Hình hỏng", "Damaged pictures"), Text("dưới 1 %", "under 1 %"), Nature.INFERENCE),
    Point.TIMESTAMPS: (
        Text("Dấu thời gian của luồng", "Timestamps"),
        Text("tăng đều theo đồng hồ", "rising with the clock"),
        Nature.INFERENCE,
    ),
    Point.CLOCK: (
        Text("Đồng hồ của camera", "Clock of the camera"),
        Text("lệch không quá 2 giây", "at most 2 s off"),
        Nature.INFERENCE,
    ),
    Point.DECLARED: (
        Text("Cấu hình khai báo (ONVIF)", "Declared profile (ONVIF)"),
        Text("đúng như đo được", "as measured"),
        Nature.PRACTICE,
    ),
    Point.PICTURE: (
        Text("Chất lượng hình", "Picture"),
        Text("sáng, nét, không bị che; độ sáng 40 đến 215", "bright, sharp, uncovered; brightness 40 to 215"),
        Nature.INFERENCE,
    ),
    Point.HEADS: (
        Text("Chiều cao đầu người", "Height of heads"),
        Text(
            "40 px ở nơi người thường đi; dưới 24 px không đánh giá được khẩu trang",
            "40 px where people walk; under 24 px no mask can be judged",
        ),
        Nature.INFERENCE,
    ),
}
"""Name, what is asked, and on what ground."""

_WORST: Final = {Grade.PASS: 0, Grade.NOT_MEASURED: 1, Grade.WARN: 2, Grade.FAIL: 3}
_FAULTS: Final = {
    GapReason.FROZEN: Text("hình đứng yên", "frozen"),
    GapReason.LOOPED: Text("hình lặp lại", "looped"),
    GapReason.BLACK: Text("hình đen", "black"),
    GapReason.TOO_DARK: Text("quá tối", "too dark"),
    GapReason.GLARE: Text("chói sáng", "glare"),
    GapReason.COVERED: Text("bị che", "covered"),
    GapReason.BLURRED: Text("bị mờ", "blurred"),
    GapReason.MOVED: Text("bị xoay đi", "moved"),
}
_SHORT: Final = Text("thời gian đo quá ngắn", "too short")


@dataclass(frozen=True, slots=True)
class Finding:
    """One point: what was measured and how it stands to what is asked."""

    point: Point
    measured: Text
    grade: Grade

    @property
    def asked(self) -> Text:
        return POINTS[self.point][1]


@dataclass(frozen=True, slots=True)
class Readiness:
    """The sheet. ``source`` is redacted."""

    source: str
    at: datetime
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Grade:
        """The worst of all points; what was not measured does not fail a camera, but it is said."""
        worst = max((one.grade for one in self.findings), key=_WORST.__getitem__, default=Grade.NOT_MEASURED)
        return Grade.PASS if worst is Grade.NOT_MEASURED else worst

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that made the verdict what it is."""
        return tuple(one for one in self.findings if one.grade is self.verdict) if self.verdict is not Grade.PASS else ()

    @property
    def open(self) -> tuple[Finding, ...]:
        """What was not measured."""
        return tuple(one for one in self.findings if one.grade is Grade.NOT_MEASURED)


def judge(address: CameraAddress, seen: Measured) -> Readiness:
    """Hold the measurements against the standard."""
    findings = [_connection(seen), _access(seen), _transport(address)]
    if seen.opened is not None:
        stream: tuple[Callable[[Measured], Finding], ...] = (
            _codec,
            _size,
            _rate,
            _bit_rate,
            _delay,
            _keyframes,
            _damage,
            _timestamps,
        )
        findings += [look(seen) for look in stream]
    findings.append(_clock(seen))
    if seen.opened is not None:
        findings += [_declared(address, seen), _picture(seen), _heads(seen)]
    return Readiness(str(address), seen.at, tuple(findings))


def _both(text: str) -> Text:
    """Figures and names that are the same in both languages."""
    return Text(text, text)


def _number(value: float, places: int) -> str:
    """As people here write it: with a decimal comma."""
    return f"{value:.{places}f}".replace(".", ",")


def _connection(seen: Measured) -> Finding:
    if seen.state is not State.LIVE:
        said = TROUBLES[seen.trouble] if isinstance(seen.trouble, Trouble) else _both(seen.text)
        if seen.trouble is Trouble.OTHER and seen.text:
            said = Text(f"{said.vi} ({seen.text})", f"{said.en} ({seen.text})")
        return Finding(Point.CONNECTION, said, Grade.FAIL)
    first = seen.first_picture or math.inf
    vi, en = f"hình đầu tiên sau {_number(first, 1)} giây", f"first picture after {first:.1f} s"
    if seen.reached is not None:
        took = f"{1000 * seen.reached:.0f} ms"
        vi, en = f"kết nối sau {took}, {vi}", f"reached in {took}, {en}"
    return Finding(Point.CONNECTION, Text(vi, en), Grade.PASS if first <= 5 else Grade.WARN)


def _access(seen: Measured) -> Finding:
    if seen.reason is GapReason.AUTH_FAILED:
        return Finding(Point.ACCESS, Text("bị từ chối", "refused"), Grade.FAIL)
    if seen.state is not State.LIVE and seen.opened is None:
        return Finding(Point.ACCESS, Text("chưa thử được", "not tried"), Grade.NOT_MEASURED)
    return Finding(Point.ACCESS, Text("được chấp nhận", "granted"), Grade.PASS)


def _transport(address: CameraAddress) -> Finding:
    scheme = address.scheme.value
    if not address.is_network:
        return Finding(Point.TRANSPORT, _both(scheme), Grade.NOT_MEASURED)
    if not address.secrets:
        return Finding(Point.TRANSPORT, Text(f"{scheme}, không có mật khẩu", f"{scheme}, no password"), Grade.WARN)
    return Finding(Point.TRANSPORT, Text(f"{scheme}, có mật khẩu", f"{scheme}, password set"), Grade.PASS)


def _codec(seen: Measured) -> Finding:
    codec = seen.opened.codec if seen.opened else ""
    return Finding(Point.CODEC, _both(codec), Grade.PASS if codec in {"h264", "hevc"} else Grade.WARN)


def _size(seen: Measured) -> Finding:
    width, height = (seen.opened.width, seen.opened.height) if seen.opened else (0, 0)
    short = min(width, height)
    if not short:
        return Finding(Point.RESOLUTION, Text("chưa có hình", "no picture"), Grade.NOT_MEASURED)
    grade = Grade.PASS if short >= 1080 else Grade.WARN if short >= 480 else Grade.FAIL
    return Finding(Point.RESOLUTION, _both(f"{width} x {height}"), grade)


def _rate(seen: Measured) -> Finding:
    if seen.rate is None:
        return Finding(Point.RATE, _SHORT, Grade.NOT_MEASURED)
    vi, en = f"{_number(seen.rate, 1)} hình/giây", f"{seen.rate:.1f} a second"
    declared = seen.opened.declared_rate if seen.opened else None
    if declared is not None:
        vi, en = f"{vi}, khai báo {_number(declared, 1)}", f"{en}, declared {declared:.1f}"
    short = declared is not None and seen.rate < 0.8 * declared
    grade = Grade.FAIL if seen.rate < 4.5 else Grade.WARN if seen.rate < 9 or short else Grade.PASS
    return Finding(Point.RATE, Text(vi, en), grade)


def _bit_rate(seen: Measured) -> Finding:
    if seen.bit_rate is None:
        return Finding(Point.BIT_RATE, _SHORT, Grade.NOT_MEASURED)
    rate = seen.bit_rate / 1e6
    grade = Grade.PASS if rate <= 8 else Grade.WARN
    return Finding(Point.BIT_RATE, Text(f"{_number(rate, 2)} Mbit/s", f"{rate:.2f} Mbit/s"), grade)


def _delay(seen: Measured) -> Finding:
    """A line too thin for its stream delivers everything ever later (`pipelines.sources.line`)."""
    if seen.late is None:
        return Finding(Point.DELAY, _SHORT, Grade.NOT_MEASURED)
    grade = Grade.PASS if seen.late <= _LATE_GOOD else Grade.WARN if seen.late <= _LATE_BAD else Grade.FAIL
    return Finding(Point.DELAY, Text(f"chậm {_number(seen.late, 1)} giây", f"{seen.late:.1f} s late"), grade)


def _keyframes(seen: Measured) -> Finding:
    if seen.keyframes is None:
        return Finding(Point.KEYFRAMES, Text("không thấy hai khung hình khóa", "none twice"), Grade.WARN)
    said = Text(f"mỗi {_number(seen.keyframes, 1)} giây", f"every {seen.keyframes:.1f} s")
    return Finding(Point.KEYFRAMES, said, Grade.PASS if seen.keyframes <= 4.0 else Grade.WARN)


def _damage(seen: Measured) -> Finding:
    if seen.bad is None:
        return Finding(Point.DAMAGE, _SHORT, Grade.NOT_MEASURED)
    grade = Grade.PASS if seen.bad < 0.01 else Grade.WARN if seen.bad < 0.1 else Grade.FAIL
    return Finding(Point.DAMAGE, Text(f"{_number(100 * seen.bad, 1)} %", f"{seen.bad:.1%}"), grade)


def _timestamps(seen: Measured) -> Finding:
    grade = Grade.PASS if seen.anomalies <= 1 else Grade.WARN
    return Finding(Point.TIMESTAMPS, Text(f"{seen.anomalies} dấu không tin được", f"{seen.anomalies} not believed"), grade)


def _clock(seen: Measured) -> Finding:
    said = seen.declared
    if said is None or said.clock_offset is None:
        why = Text("không hỏi", "not asked") if said is None else Text("không hỏi được bằng ONVIF", said.text)
        return Finding(Point.CLOCK, why, Grade.NOT_MEASURED)
    offset, error = said.clock_offset.total_seconds(), said.clock_error.total_seconds()
    surely = max(abs(offset) - error, 0.0)  # the offset that it has at least
    grade = Grade.PASS if surely <= _CLOCK_GOOD else Grade.WARN if surely <= _CLOCK_BAD else Grade.FAIL
    vi = f"{'nhanh' if offset >= 0 else 'chậm'} {_number(abs(offset), 1)} giây (sai số {_number(error, 1)})"
    en = f"{abs(offset):.1f} s {'ahead' if offset >= 0 else 'behind'} (give or take {error:.1f})"
    return Finding(Point.CLOCK, Text(vi, en), grade)


def _declared(address: CameraAddress, seen: Measured) -> Finding:
    said = seen.declared
    if said is None:
        return Finding(Point.DECLARED, Text("không hỏi", "not asked"), Grade.NOT_MEASURED)
    if not said.profiles:
        reason = said.text or "no profiles"
        return Finding(Point.DECLARED, Text("không hỏi được bằng ONVIF", reason), Grade.NOT_MEASURED)
    profile = next((one for one in said.profiles if _same_stream(one, address)), None)
    if profile is None:
        names = ", ".join(one.name or one.token for one in said.profiles)
        vi, en = f"không cấu hình nào có địa chỉ này; có: {names}", f"no profile has this address; there are: {names}"
        return Finding(Point.DECLARED, Text(vi, en), Grade.NOT_MEASURED)
    rate = "?" if profile.rate is None else f"{profile.rate:.0f}"
    shown = f"{profile.name or profile.token}: {profile.codec} {profile.width} x {profile.height}, {rate}/s"
    wrong = _differs(profile, seen)
    if wrong is None:
        return Finding(Point.DECLARED, _both(shown), Grade.PASS)
    return Finding(Point.DECLARED, Text(f"{shown}; đo được {wrong}", f"{shown}; measured {wrong}"), Grade.WARN)


def _same_stream(profile: Profile, address: CameraAddress) -> bool:
    mine, its = urlsplit(address.path), urlsplit(profile.url)
    return (mine.path.rstrip("/"), mine.query) == (its.path.rstrip("/"), its.query)


def _differs(profile: Profile, seen: Measured) -> str | None:
    """What was measured, where the camera says something else."""
    opened = seen.opened
    if opened is None:
        return None
    if profile.codec and profile.codec != opened.codec:
        return opened.codec
    if (profile.width, profile.height) not in {(0, 0), (opened.width, opened.height)}:
        return f"{opened.width} x {opened.height}"
    if profile.rate is not None and seen.rate is not None and seen.rate < 0.8 * profile.rate:
        return f"{seen.rate:.1f}/s"
    return None


def _picture(seen: Measured) -> Finding:
    if seen.mean is None:
        return Finding(Point.PICTURE, Text("chưa có hình", "no glance"), Grade.NOT_MEASURED)
    if (fault := seen.health.fault) is not None:
        return Finding(Point.PICTURE, _FAULTS.get(fault, _both(fault.value)), Grade.FAIL)
    grade = Grade.PASS if 40 <= seen.mean <= 215 else Grade.WARN
    return Finding(Point.PICTURE, Text(f"độ sáng {seen.mean:.0f} trên 255", f"mean brightness {seen.mean:.0f} of 255"), grade)


def _heads(seen: Measured) -> Finding:
    if not seen.heads:
        looked = seen.heads is not None
        said = Text("không thấy ai", "nobody was seen") if looked else Text("không đo (--people)", "not looked for (--people)")
        return Finding(Point.HEADS, said, Grade.NOT_MEASURED)
    heads = sorted(seen.heads)
    middle, small = statistics.median(heads), heads[len(heads) // 10]
    grade = Grade.PASS if middle >= HEAD_FULL else Grade.WARN if middle >= HEAD_UNKNOWN else Grade.FAIL
    vi = f"trung vị {middle:.0f} px trên {len(heads)} lần thấy; một phần mười nhỏ nhất: {small:.0f} px trở xuống"
    en = f"median {middle:.0f} px of {len(heads)}; the smallest tenth {small:.0f} px or less"
    return Finding(Point.HEADS, Text(vi, en), grade)
