"""An order as its customer sees it by the link, and what he may do there. Whoever holds the link is the customer: so the
page tells no number and nothing that is said inside."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.customers.consents import ConsentKind, has_consent, revoke_consent
from callcore.customers.queries import customers_by_id
from callcore.intake.once import Press, earlier_answer, remember
from callcore.kernel import outbox
from callcore.kernel.errors import NotFound
from callcore.kernel.phones import mask_phone
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderFileRow
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind, OrderResult, check_comment
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.timeline import add_event

MAX_WORDS: Final = 200
_TALK: Final = (OrderEventKind.COMMENT.value, OrderEventKind.MESSAGE.value, OrderEventKind.FEEDBACK.value)


@dataclass(frozen=True, slots=True)
class PublicLine:
    name: str
    article: str
    unit: str
    quantity: Decimal
    price: Decimal
    total_kopecks: int


@dataclass(frozen=True, slots=True)
class PublicWord:
    """What was said on the page. `kind` is message, review, complaint or survey."""

    at: datetime
    text: str
    is_own: bool
    kind: str
    score: int | None


@dataclass(frozen=True, slots=True)
class PublicCall:
    """A call of which the dealer wants his customer to know. `minutes` of talk, rounded up; 0: nobody answered."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class PublicFile:
    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicOrder:
    """`dealer_name` is empty and `dealer_id` none until a dealer has taken it."""

    id: int
    cycle: int
    number: int
    public_id: str
    kind: OrderKind
    status_class: OrderClass
    result: OrderResult
    created_at: datetime
    due_at: datetime | None
    tz: str
    maker_name: str
    dealer_id: int | None
    dealer_name: str
    customer_name: str
    phone_text: str
    total_kopecks: int
    discount_kopecks: int
    takes_ads: bool
    lines: tuple[PublicLine, ...]
    words: tuple[PublicWord, ...]
    files: tuple[PublicFile, ...]
    calls: tuple[PublicCall, ...] = ()


async def public_order(session: AsyncSession, public_id: str) -> PublicOrder:
    """Raises NotFound."""
    order = await _order(session, public_id)
    customer = (await customers_by_id(session, [order.customer_id]))[order.customer_id]
    dealer = await session.get(OrgRow, order.org_id) if order.org_id and order.accepted_at else None
    return PublicOrder(
        id=order.id,
        cycle=order.cycle,
        number=order.number,
        public_id=order.public_id,
        kind=OrderKind(order.kind),
        status_class=OrderClass(order.status_class),
        result=OrderResult(order.result),
        created_at=order.created_at,
        due_at=order.due_at,
        tz=order.tz,
        maker_name=await maker_name(session),
        dealer_id=dealer.id if dealer else None,
        dealer_name=dealer.name if dealer else "",
        customer_name=customer.name,
        phone_text=mask_phone(customer.phone) if customer.phone else "",
        total_kopecks=order.total_kopecks,
        discount_kopecks=order.discount_kopecks,
        takes_ads=await has_consent(session, order.customer_id, ConsentKind.ADS),
        lines=await _lines(session, order.id),
        words=await _words(session, order.id),
        files=await _files(session, order.id),
        calls=await _calls(session, order.id),
    )


async def maker_name(session: AsyncSession) -> str:
    name = await session.scalar(
        select(OrgRow.name).where(OrgRow.kind == OrgKind.MANUFACTURER.value).order_by(OrgRow.id).limit(1)
    )
    return name or ""


async def _order(session: AsyncSession, public_id: str, *, is_locked: bool = False) -> OrderRow:
    found = select(OrderRow).where(OrderRow.public_id == public_id, OrderRow.deleted_at.is_(None))
    order = await session.scalar(found.with_for_update() if is_locked else found)
    if order is None:
        raise NotFound("order-not-found")
    return order


async def _lines(session: AsyncSession, order_id: int) -> tuple[PublicLine, ...]:
    rows = await session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.position)
    )
    return tuple(
        PublicLine(
            row.name, row.article, row.unit, Decimal(row.quantity_m) / 1000, row.price, row.total_kopecks
        )
        for row in rows
    )


