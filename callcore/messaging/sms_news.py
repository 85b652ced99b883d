"""What became of SMS, and what people answer to them. Telling the same news twice changes nothing."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, revoke_consent
from callcore.customers.queries import find_by_phone
from callcore.customers.tables import CustomerRow
from callcore.distribution.take_order import take_order
from callcore.kernel import outbox
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger
from callcore.messaging.claim import is_any_due
from callcore.messaging.matrix import Channel
from callcore.messaging.rules import LetterState
from callcore.messaging.sms.port import Asked, SmsNews, SmsOutcome, SmsRefused
from callcore.messaging.sms.route import SmsRoute
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import OrgState
from callcore.network.tables import OrgRow, RegionRow
from callcore.orders.model import DEFAULT_TZ, NewOrder, OrderChannel, OrderEventKind, OrderKind
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event

FIRST_LOOK: Final = timedelta(minutes=1)
LAST_LOOK: Final = timedelta(days=2)
ASKED_AT_ONCE: Final = 20
MAX_HEARD_CHARS: Final = 2000
SAME_WITHIN: Final = timedelta(minutes=1)
REPEATED_WITHIN: Final = timedelta(days=3)  # a carrier asks again no longer
STOP_WORDS: Final = frozenset({"стоп", "stop", "отписаться", "отписка"})
_log = get_logger(__name__)


async def take_news(session: AsyncSession, sender: str, news: SmsNews, now: datetime) -> bool:
    """False for a message that we do not know, or not yet. What was delivered stays so."""
    if not news.sender_id:
        return False
    is_it = (
        DeliveryRow.channel == Channel.SMS.value,
        DeliveryRow.sender == sender,
        DeliveryRow.sender_id == news.sender_id,
    )
    if news.outcome is SmsOutcome.DELIVERED:
        values: dict[str, Any] = {"delivered_at": now, "state": LetterState.SENT.value, "error": ""}
    else:
        values = {"state": LetterState.DEAD.value, "error": news.words or "not delivered"}
    changed = await session.execute(
        update(DeliveryRow)
        .where(*is_it, DeliveryRow.delivered_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", changed).rowcount:
        return True
    return await session.scalar(select(DeliveryRow.id).where(*is_it).limit(1)) is not None


async def ask_news(database: Database, route: SmsRoute, now: datetime) -> int:
    """One batch of messages whose end is not known; the longer it takes the more seldom. How many were asked for."""
    is_open = (
        DeliveryRow.state == LetterState.SENT.value,
        DeliveryRow.channel == Channel.SMS.value,
        DeliveryRow.sender_id != "",
        DeliveryRow.delivered_at.is_(None),
        DeliveryRow.sent_at > now - LAST_LOOK,
    )
    if not await database.read(partial(is_any_due, table=DeliveryRow, is_open=is_open, now=now)):
        return 0
    async with database.session() as session:
        query = select(DeliveryRow).where(*is_open, DeliveryRow.due_at <= now).order_by(DeliveryRow.due_at)
        rows = list(await session.scalars(query.limit(ASKED_AT_ONCE)))
    by_sender = defaultdict(list)
    for row in rows:
        by_sender[row.sender].append(row)
    for name, asked in by_sender.items():
        found = await _ask(route, name, asked)
        async with database.transaction() as session:
            for row in asked:
                age = now - (row.sent_at or row.made_at)
                await session.execute(
                    update(DeliveryRow)
                    .where(DeliveryRow.id == row.id, DeliveryRow.state == LetterState.SENT.value)
                    .values(due_at=now + max(FIRST_LOOK, age / 2))
                )
            for news in found:
                await take_news(session, name, news, now)
    return len(rows)


async def _ask(route: SmsRoute, name: str, rows: list[DeliveryRow]) -> tuple[SmsNews, ...]:
    try:
        return await route.news(name, [Asked(row.sender_id, row.address) for row in rows])
    except SmsRefused as refusal:
        _log.warning("no news of sms", sender=name, code=refusal.code)
        return ()


async def take_heard(
    session: AsyncSession, number: str, text: str, now: datetime, *, sms_id: str = ""
) -> None:
    """An SMS of a customer stands on his newest order; who has none makes a request by it, of the dealer who wrote to him last.
    «Стоп» ends advertising. Of a stranger nothing is kept. What the carrier repeats, by its own `sms_id` or the same words
    within SAME_WITHIN, stands there once."""
    customer = await find_by_phone(session, number)
    if customer is None:
        _log.info("sms of nobody we know")
        return
    words = text.replace("\x00", "").strip()[:MAX_HEARD_CHARS]
    if words.lower().strip(" .!") in STOP_WORDS:
        await revoke_consent(session, customer.id, ConsentKind.ADS, at=now, source="sms")
        return
    row = await session.get_one(CustomerRow, customer.id, with_for_update=True)
    if not words or await _is_heard(session, customer.id, words, sms_id, now):
        return
    order = await _newest_order(session, customer.id) or await _new_request(session, row, now)
    data: dict[str, Any] = {
        "text": words,
        "is_public": True,
        "from": "customer",
        "channel": Channel.SMS.value,
    }
    if sms_id:
        data["sms_id"] = sms_id
    await add_event(session, order.id, OrderEventKind.MESSAGE, at=now, data=data)
    order.version += 1
    event_id = await session.scalar(
        select(OrderEventRow.id)
        .where(OrderEventRow.order_id == order.id)
        .order_by(OrderEventRow.seq.desc())
        .limit(1)
    )
    await outbox.put(
        session,
        "order:message-from-customer",
        at=now,
        dedupe_key=f"order:message:{event_id}",
        order_id=order.id,
        event_id=event_id,
    )


async def _newest_order(session: AsyncSession, customer_id: int) -> OrderRow | None:
    found: OrderRow | None = await session.scalar(
        select(OrderRow)
        .where(OrderRow.customer_id == customer_id, OrderRow.deleted_at.is_(None))
        .order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    return found


async def _new_request(session: AsyncSession, customer: CustomerRow, now: datetime) -> OrderRow:
    """Somebody answers what was written to him without an order."""
    writer = await session.scalar(
        select(DeliveryRow.org_id)
        .join(OrgRow, OrgRow.id == DeliveryRow.org_id)
        .where(DeliveryRow.customer_id == customer.id, DeliveryRow.channel == Channel.SMS.value)
        .where(OrgRow.parent_id.is_not(None), OrgRow.state == OrgState.ACTIVE.value)
        .order_by(DeliveryRow.id.desc())
        .limit(1)
    )
    tz = await session.scalar(select(RegionRow.tz).where(RegionRow.code == customer.region_code))
    told = NewOrder(
        kind=OrderKind.REQUEST,
        customer_id=customer.id,
        region_code=customer.region_code,
        tz=tz or DEFAULT_TZ,
        org_id=writer,
        request_type="message",
        channel=OrderChannel.SMS.value,
    )
    return await take_order(session, told, now=now)


async def _is_heard(session: AsyncSession, customer_id: int, words: str, sms_id: str, now: datetime) -> bool:
    """Under the lock of the customer: two repetitions at once come one after another."""
    rows = await session.execute(
        select(OrderEventRow.at, OrderEventRow.data)
        .join(OrderRow, OrderRow.id == OrderEventRow.order_id)
        .where(
            OrderRow.customer_id == customer_id,
            OrderEventRow.kind == OrderEventKind.MESSAGE.value,
            OrderEventRow.at >= now - REPEATED_WITHIN,
        )
    )
    for at, data in rows:
        if data.get("from") != "customer" or data.get("channel") != Channel.SMS.value:
            continue
        is_same = data.get("text") == words and now - at <= SAME_WITHIN
        if is_same or (sms_id and data.get("sms_id") == sms_id):
            return True
    return False
