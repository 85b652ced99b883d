"""Reviews that the factory has decided to show: what everybody may read of them. A reader's first name, if he gave one, and
nothing else that tells who he is; the answer was written to him alone."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import CustomerRow
from callcore.messaging.feedback import FeedbackKind
from callcore.messaging.feedback_desk import FeedbackState
from callcore.messaging.recipients import customer_numbers
from callcore.messaging.tables import FeedbackRow
from callcore.network.tables import OrgRow
from callcore.orders.masking import first_name, without_numbers
from callcore.orders.tables import OrderRow

MAX_REVIEWS: Final = 50
MAX_NAME_CHARS: Final = 40
PERSON: Final = "person"  # not a company, whose name is no first name
_EMAIL: Final = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True)
class Review:
    """`day` by the clock of the order. `org_name` is empty for an order that no dealer had. `score` is 1 to 5, or none."""

    id: int
    org_id: int | None
    org_name: str
    name: str
    score: int | None
    text: str
    day: date


@dataclass(frozen=True, slots=True)
class Reviews:
    """Newest first. `count` and `mean` are of all that are shown, not of the page alone."""

    items: tuple[Review, ...]
    count: int
    mean: float | None
    next_after: int | None


async def published_reviews(
    session: AsyncSession, org_id: int | None = None, *, after: int | None = None, limit: int = 10
) -> Reviews:
    """Of one dealer or of all; a dealer that does not exist has none."""
    limit = max(1, min(limit, MAX_REVIEWS))
    shown = _shown(org_id)
    query = _joined(select(FeedbackRow, OrderRow.tz, OrgRow.name, CustomerRow)).where(*shown)
    query = query.outerjoin(OrgRow, OrgRow.id == FeedbackRow.org_id)
    if after is not None:
        query = query.where(FeedbackRow.id < after)
    rows = list(await session.execute(query.order_by(FeedbackRow.id.desc()).limit(limit + 1)))
    total = _joined(select(func.count(), func.avg(FeedbackRow.score)).select_from(FeedbackRow)).where(*shown)
    count, mean = (await session.execute(total)).one()
    items = tuple([await _review(session, *row) for row in rows[:limit]])
    next_after = items[-1].id if len(rows) > limit else None
    return Reviews(items, count, float(mean) if mean is not None else None, next_after)


def _joined(query: Any) -> Any:
    of_order = query.join(OrderRow, OrderRow.id == FeedbackRow.order_id)
    return of_order.outerjoin(CustomerRow, CustomerRow.id == FeedbackRow.customer_id)


def _shown(org_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """What a forgotten customer said is shown no more, nor what was said of a deleted order."""
    shown = (
        FeedbackRow.kind == FeedbackKind.REVIEW.value,
        FeedbackRow.state == FeedbackState.SHOWN.value,
        CustomerRow.anonymised_at.is_(None),
        OrderRow.deleted_at.is_(None),
    )
    return shown if org_id is None else (*shown, FeedbackRow.org_id == org_id)


async def _review(
    session: AsyncSession, row: FeedbackRow, tz: str, org_name: str | None, customer: CustomerRow | None
) -> Review:
    numbers = await customer_numbers(session, customer.id) if customer is not None else ()
    is_person = customer is not None and customer.kind == PERSON
    name = first_name(customer.name) if customer is not None and is_person else ""
    said, called = (_EMAIL.sub("[почта скрыта]", without_numbers(text, numbers)) for text in (row.text, name))
    day = row.at.astimezone(ZoneInfo(tz)).date()
    return Review(row.id, row.org_id, org_name or "", called[:MAX_NAME_CHARS], row.score, said, day)
