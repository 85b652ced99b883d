"""The inbox behind the bell, and the administrator's page of letters."""

from typing import Final

from aiohttp import web

from callcore.kernel.errors import NotAllowedNow
from callcore.messaging.rules import LetterState, Level
from callcore.network.model import Role
from web.notices.services import SERVICES, NoticeServices
from web.rooms import Room, get, post
from web.security.access import SIGNED_IN, roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

ADMIN = roles(Role.ADMIN)
PAGE_ROWS: Final = 25
LEVELS: Final = {
    Level.INFO.value: ("info-circle", "tone-calm", "Сообщение"),
    Level.WARNING.value: ("alert-triangle", "tone-warn", "Внимание"),
    Level.ALARM.value: ("alert-circle", "tone-bad", "Тревога"),
}
STATES: Final = {
    LetterState.WAITING: "Ждут",
    LetterState.SENT: "Отправлены",
    LetterState.DEAD: "Не отправлены",
}
ERRORS: Final = {
    "too-old": "Ждало дольше трёх дней и устарело",
    "sms-not-set-up": "SMS не подключены: задайте senders в разделе [sms] файла настроек",
    "no-consent": "Нет согласия клиента на рекламу",
    "no-site-address": "Не задан адрес сайта (site_address в разделе [mail]): сообщение было бы без ссылки",
}


async def notices(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    is_unread = request.query.get("show") == "unread"
    after = _after(request)
    page = await services.find(viewer, unread_only=is_unread, after=after, limit=PAGE_ROWS)
    unread, query = await services.unread(viewer), "?show=unread" if is_unread else ""
    return render(
        request,
        "notices/list.html",
        rows=page.items,
        unread=unread,
        is_unread=is_unread,
        tabs=[
            ("Все", "/notices", None, not is_unread),
            ("Непрочитанные", "/notices?show=unread", unread, is_unread),
        ],
        levels=LEVELS,
        first_url=f"/notices{query}" if after else "",
        next_url=f"/notices{query or '?'}{'&' if query else ''}after={page.next_after}"
        if page.next_after
        else "",
        is_admin=viewer.role is Role.ADMIN,
    )


async def badge(request: web.Request) -> web.Response:
    """The number on the bell, fetched by its script."""
    count = await request.app[SERVICES].unread(viewer_of(request))
    return web.json_response({"count": count}, headers={"Cache-Control": "no-store"})


async def open_notice(request: web.Request) -> web.Response:
    """Read, and on to what it is about."""
    url = await request.app[SERVICES].mark(viewer_of(request), number_in_path(request, "id"), is_read=True)
    is_ours = url.startswith("/") and not url.startswith("//")
    return see_other(url if is_ours else "/notices")


async def read(request: web.Request) -> web.Response:
    await request.app[SERVICES].mark(viewer_of(request), number_in_path(request, "id"), is_read=True)
    return see_other("/notices")


async def unread(request: web.Request) -> web.Response:
    await request.app[SERVICES].mark(viewer_of(request), number_in_path(request, "id"), is_read=False)
    return see_other("/notices")


async def read_all(request: web.Request) -> web.Response:
    await request.app[SERVICES].mark_all(viewer_of(request))
    return see_other("/notices", Flash("success", "Всё отмечено прочитанным"))


async def letters(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    asked = request.query.get("state", "")
    state = LetterState(asked) if asked in set(LetterState) else LetterState.WAITING
    after = _after(request)
    page = await services.letters(viewer, state, after=after, limit=PAGE_ROWS)
    return render(
        request,
        "notices/letters.html",
        rows=page.items,
        state=state,
        tabs=[
            (text, f"/notices/letters?state={key}", page.counts[key], key is state)
            for key, text in STATES.items()
        ],
        error_words=ERRORS,
        has_mail=services.has_mail,
        first_url=f"/notices/letters?state={state}" if after else "",
        next_url=f"/notices/letters?state={state}&after={page.next_after}" if page.next_after else "",
    )


async def send_again(request: web.Request) -> web.Response:
    address = f"/notices/letters?state={LetterState.DEAD}"
    try:
        await request.app[SERVICES].send_again(viewer_of(request), number_in_path(request, "id"))
    except NotAllowedNow:
        return see_other(address, Flash("warning", "Это сообщение уже отправляется"))
    return see_other(address, Flash("success", "Сообщение поставлено в очередь"))


def _after(request: web.Request) -> int | None:
    text = request.query.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def room(services: NoticeServices) -> Room:
    return Room(
        "notices",
        (
            get("/notices", notices, SIGNED_IN),
            get("/notices/badge", badge, SIGNED_IN),
            post("/notices/read-all", read_all, SIGNED_IN),
            get("/notices/letters", letters, ADMIN),
            post("/notices/letters/{id}/again", send_again, ADMIN),
            post("/notices/{id}/open", open_notice, SIGNED_IN),
            post("/notices/{id}/read", read, SIGNED_IN),
            post("/notices/{id}/unread", unread, SIGNED_IN),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
        scripts=("badges.js",),
    )
