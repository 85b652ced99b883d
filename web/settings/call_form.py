"""The settings of calls as a form, read off their dataclass: whatever was typed comes back as it was. Pure.

A whole number is a field of digits, one whose name ends in `_minute` a time of the day, a tuple a list of words, a flag a
switch, an enum a choice. So a new setting needs its line in a template and its bounds, and nothing here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from callcore.calls.change_settings import BOUNDS
from callcore.calls.settings import CallSettings
from web.ui.clock import minute_of

DAY_MINUTES: Final = 24 * 60
MAX_CHARS: Final = 500
WRONG: Final = {
    "not-number": "Введите целое число",
    "not-waits": "От одного до десяти чисел, каждое от 1 до 1440",
    "not-numbers": "Целые числа через запятую, например 2, 10, 60",
    "not-time": "Введите время, например 08:30",
    "not-listed": "Выберите из списка",
    "too-long": "Слишком длинно",
    "not-prefix": "Начала номеров через запятую, например +7, +375",
    "not-after": "Должно быть позже начала",
}
_USUAL: Final = CallSettings()
SWITCHES: Final = tuple(
    item.name for item in fields(CallSettings) if isinstance(getattr(_USUAL, item.name), bool)
)
TEXTS: Final = tuple(item.name for item in fields(CallSettings) if item.name not in SWITCHES)


@dataclass(frozen=True, slots=True)
class CallSettingForm:
    """`texts` by the names of TEXTS, `switches` of SWITCHES; `version` is what the person saw."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]
    version: int


def show_settings(settings: CallSettings, version: int) -> CallSettingForm:
    texts = {name: _shown(name, getattr(settings, name)) for name in TEXTS}
    return CallSettingForm(texts, {name: getattr(settings, name) for name in SWITCHES}, version)


def read_form(sent: Mapping[str, Any]) -> CallSettingForm:
    texts = {name: _plain(sent.get(name, "")) for name in TEXTS}
    switches = {name: sent.get(name) == "1" for name in SWITCHES}
    version = _whole(_plain(sent.get("version", "")))
    return CallSettingForm(texts, switches, -1 if version is None else version)


def understand(form: CallSettingForm) -> tuple[CallSettings, dict[str, str]]:
    """The settings, and codes of what could not be read by the name of its input."""
    found: dict[str, Any] = dict(form.switches)
    wrong: dict[str, str] = {}
    for name in TEXTS:
        value = _meant(name, form.texts[name])
        if value is None:
            wrong[name] = _problem(name)
        else:
            found[name] = value
    return CallSettings(**found), wrong


def words_of(name: str, code: str) -> str:
    """For people: what is wrong with this input."""
    if code in {"too-small", "too-big"} and name in BOUNDS:
        low, high = BOUNDS[name]
        return f"От {low} до {high}"
    return WRONG[code]


def bounds_of(name: str) -> str:
    """«3–600», for hints."""
    low, high = BOUNDS[name]
    return f"{low}–{high}"


def clock_text(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _shown(name: str, value: Any) -> str:
    if name.endswith("_minute"):
        return clock_text(value)
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _meant(name: str, text: str) -> Any:
    """None for what cannot be read."""
    usual = getattr(_USUAL, name)
    if name.endswith("_minute"):
        minute = minute_of(text)
        return DAY_MINUTES if minute == 0 and name.startswith("until") else minute
    if isinstance(usual, StrEnum):
        return next((one for one in type(usual) if one.value == text), None)
    if isinstance(usual, tuple):
        parts = [part for part in re.split(r"[\s,;]+", text) if part]
        return _wholes(parts) if usual and isinstance(usual[0], int) else tuple(parts)
    return _whole(text) if isinstance(usual, int) else text


def _problem(name: str) -> str:
    if name.endswith("_minute"):
        return "not-time"
    usual = getattr(_USUAL, name)
    if isinstance(usual, tuple):
        return "not-numbers"
    return "not-listed" if isinstance(usual, StrEnum) else "not-number"


def _wholes(parts: Sequence[str]) -> tuple[int, ...] | None:
    found = [_whole(part) for part in parts]
    return tuple(one for one in found if one is not None) if None not in found else None


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(char for char in text if char.isprintable()).strip()[:MAX_CHARS]


def _whole(text: str) -> int | None:
    digits = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
