"""The filters of the report as they stand in the address. Pure: a wrong value says so by its field and asks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.calls.transfer_filters import TransferFilter
from callcore.calls.views import JournalChoices
from callcore.orders.model import OrderResult
from web.calls.filters import TALKS
from web.calls.words import DIRECTIONS, source_words
from web.transfers.words import KINDS, OPEN, RESULTS, TO_KINDS, kind_words, result_mark, to_kind_words

MAX_CHARS: Final = 40
PERIODS: Final = {"": "Всё время", "today": "Сегодня", "7d": "7 дней", "30d": "30 дней"}
_DAYS_BACK: Final = {"today": 0, "7d": 6, "30d": 29}
WAITS: Final = {"10": "от 10 с", "30": "от 30 с", "60": "от 1 мин"}
NO_ORDER: Final = "none"
ORDER_RESULTS: Final = {
    OrderResult.RUNNING.value: "Заказ в работе",
    OrderResult.DONE.value: "Заказ выполнен",
    OrderResult.FAILED.value: "Заказ не выполнен",
    NO_ORDER: "Без заказа",
}
_NAMES: Final = (
    "period",
    "since",
    "until",
    "order",
    "who",
    "whom",
    "org",
    "to_kind",
    "kind",
    "result",
    "number",
    "became",
    "region",
    "source",
    "direction",
    "wait",
    "talk",
    "recording",
)
MORE: Final = _NAMES[_NAMES.index("whom") : _NAMES.index("kind") + 1] + _NAMES[_NAMES.index("region") :]
_YEARS: Final = range(2000, 2100)
DIRECTION_WORDS: Final = {value.value: text for value, text in DIRECTIONS.items()}
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
    "number": "Номер",
    "became": "Что с заказом",
    "region": "Регион",
    "source": "Источник",
    "direction": "Направление",
    "wait": "Ждал",
    "talk": "Разговор",
    "recording": "Запись",
}


@dataclass(frozen=True, slots=True)
class TransferForm:
    """`order` is the number of an order, None for any; `became` what its result must be."""

    typed: Mapping[str, str]
    wanted: TransferFilter
    order: int | None
    became: OrderResult | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        """One of the conditions that are folded away is set."""
        return any(self.typed[name] for name in MORE)

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
            "became": ORDER_RESULTS.get(value, value),
            "region": choices.regions.get(value, value),
            "source": source_words(value),
            "direction": DIRECTION_WORDS.get(value, value),
            "wait": WAITS.get(value, value),
            "talk": TALKS.get(value, value),
            "recording": "есть",
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
        ("became", ORDER_RESULTS),
        ("direction", DIRECTION_WORDS),
        ("wait", WAITS),
        ("talk", TALKS),
        ("recording", {"1"}),
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
    least, most = _talk(typed["talk"])
    wanted = TransferFilter(
        since=since,
        until=until + timedelta(days=1) if until else None,
        org_id=_number(typed["org"], "org", errors),
        who=_number(typed["who"], "who", errors),
        whom=_number(typed["whom"], "whom", errors),
        kind=typed["kind"],
        to_kind=typed["to_kind"],
        result=typed["result"],
        number=typed["number"],
        region_code=typed["region"],
        source=typed["source"],
        direction=typed["direction"],
        has_recording=typed["recording"] == "1",
        has_order=False if typed["became"] == NO_ORDER else None,
        min_wait_s=int(typed["wait"]) if typed["wait"] else None,
        min_talk_s=least,
        max_talk_s=most,
    )
    became = OrderResult(typed["became"]) if typed["became"] not in ("", NO_ORDER) else None
    return TransferForm(typed, wanted, _number(typed["order"], "order", errors), became, errors)


def _talk(text: str) -> tuple[int | None, int | None]:
    """«60-», «0-10»."""
    low, _, high = text.partition("-")
    return (int(low) if low else None, int(high) if high else None)


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
