"""What the room of notices needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.messaging.inbox import NoticePage
from callcore.messaging.letters import LetterPage
from callcore.messaging.rules import LetterState
from callcore.network.model import Viewer


class FindNotices(Protocol):
    async def __call__(
        self, viewer: Viewer, *, unread_only: bool, after: int | None, limit: int
    ) -> NoticePage: ...


class FindLetters(Protocol):
    async def __call__(
        self, viewer: Viewer, state: LetterState, *, after: int | None, limit: int
    ) -> LetterPage: ...


class MarkNotice(Protocol):
    async def __call__(self, viewer: Viewer, notice_id: int, *, is_read: bool) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeServices:
    """`mark` returns the path to which the notice leads. `has_mail`: a mail server is set up."""

    find: FindNotices
    unread: Callable[[Viewer], Awaitable[int]]
    mark: MarkNotice
    mark_all: Callable[[Viewer], Awaitable[None]]
    letters: FindLetters
    send_again: Callable[[Viewer, int], Awaitable[None]]
    has_mail: bool


SERVICES = web.AppKey("notice_services", NoticeServices)
