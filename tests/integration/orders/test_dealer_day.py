"""A dealer's day: own orders and those below, what is offered, place by points, months on his clock."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden
from callcore.network.ledger import PointsKind, add_points
from callcore.network.tables import OrgRow
from callcore.orders.dealer_day import Month, dealer_day
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.tables import OrderRow
from tests.integration.orders.stage import ADMIN, DEALER, RIVAL, fill

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 1, 21, 30, tzinfo=UTC)  # 2 November in Moscow


def order(number: int, status_class: str, *, org_id: int | None = 2, **values: object) -> OrderRow:
    usual = {
        "result": "running",
        "status": "new",
        "created_at": NOW - timedelta(days=40),
        "tz": "Europe/Moscow",
    }
    return OrderRow(
        id=number,
        number=number,
        public_id=f"p{number}",
        kind="order",
        status_class=status_class,
        customer_id=1,
        org_id=org_id,
        **(usual | values),
    )


async def test_what_waits_what_was_earned_and_where_one_stands(database: Database) -> None:
    await fill(database)
    done = {"result": "done", "total_kopecks": 100_00}
    midnight = datetime(2026, 10, 31, 21, tzinfo=UTC)  # the month begins in Moscow
    async with database.transaction() as session:
        session.add(CustomerRow(id=1, name="Анна", note="", created_at=NOW))
        await session.flush()
        session.add_all(
            [
                order(1, "waiting"),
                order(2, "waiting", org_id=3, attention_at=NOW),  # the dealer below
                order(3, "contacted", attention_at=NOW + timedelta(seconds=1)),
                order(4, "waiting", org_id=4),  # a stranger's
                order(5, "open", org_id=None, offered_at=NOW),
                order(6, "open", org_id=None, offered_at=NOW),
                order(7, "closed", closed_at=midnight, due_at=midnight, earned_kopecks=250_00, **done),
                order(8, "closed", closed_at=midnight - timedelta(microseconds=1), due_at=NOW, **done),
                order(9, "closed", closed_at=NOW, due_at=NOW - timedelta(days=1), org_id=3, **done),
                order(10, "closed", closed_at=NOW, result="failed"),
                order(11, "waiting", deleted_at=NOW),
            ]
        )
        await session.flush()
        for number, opens_at in ((5, NOW), (6, NOW + timedelta(seconds=1))):
            session.add(OrderWindowRow(order_id=number, run=1, org_id=2, stage="base", opens_at=opens_at))
        for org_id, points in ((2, 100), (3, 300), (4, 100)):
            await add_points(
                session,
                org_id=org_id,
                kind=PointsKind.ORDER_FULFILLED,
                points=points,
                reason="",
                at=NOW,
                dedupe_key=f"test:{org_id}",
                order_id=7 if org_id == 2 else None,
            )
    async with database.session() as session:
        day = await dealer_day(session, DEALER, NOW)
        assert (day.available, day.owe_call, day.running, day.problems) == (1, 2, 3, 1)
        assert (day.points, day.place, day.rivals) == (100, 2, 3)
        assert (await dealer_day(session, RIVAL, NOW)).place == 2  # equal points share a place
        assert day.this_month == Month(2, 350_00)
        assert day.last_month == Month(1, 100_00)
        assert day.on_time_percent == 67
        assert [(one.points, one.order_number) for one in day.news] == [(100, 7)]
        with pytest.raises(Forbidden):
            await dealer_day(session, ADMIN, NOW)
    async with database.transaction() as session:
        (await session.get_one(OrgRow, 2)).order_access = "own_only"
    async with database.session() as session:
        assert (await dealer_day(session, DEALER, NOW)).available is None
