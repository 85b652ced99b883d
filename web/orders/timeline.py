"""The timeline of an order: newest first, filtered by kind, each item with a key and a signature. Pure.

An open page fetches the timeline anew when something changed and takes over only items whose signature is another one,
so that a recording that is being played goes on.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callcore.orders.card_views import TimelineItem
from callcore.orders.model import OrderEventKind
from callcore.orders.views import CallView

_TALK: Final = frozenset({OrderEventKind.MESSAGE, OrderEventKind.FEEDBACK})
_OWN: Final = _TALK | {OrderEventKind.CALL, OrderEventKind.COMMENT, OrderEventKind.FILE}
FILTERS: Final[dict[str, tuple[str, frozenset[OrderEventKind]]]] = {
    "": ("Всё", frozenset(OrderEventKind)),
    "calls": ("Звонки", frozenset({OrderEventKind.CALL})),
    "messages": ("Сообщения", _TALK),
    "comments": ("Комментарии", frozenset({OrderEventKind.COMMENT})),
    "events": ("Изменения", frozenset(OrderEventKind) - _OWN),
    "files": ("Файлы", frozenset({OrderEventKind.FILE})),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """`key` tells which item it is, `signature` what it looks like."""

    item: TimelineItem
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter of the timeline with the number of its items."""

    value: str
    text: str
    count: int


def shown(items: Sequence[TimelineItem], show: str) -> tuple[Shown, ...]:
    """Newest first; an unknown filter shows everything."""
    kinds = FILTERS.get(show, FILTERS[""])[1]
    return tuple(_shown(item) for item in items if item.kind in kinds)[::-1]


def tabs(items: Sequence[TimelineItem]) -> tuple[Tab, ...]:
    return tuple(
        Tab(value, text, sum(item.kind in kinds for item in items))
        for value, (text, kinds) in FILTERS.items()
    )


def call_ids(items: Iterable[TimelineItem]) -> str:
    """For the page's script: the calls whose news concern this order."""
    return " ".join(item.call.call_id for item in items if item.call)


def _shown(item: TimelineItem) -> Shown:
    if item.call is not None:
        return Shown(item, f"call-{item.call.call_id}", _short(f"{_call_look(item.call)}|{item.is_public}"))
    return Shown(item, f"event-{item.id}", _short(f"{item.text}|{item.status_to}"))


def _call_look(call: CallView) -> str:
    recordings = ",".join(
        f"{item.id}:{item.state}:{item.is_truncated}:{item.paused_at}" for item in call.recordings
    )
    return f"{call.state}|{call.result}|{call.talk_s}|{call.user_name}|{call.outlet_name}|{recordings}"


def _short(look: str) -> str:
    return hashlib.sha256(look.encode()).hexdigest()[:12]
