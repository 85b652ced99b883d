"""Words of the settings pages. Pure."""

from collections.abc import Sequence
from typing import Final, TypeVar

from callcore.calls.settings import FirstCall
from callcore.network.model import PhonePolicy, Role, Viewer
from callcore.orders.model import CLASS_NAMES, RESULT_NAMES, Fault, OrderClass, OrderResult, ReasonKind

T = TypeVar("T")

REASON_KINDS: Final = {
    ReasonKind.DECLINE: "Отказ от заказа",
    ReasonKind.RELEASE: "Возврат принятого",
    ReasonKind.FAILED: "Не выполнен",
}
REASON_NOTES: Final = {
    ReasonKind.DECLINE: "Дилер выбирает, когда не берёт предложенный заказ",
    ReasonKind.RELEASE: "Когда принятый заказ отдают другому",
    ReasonKind.FAILED: "Без причины заказ не закрыть; баллы снимаются за вину дилера",
}
FAULTS: Final = {Fault.DEALER: "вина дилера", Fault.CUSTOMER: "решение клиента", Fault.NONE: "ничья вина"}
FAULT_TONES: Final = {Fault.DEALER: "warn", Fault.CUSTOMER: "calm", Fault.NONE: "calm"}
CLASSES: Final = CLASS_NAMES
CLASS_NOTES: Final = {
    OrderClass.OPEN: "заказ ещё ничей",
    OrderClass.WAITING: "есть исполнитель, нужен разговор с клиентом",
    OrderClass.CONTACTED: "только после разговора с клиентом",
    OrderClass.PAYMENT: "только после разговора с клиентом",
    OrderClass.CLOSED: "работа закончена",
}
PHONE_POLICIES: Final = {
    PhonePolicy.OPEN: "сразу, как принял заказ",
    PhonePolicy.UNTIL_FIRST_CALL: "после первого звонка",
    PhonePolicy.NEVER: "никогда, звонит только кнопкой",
}
FIRST_CALLS: Final = {
    FirstCall.ANSWERED: "засчитанный разговор",
    FirstCall.ATTEMPTED: "любой набор номера, даже без ответа",
}
LEADS: Final = "/settings/leads"  # a room of its own, web.leads
RESULTS: Final = {one: RESULT_NAMES[one] for one in (OrderResult.DONE, OrderResult.FAILED)}


def tabs(here: str, viewer: Viewer) -> list[tuple[str, str, int | None, bool]]:
    pages = {
        "/settings": "Заказы",
        "/settings/statuses": "Статусы",
        "/settings/reasons": "Причины",
        "/settings/promo-codes": "Промокоды",
        "/settings/calls": "Контроль звонков",
    }
    if viewer.role is Role.ADMIN:
        pages[LEADS] = "LeadsDB"
    return [(text, path, None, path == here) for path, text in pages.items()]


def moved(items: Sequence[T], item: T, *, up: bool) -> list[T]:
    """The order after one press of an arrow; at the edge nothing changes."""
    order = list(items)
    if item not in order:
        return order
    at = order.index(item)
    other = at - 1 if up else at + 1
    if 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
    return order
