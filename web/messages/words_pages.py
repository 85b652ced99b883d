"""The words of messages: the list, one of them with preview and a test."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.messaging.matrix import EVENTS, Channel, Recipient
from callcore.messaging.texts import MAX_BODY_CHARS, MAX_TITLE_CHARS, Words, placeholders
from web.messages import words
from web.messages.pages import EDIT, tabs_for
from web.messages.services import SERVICES
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

Cell = tuple[str, Recipient, Channel]
MAX_KEY_CHARS: Final = 64


async def word_list(request: web.Request) -> web.Response:
    changed = await request.app[SERVICES].desk.changed()
    groups: dict[str, list[Any]] = {}
    for event in EVENTS.values():
        cells = [
            (
                one,
                [
                    (ch, (event.code, one.value, ch.value) in changed)
                    for ch in Channel
                    if event.offers(one, ch)
                ],
            )
            for one in event.on
        ]
        groups.setdefault(event.group, []).append((event, cells))
    return render(
        request,
        "messages/word_list.html",
        groups=groups,
        recipients=words.RECIPIENTS,
        channels=words.CHANNELS,
        tabs=tabs_for(request, "/messages/words"),
    )


def _cell(request: web.Request) -> Cell:
    """Raises NotFound for what is never told."""
    event, recipient, channel = (request.match_info[name] for name in ("event", "recipient", "channel"))
    if recipient not in set(Recipient) or channel not in set(Channel):
        raise NotFound("no-such-message")
    return event, Recipient(recipient), Channel(channel)


async def edit(request: web.Request) -> web.Response:
    return await _page(request)


async def work(request: web.Request) -> web.Response:
    """One form with four buttons: preview, test, save, back to the built-in words."""
    form, cell = await request.post(), _cell(request)
    typed = Words(_typed(form.get("subject"), MAX_TITLE_CHARS), _typed(form.get("body"), MAX_BODY_CHARS))
    desk, viewer = request.app[SERVICES].desk, viewer_of(request)
    shown = str(form.get("version", ""))
    version = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0
    try:
        match str(form.get("do", "save")):
            case "preview":
                return await _page(
                    request, typed=typed, version=version, preview=desk.preview(viewer, cell, typed)
                )
            case "test":
                address = await desk.send_test(viewer, cell, typed, str(form.get("key", ""))[:MAX_KEY_CHARS])
                said = f"Проверка отправлена на {address}"
                return await _page(request, typed=typed, version=version, said=said)
            case "reset":
                await desk.forget(viewer, cell)
                return see_other(_path(cell), Flash("success", "Вернули встроенный текст"))
            case _:
                await desk.write(viewer, cell, typed, version)
    except Invalid as error:
        return await _page(request, 422, typed=typed, version=version, errors=words.errors_of(error))
    except Conflict:
        return await _page(request, 409, typed=typed, is_stale=True)
    return see_other(_path(cell), Flash("success", "Текст сохранён: следующие сообщения уйдут с ним"))


def _typed(value: object, limit: int) -> str:
    """One character over the limit stays, so that it is said and not cut in silence."""
    text = value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else ""
    return text[: limit + 1]


def _path(cell: Cell) -> str:
    return "/messages/words/" + "/".join(cell)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    cell = _cell(request)
    stored = await request.app[SERVICES].desk.words(viewer_of(request), cell)
    event, recipient, channel = cell
    context: dict[str, Any] = {
        "event": EVENTS[event],
        "recipient": words.RECIPIENTS[recipient],
        "channel": channel,
        "channel_name": words.CHANNELS[channel][0],
        "stored": stored,
        "typed": stored.words,
        "version": stored.version,
        "names": placeholders(event),
        "action": _path(cell),
        "errors": {},
        "preview": None,
        "said": "",
        "is_stale": False,
        "tabs": tabs_for(request, "/messages/words"),
    }
    return render(request, "messages/words.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/messages/words", word_list, EDIT),
        get("/messages/words/{event}/{recipient}/{channel}", edit, EDIT),
        post("/messages/words/{event}/{recipient}/{channel}", work, EDIT),
    )
