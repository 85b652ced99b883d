"""«Мои клиенты» of a dealer: is a customer free, registering, letting go."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, TooMany
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.claims import ClaimState, NewClaim
from web.customers import words
from web.customers.services import SERVICES
from web.dealers.typed import typed as one_line
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import moment_short
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
_TOO_OFTEN: Final = "Слишком много проверок за час. Подождите и попробуйте снова"


async def claims(request: web.Request) -> web.Response:
    return await _page(request)


async def check(request: web.Request) -> web.Response:
    """The answer stands on the page itself and says nothing else than free or taken."""
    values, viewer = one_line(await request.post(), "asked"), viewer_of(request)
    try:
        answer = await request.app[SERVICES].change.check_claim(viewer, values["asked"])
    except Invalid as error:
        return await _page(request, 422, typed=values, errors=words.errors_of(error))
    except TooMany:
        return await _page(request, 429, typed=values, errors={"asked": _TOO_OFTEN})
    return await _page(request, typed=values, answer=answer)


async def register(request: web.Request) -> web.Response:
    values, viewer = one_line(await request.post(), "phone", "inn", "name"), viewer_of(request)
    new = NewClaim(values["phone"], values["inn"], values["name"])
    try:
        await request.app[SERVICES].change.register(viewer, new)
    except Invalid as error:
        return await _page(request, 422, typed=values, errors=words.errors_of(error))
    except TooMany:
        return await _page(request, 429, typed=values, errors={"phone": _TOO_OFTEN})
    except Conflict as error:
        until = error.details.get("until")
        said = f"Клиент занят до {moment_short(until, viewer.tz)}" if until else "Клиент занят"
        return await _page(request, 409, typed=values, errors={"phone": said})
    return see_other("/customers/claims", Flash("success", "Клиент закреплён за вами"))


async def release(request: web.Request) -> web.Response:
    await request.app[SERVICES].change.release(viewer_of(request), number_in_path(request, "claim"))
    return see_other("/customers/claims", Flash("success", "Клиент откреплён: теперь он свободен"))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer = viewer_of(request)
    context: dict[str, Any] = {
        "rows": await request.app[SERVICES].claims(viewer),
        "is_dealer": viewer.role in DEALER_ROLES,
        "free": ClaimState.FREE,
        "own": ClaimState.OWN,
        "answer": None,
        "typed": {},
        "errors": {},
    }
    return render(request, "customers/claims.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/customers/claims", claims, WHO),
        post("/customers/claims", register, WHO),
        post("/customers/claims/check", check, WHO),
        post("/customers/claims/{claim}/release", release, WHO),
    )
