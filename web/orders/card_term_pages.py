"""Deadline, address, manager and reward of an order."""

from aiohttp import web

from callcore.network.model import PhonePolicy
from callcore.orders.edit_order import Place
from web.orders.card_access import OF_FACTORY, OFFICE, WORK, refused
from web.orders.card_context import card_page
from web.orders.card_forms import FIELD_WORDS, FormState, day, line, point, whole
from web.orders.card_services import SERVICES
from web.rooms import post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path


async def _typed(request: web.Request, *names: str) -> tuple[int, int, dict[str, str]]:
    """Number of the order, version that was shown, what was typed."""
    form = await request.post()
    shown = whole(line(form.get("version", ""))) or 0
    return number_in_path(request, "number"), shown, {name: line(form.get(name, "")) for name in names}


async def deadline(request: web.Request) -> web.Response:
    number, shown, typed = await _typed(request, "due")
    due = day(typed["due"])
    if due is None:
        state = FormState("deadline", typed, {"due": FIELD_WORDS["due"]})
        return await card_page(request, status=422, state=state)
    doing = request.app[SERVICES].work.change_deadline(viewer_of(request), number, due, shown=shown)
    if again := await refused(request, "deadline", typed, doing):
        return again
    return see_other(f"/orders/{number}", Flash("success", "Срок изменён"))


async def place(request: web.Request) -> web.Response:
    """`point_shown` is what the field of the point held: whoever leaves it alone has not set the pin."""
    number, shown, typed = await _typed(request, "city", "address", "point", "point_shown")
    is_moved = typed["point"] != typed["point_shown"]
    wanted = Place(typed["city"], typed["address"], *point(typed["point"]), is_pin_moved=is_moved)
    doing = request.app[SERVICES].work.change_place(viewer_of(request), number, wanted, shown=shown)
    if again := await refused(request, "place", typed, doing):
        return again
    return see_other(f"/orders/{number}#place", Flash("success", "Адрес сохранён"))


async def manager(request: web.Request) -> web.Response:
    number, shown, typed = await _typed(request, "manager")
    user_id = whole(typed["manager"])
    doing = request.app[SERVICES].work.change_manager(viewer_of(request), number, user_id, shown=shown)
    if again := await refused(request, "manager", typed, doing):
        return again
    return see_other(f"/orders/{number}#manager", Flash("success", "Менеджер заказа изменён"))


async def reward(request: web.Request) -> web.Response:
    number, _, typed = await _typed(request, "points")
    doing = request.app[SERVICES].work.set_reward(viewer_of(request), number, whole(typed["points"]))
    if again := await refused(request, "reward", typed, doing):
        return again
    return see_other(f"/orders/{number}#results", Flash("success", "Награда за заказ сохранена"))


async def phone_policy(request: web.Request) -> web.Response:
    number, _, typed = await _typed(request, "policy")
    policy = next((one for one in PhonePolicy if one.value == typed["policy"]), None)
    await request.app[SERVICES].work.set_phone_policy(viewer_of(request), number, policy)
    return see_other(f"/orders/{number}#customer", Flash("success", "Сохранено, когда дилер видит номер"))


async def show_call(request: web.Request) -> web.Response:
    """The customer's page tells of this call, or no more."""
    number, _, typed = await _typed(request, "shown")
    call_id, is_public = request.match_info["call_id"], typed["shown"] == "1"
    await request.app[SERVICES].work.show_call(viewer_of(request), number, call_id, is_public=is_public)
    words = "Клиент увидит этот звонок на своей странице" if is_public else "Звонок снова только для вас"
    return see_other(f"/orders/{number}#timeline", Flash("success", words))


ROUTES = (
    post("/orders/{number}/phone-policy", phone_policy, OFFICE),
    post("/orders/{number}/calls/{call_id}/shown", show_call, WORK),
    post("/orders/{number}/deadline", deadline, OFFICE),
    post("/orders/{number}/place", place, WORK),
    post("/orders/{number}/manager", manager, WORK),
    post("/orders/{number}/reward", reward, OF_FACTORY),
)
