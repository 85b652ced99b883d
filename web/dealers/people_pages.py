"""People of a dealer: the list with the links that are out, one person with role, access and phones."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid, NotAllowedNow
from callcore.network.acting import may_act
from callcore.network.editing import may_run, roles_in
from callcore.network.links import NewLink
from callcore.network.model import Role
from web.dealers import words
from web.dealers.access import RUN, WHO
from web.dealers.services import SERVICES
from web.dealers.state_pages import state_in_path
from web.dealers.typed import errors_of, typed
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import ROLE_TITLES, render

_OWN: dict[str, str] = {"own-account": "Свою роль и свой вход здесь не меняют: попросите другого владельца."}


async def people(request: web.Request) -> web.Response:
    return await _people_page(request)


async def invite(request: web.Request) -> web.Response:
    values = typed(await request.post(), "email", "role")
    org_id, invites = number_in_path(request, "id"), request.app[SERVICES].invites
    role = next((one for one in Role if one.value == values["role"]), Role.SEO)  # which no dealer has
    try:
        link = await invites.invite(viewer_of(request), org_id, values["email"], role)
    except Invalid as error:
        return await _people_page(request, 422, typed=values, errors=errors_of(error))
    return await _people_page(request, link=link)


async def revoke(request: web.Request) -> web.Response:
    invites = request.app[SERVICES].invites
    viewer = viewer_of(request)
    org_id = await invites.revoke(viewer, number_in_path(request, "id"))
    back = "/people" if org_id == viewer.org_id and viewer.is_staff else f"/dealers/{org_id}/people"
    return see_other(back, Flash("success", "Ссылка отозвана: по ней больше не войти"))


async def _people_page(
    request: web.Request, status: int = 200, link: NewLink | None = None, **more: Any
) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.to_edit(viewer, number_in_path(request, "id"))
    roles = [(role.value, words.ROLE_WORDS[role]) for role in reversed(roles_in(card.kind))]
    can_run = may_run(viewer)
    can_invite = can_run and (viewer.is_staff or card.state == "active")
    context: dict[str, Any] = {
        "card": card,
        "people": await services.people(viewer, card.id),
        "links": await services.open_links(viewer, card.id) if can_invite else (),
        "roles": roles,
        "can_run": can_invite,
        "link": link_address(request, link),
        "new_link": link,
        "typed": {},
        "errors": {},
        "dealers": words,
    }
    return render(request, "dealers/people.html", status=status, **context | more)


def link_address(request: web.Request, link: NewLink | None) -> str:
    """Whole, to be copied; empty without a link."""
    if link is None:
        return ""
    scheme = "https" if request.app[DEPS].secure else "http"
    return f"{scheme}://{request.host}/join/{link.token}"


async def person(request: web.Request) -> web.Response:
    return await _person_page(request)


async def set_role(request: web.Request) -> web.Response:
    user_id, values = number_in_path(request, "id"), typed(await request.post(), "role")
    role = next((one for one in Role if one.value == values["role"]), Role.SEO)
    try:
        name = await request.app[SERVICES].change_people.set_role(viewer_of(request), user_id, role)
    except Invalid as error:
        return await _person_page(request, 422, errors=errors_of(error))
    except NotAllowedNow as error:
        return await _person_page(request, 409, trouble=_told(error))
    return see_other(f"/people/{user_id}", Flash("success", f"{name}: роль изменена"))


async def set_active(request: web.Request) -> web.Response:
    user_id, is_on = number_in_path(request, "id"), state_in_path(request)
    try:
        name = await request.app[SERVICES].change_people.set_active(viewer_of(request), user_id, is_on=is_on)
    except NotAllowedNow as error:
        return await _person_page(request, 409, trouble=_told(error))
    undo = f"/people/{user_id}/active/{'off' if is_on else 'on'}"
    said = f"{name}: вход {'снова открыт' if is_on else 'закрыт, открытые сеансы завершены'}"
    return see_other(f"/people/{user_id}", Flash("success", said, undo))


async def reset(request: web.Request) -> web.Response:
    try:
        link = await request.app[SERVICES].invites.reset(viewer_of(request), number_in_path(request, "id"))
    except NotAllowedNow as error:
        return await _person_page(request, 409, trouble=_told(error))
    return await _person_page(request, link=link)


def _told(error: NotAllowedNow) -> str:
    """Raises the error when there is nothing better to say here."""
    told = (_OWN | {"person-left": "Вход закрыт: сначала откройте его."}).get(error.code)
    if told is None:
        raise error
    return told


async def _person_page(
    request: web.Request, status: int = 200, link: NewLink | None = None, **more: Any
) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    seen = await services.person(viewer, number_in_path(request, "id"))
    outlets = () if seen.is_staff else (await services.card(viewer, seen.org_id)).outlets
    can_run = viewer.role is Role.ADMIN if seen.is_staff else may_run(viewer)
    context: dict[str, Any] = {
        "person": seen,
        "roles": [(role.value, ROLE_TITLES[role]) for role in seen.roles],
        "can_run": can_run and seen.id != viewer.user_id,
        "can_act": may_act(viewer) and not seen.is_staff and seen.is_active,
        "can_reset_factor": viewer.role is Role.ADMIN and seen.has_second_factor,
        "can_add_phone": may_run(viewer) and not seen.is_staff,
        "first_outlet": outlets[0].id if outlets else 0,
        "link": link_address(request, link),
        "new_link": link,
        "trouble": "",
        "errors": {},
        "dealers": words,
    }
    return render(request, "dealers/person.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/dealers/{id}/people", people, WHO),
        post("/dealers/{id}/invites", invite, RUN),
        post("/invites/{id}/revoke", revoke, RUN),
        get("/people/{id}", person, WHO),
        post("/people/{id}/role", set_role, RUN),
        post("/people/{id}/active/{state}", set_active, RUN),
        post("/people/{id}/reset", reset, RUN),
    )
