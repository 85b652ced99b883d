"""What the robot needs for one call, read at the moment of calling: whom, from which number, what is said, who is rung by 0."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptState
from callcore.calls.settings import call_settings
from callcore.customers.consents import ConsentKind, has_consent
from callcore.customers.queries import customers_by_id
from callcore.kernel.errors import NotAllowedNow
from callcore.network.model import OrgKind, PhoneOwner
from callcore.network.pauses import open_pauses
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, RegionRow, UserRow
from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.outbound.cli_number import cli_for
from callcore.outbound.do_not_call import is_barred
from callcore.outbound.limits import check_destination, check_not_ours
from callcore.outbound.robot.model import RobotResult
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.robot.speech import Part, SpokenLine, SpokenOrder, order_parts
from callcore.outbound.tables import RobotCallRow

MAX_PHONES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """`cli` is empty while we have no number of our own. `is_busy`: this number is talking with us now. `tz` the
    customer's zone. `phone_keys` are rung by key 0."""

    order_id: int
    customer_id: int
    number: str
    cli: str
    tz: str
    parts: tuple[Part, ...]
    phone_keys: tuple[str, ...]
    is_busy: bool


async def plan_call(
    session: AsyncSession, row: RobotCallRow, settings: RobotSettings, usual_cli: str, now: datetime
) -> PlannedCall | RobotResult:
    """The result when there is nothing to call for any more. `usual_cli` is the trunk's own number."""
    order = await session.get(OrderRow, row.order_id)
    if order is None or not is_wanted(order, row.cycle):
        return RobotResult.NOT_NEEDED
    customer = (await customers_by_id(session, [order.customer_id])).get(order.customer_id)
    number = customer.phone if customer else ""
    if not await _may_be_dialled(session, number):
        return RobotResult.NO_NUMBER
    if await is_barred(session, number, order.customer_id):
        return RobotResult.BARRED
    if settings.needs_consent and not await has_consent(session, order.customer_id, ConsentKind.CALLS):
        return RobotResult.NO_CONSENT
    return PlannedCall(
        order_id=order.id,
        customer_id=order.customer_id,
        number=number,
        cli=await cli_for(session, org_id=order.org_id, region_code=order.region_code, usual=usual_cli),
        tz=await zone_of(session, order),
        parts=order_parts(await _spoken(session, order, settings)),
        phone_keys=await _phones(session, order, now),
        is_busy=await _is_busy(session, number),
    )


async def _may_be_dialled(session: AsyncSession, number: str) -> bool:
    """+7 and no paid number, as for every call of ours; none of our own either."""
    try:
        check_destination(number, await call_settings(session))
        await check_not_ours(session, number)
    except NotAllowedNow:
        return False
    return bool(number)


def is_wanted(order: OrderRow, cycle: int) -> bool:
    """Nobody has talked with the customer, nothing is over, it is still the same order."""
    return (
        order.deleted_at is None
        and order.kind == OrderKind.ORDER
        and order.cycle == cycle
        and order.contacted_at is None
        and order.status_class in (OrderClass.OPEN, OrderClass.WAITING)
    )


async def zone_of(session: AsyncSession, order: OrderRow) -> str:
    region = await session.get(RegionRow, order.region_code) if order.region_code else None
    return region.tz if region else order.tz


async def _spoken(session: AsyncSession, order: OrderRow, settings: RobotSettings) -> SpokenOrder:
    maker = await session.scalar(
        select(OrgRow.name).where(OrgRow.kind == OrgKind.MANUFACTURER.value).order_by(OrgRow.id).limit(1)
    )
    rows = await session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id == order.id).order_by(OrderLineRow.position)
    )
    return SpokenOrder(
        maker=maker or "",
        number=order.number,
        lines=[SpokenLine(row.name, row.quantity_m, row.unit) for row in rows],
        total_kopecks=order.total_kopecks,
        address=", ".join(part for part in (order.city, order.address) if part),
        due=order.due_at.astimezone(ZoneInfo(order.tz)).date() if order.due_at else None,
        manager=await _manager(session, order, settings),
    )


async def _manager(session: AsyncSession, order: OrderRow, settings: RobotSettings) -> str:
    """The dealer's person who leads the order, with his dealer; before that whom the head office names."""
    user = await session.get(UserRow, order.manager_id) if order.manager_id is not None else None
    name = user.full_name if user is not None else ""
    is_taken = order.org_id is not None and order.accepted_at is not None
    org = await session.get(OrgRow, order.org_id) if is_taken else None
    if org is not None and org.kind != OrgKind.MANUFACTURER:
        return f"{name}, {org.name}" if name else org.name
    return name or settings.manager_name


async def _phones(session: AsyncSession, order: OrderRow, now: datetime) -> tuple[str, ...]:
    """The manager's own phones first, else his dealer's; operators of the head office when nobody has the order."""
    asleep = await open_pauses(session, now)
    wanted = []
    if order.manager_id is not None:
        wanted.append(PhoneRow.user_id == order.manager_id)
    if order.org_id is not None and order.accepted_at is not None:
        wanted.append(or_(UserRow.org_id == order.org_id, OutletRow.org_id == order.org_id))
    wanted.append(PhoneRow.owner == PhoneOwner.OPERATOR.value)
    for condition in wanted:
        rows = await session.execute(
            select(PhoneRow.id, PhoneRow.user_id)
            .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
            .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
            .where(PhoneRow.is_active, condition, or_(PhoneRow.user_id.is_(None), UserRow.is_active))
            .order_by(PhoneRow.position, PhoneRow.id)
            .limit(MAX_PHONES)
        )
        keys = tuple(f"p{row.id}" for row in rows if row.user_id not in asleep)
        if keys:
            return keys
    return ()


async def _is_busy(session: AsyncSession, number: str) -> bool:
    found = await session.scalar(
        select(AttemptRow.id)
        .where(AttemptRow.number == number, AttemptRow.state != AttemptState.ENDED.value)
        .limit(1)
    )
    return found is not None
