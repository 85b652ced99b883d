"""The filters of the journal as they stand in the address: read, checked, shown as chips. Pure.

A wrong value never raises: it gives an error beside its field, and the journal is not asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.calls.model import ANSWERED, LOST, CallResult, Direction
from callcore.calls.views import JournalFilter
from web.calls.shares import FATES, read_hour, read_share
from web.calls.words import DIRECTIONS, RESULTS, source_words
from web.ui.formats import day

MAX_NUMBER_CHARS: Final = 40
MAX_WORD_CHARS: Final = 40
LIVE: Final = "live"  # the status of a call that is going on
WAITING: Final = "waiting"  # and of one whose caller still waits
GROUPS: Final = {"taken": ANSWERED, "lost": LOST}
STATUS_WORDS: Final = {
    LIVE: "Идёт сейчас",
    WAITING: "Ждёт ответа",
    "taken": "Отвечен кем угодно",
    "lost": "Никто не ответил",
}
PERIODS: Final = {"": "Всё время", "today": "Сегодня", "7d": "7 дней", "30d": "30 дней"}
_DAYS_BACK: Final = {"today": 0, "7d": 6, "30d": 29}
TALKS: Final = {
    "": "Любой",
    "0-10": "короче 10 с",
    "10-": "от 10 с",
    "60-": "от 1 мин",
    "300-": "от 5 мин",
    "600-": "от 10 мин",
}
_NOBODY: Final[Mapping[int, str]] = {}
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2100, 1, 1)
Word = TypeVar("Word", CallResult, Direction)


@dataclass(frozen=True, slots=True)
class JournalForm:
    """The values as typed; the names are those of the address."""

    number: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    org: str = ""
    status: str = ""
    direction: str = ""
    region: str = ""
    source: str = ""
    talk: str = ""
    manager: str = ""
    did: str = ""
    recording: str = ""
    transferred: str = ""
    who: str = ""
    fate: str = ""
    hour: str = ""

    def without(self, *names: str) -> "JournalForm":
        return JournalForm(**{f.name: "" if f.name in names else getattr(self, f.name) for f in fields(self)})

    def query(self, **more: str) -> str:
        """«?number=…» with the empty left out; «?» never stands alone."""
        pairs = {f.name: getattr(self, f.name) for f in fields(self)} | more
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""

    def quick_period(self, period: str) -> str:
        """The address of the same conditions over another quick period."""
        return f"/calls{self.without('since', 'until', 'period').query(period=period)}"

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form means; `errors` maps a field's name to what to do."""

    wanted: JournalFilter
    errors: Mapping[str, str] = field(default_factory=dict)


def read_form(query: Mapping[str, str]) -> JournalForm:
    """Known names only, without control characters; what is too long is cut."""
    values = {}
    for item in fields(JournalForm):
        raw = query.get(item.name, "")
        values[item.name] = "".join(char for char in raw if char.isprintable()).strip()[:200]
    if values["since"] or values["until"]:
        values["period"] = "range"  # typed dates beat the quick periods
    elif values["period"] == "range":
        values["period"] = ""
    return JournalForm(**values)


def understand(form: JournalForm, *, now: datetime, tz: str) -> Asked:
    """Days are the viewer's own."""
    errors: dict[str, str] = {}
    since, until = _period(form, now, tz, errors)
    low, high = _talk(form.talk, errors)
    wanted = JournalFilter(
        number=_number(form.number, errors),
        since=since,
        until=until,
        org_id=_id(form.org, "org", "Выберите дилера из списка", errors),
        user_id=_id(form.manager, "manager", "Выберите сотрудника из списка", errors),
        did_id=_id(form.did, "did", "Выберите номер из списка", errors),
        result=None if form.status in STATUS_WORDS else _one_of(form.status, "status", CallResult, errors),
        results=GROUPS.get(form.status, ()),
        is_live=form.status == LIVE,
        is_waiting=form.status == WAITING,
        direction=_one_of(form.direction, "direction", Direction, errors),
        region_code=_word(form.region, "region", "Выберите регион из списка", errors),
        source=_word(form.source, "source", "Выберите источник из списка", errors),
        min_talk_s=low,
        max_talk_s=high,
        has_recording=form.recording == "1",
        is_transferred=form.transferred == "1",
        share=read_share(form.who, form.fate, errors),
        hour=read_hour(form.hour, errors),
        tz=tz,
    )
    return Asked(wanted, errors)


