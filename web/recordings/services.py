"""What the room of recordings needs from below; bootstrap fills it. The callables check the viewer's rights themselves."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.calls.change_retention import RetentionRules
from callcore.calls.recording_views import CheckView, RecordingCard, RecordingFilter, RecordingPage
from callcore.calls.views import JournalChoices
from callcore.network.model import Viewer


class FindRecordings(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: RecordingFilter, *, after: str, before: str, limit: int
    ) -> RecordingPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingServices:
    """`order_id` by number and `order_numbers` by id of the orders that the viewer may know of. `compare` begins a
    comparison of rows and files and returns at once, false when one is under way. `forget_file` removes a file of a store
    of which no row speaks, as the check of that id told."""

    find: FindRecordings
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    card: Callable[[Viewer, int], Awaitable[RecordingCard]]
    order_id: Callable[[Viewer, int], Awaitable[int | None]]
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    hold: Callable[[Viewer, int, str], Awaitable[None]]
    release: Callable[[Viewer, int, str], Awaitable[None]]
    rules: RetentionRules
    checks: Callable[[Viewer], Awaitable[tuple[CheckView, ...]]]
    compare: Callable[[Viewer], Awaitable[bool]]
    pause: Callable[[Viewer, str], Awaitable[None]]
    go_on: Callable[[Viewer, str], Awaitable[None]]
    forget_file: Callable[[Viewer, str, str], Awaitable[None]]


SERVICES = web.AppKey("recording_services", RecordingServices)
