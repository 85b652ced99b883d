"""Structured logs: constant messages, fields, the call's id on each line, phone numbers masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_DIGITS = re.compile(r"(?<![\w.:-])(\+?\d{3})\d{3,}(\d{2})(?![\w.:-])")


def mask_digits(text: str) -> str:
    """Replace the middle of every run of 8 or more digits: +79001234567 -> +790…67."""
    return _DIGITS.sub(r"\1…\2", text)


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in ("call_id", "timestamp") or not isinstance(value, str):
            continue
        if any(key == word or key.endswith(f"_{word}") for word in ("password", "secret", "token")):
            event[key] = "***"
        else:
            event[key] = mask_digits(value)
    return event


def configure_logs(level: str = "info", style: Literal["console", "json"] = "console") -> None:
    """Call once, at the root. Console for people, JSON lines for machines."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # here, so that it is masked; never with values of variables
            _mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)


def get_logger(name: str) -> Any:
    """A structlog logger; fields go as keywords, never into the message."""
    return structlog.get_logger(module=name)
