"""What the overview needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.calls.day_queries import DayCalls, DayTasks, OddCall, RungCall
from callcore.network.duty_plan import Span
from callcore.network.gates import Gates
from callcore.network.model import Viewer
from callcore.network.on_duty import DutyBoard
from callcore.orders.counts import OrderCounts
from callcore.orders.dealer_day import DealerDay
from web.deps import HealthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`gaps` of the roster in the coming week, `silent` labels of duty phones that did not answer twice. `snapshot_at`: when the routing snapshot that decides calls was made; none before the first."""

    calls: DayCalls
    rungs: tuple[RungCall, ...]
    odd: tuple[OddCall, ...]
    tasks: DayTasks
    orders: OrderCounts
    duty: DutyBoard
    gaps: tuple[Span, ...]
    checks: tuple[HealthCheck, ...]
    snapshot_at: datetime | None
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewServices:
    """`day` since an instant, for this viewer of the head office; `dealer_day` for a dealer's people."""

    day: Callable[[Viewer, datetime], Awaitable[Day]]
    dealer_day: Callable[[Viewer], Awaitable[DealerDay]]
    gates: Callable[[], Awaitable[Gates]]


SERVICES = web.AppKey("overview_services", OverviewServices)
