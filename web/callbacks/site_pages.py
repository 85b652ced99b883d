"""Sites that may carry the button: their keys, addresses, words, the tag to copy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.outbound.callbacks.sites import EDITORS, MAX_ORIGINS, TEXTS, CallbackSite, SiteForm, origin_of
from web.callbacks.services import SERVICES
from web.callbacks.tabs import room_tabs
from web.keys import DEPS
from web.public.callback_pages import TEXTS as USUAL_TEXTS
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

EDIT = roles(*EDITORS)
USUAL: Final = {"button": "Перезвоните мне"} | USUAL_TEXTS
_WRONG: Final = {
    "title": "Назовите сайт: от 2 до 100 знаков",
    "origins": f"Адреса сайтов через пробел или с новой строки, например https://okna.ru; не больше {MAX_ORIGINS}",
    "not-listed": "Выберите из списка",
    "too-long": "Слишком длинно: сократите",
}


@dataclass(frozen=True, slots=True)
class TypedSite:
    """As it stands in the inputs."""

    title: str = ""
    origins: str = ""
    org_id: str = ""
    did_id: str = ""
    source: str = "site"
    is_active: bool = True
    texts: Mapping[str, str] | None = None

    def text(self, name: str) -> str:
        return (self.texts or {}).get(name, "")


async def listing(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    return render(
        request,
        "callbacks/sites.html",
        rows=await request.app[SERVICES].sites(viewer),
        room_tabs=room_tabs("/callbacks/sites", viewer),
        can_edit=viewer.role in EDITORS,
    )


async def new(request: web.Request) -> web.Response:
    return await _form(request, None, TypedSite())


async def show(request: web.Request) -> web.Response:
    site = await _site(request)
    typed = TypedSite(
        title=site.title,
        origins="\n".join(site.origins),
        org_id=str(site.org_id or ""),
        did_id=str(site.did_id or ""),
        source=site.source,
        is_active=site.is_active,
        texts=site.texts,
    )
    return await _form(request, site, typed)


async def make(request: web.Request) -> web.Response:
    return await _save(request, None)


async def save(request: web.Request) -> web.Response:
    return await _save(request, await _site(request))


async def _save(request: web.Request, site: CallbackSite | None) -> web.Response:
    typed = _read(await request.post())
    form = SiteForm(
        title=typed.title,
        origins=tuple(dict.fromkeys(origin_of(one) for one in re.split(r"[\s,;]+", typed.origins) if one)),
        org_id=_id(typed.org_id),
        did_id=_id(typed.did_id),
        source=typed.source,
        is_active=typed.is_active,
        texts={name: typed.text(name) for name in TEXTS},
    )
    try:
        site_id = await request.app[SERVICES].save_site(viewer_of(request), site.id if site else None, form)
    except Invalid as refused:
        errors = {
            name: _WRONG.get(code, "Проверьте это поле") for name, code in refused.details["fields"].items()
        }
        return await _form(request, site, typed, errors=errors, status=422)
    said = "Сохранено" if site else "Сайт добавлен: скопируйте строку ниже и вставьте её на страницы"
    return see_other(f"/callbacks/sites/{site_id}", Flash("success", said))


async def _site(request: web.Request) -> CallbackSite:
    wanted = number_in_path(request, "id")
    for site in await request.app[SERVICES].sites(viewer_of(request)):
        if site.id == wanted:
            return site
    raise NotFound("site-not-found")


async def _form(
    request: web.Request,
    site: CallbackSite | None,
    typed: TypedSite,
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    viewer = viewer_of(request)
    choices = await request.app[SERVICES].choices()
    scheme = "https" if request.app[DEPS].secure else request.scheme
    return render(
        request,
        "callbacks/site.html",
        status=status,
        site=site,
        typed=typed,
        errors=errors or {},
        usual=USUAL,
        orgs=[(str(key), name) for key, name in choices.orgs],
        dids=[(str(key), number) for key, number in choices.dids],
        origin=f"{scheme}://{request.host}",
        can_edit=viewer.role in EDITORS,
    )


def _read(sent: Mapping[str, Any]) -> TypedSite:
    def text(name: str, most: int = 400) -> str:
        return "".join(sign for sign in str(sent.get(name, "")) if sign == "\n" or sign.isprintable())[:most]

    return TypedSite(
        title=text("title"),
        origins=text("origins", 6000),
        org_id=text("org_id", 20),
        did_id=text("did_id", 20),
        source=text("source"),
        is_active=sent.get("is_active") == "1",
        texts={name: text(f"text_{name}") for name in TEXTS},
    )


def _id(text: str) -> int | None:
    """-1 for what is no id: never on any list."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
