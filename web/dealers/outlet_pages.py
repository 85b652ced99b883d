"""One outlet: week of hours, exceptions by date, override by hand. What was typed wrongly comes back with a word by the field."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import Conflict, NotFound
from callcore.network.change_network import LONGEST_OVERRIDE, MAX_REASON_CHARS, WeekChange
from callcore.network.days import DayException, HoursOverride
from callcore.network.directory_rows import Outlet
from callcore.network.editing import may_run
from callcore.network.outlets import OutletCard, may_edit_hours
from callcore.routing.explain import MONTHS
from callcore.routing.hours import parse_periods
from callcore.routing.snapshot import schedule_of
from web.dealers import words
from web.dealers.hours_form import WeekForm, read_week, show_week
from web.dealers.services import SERVICES
from web.keys import DEPS
from web.security.sessions import viewer_of
from web.ui.clock import as_clock, typed_moment
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

SPANS: Final = (
    ("60", "на час"),
    ("120", "на два часа"),
    ("240", "на четыре часа"),
    ("day", "до конца дня"),
    ("own", "до времени…"),
)
_OTHERS_EDIT: Final = (
    "Пока вы правили часы, их изменил кто-то другой. Проверьте новые часы и внесите правку ещё раз."
)
_DAY = timedelta(days=1)


async def outlet(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    card = more.pop("card", None) or await _card(request)
    now, seen = request.app[DEPS].clock.now(), card.outlet
    schedule = schedule_of(seen, card.calendar)
    local = now.astimezone(_zone(seen))
    context: dict[str, Any] = {
        "card": card,
        "outlet": seen,
        "week": show_week(seen.hours, seen.works_on_holidays),
        "summary": words.summary(seen, schedule, now),
        "coming": words.coming(schedule, local.date()),
        "can_edit": may_edit_hours(viewer_of(request)),
        "can_run": may_run(viewer_of(request)),
        "spans": SPANS,
        "typed": {},
        "trouble": "",
        "version": "",
        "is_unsaved": False,
        "errors": {},
        "today": local.date().isoformat(),
        "max_reason": MAX_REASON_CHARS,
        "dealers": words,
    }
    return render(request, "dealers/outlet.html", status=status, **context | more)


async def preview(request: web.Request) -> web.Response:
    """The sentence for hours that are being typed."""
    card, week = await _card(request), read_week(await request.post())
    return render(request, "dealers/preview.html", summary=_summary(request, card, week), week=week)


def _summary(request: web.Request, card: OutletCard, week: WeekForm) -> words.Summary:
    now = request.app[DEPS].clock.now()
    if week.has_errors:
        wrong = ", ".join(day.name.lower() for day in week.days if day.error)
        return words.Summary(f"Поправьте: {wrong}", "", card.outlet.city, "", "warn", "alert-triangle")
    seen = replace(card.outlet, hours=week.hours, works_on_holidays=week.works_on_holidays)
    return words.summary(seen, schedule_of(seen, card.calendar), now)


async def save_hours(request: web.Request) -> web.Response:
    """The buttons «копировать» and «выходной» only fill the form; nothing is saved by them."""
    form = await request.post()
    week, what, card = read_week(form), str(form.get("do", "save")), await _card(request)
    version = str(form.get("version", ""))
    if what != "save":
        week = week.monday_on_workdays() if what == "copy" else week.day_off(what.removeprefix("off-"))
        return await _page(
            request,
            card=card,
            week=week,
            summary=_summary(request, card, week),
            is_unsaved=True,
            version=version,
        )
    if week.has_errors:
        return await _page(
            request, 422, card=card, week=week, summary=_summary(request, card, week), version=version
        )
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    change = WeekChange(week.hours, week.works_on_holidays, number)
    try:
        await request.app[SERVICES].change.set_week(viewer_of(request), card.outlet.id, change)
    except Conflict:
        return await _page(request, 409, trouble=_OTHERS_EDIT)
    return _back(card, "Часы сохранены, они уже действуют для новых звонков")


async def add_exception(request: web.Request) -> web.Response:
    typed = _typed(await request.post(), "day", "mode", "from", "to", "reason")
    card, errors = await _card(request), {}
    day = _date(typed["day"])
    today = request.app[DEPS].clock.now().astimezone(_zone(card.outlet)).date()
    if day is None or not today <= day <= today + 365 * _DAY:
        errors["day"] = "Выберите день в пределах года"
    periods: tuple[tuple[str, str], ...] = ()
    if typed["mode"] == "open":
        periods = ((as_clock(typed["from"]), as_clock(typed["to"])),)
        try:
            parse_periods([list(pair) for pair in periods])
        except ValueError:
            errors["from"] = "Укажите, с какого и до какого времени"
    if len(typed["reason"]) > MAX_REASON_CHARS:
        errors["reason"] = f"Не длиннее {MAX_REASON_CHARS} знаков"
    if errors or day is None:
        return await _page(request, 422, card=card, typed=typed, errors=errors)
    exception = DayException(day, periods, typed["reason"])
    await request.app[SERVICES].change.set_exception(viewer_of(request), card.outlet.id, exception)
    return _back(card, f"Исключение записано: {day.day} {MONTHS[day.month - 1]}")


async def remove_exception(request: web.Request) -> web.Response:
    day = _date(str((await request.post()).get("day", "")))
    if day is None:
        raise NotFound("no-such-day")
    card = await _card(request)
    await request.app[SERVICES].change.remove_exception(viewer_of(request), card.outlet.id, day)
    return _back(card, "Исключение убрано, в этот день действует обычный порядок")


async def set_override(request: web.Request) -> web.Response:
    form = await request.post()
    typed = _typed(form, "state", "span", "why") | {"until": typed_moment(form, "until")}
    card, errors = await _card(request), {}
    now = request.app[DEPS].clock.now()
    until = _until(typed, now, _zone(card.outlet))
    if until is None or not now < until <= now + LONGEST_OVERRIDE:
        errors["until"] = "Укажите время в ближайшие два месяца"
    if typed["state"] not in ("open", "closed"):
        errors["state"] = "Выберите: открыто или закрыто"
    if not typed["why"] or len(typed["why"]) > MAX_REASON_CHARS:
        errors["why"] = f"Напишите причину, не длиннее {MAX_REASON_CHARS} знаков"
    if errors or until is None:
        return await _page(request, 422, card=card, typed=typed, errors=errors)
    override = HoursOverride(typed["state"] == "open", until, typed["why"])
    await request.app[SERVICES].change.set_override(viewer_of(request), card.outlet.id, override)
    local = until.astimezone(_zone(card.outlet))
    state = "Открыто" if override.is_open else "Закрыто"
    return _back(
        card,
        f"{state} до {local.day} {MONTHS[local.month - 1]}, {local:%H:%M}; дальше всё по расписанию",
    )


async def remove_override(request: web.Request) -> web.Response:
    card = await _card(request)
    await request.app[SERVICES].change.set_override(viewer_of(request), card.outlet.id, None)
    return _back(card, "Снова по расписанию")


def _until(typed: dict[str, str], now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end that was chosen: minutes from now, the end of the local day, or a time typed on the outlet's clock."""
    if typed["span"] == "own":
        try:
            return datetime.fromisoformat(typed["until"]).replace(tzinfo=zone)
        except (ValueError, OverflowError):
            return None
    if typed["span"] == "day":
        local = now.astimezone(zone) + _DAY
        return local.replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = next((int(key) for key, _ in SPANS[:3] if key == typed["span"]), None)
    return None if minutes is None else now + timedelta(minutes=minutes)


def _back(card: OutletCard, said: str) -> web.Response:
    return see_other(f"/outlets/{card.outlet.id}", Flash("success", said))


async def _card(request: web.Request) -> OutletCard:
    return await request.app[SERVICES].outlet(viewer_of(request), number_in_path(request, "id"))


def _typed(form: Any, *names: str) -> dict[str, str]:
    values = {name: form.get(name, "") for name in names}
    return {
        name: "".join(char for char in value if char.isprintable()).strip()[:300]
        if isinstance(value, str)
        else ""
        for name, value in values.items()
    }


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _zone(seen: Outlet) -> ZoneInfo:
    """Moscow's for a zone that cannot be read: the page must open so that it can be mended."""
    try:
        return ZoneInfo(seen.tz)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("Europe/Moscow")
