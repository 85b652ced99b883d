"""What an order is to one dealer: his already, offered to him or to one below him, lost, or unknown. One statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.kernel.errors import Conflict, Forbidden, NotAllowedNow, NotFound
from callcore.network.model import DEALER_ROLES, OrderAccess, OrgState, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OWN_STAGES, OrderClass, OrderKind
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class Offered:
    """The window to take it by, with its dealer. `is_mine`: that dealer has the order already, and there is no window."""

    order_id: int
    run: int
    due_at: datetime | None
    window_id: int
    org_id: int
    org_name: str = ""
    is_mine: bool = False


_own, _of_window = aliased(OrgRow), aliased(OrgRow)
_below = select(OrgRow.id).where(OrgRow.path.like(bindparam("below")))
_OFFERS: Final = (
    select(
        OrderRow.id,
        OrderRow.run,
        OrderRow.due_at,
        OrderRow.status_class,
        OrderRow.org_id,
        OrderRow.org_id.in_(_below).label("is_ours"),
        _own.state.label("own_state"),
        _own.order_access.label("own_access"),
        OrderWindowRow.id.label("window_id"),
        OrderWindowRow.org_id.label("window_org_id"),
        OrderWindowRow.stage,
        OrderWindowRow.closed_at,
        _of_window.name.label("window_org_name"),
    )
    .select_from(OrderRow)
    .join(_own, _own.id == bindparam("org_id"))
    .outerjoin(
        OrderWindowRow,
        and_(
            OrderWindowRow.order_id == OrderRow.id,
            OrderWindowRow.org_id.in_(_below),
            OrderWindowRow.opens_at <= bindparam("now"),
        ),
    )
    .outerjoin(_of_window, _of_window.id == OrderWindowRow.org_id)
    .where(
        OrderRow.number == bindparam("number"),
        OrderRow.kind == OrderKind.ORDER.value,
        OrderRow.deleted_at.is_(None),
    )
    .order_by(OrderWindowRow.opens_at, OrderWindowRow.id)
)


def offers_query(viewer: Viewer, number: int, now: datetime) -> tuple[Any, dict[str, Any]]:
    """A statement and its values: the order once for each window of the viewer's organisations that has opened, at least
    once. A path is digits and slashes."""
    return _OFFERS, {"below": f"{viewer.org_path}%", "org_id": viewer.org_id, "now": now, "number": number}


def choose(viewer: Viewer, rows: Sequence[Row[Any]]) -> Offered:
    """That of his own organisation, else the first of one below. Raises NotFound for what was never offered to him,
    Conflict("order-taken"), Conflict("window-closed"), NotAllowedNow("dealer-suspended"), Forbidden for who is no
    dealer."""
    if viewer.role not in DEALER_ROLES:
        raise Forbidden("not-dealer")
    if not rows:
        raise NotFound("order-not-found")
    order = rows[0]
    if order.is_ours and order.status_class != OrderClass.OPEN:
        return Offered(order.id, order.run, order.due_at, 0, order.org_id, is_mine=True)
    sees_all = order.own_access == OrderAccess.REGION
    windows = [row for row in rows if row.window_id and (sees_all or row.stage in OWN_STAGES)]
    if not windows:
        raise NotFound("order-not-found")
    if order.status_class != OrderClass.OPEN:
        raise Conflict("order-taken")
    if order.own_state != OrgState.ACTIVE:
        raise NotAllowedNow("dealer-suspended")
    still = [row for row in windows if row.closed_at is None]
    if not still:
        raise Conflict("window-closed")
    taken = next((row for row in still if row.window_org_id == viewer.org_id), still[0])
    return Offered(
        order.id, order.run, order.due_at, taken.window_id, taken.window_org_id, taken.window_org_name
    )


async def offered_to(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> Offered:
    """Raises as choose."""
    return choose(viewer, (await session.execute(*offers_query(viewer, number, now))).all())


async def window_of(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> Offered:
    """For a refusal. Raises as choose, Conflict("order-mine") for what he has taken."""
    found = await offered_to(session, viewer, number, now)
    if found.is_mine:
        raise Conflict("order-mine")
    return found
