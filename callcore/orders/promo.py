"""Use cases: a promo code on an order. A code counts its uses; an order holds one."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Invalid
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.changing import order_to_change, tell_changed
from callcore.orders.desk_tables import PromoCodeRow, PromoUseRow
from callcore.orders.tables import OrderLineRow, OrderRow

FIELD = "promo"
MAX_CODE_CHARS: Final = 40
PERCENT, SUM = "percent", "sum"
_WHOLE: Final = 10_000  # hundredths of a per cent


async def apply_promo(
    session: AsyncSession, viewer: Viewer, number: int, code: str, *, now: datetime
) -> bool:
    """False when the order holds this code already: nothing changes. Raises NotFound, Forbidden, NotAllowedNow
    ("order-closed"), Invalid (field code) with the code promo-unknown, promo-not-yet, promo-over, promo-foreign,
    promo-small (min_kopecks), promo-spent or promo-other (`holds`)."""
    order = await order_to_change(session, viewer, number, now=now)
    wanted = normal_code(code)
    if wanted and order.promo_code == wanted:
        return False
    if order.promo_code:
        raise _refused("promo-other", holds=order.promo_code)
    promo = await session.scalar(select(PromoCodeRow).where(PromoCodeRow.code == wanted))
    if promo is None or not promo.is_active:
        raise _refused("promo-unknown")
    lines_kopecks = await _lines_sum(session, order.id)
    await _check(session, order, promo, lines_kopecks, now)
    discount = discount_of(promo.kind, promo.value, lines_kopecks)
    await _take(session, order, promo, discount, viewer, now)
    order.promo_code = promo.code
    before = order.total_kopecks
    _put_sum(order, lines_kopecks, discount)
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field=FIELD,
        text=promo.code,
        **{"from": before, "to": order.total_kopecks},
    )
    return True


async def remove_promo(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> bool:
    """False when there is none. The use is given back. Raises NotFound, Forbidden, NotAllowedNow("order-closed")."""
    order = await order_to_change(session, viewer, number, now=now)
    if not order.promo_code:
        return False
    code, before = order.promo_code, order.total_kopecks
    await _give_back(session, order)
    _put_sum(order, await _lines_sum(session, order.id), 0)
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field="promo-removed",
        text=code,
        **{"from": before, "to": order.total_kopecks},
    )
    return True


async def recount(session: AsyncSession, order: OrderRow) -> None:
    """The sum after a change of the lines; a code whose least sum is not reached any more goes away."""
    lines_kopecks = await _lines_sum(session, order.id)
    discount = 0
    if order.promo_code:
        promo = await session.scalar(select(PromoCodeRow).where(PromoCodeRow.code == order.promo_code))
        if promo is None or lines_kopecks < promo.min_kopecks:
            await _give_back(session, order)
        else:
            discount = discount_of(promo.kind, promo.value, lines_kopecks)
            use = await session.get(PromoUseRow, order.id)
            if use is not None:
                use.discount_kopecks = discount
    _put_sum(order, lines_kopecks, discount)


def discount_of(kind: str, value: int, lines_kopecks: int) -> int:
    """Never more than the lines are worth; rounded half up to a kopeck."""
    if kind == SUM:
        return min(value, lines_kopecks)
    exact = Decimal(lines_kopecks) * value / _WHOLE
    return min(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), lines_kopecks)


def normal_code(code: str) -> str:
    """As it is stored: upper case, no blanks."""
    return "".join(code.replace("\x00", "").split()).upper()[:MAX_CODE_CHARS]


def _refused(code: str, **details: Any) -> Invalid:
    return Invalid(code, fields={"code": code}, **details)


async def _check(
    session: AsyncSession, order: OrderRow, promo: PromoCodeRow, lines_kopecks: int, now: datetime
) -> None:
    if promo.valid_from is not None and now < promo.valid_from:
        raise _refused("promo-not-yet")
    if promo.valid_until is not None and now >= promo.valid_until:
        raise _refused("promo-over")
    if promo.org_id is not None:
        path = await session.scalar(select(OrgRow.path).where(OrgRow.id == order.org_id))
        if f"/{promo.org_id}/" not in (path or ""):
            raise _refused("promo-foreign")
    if lines_kopecks < promo.min_kopecks:
        raise _refused("promo-small", min_kopecks=promo.min_kopecks)


async def _take(
    session: AsyncSession, order: OrderRow, promo: PromoCodeRow, discount: int, viewer: Viewer, now: datetime
) -> None:
    """One guarded UPDATE counts, so that two orders at once do not share the last use."""
    counted = await session.scalar(
        update(PromoCodeRow)
        .where(
            PromoCodeRow.id == promo.id,
            or_(PromoCodeRow.use_limit.is_(None), PromoCodeRow.used < PromoCodeRow.use_limit),
        )
        .values(used=PromoCodeRow.used + 1)
        .returning(PromoCodeRow.id)
        .execution_options(synchronize_session=False)
    )
    if counted is None:
        raise _refused("promo-spent")
    await insert_unless_exists(
        session,
        PromoUseRow,
        order_id=order.id,
        code_id=promo.id,
        discount_kopecks=discount,
        at=now,
        user_id=viewer.user_id,
    )


async def _give_back(session: AsyncSession, order: OrderRow) -> None:
    order.promo_code = ""
    use = await session.get(PromoUseRow, order.id)
    if use is None:
        return
    await session.execute(
        update(PromoCodeRow)
        .where(PromoCodeRow.id == use.code_id, PromoCodeRow.used > 0)
        .values(used=PromoCodeRow.used - 1)
        .execution_options(synchronize_session=False)
    )
    await session.delete(use)
    await session.flush()


async def _lines_sum(session: AsyncSession, order_id: int) -> int:
    found = select(func.sum(OrderLineRow.total_kopecks)).where(OrderLineRow.order_id == order_id)
    return int(await session.scalar(found) or 0)


def _put_sum(order: OrderRow, lines_kopecks: int, discount: int) -> None:
    order.discount_kopecks = discount
    order.total_kopecks = lines_kopecks - discount
