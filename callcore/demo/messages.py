"""What customers of the demo said and what was sent to them. Pure: the same orders give the same rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from callcore.demo.rows import Rows
from callcore.kernel.database import Base
from callcore.messaging.tables import DeliveryRow, FeedbackRow, SurveyRow
from callcore.orders.tables import OrderRow

Row = dict[str, Any]
REVIEWS = (
    (5, "Привезли вовремя, мастера аккуратные. Спасибо!", "shown"),
    (4, "Всё хорошо, только доставку пришлось ждать до вечера.", "shown"),
    (5, "", "shown"),
    (2, "Менеджер долго не перезванивал, сам напомнил о себе два раза.", "new"),
    (5, "Помогли выбрать по телефону, цена не изменилась.", "new"),
    (3, "Цвет немного отличается от образца в салоне.", "new"),
    (1, "Купил в другом месте: так и не назвали срок.", "hidden"),
)
COMPLAINTS = (
    ("Дверь привезли с царапиной, обещали заменить и пропали.", "new", ""),
    ("Второй раз переносят замер без звонка.", "working", ""),
    (
        "Грубо разговаривали по телефону.",
        "closed",
        "Извините за этот разговор. Мы прослушали запись и поговорили с менеджером, заказ ведёт другой человек.",
    ),
)
ANSWER_AFTER = timedelta(hours=5)


def demo_messages(told: Rows, now: datetime) -> Rows:
    """`told` holds the demo's rows, orders among them."""
    orders = [row for table, rows in told if table is OrderRow for row in rows if row["kind"] == "order"]
    closed = sorted(
        (row for row in orders if row["closed_at"] is not None and row["org_id"] is not None),
        key=lambda row: row["closed_at"],
        reverse=True,
    )
    running = [row for row in orders if row["closed_at"] is None and row["org_id"] is not None]
    feedback = _reviews(closed, now) + _complaints([*running[-2:], *closed[10:11]], now)
    for number, row in enumerate(sorted(feedback, key=lambda one: one["at"]), start=1):
        row["id"] = number
    tables: list[tuple[type[Base], Sequence[Row]]] = [
        (SurveyRow, _surveys(closed, now)),
        (FeedbackRow, sorted(feedback, key=lambda one: int(one["id"]))),
        (DeliveryRow, _deliveries(closed)),
    ]
    return [(table, list(rows)) for table, rows in tables]


def _reviews(closed: Sequence[Row], now: datetime) -> list[Row]:
    return [
        _feedback(order, "review", score, text, state, min(order["closed_at"] + ANSWER_AFTER, now))
        for order, (score, text, state) in zip(closed[2:], REVIEWS, strict=False)
    ]


def _complaints(orders: Sequence[Row], now: datetime) -> list[Row]:
    rows = []
    for number, (order, (text, state, answer)) in enumerate(zip(orders, COMPLAINTS, strict=False)):
        at = now - timedelta(hours=2 + 9 * number)
        row = _feedback(order, "complaint", None, text, state, at)
        rows.append(row | ({"answer": answer, "answered_at": min(at + ANSWER_AFTER, now)} if answer else {}))
    return rows


def _feedback(order: Row, kind: str, score: int | None, text: str, state: str, at: datetime) -> Row:
    return {
        "id": 0,
        "kind": kind,
        "order_id": order["id"],
        "org_id": order["org_id"],
        "customer_id": order["customer_id"],
        "score": score,
        "text": text,
        "state": state,
        "at": at,
        "answer": "",
        "answered_at": None,
    }


def _surveys(closed: Sequence[Row], now: datetime) -> list[Row]:
    """The first two were asked and have not answered."""
    rows = []
    for number, order in enumerate(closed[: 2 + len(REVIEWS)], start=1):
        score, text, _ = REVIEWS[number - 3] if number > 2 else (None, "", "")
        rows.append(
            {
                "id": number,
                "order_id": order["id"],
                "cycle": 1,
                "org_id": order["org_id"],
                "token_hash": f"demo-{number}",  # of a link that nobody has
                "result": order["result"],
                "made_at": order["closed_at"],
                "answered_at": min(order["closed_at"] + ANSWER_AFTER, now) if score else None,
                "score": score,
                "text": text,
            }
        )
    return rows


def _deliveries(closed: Sequence[Row]) -> list[Row]:
    """SMS with the question, sent long ago: nothing of the demo's past is sent again."""
    return [
        {
            "id": 100_000 + number,  # beyond the letters about tasks
            "channel": "sms",
            "address": "+70000000000",
            "subject": "",
            "body": f"Заказ {order['number']} закрыт. Оцените нашу работу: ссылка уже не действует.",
            "state": "sent",
            "attempts": 1,
            "error": "",
            "made_at": order["closed_at"],
            "due_at": order["closed_at"],
            "sent_at": order["closed_at"],
            "dedupe_key": f"demo:survey:{order['id']}",
            "sender": "demo",
            "delivered_at": order["closed_at"] + timedelta(seconds=7),
            "event": "survey:made",
            "order_id": order["id"],
            "customer_id": order["customer_id"],
        }
        for number, order in enumerate(closed[: 2 + len(REVIEWS)], start=1)
    ]
