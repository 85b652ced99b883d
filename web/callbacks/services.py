"""What the room of callbacks needs from below; bootstrap fills it. Rights are checked in the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from callcore.calls.task_model import CloseReason
from callcore.network.model import Viewer
from callcore.outbound.callbacks.assignees import Assignee
from callcore.outbound.callbacks.callback_queries import CallbackFilter, CallbackPage, CallbackView
from callcore.outbound.callbacks.sites import CallbackSite, SiteChoices, SiteForm


class Close(Protocol):
    async def __call__(
        self, viewer: Viewer, callback_id: int, reason: CloseReason, comment: str = ""
    ) -> None: ...


class CallNow(Protocol):
    async def __call__(self, viewer: Viewer, callback_id: int, *, seen_tries: int) -> None: ...


class Take(Protocol):
    async def __call__(self, viewer: Viewer, callback_id: int, *, seen_owner: str) -> None: ...


class Assign(Protocol):
    async def __call__(
        self, viewer: Viewer, callback_id: int, to: str, reason: str, *, seen_owner: str
    ) -> Assignee: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackServices:
    """`assignees` by parts of names."""

    page: Callable[[Viewer, CallbackFilter], Awaitable[CallbackPage]]
    view: Callable[[Viewer, int], Awaitable[CallbackView]]
    call_now: CallNow
    take: Take
    assignees: Callable[[Viewer, str], Awaitable[tuple[Assignee, ...]]]
    assign: Assign
    postpone: Callable[[Viewer, int, datetime], Awaitable[None]]
    close: Close
    sites: Callable[[Viewer], Awaitable[tuple[CallbackSite, ...]]]
    choices: Callable[[], Awaitable[SiteChoices]]
    save_site: Callable[[Viewer, int | None, SiteForm], Awaitable[int]]


SERVICES = web.AppKey("callback_services", CallbackServices)
