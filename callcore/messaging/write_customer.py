"""Use case: a person writes to a customer, mostly of an order, by e-mail or SMS. Runs in the caller's transaction.

Service words go out by themselves; an offer needs the customer's consent and carries the way out of it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, has_consent
from callcore.kernel import audit
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from callcore.messaging.deliveries import AD_EVENT, WRITTEN
from callcore.messaging.links import stop_token
from callcore.messaging.matrix import Channel
from callcore.messaging.outgoing import Outgoing, post
from callcore.messaging.recipients import customer_address
from callcore.messaging.rules import MAX_SMS_CHARS, Level, letter_time
from callcore.messaging.settings import message_settings
from callcore.messaging.sms_quota import check_sms_quota
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.texts import MAX_BODY_CHARS, Text, lines_of, one_line
from callcore.network.model import Viewer
from callcore.network.outlets import check_not_suspended
from callcore.orders.customer_reach import known_customer
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event


@dataclass(frozen=True, slots=True)
class Written:
    """`key` comes with the form: the same form sent twice is one message."""

    channel: Channel
    text: str
    is_ad: bool
    key: str
    subject: str = ""


async def write_customer(
    session: AsyncSession, viewer: Viewer, number: int, written: Written, *, site_address: str, now: datetime
) -> None:
    """Raises NotFound, Invalid (fields text, channel), NotAllowedNow("no-ad-consent", "sms-quota" or "dealer-suspended")."""
    order = await session.scalar(
        select(OrderRow)
        .where(OrderRow.number == number, sees_order(await reach_of(session, viewer)))
        .with_for_update()
    )
    if order is None:
        raise NotFound("order-not-found")
    await _write(session, viewer, order, order.customer_id, written, site_address, now)


async def write_to(
    session: AsyncSession,
    viewer: Viewer,
    customer_id: int,
    written: Written,
    *,
    site_address: str,
    now: datetime,
) -> None:
    """The same to a customer that the viewer knows; it stands on the newest order that is his to see, if there is one."""
    customer = await known_customer(session, viewer, customer_id)
    order = await newest_order(session, viewer, customer.id)
    await _write(session, viewer, order, customer.id, written, site_address, now)


async def newest_order(session: AsyncSession, viewer: Viewer, customer_id: int) -> OrderRow | None:
    found: OrderRow | None = await session.scalar(
        select(OrderRow)
        .where(OrderRow.customer_id == customer_id, sees_order(await reach_of(session, viewer)))
        .order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    return found


async def _write(
    session: AsyncSession,
    viewer: Viewer,
    order: OrderRow | None,
    customer_id: int,
    written: Written,
    site_address: str,
    now: datetime,
) -> None:
    await check_not_suspended(session, viewer)
    text = _checked(written)
    address = await customer_address(session, customer_id, written.channel)
    if not address or written.channel is Channel.SITE:
        raise Invalid("no-address", fields={"channel": "no-address"})
    if written.is_ad and not await has_consent(session, customer_id, ConsentKind.ADS):
        raise NotAllowedNow("no-ad-consent")
    settings = await message_settings(session)
    key = f"written:{order.id if order else f'c{customer_id}'}:{viewer.user_id}:{written.key}"
    is_again = await session.scalar(select(DeliveryRow.id).where(DeliveryRow.dedupe_key == key)) is not None
    if written.channel is Channel.SMS and not is_again:
        await check_sms_quota(session, viewer, settings, now)
    site = site_address.rstrip("/")
    stop = f"{site}/u/{await stop_token(session, customer_id, now)}" if written.is_ad and site else ""
    about = f"Сообщение по заказу {order.number}" if order else f"Сообщение от «{viewer.org_name}»"
    is_new = await post(
        session,
        Outgoing(
            channel=written.channel,
            address=address,
            text=Text((one_line(written.subject) or about) if written.channel is Channel.EMAIL else "", text),
            dedupe_key=key,
            due_at=letter_time(now, order.tz if order else viewer.tz, Level.INFO, settings.quiet),
            event=AD_EVENT if written.is_ad else WRITTEN,
            link=f"{site}/o/{order.public_id}" if site and order and not written.is_ad else "",
            stop_link=stop,
            is_ad=written.is_ad,
            order_id=order.id if order else None,
            customer_id=customer_id,
            org_id=viewer.org_id,
        ),
        now,
    )
    if is_new:
        await _note(session, viewer, order, customer_id, written, text, key, now)


def _checked(written: Written) -> str:
    text = lines_of(written.text)
    limit = MAX_SMS_CHARS if written.channel is Channel.SMS else MAX_BODY_CHARS
    if not text:
        raise Invalid("text-empty", fields={"text": "text-empty"})
    if len(written.text) > limit:
        raise Invalid("text-too-long", fields={"text": "text-too-long"})
    return " ".join(text.split()) if written.channel is Channel.SMS else text


async def _note(
    session: AsyncSession,
    viewer: Viewer,
    order: OrderRow | None,
    customer_id: int,
    written: Written,
    text: str,
    key: str,
    now: datetime,
) -> None:
    """`delivery` in the event is the key by which the timeline finds what became of the message."""
    if order is not None:
        data = {"text": text, "is_public": True, "channel": written.channel.value, "delivery": key}
        await add_event(session, order.id, OrderEventKind.MESSAGE, at=now, actor_id=viewer.user_id, data=data)
        order.version += 1
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="customer:written",
        entity="order" if order else "customer",
        entity_id=order.id if order else customer_id,
        channel=written.channel.value,
        is_ad=written.is_ad,
    )
