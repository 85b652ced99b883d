"""Hours, switches and days of the calendar in Russian. Pure."""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcore.network.days import CalendarDay, DayKind
from callcore.network.directory_rows import Outlet
from callcore.network.model import Role
from callcore.network.policy import Ringing
from callcore.routing.explain import MONTHS, special_words
from callcore.routing.opening import Schedule, Why
from web.ui.formats import day, zone_label

KIND_WORDS: Final = {DayKind.OFF: "выходной", DayKind.WORK: "рабочий", DayKind.SHORT: "сокращённый"}
KIND_TONES: Final = {DayKind.OFF: "bad", DayKind.WORK: "ok", DayKind.SHORT: "warn"}
ROLE_WORDS: Final = {
    Role.DEALER_OWNER: "владелец",
    Role.DEALER_MANAGER: "менеджер",
    Role.SUBDEALER: "субдилер",
}
ZONES: Final = {
    "Europe/Kaliningrad": "Калининград, МСК−1",
    "Europe/Moscow": "Москва, МСК",
    "Europe/Samara": "Самара, МСК+1",
    "Asia/Yekaterinburg": "Екатеринбург, МСК+2",
    "Asia/Omsk": "Омск, МСК+3",
    "Asia/Novosibirsk": "Новосибирск, МСК+4",
    "Asia/Irkutsk": "Иркутск, МСК+5",
    "Asia/Yakutsk": "Якутск, МСК+6",
    "Asia/Vladivostok": "Владивосток, МСК+7",
    "Asia/Magadan": "Магадан, МСК+8",
    "Asia/Kamchatka": "Камчатка, МСК+9",
}
RINGING_WORDS: Final = {
    Ringing.ALL: "все вместе",
    Ringing.IN_ORDER: "по очереди",
    Ringing.LEAST_RECENT: "сначала кто дольше свободен",
    Ringing.BY_RATING: "сначала у кого больше баллов",
}
_FORMS: Final = frozenset({"ООО", "ИП", "АО", "ОАО", "ЗАО", "ПАО", "ТД", "ТК"})
HOLIDAYS_AHEAD: Final = timedelta(days=60)
_MONTH_NAMES: Final = (
    "Январь", "Февраль", "Март", "Апрель", "Май", "Июнь", "Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """The state at this moment in one sentence; `why` is empty when the week alone decides."""

    text: str
    why: str
    place: str
    warning: str
    tone: str
    icon: str


def summary(outlet: Outlet, schedule: Schedule | None, now: datetime) -> Summary:
    place = f"{outlet.city}, {zone_label(now, outlet.tz)}" if schedule else outlet.city
    if schedule is None:
        return Summary("Часы или часовой пояс записаны с ошибкой", "", place, "", "bad", "alert-circle")
    is_open, change = schedule.is_open(now), schedule.changes_at(now)
    why = special_words(is_open, _why_data(schedule, now))
    warning = ""
    if not any(schedule.hours.days):
        warning = "В неделе нет ни одной рабочей минуты: звонки сюда не придут"
    elif not outlet.accepts_calls:
        warning = "Точка не принимает звонки: переключатель выключен"
    tone, icon = ("ok", "circle-check") if is_open else ("calm", "moon")
    return Summary(_state_words(is_open, change, schedule, now), why, place, warning, tone, icon)


def _state_words(is_open: bool, change: datetime | None, schedule: Schedule, now: datetime) -> str:
    if change is None:
        return "Открыто круглосуточно" if is_open else "Сейчас закрыто, в ближайшие две недели не откроется"
    at = change.astimezone(schedule.zone)
    days = (at.date() - now.astimezone(schedule.zone).date()).days
    day = "" if days == 0 else "завтра " if days == 1 else f"{at.day} {MONTHS[at.month - 1]} "
    if is_open:
        return (
            f"Сейчас открыто, до {at:%H:%M}" if days == 0 else f"Сейчас открыто, закроется {day}в {at:%H:%M}"
        )
    return f"Сейчас закрыто, откроется {day}в {at:%H:%M}"


def _why_data(schedule: Schedule, now: datetime) -> Mapping[str, str]:
    why, special = schedule.reason(now)
    local = now.astimezone(schedule.zone)
    if why is Why.OVERRIDE and schedule.override is not None:
        until = schedule.override.until.astimezone(schedule.zone)
        style = "%H:%M" if until.date() == local.date() else "%d.%m %H:%M"
        return {"why": why, "until": until.strftime(style), "title": schedule.override.reason}
    return {"why": why, "on": local.date().isoformat(), "title": special.title} if special else {}


@dataclass(frozen=True, slots=True)
class SpecialSpan:
    """A day, or days in a row with one reason. `hours` empty: closed. `own`: an exception of the outlet, which it may
    take away."""

    first: date
    last: date
    hours: str
    title: str
    own: bool

    @property
    def days(self) -> str:
        if self.first == self.last:
            return day(self.first)
        if self.first.month == self.last.month:
            return f"{self.first.day}–{day(self.last)}"
        return f"{self.first.day} {MONTHS[self.first.month - 1]} – {day(self.last)}"


def coming(schedule: Schedule | None, today: date) -> tuple[SpecialSpan, ...]:
    """Exceptions of the year ahead and the holidays of the nearest weeks; holidays in a row are one line."""
    spans: list[SpecialSpan] = []
    for at, special in sorted(schedule.days.items()) if schedule else ():
        own = special.why is Why.EXCEPTION
        if at < today or (at > today + HOLIDAYS_AHEAD and not own):
            continue
        before = spans[-1] if spans else None
        if (
            before
            and not own
            and not before.own
            and at - before.last == timedelta(1)
            and before.hours == special.text
        ):
            is_moved = "выходной" in before.title.lower()
            spans[-1] = replace(before, last=at, title=special.title if is_moved else before.title)
        else:
            spans.append(SpecialSpan(at, at, special.text, special.title, own))
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class DayCell:
    """One square of the year; `day` is None outside of the month."""

    day: date | None
    item: CalendarDay | None = None
    is_weekend: bool = False
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    weeks: tuple[tuple[DayCell, ...], ...]


def registered(at: datetime, tz: str) -> str:
    """As in the list of dealers: 23/05/2016 16:23."""
    return at.astimezone(ZoneInfo(tz)).strftime("%d/%m/%Y %H:%M")


def mark_of(name: str) -> str:
    """Two letters in place of a logo, without the form of the company: ООО «Жигули-Декор» is ЖД."""
    words = [word for word in re.split(r"[^\w]+", name) if word and word not in _FORMS]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def year_view(year: int, days: Sequence[CalendarDay], today: date) -> tuple[Month, ...]:
    """Days of the whole country; those of a region stand in the table only."""
    items = {item.day: item for item in days if not item.region_code}

    def cell(at: date, month: int) -> DayCell:
        if at.month != month:
            return DayCell(None)
        return DayCell(at, items.get(at), at.weekday() >= 5, at == today)

    weeks_of = calendar.Calendar().monthdatescalendar
    return tuple(
        Month(name, tuple(tuple(cell(at, month) for at in week) for week in weeks_of(year, month)))
        for month, name in enumerate(_MONTH_NAMES, start=1)
    )
