"""What the pages of recordings ask and read: frozen rows with raw values, already cut to what the viewer may know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from callcore.calls.views import JournalRow, RecordingView


class Tab(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    VOICEMAIL = "voicemail"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFilter:
    """Every field narrows; None and empty do not. `number` as in the journal. `org_id` with all below it. `until`,
    `max_s` and `max_silence` are exclusive; silence 0..1 of the recording."""

    tab: Tab = Tab.INBOUND
    number: str = ""
    since: datetime | None = None
    until: datetime | None = None
    org_id: int | None = None
    user_id: int | None = None
    order_id: int | None = None
    min_s: int | None = None
    max_s: int | None = None
    min_silence: float | None = None
    max_silence: float | None = None


@dataclass(frozen=True, slots=True)
class RecordingLine:
    recording: RecordingView
    call: JournalRow
    is_held: bool


@dataclass(frozen=True, slots=True)
class RecordingPage:
    """Newest first; cursors as in the journal."""

    items: tuple[RecordingLine, ...]
    next_cursor: str
    previous_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """One playable file, by the name of its store and its key there."""

    format: str
    store: str
    path: str
    mime: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Playable:
    """A recording that this viewer may hear now, and its copies, the main one first. `may_download`: take it away."""

    recording: RecordingView
    copies: tuple[CopyView, ...]
    may_download: bool


@dataclass(frozen=True, slots=True)
class HoldView:
    reason: str
    at: datetime
    user_name: str


@dataclass(frozen=True, slots=True)
class PlayView:
    """Who listened or downloaded, and when."""

    at: datetime
    user_name: str
    ip: str
    is_download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCard:
    """`call` is None for one that belongs to no call. `kept_until` by the rule of that name, None: for ever. `plays` only
    for who may read them, newest first."""

    recording: RecordingView
    call: JournalRow | None
    copies: tuple[CopyView, ...]
    hold: HoldView | None
    plays: tuple[PlayView, ...]
    may_see_plays: bool
    may_hold: bool
    may_release: bool
    may_download: bool
    kept_until: datetime | None
    rule_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One comparison of rows and files; `findings` as stored: code, path, store, recording_id, call_id, done."""

    id: int
    at: datetime
    ended_at: datetime | None
    rows: int
    files: int
    problems: int
    findings: tuple[Mapping[str, Any], ...]
    error: str
