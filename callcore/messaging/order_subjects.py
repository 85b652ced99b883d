"""Facts about orders and about what customers say of them, as subjects of messages. Reads only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from babel.numbers import format_decimal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import CustomerRow
from callcore.messaging.links import survey_token
from callcore.messaging.subject import Subject
from callcore.messaging.tables import FeedbackRow, SurveyRow
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.attention import Cause
from callcore.orders.desk_tables import OrderDeclineRow, OrderWindowRow
from callcore.orders.model import KIND_NAMES, RESULT_NAMES, OrderClass, OrderKind, OrderResult
from callcore.orders.statuses import load_statuses
from callcore.orders.tables import OrderEventRow, OrderReasonRow, OrderRow

PRIVATE: Final = frozenset({"text", "customer", "city", "reason"})
CAUSES: Final = {
    Cause.OVERDUE: "срок прошёл",
    Cause.NOBODY: "никто не взял",
    Cause.NO_CONTACT: "клиенту не позвонили",
    Cause.STUCK: "слишком долго без движения",
    Cause.COMPLAINT: "клиент пожаловался",
}
_OF_THE_DEALER: Final = frozenset({"order:available", "order:assigned", "order:declined", "order:released"})
_REFUSED: Final = {"order:declined": "declined", "order:released": "released"}


async def order_fact(
    session: AsyncSession, topic: str, data: Mapping[str, Any], now: datetime
) -> Subject | None:
    """`data` holds order_id and what the topic has besides. None when there is nothing to tell any more."""
    order = await session.get(OrderRow, int(data["order_id"]))
    if order is None or order.deleted_at is not None:
        return None
    if topic == "order:available" and not await _is_open(session, order, int(data["org_id"]), now):
        return None
    org_id = int(data["org_id"]) if topic in _OF_THE_DEALER else order.org_id
    subject = await _subject(session, order, org_id)
    event = await session.get(OrderEventRow, int(data["event_id"])) if data.get("event_id") else None
    values = dict(subject.values)
    if event is not None and event.order_id == order.id:
        values["text"] = str(event.data.get("text", ""))
        values["reason"] = str(event.data.get("reason", "")) or values["reason"]
    values["cause"] = next((words for cause, words in CAUSES.items() if cause == data.get("cause")), "")
    if topic in _REFUSED and org_id is not None:
        values["reason"] = await _refusal(session, order.id, org_id)
    actor = data.get("user_id") or (event.actor_id if event is not None else None)
    once = f"refused:{order.id}:{order.cycle}:{order.run}" if topic in _REFUSED else ""
    return replace(subject, values=values, actor_id=actor, once=once)


async def feedback_fact(
    session: AsyncSession, _topic: str, data: Mapping[str, Any], _now: datetime
) -> Subject | None:
    row = await session.get(FeedbackRow, int(data["feedback_id"]))
    order = await session.get(OrderRow, row.order_id) if row is not None else None
    if row is None or order is None or order.deleted_at is not None:
        return None
    subject = await _subject(session, order, row.org_id)
    said = {"text": row.text, "score": str(row.score or "")}
    return replace(subject, url=f"/feedback/{row.id}", values={**subject.values, **said})


async def survey_fact(
    session: AsyncSession, topic: str, data: Mapping[str, Any], now: datetime
) -> Subject | None:
    """The question goes to the customer with its link; the answer to those who work on the order."""
    row = await session.get(SurveyRow, int(data["survey_id"]))
    order = await session.get(OrderRow, row.order_id) if row is not None else None
    if row is None or order is None or order.deleted_at is not None:
        return None
    subject = await _subject(session, order, row.org_id)
    is_done = "да" if row.result == OrderResult.DONE.value else ""
    said = {"text": row.text, "score": str(row.score or ""), "is_done": is_done}
    subject = replace(subject, values={**subject.values, **said})
    if topic == "survey:made":
        token = await survey_token(session, order.id, row.cycle, now)
        return replace(subject, customer_url=f"/s/{token}")
    return subject


async def _subject(session: AsyncSession, order: OrderRow, org_id: int | None) -> Subject:
    org = await session.get(OrgRow, org_id) if org_id is not None else None
    manager = await session.get(UserRow, order.manager_id) if order.manager_id is not None else None
    customer = await session.get(CustomerRow, order.customer_id)
    reason = await session.get(OrderReasonRow, order.reason_id) if order.reason_id is not None else None
    region = await session.get(RegionRow, order.region_code) if order.region_code else None
    values = {
        "number": str(order.number),
        "kind": KIND_NAMES[OrderKind(order.kind)],
        "status": (await load_statuses(session)).name(order.status),
        "result": RESULT_NAMES[OrderResult(order.result)],
        "customer": customer.name if customer else "",
        "city": order.city or (region.name if region else ""),
        "sum": _money(order.total_kopecks),
        "dealer": org.name if org else "",
        "manager": manager.full_name if manager else "",
        "reason": reason.title if reason else "",
        "text": "",
    }
    return Subject(
        url=f"/orders/{order.number}",
        values=values,
        moments={"deadline": order.due_at} if order.due_at else {},
        private=PRIVATE,
        org_id=org_id,
        manager_id=order.manager_id,
        order_id=order.id,
        customer_id=order.customer_id,
        customer_url=f"/o/{order.public_id}",
        tz=region.tz if region else order.tz,
    )


async def _is_open(session: AsyncSession, order: OrderRow, org_id: int, now: datetime) -> bool:
    """Nobody has taken it before its window opened."""
    if order.status_class != OrderClass.OPEN.value:
        return False
    found = await session.scalar(
        select(OrderWindowRow.id)
        .where(OrderWindowRow.order_id == order.id, OrderWindowRow.org_id == org_id)
        .where(OrderWindowRow.closed_at.is_(None), OrderWindowRow.opens_at <= now)
        .limit(1)
    )
    return found is not None


async def _refusal(session: AsyncSession, order_id: int, org_id: int) -> str:
    """The newest reason that this dealer gave."""
    found = await session.scalar(
        select(OrderReasonRow.title)
        .join(OrderDeclineRow, OrderDeclineRow.reason_id == OrderReasonRow.id)
        .where(OrderDeclineRow.order_id == order_id, OrderDeclineRow.org_id == org_id)
        .order_by(OrderDeclineRow.id.desc())
        .limit(1)
    )
    return found or ""


def _money(kopecks: int) -> str:
    """«8 910 ₽», empty for nothing; plain spaces, for they count in an SMS."""
    if kopecks <= 0:
        return ""
    roubles, rest = divmod(kopecks, 100)
    whole = format_decimal(roubles, locale="ru").replace("\N{NO-BREAK SPACE}", " ")
    return f"{whole}{f',{rest:02}' if rest else ''} ₽"
