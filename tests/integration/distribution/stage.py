"""A small network with a policy of orders: manufacturer 1, dealers 2…5 of Moscow, dealer 6 of the North; makers of orders."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import CustomerRow
from callcore.distribution.policy import OrderPolicy, OrderStage, order_policy_to_json
from callcore.distribution.take_order import take_order
from callcore.kernel.database import Database
from callcore.network.model import Role, Viewer
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.model import NewOrder, OrderKind, ReasonKind
from callcore.orders.reasons import ensure_reasons
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderReasonRow, OrderRow
from tests.factories.network import make_org, make_region, make_user

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
POINTS = {2: 0, 3: 300, 4: 250, 5: 10}
QUOTA_DEALER, TOP, TOP_TOO, PLAIN, AWAY = 2, 3, 4, 5, 6
PIPELINE = OrderPolicy(
    (
        OrderStage(StageKind.QUOTA, quotas=(Quota(QUOTA_DEALER, QuotaUnit.PERCENT, 50),)),
        OrderStage(StageKind.RATING, min_points=200, window_min=5),
        OrderStage(StageKind.BASE, delay_min=15),
    )
)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def viewer(org_id: int, role: Role = Role.DEALER_OWNER, path: str = "") -> Viewer:
    own = path or ("/1/" if org_id == 1 else f"/1/{org_id}/")
    return Viewer(org_id, f"Человек {org_id}", role, org_id, f"Дилер {org_id}", own, (), "Europe/Moscow")


ADMIN = viewer(1, Role.ADMIN)


async def fill(database: Database, policy: OrderPolicy | None = PIPELINE) -> None:
    async with database.transaction() as session:
        root = await make_org(session, id=1)
        for org_id, points in POINTS.items():
            await _dealer(session, root, org_id, "RU-MOW", points=points)
        await _dealer(session, root, AWAY, "RU-SPE")
        await make_region(session, "RU-SPE")
        await make_user(session, root, id=1)
        session.add(CustomerRow(id=1, name="Иван", created_at=NOW))
        await ensure_reasons(session)
        if policy is not None:
            session.add(PolicyRow(id=50, name="Распределение заказов", scope="orders"))
            await session.flush()
            session.add(
                PolicyVersionRow(policy_id=50, version=1, made_at=NOW, body=order_policy_to_json(policy))
            )


async def _dealer(session: AsyncSession, parent: OrgRow, org_id: int, region: str, **more: Any) -> None:
    org = await make_org(
        session, parent=parent, region_code=region, id=org_id, name=f"Дилер {org_id}", **more
    )
    user: UserRow = await make_user(session, org, id=org_id)
    assert user.id == org_id


async def make(session: AsyncSession, *, at: datetime = NOW, region: str = "RU-MOW", **more: Any) -> OrderRow:
    new = NewOrder(**{"kind": OrderKind.ORDER, "customer_id": 1, "region_code": region, **more})
    return await take_order(session, new, now=at)


async def reason(session: AsyncSession, kind: ReasonKind) -> int:
    found = select(OrderReasonRow.id).where(OrderReasonRow.kind == kind.value).limit(1)
    return (await session.scalars(found)).one()


async def seen_by(session: AsyncSession, order: OrderRow, now: datetime) -> set[int]:
    """Dealers who may take it."""
    found = set()
    for org_id in (QUOTA_DEALER, TOP, TOP_TOO, PLAIN, AWAY):
        reach = await order_reach(session, viewer(org_id), now)
        if await session.scalar(select(OrderRow.id).where(OrderRow.id == order.id, reach.available())):
            found.add(org_id)
    return found
