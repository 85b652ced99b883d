"""Reviews and complaints as people here work with them: reading and use cases, in the caller's transaction.

The factory sees all and decides; a dealer reads what is said of his own orders and of those below him.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import CustomerRow
from callcore.kernel import audit, outbox
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.messaging.feedback import MAX_CHARS, FeedbackKind
from callcore.messaging.recipients import ADMINS, customer_numbers
from callcore.messaging.tables import FeedbackRow
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import reach_of
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event
from callcore.orders.watch_orders import refresh_attention

MAX_ROWS: Final = 100


class FeedbackState(StrEnum):
    """FeedbackRow.state. Stored: never renamed."""

    NEW = "new"
    SHOWN = "shown"  # reviews
    HIDDEN = "hidden"
    WORKING = "working"  # complaints
    CLOSED = "closed"


STATES: Final[Mapping[FeedbackKind, tuple[FeedbackState, ...]]] = {
    FeedbackKind.REVIEW: (FeedbackState.NEW, FeedbackState.SHOWN, FeedbackState.HIDDEN),
    FeedbackKind.COMPLAINT: (FeedbackState.NEW, FeedbackState.WORKING, FeedbackState.CLOSED),
}


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """`text` is without numbers for whoever is not of the factory. `answered_by` is a name."""

    id: int
    kind: FeedbackKind
    state: FeedbackState
    order_number: int
    org_name: str
    customer: str
    score: int | None
    text: str
    at: datetime
    answer: str
    answered_at: datetime | None
    answered_by: str


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Newest first. `counts` by state, of this kind; `mean` of all scores, none without any."""

    items: tuple[FeedbackView, ...]
    next_after: int | None
    counts: Mapping[FeedbackState, int]
    mean: float | None


async def find_feedback(
    session: AsyncSession,
    viewer: Viewer,
    kind: FeedbackKind,
    *,
    state: FeedbackState | None = None,
    after: int | None = None,
    limit: int = 25,
) -> FeedbackPage:
    limit = max(1, min(limit, MAX_ROWS))
    of_kind = (FeedbackRow.kind == kind.value, await _seen(session, viewer))
    query = _rows().where(*of_kind)
    if state is not None:
        query = query.where(FeedbackRow.state == state.value)
    if after is not None:
        query = query.where(FeedbackRow.id < after)
    rows = list(await session.execute(query.order_by(FeedbackRow.id.desc()).limit(limit + 1)))
    grouped = await session.execute(
        select(FeedbackRow.state, func.count()).where(*of_kind).group_by(FeedbackRow.state)
    )
    counts = dict.fromkeys(STATES[kind], 0) | {FeedbackState(name): count for name, count in grouped}
    mean = await session.scalar(select(func.avg(FeedbackRow.score)).where(*of_kind))
    items = tuple([await _view(session, viewer, row) for row in rows[:limit]])
    next_after = items[-1].id if len(rows) > limit else None
    return FeedbackPage(items, next_after, counts, float(mean) if mean is not None else None)


async def feedback_view(session: AsyncSession, viewer: Viewer, feedback_id: int) -> FeedbackView:
    """Raises NotFound."""
    seen = _rows().where(FeedbackRow.id == feedback_id, await _seen(session, viewer))
    row = (await session.execute(seen)).first()
    if row is None:
        raise NotFound("feedback-not-found")
    return await _view(session, viewer, row)


async def open_complaints(session: AsyncSession, viewer: Viewer) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(FeedbackRow)
        .where(
            FeedbackRow.kind == FeedbackKind.COMPLAINT.value,
            FeedbackRow.state != FeedbackState.CLOSED.value,
            await _seen(session, viewer),
        )
    )
    return int(found or 0)


