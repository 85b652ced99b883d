"""What the room of calls needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from callcore.network.model import Viewer
from callcore.orders.views import PhoneView, RecordingView


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    cursor: str
    id: int
    call_id: str
    direction: str
    state: str
    result: str
    started_at: datetime
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    did_number: str
    did_label: str
    phone: PhoneView | None
    caller_name: str
    region_name: str
    region_tz: str
    source: str
    org_name: str
    outlet_name: str
    user_name: str
    customer_id: int | None
    customer_name: str
    order_id: int | None
    route: str
    warning: str
    is_transferred: bool
    has_recording: bool
    is_repaired: bool


@dataclass(frozen=True, slots=True)
class JournalPage:
    items: tuple[JournalRow, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    uniqueid: str
    channel: str
    role: str
    phone_id: int | None
    step: int | None
    started_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: str
    hangup_cause: int | None
    org_name: str
    outlet_name: str
    user_name: str
    phone_label: str


@dataclass(frozen=True, slots=True)
class EventView:
    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    call: JournalRow
    legs: tuple[LegView, ...]
    events: tuple[EventView, ...]
    recordings: tuple[RecordingView, ...]
    linkedids: tuple[str, ...]
    explanation: Mapping[str, Any] | None
    hangup_cause: int | None


@dataclass(frozen=True, slots=True)
class JournalChoices:
    """What the selects offer this viewer: organisations by id (empty for dealers), regions by code, sources."""

    orgs: Mapping[int, str]
    regions: Mapping[str, str]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A recording that may be sent. `path` was checked to lie below the recordings folder."""

    path: Path
    mime: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Peaks:
    """Peaks 0..100 at even steps over the whole length; a voicemail has no `ours`."""

    customer: tuple[int, ...]
    ours: tuple[int, ...]
    duration_ms: int


class ReadJournal(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: Any, *, after: str = "", before: str = "", limit: int = 25
    ) -> JournalPage: ...


class NotePlay(Protocol):
    async def __call__(
        self, viewer: Viewer, recording_id: int, ip: str, *, is_download: bool = False
    ) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServices:
    """`card`, `audio` and `peaks` raise NotFound for what does not exist or what this viewer may not know of."""

    journal: ReadJournal
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    card: Callable[[Viewer, str], Awaitable[CallCard]]
    audio: Callable[[Viewer, int], Awaitable[AudioFile]]
    peaks: Callable[[Viewer, int], Awaitable[Peaks]]
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    note_play: NotePlay


SERVICES = web.AppKey("call_services", CallServices)
