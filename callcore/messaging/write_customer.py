"""Use case: a person writes to the customer of an order by e-mail or SMS. Runs in the caller's transaction.

Service words go out by themselves; an offer needs the customer's consent and carries the way out of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, has_consent
from callcore.kernel import audit
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from callcore.messaging.deliveries import WRITTEN
from callcore.messaging.links import stop_token
from callcore.messaging.matrix import Channel
from callcore.messaging.outgoing import Outgoing, post
from callcore.messaging.recipients import customer_address
from callcore.messaging.rules import MAX_SMS_CHARS, Level, letter_time
from callcore.messaging.settings import message_settings
from callcore.messaging.texts import MAX_BODY_CHARS, Text, lines_of, one_line
from callcore.network.model import Viewer
from callcore.network.outlets import check_not_suspended
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

AD_EVENT: Final = "customer:ad"


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
    """Raises NotFound, Invalid (fields text, channel), NotAllowedNow("no-ad-consent" or "dealer-suspended")."""
    order = await session.scalar(
        select(OrderRow)
        .where(OrderRow.number == number, sees_order(await reach_of(session, viewer)))
        .with_for_update()
    )
    if order is None:
        raise NotFound("order-not-found")
    await check_not_suspended(session, viewer)
    text = _checked(written)
    address = await customer_address(session, order.customer_id, written.channel)
    if not address or written.channel is Channel.SITE:
        raise Invalid("no-address", fields={"channel": "no-address"})
    if written.is_ad and not await has_consent(session, order.customer_id, ConsentKind.ADS):
        raise NotAllowedNow("no-ad-consent")
    site = site_address.rstrip("/")
    stop = f"{site}/u/{await stop_token(session, order.customer_id, now)}" if written.is_ad and site else ""
    subject = one_line(written.subject) or f"Сообщение по заказу {order.number}"
    is_new = await post(
        session,
        Outgoing(
            channel=written.channel,
            address=address,
            text=Text(subject if written.channel is Channel.EMAIL else "", text),
            dedupe_key=f"written:{order.id}:{viewer.user_id}:{written.key}",
            due_at=letter_time(now, order.tz, Level.INFO, (await message_settings(session)).quiet),
            event=AD_EVENT if written.is_ad else WRITTEN,
            link=f"{site}/o/{order.public_id}" if site and not written.is_ad else "",
            stop_link=stop,
            is_ad=written.is_ad,
            order_id=order.id,
            customer_id=order.customer_id,
            org_id=viewer.org_id,
        ),
        now,
    )
    if is_new:
        await _note(session, viewer, order, written, text, now)


def _checked(written: Written) -> str:
    text = lines_of(written.text)
    limit = MAX_SMS_CHARS if written.channel is Channel.SMS else MAX_BODY_CHARS
    if not text:
        raise Invalid("text-empty", fields={"text": "text-empty"})
    if len(written.text) > limit:
        raise Invalid("text-too-long", fields={"text": "text-too-long"})
    return " ".join(text.split()) if written.channel is Channel.SMS else text


async def _note(
    session: AsyncSession, viewer: Viewer, order: OrderRow, written: Written, text: str, now: datetime
) -> None:
    data = {"text": text, "is_public": True, "channel": written.channel.value}
    await add_event(session, order.id, OrderEventKind.MESSAGE, at=now, actor_id=viewer.user_id, data=data)
    order.version += 1
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="customer:written",
        entity="order",
        entity_id=order.id,
        channel=written.channel.value,
        is_ad=written.is_ad,
    )
