"""«Робот»: the register of its calls with totals, the block on an order, its settings; the room."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.model import DEALER_ROLES
from callcore.outbound.do_not_call import EDITORS as BARRERS
from callcore.outbound.robot.ask_robot import SENDERS
from callcore.outbound.robot.change_settings import EDITORS, READERS
from callcore.outbound.robot.model import RobotResult, RobotState
from callcore.outbound.robot.phrases import MAX_BYTES
from callcore.outbound.robot.queries import RobotFilter
from callcore.outbound.robot.voices import VOICES
from web.keys import DEPS
from web.robot import bar_pages, phrase_pages, words
from web.robot.form import RobotForm, read_form, show, understand
from web.robot.services import SERVICES, RobotServices
from web.robot.tabs import tabs
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

READ = roles(*READERS)
EDIT = roles(*EDITORS)
SEND = roles(*SENDERS)
CARD = roles(*READERS, *DEALER_ROLES)
DAYS: Final = {"1": "Сегодня", "7": "7 дней", "30": "30 дней", "90": "90 дней"}
OTHERS_SAVED: Final = (
    "Пока вы правили, настройки сохранил кто-то другой. Ваши значения остались в форме: "
    "сравните их с действующими и сохраните ещё раз."
)


async def listing(request: web.Request) -> web.Response:
    viewer, asked = viewer_of(request), request.query
    days = asked.get("days", "7") if asked.get("days", "7") in DAYS else "7"
    what = asked.get("what", "")
    is_state = what in {one.value for one in words.STATES}
    number, before = (_whole(asked.get(name, "")) for name in ("number", "before"))
    page = await request.app[SERVICES].calls(
        viewer,
        RobotFilter(
            state=what if is_state else "",
            result=what if what in {one.value for one in RobotResult} else "",
            number=number,
            since=None if number is not None else _since(request, int(days)),
            before=before,
        ),
    )
    book = await request.app[SERVICES].book(viewer)
    kept = {"days": days, "what": what, "number": asked.get("number", "")[:12]}
    return render(
        request,
        "robot/list.html",
        tabs=tabs("/robot", viewer),
        rows=page.items,
        totals=_totals(page.totals, kept),
        days=[(text, _here(kept, days=key), key == days) for key, text in DAYS.items()],
        form=kept,
        options=[(one.value, words.STATES[one][0]) for one in words.STATES]
        + [(one.value, words.RESULTS[one][0]) for one in RobotResult],
        robot=words,
        settings=book.stored.settings,
        can_edit=viewer.role in EDITORS,
        first_url=_here(kept) if before else "",
        next_url=_here(kept, before=page.next_before) if page.next_before else "",
    )


def _totals(found: Mapping[str, int], kept: Mapping[str, str]) -> list[tuple[str, int, str, str, str, bool]]:
    """Title, count, address, tone, icon, chosen; first what people ask about most."""
    shown = (
        RobotResult.CONFIRMED,
        RobotResult.CHANGED,
        RobotResult.PERSON,
        RobotResult.NO_KEY,
        RobotResult.UNANSWERED,
        RobotResult.STOPPED,
        RobotState.WAITING,
    )
    return [
        (
            mark[0],
            found.get(one.value, 0),
            _here(kept, what=one.value),
            mark[1],
            mark[2],
            kept["what"] == one.value,
        )
        for one in shown
        for mark in (words.RESULTS[one] if isinstance(one, RobotResult) else words.STATES[one],)
    ]


def _here(kept: Mapping[str, str], **more: object) -> str:
    said = {name: value for name, value in (dict(kept) | more).items() if value}
    return "/robot?" + urlencode(said)


def _since(request: web.Request, days: int) -> datetime:
    """From the beginning of the first day on the viewer's clock."""
    now, zone = request.app[DEPS].clock.now(), ZoneInfo(viewer_of(request).tz)
    day = now.astimezone(zone).date() - timedelta(days=days - 1)
    return datetime.combine(day, time(), zone).astimezone(now.tzinfo)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# --- one order ------------------------------------------------------------------------------------------------------


