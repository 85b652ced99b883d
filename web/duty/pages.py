"""The roster as a week and a month, its form, hand-over in one press. Operators read, the head office writes."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.change_duty import Watch
from callcore.network.duty_plan import LONGEST_REPEAT, Span, pieces_of
from callcore.network.model import DEALER_ROLES, Role
from callcore.network.outlets import EDITORS
from callcore.routing.explain import MONTHS
from web.duty import person_pages, shift_pages, week
from web.duty.choices import as_date, conflict_words, date_in, form_context, number_of
from web.duty.form import ShiftForm, read_shift, words_of
from web.duty.services import SERVICES, DutyServices
from web.keys import DEPS
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural, zone_label
from web.ui.templates import render

READ = roles(*EDITORS, Role.OPERATOR)
EDIT = roles(*EDITORS)
HOURS = roles(*EDITORS, Role.OPERATOR, *DEALER_ROLES)
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)
MAX_SHOWN: Final = 14


async def duty(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    """`typed` fills the form; without it the form offers the next night."""
    services, viewer, now = request.app[SERVICES], viewer_of(request), request.app[DEPS].clock.now()
    zone = ZoneInfo(viewer.tz)
    today = now.astimezone(zone).date()
    monday = week.monday_of(date_in(request, "week", today))
    first, last = week.midnight(monday, zone), week.midnight(monday + _WEEK, zone)
    shifts = await services.shifts(first, last)
    standing = await services.shifts(now, now + _WEEK)
    phones = await services.phones()
    days = week.week_days(monday, shifts, services.away(first, last), viewer.tz, now)
    context: dict[str, Any] = {
        "days": days,
        "title": _week_title(monday),
        "zone": zone_label(now, viewer.tz),
        "previous": f"/duty?week={monday - _WEEK}",
        "next": f"/duty?week={monday + _WEEK}",
        "month": f"/duty/month?of={monday}",
        "monday": monday,
        "is_this_week": monday == week.monday_of(today),
        "is_empty": not shifts,
        "on_duty": next((shift for shift in standing if shift.starts_at <= now), None),
        "coming": next((shift for shift in standing if shift.starts_at > now), None),
        "gaps": [(gap, week.span_words(gap, viewer.tz)) for gap in await services.coming_gaps()],
        "max_shown": MAX_SHOWN,
        "preview": (),
        "words": week,
        "is_form_open": "typed" in more or "add" in request.query,
    }
    context |= form_context(request, phones, today, now)
    return render(request, "duty/week.html", status=status, **context | more)


async def add(request: web.Request) -> web.Response:
    """«Показать» only lists what would be written."""
    form = await request.post()
    read = read_shift(form)
    if read.errors or read.times is None or read.watch is None:
        return await _page(request, 422, typed=read.typed, errors=read.errors)
    spans = read.times.spans
    if form.get("do") == "preview":
        shown = [week.span_words(span, read.times.tz) for span in spans]
        return await _page(request, typed=read.typed, preview=shown)
    try:
        count = await request.app[SERVICES].change.add(viewer_of(request), spans, read.watch)
    except (Invalid, Conflict) as error:
        return await _refused(request, read, error)
    said = f"Записано: {plural(count, 'смена', 'смены', 'смен')}. Для новых звонков они уже действуют"
    monday = week.monday_of(read.times.day)
    return see_other(f"/duty?week={monday}", Flash("success", said))


async def _refused(request: web.Request, read: ShiftForm, error: Invalid | Conflict) -> web.Response:
    if isinstance(error, Conflict):
        words = await conflict_words(request, error)
        return await _page(request, 409, typed=read.typed, errors=words)
    return await _page(request, 422, typed=read.typed, errors=words_of(error))


async def fill(request: web.Request) -> web.Response:
    """«Закрыть окно»: shifts of exactly the gap's time, none longer than a day."""
    form, viewer = await request.post(), viewer_of(request)
    starts_at, ends_at = _instant(form.get("starts")), _instant(form.get("ends"))
    if starts_at is None or ends_at is None or not starts_at < ends_at <= starts_at + LONGEST_REPEAT:
        raise NotFound("no-such-gap")
    watch = Watch((number_of(form.get("phone")),), viewer.tz, "закрыто окно")
    try:
        await request.app[SERVICES].change.add(viewer, pieces_of(Span(starts_at, ends_at), _DAY), watch)
    except Conflict:
        return see_other("/duty", Flash("info", "В это время уже кто-то стоит"))
    except Invalid as error:
        return see_other("/duty", Flash("danger", next(iter(words_of(error).values()), "Проверьте окно")))
    return see_other("/duty", Flash("success", "Окно закрыто, дежурный назначен"))


async def copy(request: web.Request) -> web.Response:
    """The week before this one, once more."""
    viewer = viewer_of(request)
    zone, form = ZoneInfo(viewer.tz), await request.post()
    monday = week.monday_of(as_date(str(form.get("week", "")), request.app[DEPS].clock.now().date()))
    first, last = week.midnight(monday - _WEEK, zone), week.midnight(monday, zone)
    written, passed = await request.app[SERVICES].change.copy_week(viewer, first, last)
    said = f"Скопировано: {plural(written, 'смена', 'смены', 'смен')}"
    if passed:
        said += f"; пропущено: {passed} (время занято или прошло)"
    return see_other(f"/duty?week={monday}", Flash("success" if written else "info", said))


async def month(request: web.Request) -> web.Response:
    services, viewer, now = request.app[SERVICES], viewer_of(request), request.app[DEPS].clock.now()
    zone = ZoneInfo(viewer.tz)
    start = date_in(request, "of", now.astimezone(zone).date()).replace(day=1)
    first, last = (
        week.midnight(week.monday_of(start), zone),
        week.midnight(week.monday_of(start) + 6 * _WEEK, zone),
    )
    shifts = await services.shifts(first, last)
    return render(
        request,
        "duty/month.html",
        weeks=week.month_weeks(start, shifts, services.away(first, last), viewer.tz, now),
        title=f"{MONTH_NAMES[start.month - 1]} {start.year}",
        zone=zone_label(now, viewer.tz),
        previous=f"/duty/month?of={start - _DAY}",
        next=f"/duty/month?of={start + 31 * _DAY}",
    )


MONTH_NAMES: Final = (
    "Январь", "Февраль", "Март", "Апрель", "Май", "Июнь",
    "Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь",
)  # fmt: skip


def _week_title(monday: date) -> str:
    sunday = monday + 6 * _DAY
    start = f"{monday.day}" if monday.month == sunday.month else f"{monday.day} {MONTHS[monday.month - 1]}"
    return f"{start} – {sunday.day} {MONTHS[sunday.month - 1]} {sunday.year}"


def _instant(raw: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(raw)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None and 2000 <= at.year <= 2100 else None


def room(services: DutyServices) -> Room:
    return Room(
        "duty",
        (
            get("/duty", duty, READ),
            post("/duty", add, EDIT),
            get("/duty/month", month, READ),
            post("/duty/copy", copy, EDIT),
            post("/duty/fill", fill, EDIT),
            get("/duty/{id}", shift_pages.shift, READ),
            post("/duty/{id}", shift_pages.change, EDIT),
            post("/duty/{id}/hand-over", shift_pages.hand_over, EDIT),
            post("/duty/{id}/remove", shift_pages.remove, EDIT),
            post("/duty/{id}/restore", shift_pages.restore, EDIT),
            get("/people/{id}/hours", person_pages.person, HOURS),
            post("/people/{id}/hours", person_pages.save, HOURS),
        ),
        nav=(NavItem("Дежурства", "/duty", "moon", READ, "Сеть", "g u"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
