"""What the room of calls needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callcore.calls.views import CallCard, JournalChoices, JournalFilter, JournalPage, RecordingView
from callcore.network.model import Viewer


class ReadJournal(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: JournalFilter, *, after: str, before: str, limit: int
    ) -> JournalPage: ...


class NotePlay(Protocol):
    async def __call__(
        self, viewer: Viewer, recording_id: int, ip: str, *, is_download: bool = False
    ) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServices:
    """`card` and `recording` raise NotFound for what does not exist or what this viewer may not know of; `locate` turns
    the path of a recording into a file below the recordings folder, or raises NotFound. `order_numbers` gives those
    of the orders that the viewer may open, by id."""

    journal: ReadJournal
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    card: Callable[[Viewer, str], Awaitable[CallCard]]
    recording: Callable[[Viewer, int], Awaitable[RecordingView]]
    locate: Callable[[str], Path]
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    note_play: NotePlay


SERVICES = web.AppKey("call_services", CallServices)
