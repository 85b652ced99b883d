"""What a dealer sells: ticks of shown positions alone, services with prices, who may, two at once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from callcore.catalog.tables import DealerGoodsRow, ProductRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.model import OrderAccess, Role
from callcore.network.tables import OrgRow
from callcore.orders.trade import ChangeTrade, TradeFields, dealer_trade
from tests.fakes.clock import FakeClock
from tests.integration.orders.stage import ADMIN, DEALER, RIVAL, SUBDEALER, fill, viewer

pytestmark = pytest.mark.integration


async def test_a_dealer_ticks_what_he_sells_and_names_his_services(
    database: Database, clock: FakeClock
) -> None:
    await fill(database)
    async with database.transaction() as session:
        for number, name in enumerate(("Панель дуб", "Панель бук", "Клей"), start=1):
            session.add(
                ProductRow(
                    id=number,
                    article=f"12{number}",
                    name=name,
                    category="Панели",
                    unit="шт",
                    price=Decimal(10),
                )
            )
    change = ChangeTrade(database, clock)
    assert await change.tick(DEALER, 2, {1, 2, 999}, {1, 2, 3, 999}) == (2, 0)  # 3 was not shown
    assert await change.tick(DEALER, 2, {1, 3}, {3}) == (1, 1)
    assert await change.tick(ADMIN, 2, {1, 3}, {3}) == (0, 0)
    async with database.session() as session:
        found = await dealer_trade(session, DEALER, 2)
        assert [(one.id, one.is_sold) for one in found.goods] == [(3, True), (2, True), (1, False)]
        assert (found.sold, found.all_goods) == (2, 3)
        assert [one.id for one in (await dealer_trade(session, DEALER, 2, "121")).goods] == [1]
        assert [one.id for one in (await dealer_trade(session, DEALER, 2, "бук")).goods] == [2]
        assert set(await session.scalars(select(DealerGoodsRow.product_id))) == {2, 3}
    wanted = TradeFields(
        whole_line=False,
        services={"delivery": Decimal("1500.50"), "installation": None},
        order_access=OrderAccess.OWN_ONLY,
        capacity=20,
    )
    await change.save(DEALER, 2, wanted, found.stamp)
    with pytest.raises(Conflict, match="trade-changed"):
        await change.save(DEALER, 2, replace(wanted, capacity=5), found.stamp)
    async with database.session() as session:
        saved = await dealer_trade(session, DEALER, 2)
        assert saved.fields == replace(wanted, order_access=OrderAccess.REGION)  # not the dealer's to choose
    await change.save(ADMIN, 2, wanted, saved.stamp)
    async with database.session() as session:
        org = await session.get(OrgRow, 2)
        assert org is not None
        assert (org.order_access, org.whole_line, org.order_capacity) == ("own_only", False, 20)


async def test_whose_it_is_not_learns_nothing_and_wrong_values_are_refused(
    database: Database, clock: FakeClock
) -> None:
    await fill(database)
    change = ChangeTrade(database, clock)
    async with database.session() as session:
        fields, stamp = (found := await dealer_trade(session, SUBDEALER, 3)).fields, found.stamp
        with pytest.raises(NotFound):
            await dealer_trade(session, RIVAL, 3)
        with pytest.raises(NotFound):
            await dealer_trade(session, ADMIN, 1)
        with pytest.raises(Forbidden):
            await dealer_trade(session, viewer(2, Role.DEALER_MANAGER), 2)
    with pytest.raises(NotFound):
        await change.save(RIVAL, 3, fields, stamp)
    with pytest.raises(NotFound):
        await change.tick(RIVAL, 3, {1}, {1})
    wrong = replace(fields, services={"delivery": Decimal(-1), "magic": None}, capacity=0)
    with pytest.raises(Invalid) as refused:
        await change.save(DEALER, 3, wrong, stamp)  # the head of the dealer above
    assert set(refused.value.details["fields"]) == {"price_delivery", "services", "capacity"}
