"""Structured logs: constant messages, fields, the call's id on each line, phone numbers masked."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date, time, timedelta
from typing import Any, Final, Literal

import structlog

# Together: eight digits and more, whatever stands around them (sip:…@, %2B…, ….wav), but for a uniqueid (epoch.count), the
# end of a channel's name (-00000012) and a day (20261123, 20261123141500).
_NONE: Final = r"(?!\d{10}\.\d|(?<=-)\d{8}(?!\d)|20\d\d[01]\d[0-3]\d(?:\d{6})?(?!\d))"
_TOGETHER: Final = rf"(?<!\d){_NONE}\+?\d{{8,}}(?!\d)"
# As people write them: +7 (912) 440-18-25, 8-912-440 18 25, 912 440-18-25, 440-18-25. No date is written so.
_SPELLED: Final = (
    r"(?<!\d)(?:(?:\+?\d{1,3}[\s().-]{0,3})?\(?\d{3}[\s().-]{1,3})?\d{3}[\s.-]\d{2}[\s.-]?\d{2}(?![\d:])"
    r"|(?<!\d)\+\d{1,3}[\s(.-]{1,3}\d{3}[\s).-]{0,3}\d{7}(?!\d)"
    r"|(?<!\d)[78][\s(.-]{1,3}\d{3}[\s).-]{1,3}\d{7}(?!\d)"
)
_NUMBER: Final = re.compile(f"{_TOGETHER}|{_SPELLED}")
_AS_THEY_ARE: Final = frozenset({"call_id", "request_id", "timestamp"})  # made by us, no words of others
_NO_TEXT: Final = (bool, int, float, date, time, timedelta, type(None))


def mask_digits(text: str) -> str:
    """Replace the middle of every telephone number, and of every run of 8 or more digits: +79001234567 -> +790…67."""
    return _NUMBER.sub(_shortened, text)


def _shortened(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return f"{'+' * found[0].startswith('+')}{digits[:3]}…{digits[-2:]}"


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key not in _AS_THEY_ARE:
            event[key] = _masked(key, value)
    return event


def _masked(key: str, value: Any) -> Any:
    """Also what lies deeper, and objects by what they would be shown as."""
    if isinstance(value, _NO_TEXT):
        return value
    if any(key == word or key.endswith(f"_{word}") for word in ("password", "secret", "token")):
        return "***"
    if isinstance(value, str):
        return mask_digits(value)
    if isinstance(value, Mapping):
        return {mask_digits(str(name)): _masked(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", one) for one in value]
    return mask_digits(repr(value))


class _MaskedLines(logging.Formatter):
    """For what libraries log by themselves: a refused statement of SQL says its values."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_digits(super().format(record))


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskedLines(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def get_logger(name: str) -> Any:
    """A structlog logger; fields go as keywords, never into the message."""
    return structlog.get_logger(module=name)
