"""The map of regions and the same facts as a table; one region with its dealers and outlets."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.network.costs import VALUE_READERS
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Viewer
from callcore.routing.explain import step_text, to_json
from callcore.routing.region_board import BoardRegion
from web.calls.filters import JournalForm, understand
from web.calls.why import why_of
from web.keys import DEPS
from web.map import drawing
from web.map.services import SERVICES, MapServices
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
WHY_NOT: Final = {
    "": ("ok", "готова принять звонок"),
    "suspended": ("warn", "дилер приостановлен"),
    "not-accepting": ("warn", "звонки выключены"),
    "no-site-calls": ("warn", "«Звонок с сайта» выключен"),
    "no-phones": ("bad", "нет телефонов"),
    "hours-unreadable": ("bad", "часы записаны с ошибкой"),
    "closed": ("calm", "закрыта"),
}


async def whole(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    by, show = request.query.get("by", ""), request.query.get("show", "")
    measure = next((one for one in drawing.MEASURES if one.key == by), drawing.MEASURES[0])
    show = show if show in drawing.SHOWS else ""
    facts = await _facts(request, viewer)
    part = request.query.get("part", "")
    view = next((one for one in drawing.VIEWS if one.key == part), drawing.VIEWS[0])
    drawn = drawing.areas(facts, measure, show, view, is_staff=viewer.is_staff)
    listed = [one for one in facts if drawing.SHOWS[show][1](one)]
    listed.sort(key=lambda one: (-(measure.value(one) or 0), one.name))
    return render(
        request,
        "map/map.html",
        areas=drawn,
        view=view,
        views=[(one.title, _address(measure.key, show, one.key), one is view) for one in drawing.VIEWS],
        measure=measure,
        measures=[
            (one.title, _address(one.key, show, view.key), None, one is measure) for one in drawing.MEASURES
        ],
        shows=_shows(facts, measure.key, show, view.key),
        rows=[one for one in listed if show or not one.is_quiet],
        quiet=[one for one in listed if not show and one.is_quiet],
        unplaced=[one for one in facts if one.code not in {area.shape.code for area in drawn}],
        drawing=drawing,
    )


def _shows(
    facts: tuple[drawing.RegionFacts, ...], by: str, show: str, part: str
) -> list[tuple[str, str, int, bool]]:
    return [
        (text, _address(by, key, part), sum(holds(one) for one in facts), key == show)
        for key, (text, holds) in drawing.SHOWS.items()
    ]


def _address(by: str, show: str, part: str) -> str:
    pairs = {"by": "" if by == drawing.MEASURES[0].key else by, "show": show, "part": part}
    text = urlencode({name: value for name, value in pairs.items() if value})
    return f"/map?{text}" if text else "/map"


async def region(request: web.Request) -> web.Response:
    """A dealer's people know of regions where they sell; what others there have is not told to them."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    code = request.match_info["code"]
    one = next((one for one in await _facts(request, viewer) if one.code == code), None)
    if one is None:
        raise NotFound("no-such-region")
    decision = services.decision(code) if viewer.is_staff else None
    return render(
        request,
        "map/region.html",
        one=one,
        board=one.board,
        served_by=drawing.served_by(one) if viewer.is_staff else "",
        why=why_of(to_json(decision)) if decision else None,
        steps=[step_text(step) for step in decision.plan.steps] if decision else (),
        why_not=WHY_NOT,
        place_url=services.place_url,
        value_url=f"/value?{urlencode({'region': code})}" if viewer.role in VALUE_READERS else "",
    )


async def _facts(request: web.Request, viewer: Viewer) -> tuple[drawing.RegionFacts, ...]:
    """Calls and orders over the period that their lists call «30 дней»."""
    services = request.app[SERVICES]
    asked = understand(JournalForm(period="30d"), now=request.app[DEPS].clock.now(), tz=viewer.tz).wanted
    assert asked.since is not None
    board = [one for one in await services.board(viewer) if viewer.is_staff or _is_own(one)]
    counts = await services.counts(viewer, asked.since)
    return drawing.facts_of(board, counts.calls, counts.orders)


def _is_own(one: BoardRegion) -> bool:
    return bool(one.here or one.from_elsewhere)


def room(services: MapServices) -> Room:
    def furnish(app: web.Application) -> None:
        app[SERVICES] = services

    return Room(
        "map",
        (get("/map", whole, WHO), get("/map/{code}", region, WHO)),
        nav=(NavItem("Карта", "/map", "map-2", WHO, "Сеть"),),
        furnish=furnish,
    )
