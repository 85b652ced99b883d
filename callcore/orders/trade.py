"""What a dealer sells and how he works with orders: which of these he may take rests on it.

Read and changed by the head of a dealer for himself and those below him, and by the head office for all; which orders he
sees at all is the head office's alone.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import DealerGoodsRow, ProductRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_rows
from callcore.kernel.errors import Conflict, Forbidden, NotFound
from callcore.network.dealers import sees_org
from callcore.network.editing import Notes, changes_between, check_fields, may_run, org_to_change
from callcore.network.model import OrderAccess, OrgKind, PhonePolicy, Viewer
from callcore.network.outlets import EDITORS
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import DealerServiceRow
from callcore.orders.model import SERVICES

MAX_LISTED: Final = 200
MAX_CAPACITY: Final = 100_000
MAX_PRICE: Final = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Goods:
    """A position of the catalogue; `is_sold`: ticked by this dealer."""

    id: int
    article: str
    name: str
    category: str
    is_sold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFields:
    """`services` are codes with their price in roubles, None for agreed. `capacity` None: as many open orders as come.
    `phone_policy` None: as the network's."""

    whole_line: bool
    services: Mapping[str, Decimal | None]
    order_access: OrderAccess = OrderAccess.REGION
    capacity: int | None = None
    phone_policy: PhonePolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """`goods` are those that match the search, at most MAX_LISTED; `sold` and `all_goods` count the whole. `stamp` changes
    with the fields: the guard against lost updates."""

    org_id: int
    org_name: str
    fields: TradeFields
    goods: tuple[Goods, ...]
    sold: int
    all_goods: int
    stamp: str


async def dealer_trade(session: AsyncSession, viewer: Viewer, org_id: int, text: str = "") -> Trade:
    """`text` is a part of a name or category, or an article. Raises NotFound, Forbidden."""
    org = await session.scalar(
        select(OrgRow).where(OrgRow.id == org_id, sees_org(viewer), OrgRow.kind != OrgKind.MANUFACTURER.value)
    )
    if org is None:
        raise NotFound("dealer-not-found")
    if not may_run(viewer):
        raise Forbidden("not-editor")
    sold = set(
        await session.scalars(select(DealerGoodsRow.product_id).where(DealerGoodsRow.org_id == org_id))
    )
    found = select(ProductRow).where(ProductRow.is_active)
    if text:
        part = func.lower(ProductRow.name).contains(text.lower(), autoescape=True)
        as_typed = ProductRow.name.contains(text, autoescape=True)  # SQLite lowers Latin letters alone
        found = found.where(or_(part, as_typed, ProductRow.article == text, ProductRow.category == text))
    rows = await session.scalars(found.order_by(ProductRow.category, ProductRow.name).limit(MAX_LISTED))
    fields = await _fields(session, org)
    every = await session.scalar(select(func.count()).select_from(ProductRow).where(ProductRow.is_active))
    return Trade(
        org_id=org.id,
        org_name=org.name,
        fields=fields,
        goods=tuple(Goods(row.id, row.article, row.name, row.category, row.id in sold) for row in rows),
        sold=len(sold),
        all_goods=every or 0,
        stamp=_stamp(fields),
    )


class ChangeTrade:
    """Both raise NotFound, Forbidden and NotAllowedNow as the rest of a dealer's card does, and leave an audit row."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._notes = Notes(clock)

    async def save(self, viewer: Viewer, org_id: int, fields: TradeFields, stamp: str) -> None:
        """Raises Invalid (fields), Conflict("trade-changed"). Which orders a dealer sees stays as it is unless the head
        office asks."""
        async with self._database.transaction() as session:
            org = await _dealer_to_change(session, viewer, org_id)
            _check(fields)
            before = await _fields(session, org)
            if _stamp(before) != stamp:
                raise Conflict("trade-changed")
            org.whole_line, org.order_capacity = fields.whole_line, fields.capacity
            if viewer.role in EDITORS:
                org.order_access = fields.order_access.value
                org.phone_policy = fields.phone_policy.value if fields.phone_policy else ""
            await session.execute(delete(DealerServiceRow).where(DealerServiceRow.org_id == org_id))
            rows = [
                {"org_id": org_id, "service": code, "price": price} for code, price in fields.services.items()
            ]
            await insert_rows(session, DealerServiceRow, rows)
            await session.flush()
            after = await _fields(session, org)
            if changes := changes_between(_plain(before), _plain(after)):
                self._notes.add(session, viewer, "dealer:trade", "organization", org_id, changes=changes)

    async def tick(
        self, viewer: Viewer, org_id: int, shown: Collection[int], sold: Collection[int]
    ) -> tuple[int, int]:
        """Of the positions that were shown those that he sells; the others of the catalogue stay as they are. Tells how
        many came and went."""
        async with self._database.transaction() as session:
            await _dealer_to_change(session, viewer, org_id)
            known = set(await session.scalars(select(ProductRow.id).where(ProductRow.id.in_(shown))))
            of_dealer = DealerGoodsRow.org_id == org_id
            was = set(
                await session.scalars(
                    select(DealerGoodsRow.product_id).where(of_dealer, DealerGoodsRow.product_id.in_(known))
                )
            )
            wanted = known & set(sold)
            gone, come = was - wanted, wanted - was
            if gone:
                await session.execute(
                    delete(DealerGoodsRow).where(of_dealer, DealerGoodsRow.product_id.in_(gone))
                )
            await insert_rows(
                session, DealerGoodsRow, [{"org_id": org_id, "product_id": one} for one in sorted(come)]
            )
            if come or gone:
                data = {"come": sorted(come), "gone": sorted(gone)}
                self._notes.add(session, viewer, "dealer:goods", "organization", org_id, **data)
        return len(come), len(gone)


async def _dealer_to_change(session: AsyncSession, viewer: Viewer, org_id: int) -> OrgRow:
    org = await org_to_change(session, viewer, org_id)
    if org.kind == OrgKind.MANUFACTURER:
        raise NotFound("dealer-not-found")
    return org


async def _fields(session: AsyncSession, org: OrgRow) -> TradeFields:
    rows = await session.execute(
        select(DealerServiceRow.service, DealerServiceRow.price)
        .where(DealerServiceRow.org_id == org.id)
        .order_by(DealerServiceRow.service)
    )
    return TradeFields(
        whole_line=org.whole_line,
        services=dict(rows.all()),
        order_access=OrderAccess(org.order_access),
        capacity=org.order_capacity,
        phone_policy=PhonePolicy(org.phone_policy) if org.phone_policy else None,
    )


def _check(fields: TradeFields) -> None:
    wrong = {
        f"price_{code}": "number-range"
        for code, price in fields.services.items()
        if price is not None and not 0 <= price <= MAX_PRICE
    }
    if set(fields.services) - SERVICES.keys():
        wrong["services"] = "not-listed"
    if fields.capacity is not None and not 0 < fields.capacity <= MAX_CAPACITY:
        wrong["capacity"] = "number-range"
    check_fields(wrong)


def _plain(fields: TradeFields) -> dict[str, Any]:
    return {
        "whole_line": fields.whole_line,
        "order_access": fields.order_access.value,
        "capacity": fields.capacity,
        "phone_policy": fields.phone_policy.value if fields.phone_policy else "",
        "services": {
            code: None if price is None else f"{price:.2f}" for code, price in sorted(fields.services.items())
        },
    }


def _stamp(fields: TradeFields) -> str:
    text = json.dumps(_plain(fields), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
