"""The tabs of the order list as conditions, and how many orders stand on each."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.orders.list_model import (
    COUNT_LIMIT,
    DEALER_TABS,
    STAFF_TABS,
    Count,
    OrderTab,
    Owed,
    TabCount,
)
from callcore.orders.model import OrderClass
from callcore.orders.rights import OrderReach
from callcore.orders.tables import OrderRow

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)  # SQLite finds no place in an index for «is not null»
CLASSES: Final = tuple(one.value for one in OrderClass)  # named, so that an index alone tells the count
RUNNING: Final = tuple(one.value for one in OrderClass if one is not OrderClass.CLOSED)


def tabs_of(viewer: Viewer, reach: OrderReach) -> tuple[OrderTab, ...]:
    if viewer.is_staff:
        return STAFF_TABS
    has_available = reach.sees_available and not reach.only_own_site
    return tuple(tab for tab in DEALER_TABS if tab is not OrderTab.AVAILABLE or has_available)


def on_tab(viewer: Viewer, reach: OrderReach, tab: OrderTab | None) -> ColumnElement[bool]:
    """A condition on OrderRow; without a tab all that exists for this viewer. Raises NotFound for a tab that he has not."""
    if tab is None:
        return reach.visible()
    if tab not in tabs_of(viewer, reach):
        raise NotFound("no-such-tab")
    if tab is OrderTab.AVAILABLE:
        return reach.available()
    if tab is OrderTab.MINE and reach.only_own_site:  # what his own site brought stands among his own
        return and_(OrderRow.status_class.in_(RUNNING), reach.visible())
    return and_(reach.own(), *_further(viewer, reach, tab))


def _further(viewer: Viewer, reach: OrderReach, tab: OrderTab) -> tuple[ColumnElement[bool], ...]:
    if tab is OrderTab.ALL:
        return ()
    if tab is OrderTab.CLOSED:
        return (OrderRow.status_class == OrderClass.CLOSED.value,)
    is_running = OrderRow.status_class.in_(RUNNING)
    if tab is OrderTab.MINE:
        return (is_running, OrderRow.manager_id == viewer.user_id) if viewer.is_staff else (is_running,)
    if tab is OrderTab.DECLINED:
        return (OrderRow.declined_at > LONG_AGO, is_running)
    troubled = (OrderRow.attention_at > LONG_AGO, OrderRow.attention_at <= reach.now)
    # said again for a dealer, so that only his few running orders are looked through
    return troubled if viewer.is_staff else (*troubled, is_running)


async def count_tabs(session: AsyncSession, viewer: Viewer, reach: OrderReach) -> tuple[TabCount, ...]:
    """All in one query; each stops at COUNT_LIMIT."""
    tabs = tabs_of(viewer, reach)
    any_class = OrderRow.status_class.in_(CLASSES)
    asked = [
        bounded(on_tab(viewer, reach, tab), *([any_class] if tab is OrderTab.ALL else [])) for tab in tabs
    ]
    counts = (await session.execute(select(*asked))).one()
    return tuple(TabCount(tab, Count(count)) for tab, count in zip(tabs, counts, strict=True))


async def owed(session: AsyncSession, viewer: Viewer, reach: OrderReach) -> Owed:
    """For dealers what they may take and whom they must call; for staff what dealers refused."""
    waiting = and_(reach.own(), OrderRow.status_class == OrderClass.WAITING.value)
    asks = (on_tab(viewer, reach, OrderTab.DECLINED),) if viewer.is_staff else (reach.available(), waiting)
    is_late = OrderRow.attention_at <= reach.now
    counts = [bounded(one) for one in asks] + [bounded(one, is_late) for one in asks]
    found = (await session.execute(select(*counts))).one()
    return Owed(sum(found[: len(asks)]), sum(found[len(asks) :]))


def bounded(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """How many orders, COUNT_LIMIT + 1 at most."""
    found = select(OrderRow.id).where(*conditions).limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()
