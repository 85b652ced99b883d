"""People of the head office with invitations, search over those of the dealers, rights, the second factor of others."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.editing import roles_in
from callcore.network.links import NewLink
from callcore.network.model import OrgKind, Role
from callcore.network.staff import READERS, PeopleFilter
from web.dealers.people_pages import link_address
from web.dealers.typed import errors_of, typed
from web.keys import ACCESS, DEPS
from web.people.rights import SCOPES, rights
from web.people.services import SERVICES, PeopleServices
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import ROLE_TITLES, render

WHO: Final = roles(*READERS)
ADMINS: Final = roles(Role.ADMIN)
STAFF_CHOICES: Final = tuple((role.value, ROLE_TITLES[role]) for role in roles_in(OrgKind.MANUFACTURER))
MAX_TEXT_CHARS: Final = 80
_OTHERS_EDIT: Final = "Пока вы выбирали, настройку изменил кто-то другой: проверьте и сохраните ещё раз"


async def people(request: web.Request) -> web.Response:
    return await _page(request)


async def invite(request: web.Request) -> web.Response:
    values = typed(await request.post(), "email", "role")
    role = next(
        (one for one in Role if one.value == values["role"]), Role.DEALER_MANAGER
    )  # not of the head office
    try:
        link = await request.app[SERVICES].invites.invite_staff(viewer_of(request), values["email"], role)
    except Invalid as error:
        return await _page(request, 422, typed=values, errors=errors_of(error))
    return await _page(request, link=link)


async def _page(
    request: web.Request, status: int = 200, link: NewLink | None = None, **more: Any
) -> web.Response:
    services, viewer, query = request.app[SERVICES], viewer_of(request), request.query
    text = "".join(char for char in query.get("q", "") if char.isprintable()).strip()[:MAX_TEXT_CHARS]
    wanted = PeopleFilter(
        of_dealers=query.get("of") == "dealers",
        text=text,
        role=next((role for role in Role if role.value == query.get("role")), None),
    )
    after = query.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    found = await services.find(viewer, wanted, after=place)
    context: dict[str, Any] = {
        "page": found,
        "wanted": wanted,
        "links": await services.links(viewer),
        "is_admin": viewer.role is Role.ADMIN,
        "staff_choices": STAFF_CHOICES,
        "link": link_address(request, link),
        "new_link": link,
        "typed": {},
        "errors": {},
    }
    return render(request, "people/list.html", status=status, **context | more)


async def rights_page(request: web.Request) -> web.Response:
    return await _rights(request)


async def _rights(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    doors = [
        (route.method, route.resource.canonical, access)
        for route, access in request.app[ACCESS].items()
        if route.resource is not None
    ]
    nav = [item for room in request.app[DEPS].rooms for item in room.nav]
    context: dict[str, Any] = {
        "rows": rights(doors, nav),
        "roles": list(Role),
        "scopes": SCOPES,
        "security": await request.app[SERVICES].security(),
        "is_admin": viewer_of(request).role is Role.ADMIN,
        "trouble": "",
    }
    return render(request, "people/rights.html", status=status, **context | more)


async def require_second_factor(request: web.Request) -> web.Response:
    form = await request.post()
    chosen = {str(value) for value in form.getall("roles", [])}
    shown = str(form.get("version", ""))
    version = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0
    wanted = [role for role in Role if role.value in chosen]
    try:
        await request.app[SERVICES].require(viewer_of(request), wanted, shown=version)
    except Conflict:
        return await _rights(request, 409, trouble=_OTHERS_EDIT)
    return see_other(
        "/rights", Flash("success", "Сохранено: кого это касается, тот подключит ключ при следующей странице")
    )


async def factor_form(request: web.Request) -> web.Response:
    return await _factor_page(request)


async def reset_factor(request: web.Request) -> web.Response:
    """A lost telephone: the second factor is taken off, with a reason."""
    user_id = number_in_path(request, "id")
    values = typed(await request.post(), "reason")
    services, viewer = request.app[SERVICES], viewer_of(request)
    await services.person(viewer, user_id)
    try:
        name = await services.factor.reset(viewer, user_id, values["reason"])
    except Invalid as error:
        return await _factor_page(request, 422, reason=values["reason"], errors=errors_of(error))
    except NotAllowedNow as error:
        own = "Свой ключ отключают на странице «Вход и безопасность»"
        said = own if error.code == "own-account" else "Второй ключ не подключён: сбрасывать нечего"
        return see_other(f"/people/{user_id}", Flash("info", said))
    return see_other(f"/people/{user_id}", Flash("success", f"{name}: второй ключ сброшен, сеансы завершены"))


async def _factor_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    seen = await request.app[SERVICES].person(viewer_of(request), number_in_path(request, "id"))
    context: dict[str, Any] = {"person": seen, "reason": "", "errors": {}}
    return render(request, "people/factor.html", status=status, **context | more)


def room(services: PeopleServices) -> Room:
    return Room(
        "people",
        (
            get("/people", people, WHO),
            post("/people/invites", invite, ADMINS),
            get("/people/{id}/second-factor", factor_form, ADMINS),
            post("/people/{id}/second-factor", reset_factor, ADMINS),
            get("/rights", rights_page, WHO),
            post("/rights/second-factor", require_second_factor, ADMINS),
        ),
        nav=(NavItem("Сотрудники", "/people", "user-circle", WHO, "Настройки"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
