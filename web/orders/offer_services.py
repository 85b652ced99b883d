"""What the room of distribution needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.distribution.accept_order import Accepted
from callcore.distribution.move_orders import Moved
from callcore.distribution.views import InHand, OfferView
from callcore.distribution.why import WhyOrder
from callcore.network.model import Viewer


class Release(Protocol):
    async def __call__(
        self, viewer: Viewer, number: int, reason_id: int | None, note: str, *, offers: bool
    ) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferServices:
    """As callcore.distribution.offers.Offers."""

    accept: Callable[[Viewer, int], Awaitable[Accepted]]
    decline: Callable[[Viewer, int, int | None, str], Awaitable[int]]
    release: Release
    assign: Callable[[Viewer, int, int, int | None, str], Awaitable[str]]
    offer: Callable[[Viewer, int], Awaitable[int]]
    move: Callable[[Viewer, int, int | None, str], Awaitable[Moved]]
    view: Callable[[Viewer, int], Awaitable[OfferView]]
    why: Callable[[Viewer, int], Awaitable[WhyOrder]]
    in_hand: Callable[[Viewer, int], Awaitable[InHand]]


SERVICES = web.AppKey("offer_services", OfferServices)
