"""What the orders of the demo hold besides their way: proofs, outcomes, what is particular of the goods, promo codes. Pure.

Rows of the story are filled further before they are written.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.demo.data import DemoData
from callcore.demo.rows import Rows
from callcore.orders.attention import attention_at
from callcore.orders.desk_tables import OrderContactRow, PromoCodeRow
from callcore.orders.model import OrderClass, OrderEventKind, OrderResult
from callcore.orders.reasons import Reason
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow

Row = dict[str, Any]
_REACHED: Final = frozenset({OrderClass.CONTACTED.value, OrderClass.PAYMENT.value})
_COLOURS: Final = ("дуб светлый", "белый матовый", "орех", "серый камень", "ясень")
_LENGTHS: Final = (2700, 3000, 3100, 6000)
_SERVICES: Final = {"доставка": "delivery", "монтаж": "installation", "замер": "measuring"}
_REASONS: Final = {
    "Дорого": "Клиенту дорого",
    "Купил в другом месте": "Клиент купил в другом месте",
    "Передумал": "Клиент передумал",
    "Нет нужного цвета": "Нет товара",
    "Долгая доставка": "Не успели к сроку",
    "Не дозвонились": "Не дозвонились до клиента",
    "Ошибочный заказ": "Повторный или ошибочный заказ",
}


def order_details(data: DemoData, story: Rows, reasons: Sequence[Reason], now: datetime) -> Rows:
    """Fills the rows of the story; gives tables to be written after them."""
    tables = dict(story)
    events: dict[int, list[Row]] = defaultdict(list)
    for event in tables[OrderEventRow]:
        events[event["order_id"]].append(event)
    ids = {reason.title: reason.id for reason in reasons}
    for order in tables[OrderRow]:
        _fill_order(order, events[order["id"]], ids)
    for line in tables[OrderLineRow]:
        _fill_line(line, data)
    proofs = [_proof(order) for order in tables[OrderRow] if order["contacted_at"] is not None]
    return [
        (OrderContactRow, [{"id": number} | proof for number, proof in enumerate(proofs, start=1)]),
        (PromoCodeRow, _promo_codes(now)),
    ]


def _fill_order(order: Row, events: Sequence[Row], reasons: Mapping[str, int]) -> None:
    moves = {
        event["data"].get("to"): event for event in events if event["kind"] == OrderEventKind.STATUS.value
    }
    accepted, processed = moves.get("accepted"), moves.get("processed")
    is_reached = order["status_class"] in _REACHED or order["result"] == OrderResult.DONE.value
    reached = processed or (accepted if is_reached else None)
    end = moves.get(order["status"]) if order["status_class"] == OrderClass.CLOSED.value else None
    text = str(end["data"].get("text", "")) if end else ""
    is_failed = order["result"] == OrderResult.FAILED.value
    order["accepted_at"] = accepted["at"] if accepted else None
    order["contacted_at"] = reached["at"] if reached else None
    order["reason_id"] = reasons.get(_REASONS.get(text, "")) if is_failed else None
    order["close_note"] = ""
    order["earned_kopecks"] = None if end is None else 0 if is_failed else order["total_kopecks"]
    order["attention_at"] = attention_at(OrderRow(**order), OrderSettings())


def _fill_line(line: Row, data: DemoData) -> None:
    product = data.products[line["product_id"] - 1] if line["product_id"] else None
    line["category"] = product.category if product else ""
    line["service"] = next((code for word, code in _SERVICES.items() if word in line["name"].lower()), "")
    is_cut = product is not None and line["id"] % 3 == 0
    colour, length = _COLOURS[line["id"] % len(_COLOURS)], _LENGTHS[line["id"] % len(_LENGTHS)]
    line["params"] = {"цвет": colour, "длина": f"{length} мм"} if is_cut else {}
    if line["kind"] != "service":
        line["service"] = ""


def _proof(order: Row) -> Row:
    return {
        "order_id": order["id"],
        "cycle": 1,
        "kind": "call",
        "call_id": "",
        "org_id": order["org_id"],
        "user_id": order["manager_id"],
        "talk_s": 0,
        "reason": "",
        "at": order["contacted_at"],
        "dedupe_key": f"demo:{order['id']}",
    }


def _promo_codes(now: datetime) -> list[Row]:
    usual = {
        "org_id": None,
        "min_kopecks": 0,
        "valid_from": None,
        "use_limit": None,
        "used": 0,
        "is_active": True,
    }
    codes: tuple[Row, ...] = (
        {
            "code": "ОСЕНЬ10",
            "title": "Осень, 10 %",
            "kind": "percent",
            "value": 1000,
            "valid_until": now + timedelta(days=30),
        },
        {
            "code": "НОВОСЕЛ",
            "title": "3 000 ₽ от 30 000 ₽",
            "kind": "sum",
            "value": 300_000,
            "valid_until": None,
            "min_kopecks": 3_000_000,
        },
        {
            "code": "ЛЕТО5",
            "title": "Лето, 5 %",
            "kind": "percent",
            "value": 500,
            "valid_until": now - timedelta(days=40),
        },
    )
    return [{"id": number} | usual | code for number, code in enumerate(codes, start=1)]
