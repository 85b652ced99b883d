"""What the room of strategies needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.distribution.change_order_policy import ChangeOrderPolicy
from callcore.distribution.policy import OrderPolicy
from callcore.distribution.policy_store import OrderPolicyBook
from callcore.distribution.rehearse import OrderRehearsal
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyServices:
    """The id is that of a strategy, None for the main one. `rehearse` tries a changed one on the newest orders beside those
    in force."""

    book: Callable[[Viewer, int | None], Awaitable[OrderPolicyBook]]
    rehearse: Callable[[Viewer, OrderPolicy, int | None], Awaitable[OrderRehearsal]]
    change: ChangeOrderPolicy


SERVICES = web.AppKey("strategy_services", StrategyServices)