async def order(request: web.Request) -> web.Response:
    return await _order(request)


async def send(request: web.Request) -> web.Response:
    return await _act(request, "send")


async def call_off(request: web.Request) -> web.Response:
    return await _act(request, "call_off")


async def _act(request: web.Request, name: str) -> web.Response:
    services, number, viewer = request.app[SERVICES], number_in_path(request, "number"), viewer_of(request)
    try:
        if name == "send":
            await services.send(viewer, number)
        else:
            await services.call_off(viewer, number)
    except NotAllowedNow as refused:
        return await _order(request, words.REFUSALS.get(refused.code, "Сейчас это невозможно"))
    if "HX-Request" in request.headers:
        return await _order(request)
    text = "Робот позвонит клиенту" if name == "send" else "Робот звонить не будет"
    return see_other(f"/orders/{number}", Flash("success", text))


async def _order(request: web.Request, trouble: str = "") -> web.Response:
    """As a box of the card, else a page of its own."""
    number = number_in_path(request, "number")
    found = await request.app[SERVICES].of_order(viewer_of(request), number)
    part = "robot/box.html" if "HX-Request" in request.headers else "robot/order.html"
    status = 422 if trouble else 200
    return render(request, part, status=status, found=found, robot=words, trouble=trouble)


# --- settings -------------------------------------------------------------------------------------------------------


async def settings(request: web.Request) -> web.Response:
    return await _settings(request, None)


async def save(request: web.Request) -> web.Response:
    form = read_form(await request.post())
    meant, wrong = understand(form)
    if wrong:
        return await _settings(request, form, 422, wrong=wrong)
    try:
        await request.app[SERVICES].save(viewer_of(request), meant, form.version)
    except Invalid as refused:
        return await _settings(request, form, 422, wrong=refused.details["fields"])
    except Conflict:
        return await _settings(request, form, 409, trouble=OTHERS_SAVED)
    said = "Сохранено: робот звонит по новым заказам" if meant.is_on else "Сохранено: робот не звонит"
    return see_other("/robot/settings", Flash("success", said))


async def _settings(
    request: web.Request,
    form: RobotForm | None,
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    trouble: str = "",
) -> web.Response:
    """After somebody else's save the form carries the new version, so that the next save is meant."""
    viewer = viewer_of(request)
    book = await request.app[SERVICES].book(viewer)
    saved = show(book.stored.settings, book.stored.version)
    context: dict[str, Any] = {
        "book": book,
        "tabs": tabs("/robot/settings", viewer),
        "form": form or saved,
        "saved": saved,
        "version": book.stored.version if trouble or form is None else form.version,
        "errors": {name: words.WRONG.get(code, "Проверьте это поле") for name, code in (wrong or {}).items()},
        "trouble": trouble,
        "channels": [(one.value, title) for one, title in words.CHANNELS.items()],
        "voices": [(one.code, one.title) for one in VOICES.values()],
        "can_edit": viewer.role in EDITORS,
    }
    return render(request, "robot/settings.html", status=status, **context)


def room(services: RobotServices) -> Room:
    return Room(
        "robot",
        (
            get("/robot", listing, READ),
            get("/robot/settings", settings, READ),
            post("/robot/settings", save, EDIT),
            get("/robot/do-not-call", bar_pages.listing, roles(*BARRERS)),
            post("/robot/do-not-call", bar_pages.add, roles(*BARRERS)),
            post("/robot/do-not-call/{id}/lift", bar_pages.lift, roles(*BARRERS)),
            get("/robot/phrases", phrase_pages.listing, READ),
            post("/robot/phrases", phrase_pages.upload, EDIT, max_body_bytes=MAX_BYTES + 64 * 1024),
            post("/robot/phrases/restore", phrase_pages.restore, EDIT),
            get("/robot/phrases/listen", phrase_pages.listen, READ),
            get("/robot/orders/{number}", order, CARD),
            post("/robot/orders/{number}/send", send, SEND),
            post("/robot/orders/{number}/off", call_off, SEND),
        ),
        nav=(NavItem("Робот", "/robot", "robot", READ, "Настройки"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
