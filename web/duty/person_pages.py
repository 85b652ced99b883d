"""Hours of one person: own ones, or whenever the place is open."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.person_hours import MAX_DAYS, PersonHours, may_edit_person_hours
from web.dealers.hours_form import read_week, show_week
from web.duty import person_days as words
from web.duty.services import SERVICES
from web.keys import DEPS
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import zone_label
from web.ui.paths import number_in_path
from web.ui.templates import render


async def person(request: web.Request) -> web.Response:
    return await _page(request, await _seen(request))


async def _seen(request: web.Request) -> PersonHours:
    return await request.app[SERVICES].person(viewer_of(request), number_in_path(request, "id"))


async def _page(request: web.Request, seen: PersonHours, status: int = 200, **more: Any) -> web.Response:
    context: dict[str, Any] = {
        "person": seen,
        "is_own": seen.hours is not None,
        "week": show_week(seen.hours or {}, seen.works_on_holidays),
        "zone": zone_label(request.app[DEPS].clock.now(), seen.tz),
        "can_edit": may_edit_person_hours(viewer_of(request), seen),
        "version": seen.version,
        "trouble": "",
        "is_unsaved": False,
        "nothing": False,
        "typed": {},
        "errors": {},
        "coming": [
            (one, words.day_text(one.day), words.periods_text(one.periods)) for one in seen.exceptions
        ],
    }
    return render(request, "duty/person.html", status=status, **context | more)


async def save(request: web.Request) -> web.Response:
    """The buttons «копировать» and «выходной» only fill the form."""
    form = await request.post()
    if str(form.get("do", "")).startswith("day"):
        return await _save_days(request, form)
    seen, week, what = await _seen(request), read_week(form), str(form.get("do", "save"))
    is_own, version = form.get("mode") == "own", str(form.get("version", ""))[:40]
    typed: dict[str, Any] = {"week": week, "is_own": is_own, "version": version}
    if what != "save":
        typed["week"] = (
            week.monday_on_workdays() if what == "copy" else week.day_off(what.removeprefix("off-"))
        )
        return await _page(request, seen, **typed | {"is_own": True, "is_unsaved": True})
    if is_own and (week.has_errors or not week.hours):
        return await _page(request, seen, 422, **typed | {"nothing": not week.has_errors})
    try:
        await request.app[SERVICES].person_hours.set_hours(
            viewer_of(request),
            seen.user_id,
            week.hours if is_own else None,
            works_on_holidays=week.works_on_holidays,
            version=version,
        )
    except Conflict:
        said = "Пока вы правили часы, их изменил кто-то другой. Проверьте новые и внесите правку ещё раз."
        return await _page(request, seen, 409, trouble=said)
    told = "Свои часы сохранены" if is_own else "Звонки идут, пока открыта точка"
    return see_other(
        f"/people/{seen.user_id}/hours", Flash("success", f"{told}: уже действует для новых звонков")
    )


async def _save_days(request: web.Request, form: Mapping[str, Any]) -> web.Response:
    """«day» writes exceptions, «day-2026-07-01» takes one away."""
    seen, change = await _seen(request), request.app[SERVICES].person_hours
    here, removed = f"/people/{seen.user_id}/hours", str(form.get("do", "")).removeprefix("day-")
    if removed != "day":
        day = words.date_of(removed)
        if day is None:
            raise NotFound("no-such-day")
        await change.remove_day(viewer_of(request), seen.user_id, day)
        return see_other(here, Flash("success", "Исключение убрано"))
    read = words.read_days(form)
    if read.errors:
        return await _page(request, seen, 422, typed=read.typed, errors=read.errors)
    try:
        await change.set_days(viewer_of(request), seen.user_id, read.days, read.periods, read.typed["reason"])
    except Invalid:
        errors = {"day": f"Дни в пределах года, за один раз не больше {MAX_DAYS}"}
        return await _page(request, seen, 422, typed=read.typed, errors=errors)
    return see_other(here, Flash("success", "Особые дни записаны: уже действуют для новых звонков"))
