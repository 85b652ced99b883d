"""Whom a press of the button means, by the viewer's rights: his own order, its customer, a task, a call of the journal."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempts import AttemptKind
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallRow
from callcore.calls.task_queries import reaches
from callcore.calls.task_tables import TaskRow
from callcore.customers.queries import customers_by_id
from callcore.kernel.errors import Forbidden, NotAllowedNow, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import RegionRow
from callcore.orders.changing import WORKERS
from callcore.orders.customer_reach import known_customer
from callcore.orders.model import OrderClass
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow

USUAL_ZONE: Final = "Europe/Moscow"
PRESSED: Final = (AttemptKind.ORDER, AttemptKind.CUSTOMER, AttemptKind.TASK, AttemptKind.CALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page names: the number of an order, the id of a customer or a task, the id of a call."""

    kind: AttemptKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`number` E.164, empty when there is none to dial; `tz` the customer's zone. `org_id` and `outlet_id` of the order's
    dealer."""

    number: str
    tz: str
    region_code: str | None = None
    customer_id: int | None = None
    order_id: int | None = None
    order_number: int | None = None
    task_id: int | None = None
    org_id: int | None = None
    outlet_id: int | None = None

    def check(self) -> "Target":
        """Raises NotAllowedNow("nobody-to-call")."""
        if not self.number:
            raise NotAllowedNow("nobody-to-call")
        return self


async def find_target(session: AsyncSession, viewer: Viewer, asked: Asked) -> Target:
    """Raises NotFound for what is not this viewer's, Forbidden for who calls nobody."""
    if viewer.role not in WORKERS:
        raise Forbidden("does-not-call")
    if asked.kind is AttemptKind.CALL:
        return await _of_call(session, viewer, asked.id)
    number = int(asked.id) if asked.id.isascii() and asked.id.isdigit() and len(asked.id) < 18 else 0
    if asked.kind is AttemptKind.ORDER:
        return await _of_order(session, viewer, number)
    if asked.kind is AttemptKind.CUSTOMER:
        return await _of_customer(session, viewer, number)
    if asked.kind is AttemptKind.TASK:
        return await _of_task(session, viewer, number)
    raise NotFound("no-such-target")


async def _of_order(session: AsyncSession, viewer: Viewer, number: int) -> Target:
    own = sees_order(await reach_of(session, viewer))
    order = await session.scalar(select(OrderRow).where(OrderRow.number == number, own))
    if order is None:
        raise NotFound("order-not-found")
    customer = (await customers_by_id(session, [order.customer_id]))[order.customer_id]
    return _with_order(customer.phone, order)


async def _of_customer(session: AsyncSession, viewer: Viewer, customer_id: int) -> Target:
    row = await known_customer(session, viewer, customer_id)
    customer = (await customers_by_id(session, [row.id]))[row.id]
    if order := await _order_of(session, viewer, row.id):
        return _with_order(customer.phone, order)
    return Target(
        number=customer.phone,
        tz=await _zone(session, row.region_code),
        region_code=row.region_code,
        customer_id=row.id,
    )


async def _of_task(session: AsyncSession, viewer: Viewer, task_id: int) -> Target:
    scope = await scope_of(session, viewer)
    task = await session.scalar(select(TaskRow).where(TaskRow.id == task_id, reaches(scope)))
    if task is None:
        raise NotFound("task-not-found")
    call = (
        await session.scalar(select(CallRow).where(CallRow.call_id == task.call_id)) if task.call_id else None
    )
    region_code = call.region_code if call else None
    return await _of_number(
        session, viewer, task.caller_number, region_code, task.customer_id, task.order_id, task.id
    )


async def _of_call(session: AsyncSession, viewer: Viewer, call_id: str) -> Target:
    scope = await scope_of(session, viewer)
    call = await session.scalar(select(CallRow).where(CallRow.call_id == call_id, scope.calls()))
    if call is None:
        raise NotFound("call-not-found")
    return await _of_number(
        session, viewer, call.caller_number, call.region_code, call.customer_id, call.order_id, None
    )


async def _of_number(
    session: AsyncSession,
    viewer: Viewer,
    number: str,
    region_code: str | None,
    customer_id: int | None,
    order_id: int | None,
    task_id: int | None,
) -> Target:
    """The order that the call or the task stands on, if it is the viewer's."""
    own = sees_order(await reach_of(session, viewer))
    order = await session.scalar(select(OrderRow).where(OrderRow.id == order_id, own)) if order_id else None
    if order is not None:
        return _with_order(number, order, task_id)
    return Target(
        number=number,
        tz=await _zone(session, region_code),
        region_code=region_code,
        customer_id=customer_id,
        task_id=task_id,
    )


async def _order_of(session: AsyncSession, viewer: Viewer, customer_id: int) -> OrderRow | None:
    """What the talk will be about: his newest order that goes on, else the newest."""
    own = sees_order(await reach_of(session, viewer))
    is_over = case((OrderRow.status_class == OrderClass.CLOSED.value, 1), else_=0)
    found: OrderRow | None = await session.scalar(
        select(OrderRow)
        .where(OrderRow.customer_id == customer_id, own)
        .order_by(is_over, OrderRow.created_at.desc(), OrderRow.id.desc())
        .limit(1)
    )
    return found


def _with_order(number: str, order: OrderRow, task_id: int | None = None) -> Target:
    return Target(
        number=number,
        tz=order.tz or USUAL_ZONE,
        region_code=order.region_code,
        customer_id=order.customer_id,
        order_id=order.id,
        order_number=order.number,
        task_id=task_id,
        org_id=order.org_id,
        outlet_id=order.outlet_id,
    )


async def _zone(session: AsyncSession, region_code: str | None) -> str:
    found = (
        await session.scalar(select(RegionRow.tz).where(RegionRow.code == region_code))
        if region_code
        else None
    )
    return found or USUAL_ZONE
