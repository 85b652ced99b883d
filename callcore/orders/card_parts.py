"""Read side of orders: lines, files and people of one order, and what its viewer may do with it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import DealerGoodsRow
from callcore.network.model import OrgKind, OrgState, Role, Viewer
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OrgRow, UserRow
from callcore.orders.card_timeline import without_zeros
from callcore.orders.card_views import CardRights, Contactable, FileView, OrderLineView, Outcome, TimelineItem
from callcore.orders.changing import FACTORY, HEAD_OFFICE, WORKERS
from callcore.orders.close_order import points_for
from callcore.orders.desk_tables import OrderFileRow
from callcore.orders.model import GOODS, Fault, OrderClass, OrderEventKind, OrderKind, OrderResult
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderLineRow, OrderReasonRow, OrderRow

MAX_OTHERS: Final = 5


def rights_of(viewer: Viewer, order: OrderRow, *, is_own: bool) -> CardRights:
    """What the page offers; the use cases ask again."""
    if not is_own:
        return CardRights()
    is_running = order.status_class != OrderClass.CLOSED
    works = viewer.role in WORKERS
    return CardRights(
        is_own=True,
        may_work=works and is_running,
        may_comment=works,
        may_set_terms=viewer.role in HEAD_OFFICE and is_running,
        may_vouch=viewer.role in FACTORY and is_running and order.contacted_at is None,
        may_reward=viewer.role in FACTORY and is_running and order.kind == OrderKind.ORDER,
        may_reopen=viewer.role in HEAD_OFFICE and not is_running,
        may_delete=viewer.role is Role.ADMIN,
        may_set_phone=viewer.role in HEAD_OFFICE,
    )


async def lines_of(session: AsyncSession, order: OrderRow) -> tuple[OrderLineView, ...]:
    found = select(OrderLineRow).where(OrderLineRow.order_id == order.id).order_by(OrderLineRow.position)
    rows = (await session.scalars(found)).all()
    missing = await _not_sold(session, order, rows)
    return tuple(
        OrderLineView(
            id=row.id,
            position=row.position,
            kind=row.kind,
            article=row.article,
            name=row.name,
            unit=row.unit,
            quantity=without_zeros(Decimal(row.quantity_m) / 1000),
            price=row.price,
            total_kopecks=row.total_kopecks,
            category=row.category,
            service=row.service,
            params={name: str(value) for name, value in row.params.items()},
            is_missing=row.product_id in missing,
        )
        for row in rows
    )


async def _not_sold(session: AsyncSession, order: OrderRow, rows: Sequence[OrderLineRow]) -> set[int | None]:
    """Products on the order that its dealer does not sell; what is not of the catalogue is not known."""
    wanted: set[int | None] = {
        row.product_id for row in rows if row.kind == GOODS and row.product_id is not None
    }
    org = await session.get(OrgRow, order.org_id) if order.org_id is not None and wanted else None
    if org is None or org.whole_line or org.kind == OrgKind.MANUFACTURER:
        return set()
    sold = select(DealerGoodsRow.product_id).where(
        DealerGoodsRow.org_id == org.id, DealerGoodsRow.product_id.in_(wanted)
    )
    return set(wanted) - set(await session.scalars(sold))


async def who_sells(session: AsyncSession, order: OrderRow) -> tuple[tuple[int, str], ...]:
    """Working dealers of the region who sell every position of the order, those with the most points first."""
    lines = select(OrderLineRow.product_id).where(
        OrderLineRow.order_id == order.id, OrderLineRow.product_id.is_not(None)
    )
    wanted = set(await session.scalars(lines))
    sold = (
        select(DealerGoodsRow.org_id)
        .where(DealerGoodsRow.product_id.in_(wanted))
        .group_by(DealerGoodsRow.org_id)
        .having(func.count(DealerGoodsRow.product_id) == len(wanted))
    )
    near = select(OrgRegionRow.org_id).where(OrgRegionRow.region_code == order.region_code)
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name)
        .where(
            OrgRow.kind != OrgKind.MANUFACTURER.value,
            OrgRow.state == OrgState.ACTIVE.value,
            OrgRow.is_authorised,
            OrgRow.id != order.org_id,
            OrgRow.whole_line | OrgRow.id.in_(sold),
            OrgRow.id.in_(near) | (OrgRow.region_code == order.region_code),
        )
        .order_by(OrgRow.points.desc(), OrgRow.id)
        .limit(MAX_OTHERS)
    )
    return tuple((org_id, name) for org_id, name in rows)


async def files_of(session: AsyncSession, order_id: int) -> tuple[FileView, ...]:
    """Newest first."""
    rows = await session.execute(
        select(OrderFileRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == OrderFileRow.user_id)
        .where(OrderFileRow.order_id == order_id, OrderFileRow.deleted_at.is_(None))
        .order_by(OrderFileRow.at.desc(), OrderFileRow.id.desc())
    )
    return tuple(
        FileView(
            id=row.id,
            name=row.name,
            size=row.size,
            media_type=row.media_type,
            is_public=row.is_public,
            at=row.at,
            user_name=name or "",
        )
        for row, name in rows
    )


async def people_of(session: AsyncSession, order: OrderRow) -> tuple[Contactable | None, Contactable | None]:
    """Its manager and its dealer."""
    user = await session.get(UserRow, order.manager_id) if order.manager_id is not None else None
    org = await session.get(OrgRow, order.org_id) if order.org_id is not None else None
    phone = None
    if org is not None:
        phones = select(OrgPhoneRow.number).where(OrgPhoneRow.org_id == org.id).order_by(OrgPhoneRow.id)
        phone = await session.scalar(phones.limit(1))
    return (
        Contactable(id=user.id, name=user.full_name, email=user.email) if user else None,
        Contactable(id=org.id, name=org.name, phone=phone or "", email=org.email) if org else None,
    )


async def outcome_of(
    session: AsyncSession, order: OrderRow, timeline: Sequence[TimelineItem], settings: OrderSettings
) -> Outcome:
    reason = await session.get(OrderReasonRow, order.reason_id) if order.reason_id is not None else None
    is_closed = order.status_class == OrderClass.CLOSED
    points = select(func.sum(PointsEntryRow.points)).where(
        PointsEntryRow.order_id == order.id,
        PointsEntryRow.cycle == order.cycle,
        PointsEntryRow.org_id == order.org_id,
    )
    ends = (OrderEventKind.CLOSED, OrderEventKind.STATUS)
    closed_by = next((item.actor_name for item in reversed(timeline) if item.kind in ends), "")
    return Outcome(
        reason=reason.title if reason else "",
        fault=Fault(reason.fault) if reason else None,
        note=order.close_note,
        closed_by=closed_by if is_closed else "",
        earned_kopecks=order.earned_kopecks,
        points=int(await session.scalar(points) or 0) if is_closed else None,
        reward=points_for(OrderResult.DONE, Fault.NONE, order.points_override, settings),
        override=order.points_override,
    )


def without_house(address: str) -> str:
    """«ул. Лесная» of «ул. Лесная, д. 5, кв. 3»: for whom the order is only offered."""
    parts = (part.strip() for part in address.split(","))
    return ", ".join(part for part in parts if part and not any(char.isdigit() for char in part))
