"""What the room of one order asks for: each service opens its own session; rights are checked inside."""

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.card_queries import order_card
from callcore.orders.card_views import OrderCard
from callcore.orders.comment_order import comment_order
from web.orders.card_services import CardServices


class OrderCardReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> CardServices:
        return CardServices(card=self.card, comment=self.comment)

    async def card(self, viewer: Viewer, number: int) -> OrderCard:
        async with self._database.session() as session:
            return await order_card(session, viewer, number)

    async def comment(self, viewer: Viewer, number: int, text: str, *, is_public: bool) -> None:
        async with self._database.transaction() as session:
            await comment_order(session, viewer, number, text, now=self._clock.now(), is_public=is_public)