async def _words(session: AsyncSession, order_id: int) -> tuple[PublicWord, ...]:
    """The newest, in the order in which they were said; what is not marked public stays inside."""
    rows = await session.scalars(
        select(OrderEventRow)
        .where(OrderEventRow.order_id == order_id, OrderEventRow.kind.in_(_TALK))
        .order_by(OrderEventRow.seq.desc())
        .limit(MAX_WORDS)
    )
    return tuple(_word(row) for row in reversed(rows.all()) if row.data.get("is_public") is True)


def _word(row: OrderEventRow) -> PublicWord:
    is_feedback = row.kind == OrderEventKind.FEEDBACK.value
    return PublicWord(
        at=row.at,
        text=str(row.data.get("text", "")),
        is_own=is_feedback or (row.kind == OrderEventKind.MESSAGE.value and row.actor_id is None),
        kind=str(row.data.get("kind", "review")) if is_feedback else "message",
        score=row.data.get("score") if is_feedback else None,
    )


async def _calls(session: AsyncSession, order_id: int) -> tuple[PublicCall, ...]:
    """Oldest first; those that stay inside are not told of."""
    rows = await session.execute(
        select(CallRow.started_at, CallRow.talk_s, OrderEventRow.data)
        .join(OrderEventRow, OrderEventRow.call_id == CallRow.call_id)
        .where(
            OrderEventRow.order_id == order_id,
            OrderEventRow.kind == OrderEventKind.CALL.value,
            CallRow.order_id == order_id,
        )
        .order_by(CallRow.started_at)
        .limit(MAX_WORDS)
    )
    return tuple(
        PublicCall(at, -(-talk_s // 60)) for at, talk_s, data in rows if data.get("is_public") is True
    )


async def _files(session: AsyncSession, order_id: int) -> tuple[PublicFile, ...]:
    rows = await session.scalars(
        select(OrderFileRow)
        .where(OrderFileRow.order_id == order_id, OrderFileRow.is_public, OrderFileRow.deleted_at.is_(None))
        .order_by(OrderFileRow.id)
    )
    return tuple(PublicFile(row.id, row.name, row.size) for row in rows)


@dataclass(frozen=True, slots=True)
class PublicDownload:
    sha256: str
    name: str
    media_type: str


async def public_file(session: AsyncSession, public_id: str, file_id: int) -> PublicDownload:
    """Raises NotFound: also for a file that is not the customer's to read."""
    order = await _order(session, public_id)
    row = await session.get(OrderFileRow, file_id)
    if row is None or row.order_id != order.id or not row.is_public or row.deleted_at is not None:
        raise NotFound("file-not-found")
    return PublicDownload(row.sha256, row.name, row.media_type)


async def write_message(session: AsyncSession, public_id: str, text: str, key: str, *, now: datetime) -> None:
    """`key` is the form's own: a second press says nothing twice. Raises NotFound, Invalid (field text)."""
    checked = check_comment(text)
    press = Press.of("o", key, f"{public_id}\n{checked}".encode())
    if await earlier_answer(session, press, now) is not None:
        return
    order = await _order(session, public_id, is_locked=True)
    data = {"text": checked, "is_public": True, "from": "customer"}
    _ = await add_event(session, order.id, OrderEventKind.MESSAGE, at=now, data=data)
    order.version += 1
    event_id = await session.scalar(
        select(func.max(OrderEventRow.id)).where(OrderEventRow.order_id == order.id)
    )
    _ = await outbox.put(
        session,
        "order:message-from-customer",
        at=now,
        dedupe_key=f"order:message:{event_id}",
        order_id=order.id,
        event_id=event_id,
    )
    await remember(session, press, "said")


async def stop_ads(session: AsyncSession, public_id: str, *, now: datetime, ip: str) -> None:
    order = await _order(session, public_id)
    _ = await revoke_consent(session, order.customer_id, ConsentKind.ADS, at=now, source="link", ip=ip)
