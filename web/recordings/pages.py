"""Recordings: the list in three tabs with its search, one recording, the hold on it."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from callcore.calls.recording_holds import HOLDERS, RELEASERS
from callcore.calls.recording_views import RecordingPage
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound, PbxUnavailable
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Role
from web.calls import words as call_words
from web.calls.filters import PERIODS
from web.calls.pages import MAX_CALL_ID_CHARS
from web.dealers.typed import typed as one_line
from web.keys import DEPS
from web.recordings import words
from web.recordings.form import LENGTHS, SILENCES, TABS, Form, read_form, understand_form
from web.recordings.keeping_pages import routes as keeping_routes
from web.recordings.services import SERVICES, RecordingServices
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
TALKERS: Final = roles(*(STAFF_ROLES - {Role.MARKETER}), *DEALER_ROLES)
HOLD: Final = roles(*HOLDERS)
RELEASE: Final = roles(*RELEASERS)
PAGE_ROWS: Final = 15
_NOTHING: Final = RecordingPage((), "", "")


async def recordings(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    asked = understand_form(form, now=request.app[DEPS].clock.now(), tz=viewer.tz)
    choices = await services.choices(viewer)
    context: dict[str, Any] = {
        "words": call_words,
        "told": words,
        "form": form,
        "tabs": [
            (title, form.with_(tab=tab.value), None, asked.wanted.tab is tab) for tab, title in TABS.items()
        ],
        "rooms": words.tabs_of(viewer, "list"),
        "periods": [
            (title, form.with_(period=name, since="", until=""), form.period == name)
            for name, title in PERIODS.items()
        ],
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "people": choices.people.items(),
        "lengths": LENGTHS.items(),
        "silences": SILENCES.items(),
        "errors": dict(asked.errors),
    }
    page, order_id = _NOTHING, None
    if not asked.errors and asked.order is not None:
        order_id = await services.order_id(viewer, asked.order)
        if order_id is None:
            context["errors"] = {"order": "Такого заказа у вас нет"}
    if not context["errors"]:
        page = await services.find(
            viewer,
            replace(asked.wanted, order_id=order_id),
            after=request.query.get("after", ""),
            before=request.query.get("before", ""),
            limit=PAGE_ROWS,
        )
    ids = {line.call.order_id for line in page.items if line.call.order_id}
    context["orders"] = await services.order_numbers(viewer, ids)
    status = 400 if asked.errors else 200
    return render(request, "recordings/list.html", status=status, page=page, **context | _places(form, page))


def _places(form: Form, page: RecordingPage) -> dict[str, str]:
    return {
        "first_url": f"/recordings{form.query()}" if page.previous_cursor else "",
        "prev_url": f"/recordings{form.query(before=page.previous_cursor)}" if page.previous_cursor else "",
        "next_url": f"/recordings{form.query(after=page.next_cursor)}" if page.next_cursor else "",
    }


async def recording(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.card(viewer, number_in_path(request, "id"))
    ids = [card.call.order_id] if card.call is not None and card.call.order_id else []
    context: dict[str, Any] = {
        "card": card,
        "words": call_words,
        "told": words,
        "orders": await services.order_numbers(viewer, ids),
        "reason": "",
        "errors": {},
        "trouble": "",
    }
    return render(request, "recordings/recording.html", status=status, **context | more)


async def hold(request: web.Request) -> web.Response:
    return await _set_hold(request, on=True)


async def release(request: web.Request) -> web.Response:
    return await _set_hold(request, on=False)


async def _set_hold(request: web.Request, *, on: bool) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    recording_id = number_in_path(request, "id")
    form = one_line(await request.post(), "reason")
    change = services.hold if on else services.release
    try:
        await change(viewer, recording_id, form["reason"])
    except Invalid as error:
        return await _page(request, 422, reason=form["reason"], errors=words.errors_of(error))
    except NotAllowedNow as error:
        return await _page(
            request, 409, reason=form["reason"], trouble=words.TROUBLES.get(error.code, "Обновите страницу.")
        )
    said = "Удаление записи запрещено" if on else "Запрет удаления снят"
    return see_other(f"/recordings/{recording_id}", Flash("success", said))


async def pause(request: web.Request) -> web.Response:
    return await _set_pause(request, on=True)


async def resume(request: web.Request) -> web.Response:
    return await _set_pause(request, on=False)


async def _set_pause(request: web.Request, *, on: bool) -> web.Response:
    """Back to where the button was pressed."""
    services, call_id = request.app[SERVICES], request.match_info["call_id"]
    if not call_id.isprintable() or len(call_id) > MAX_CALL_ID_CHARS:
        raise NotFound("no-such-address")
    form = one_line(await request.post(), "back")
    back = _back(form["back"], call_id)
    try:
        await (services.pause if on else services.go_on)(viewer_of(request), call_id)
    except (NotAllowedNow, PbxUnavailable) as error:
        return see_other(back, Flash("danger", words.TROUBLES.get(error.code, words.PAUSE_FAILED)))
    said = (
        "Запись на паузе: скажите клиенту, что данные карты не записываются" if on else "Запись продолжается"
    )
    return see_other(back, Flash("success", said))


def _back(place: str, call_id: str) -> str:
    """`desk`, the number of an order, or nothing: the page of the call."""
    if place == "desk":
        return "/desk"
    is_order = place.isascii() and place.isdecimal() and len(place) <= len(str(2**63))
    return f"/orders/{int(place)}#timeline" if is_order else f"/calls/{quote(call_id, safe='')}"


def room(services: RecordingServices) -> Room:
    return Room(
        "recordings",
        (
            get("/recordings", recordings, WHO),
            *keeping_routes(),
            post("/recordings/pause/{call_id}", pause, TALKERS),
            post("/recordings/resume/{call_id}", resume, TALKERS),
            get("/recordings/{id}", recording, WHO),
            post("/recordings/{id}/hold", hold, HOLD),
            post("/recordings/{id}/release", release, RELEASE),
        ),
        nav=(NavItem("Записи", "/recordings", "microphone", WHO, "Работа", "g z"),),
        furnish=lambda app: _furnish(app, services),
    )


def _furnish(app: web.Application, services: RecordingServices) -> None:
    app[SERVICES] = services
