"""Read side of the robot: the register of its calls with totals, and the block on an order's card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.customers.queries import customers_by_id
from callcore.customers.tables import CustomerRow
from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.card_timeline import calls_where
from callcore.orders.model import OrderClass
from callcore.orders.queries import blotted, hidden_on
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderRow
from callcore.orders.views import CallView
from callcore.outbound.robot.ask_robot import SENDERS
from callcore.outbound.robot.change_settings import READERS
from callcore.outbound.robot.confirm_order import may_confirm
from callcore.outbound.robot.model import RobotState
from callcore.outbound.robot.settings import stored_robot_settings
from callcore.outbound.tables import RobotCallRow

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotFilter:
    """`state` waiting or calling, or `result` a RobotResult; `before` is an id: what is older."""

    state: str = ""
    result: str = ""
    number: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotLine:
    """One order before the robot. `call_id` is of the newest try, empty before the first."""

    id: int
    order_number: int
    customer_name: str
    org_name: str
    state: str
    result: str
    keys: str
    attempts: int
    call_id: str
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class RobotPage:
    """`totals` by result, and by state for what is not over; of the whole period, whatever result is chosen."""

    items: tuple[RobotLine, ...]
    totals: Mapping[str, int]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotTry:
    at: datetime
    result: str
    reason: str
    keys: str
    call: CallView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRobot:
    """What the card says. `state` empty: the robot knows nothing of this order. `said` is what it said last."""

    order_number: int
    is_on: bool
    state: str = ""
    result: str = ""
    attempts: int = 0
    due_at: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""
    said: str = ""
    tries: tuple[RobotTry, ...] = field(default=())
    may_send: bool = False
    may_call_off: bool = False
    waits_for_word: bool = False


async def robot_calls(session: AsyncSession, viewer: Viewer, wanted: RobotFilter) -> RobotPage:
    """Newest first. Raises Forbidden."""
    if viewer.role not in READERS:
        raise Forbidden("not-reader")
    period = [OrderRow.deleted_at.is_(None), *_period(wanted)]
    counted = (
        select(RobotCallRow.state, RobotCallRow.result, func.count())
        .join(OrderRow, OrderRow.id == RobotCallRow.order_id)
        .where(*period)
        .group_by(RobotCallRow.state, RobotCallRow.result)
    )
    totals = {(result or state): int(count) for state, result, count in await session.execute(counted)}
    rows = (await session.execute(_lines().where(*period, *_chosen(wanted)).limit(PAGE + 1))).all()
    items = tuple(_line(row) for row in rows[:PAGE])
    return RobotPage(items, totals, items[-1].id if len(rows) > PAGE else None)


async def robot_of_order(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> OrderRobot:
    """For who sees the order's own card. Raises NotFound."""
    reach = await order_reach(session, viewer, now)
    order = await session.scalar(select(OrderRow).where(OrderRow.number == number, reach.own()))
    if order is None:
        raise NotFound("order-not-found")
    row = await session.scalar(
        select(RobotCallRow).where(RobotCallRow.order_id == order.id, RobotCallRow.cycle == order.cycle)
    )
    is_on = (await stored_robot_settings(session)).settings.is_on
    is_open = order.status_class in (OrderClass.OPEN, OrderClass.WAITING) and order.contacted_at is None
    may_act = viewer.role in SENDERS and is_open
    waits = await may_confirm(session, order.id)
    if row is None:
        return OrderRobot(order_number=number, is_on=is_on, may_send=may_act and is_on, waits_for_word=waits)
    is_waiting, is_calling = row.state == RobotState.WAITING, row.state == RobotState.CALLING
    told: list[dict[str, Any]] = list(row.data.get("tries", ()))
    ids = [str(one["call_id"]) for one in told] + ([row.call_id] if is_calling else [])
    found = await calls_where(session, reach.scope, CallRow.call_id.in_(ids)) if ids else ()
    calls = {call.call_id: call for call in found}
    customers = await customers_by_id(session, [order.customer_id])
    hidden = await hidden_on(session, reach.scope, [order], customers)
    said = blotted(str(row.data.get("said", "")), hidden[order.id], customers[order.customer_id])
    return OrderRobot(
        order_number=number,
        is_on=is_on,
        state=row.state,
        result=row.result,
        attempts=row.attempts,
        due_at=row.due_at if is_waiting else None,
        ended_at=row.ended_at,
        by=str(row.data.get("by", "")),
        said=said,
        tries=tuple(_try(one, calls.get(str(one["call_id"]))) for one in told),
        may_send=may_act and is_on and not is_calling and waits,
        may_call_off=may_act and is_waiting,
        waits_for_word=waits,
    )


def _lines() -> Any:
    return (
        select(RobotCallRow, OrderRow.number, CustomerRow.name, OrgRow.name)
        .join(OrderRow, OrderRow.id == RobotCallRow.order_id)
        .outerjoin(CustomerRow, CustomerRow.id == OrderRow.customer_id)
        .outerjoin(OrgRow, OrgRow.id == OrderRow.org_id)
        .order_by(RobotCallRow.id.desc())
    )


def _period(wanted: RobotFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.number is not None:
        found.append(OrderRow.number == wanted.number)
    if wanted.since is not None:
        found.append(RobotCallRow.made_at >= wanted.since)
    if wanted.until is not None:
        found.append(RobotCallRow.made_at < wanted.until)
    return found


def _chosen(wanted: RobotFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(RobotCallRow.state == wanted.state)
    if wanted.result:
        found.append(RobotCallRow.result == wanted.result)
    if wanted.before is not None:
        found.append(RobotCallRow.id < wanted.before)
    return found


def _line(found: Any) -> RobotLine:
    row, number, customer, org = found
    return RobotLine(
        id=row.id,
        order_number=number,
        customer_name=customer or "",
        org_name=org or "",
        state=row.state,
        result=row.result,
        keys=row.keys,
        attempts=row.attempts,
        call_id=row.call_id,
        made_at=row.made_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        by=str(row.data.get("by", "")),
    )


def _try(told: dict[str, Any], call: CallView | None) -> RobotTry:
    return RobotTry(
        at=call.started_at if call else datetime.fromisoformat(str(told["at"])),
        result=str(told.get("result", "")),
        reason=str(told.get("reason", "")),
        keys=str(told.get("keys", "")),
        call=call,
    )
