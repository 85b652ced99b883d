"""What the room needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.calls.handing import TransferKind
from callcore.calls.transfer_call import TransferOffer
from callcore.calls.transfer_filters import TransferFilter
from callcore.calls.transfer_queries import TransferView
from callcore.calls.views import JournalChoices
from callcore.network.model import Viewer
from callcore.orders.model import OrderResult
from callcore.orders.views import OrderBrief


class FindTransfers(Protocol):
    async def __call__(
        self,
        viewer: Viewer,
        wanted: TransferFilter,
        *,
        before: int | None,
        limit: int,
        order: OrderResult | None = None,
    ) -> tuple[TransferView, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferServices:
    """`orders` are briefs by id of those that the viewer may know; `order_ids` those of a number, none when there is no such
    order for him. `offer` … `go_back` are callcore.calls.transfer_call.HandOn."""

    find: FindTransfers
    orders: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, OrderBrief]]]
    order_ids: Callable[[Viewer, int], Awaitable[tuple[int, ...]]]
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    note_export: Callable[[Viewer, int], Awaitable[None]]
    offer: Callable[[Viewer, str, str], Awaitable[TransferOffer]]
    hand_on: Callable[[Viewer, str, str, TransferKind], Awaitable[None]]
    join: Callable[[Viewer, str], Awaitable[None]]
    go_back: Callable[[Viewer, str], Awaitable[None]]


SERVICES = web.AppKey("transfer_services", TransferServices)
