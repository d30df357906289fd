"""Numbers, dates and durations as people in Viet Nam read them: dd/mm/yyyy, 24 hours, decimal comma.

Rounding happens here and nowhere before. The facility's time zone decides the clock on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from api.wording.texts import Language
from pipelines.records import TimeBasis
from pipelines.telling import moment, span

_SIZES = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000))
FIRST_YEAR, LAST_YEAR = 1970, 2200  # no recording is older; beyond the calendar's ends arithmetic fails


def parsed_day(text: str) -> date | None:
    """A day as people write it here (20/08/2021) or as programs do (2021-08-20); ``None`` for anything else."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            # Only the date is taken; the zone is decided by whoever asks what midnight is.
            day = datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
    return None


@dataclass(frozen=True, slots=True)
class Formats:
    """How one page writes things."""

    language: Language
    zone: tzinfo

    def number(self, value: float, places: int = 0) -> str:
        text = f"{value:,.{places}f}"
        if self.language == "vi":
            text = text.translate(str.maketrans(",.", ".,"))
        return text

    def measure(self, value: float) -> str:
        """As many places as tell something: 93,3 and 0,07 and 14."""
        size = abs(value)
        places = 0 if size == int(size) or size >= 100 else 1 if size >= 10 else 2
        while places and round(value, places) == round(value, places - 1):
            places -= 1
        return self.number(value, places)

    def figure(self, value: float) -> str:
        """With every place it has, for a field that is sent back."""
        text = f"{value:.6g}"
        return text.replace(".", ",") if self.language == "vi" else text

    def share(self, value: float | None) -> str:
        """A fraction as per cent; what is unknown is a dash, never 0 %."""
        if value is None:
            return "–"
        return f"{self.number(value * 100, 0 if value in {0, 1} else 1)}%"

    def moment(self, at: datetime, basis: TimeBasis = TimeBasis.LIVE) -> str:
        """Date and clock time; without a real time only the position from the start of the recording."""
        if basis is TimeBasis.UNKNOWN:
            return self._offset(at)
        return moment(at, self.zone)

    def clock(self, at: datetime, basis: TimeBasis = TimeBasis.LIVE) -> str:
        if basis is TimeBasis.UNKNOWN:
            return self._offset(at)
        return at.astimezone(self.zone).strftime("%H:%M:%S")

    def hour(self, at: datetime, basis: TimeBasis = TimeBasis.LIVE) -> str:
        """Clock time to the minute."""
        return self.clock(at, basis) if basis is TimeBasis.UNKNOWN else at.astimezone(self.zone).strftime("%H:%M")

    def day(self, day: date) -> str:
        return day.strftime("%d/%m/%Y")

    def _offset(self, at: datetime) -> str:
        """Position from the start of a recording without a real time; the margin of a timeline lies before it."""
        offset = self.span(at - datetime(1970, 1, 1, tzinfo=UTC))
        return offset if offset.startswith("-") else f"+{offset}"

    def span(self, length: timedelta) -> str:
        """h:mm:ss, or m:ss below an hour."""
        return span(length)

    def length(self, length: timedelta) -> str:
        """How long something lasted, in words of units."""
        hour_unit, minute_unit, second_unit = ("giờ", "phút", "giây") if self.language == "vi" else ("h", "min", "s")
        seconds = length.total_seconds()
        if seconds == 0:
            return f"0 {second_unit}"
        if seconds < 60:
            return f"{self.measure(round(seconds, 1))} {second_unit}"
        hours, rest = divmod(round(seconds), 3600)
        minutes, left = divmod(rest, 60)
        parts = [(hours, hour_unit), (minutes, minute_unit), (left, second_unit)]
        return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)

    def size(self, size_bytes: int | None) -> str:
        if size_bytes is None:
            return "–"
        for unit, factor in _SIZES:
            if size_bytes >= factor:
                return f"{self.number(size_bytes / factor, 1)} {unit}"
        return f"{size_bytes} B"
