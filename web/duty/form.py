"""What is typed about a shift, checked. Pure; whatever was typed comes back as it was, with a word by the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from callcore.kernel.errors import Invalid
from callcore.network.change_duty import MAX_NOTE_CHARS, MAX_PHONES, MAX_SHIFTS, Watch
from callcore.network.duty_plan import LONGEST_REPEAT, Repeat, ShiftTimes
from web.ui.clock import time_of

NAMES = ("day", "start", "end", "tz", "repeat", "until", "note", "phone-1", "phone-2", "phone-3", "version")
_WORDS = {
    "too-many-shifts": f"За один раз не больше {MAX_SHIFTS} смен: уменьшите срок",
    "shift-length": "Смена не длиннее двух суток и кончается позже, чем началась",
    "shift-in-past": "Эта смена уже прошла: выберите сегодняшний или будущий день",
    "shifts-meet": "Смены накладываются друг на друга: закончите раньше следующей",
    "phone-unknown": "Этот телефон выключен или не годится для дежурства: выберите другой",
    "phone-twice": "Этот телефон уже стоит в смене: вторым должен быть другой номер",
    "shift-phones": "Выберите, кому звонить первым",
    "note-too-long": f"Не длиннее {MAX_NOTE_CHARS} знаков",
}


@dataclass(frozen=True, slots=True)
class ShiftForm:
    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    times: ShiftTimes | None = None
    watch: Watch | None = None


def read_shift(form: Mapping[str, Any]) -> ShiftForm:
    typed = {name: _plain(form.get(name, "")) for name in NAMES}
    errors: dict[str, str] = {}
    day, start, end = _date(typed["day"]), time_of(typed["start"]), time_of(typed["end"])
    if day is None:
        errors["day"] = "Выберите день"
    if start is None:
        errors["start"] = "Время пишется как 21:00"
    if end is None:
        errors["end"] = "Время пишется как 09:00"
    if not _is_zone(typed["tz"]):
        errors["tz"] = "Выберите значение из списка"
    repeat = next((one for one in Repeat if one == (typed["repeat"] or "none")), None)
    until = _date(typed["until"])
    if repeat is None:
        errors["repeat"] = "Выберите значение из списка"
    elif repeat is not Repeat.NONE and (
        until is None or day is None or not day <= until <= day + LONGEST_REPEAT
    ):
        errors["until"] = f"Укажите последний день, не дальше {LONGEST_REPEAT.days} дней"
    phones = _phones(typed, errors)
    if errors or day is None or start is None or end is None or repeat is None:
        return ShiftForm(typed, errors)
    times = ShiftTimes(day, start, end, typed["tz"], repeat, until if repeat is not Repeat.NONE else None)
    return ShiftForm(typed, errors, times, Watch(phones, typed["tz"], typed["note"]))


def words_of(error: Invalid) -> dict[str, str]:
    """By field."""
    fields: Mapping[str, str] = error.details.get("fields", {})
    return {name: _WORDS.get(error.code, "Проверьте значение") for name in fields}


def _phones(typed: Mapping[str, str], errors: dict[str, str]) -> tuple[int, ...]:
    found = []
    for place in range(1, MAX_PHONES + 1):
        text = typed[f"phone-{place}"]
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            errors[f"phone-{place}"] = "Выберите значение из списка"
        elif text:
            found.append(int(text))
    if not typed["phone-1"]:
        errors["phone-1"] = _WORDS["shift-phones"]
    return tuple(found)


def _plain(value: Any) -> str:
    return (
        "".join(char for char in value if char.isprintable()).strip()[:300] if isinstance(value, str) else ""
    )


def _date(text: str) -> date | None:
    """Years that clocks and databases bear."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _is_zone(text: str) -> bool:
    try:
        return bool(text) and ZoneInfo(text).key == text
    except (ValueError, OSError, KeyError):
        return False