def chips(
    form: JournalForm,
    *,
    orgs: Mapping[int, str],
    regions: Mapping[str, str],
    people: Mapping[int, str] = _NOBODY,
    dids: Mapping[int, str] = _NOBODY,
) -> tuple[tuple[str, str], ...]:
    """(words, address without this condition) of each condition that is set."""
    result = []
    for names, words in _chip_words(form, orgs, regions, people, dids):
        result.append((words, f"/calls{form.without(*names).query()}"))
    return tuple(result)


def _chip_words(
    form: JournalForm,
    orgs: Mapping[int, str],
    regions: Mapping[str, str],
    people: Mapping[int, str],
    dids: Mapping[int, str],
) -> Iterable[tuple[tuple[str, ...], str]]:
    if form.period:
        yield ("period", "since", "until"), _period_words(form)
    words = {
        "number": f"Номер: {form.number}",
        "org": f"Дилер: {_name_of(form.org, orgs)}",
        "manager": f"Сотрудник: {_name_of(form.manager, people)}",
        "did": f"Набран: {_name_of(form.did, dids)}",
        "status": _status_words(form.status),
        "direction": next((mark.text for value, mark in DIRECTIONS.items() if value == form.direction), ""),
        "region": f"Регион: {regions.get(form.region, form.region)}",
        "source": f"Источник: {source_words(form.source)}",
        "talk": f"Разговор {TALKS.get(form.talk, form.talk)}",
        "recording": "Есть запись",
        "transferred": "С переводом",
        "fate": f"Телефония: {FATES.get(form.fate, form.fate)}",
        "hour": f"Час: {form.hour}:00",
    }
    for name, text in words.items():
        if value := getattr(form, name):
            yield ("fate", "who") if name == "fate" else (name,), text or value


def _status_words(status: str) -> str:
    if status in STATUS_WORDS:
        return STATUS_WORDS[status]
    return f"Итог: {next((mark.text for value, mark in RESULTS.items() if value == status), status)}"


def _period_words(form: JournalForm) -> str:
    if form.period != "range":
        return PERIODS.get(form.period, form.period)
    since, until = _read_day(form.since), _read_day(form.until)
    parts = [f"с {day(since)}" if since else "", f"по {day(until)}" if until else ""]
    return " ".join(part for part in parts if part) or "Свой период"


def _name_of(value: str, names: Mapping[int, str]) -> str:
    return names.get(int(value), f"№ {value}") if value.isascii() and value.isdigit() else value


# --- one field each -----------------------------------------------------------------------------------------


def _number(text: str, errors: dict[str, str]) -> str:
    if not text:
        return ""
    if len(text) > MAX_NUMBER_CHARS or not any(char.isdigit() for char in text):
        errors["number"] = "Введите номер или его последние цифры"
        return ""
    return text


def _period(
    form: JournalForm, now: datetime, tz: str, errors: dict[str, str]
) -> tuple[datetime | None, datetime | None]:
    if not form.period:
        return None, None
    zone = ZoneInfo(tz)
    if form.period in _DAYS_BACK:
        first = now.astimezone(zone).date() - timedelta(days=_DAYS_BACK[form.period])
        return _midnight(first, zone), None
    if form.period != "range":
        errors["period"] = "Выберите период из списка"
        return None, None
    since = _date(form.since, "since", errors)
    until = _date(form.until, "until", errors)
    if since and until and since > until:
        errors["until"] = "Конец периода раньше начала"
        return None, None
    return (
        _midnight(since, zone) if since else None,
        _midnight(until + timedelta(days=1), zone) if until else None,
    )


def _midnight(value: date, zone: ZoneInfo) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)


def _date(text: str, name: str, errors: dict[str, str]) -> date | None:
    value = _read_day(text)
    if text and (value is None or not _EARLIEST <= value <= _LATEST):
        errors[name] = "Дата в виде 2026-03-31"
        return None
    return value


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _id(text: str, name: str, advice: str, errors: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        errors[name] = advice
        return None
    return int(text)


def _word(text: str, name: str, advice: str, errors: dict[str, str]) -> str | None:
    if not text:
        return None
    if len(text) > MAX_WORD_CHARS:
        errors[name] = advice
        return None
    return text


def _one_of(text: str, name: str, kind: type[Word], errors: dict[str, str]) -> Word | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        errors[name] = "Выберите значение из списка"
        return None


def _talk(text: str, errors: dict[str, str]) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    if text not in TALKS:
        errors["talk"] = "Выберите длину из списка"
        return None, None
    low, _, high = text.partition("-")
    return int(low), int(high) if high else None
