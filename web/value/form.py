"""What is asked of the report on dealers' value, as it stands in the address. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.marketing.cost_file import month_of
from callcore.marketing.dealer_value import Sort

PERIODS: Final = {"this": "Этот месяц", "last": "Прошлый месяц", "3m": "3 месяца", "12m": "12 месяцев"}
MAX_MONTHS: Final = 36
_USUAL: Final = "3m"
_BACK: Final = {"this": 0, "last": 1, "3m": 2, "12m": 11}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueForm:
    """`first` and `last` day, both within, of whole months; `since` and `until` as typed."""

    period: str
    since: str
    until: str
    first: date
    last: date
    region: str
    sort: Sort
    errors: Mapping[str, str] = field(default_factory=dict)

    def query(self) -> str:
        pairs = {
            "period": self.period if self.period in PERIODS else "",
            "since": self.since,
            "until": self.until,
            "region": self.region,
            "sort": self.sort.value,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def quick(self, period: str) -> str:
        return f"/value?{replace(self, period=period, since='', until='').query()}"

    def by(self, sort: Sort) -> str:
        return f"/value?{replace(self, sort=sort).query()}"


def read_form(query: Mapping[str, str], *, now: datetime, tz: str, regions: Collection[str]) -> ValueForm:
    errors: dict[str, str] = {}
    today = now.astimezone(ZoneInfo(tz)).date()
    since, until = query.get("since", "").strip()[:20], query.get("until", "").strip()[:20]
    period = query.get("period", "")
    period = "range" if since or until else period if period in PERIODS else _USUAL
    first = _months_back(today, _BACK.get(period, _BACK[_USUAL]))
    last = _last_day(first) if period == "last" else _last_day(today)
    if period == "range":
        last = _last_day(_month(until, "until", last, errors))
        first = _month(since, "since", min(first, last.replace(day=1)), errors)
        if not errors and first > last:
            errors["until"] = "Конец раньше начала"
        elif not errors and _months_back(last, MAX_MONTHS - 1) > first:
            errors["since"] = f"Не больше {MAX_MONTHS} месяцев за раз"
    region = query.get("region", "")
    if region and region not in regions:
        errors["region"], region = "Выберите регион из списка", ""
    sort = next((one for one in Sort if one == query.get("sort", "")), Sort.MARGIN)
    return ValueForm(
        period=period,
        since=since,
        until=until,
        first=first,
        last=last,
        region=region,
        sort=sort,
        errors=errors,
    )


def _month(text: str, name: str, otherwise: date, errors: dict[str, str]) -> date:
    if not text:
        return otherwise
    found = month_of(text)
    if found is None or not 2015 <= found.year < 2100:
        errors[name] = "Месяц в виде 2026-03"
        return otherwise
    return found


def _months_back(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _last_day(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
