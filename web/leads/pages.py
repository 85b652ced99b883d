"""«Настройки соединения с LeadsDB»: the form, «Проверить соединение», «Синхронизировать», the log; the room."""

from collections.abc import Mapping
from typing import Any, Final, cast

from aiohttp import web

from callcore.intake.leads.lead_queries import LeadBook
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.model import Role
from web.leads import words
from web.leads.form import LeadForm, read_form, show, understand
from web.leads.services import SERVICES, LeadServices
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.settings.words import LEADS, tabs
from web.ui.flash import Flash, Tone, see_other
from web.ui.templates import render

ADMIN: Final = roles(Role.ADMIN)
OTHERS_SAVED: Final = (
    "Пока вы правили, соединение сохранил кто-то другой. Ваши значения, кроме секрета, остались в форме: "
    "сравните их с действующими и сохраните ещё раз."
)
NOT_NOW: Final = {
    "leads-not-set-up": "Сначала сохраните адрес, пользователя и секрет",
    "leads-running": "Синхронизация уже идёт, журнал обновится сам",
}


async def settings(request: web.Request) -> web.Response:
    return await _page(request, None)


async def log(request: web.Request) -> web.Response:
    """The log alone, for who waits for the end of a run."""
    if "HX-Request" not in request.headers:
        return see_other(LEADS)
    book = await _book(request)
    return render(request, "leads/log.html", book=book, told=words, before=_before(request))


async def save(request: web.Request) -> web.Response:
    form, secret = read_form(await request.post())
    draft, wrong = understand(form, secret)
    if wrong:
        return await _page(request, form, 422, wrong=wrong, is_secret_lost=bool(secret))
    try:
        await request.app[SERVICES].save(viewer_of(request), draft, form.version)
    except Invalid as refused:
        return await _page(request, form, 422, wrong=refused.details["fields"], is_secret_lost=bool(secret))
    except Conflict:
        return await _page(request, form, 409, trouble=OTHERS_SAVED, is_secret_lost=bool(secret))
    return see_other(LEADS, Flash("success", "Сохранено. Проверьте соединение или сразу заберите лиды"))


async def check(request: web.Request) -> web.Response:
    try:
        found = await request.app[SERVICES].check(viewer_of(request))
    except NotAllowedNow as refused:
        return see_other(LEADS, Flash("warning", NOT_NOW.get(refused.code, NOT_NOW["leads-not-set-up"])))
    if found.trouble:
        return see_other(LEADS, Flash("danger", words.trouble_words(found.trouble)))
    seconds = f"{found.seconds:.1f}".replace(".", ",")
    return see_other(LEADS, Flash("success", f"Соединение есть: база ответила за {seconds} с"))


async def sync(request: web.Request) -> web.Response:
    whole = (await request.post()).get("whole") == "1"
    try:
        run_id = await request.app[SERVICES].fetch(viewer_of(request), whole)
    except NotAllowedNow as refused:
        return see_other(LEADS, Flash("warning", NOT_NOW.get(refused.code, NOT_NOW["leads-running"])))
    book = await _book(request)
    run = next((one for one in book.runs if one.id == run_id), None)
    if run is None:
        return see_other(LEADS)
    tone, said = words.ended_words(run)
    return see_other(LEADS, Flash(cast("Tone", tone), said))


async def _book(request: web.Request) -> LeadBook:
    return await request.app[SERVICES].book(viewer_of(request), _before(request))


def _before(request: web.Request) -> int | None:
    text = request.query.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def _page(
    request: web.Request,
    form: LeadForm | None,
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    trouble: str = "",
    is_secret_lost: bool = False,
) -> web.Response:
    """After somebody else's save the form carries the new version, so that the next save is meant."""
    book = await _book(request)
    saved = show(book.account)
    errors = {name: words.wrong_words(name, code) for name, code in (wrong or {}).items()}
    if is_secret_lost:
        errors.setdefault("secret", "Секрет в страницу не возвращается: введите его ещё раз")
    context: dict[str, Any] = {
        "book": book,
        "account": book.account,
        "tabs": tabs(LEADS, viewer_of(request)),
        "form": form or saved,
        "saved": saved,
        "version": saved.version if trouble or form is None else form.version,
        "errors": errors,
        "trouble": trouble,
        "dealers": list(book.dealers.items()),
        "is_open": book.account is not None and book.account.address.startswith("http://"),
        "told": words,
        "before": _before(request),
    }
    return render(request, "leads/settings.html", status=status, **context)


def room(services: LeadServices) -> Room:
    return Room(
        "leads",
        (
            get(LEADS, settings, ADMIN),
            post(LEADS, save, ADMIN),
            get(f"{LEADS}/log", log, ADMIN),
            post(f"{LEADS}/check", check, ADMIN),
            post(f"{LEADS}/sync", sync, ADMIN),
        ),
        nav=(NavItem("LeadsDB", LEADS, "database", ADMIN, "Настройки"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
