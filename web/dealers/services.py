"""What the room of dealers needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from aiohttp import web

from callcore.calls.views import JournalRow
from callcore.network.change_network import ChangeNetwork
from callcore.network.days import CalendarDay
from callcore.network.dealers import DealerCard, DealerFilter, DealerPage
from callcore.network.model import Viewer
from callcore.network.outlets import OutletCard


class FindDealers(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: DealerFilter, *, after: int | None, limit: int
    ) -> DealerPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerServices:
    """`card` and `outlet` raise NotFound for what this viewer may not know. `edits` are the calendar's days that people
    wrote, between two dates inclusive."""

    find: FindDealers
    card: Callable[[Viewer, int], Awaitable[DealerCard]]
    outlet: Callable[[Viewer, int], Awaitable[OutletCard]]
    regions: Callable[[], Awaitable[Mapping[str, str]]]
    order_counts: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    last_calls: Callable[[Viewer, int], Awaitable[Sequence[JournalRow]]]
    edits: Callable[[date, date], Awaitable[Sequence[CalendarDay]]]
    change: ChangeNetwork


SERVICES = web.AppKey("dealer_services", DealerServices)
