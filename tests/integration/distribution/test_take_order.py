"""What comes in is dated, told of and offered."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from callcore.customers.tables import CustomerRow
from callcore.distribution.take_order import take_order
from callcore.kernel.outbox import OutboxRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import NewOrder, OrderKind
from callcore.orders.settings import OrderSettings, write_settings
from tests.factories.network import make_org, make_region
from tests.integration.distribution import stage

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


async def test_an_order_is_dated_and_offered_to_the_dealers_of_its_region(database):
    async with database.transaction() as session:
        root = await make_org(session)
        near = await make_org(session, parent=root, region_code="RU-MOW")
        await make_org(session, parent=root, region_code="RU-SPE")
        await make_region(session, "RU-MOW")
        session.add(CustomerRow(id=1, name="Иван", created_at=NOW))
        await session.flush()
        order = await take_order(
            session,
            NewOrder(kind=OrderKind.ORDER, customer_id=1, region_code="RU-MOW", tz="Asia/Yekaterinburg"),
            now=NOW,
        )
        handed = await take_order(
            session, NewOrder(kind=OrderKind.ORDER, customer_id=1, org_id=near.id), now=NOW
        )
    async with database.session() as session:
        windows = (await session.scalars(select(OrderWindowRow))).all()
        topics = {row.topic for row in await session.scalars(select(OutboxRow))}
    assert [(row.org_id, row.opens_at) for row in windows] == [(near.id, NOW)]
    assert order.due_at == datetime(2026, 3, 24, 18, 59, 59, tzinfo=UTC)  # midnight of Yekaterinburg
    assert (order.status, order.run, order.offered_at) == ("available", 1, NOW)
    assert (handed.status, handed.org_id, handed.accepted_at) == ("accepted", near.id, NOW)
    assert topics == {"order:created", "order:available", "order:assigned"}


async def test_minutes_of_stages_may_be_those_of_the_office(database):
    await stage.fill(database)
    friday = datetime(2026, 3, 13, 14, 50, tzinfo=UTC)  # ten to six in Moscow
    async with database.transaction() as session:
        await write_settings(session, OrderSettings(working_minutes=True), shown=0, at=NOW, user_id=1)
        order = await stage.make(session, at=friday)
        opens = dict(
            (
                await session.execute(
                    select(OrderWindowRow.org_id, OrderWindowRow.opens_at).where(
                        OrderWindowRow.order_id == order.id
                    )
                )
            ).all()
        )
    assert opens[stage.QUOTA_DEALER] == friday
    assert opens[stage.TOP] == datetime(
        2026, 3, 16, 6, 5, tzinfo=UTC
    )  # ten minutes of Friday, five of Monday
    assert opens[stage.PLAIN] == datetime(2026, 3, 16, 6, 10, tzinfo=UTC)
