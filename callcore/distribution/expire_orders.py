"""Use case: an order that was taken and not called about goes back to the others by itself, where the factory wants that."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from callcore.distribution.release_order import Return, give_back
from callcore.distribution.rights import lock_order
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.kernel.logs import get_logger
from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.settings import order_settings
from callcore.orders.statuses import POSTPONED
from callcore.orders.tables import OrderRow

BATCH: Final = 50
_log = get_logger(__name__)


class ExpireOrders:
    """Each order in a transaction of its own, under its lock; two processes may look at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self) -> int:
        """How many went back."""
        now = self._clock.now()
        async with self._database.session() as session:
            settings = await order_settings(session)
            if not settings.release_minutes:
                return 0
            silent = _silent(now - timedelta(minutes=settings.release_minutes))
            numbers = list(await session.scalars(select(OrderRow.number).where(silent).limit(BATCH)))
        count = 0
        for number in numbers:
            count += await self._give_back(number, silent, settings.release_minutes, now)
        return count

    async def _give_back(self, number: int, silent: ColumnElement[bool], minutes: int, now: datetime) -> bool:
        try:
            async with self._database.transaction() as session:
                order = await lock_order(session, number, silent)
                settings = await order_settings(session)
                why = f"нет звонка клиенту за {minutes} мин"
                org_id = await give_back(session, order, Return(why), settings, now=now)
        except NotFound:
            return False  # somebody called meanwhile
        _log.info("order went back", number=number, org_id=org_id)
        return True


def _silent(before: datetime) -> ColumnElement[bool]:
    return and_(
        OrderRow.status_class == OrderClass.WAITING.value,
        OrderRow.status != POSTPONED,  # the customer wants to wait: a talk is not owed meanwhile
        OrderRow.kind == OrderKind.ORDER.value,
        OrderRow.accepted_at <= before,
        OrderRow.contacted_at.is_(None),
        OrderRow.deleted_at.is_(None),
        OrderRow.org_id.is_not(None),
    )
