"""What the room of strategies needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.distribution.policy import OrderPolicy
from callcore.distribution.policy_store import ChangeOrderPolicy, OrderPolicyBook
from callcore.distribution.rehearse import OrderRehearsal
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyServices:
    """`rehearse` tries a changed policy on the newest orders beside the one in force."""

    book: Callable[[Viewer], Awaitable[OrderPolicyBook]]
    rehearse: Callable[[Viewer, OrderPolicy], Awaitable[OrderRehearsal]]
    change: ChangeOrderPolicy


SERVICES = web.AppKey("strategy_services", StrategyServices)
