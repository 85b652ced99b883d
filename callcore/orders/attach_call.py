"""Use case: an inbound call gets its customer and its order. The CallLinker of the calls' journal."""

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import Direction
from callcore.calls.tables import CallRow
from callcore.customers.find_or_create import find_or_create_customer
from callcore.kernel.errors import Conflict
from callcore.network.model import OrgKind
from callcore.network.tables import DidRow, OrgRow, RegionRow
from callcore.orders.create_order import create_order
from callcore.orders.model import DEFAULT_TZ, UNKNOWN, NewOrder, OrderClass, OrderEventKind, OrderKind
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event


class AttachCall:
    """Sets `customer_id` and `order_id` of the row in the given transaction. A repeated link changes nothing: the
    order's event with this call id is unique. Raises Conflict when a rival transaction has attached the call meanwhile;
    the caller rolls back and may ask again."""

    async def link(self, session: AsyncSession, call: CallRow) -> None:
        if call.direction != Direction.INBOUND or call.order_id is not None:
            return
        if await _restore(session, call):
            return
        customer_id, is_new = await find_or_create_customer(
            session, phone=call.caller_number, now=call.started_at, region_code=call.region_code
        )
        did = await session.get(DidRow, call.did_id) if call.did_id is not None else None
        dealer = await _dealer(session, did)
        order = None if is_new else await _open_order(session, customer_id, dealer)
        if order is None:
            order = await create_order(
                session, await _request(session, call, customer_id, did, dealer), now=call.started_at
            )
        if not await add_event(
            session, order.id, OrderEventKind.CALL, at=call.started_at, call_id=call.call_id
        ):
            raise Conflict(
                "call-already-attached", "another writer was quicker; a spare request is rolled back"
            )
        call.customer_id, call.order_id = customer_id, order.id
        await session.flush()


async def _restore(session: AsyncSession, call: CallRow) -> bool:
    """A row that was written anew finds the order that its call already stands on."""
    order = await session.scalar(
        select(OrderRow)
        .join(OrderEventRow, OrderEventRow.order_id == OrderRow.id)
        .where(OrderEventRow.call_id == call.call_id, OrderEventRow.kind == OrderEventKind.CALL.value)
    )
    if order is None:
        return False
    call.customer_id, call.order_id = order.customer_id, order.id
    await session.flush()
    return True


async def _dealer(session: AsyncSession, did: DidRow | None) -> OrgRow | None:
    org = await session.get(OrgRow, did.org_id) if did is not None and did.org_id is not None else None
    return org if org is not None and org.kind != OrgKind.MANUFACTURER else None


async def _open_order(session: AsyncSession, customer_id: int, dealer: OrgRow | None) -> OrderRow | None:
    """The newest one that is not closed; those of the dialled dealer and of dealers below him come first."""
    found = select(OrderRow).where(
        OrderRow.customer_id == customer_id, OrderRow.status_class != OrderClass.CLOSED.value
    )
    if dealer is not None:
        own = select(OrgRow.id).where(OrgRow.path.startswith(dealer.path, autoescape=True))
        found = found.order_by(case((OrderRow.org_id.in_(own), 0), else_=1))
    order: OrderRow | None = await session.scalar(
        found.order_by(OrderRow.created_at.desc(), OrderRow.id.desc()).limit(1)
    )
    return order


async def _request(
    session: AsyncSession, call: CallRow, customer_id: int, did: DidRow | None, dealer: OrgRow | None
) -> NewOrder:
    region = await session.get(RegionRow, call.region_code) if call.region_code else None
    return NewOrder(
        kind=OrderKind.REQUEST,
        customer_id=customer_id,
        region_code=call.region_code,
        tz=region.tz if region else dealer.tz if dealer else DEFAULT_TZ,
        org_id=dealer.id if dealer else None,
        did_id=did.id if did else None,
        source=did.source if did else UNKNOWN,
        medium=did.medium if did else UNKNOWN,
        campaign=did.campaign if did else "",
        request_type=did.request_type if did else UNKNOWN,
    )
