"""The door for who wants to be called: the script of the button for other people's sites, its two addresses, and a page of our
own that works without script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import DealerlineError, Invalid, TooMany
from callcore.outbound.callbacks.ask_callback import AskedCallback
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource, Slot
from callcore.outbound.callbacks.public_desk import CallbackOffer, PublicCallbacks, SentForm, read_time
from callcore.outbound.callbacks.sites import CallbackSite
from web.callbacks.words import ASKED_TOO_OFTEN, ASKED_WRONG, CHECK_FAILED, when_text
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import FOREIGN, PUBLIC
from web.security.origin import client_ip
from web.ui.templates import render

DESK: Final = web.AppKey("public_callbacks", PublicCallbacks)
SCRIPT: Final = web.AppKey("callback_script", bytes)
SCRIPT_FILE: Final = Path(__file__).parent / "callback_widget.js"
TEXTS: Final = {
    "heading": "Перезвоним вам",
    "promise": "Оставьте номер, и мы позвоним. Звонок бесплатный.",
    "consent": "Согласен на обработку моих данных и звонок на этот номер",
}
_DAYS: Final = ("Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс")


async def script(request: web.Request) -> web.Response:
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return web.Response(
        body=request.app[SCRIPT], content_type="text/javascript", charset="utf-8", headers=headers
    )


# --- for the script -------------------------------------------------------------------------------------------------


async def form(request: web.Request) -> web.Response:
    """Raises NotFound."""
    found = await _admitted(request)
    if found is None:
        return _refusal(request, "Сайт не подключён", 403)
    offer = await request.app[DESK].offer(found.key, request.query.get("tz", "")[:64])
    told = {
        "texts": texts_of(offer.site),
        "challenge": offer.challenge,
        "bits": offer.bits,
        "days": [{"day": day, "title": title, "times": times} for day, title, times in days_of(offer.times)],
    }
    return web.json_response(told, headers=_cors(request))


async def take(request: web.Request) -> web.Response:
    if await _admitted(request) is None:
        return _refusal(request, "Сайт не подключён", 403)
    sent = await request.post()
    if sent.get("consent") != "1":
        return _refusal(request, ASKED_WRONG["consent-needed"], 422, field="consent")
    try:
        asked = await request.app[DESK].ask(_sent(request, sent), _ip(request))
    except (Invalid, TooMany) as refused:
        field, text = _what_is_wrong(refused)
        is_old = refused.code in ("check-failed", "idempotency-key-reused")
        status = 429 if isinstance(refused, TooMany) else 422
        return _refusal(request, text, status, field=field, renew=is_old)
    return web.json_response({"text": _promise(request, asked)}, status=202, headers=_cors(request))


async def _admitted(request: web.Request) -> CallbackSite | None:
    """None for a page of a site that is not on the list. Raises NotFound."""
    site = await request.app[DESK].site(request.match_info["key"])
    origin = request.headers.get("Origin", "")
    return site if not origin or site.admits(origin) or origin.endswith("//" + request.host) else None


def _cors(request: web.Request) -> dict[str, str]:
    origin = request.headers.get("Origin", "")
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {}


def _refusal(request: web.Request, text: str, status: int, **more: Any) -> web.Response:
    headers = _cors(request) if status != 403 else {}
    return web.json_response({"text": text, **more}, status=status, headers=headers)


# --- without script -------------------------------------------------------------------------------------------------


async def page(request: web.Request) -> web.Response:
    return await _page(request, {})


async def take_page(request: web.Request) -> web.Response:
    """Nothing typed is lost: a refusal shows the same form with words by the fields."""
    sent = await request.post()
    typed = {
        name: str(sent.get(name, ""))[:600] for name in ("number", "name", "when", "day", "time", "consent")
    }
    if typed["consent"] != "1":
        return await _page(request, typed, errors={"consent": ASKED_WRONG["consent-needed"]}, status=422)
    try:
        asked = await request.app[DESK].ask(_sent(request, sent), _ip(request))
    except (Invalid, TooMany) as refused:
        field, text = _what_is_wrong(refused)
        status = 429 if isinstance(refused, TooMany) else 422
        return await _page(request, typed, errors={field or "form": text}, status=status)
    return await _page(request, {}, promise=_promise(request, asked))


async def _page(
    request: web.Request,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    promise: str = "",
    status: int = 200,
) -> web.Response:
    offer: CallbackOffer = await request.app[DESK].offer(request.match_info["key"])
    return render(
        request,
        "public/callback.html",
        status=status,
        offer=offer,
        texts=texts_of(offer.site),
        days=days_of(offer.times),
        typed=typed,
        errors=errors or {},
        promise=promise,
    )


# --- both -----------------------------------------------------------------------------------------------------------


def _sent(request: web.Request, sent: Mapping[str, Any]) -> SentForm:
    def text(name: str, most: int = 300) -> str:
        return str(sent.get(name, ""))[:most]

    is_later = text("when") == "1"
    told = CallbackAsk(
        source=CallbackSource.WIDGET,
        site=request.match_info["key"],
        number=text("number", 60),
        name=text("name"),
        at=read_time(text("day"), text("time")) if is_later else None,
        page=text("page"),
        medium=text("medium", 64),
        campaign=text("campaign", 200),
    )
    return SentForm(
        key=request.match_info["key"],
        challenge=text("challenge", 400),
        answer=text("answer", 20),
        trap=text("website"),
        told=told,
    )


def _what_is_wrong(refused: DealerlineError) -> tuple[str, str]:
    """The field, empty for none, and words."""
    if isinstance(refused, TooMany):
        return "", ASKED_TOO_OFTEN.get(refused.code, ASKED_TOO_OFTEN["too-often"])
    for field, code in dict(refused.details.get("fields", {})).items():
        return str(field), ASKED_WRONG.get(str(code), "Проверьте это поле")
    return "", CHECK_FAILED


def _promise(request: web.Request, asked: AskedCallback | None) -> str:
    """A machine is told the same as everybody."""
    if asked is None:
        return "Спасибо! Мы перезвоним вам через 30 секунд"
    when = when_text(asked.due_at, request.app[DEPS].clock.now(), asked.tz, is_soon=asked.is_soon)
    zone = "" if when.startswith("через") else " по времени региона вашего номера"
    again = "" if asked.is_new else "Заявка уже есть, мы её обновили. "
    return f"{again}Спасибо! Мы перезвоним вам {when}{zone}"


def texts_of(site: CallbackSite) -> dict[str, str]:
    return TEXTS | {name: text for name, text in site.texts.items() if name in TEXTS}


def days_of(times: tuple[Slot, ...]) -> list[tuple[str, str, list[str]]]:
    """Day in ISO, its title, times of day."""
    found: dict[str, tuple[str, list[str]]] = {}
    for slot in times:
        title = f"{_DAYS[slot.day.weekday()]}, {slot.day:%d.%m}"
        found.setdefault(slot.day.isoformat(), (title, []))[1].append(slot.text)
    return [(day, title, texts) for day, (title, texts) in found.items()]


def _ip(request: web.Request) -> str:
    return client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)


def room(desk: PublicCallbacks) -> Room:
    def furnish(app: web.Application) -> None:
        app[DESK] = desk
        app[SCRIPT] = SCRIPT_FILE.read_bytes()

    return Room(
        "callback-door",
        (
            get("/widget/callback.js", script, PUBLIC),
            get("/widget/{key}/form", form, FOREIGN),
            post("/widget/{key}", take, FOREIGN),
            get("/callback/{key}", page, PUBLIC),
            post("/callback/{key}", take_page, PUBLIC),
        ),
        furnish=furnish,
    )
