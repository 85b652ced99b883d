"""What the room of callbacks needs from below; bootstrap fills it. Rights are checked in the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from callcore.calls.task_model import CloseReason
from callcore.network.model import Viewer
from callcore.outbound.callbacks.callback_queries import CallbackFilter, CallbackPage, CallbackView
from callcore.outbound.callbacks.sites import CallbackSite, SiteChoices, SiteForm


class Close(Protocol):
    async def __call__(
        self, viewer: Viewer, callback_id: int, reason: CloseReason, comment: str = ""
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackServices:
    page: Callable[[Viewer, CallbackFilter], Awaitable[CallbackPage]]
    view: Callable[[Viewer, int], Awaitable[CallbackView]]
    call_now: Callable[[Viewer, int], Awaitable[None]]
    take: Callable[[Viewer, int], Awaitable[None]]
    postpone: Callable[[Viewer, int, datetime], Awaitable[None]]
    close: Close
    sites: Callable[[Viewer], Awaitable[tuple[CallbackSite, ...]]]
    choices: Callable[[], Awaitable[SiteChoices]]
    save_site: Callable[[Viewer, int | None, SiteForm], Awaitable[int]]


SERVICES = web.AppKey("callback_services", CallbackServices)
