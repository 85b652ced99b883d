"""«Контроль звонков»: what proves a contact, when a number opens, what may be dialled and when."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callcore.calls.change_settings import may_edit_call_settings
from callcore.kernel.errors import Conflict, Invalid
from callcore.network.model import PhonePolicy
from web.security.sessions import viewer_of
from web.settings import words
from web.settings.call_form import (
    CallSettingForm,
    bounds_of,
    read_form,
    show_settings,
    understand,
    words_of,
)
from web.settings.services import SERVICES
from web.ui.flash import Flash, see_other
from web.ui.templates import render

OTHERS_SAVED = (
    "Пока вы правили, настройки сохранил кто-то другой. Ваши значения остались в форме: "
    "сравните их с действующими и сохраните ещё раз."
)


async def calls(request: web.Request) -> web.Response:
    return await _page(request, None)


async def change(request: web.Request) -> web.Response:
    form = read_form(await request.post())
    meant, wrong = understand(form)
    if wrong:
        return await _page(request, form, 422, wrong=wrong)
    try:
        await request.app[SERVICES].calls.save(viewer_of(request), meant, shown=form.version)
    except Invalid as refused:
        return await _page(request, form, 422, wrong=refused.details["fields"])
    except Conflict:
        return await _page(request, form, 409, trouble=OTHERS_SAVED)
    return see_other(
        "/settings/calls", Flash("success", "Сохранено: следующие звонки пойдут по новым правилам")
    )


async def _page(
    request: web.Request,
    form: CallSettingForm | None,
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    trouble: str = "",
) -> web.Response:
    """After somebody else's save the form carries the new version, so that the next save is meant."""
    book = await request.app[SERVICES].calls.book(viewer_of(request))
    saved = show_settings(book.stored.settings, book.stored.version)
    context: dict[str, Any] = {
        "book": book,
        "tabs": words.tabs("/settings/calls", viewer_of(request)),
        "form": form or saved,
        "saved": saved,
        "version": book.stored.version if trouble or form is None else form.version,
        "errors": {name: words_of(name, code) for name, code in (wrong or {}).items()},
        "trouble": trouble,
        "policies": [(one.value, words.PHONE_POLICIES[one]) for one in PhonePolicy],
        "first_calls": list(words.FIRST_CALLS.items()),
        "bounds_of": bounds_of,
        "can_edit": may_edit_call_settings(viewer_of(request)),
    }
    return render(request, "settings/calls.html", status=status, **context)
