"""The filters of the report as they stand in the address. Pure: a wrong value says so by its field and asks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.calls.transfer_queries import TransferFilter
from callcore.calls.views import JournalChoices
from web.transfers.words import KINDS, OPEN, RESULTS, TO_KINDS, kind_words, result_mark, to_kind_words

MAX_CHARS: Final = 40
PERIODS: Final = {"": "Всё время", "today": "Сегодня", "7d": "7 дней", "30d": "30 дней"}
_DAYS_BACK: Final = {"today": 0, "7d": 6, "30d": 29}
_NAMES: Final = ("period", "since", "until", "order", "who", "whom", "org", "to_kind", "kind", "result")
_YEARS: Final = range(2000, 2100)
_TITLES: Final = {
    "since": "С",
    "until": "По",
    "order": "Заказ №",
    "who": "Кто перевёл",
    "whom": "Кому",
    "org": "Дилер",
    "to_kind": "Куда",
    "kind": "Как",
    "result": "Итог",
}


@dataclass(frozen=True, slots=True)
class TransferForm:
    """`order` is the number of an order, None for any."""

    typed: Mapping[str, str]
    wanted: TransferFilter
    order: int | None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(self.typed.values())

    def of_orders(self, ids: tuple[int, ...]) -> TransferFilter:
        """The same conditions, of these orders alone."""
        return replace(self.wanted, order_ids=ids)

    def query(self, **changes: str) -> str:
        """«?who=…» with the empty left out."""
        text = urlencode({name: value for name, value in (dict(self.typed) | changes).items() if value})
        return f"?{text}" if text else ""

    def quick_period(self, period: str) -> str:
        return f"/transfers{self.query(period=period, since='', until='')}"

    def chips(self, choices: JournalChoices) -> list[tuple[str, str]]:
        return [
            (self._words(name, value, choices), f"/transfers{self.query(**{name: ''})}")
            for name in _NAMES
            if (value := self.typed[name])
        ]

    def _words(self, name: str, value: str, choices: JournalChoices) -> str:
        if name == "period":
            return PERIODS[value]
        number = int(value) if value.isascii() and value.isdigit() else 0
        shown = {
            "who": choices.people.get(number, value),
            "whom": choices.people.get(number, value),
            "org": choices.orgs.get(number, value),
            "to_kind": to_kind_words(value),
            "kind": kind_words(value),
            "result": result_mark("" if value == OPEN else value).text,
        }
        return f"{_TITLES[name]}: {shown.get(name, value)}"


def read_form(query: Mapping[str, str], now: datetime, tz: str) -> TransferForm:
    """Days are the viewer's own; words that no list has narrow nothing."""
    typed = {name: _line(query.get(name, "")) for name in _NAMES}
    for name, known in (
        ("to_kind", TO_KINDS),
        ("kind", KINDS),
        ("result", {*RESULTS, OPEN}),
        ("period", PERIODS),
    ):
        if typed[name] not in known:
            typed[name] = ""
    errors: dict[str, str] = {}
    if typed["since"] or typed["until"]:
        typed["period"] = ""
    since, until = (_day(typed[name], name, errors, tz) for name in ("since", "until"))
    if since and until and until < since:
        errors["until"] = "Конец раньше начала: поменяйте даты"
    if typed["period"]:
        since = _midnight(
            now.astimezone(ZoneInfo(tz)).date() - timedelta(days=_DAYS_BACK[typed["period"]]), tz
        )
    wanted = TransferFilter(
        since=since,
        until=until + timedelta(days=1) if until else None,
        org_id=_number(typed["org"], "org", errors),
        who=_number(typed["who"], "who", errors),
        whom=_number(typed["whom"], "whom", errors),
        kind=typed["kind"],
        to_kind=typed["to_kind"],
        result=typed["result"],
    )
    return TransferForm(typed, wanted, _number(typed["order"], "order", errors), errors)


def _line(value: str) -> str:
    return "".join(char for char in value if char.isprintable()).strip()[:MAX_CHARS]


def _number(text: str, name: str, errors: dict[str, str]) -> int | None:
    digits = text.removeprefix("№").strip() if name == "order" else text
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        errors[name] = "Введите номер заказа цифрами" if name == "order" else "Выберите из списка"
        return None
    return int(digits) if digits else None


def _day(text: str, name: str, errors: dict[str, str], tz: str) -> datetime | None:
    if not text:
        return None
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.year not in _YEARS:
        errors[name] = "Выберите дату, например 2026-03-01"
        return None
    return _midnight(value, tz)


def _midnight(value: date, tz: str) -> datetime:
    return datetime.combine(value, time(), ZoneInfo(tz)).astimezone(UTC)
