"""Open pages hear of orders: once a second the end of the timeline and the windows that have opened are looked at."""

from dataclasses import replace
from functools import partial
from typing import Final

from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.orders.news import NewsMark, is_news, news_mark, read_news

LOOK_S: Final = 1.0
_log = get_logger(__name__)


class OrderFeed:
    """Tells of what is committed only: it reads what others wrote. While the database is away nothing is told; what
    happened meanwhile is told afterwards."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._mark: NewsMark | None = None

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("order-feed", every(LOOK_S, self.look))

    async def look(self) -> None:
        now = self._clock.now()
        try:
            if self._mark is not None and not await self._database.read(
                partial(is_news, mark=self._mark, now=now)
            ):
                self._mark = replace(self._mark, at=now)
                return
            if self._mark is None:
                self._mark = await self._database.look(partial(news_mark, now=now))
                return
            news, self._mark = await self._database.look(partial(read_news, mark=self._mark, now=now))
        except DatabaseUnavailable as error:
            _log.warning("orders not looked at", error=str(error))
            return
        self._bus.publish(*news)
