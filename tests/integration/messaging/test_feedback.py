"""What customers say of their orders, and what follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.feedback import answer_survey, leave_feedback, send_survey, survey_of
from callcore.messaging.feedback_desk import FeedbackState, decide
from callcore.messaging.links import survey_token
from callcore.messaging.tables import FeedbackRow
from callcore.network.model import Role, Viewer
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.settings import OrderSettings, write_settings
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.watch_orders import raise_alarms, refresh_attention
from tests.factories.network import make_org, make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration


async def closed_order(database: Database) -> tuple[int, int]:
    """Ids of an order and of its dealer; a five is worth 20 points."""
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory)
        user = await make_user(session, factory, role="admin")
        closed = {"status_class": "closed", "result": "failed", "org_id": dealer.id}
        order = await make_order(session, await make_customer(session), **closed)
        settings = replace(OrderSettings(), points_by_score=(0, 0, 0, 0, 20))
        await write_settings(session, settings, shown=0, at=order.created_at, user_id=user.id)
    return order.id, dealer.id


async def test_complaint_makes_the_order_a_problem_and_is_told_once(
    database: Database, clock: FakeClock
) -> None:
    order_id, dealer_id = await closed_order(database)
    complaint = {"order_id": order_id, "kind": "complaint", "score": None, "text": "Не приехали"}
    async with database.transaction() as session:
        first = await leave_feedback(session, **complaint, now=clock.now())
    async with database.transaction() as session:
        assert await leave_feedback(session, **complaint, now=clock.now()) == first
    async with database.session() as session:
        order = await session.get(OrderRow, order_id)
        assert order is not None
        assert (order.attention_at, order.version) == (clock.now(), 2)
        row = (await session.scalars(select(FeedbackRow))).one()
        assert (row.org_id, row.state) == (dealer_id, "new")
        fact = (await session.scalars(select(OutboxRow))).one()
        assert (fact.topic, fact.data) == ("feedback:complaint", {"feedback_id": first})
        event = (await session.scalars(select(OrderEventRow))).one()
        assert (event.kind, event.data["text"]) == ("feedback", "Не приехали")


async def test_a_complaint_marks_its_order_whatever_else_happens_until_it_is_settled(
    database: Database, clock: FakeClock
) -> None:
    order_id, _ = await closed_order(database)
    complaint = {"order_id": order_id, "kind": "complaint", "score": None}
    at = clock.now()
    async with database.transaction() as session:
        ids = [await leave_feedback(session, **complaint, text=text, now=at) for text in ("Раз", "Два")]
        order = await session.get_one(OrderRow, order_id)
        for status_class in ("waiting", "closed", "open"):
            order.status_class = status_class
            await refresh_attention(session, order)
            assert order.attention_at == at
        order.due_at = at - timedelta(days=1)
        await refresh_attention(session, order)
        assert order.attention_at == at - timedelta(days=1)
        told = await raise_alarms(session, since=at - timedelta(hours=1), now=at)
        assert told == 0  # a complaint is told by its own message
        order.due_at, order.status_class = None, "closed"
        await refresh_attention(session, order)
    admin = Viewer(1, "Админ", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
    new, closed = FeedbackState.NEW, FeedbackState.CLOSED
    marks = []
    for one in ids:
        async with database.transaction() as session:
            await decide(session, admin, one, closed, "Привезли", seen=new, now=clock.now())
            marks.append((await session.get_one(OrderRow, order_id)).attention_at)
    assert marks == [at, None]  # the last one settled takes the mark away


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "complaint", "score": None, "text": " "}, "text"),
        ({"kind": "review", "score": 6, "text": "да"}, "score"),
        ({"kind": "praise", "score": 5, "text": "да"}, "kind"),
        ({"kind": "review", "score": 5, "text": "я" * 4001}, "text"),
    ],
)
async def test_wrong_feedback_names_its_field(
    database: Database, clock: FakeClock, values: dict[str, object], field: str
) -> None:
    async with database.transaction() as session:
        with pytest.raises(Invalid) as wrong:
            await leave_feedback(session, order_id=1, **values, now=clock.now())  # type: ignore[arg-type]
    assert set(wrong.value.details["fields"]) == {field}


async def test_survey_is_sent_once_answered_once_and_counts_once(
    database: Database, clock: FakeClock
) -> None:
    order_id, dealer_id = await closed_order(database)
    async with database.transaction() as session:
        first = await send_survey(session, order_id, clock.now())
        clock.advance(60)
        again = await send_survey(session, order_id, clock.now())
        token = await survey_token(session, order_id, 1, clock.now())
    assert (first.is_new, again.is_new, again.made_at) == (True, False, first.made_at)
    async with database.transaction() as session:
        assert (await survey_of(session, token)).result == "failed"
        with pytest.raises(Invalid):
            await answer_survey(session, token, None, "", clock.now())
        await answer_survey(session, token, 5, "Спасибо", clock.now())
    async with database.transaction() as session:
        with pytest.raises(NotAllowedNow):
            await answer_survey(session, token, 1, "", clock.now())
        with pytest.raises(NotFound):
            await survey_of(session, token + "x")
    async with database.session() as session:
        assert (await survey_of(session, token)).score == 5
        assert await session.scalar(select(func.count()).select_from(PointsEntryRow)) == 1
        dealer = await session.get(OrgRow, dealer_id)
        assert dealer is not None
        assert dealer.points == 20
        review = (await session.scalars(select(FeedbackRow))).one()
        assert (review.kind, review.score, review.text) == ("review", 5, "Спасибо")
