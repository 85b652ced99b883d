"""What the room of customers needs from below; bootstrap fills it. Everything checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.messaging.customer_messages import SentMessage
from callcore.network.model import Viewer
from callcore.orders.change_customer import ChangeCustomers
from callcore.orders.claims import ClaimView
from callcore.orders.customer_comments import CustomerComment
from callcore.orders.customer_list import CustomerPage
from callcore.orders.customer_tasks import TaskBrief
from callcore.orders.customer_view import CustomerView
from callcore.orders.forget_customer import Forgotten
from callcore.outbound.callbacks.callback_queries import CallbackView


class FindCustomers(Protocol):
    async def __call__(self, viewer: Viewer, text: str, *, after: int | None) -> CustomerPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerServices:
    """What is asked for by an id raises NotFound for a customer of whom this viewer may not know. `lives_on_as`: into whom
    one was merged. `forget_files` takes away recordings and files of one who was forgotten."""

    find: FindCustomers
    view: Callable[[Viewer, int], Awaitable[CustomerView]]
    lives_on_as: Callable[[Viewer, int], Awaitable[int | None]]
    tasks: Callable[[Viewer, int], Awaitable[Sequence[TaskBrief]]]
    messages: Callable[[Viewer, int], Awaitable[Sequence[SentMessage]]]
    comments: Callable[[Viewer, int], Awaitable[Sequence[CustomerComment]]]
    callbacks: Callable[[Viewer, int], Awaitable[Sequence[CallbackView]]]
    claims: Callable[[Viewer], Awaitable[Sequence[ClaimView]]]
    regions: Callable[[], Awaitable[Mapping[str, str]]]
    change: ChangeCustomers
    forget_files: Callable[[Forgotten], Awaitable[None]]


SERVICES = web.AppKey("customer_services", CustomerServices)
