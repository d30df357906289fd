"""How the product's values lie in a column: the same on SQLite and PostgreSQL, and exact both ways.

Times are UTC to the microsecond, durations whole microseconds, text composed (NFC), codes the value of
their enumeration, and records canonical JSON through a typed codec: what comes out has a type again.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from pydantic import ConfigDict, TypeAdapter
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=Enum)

_MICROSECOND = timedelta(microseconds=1)

# Ids are compared by bytes on every database, so that a page ends at the same row everywhere.
IDENTIFIER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _composed(value: str) -> str:
    if "\0" in value:
        raise ValueError("text with a NUL character cannot be stored")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, as in file names that are not UTF-8
        raise ValueError(f"text that is no Unicode cannot be stored: {value!r}") from error
    return unicodedata.normalize("NFC", value)


class Words(TypeDecorator[str]):
    """Text for people."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else _composed(value)


class Identifier(Words):
    """Text that names something; ordered by bytes."""

    impl = IDENTIFIER
    cache_ok = True


class Moment(TypeDecorator[datetime]):
    """An aware time.

    Raises:
        ValueError: on the way in, for a time without a zone.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value}")
        utc = value.astimezone(UTC)
        # SQLite has no type for zones: its driver keeps the digits, of fixed width, so that text order is time order.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A duration as whole microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


class _Code(TypeDecorator[Any]):
    """A member of an enumeration, as its value."""

    impl = sa.Text
    cache_ok = True
    members: ClassVar[type[Enum]]

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else str(self.members(value).value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else self.members(value)


class _Record(TypeDecorator[Any]):
    """Records as JSON text, fields in the order of their declaration."""

    impl = sa.Text
    cache_ok = True
    codec: ClassVar[TypeAdapter[Any]]

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else _composed(self.codec.dump_json(value).decode())

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else self.codec.validate_json(value)


def code_of(members: type[E]) -> type[TypeEngine[E]]:
    """The column type of one enumeration."""
    return type(f"{members.__name__}Code", (_Code,), {"members": members, "cache_ok": True})


def codec_of(record: Any) -> TypeAdapter[Any]:
    """Typed JSON of a record type. Numbers that are not finite are kept as words: JSON has none."""
    # A bare dataclass takes no configuration; the union with None does.
    return TypeAdapter(record | None, config=ConfigDict(ser_json_inf_nan="strings"))


def record_of(record: Any) -> type[TypeEngine[Any]]:
    """The column type of one record type, such as ``tuple[Measure, ...]``."""
    return type("RecordColumn", (_Record,), {"codec": codec_of(record), "cache_ok": True})
