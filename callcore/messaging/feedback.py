"""Use cases: what customers say of their orders. Each runs in the caller's transaction; who is told comes by the outbox.

A complaint makes its order a problem at once. The question after closing is asked once a cycle, answered once, and its
points come once, whatever is pressed twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from callcore.messaging.links import fingerprint_of, survey_token
from callcore.messaging.tables import FeedbackRow, SurveyRow
from callcore.network.ledger import PointsKind, add_points
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

MAX_CHARS: Final = 4000
SAME_AGAIN: Final = timedelta(minutes=10)
SCORES: Final = range(1, 6)


class FeedbackKind(StrEnum):
    """FeedbackRow.kind. Stored: never renamed."""

    REVIEW = "review"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What the page behind the link shows. `result` is that of the order when it was closed."""

    order_number: int
    result: str
    made_at: datetime
    answered_at: datetime | None
    score: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SurveySent:
    """`is_new` False: it was sent before, at `made_at`."""

    survey_id: int
    is_new: bool
    made_at: datetime
    answered_at: datetime | None


async def leave_feedback(
    session: AsyncSession,
    *,
    order_id: int,
    kind: FeedbackKind | str,
    score: int | None,
    text: str,
    now: datetime,
) -> int:
    """The id of the row; of the earlier one when the same words come again within minutes. Raises Invalid (fields kind,
    score, text), NotFound."""
    words = text.replace("\x00", "").strip()
    wrong = {}
    if kind not in set(FeedbackKind):
        wrong["kind"] = "kind-unknown"
    if not words and (kind == FeedbackKind.COMPLAINT or score is None):
        wrong["text"] = "text-empty"
    _check(score, words, wrong)
    order = await session.get(OrderRow, order_id, with_for_update=True)
    if order is None or order.deleted_at is not None:
        raise NotFound("order-not-found")
    same = await session.scalar(
        select(FeedbackRow.id).where(
            FeedbackRow.order_id == order_id,
            FeedbackRow.kind == kind,
            FeedbackRow.text == words,
            FeedbackRow.score == score if score is not None else FeedbackRow.score.is_(None),
            FeedbackRow.at > now - SAME_AGAIN,
        )
    )
    return same or await _write(session, order, FeedbackKind(kind), score, words, now)


async def _write(
    session: AsyncSession, order: OrderRow, kind: FeedbackKind, score: int | None, text: str, now: datetime
) -> int:
    row = FeedbackRow(
        kind=kind.value,
        order_id=order.id,
        org_id=order.org_id,
        customer_id=order.customer_id,
        score=score,
        text=text,
        state="new",
        at=now,
    )
    session.add(row)
    await session.flush()
    data = {"text": text, "kind": kind.value, "score": score, "feedback_id": row.id, "is_public": True}
    await add_event(session, order.id, OrderEventKind.FEEDBACK, at=now, data=data)
    order.version += 1
    if kind is FeedbackKind.COMPLAINT:
        order.complained_at = order.complained_at or now
        order.attention_at = min(order.attention_at or now, now)
    await outbox.put(
        session, f"feedback:{kind.value}", at=now, dedupe_key=f"feedback:{row.id}", feedback_id=row.id
    )
    return row.id


async def send_survey(session: AsyncSession, order_id: int, now: datetime) -> SurveySent:
    """Once a cycle of the order. Raises NotFound, NotAllowedNow("order-not-closed")."""
    order = await session.get(OrderRow, order_id)
    if order is None or order.deleted_at is not None:
        raise NotFound("order-not-found")
    if order.status_class != OrderClass.CLOSED.value:
        raise NotAllowedNow("order-not-closed")
    token = await survey_token(session, order.id, order.cycle, now)
    is_new = await insert_unless_exists(
        session,
        SurveyRow,
        order_id=order.id,
        cycle=order.cycle,
        org_id=order.org_id,
        token_hash=fingerprint_of(token),
        result=order.result,
        made_at=now,
        text="",
    )
    row = await session.scalar(
        select(SurveyRow).where(SurveyRow.order_id == order.id, SurveyRow.cycle == order.cycle)
    )
    assert row is not None
    if is_new:
        await outbox.put(session, "survey:made", at=now, dedupe_key=f"survey:made:{row.id}", survey_id=row.id)
    return SurveySent(row.id, is_new, row.made_at, row.answered_at)


async def survey_of(session: AsyncSession, token: str) -> SurveyView:
    """Raises NotFound."""
    row, number = await _asked(session, token)
    return SurveyView(number, row.result, row.made_at, row.answered_at, row.score, row.text)


async def answer_survey(
    session: AsyncSession, token: str, score: int | None, text: str, now: datetime
) -> None:
    """The answer is a review too. Raises NotFound, Invalid (fields score, text),
    NotAllowedNow("survey-answered")."""
    row, number = await _asked(session, token)
    words = text.replace("\x00", "").strip()
    wrong = {"score": "score-empty"} if score is None else {}
    _check(score, words, wrong)
    assert score is not None
    won = await session.scalar(
        update(SurveyRow)
        .where(SurveyRow.id == row.id, SurveyRow.answered_at.is_(None))
        .values(answered_at=now, score=score, text=words)
        .returning(SurveyRow.id)
        .execution_options(synchronize_session=False)
    )
    if won is None:
        raise NotAllowedNow("survey-answered")
    await _count(session, row, number, score, words, now)
    await outbox.put(
        session, "survey:answered", at=now, dedupe_key=f"survey:answered:{row.id}", survey_id=row.id
    )


async def _asked(session: AsyncSession, token: str) -> tuple[SurveyRow, int]:
    found = (
        await session.execute(
            select(SurveyRow, OrderRow.number)
            .join(OrderRow, OrderRow.id == SurveyRow.order_id)
            .where(SurveyRow.token_hash == fingerprint_of(token), OrderRow.deleted_at.is_(None))
        )
    ).first()
    if found is None:
        raise NotFound("survey-not-found")
    return found[0], found[1]


async def _count(
    session: AsyncSession, row: SurveyRow, number: int, score: int, text: str, now: datetime
) -> None:
    """The timeline, the review and the points of the dealer who had the order when it was closed."""
    order = await session.get(OrderRow, row.order_id, with_for_update=True)
    assert order is not None
    session.add(
        FeedbackRow(
            kind=FeedbackKind.REVIEW.value,
            order_id=order.id,
            org_id=row.org_id,
            customer_id=order.customer_id,
            score=score,
            text=text,
            state="new",
            at=now,
        )
    )
    data = {"text": text, "kind": "survey", "score": score, "is_public": True}
    await add_event(session, order.id, OrderEventKind.FEEDBACK, at=now, data=data)
    order.version += 1
    points = (await order_settings(session)).points_by_score[score - 1]
    if row.org_id is not None:
        await add_points(
            session,
            org_id=row.org_id,
            kind=PointsKind.SURVEY,
            points=points,
            reason=f"Оценка {score} по заказу {number}",
            at=now,
            dedupe_key=f"survey:{row.id}",
            order_id=order.id,
            cycle=row.cycle,
        )


def _check(score: int | None, text: str, wrong: dict[str, str]) -> None:
    if score is not None and score not in SCORES:
        wrong["score"] = "score-range"
    if len(text) > MAX_CHARS:
        wrong["text"] = "text-too-long"
    if wrong:
        raise Invalid("feedback-invalid", fields=wrong)
