"""The dealer who talked gets the request that was nobody's."""

from datetime import timedelta

import pytest

from callcore.orders.card_queries import order_card
from callcore.orders.claim_requests import claim_requests
from callcore.orders.tables import OrderRow
from tests.integration.orders import stage
from tests.integration.orders.stage import DEALER, DEALER_DID, NOW

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
async def _network(database):
    await stage.fill(database)


async def talked(database, call_id="1.1", org_id=2, seconds=5, answered=True, **more):
    """A linked call that the organisation's people answered; returns the order's id."""
    async with database.transaction() as session:
        call = await stage.incoming(session, call_id, "+79161234567", **more)
        await stage.link(session, call)
        call.org_id, call.user_id = org_id, org_id
        call.answered_at = NOW + timedelta(seconds=seconds) if answered else None
        return call.order_id


async def claim(database, **more):
    async with database.transaction() as session:
        return await claim_requests(session, **{"now": NOW + timedelta(minutes=1), **more})


async def owner(database, order_id):
    async with database.session() as session:
        order = await session.get(OrderRow, order_id)
        return order.org_id, order.manager_id, order.version


async def test_the_first_talk_decides_once(database):
    order_id = await talked(database, seconds=5)
    await talked(database, "2.1", org_id=4, seconds=50)
    assert await claim(database) == 1
    assert await claim(database) == 0
    assert await owner(database, order_id) == (2, 2, 2)
    async with database.session() as session:
        card = await order_card(session, DEALER, 1)
    assert [item.text for item in card.timeline if item.kind == "changed"] == ["Орг 2"]


@pytest.mark.parametrize("case", [{"org_id": 1}, {"answered": False}, {"org_id": None}])
async def test_head_office_and_unanswered_calls_claim_nothing(database, case):
    order_id = await talked(database, **case)
    assert await claim(database) == 0
    assert (await owner(database, order_id))[0] is None


async def test_a_request_with_an_owner_is_never_moved(database):
    order_id = await talked(database, org_id=4, did_id=DEALER_DID)
    assert await claim(database) == 0
    assert (await owner(database, order_id))[0] == 2


async def test_one_call_may_be_looked_at_alone_and_old_ones_rest(database):
    await talked(database)
    assert await claim(database, call_id="9.9") == 0
    assert await claim(database, now=NOW + timedelta(days=3)) == 0
    assert await claim(database, call_id="1.1") == 1
