"""What the room of one order needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from callcore.distribution.views import OfferView
from callcore.network.model import Viewer
from callcore.orders.card_views import OrderCard
from callcore.orders.files import OrderFiles
from callcore.orders.order_work import OrderWork


class CommentOrder(Protocol):
    async def __call__(self, viewer: Viewer, number: int, text: str, *, is_public: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class SurveyState:
    """Of the order's present cycle. `sent_at` None: not yet."""

    sent_at: datetime | None = None
    answered_at: datetime | None = None
    score: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardServices:
    """`card` and `offer` raise NotFound for an order of which this viewer may not know. `ask` sends the survey,
    once: the state tells whether it was this time. `read_messages` notes that staff has opened what a dealer and his
    customer wrote to each other. `place_url` has places for {lat} and {lon}; `finds_places`: somebody looks for
    addresses on the map."""

    card: Callable[[Viewer, int], Awaitable[OrderCard]]
    offer: Callable[[Viewer, OrderCard], Awaitable[OfferView]]
    survey: Callable[[OrderCard], Awaitable[SurveyState]]
    ask: Callable[[Viewer, int], Awaitable[bool]]
    read_messages: Callable[[Viewer, OrderCard], Awaitable[None]]
    work: OrderWork
    files: OrderFiles
    place_url: str
    max_file_bytes: int
    finds_places: bool = True


SERVICES = web.AppKey("order_card_services", CardServices)
