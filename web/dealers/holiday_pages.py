"""The production calendar by years, and people's edits over it."""

from datetime import date
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.change_network import MAX_REASON_CHARS
from callcore.network.days import CalendarDay, DayKind, calendar_between
from callcore.network.outlets import may_edit_network
from callcore.routing.explain import MONTHS
from web.dealers import words
from web.dealers.services import SERVICES
from web.keys import DEPS
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

YEARS_BACK, YEARS_AHEAD = 1, 2
KINDS: Final = [(kind.value, text) for kind, text in words.KIND_WORDS.items()]


async def holidays(request: web.Request) -> web.Response:
    today = request.app[DEPS].clock.now().date()
    raw = request.query.get("year", "")
    year = int(raw) if raw.isascii() and raw.isdigit() and len(raw) == 4 else today.year
    if not today.year - YEARS_BACK <= year <= today.year + YEARS_AHEAD:
        raise NotFound("no-such-year")
    return await _page(request, year)


async def _page(request: web.Request, year: int, status: int = 200, **more: Any) -> web.Response:
    services, today = request.app[SERVICES], request.app[DEPS].clock.now().date()
    first, last = date(year, 1, 1), date(year, 12, 31)
    edits = await services.edits(first, last)
    regions = await services.regions()
    days = calendar_between(first, last, edits)
    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    context: dict[str, Any] = {
        "year": year,
        "years": [(str(item), f"/holidays?year={item}", None, item == year) for item in years],
        "months": words.year_view(year, days, today),
        "edits": edits,
        "regions": list(regions.items()),
        "region_names": regions,
        "kinds": KINDS,
        "typed": {},
        "errors": {},
        "can_edit": may_edit_network(viewer_of(request)),
        "dealers": words,
    }
    return render(request, "dealers/holidays.html", status=status, **context | more)


async def add_day(request: web.Request) -> web.Response:
    form = await request.post()
    typed = {name: str(form.get(name, "")).strip()[:300] for name in ("day", "kind", "title", "region")}
    errors, day, today = {}, _date(typed["day"]), request.app[DEPS].clock.now().date()
    if day is None or not today.year - YEARS_BACK <= day.year <= today.year + YEARS_AHEAD:
        errors["day"] = "Выберите день"
    if typed["kind"] not in dict(KINDS):
        errors["kind"] = "Выберите значение из списка"
    if not 0 < len(typed["title"]) <= MAX_REASON_CHARS or not typed["title"].isprintable():
        errors["title"] = f"Назовите день, не длиннее {MAX_REASON_CHARS} знаков"
    if errors or day is None:
        return await _page(request, today.year, 422, typed=typed, errors=errors)
    item = CalendarDay(day, DayKind(typed["kind"]), typed["title"], typed["region"])
    try:
        await request.app[SERVICES].change.set_calendar_day(viewer_of(request), item)
    except Invalid:
        return await _page(
            request, day.year, 422, typed=typed, errors={"region": "Выберите значение из списка"}
        )
    said = f"{day.day} {MONTHS[day.month - 1]}: {words.KIND_WORDS[item.kind]} день"
    return see_other(f"/holidays?year={day.year}", Flash("success", said))


async def remove_day(request: web.Request) -> web.Response:
    form = await request.post()
    day, region = _date(str(form.get("day", ""))), str(form.get("region", ""))[:20]
    if day is None:
        raise NotFound("no-such-day")
    await request.app[SERVICES].change.forget_calendar_day(viewer_of(request), day, region)
    return see_other(
        f"/holidays?year={day.year}", Flash("success", "Правка убрана, действует официальный календарь")
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
