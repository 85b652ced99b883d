"""Whose a caller is: the dealer of his newest open order, else who last talked with him.

Read whole at the start, newest first and bounded; then only for the callers of whom something is new. Numbers stay in
memory: they are never logged.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from callcore.calls.settings import proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.customers.tables import ContactRow
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow
from callcore.orders.model import OrderClass
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.routing.live import Tie, TieKind

TALKS_KEPT: Final = timedelta(days=90)
MAX_TIES: Final = 100_000
BATCH: Final = 5000
MAX_NUMBERS: Final = 500
_PHONE: Final = "phone"


@dataclass(frozen=True, slots=True)
class TieMarks:
    """How far was read: the newest event of an order, the newest call."""

    event_id: int = 0
    call_id: int = 0


@dataclass(frozen=True, slots=True)
class TieNews:
    """`numbers` are callers of whom something is new; `marks` where to go on."""

    numbers: frozenset[str] = field(default_factory=frozenset, repr=False)
    marks: TieMarks = TieMarks()


def tie_marks(connection: Connection) -> TieMarks:
    return TieMarks(*connection.execute(_MARKS).one())


def load_ties(connection: Connection, now: datetime, *, most: int = MAX_TIES) -> dict[str, Tie]:
    """Orders come first: they bind more than talks do."""
    ties: dict[str, Tie] = {}
    before = None
    while len(ties) < most:
        rows = connection.execute(_orders(before).limit(BATCH)).all()
        _add(ties, (_of_order(row) for row in rows), most)
        if len(rows) < BATCH:
            break
        before = rows[-1].id
    before = None
    while len(ties) < most:
        rows = connection.execute(_talks(before).limit(BATCH), {"since": now - TALKS_KEPT}).all()
        _add(ties, (_of_talk(row) for row in rows), most)
        if len(rows) < BATCH:
            break
        before = rows[-1].id
    return ties


def ties_of(connection: Connection, numbers: Collection[str], now: datetime) -> dict[str, Tie]:
    """Of these callers; who is nobody's is left out."""
    ties: dict[str, Tie] = {}
    wanted = list(numbers)
    for start in range(0, len(wanted), MAX_NUMBERS):
        some = wanted[start : start + MAX_NUMBERS]
        asked = {"numbers": some, "since": now - TALKS_KEPT}
        orders = connection.execute(_ORDERS_OF, asked).all()
        _add(ties, (_of_order(row) for row in orders), len(ties) + len(orders))
        talks = connection.execute(_TALKS_OF, asked).all()
        _add(ties, (_of_talk(row) for row in talks), len(ties) + len(talks))
    return ties


def tie_news(connection: Connection, since: TieMarks, open_calls: Collection[str] = ()) -> TieNews:
    """`open_calls`: ids of calls that ended since; their rows are older than the mark."""
    marks, numbers = tie_marks(connection), set[str]()
    if marks.event_id > since.event_id:
        numbers.update(connection.scalars(_TOUCHED, {"after": since.event_id, "last": marks.event_id}))
    ended = list(open_calls)
    for start in range(0, len(ended), MAX_NUMBERS):
        numbers.update(connection.scalars(_ENDED, {"call_ids": ended[start : start + MAX_NUMBERS]}))
    if marks.call_id > since.call_id:
        numbers.update(connection.scalars(_FRESH, {"after": since.call_id, "last": marks.call_id}))
    return TieNews(frozenset(numbers - {""}), marks)


_MARKS: Final = select(
    select(func.coalesce(func.max(OrderEventRow.id), 0)).scalar_subquery(),
    select(func.coalesce(func.max(CallRow.id), 0)).scalar_subquery(),
)
_TOUCHED: Final = (
    select(ContactRow.value)
    .join(OrderRow, OrderRow.customer_id == ContactRow.customer_id)
    .join(OrderEventRow, OrderEventRow.order_id == OrderRow.id)
    .where(ContactRow.kind == _PHONE)
    .where(OrderEventRow.id > bindparam("after"), OrderEventRow.id <= bindparam("last"))
)
_ENDED: Final = select(CallRow.caller_number).where(
    CallRow.call_id.in_(bindparam("call_ids", expanding=True))
)
_FRESH: Final = select(CallRow.caller_number).where(
    CallRow.id > bindparam("after"), CallRow.id <= bindparam("last")
)


def _orders(before: int | None) -> Any:
    """Newest first."""
    found = (
        select(
            OrderRow.id,
            OrderRow.created_at,
            OrderRow.org_id,
            OrderRow.outlet_id,
            OrderRow.manager_id,
            ContactRow.value,
        )
        .join(OrgRow, OrgRow.id == OrderRow.org_id)
        .join(ContactRow, ContactRow.customer_id == OrderRow.customer_id)
        .where(
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrgRow.kind != OrgKind.MANUFACTURER.value,
            ContactRow.kind == _PHONE,
        )
        .order_by(OrderRow.id.desc(), ContactRow.id)
    )
    return found if before is None else found.where(OrderRow.id <= before)


def _talks(before: int | None) -> Any:
    """Since the bound `since`, newest first."""
    found = (
        select(
            CallRow.id,
            CallRow.started_at,
            CallRow.org_id,
            CallRow.outlet_id,
            CallRow.user_id,
            CallRow.caller_number,
        )
        .join(OrgRow, OrgRow.id == CallRow.org_id)
        .where(
            CallRow.talk_s >= proven_talk_sql(),
            CallRow.caller_number != "",
            CallRow.started_at >= bindparam("since"),
            OrgRow.kind != OrgKind.MANUFACTURER.value,
        )
        .order_by(CallRow.id.desc())
    )
    return found if before is None else found.where(CallRow.id < before)


_NUMBERS: Final[BindParameter[str]] = bindparam("numbers", expanding=True)
_ORDERS_OF: Final = _orders(None).where(ContactRow.value.in_(_NUMBERS))
_TALKS_OF: Final = _talks(None).where(CallRow.caller_number.in_(_NUMBERS))


def _of_order(row: Any) -> tuple[str, Tie]:
    return row.value, Tie(
        TieKind.OWN_ORDER, row.created_at, row.org_id, row.outlet_id, row.manager_id, row.id
    )


def _of_talk(row: Any) -> tuple[str, Tie]:
    return row.caller_number, Tie(TieKind.LAST_TALK, row.started_at, row.org_id, row.outlet_id, row.user_id)


def _add(ties: dict[str, Tie], found: Iterable[tuple[str, Tie]], most: int) -> None:
    """The first of a caller is the newest."""
    for number, tie in found:
        if len(ties) >= most:
            return
        ties.setdefault(number, tie)


def without(ties: dict[str, Tie], numbers: Sequence[str] | frozenset[str]) -> dict[str, Tie]:
    """A copy that says nothing of these callers."""
    kept = dict(ties)
    for number in numbers:
        kept.pop(number, None)
    return kept
