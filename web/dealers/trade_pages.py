"""What a dealer sells: positions, services, how many orders at once, which orders he sees."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.network.model import OrderAccess, PhonePolicy, Viewer
from callcore.network.outlets import EDITORS
from callcore.orders.model import SERVICES as SERVICE_NAMES
from callcore.orders.trade import MAX_LISTED, ChangeTrade, Trade, TradeFields
from web.dealers.access import RUN
from web.dealers.typed import line, typed, whole
from web.rooms import Room, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

NOT_A_PRICE: Final = Decimal(-1)
WRONG: Final = "Проверьте число: от нуля, рубли с копейками"
ACCESS: Final = {
    OrderAccess.REGION: "Свои и доступные по распределению",
    OrderAccess.OWN_ONLY: "Только свои принятые",
}
PHONE_POLICIES: Final = {
    PhonePolicy.OPEN: "сразу, как принял заказ",
    PhonePolicy.UNTIL_FIRST_CALL: "после первого звонка",
    PhonePolicy.NEVER: "никогда, звонит только кнопкой",
}
OTHERS_EDIT: Final = "Пока вы правили, эти настройки изменил кто-то другой. Введённое осталось в форме: сравните и сохраните ещё раз."


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeServices:
    """`page` with a search in names and articles; raises NotFound, Forbidden."""

    page: Callable[[Viewer, int, str], Awaitable[Trade]]
    change: ChangeTrade


SERVICES = web.AppKey("trade_services", TradeServices)


async def trade(request: web.Request) -> web.Response:
    return await _page(request)


async def save(request: web.Request) -> web.Response:
    services, viewer, org_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "id")
    form = await request.post()
    names = (
        "stamp",
        "capacity",
        "order_access",
        "phone_policy",
        *(f"price_{code}" for code in SERVICE_NAMES),
    )
    values = typed(form, *names) | {"whole_line": "1" if form.get("whole_line") == "1" else ""}
    values |= {f"service_{code}": "1" for code in SERVICE_NAMES if form.get(f"service_{code}") == "1"}
    try:
        await services.change.save(viewer, org_id, _read(values), values["stamp"])
    except Invalid as error:
        errors = dict.fromkeys(error.details["fields"], WRONG)
        return await _page(request, 422, values=values, errors=errors)
    except Conflict:
        return await _page(request, 409, values=values, trouble=OTHERS_EDIT)
    return see_other(
        f"/dealers/{org_id}/trade", Flash("success", "Сохранено: новые заказы подбираются по-новому")
    )


async def tick(request: web.Request) -> web.Response:
    org_id, form = number_in_path(request, "id"), await request.post()
    shown, sold = (_ids(form.getall(name, ())) for name in ("shown", "sold"))
    come, gone = await request.app[SERVICES].change.tick(viewer_of(request), org_id, shown, sold)
    said = "Ничего не изменилось"
    if come or gone:
        said = f"Ассортимент: добавлено {plural(come, 'позиция', 'позиции', 'позиций')}, убрано {gone}"
    text = line(form.get("q", ""))
    back = f"/dealers/{org_id}/trade" + (f"?{urlencode({'q': text})}" if text else "")
    return see_other(f"{back}#goods", Flash("success", said))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer, text = viewer_of(request), line(request.query.get("q", ""), 80)
    found = await request.app[SERVICES].page(viewer, number_in_path(request, "id"), text)
    context: dict[str, Any] = {
        "trade": found,
        "q": text,
        "values": _shown(found.fields),
        "errors": {},
        "trouble": "",
        "services": list(SERVICE_NAMES.items()),
        "access": [(one.value, words) for one, words in ACCESS.items()],
        "phone_policies": [(one.value, words) for one, words in PHONE_POLICIES.items()],
        "is_staff": viewer.role in EDITORS,
        "is_cut": len(found.goods) >= MAX_LISTED,
    }
    return render(request, "dealers/trade.html", status=status, **context | more)


def _shown(fields: TradeFields) -> dict[str, str]:
    values = {
        "whole_line": "1" if fields.whole_line else "",
        "capacity": "" if fields.capacity is None else str(fields.capacity),
        "order_access": fields.order_access.value,
        "phone_policy": fields.phone_policy.value if fields.phone_policy else "",
    }
    for code, price in fields.services.items():
        values[f"service_{code}"] = "1"
        values[f"price_{code}"] = (
            "" if price is None else f"{price:.2f}".removesuffix(".00").replace(".", ",")
        )
    return values


def _read(values: dict[str, str]) -> TradeFields:
    access = next((one for one in OrderAccess if one.value == values["order_access"]), OrderAccess.REGION)
    return TradeFields(
        whole_line=values["whole_line"] == "1",
        services={
            code: _price(values[f"price_{code}"]) for code in SERVICE_NAMES if values.get(f"service_{code}")
        },
        order_access=access,
        capacity=whole(values["capacity"]),
        phone_policy=next((one for one in PhonePolicy if one.value == values["phone_policy"]), None),
    )


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation:
        return NOT_A_PRICE
    return price.quantize(Decimal("0.01")) if price.is_finite() and abs(price) < 10**9 else NOT_A_PRICE


def _ids(values: Any) -> set[int]:
    texts = (value for value in values if isinstance(value, str))
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16}


def room(services: TradeServices) -> Room:
    return Room(
        "trade",
        (
            get("/dealers/{id}/trade", trade, RUN),
            post("/dealers/{id}/trade", save, RUN),
            post("/dealers/{id}/goods", tick, RUN),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
