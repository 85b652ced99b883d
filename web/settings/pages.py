"""«Настройки заказов»: terms, points, who distributes by hand; statuses and reasons stand beside."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.network.model import Role
from callcore.orders.change_settings import EDITORS, READERS, may_edit_settings
from callcore.orders.promo_codes import EDITORS as PROMO_EDITORS
from callcore.orders.promo_codes import READERS as PROMO_READERS
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.settings import call_pages, promo_pages, reason_pages, status_pages, words
from web.settings.form import SCORES, WRONG, SettingForm, read_form, show_settings, understand
from web.settings.services import SERVICES, SettingServices
from web.ui.flash import Flash, see_other
from web.ui.templates import render

READ = roles(*READERS)
EDIT = roles(*EDITORS)
OTHERS_SAVED = (
    "Пока вы правили, настройки сохранил кто-то другой. Ваши значения остались в форме: "
    "сравните их с действующими и сохраните ещё раз."
)


async def settings(request: web.Request) -> web.Response:
    return await _page(request, None)


async def change(request: web.Request) -> web.Response:
    form = read_form(await request.post())
    meant, wrong = understand(form)
    if wrong:
        return await _page(request, form, 422, wrong=wrong)
    try:
        await request.app[SERVICES].change.save(viewer_of(request), meant, shown=form.version)
    except Invalid as refused:
        return await _page(request, form, 422, wrong=refused.details["fields"])
    except Conflict:
        return await _page(request, form, 409, trouble=OTHERS_SAVED)
    return see_other("/settings", Flash("success", "Сохранено: новые заказы пойдут по новым правилам"))


async def _page(
    request: web.Request,
    form: SettingForm | None,
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    trouble: str = "",
) -> web.Response:
    """After somebody else's save the form carries the new version, so that the next save is meant."""
    book = await request.app[SERVICES].change.book(viewer_of(request))
    saved = show_settings(book.stored.settings, book.stored.version)
    context: dict[str, Any] = {
        "book": book,
        "tabs": words.tabs("/settings", viewer_of(request)),
        "form": form or saved,
        "saved": saved,
        "version": book.stored.version if trouble or form is None else form.version,
        "errors": {name: WRONG[code] for name, code in (wrong or {}).items()},
        "trouble": trouble,
        "scores": list(enumerate(SCORES, start=1)),
        "orgs": list(book.orgs.items()),
        "can_edit": may_edit_settings(viewer_of(request)),
    }
    return render(request, "settings/orders.html", status=status, **context)


def room(services: SettingServices) -> Room:
    return Room(
        "settings",
        (
            get("/settings", settings, READ),
            post("/settings", change, EDIT),
            get("/settings/calls", call_pages.calls, READ),
            post("/settings/calls", call_pages.change, EDIT),
            get("/settings/statuses", status_pages.statuses, READ),
            post("/settings/statuses", status_pages.save, EDIT),
            post("/settings/statuses/move", status_pages.move, EDIT),
            get("/settings/reasons", reason_pages.reasons, READ),
            post("/settings/reasons", reason_pages.save, EDIT),
            post("/settings/reasons/move", reason_pages.move, EDIT),
            get("/settings/promo-codes", promo_pages.promos, roles(*PROMO_READERS)),
            post("/settings/promo-codes", promo_pages.add, roles(*PROMO_EDITORS)),
            post("/settings/promo-codes/{id}/{state}", promo_pages.switch, roles(*PROMO_EDITORS)),
        ),
        nav=(
            NavItem("Настройки заказов", "/settings", "settings", READ, "Настройки", "g s"),
            NavItem("Промокоды", "/settings/promo-codes", "percentage", roles(Role.MARKETER), "Настройки"),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
