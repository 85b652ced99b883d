"""Services of the page of strategies: each opens its own session; rights are checked inside."""

from callcore.distribution.change_order_policy import ChangeOrderPolicy
from callcore.distribution.policy import OrderPolicy
from callcore.distribution.policy_store import OrderPolicyBook, order_policy_book
from callcore.distribution.rehearse import OrderRehearsal
from callcore.distribution.try_policy import rehearse_orders
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden
from callcore.network.model import Viewer
from callcore.network.policy_versions import POLICY_READERS
from web.strategies.services import StrategyServices


class StrategyReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> StrategyServices:
        return StrategyServices(
            book=self.book, rehearse=self.rehearse, change=ChangeOrderPolicy(self._database, self._clock)
        )

    async def book(self, viewer: Viewer, policy_id: int | None) -> OrderPolicyBook:
        async with self._database.session() as session:
            return await order_policy_book(session, viewer, policy_id)

    async def rehearse(self, viewer: Viewer, changed: OrderPolicy, policy_id: int | None) -> OrderRehearsal:
        if viewer.role not in POLICY_READERS:
            raise Forbidden("not-reader")
        async with self._database.session() as session:
            return await rehearse_orders(session, changed, policy_id=policy_id)
