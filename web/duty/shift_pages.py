"""One shift: changed, handed over at this moment, removed and brought back."""

from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.duty import ShiftView
from callcore.network.duty_plan import Span
from web.duty import week
from web.duty.choices import conflict_words, form_context, number_of
from web.duty.form import read_shift, words_of
from web.duty.services import SERVICES
from web.keys import DEPS
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import zone_label
from web.ui.paths import number_in_path
from web.ui.templates import render


async def shift(request: web.Request) -> web.Response:
    return await _shift_page(request, await _shift(request))


async def _shift_page(request: web.Request, seen: ShiftView, status: int = 200, **more: Any) -> web.Response:
    services, now = request.app[SERVICES], request.app[DEPS].clock.now()
    phones, viewer = await services.phones(), viewer_of(request)
    zone = ZoneInfo(seen.tz)
    start, end = seen.starts_at.astimezone(zone), seen.ends_at.astimezone(zone)
    context = form_context(request, phones, now.astimezone(zone).date(), now)
    context |= {
        "shift": seen,
        "span": week.span_words(Span(seen.starts_at, seen.ends_at), viewer.tz),
        "zone": zone_label(now, viewer.tz),
        "is_running": seen.starts_at <= now < seen.ends_at,
        "is_over": seen.ends_at <= now,
        "others": [(p.id, p.label) for p in phones if not seen.phones or p.id != seen.phones[0].id],
        "back": f"/duty?week={week.monday_of(start.date())}",
        "typed": {
            "day": start.date().isoformat(),
            "start": f"{start:%H:%M}",
            "end": f"{end:%H:%M}",
            "tz": seen.tz,
            "note": seen.note,
            "version": str(seen.version),
            **{f"phone-{place}": str(phone.id) for place, phone in enumerate(seen.phones, start=1)},
        },
    }
    return render(request, "duty/shift.html", status=status, **context | more)


async def change(request: web.Request) -> web.Response:
    seen, read = await _shift(request), read_shift(await request.post())
    if read.errors or read.times is None or read.watch is None:
        return await _shift_page(request, seen, 422, typed=read.typed, errors=read.errors)
    text = read.typed["version"]
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    (span,) = read.times.spans[:1]
    try:
        await request.app[SERVICES].change.change(viewer_of(request), seen.id, version, span, read.watch)
    except Invalid as error:
        return await _shift_page(request, seen, 422, typed=read.typed, errors=words_of(error))
    except Conflict as error:
        if error.code == "shift-changed":
            said = "Пока вы правили смену, её изменил кто-то другой. Ниже — как она записана теперь."
            return await _shift_page(request, seen, 409, trouble=said)
        words = await conflict_words(request, error)
        return await _shift_page(request, seen, 409, typed=read.typed, errors=words)
    return see_other(
        f"/duty?week={week.monday_of(read.times.day)}", Flash("success", "Смена изменена, она уже действует")
    )


async def hand_over(request: web.Request) -> web.Response:
    seen, phone = await _shift(request), number_of((await request.post()).get("phone"))
    try:
        await request.app[SERVICES].change.hand_over(viewer_of(request), seen.id, phone)
    except Invalid:
        return await _shift_page(request, seen, 422, errors={"phone": "Выберите, кому передать смену"})
    return see_other("/duty", Flash("success", "Смена передана: новые звонки уже идут на другой телефон"))


async def remove(request: web.Request) -> web.Response:
    seen = await _shift(request)
    await request.app[SERVICES].change.remove(viewer_of(request), seen.id)
    monday = week.monday_of(seen.starts_at.astimezone(ZoneInfo(viewer_of(request).tz)).date())
    return see_other(
        f"/duty?week={monday}",
        Flash("warning", "Смена удалена, в это время звонки пойдут на резерв", f"/duty/{seen.id}/restore"),
    )


async def restore(request: web.Request) -> web.Response:
    try:
        await request.app[SERVICES].change.restore(viewer_of(request), number_in_path(request, "id"))
    except (Conflict, Invalid):
        return see_other("/duty", Flash("danger", "Вернуть нельзя: время уже занято или телефон выключен"))
    return see_other("/duty", Flash("success", "Смена возвращена"))


async def _shift(request: web.Request) -> ShiftView:
    shift_id = number_in_path(request, "id")
    found = await request.app[SERVICES].shift(shift_id)
    if found is None:
        raise NotFound("shift-not-found")
    return found
