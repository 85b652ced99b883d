"""A dealer's card as a form: fields, logo, what another person changed meanwhile."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.network.dealer_card import DealerToEdit
from callcore.network.dealer_fields import (
    MAX_CARD_PHONES,
    MAX_DESCRIPTION_CHARS,
    MAX_PROMOTION_CHARS,
    MAX_PROMOTIONS,
    CardFields,
    merged,
)
from callcore.network.editing import may_run
from callcore.network.logos import MAX_BYTES
from callcore.network.outlets import may_edit_network
from web.dealers import history_words, words
from web.dealers.access import RUN, WHO
from web.dealers.services import SERVICES
from web.dealers.typed import WORDS, errors_of, line, text, typed, whole
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_A_YEAR: Final = "private, max-age=31536000, immutable"  # the name changes with the content


async def edit(request: web.Request) -> web.Response:
    return await _page(request, await _to_edit(request))


async def save(request: web.Request) -> web.Response:
    """The button «добавить телефон» only makes the form longer; nothing is saved by it."""
    form, card = await request.post(), await _to_edit(request)
    fields = _read(form, card, is_whole=may_edit_network(viewer_of(request)))
    version = whole(line(form.get("version", "")), 0) or 0
    if form.get("do") == "add-phone":
        return await _page(request, card, fields=fields, version=version, more_phones=1)
    services = request.app[SERVICES]
    try:
        await services.change_dealers.save_card(viewer_of(request), card.id, fields, version)
    except Invalid as error:
        return await _page(request, card, 422, fields=fields, version=version, errors=errors_of(error))
    except Conflict:
        return await _changed_meanwhile(request, fields, version)
    return see_other(f"/dealers/{card.id}", Flash("success", "Карточка сохранена"))


async def _changed_meanwhile(request: web.Request, mine: CardFields, version: int) -> web.Response:
    """The form again over the newest card: what I did not touch is theirs, what I typed stays, and it is said what
    they changed."""
    card = await _to_edit(request)
    base = await request.app[SERVICES].card_since(card.id, version)
    regions = await request.app[SERVICES].regions()
    if base is None:
        return await _page(request, card, 409, theirs=("неизвестно что: сравните все поля",), fields=mine)
    theirs = history_words.differences(base.values, card.fields.values, regions)
    return await _page(request, card, 409, theirs=theirs, fields=merged(mine, base, card.fields))


async def set_logo(request: web.Request) -> web.Response:
    form, card = await request.post(), await _to_edit(request)
    services, viewer = request.app[SERVICES], viewer_of(request)
    sent = form.get("logo")
    data = sent.file.read(MAX_BYTES + 1) if isinstance(sent, web.FileField) else b""
    try:
        name = await services.logos.keep(data)
    except Invalid as error:
        return await _page(request, card, 422, errors={"logo": WORDS.get(error.code, WORDS["logo-broken"])})
    await services.change_dealers.set_logo(viewer, card.id, name)
    return see_other(f"/dealers/{card.id}/edit", Flash("success", "Логотип сохранён"))


async def remove_logo(request: web.Request) -> web.Response:
    org_id = number_in_path(request, "id")
    await request.app[SERVICES].change_dealers.set_logo(viewer_of(request), org_id, "")
    return see_other(f"/dealers/{org_id}/edit", Flash("success", "Логотип убран"))


async def logo(request: web.Request) -> web.Response:
    body, mime = await request.app[SERVICES].logos.read(request.match_info["name"])
    return web.Response(body=body, content_type=mime, headers={"Cache-Control": _A_YEAR})


async def _to_edit(request: web.Request) -> DealerToEdit:
    return await request.app[SERVICES].to_edit(viewer_of(request), number_in_path(request, "id"))


def _read(form: Any, card: DealerToEdit, *, is_whole: bool) -> CardFields:
    """Name and regions come from the form for the head office only."""
    lines = typed(form, "name", "region_code", "site_url", "email")
    shown = card.fields
    numbers = [line(value) for value in form.getall("phone", [])[: MAX_CARD_PHONES + 5]]
    return CardFields(
        name=lines["name"] if is_whole else shown.name,
        region_code=lines["region_code"] if is_whole else shown.region_code,
        regions=tuple(line(code, 20) for code in form.getall("regions", []))[:200]
        if is_whole
        else shown.regions,
        site_url=lines["site_url"],
        email=lines["email"],
        phones=tuple(numbers),
        description=text(form.get("description", ""), MAX_DESCRIPTION_CHARS),
        promotions=text(form.get("promotions", ""), MAX_PROMOTIONS * (MAX_PROMOTION_CHARS + 2)),
    )


async def _page(
    request: web.Request, card: DealerToEdit, status: int = 200, more_phones: int = 0, **more: Any
) -> web.Response:
    viewer = viewer_of(request)
    fields: CardFields = more.get("fields", card.fields)
    regions = await request.app[SERVICES].regions()
    empty = max(more_phones, 0 if fields.phones and fields.phones[-1] == "" else 1)
    context: dict[str, Any] = {
        "card": card,
        "fields": fields,
        "phones": (*fields.phones, *("",) * empty),
        "version": card.version,
        "errors": {},
        "theirs": (),
        "regions": list(regions.items()),
        "is_whole": may_edit_network(viewer),
        "can_run": may_run(viewer),
        "dealers": words,
        "max_description": MAX_DESCRIPTION_CHARS,
    }
    return render(request, "dealers/edit.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/dealers/{id}/edit", edit, RUN),
        post("/dealers/{id}/edit", save, RUN),
        post("/dealers/{id}/logo", set_logo, RUN),
        post("/dealers/{id}/logo/remove", remove_logo, RUN),
        get("/logos/{name}", logo, WHO),
    )
