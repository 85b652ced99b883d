"""What the list of orders asks for: each service opens its own session; rights are checked inside."""

from collections.abc import Awaitable, Callable

from callcore.calls.views import JournalChoices
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.queries import list_orders
from callcore.orders.views import OrderCursor, OrderFilter, OrderPage
from web.orders.list_services import ListServices


class OrderListReader:
    """Names follow the services."""

    def __init__(
        self, database: Database, clock: Clock, choices: Callable[[Viewer], Awaitable[JournalChoices]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices

    def services(self) -> ListServices:
        return ListServices(find=self.find, choices=self._choices)

    async def find(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> OrderPage:
        async with self._database.session() as session:
            return await list_orders(session, viewer, wanted, after=after, limit=limit)
