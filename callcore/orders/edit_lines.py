"""Use case: the lines of an order are changed as a whole. Whoever was shown older lines is told what differs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import ProductRow
from callcore.kernel.errors import Conflict
from callcore.network.model import Viewer
from callcore.orders.changing import changes_since, order_to_change, tell_changed
from callcore.orders.line_changes import LineDraft, changes_between, check_drafts
from callcore.orders.promo import recount
from callcore.orders.tables import OrderLineRow, OrderRow

FIELD = "lines"


async def edit_lines(
    session: AsyncSession,
    viewer: Viewer,
    number: int,
    drafts: Sequence[LineDraft],
    *,
    shown: int,
    now: datetime,
) -> bool:
    """`drafts` are all lines, in their order; `shown` is the version of the order that the person edited. False when
    nothing differs. Raises NotFound, Forbidden, Invalid (fields lines.<n>.<name>), NotAllowedNow("order-closed"),
    Conflict("lines-changed") when others have changed the lines since."""
    order = await order_to_change(session, viewer, number, now=now)
    rows = list(
        await session.scalars(
            select(OrderLineRow).where(OrderLineRow.order_id == order.id).order_by(OrderLineRow.position)
        )
    )
    if await changes_since(session, order.id, shown, FIELD):
        raise Conflict("lines-changed")
    check_drafts(drafts)
    before = tuple(draft_of(row) for row in rows)
    changes = changes_between(before, drafts)
    if not changes and [line.id for line in before] == [line.id for line in drafts]:
        return False
    await _write(session, order, rows, drafts)
    total = order.total_kopecks
    await recount(session, order)
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field=FIELD,
        lines=[asdict(change) for change in changes],
        **{"from": total, "to": order.total_kopecks},
    )
    return True


def draft_of(row: OrderLineRow) -> LineDraft:
    return LineDraft(
        id=row.id,
        name=row.name,
        quantity_m=row.quantity_m,
        price=row.price,
        article=row.article,
        unit=row.unit,
        kind=row.kind,
        service=row.service,
        category=row.category,
        params=row.params,
    )


async def _write(
    session: AsyncSession, order: OrderRow, rows: Sequence[OrderLineRow], drafts: Sequence[LineDraft]
) -> None:
    known = {row.id: row for row in rows}
    kept = {draft.id for draft in drafts}
    await session.execute(
        delete(OrderLineRow).where(OrderLineRow.id.in_([row_id for row_id in known if row_id not in kept]))
    )
    products = await _products(session, {draft.article for draft in drafts if draft.article})
    for position, draft in enumerate(drafts, start=1):
        row = known.get(draft.id or 0)
        if row is None:
            row = OrderLineRow(order_id=order.id)
            session.add(row)
        _fill(row, draft, position, products.get(draft.article))
    await session.flush()


def _fill(row: OrderLineRow, draft: LineDraft, position: int, product: ProductRow | None) -> None:
    """A line of the catalogue is known again by its article; name and price stay as typed."""
    row.position = position
    row.kind, row.service = draft.kind, draft.service
    row.article, row.name, row.unit = draft.article, draft.name.strip(), draft.unit
    row.quantity_m = draft.quantity_m or 0
    row.price = draft.price if draft.price is not None else row.price
    row.total_kopecks = draft.total_kopecks
    row.params = dict(draft.params)
    row.product_id = product.id if product else None
    row.category = draft.category or (product.category if product else "")


async def _products(session: AsyncSession, articles: set[str]) -> dict[str, ProductRow]:
    if not articles:
        return {}
    rows = await session.scalars(select(ProductRow).where(ProductRow.article.in_(sorted(articles))))
    return {row.article: row for row in rows}
