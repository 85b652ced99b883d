"""A time of the day as it is typed. Pure.

Fields are text on a clock of 24 hours: a browser's own clock field speaks its own language (AM, PM).
"""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any, Final

_LOOSE: Final = re.compile(r"(?P<hour>\d{1,2})(?:[:.,\- ]?(?P<minute>[0-5]\d))?", re.ASCII)


def as_clock(text: str) -> str:
    """9, 900, 9.00 and 9-00 are 09:00, 24 is midnight; what is no time stays as it was typed."""
    found = _LOOSE.fullmatch(text)
    if found is None:
        return text
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    return f"{hour % 24:02}:{minute:02}" if hour < 24 or (hour, minute) == (24, 0) else text


def time_of(text: str) -> time | None:
    """None for what is no time."""
    try:
        return time.fromisoformat(as_clock(text.strip()[:8])).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return None


def minute_of(text: str) -> int | None:
    """Since midnight; 24:00 is midnight, too. None for what is no time."""
    found = time_of(text)
    return None if found is None else found.hour * 60 + found.minute


def typed_moment(form: Mapping[str, Any], name: str) -> str:
    """`2026-03-08T03:00` of the two fields of `ui.moment_field`, for datetime.fromisoformat; a half that is missing is missing
    here, too. Whoever sends the moment in one piece may."""
    whole, day, clock = (_line(form.get(f"{name}{part}", "")) for part in ("", "-day", "-clock"))
    return whole or (f"{day}T{as_clock(clock)}" if day or clock else "")


def _line(value: object) -> str:
    return (
        "".join(char for char in value if char.isprintable()).strip()[:40] if isinstance(value, str) else ""
    )
