"""Days on which a person works otherwise, as typed and in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from callcore.network.change_network import MAX_REASON_CHARS
from callcore.network.person_hours import MAX_DAYS
from callcore.routing.explain import MONTHS
from callcore.routing.hours import parse_periods
from web.ui.clock import as_clock

NAMES = ("day", "until", "kind", "from", "to", "reason")


@dataclass(frozen=True, slots=True)
class TypedDays:
    typed: Mapping[str, str]
    days: tuple[date, ...] = ()
    periods: tuple[list[str], ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


def read_days(form: Mapping[str, Any]) -> TypedDays:
    """From the first day to the last, both within; without a last one a single day."""
    typed = {name: _line(form.get(name, "")) for name in NAMES}
    errors: dict[str, str] = {}
    first = date_of(typed["day"])
    last = date_of(typed["until"]) if typed["until"] else first
    if first is None:
        errors["day"] = "Выберите день"
    elif last is None or not 0 <= (last - first).days < MAX_DAYS:
        errors["until"] = f"Последний день — не раньше первого и не дальше {MAX_DAYS} дней"
    periods: tuple[list[str], ...] = ()
    if typed["kind"] == "open":
        periods = ([as_clock(typed["from"]), as_clock(typed["to"])],)
        try:
            parse_periods(periods)
        except ValueError:
            errors["from"] = "Укажите, с какого и до какого времени"
    if len(typed["reason"]) > MAX_REASON_CHARS:
        errors["reason"] = f"Не длиннее {MAX_REASON_CHARS} знаков"
    if errors or first is None or last is None:
        return TypedDays(typed, errors=errors)
    days = tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
    return TypedDays(typed, days, periods)


def date_of(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def day_text(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def periods_text(periods: Sequence[Sequence[str]]) -> str:
    """Empty for a day off."""
    return ", ".join("–".join(period) for period in periods)


def _line(value: object) -> str:
    return (
        "".join(char for char in value if char.isprintable()).strip()[:300] if isinstance(value, str) else ""
    )
