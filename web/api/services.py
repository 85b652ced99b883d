"""What the API needs from below; bootstrap fills it. Rights are checked inside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.intake.api_orders import ApiOrder, ApiOrderFilter, ApiOrderPage
from callcore.intake.draft import Draft
from callcore.intake.take_once import Taken
from callcore.network.api_keys import ApiCaller, ApiKeys
from callcore.network.model import Viewer
from callcore.orders.views import OrderCursor


class TakeByProgram(Protocol):
    async def __call__(self, caller: ApiCaller, key: str, request: bytes, draft: Draft) -> Taken: ...


class FindByProgram(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: ApiOrderFilter, after: OrderCursor | None, limit: int
    ) -> ApiOrderPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """`admit` raises TooMany for a caller in too great a hurry."""

    take: TakeByProgram
    order: Callable[[Viewer, int], Awaitable[ApiOrder]]
    orders: FindByProgram
    admit: Callable[[ApiCaller], None]
    keys: ApiKeys


SERVICES = web.AppKey("api_services", ApiServices)
