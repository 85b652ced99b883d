"""What is asked of the report, as it stands in the address. Pure; a wrong value gives an error beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.calls.efficiency_model import WHOLE, Fate, Level, Period, Subject
from web.calls.filters import JournalForm

PERIODS: Final = {"today": "Сегодня", "7d": "7 дней", "30d": "30 дней", "90d": "90 дней"}
_DAYS: Final = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
LEVELS: Final = {Level.PERSON: "Сотрудники", Level.OUTLET: "Точки", Level.DEALER: "Дилеры"}
MAX_DAYS: Final = 366
_EARLIEST: Final = date(2020, 1, 1)
_LATEST: Final = date(2100, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`first` and `last` day, both within; `since` and `until` as typed."""

    period: str
    since: str
    until: str
    first: date
    last: date
    level: Level
    of: Subject
    errors: Mapping[str, str] = field(default_factory=dict)

    def when(self, tz: str) -> Period:
        return Period(_midnight(self.first, tz), _midnight(self.last + timedelta(days=1), tz), tz)

    def query(self) -> str:
        pairs = {
            "period": self.period if self.period in PERIODS else "",
            "since": self.since,
            "until": self.until,
            "level": self.level.value,
            "who": "" if self.of == WHOLE else str(self.of),
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def quick(self, period: str) -> str:
        return f"/efficiency?{replace(self, period=period, since='', until='').query()}"

    def at_level(self, level: Level) -> str:
        return f"/efficiency?{replace(self, level=level).query()}"

    def about(self, of: Subject) -> str:
        return f"/efficiency?{replace(self, of=of).query()}"

    def calls(self, subject: Subject, fate: Fate, *, day: date | None = None, hour: int | None = None) -> str:
        """The journal with the calls behind a figure."""
        form = JournalForm(
            since=str(day or self.first),
            until=str(day or self.last),
            who=str(subject),
            fate=fate.value,
            hour="" if hour is None else str(hour),
        )
        return f"/calls{form.query()}"


def read_form(query: Mapping[str, str], *, now: datetime, tz: str, org: str = "") -> Form:
    """`org` is the chosen dealer; it beats `who`."""
    errors: dict[str, str] = {}
    today = now.astimezone(ZoneInfo(tz)).date()
    since, until = query.get("since", "").strip()[:20], query.get("until", "").strip()[:20]
    period = query.get("period", "")
    period = "range" if since or until else period if period in PERIODS else "7d"
    first, last = today - timedelta(days=_DAYS.get(period, 7) - 1), today
    if period == "range":
        first, last = _range(since, until, first, last, errors)
    of = _of(query.get("who", ""), org, errors)
    level = _level(query.get("level", ""))
    if of.level in (Level.OUTLET, Level.PERSON):
        level = of.level
    return Form(
        period=period, since=since, until=until, first=first, last=last, level=level, of=of, errors=errors
    )


def _range(since: str, until: str, first: date, last: date, errors: dict[str, str]) -> tuple[date, date]:
    last = _day(until, "until", last, errors)
    first = _day(since, "since", min(first, last), errors)
    if errors:
        return first, last
    if first > last:
        errors["until"] = "Конец периода раньше начала"
    elif (last - first).days >= MAX_DAYS:
        errors["since"] = f"Не больше {MAX_DAYS} дней за раз"
    return first, last


def _day(text: str, name: str, otherwise: date, errors: dict[str, str]) -> date:
    if not text:
        return otherwise
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = date.min
    if not _EARLIEST <= value <= _LATEST:
        errors[name] = "Дата в виде 2026-03-31"
        return otherwise
    return value


def _of(who: str, org: str, errors: dict[str, str]) -> Subject:
    try:
        if org:
            return Subject.parse(f"{Level.TREE}-{org}")
        found = Subject.parse(who) if who else WHOLE
    except ValueError:
        errors["org"] = "Выберите дилера из списка"
        return WHOLE
    return Subject(Level.TREE, found.id) if found.level is Level.DEALER else found


def _level(text: str) -> Level:
    return next((level for level in LEVELS if level == text), Level.PERSON)


def _midnight(day: date, tz: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz)).astimezone(UTC)
