"""What the form for writing to a customer offers: words about his order, an own offer, new goods. People finish them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, has_consent
from callcore.kernel.errors import NotFound
from callcore.messaging.settings import message_settings
from callcore.messaging.sms_quota import sms_left
from callcore.messaging.write_customer import newest_order
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.customer_reach import known_customer
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.statuses import load_statuses
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class ReadyWords:
    """`is_ad`: an offer, for those who agreed to advertising."""

    code: str
    title: str
    text: str
    is_ad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPaper:
    """`order_number` on which the message will stand, None for no order; `sms_left` of the dealer's day, None: no quota."""

    customer_id: int
    order_number: int | None
    ready: tuple[ReadyWords, ...]
    may_advertise: bool
    sms_left: int | None
    sms_a_day: int


async def letter_paper(
    session: AsyncSession,
    viewer: Viewer,
    *,
    number: int | None,
    customer_id: int | None,
    now: datetime,
) -> LetterPaper:
    """By the number of an order or by a customer. Raises NotFound."""
    if number is not None:
        own = sees_order(await reach_of(session, viewer))
        order = await session.scalar(select(OrderRow).where(OrderRow.number == number, own))
        if order is None:
            raise NotFound("order-not-found")
        customer_id = order.customer_id
    else:
        customer_id = (await known_customer(session, viewer, customer_id or 0)).id
        order = await newest_order(session, viewer, customer_id)
    settings = await message_settings(session)
    return LetterPaper(
        customer_id=customer_id,
        order_number=order.number if order else None,
        ready=await _ready(session, viewer, order),
        may_advertise=await has_consent(session, customer_id, ConsentKind.ADS),
        sms_left=await sms_left(session, viewer, settings, now),
        sms_a_day=settings.sms_a_day,
    )


async def _ready(session: AsyncSession, viewer: Viewer, order: OrderRow | None) -> tuple[ReadyWords, ...]:
    """Offers are those on the dealer's own card; the factory's people take those of the order's dealer."""
    org_id = order.org_id if order is not None and order.org_id and viewer.is_staff else viewer.org_id
    org = await session.scalar(select(OrgRow).where(OrgRow.id == org_id))
    found = [ReadyWords("order", "О заказе", await _about(session, order), False)] if order else []
    name = org.name if org is not None else viewer.org_name
    lines = org.promotions.splitlines() if org is not None else []
    for position, line in enumerate(lines):
        found.append(ReadyWords(f"promo-{position}", f"Акция: {line}", f"{name}: {line}", True))
    if not lines:
        found.append(ReadyWords("promo", "Акция", f"{name}: акция! ", True))
    found.append(ReadyWords("arrivals", "Новые поступления", f"{name}: новое поступление: ", True))
    return tuple(found)


async def _about(session: AsyncSession, order: OrderRow) -> str:
    """«Заказ 812: принят. Дилер «…», менеджер Анна.» No telephone, and not the address of the customer's own page: it is shown
    to no dealer."""
    status = (await load_statuses(session)).name(order.status).lower()
    dealer = await session.scalar(select(OrgRow.name).where(OrgRow.id == order.org_id))
    manager = await session.scalar(select(UserRow.full_name).where(UserRow.id == order.manager_id))
    parts = [f"Заказ {order.number}: {status}."]
    if dealer:
        parts.append(f"{dealer}{f', менеджер {manager}' if manager else ''}.")
    return " ".join(parts)
