"""Points of a dealer: the sum, how it came about, and the form by which the manufacturer changes it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import Invalid
from callcore.kernel.ids import public_id
from callcore.network.adjust_points import MAX_REASON_CHARS
from callcore.network.gates import Gates
from callcore.network.ledger import PointsKind
from callcore.network.model import Viewer
from callcore.network.points import ADJUSTERS, PointsPage
from callcore.network.policy import MAX_POINTS
from web.dealers.access import WHO
from web.dealers.points_chart import HEIGHT, WIDTH, draw
from web.dealers.typed import typed
from web.keys import DEPS
from web.rooms import Room, Route, get, post
from web.security.access import Access, roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

PAGE_ROWS: Final = 30
ADJUST: Final[Access] = roles(*ADJUSTERS)
KINDS: Final[Mapping[PointsKind, tuple[str, str]]] = {
    PointsKind.OPENING: ("Начальные баллы", "flag"),
    PointsKind.MANUAL: ("Изменены вручную", "pencil"),
    PointsKind.CALL_MISSED: ("Пропущен звонок", "phone-x"),
    PointsKind.CALL_DECLINED: ("Отклонён звонок", "phone-off"),
    PointsKind.CALL_NO_CALLBACK: ("Не перезвонили за рабочий день", "phone-pause"),
    PointsKind.ORDER_FULFILLED: ("Заказ выполнен", "circle-check"),
    PointsKind.ORDER_FAILED: ("Заказ сорван", "circle-x"),
    PointsKind.SURVEY: ("Оценка покупателя", "star"),
    PointsKind.REVERSAL: ("Возврат записи", "arrow-back-up"),
}
_ERRORS: Final = {
    "points": f"Целое число от −{MAX_POINTS} до {MAX_POINTS}, не ноль: например 50 или −50",
    "reason": f"Напишите причину, не длиннее {MAX_REASON_CHARS} знаков: её увидит и дилер",
}


_BLANK: Final = {"points": "", "reason": "", "key": ""}


class ReadPoints(Protocol):
    async def __call__(
        self, viewer: Viewer, org_id: int, *, before: int | None, limit: int
    ) -> PointsPage: ...


class Adjust(Protocol):
    async def __call__(self, viewer: Viewer, org_id: int, *, points: int, reason: str, key: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsServices:
    """`page` and `adjust` raise NotFound for a dealer of whom this viewer may not know."""

    page: ReadPoints
    adjust: Adjust
    gates: Callable[[], Awaitable[Gates]]
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]


SERVICES = web.AppKey("points_services", PointsServices)


async def points(request: web.Request) -> web.Response:
    return await _page(request)


async def adjust(request: web.Request) -> web.Response:
    org_id, form = number_in_path(request, "id"), await request.post()
    values = typed(form, "points", "reason", "key")
    amount = _whole(values["points"])
    try:
        is_new = await request.app[SERVICES].adjust(
            viewer_of(request), org_id, points=amount or 0, reason=values["reason"], key=values["key"]
        )
    except Invalid as wrong:
        errors = {name: _ERRORS[name] for name in wrong.details.get("fields", {}) if name in _ERRORS}
        return await _page(request, 422, typed=values, errors=errors)
    count = plural(abs(amount or 0), "балл", "балла", "баллов")
    said = f"{'Прибавлено' if (amount or 0) > 0 else 'Снято'}: {count}" if is_new else "Это уже было записано"
    return see_other(f"/dealers/{org_id}/points", Flash("success", said))


def gate_words(gates: Gates, points: int) -> str:
    """Why a dealer gets no calls or orders of the head site; empty when he does."""
    calls, orders = gates.closed_for(points)
    told = []
    if calls:
        told.append(f"звонки с сайта приходят от {plural(gates.calls or 0, 'балла', 'баллов', 'баллов')}")
    if orders:
        told.append(f"заказы с сайта видны от {plural(gates.orders or 0, 'балла', 'баллов', 'баллов')}")
    own = {(True, True): "Свои номера и свой сайт", (True, False): "Свои номера", (False, True): "Свой сайт"}
    if not told:
        return ""
    return f"Сейчас {plural(points, 'балл', 'балла', 'баллов')}: {', '.join(told)}. {own[calls, orders]} работают как обычно."


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    org_id, before = number_in_path(request, "id"), _whole(request.query.get("before", ""))
    page = await services.page(viewer, org_id, before=before, limit=PAGE_ROWS)
    order_ids = [entry.order_id for entry in page.entries if entry.order_id is not None]
    here = f"/dealers/{org_id}/points"
    context: dict[str, Any] = {
        "page": page,
        "closed": gate_words(await services.gates(), page.points),
        "chart": draw(page.history, request.app[DEPS].clock.now()),
        "chart_size": (WIDTH, HEIGHT),
        "numbers": await services.order_numbers(viewer, order_ids) if order_ids else {},
        "kinds": KINDS,
        "first_url": here if before is not None else "",
        "next_url": f"{here}?{urlencode({'before': page.next_before})}" if page.next_before else "",
        "key": public_id(),
        "max_reason": MAX_REASON_CHARS,
        "typed": _BLANK | more.pop("typed", {}),
        "errors": _BLANK | more.pop("errors", {}),
    }
    return render(request, "dealers/points.html", status=status, **context)


def _whole(text: str) -> int | None:
    """People write a minus in several ways, and blanks between thousands."""
    plain = "".join(text.split()).replace("−", "-").replace("–", "-").removeprefix("+")
    digits = plain.removeprefix("-")
    return int(plain) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def routes() -> tuple[Route, ...]:
    return (
        get("/dealers/{id}/points", points, WHO),
        post("/dealers/{id}/points", adjust, ADJUST),
    )


def room(services: PointsServices) -> Room:
    return Room("points", routes(), furnish=lambda app: app.__setitem__(SERVICES, services))
