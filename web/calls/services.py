"""What the room of calls needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callcore.calls.recording_views import CopyView, Playable
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


class ReadCopy(Protocol):
    def __call__(self, copy: CopyView, start: int, length: int) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServices:
    """`card`, `recording` and `playable` raise NotFound for what does not exist or what this viewer may not know of;
    `locate` (blocking) gives the file of a copy where it lies on this machine, None when it has to be read from its store. `order_numbers` gives those
    of the orders that the viewer may open, by id."""

    journal: ReadJournal
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    card: Callable[[Viewer, str], Awaitable[CallCard]]
    recording: Callable[[Viewer, int], Awaitable[RecordingView]]
    playable: Callable[[Viewer, int], Awaitable[Playable]]
    locate: Callable[[CopyView], Path | None]
    read: ReadCopy
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    note_play: NotePlay


SERVICES = web.AppKey("call_services", CallServices)
