"""A changed policy tried on the newest orders beside the one in force. Nothing is written."""

import asyncio
from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.load_network import many_order_facts, whole_network
from callcore.distribution.policy import OrderPolicy
from callcore.distribution.policy_store import load_order_policies
from callcore.distribution.rehearse import OrderRehearsal, PastOrder, rehearse
from callcore.network.quotas import manufacturer_zone
from callcore.orders.model import OrderKind
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow

LAST: Final = 100


async def rehearse_orders(
    session: AsyncSession, policy: OrderPolicy, last: int = LAST, *, policy_id: int | None = None
) -> OrderRehearsal:
    """On the last orders of the head site; whoever asks has been let in before. `policy_id` as in ChangeOrderPolicy."""
    settings = await order_settings(session)
    rows = await session.scalars(
        select(OrderRow)
        .where(
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.site_org_id.is_(None),
            OrderRow.deleted_at.is_(None),
        )
        .order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
        .limit(last)
    )
    orders = list(rows)
    facts = await many_order_facts(session, orders, settings.desk_org_id)
    # how many orders each had at that time is not known
    dealers = [replace(one, capacity=None) for one in await whole_network(session, facts.values())]
    past = [PastOrder(order.number, order.created_at, facts[order.id], order.org_id) for order in orders]
    before = await load_order_policies(session)
    tz = await manufacturer_zone(session)
    return await asyncio.to_thread(
        rehearse, before, before.with_changed(policy_id, policy), past, dealers, tz
    )
