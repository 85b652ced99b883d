"""Proof that somebody has really talked with the customer: a call, or the word of a manager of the factory.

«Обработан», payment and fulfilment are closed to an order without it. A proof is good for one cycle: a reopened order
needs a new one.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.reveal import Reveal, open_number
from callcore.calls.settings import FirstCall, call_settings, proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Forbidden, NotAllowedNow
from callcore.network.model import PhonePolicy, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.changing import FACTORY, check_reason, order_to_change
from callcore.orders.desk_tables import OrderContactRow
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind
from callcore.orders.phone_policy import phone_mode
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event
from callcore.orders.watch_orders import refresh_attention

LOOK_BACK: Final = timedelta(days=2)
MAX_AT_ONCE: Final = 200
_RUNNING: Final = [one.value for one in OrderClass if one is not OrderClass.CLOSED]


class ContactKind(StrEnum):
    """OrderContactRow.kind."""

    CALL = "call"
    MANUAL = "manual"


async def note_contact(
    session: AsyncSession,
    order: OrderRow,
    kind: ContactKind,
    *,
    at: datetime,
    dedupe_key: str,
    call_id: str = "",
    org_id: int | None = None,
    user_id: int | None = None,
    talk_s: int = 0,
    reason: str = "",
) -> bool:
    """A proof in the caller's transaction; False when it changes nothing. The first sets `contacted_at` and is an event,
    also one that stood before the order was given back and taken again."""
    is_new = await insert_unless_exists(
        session,
        OrderContactRow,
        order_id=order.id,
        cycle=order.cycle,
        kind=kind.value,
        call_id=call_id,
        org_id=org_id,
        user_id=user_id,
        talk_s=talk_s,
        reason=reason,
        at=at,
        dedupe_key=dedupe_key,
    )
    if order.contacted_at is not None:
        return is_new
    order.contacted_at = at
    data = {"contact": kind.value, "text": reason, "talk_s": talk_s, "proof": call_id}
    await add_event(session, order.id, OrderEventKind.CONTACT, at=at, actor_id=user_id, data=data)
    await refresh_attention(session, order)
    return True


async def vouch_for_contact(
    session: AsyncSession, viewer: Viewer, number: int, reason: str, *, now: datetime
) -> None:
    """A manager of the factory says that there was a talk which no call shows. Raises Forbidden, NotFound, Invalid (field
    reason), NotAllowedNow("order-closed", "contact-known")."""
    if viewer.role not in FACTORY:
        raise Forbidden("not-factory")
    words = check_reason(reason)
    order = await order_to_change(session, viewer, number, now=now)
    if order.contacted_at is not None:
        raise NotAllowedNow("contact-known")
    key = f"manual:{order.id}:{order.cycle}"
    await note_contact(
        session,
        order,
        ContactKind.MANUAL,
        at=now,
        dedupe_key=key,
        org_id=order.org_id,
        user_id=viewer.user_id,
        reason=words,
    )
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:contact-vouched",
        entity="order",
        entity_id=order.id,
        number=order.number,
        cycle=order.cycle,
        reason=words,
    )


async def prove_contacts(session: AsyncSession, *, now: datetime) -> int:
    """Talks of the last days become proofs of the orders they stand on; how many orders got theirs. Repeated it finds
    nothing more. Runs in the caller's transaction."""
    proven = 0
    for call, order_id, org_id in (await session.execute(_TALKS, {"since": now - LOOK_BACK})).all():
        proven += await _prove(session, call, order_id, org_id)
    return proven


def is_proof_due(connection: Connection, now: datetime) -> bool:
    """Whether `prove_contacts` would find anything: most often it would not."""
    return connection.execute(_ANY_TALK, {"since": now - LOOK_BACK}).first() is not None


def _talks() -> Select[CallRow, int, int | None]:
    """Real talks of people of the order's dealer, or of those below him, since it was last reopened. Of an order that is
    nobody's only requests are proven: there anybody of the network may have talked."""
    whose, talker, reopened = aliased(OrgRow), aliased(OrgRow), aliased(OrderEventRow)
    of_request = and_(OrderRow.org_id.is_(None), OrderRow.kind == OrderKind.REQUEST.value)
    is_over = (
        select(reopened.id)
        .where(
            reopened.order_id == OrderRow.id,
            reopened.kind == OrderEventKind.REOPENED.value,
            reopened.at > CallRow.started_at,
        )
        .exists()
    )
    return (
        select(CallRow, OrderRow.id, OrderRow.org_id)
        .join(OrderRow, OrderRow.id == CallRow.order_id)
        .outerjoin(whose, whose.id == OrderRow.org_id)
        .outerjoin(talker, talker.id == CallRow.org_id)
        .where(
            CallRow.started_at > bindparam("since", type_=CallRow.started_at.type),
            CallRow.ended_at.is_not(None),
            CallRow.talk_s >= proven_talk_sql(),
            OrderRow.contacted_at.is_(None),
            OrderRow.status_class.in_(_RUNNING),
            OrderRow.deleted_at.is_(None),
            or_(of_request, talker.path.startswith(whose.path)),
            ~is_over,
        )
        .order_by(CallRow.started_at, CallRow.id)
        .limit(MAX_AT_ONCE)
    )


# Asked every few seconds: building the statement would cost more than running it.
_TALKS: Final = _talks()
_ANY_TALK: Final = _TALKS.with_only_columns(CallRow.id).limit(1)


async def _prove(session: AsyncSession, call: CallRow, order_id: int, org_id: int | None) -> bool:
    """The guarded write comes first, so that a person who changes the order at this moment is waited for."""
    locked = await session.scalar(
        update(OrderRow)
        .where(
            OrderRow.id == order_id,
            OrderRow.contacted_at.is_(None),
            OrderRow.status_class.in_(_RUNNING),
            OrderRow.org_id.is_not_distinct_from(org_id),
        )
        .values(version=OrderRow.version + 1)
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    if locked is None:
        return False
    order = (
        await session.scalars(
            select(OrderRow).where(OrderRow.id == order_id).execution_options(populate_existing=True)
        )
    ).one()
    at = call.answered_at or call.started_at
    mode = await phone_mode(session, order, await call_settings(session))
    if order.org_id is not None and call.caller_number and mode is not PhonePolicy.NEVER:
        reveal = Reveal(
            order_id=order.id,
            org_id=order.org_id,
            number=call.caller_number,
            call_id=call.call_id,
            user_id=call.user_id,
            at=at,
            why=FirstCall.ANSWERED.value,
        )
        await open_number(session, reveal)
    return await note_contact(
        session,
        order,
        ContactKind.CALL,
        at=at,
        dedupe_key=f"call:{call.call_id}:{order.id}",
        call_id=call.call_id,
        org_id=call.org_id,
        user_id=call.user_id,
        talk_s=call.talk_s,
    )
