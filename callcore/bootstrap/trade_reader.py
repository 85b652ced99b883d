"""Services of the page of what a dealer sells: each opens its own session; rights are checked inside."""

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.trade import ChangeTrade, Trade, dealer_trade
from web.dealers.trade_pages import TradeServices


class TradeReader:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> TradeServices:
        return TradeServices(page=self.page, change=ChangeTrade(self._database, self._clock))

    async def page(self, viewer: Viewer, org_id: int, text: str) -> Trade:
        async with self._database.session() as session:
            return await dealer_trade(session, viewer, org_id, text)
