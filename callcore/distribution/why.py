"""Read side: why an order was offered to these dealers, in this order: all its runs, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.decision import Decision, decision_from_json
from callcore.distribution.policy_store import load_order_policies
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow
from callcore.orders.desk_tables import OrderDecisionRow, OrderDeclineRow, OrderWindowRow
from callcore.orders.model import OrderKind
from callcore.orders.tables import OrderReasonRow, OrderRow


@dataclass(frozen=True, slots=True)
class WindowView:
    """As it is now: `opens_at` moves forward when somebody refuses. `cause`: accepted, declined, withdrawn or empty."""

    org_id: int
    name: str
    stage: str
    opens_at: datetime
    closed_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Refusal:
    name: str
    at: datetime
    reason: str
    was_released: bool


@dataclass(frozen=True, slots=True)
class Run:
    """`strategy` is the name of one of its own, empty for the main one."""

    decision: Decision
    windows: tuple[WindowView, ...]
    refusals: tuple[Refusal, ...]
    strategy: str = ""


@dataclass(frozen=True, slots=True)
class WhyOrder:
    """`org_name` has the order now, empty for nobody; `tz` is the order's."""

    number: int
    org_name: str
    region_name: str
    tz: str
    runs: tuple[Run, ...]


async def why_order(session: AsyncSession, viewer: Viewer, number: int) -> WhyOrder:
    """For people of the head office. Raises NotFound."""
    if not viewer.is_staff:
        raise NotFound("order-not-found")
    return await why(session, number)


async def why(session: AsyncSession, number: int) -> WhyOrder:
    """Raises NotFound."""
    order = await session.scalar(
        select(OrderRow).where(
            OrderRow.number == number, OrderRow.kind == OrderKind.ORDER.value, OrderRow.deleted_at.is_(None)
        )
    )
    if order is None:
        raise NotFound("order-not-found")
    decisions = await session.scalars(
        select(OrderDecisionRow)
        .where(OrderDecisionRow.order_id == order.id)
        .order_by(OrderDecisionRow.run.desc())
    )
    windows, refusals = await _windows(session, order.id), await _refusals(session, order.id)
    org = await session.get(OrgRow, order.org_id) if order.org_id else None
    region = await session.get(RegionRow, order.region_code) if order.region_code else None
    own = {one.id: one.name for one in (await load_order_policies(session)).own}
    runs = tuple(
        Run(
            _decision(row),
            tuple(windows.get(row.run, ())),
            tuple(refusals.get(row.run, ())),
            own.get(row.policy_id, ""),
        )
        for row in decisions
    )
    return WhyOrder(number, org.name if org else "", region.name if region else "", order.tz, runs)


def _decision(row: OrderDecisionRow) -> Decision:
    return decision_from_json(
        row.body, run=row.run, at=row.at, policy_id=row.policy_id, policy_version=row.policy_version
    )


async def _windows(session: AsyncSession, order_id: int) -> dict[int, list[WindowView]]:
    rows = await session.execute(
        select(OrderWindowRow, OrgRow.name)
        .join(OrgRow, OrgRow.id == OrderWindowRow.org_id)
        .where(OrderWindowRow.order_id == order_id)
        .order_by(OrderWindowRow.opens_at, OrderWindowRow.id)
    )
    found: dict[int, list[WindowView]] = {}
    for row, name in rows:
        view = WindowView(row.org_id, name, row.stage, row.opens_at, row.closed_at, row.close_cause)
        found.setdefault(row.run, []).append(view)
    return found


async def _refusals(session: AsyncSession, order_id: int) -> dict[int, list[Refusal]]:
    rows = await session.execute(
        select(OrderDeclineRow, OrgRow.name, OrderReasonRow.title)
        .join(OrgRow, OrgRow.id == OrderDeclineRow.org_id)
        .outerjoin(OrderReasonRow, OrderReasonRow.id == OrderDeclineRow.reason_id)
        .where(OrderDeclineRow.order_id == order_id)
        .order_by(OrderDeclineRow.id)
    )
    found: dict[int, list[Refusal]] = {}
    for row, name, title in rows:
        parts = (title or "", row.note)
        words = row.note if parts[0] in row.note else ". ".join(filter(None, parts))
        found.setdefault(row.run, []).append(Refusal(name, row.at, words, row.kind == "released"))
    return found
