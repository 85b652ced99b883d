"""What the room of one order needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.network.model import Viewer
from callcore.orders.card_views import OrderCard


class CommentOrder(Protocol):
    async def __call__(self, viewer: Viewer, number: int, text: str, *, is_public: bool) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CardServices:
    """`card` and `comment` raise NotFound for an order of which this viewer may not know; `comment` raises Invalid with
    the field text."""

    card: Callable[[Viewer, int], Awaitable[OrderCard]]
    comment: CommentOrder


SERVICES = web.AppKey("order_card_services", CardServices)
