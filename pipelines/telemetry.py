"""Logging of the processes: structured lines on standard error, addresses redacted.

Only `main` calls this; libraries and the analyzer stay silent.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Literal

import structlog

from pipelines.sources.address import redact


def redact_processor(_logger: object, _method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Redact every text of a log line, however deep."""
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: object) -> object:
    match value:
        case str():
            return redact(value)
        case BaseException():
            return redact(repr(value))
        case Mapping():
            return {key: _redacted(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_redacted(inner) for inner in value]
        case _:
            return value


def configure(level: str = "info", form: Literal["json", "console"] = "json") -> None:
    """Set up structlog for this process: one JSON object a line, UTC times, stable event names."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact_processor,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_to_standard_error,
    )


def _to_standard_error(*_names: object) -> structlog.PrintLogger:
    """What standard error is when something is said: it may be exchanged, and the one before closed."""
    return structlog.PrintLogger(sys.stderr)
