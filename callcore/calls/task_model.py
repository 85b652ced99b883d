"""Words of tasks. Pure. Values are stored: never renamed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcore.calls.views import NumberView

MAX_COMMENT_CHARS: Final = 500


class TaskKind(StrEnum):
    CALLBACK = "callback"  # somebody asked to be called
    DUTY = "duty"  # a duty phone answered: what was agreed at night
    VOICEMAIL = "voicemail"  # a message was left
    MISSED = "missed"  # nobody talked


CALL_BACK: Final = (
    TaskKind.CALLBACK,
    TaskKind.VOICEMAIL,
    TaskKind.MISSED,
)  # a talk with the number settles them


class CloseReason(StrEnum):
    TALKED = "talked"
    NO_ANSWER = "no_answer"
    SPAM = "spam"
    OTHER = "other"


class TaskTab(StrEnum):
    MINE = "mine"
    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Overdue: open and due before now. Mine: open and taken by the viewer."""

    tab: TaskTab = TaskTab.OPEN
    kind: TaskKind | None = None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Of what the viewer may see."""

    mine: int = 0
    open: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One task as this viewer may see it. `phone` is none for a hidden caller. `org_id` none: the head office's. `calls`
    is how many calls wait for the one answer. `is_auto`: closed by a talk, not by a press."""

    id: int
    kind: TaskKind
    title: str
    org_id: int | None
    org_name: str
    user_id: int | None
    user_name: str
    call_id: str
    phone: NumberView | None
    customer_id: int | None
    customer_name: str
    order_id: int | None
    region_name: str
    region_tz: str
    recording_id: int | None
    recording_state: str
    recording_s: float
    recording_kind: str
    made_at: datetime
    due_at: datetime
    closed_at: datetime | None
    close_reason: str
    closed_by_name: str
    comment: str
    calls: int

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_auto(self) -> bool:
        return self.closed_at is not None and not self.closed_by_name


@dataclass(frozen=True, slots=True)
class TaskPage:
    """`next_cursor` asks for what follows; empty at the end."""

    items: tuple[TaskView, ...]
    next_cursor: str