async def decide(
    session: AsyncSession,
    viewer: Viewer,
    feedback_id: int,
    state: FeedbackState,
    answer: str,
    *,
    seen: FeedbackState,
    now: datetime,
) -> None:
    """`seen` is the state that the person was shown. A new answer goes to the customer. Raises Forbidden, NotFound,
    Invalid (fields state, answer), Conflict("feedback-changed")."""
    if viewer.role not in ADMINS:
        raise Forbidden("not-moderator")
    row = await session.get(FeedbackRow, feedback_id, with_for_update=True)
    if row is None:
        raise NotFound("feedback-not-found")
    kind, words = FeedbackKind(row.kind), answer.replace("\x00", "").strip()
    wrong = {}
    if state not in STATES[kind]:
        wrong["state"] = "state-unknown"
    if len(words) > MAX_CHARS:
        wrong["answer"] = "text-too-long"
    if kind is FeedbackKind.COMPLAINT and state is FeedbackState.CLOSED and not (words or row.answer):
        wrong["answer"] = "answer-empty"
    if wrong:
        raise Invalid("decision-invalid", fields=wrong)
    if row.state != seen.value:
        raise Conflict("feedback-changed")
    is_new_answer = bool(words) and words != row.answer
    row.state = state.value
    if is_new_answer:
        row.answer, row.answered_at, row.answered_by = words, now, viewer.user_id
    await session.flush()
    await _tell(session, viewer, row, words if is_new_answer else "", now)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="feedback:decided",
        entity="feedback",
        entity_id=row.id,
        state=state.value,
        has_answer=bool(words),
    )


async def _tell(session: AsyncSession, viewer: Viewer, row: FeedbackRow, answer: str, now: datetime) -> None:
    """The answer stands on the order and goes to the customer; without open complaints the order is no problem by them."""
    order = await session.get(OrderRow, row.order_id, with_for_update=True)
    if order is None:
        return
    if row.kind == FeedbackKind.COMPLAINT.value and row.state == FeedbackState.CLOSED.value:
        await _calm(session, order)
    if not answer:
        return
    data = {"text": answer, "is_public": True, "feedback_id": row.id}
    await add_event(session, order.id, OrderEventKind.MESSAGE, at=now, actor_id=viewer.user_id, data=data)
    order.version += 1
    event_id = await session.scalar(
        select(OrderEventRow.id)
        .where(OrderEventRow.order_id == order.id)
        .order_by(OrderEventRow.seq.desc())
        .limit(1)
    )
    await outbox.put(
        session,
        "order:message-to-customer",
        at=now,
        dedupe_key=f"order:message-to-customer:{event_id}",
        order_id=order.id,
        event_id=event_id,
    )


async def _calm(session: AsyncSession, order: OrderRow) -> None:
    others = await session.scalar(
        select(func.count())
        .select_from(FeedbackRow)
        .where(FeedbackRow.order_id == order.id, FeedbackRow.kind == FeedbackKind.COMPLAINT.value)
        .where(FeedbackRow.state != FeedbackState.CLOSED.value)
    )
    if not others:
        order.complained_at = None
        await refresh_attention(session, order)


async def _seen(session: AsyncSession, viewer: Viewer) -> Any:
    """A condition on FeedbackRow."""
    scope = await reach_of(session, viewer)
    if scope.is_whole:
        return FeedbackRow.id.is_not(None)
    return FeedbackRow.org_id.in_(sorted(scope.org_ids or ()))


def _rows() -> Any:
    return (
        select(FeedbackRow, OrderRow.number, OrgRow.name, CustomerRow.name, UserRow.full_name)
        .join(OrderRow, OrderRow.id == FeedbackRow.order_id)
        .outerjoin(OrgRow, OrgRow.id == FeedbackRow.org_id)
        .outerjoin(CustomerRow, CustomerRow.id == FeedbackRow.customer_id)
        .outerjoin(UserRow, UserRow.id == FeedbackRow.answered_by)
    )


async def _view(session: AsyncSession, viewer: Viewer, found: Any) -> FeedbackView:
    row, number, org_name, customer, answered_by = found
    text, name, answer = row.text, customer or "", row.answer
    if not viewer.is_staff:
        hidden = await customer_numbers(session, row.customer_id) if row.customer_id else ()
        text, name, answer = (without_numbers(one, hidden) for one in (text, name, answer))
    return FeedbackView(
        id=row.id,
        kind=FeedbackKind(row.kind),
        state=FeedbackState(row.state),
        order_number=number,
        org_name=org_name or "",
        customer=name,
        score=row.score,
        text=text,
        at=row.at,
        answer=answer,
        answered_at=row.answered_at,
        answered_by=answered_by or "",
    )
