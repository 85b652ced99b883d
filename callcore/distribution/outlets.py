"""Outlets of those who are offered an order: read for the decision, and named when one of them takes it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.candidates import OrderFacts
from callcore.distribution.standing import Place, Standing, Where, nearest, standings_from_json
from callcore.network.tables import OutletRow
from callcore.orders.desk_tables import DealerServiceRow, OrderDecisionRow
from callcore.orders.tables import OrderRow

_PLACES: Final = select(*(getattr(OutletRow, name) for name in Place._fields)).where(
    OutletRow.org_id.in_(bindparam("org_ids", expanding=True))
)


async def standings(
    session: AsyncSession, order: OrderRow, facts: OrderFacts, org_ids: Collection[int]
) -> tuple[Standing, ...]:
    """Of those who may see the order; one without outlets has none."""
    rows = await session.execute(_PLACES, {"org_ids": list(org_ids)})
    where = Where(order.city, order.region_code or "", order.lat, order.lon)
    found = nearest(where, (Place(*row) for row in rows))
    prices = await _prices(session, facts.services, org_ids)
    return tuple(
        replace(one, services_kopecks=prices.get(org_id, 0)) for org_id, one in sorted(found.items())
    )


async def _prices(
    session: AsyncSession, services: frozenset[str], org_ids: Collection[int]
) -> Mapping[int, int | None]:
    if not services:
        return {}
    rows = await session.execute(
        select(DealerServiceRow.org_id, DealerServiceRow.price).where(
            DealerServiceRow.service.in_(services), DealerServiceRow.org_id.in_(org_ids)
        )
    )
    found: dict[int, int | None] = {}
    for org_id, price in rows:
        before = found.get(org_id, 0)
        found[org_id] = None if price is None or before is None else before + int(price * 100)
    return found


async def chosen_outlet(session: AsyncSession, order_id: int, run: int, org_id: int) -> int | None:
    """The outlet that the run named for this dealer, while there is such an outlet."""
    body = await session.scalar(
        select(OrderDecisionRow.body).where(
            OrderDecisionRow.order_id == order_id, OrderDecisionRow.run == run
        )
    )
    named = next((one.outlet_id for one in standings_from_json(body or {}) if one.org_id == org_id), None)
    if named is None:
        return None
    return await session.scalar(select(OutletRow.id).where(OutletRow.id == named, OutletRow.org_id == org_id))
