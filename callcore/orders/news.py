"""What has happened to orders since the last look, and who may hear of it: staff, the dealer who has the order with all
above him, and those to whom it is or was just offered."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.bus import Audience
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.events import OrderChanged, OrderNews
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderRow

MOST_AT_ONCE: Final = 500
OVERLAP: Final = 200  # transactions end in another order than their rows were numbered
_STRENGTH: Final = list(OrderNews)
_MOVES: Final = frozenset(
    {
        OrderEventKind.ACCEPTED,
        OrderEventKind.DECLINED,
        OrderEventKind.RELEASED,
        OrderEventKind.ASSIGNED,
        OrderEventKind.STATUS,
        OrderEventKind.CLOSED,
        OrderEventKind.REOPENED,
    }
)


@dataclass(frozen=True, slots=True)
class NewsMark:
    """Up to where the timeline and the windows were read. `recent`: ids of the last events, told already."""

    event_id: int
    at: datetime
    recent: frozenset[int] = field(default_factory=frozenset)


async def news_mark(session: AsyncSession, now: datetime) -> NewsMark:
    """The end: nothing before it is told."""
    last = await session.scalar(select(func.max(OrderEventRow.id))) or 0
    known = await session.scalars(select(OrderEventRow.id).where(OrderEventRow.id > last - OVERLAP))
    return NewsMark(last, now, frozenset(known))


def is_news(connection: Connection, mark: NewsMark, now: datetime) -> bool:
    """Would `read_news` tell anything? Asked every moment, most often in vain."""
    told = connection.execute(select(OrderEventRow.id).where(OrderEventRow.id > mark.event_id - OVERLAP))
    if any(event_id not in mark.recent for event_id in told.scalars()):
        return True
    return bool(connection.scalar(select(exists().where(*_opened_between(mark.at, now)))))


async def read_news(
    session: AsyncSession, mark: NewsMark, now: datetime
) -> tuple[tuple[OrderChanged, ...], NewsMark]:
    """One for each order, MOST_AT_ONCE events at most; the rest comes with the next look."""
    rows = await session.execute(
        select(OrderEventRow.id, OrderEventRow.order_id, OrderEventRow.kind)
        .where(OrderEventRow.id > mark.event_id - OVERLAP)
        .order_by(OrderEventRow.id)
        .limit(OVERLAP + MOST_AT_ONCE)
    )
    what: dict[int, OrderNews] = {}
    seen: set[int] = set()
    for event_id, order_id, kind in rows:
        seen.add(event_id)
        if event_id not in mark.recent:
            _strongest(what, order_id, _news(kind))
    for order_id in await _opened(session, mark.at, now):
        _strongest(what, order_id, OrderNews.AVAILABLE)
    last = max(seen, default=mark.event_id)
    kept = frozenset(one for one in seen | mark.recent if one > last - 2 * OVERLAP)
    return await _told(session, what, now), NewsMark(max(last, mark.event_id), now, kept)


def _news(kind: str) -> OrderNews:
    if kind == OrderEventKind.CREATED:
        return OrderNews.CREATED
    if kind == OrderEventKind.OFFERED:
        return OrderNews.AVAILABLE
    return OrderNews.MOVED if kind in _MOVES else OrderNews.CHANGED


def _strongest(what: dict[int, OrderNews], order_id: int, news: OrderNews) -> None:
    what[order_id] = min(what.get(order_id, news), news, key=_STRENGTH.index)


async def _opened(session: AsyncSession, since: datetime, now: datetime) -> Collection[int]:
    found = await session.scalars(
        select(OrderWindowRow.order_id).where(*_opened_between(since, now)).distinct().limit(MOST_AT_ONCE)
    )
    return found.all()


def _opened_between(since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_open = OrderWindowRow.closed_at.is_(None)
    return OrderWindowRow.opens_at > since, OrderWindowRow.opens_at <= now, is_open


async def _told(
    session: AsyncSession, what: Mapping[int, OrderNews], now: datetime
) -> tuple[OrderChanged, ...]:
    if not what:
        return ()
    orders = await session.execute(
        select(OrderRow.id, OrderRow.number, OrgRow.path)
        .outerjoin(OrgRow, OrgRow.id == OrderRow.org_id)
        .where(OrderRow.id.in_(what))
    )
    offered = await _offered_to(session, what, now)
    return tuple(
        OrderChanged(
            at=now,
            audience=Audience(staff=True, org_ids=_line(path or "").union(offered[order_id])),
            number=number,
            what=what[order_id],
        )
        for order_id, number, path in orders
    )


async def _offered_to(
    session: AsyncSession, what: Mapping[int, OrderNews], now: datetime
) -> Mapping[int, set[int]]:
    """Whose windows are open; when the order has moved also those whose window has just closed."""
    rows = await session.execute(
        select(OrderWindowRow.order_id, OrderWindowRow.closed_at, OrgRow.path)
        .join(OrgRow, OrgRow.id == OrderWindowRow.org_id)
        .join(OrderRow, OrderRow.id == OrderWindowRow.order_id)
        .where(
            OrderWindowRow.order_id.in_(what),
            OrderWindowRow.run == OrderRow.run,
            OrderWindowRow.opens_at <= now,
        )
    )
    found: dict[int, set[int]] = defaultdict(set)
    for order_id, closed_at, path in rows:
        if closed_at is None or what[order_id] is OrderNews.MOVED:
            found[order_id] |= _line(path)
    return found


def _line(path: str) -> frozenset[int]:
    """The organisation and all above it."""
    return frozenset(int(part) for part in path.split("/") if part.isdigit())
