"""The order list below its page: counts and lists agree for everybody, a search tells nothing hidden, news reach whom they
concern, the palette finds by rights."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from callcore.customers.tables import ContactRow, CustomerRow
from callcore.distribution.accept_order import accept_order
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.network.model import Role, Viewer
from callcore.network.preferences import has_single_keys, keep_single_keys
from callcore.network.tables import OrgRow
from callcore.orders.create_order import create_order
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.events import OrderNews
from callcore.orders.find_anything import find_anything
from callcore.orders.list_model import OrderTab
from callcore.orders.list_queries import order_list
from callcore.orders.model import NewLine, NewOrder, OrderEventKind, OrderKind
from callcore.orders.news import NewsMark, news_mark, read_news
from callcore.orders.queries import list_orders
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from callcore.orders.views import OrderFilter
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, DEALER, NOW, RIVAL, SUBDEALER

pytestmark = pytest.mark.integration

HIDDEN = "+79161234567"
SEO = stage.viewer(1, Role.SEO)
EVERYBODY = (ADMIN, DEALER, SUBDEALER, RIVAL, SEO)
Told = dict[int, tuple[OrderNews, bool, frozenset[int]]]


@pytest.fixture(autouse=True)
async def _network(database: Database) -> None:
    await stage.fill(database)
    async with database.transaction() as session:
        session.add(CustomerRow(id=7, name="Иван 89161234567", region_code="RU-MOW", created_at=NOW))
        await session.flush()
        session.add(ContactRow(customer_id=7, kind="phone", value=HIDDEN))


async def put(database: Database, org_id: int | None = None, **more: object) -> OrderRow:
    """An order with columns set after it was made."""
    async with database.transaction() as session:
        new = NewOrder(
            kind=OrderKind.ORDER, customer_id=7, org_id=org_id, lines=(NewLine("Панель", 1000, Decimal(10)),)
        )
        order = await create_order(session, new, now=NOW)
        for name, value in more.items():
            setattr(order, name, value)
        return order


async def offer(database: Database, order: OrderRow, **after: int) -> None:
    """Windows of organisations (o2=0: the second, at once) so many seconds after NOW."""
    async with database.transaction() as session:
        await session.execute(
            update(OrderRow).where(OrderRow.id == order.id).values(offered_at=NOW, run=1, status="available")
        )
        for name, seconds in after.items():
            opens_at = NOW + timedelta(seconds=seconds)
            window = OrderWindowRow(
                order_id=order.id, run=1, org_id=int(name[1:]), stage="base", opens_at=opens_at
            )
            session.add(window)


async def tabs_and_lists(database: Database, viewer: Viewer) -> dict[OrderTab, tuple[int, list[int]]]:
    """Of each tab its count and the numbers that stand on it."""
    found = {}
    async with database.session() as session:
        first = await order_list(session, viewer, OrderFilter(), after=None, limit=50, now=NOW)
        for one in first.tabs:
            wanted = OrderFilter(tab=one.tab)
            page = await order_list(session, viewer, wanted, after=None, limit=50, now=NOW)
            assert page.total == one.count
            found[one.tab] = (one.count.value, [row.order.number for row in page.rows])
    return found


async def test_counts_and_lists_agree_for_everybody(database: Database) -> None:
    due = {"attention_at": NOW}
    await put(database, 2, status="accepted", status_class="waiting", **due)
    await put(database, 3, status="processed", status_class="contacted", manager_id=1)
    await put(database, 4, status="done", status_class="closed", result="done")
    await offer(database, await put(database, declined_at=NOW), o2=0, o4=60)
    await put(database, 2, deleted_at=NOW, **due)
    found = {viewer: await tabs_and_lists(database, viewer) for viewer in EVERYBODY}
    for tabs in found.values():
        assert all(count == len(numbers) for count, numbers in tabs.values())
    assert {tab: numbers for tab, (_, numbers) in found[ADMIN].items()} == {
        OrderTab.MINE: [2],
        OrderTab.AVAILABLE: [4],
        OrderTab.CLOSED: [3],
        OrderTab.DECLINED: [4],
        OrderTab.PROBLEMS: [1],
        OrderTab.ALL: [4, 3, 2, 1],
    }
    assert {tab: numbers for tab, (_, numbers) in found[DEALER].items()} == {
        OrderTab.MINE: [2, 1],
        OrderTab.AVAILABLE: [4],
        OrderTab.CLOSED: [],
        OrderTab.PROBLEMS: [1],
    }
    assert found[RIVAL][OrderTab.CLOSED] == (1, [3])
    assert found[RIVAL][OrderTab.AVAILABLE] == (0, [])
    assert OrderTab.AVAILABLE not in found[SEO]
    async with database.transaction() as session:
        (await session.get_one(OrgRow, 2)).order_access = "own_only"
    async with database.session() as session:
        with pytest.raises(NotFound):
            await list_orders(session, DEALER, OrderFilter(tab=OrderTab.AVAILABLE), now=NOW)


async def test_a_search_tells_nothing_of_a_hidden_number(database: Database) -> None:
    await put(database, 2)
    guesses = ["4567", "1234567", "8 916 123-45-67", HIDDEN, "Иван 8", "89", "916", "Иван 89161234567", "7"]
    for viewer, hits in ((ADMIN, True), (DEALER, False)):
        for text in guesses[:4]:
            async with database.session() as session:
                page = await list_orders(session, viewer, OrderFilter(text=text), now=NOW)
                assert bool(page.items) is hits, (viewer.role, text)
    async with database.session() as session:
        for text in guesses:
            page = await list_orders(session, DEALER, OrderFilter(text=text), now=NOW)
            assert not page.items, text
            assert not await find_anything(session, DEALER, text, now=NOW)
        assert (await list_orders(session, DEALER, OrderFilter(text="иван"), now=NOW)).items


async def test_the_palette_finds_by_rights(database: Database) -> None:
    await put(database, 2)
    await put(database, 4)
    await offer(database, await put(database), o2=0)

    async def found(viewer: Viewer, text: str) -> list[tuple[str, int]]:
        async with database.session() as session:
            return [(hit.kind, hit.id) for hit in await find_anything(session, viewer, text, now=NOW)]

    assert (await found(ADMIN, "2"))[0] == ("order", 2)
    assert await found(ADMIN, "иван") == [("order", 3), ("order", 2), ("order", 1), ("customer", 7)]
    assert await found(DEALER, "Иван") == [("order", 3), ("order", 1), ("customer", 7)]
    assert await found(RIVAL, "1") == []
    assert ("dealer", 4) in await found(ADMIN, "Орг")
    assert ("dealer", 4) not in await found(DEALER, "Орг")
    for text in ("", "и", "%", "нет такого"):
        assert await found(ADMIN, text) == [], text
    assert await found(SEO, "Иван") == []
    async with database.transaction() as session:
        assert await has_single_keys(session, 1)
        await keep_single_keys(session, 1, are_on=False)
        await keep_single_keys(session, 1, are_on=False)
        assert not await has_single_keys(session, 1)
        assert await has_single_keys(session, 2)


async def told(database: Database, mark: NewsMark, seconds: int) -> tuple[Told, NewsMark]:
    async with database.session() as session:
        news, mark = await read_news(session, mark, NOW + timedelta(seconds=seconds))
    return {one.number: (one.what, one.audience.staff, one.audience.org_ids) for one in news}, mark


async def test_news_reach_whom_they_concern_once(database: Database) -> None:
    old = await put(database, 3)
    async with database.session() as session:
        mark = await news_mark(session, NOW)
    assert await told(database, mark, 0) == ({}, mark)
    order = await put(database)
    await offer(database, order, o2=5, o4=60)
    seen, mark = await told(database, mark, 1)
    assert seen == {2: (OrderNews.CREATED, True, frozenset())}
    assert (await told(database, mark, 4))[0] == {}
    seen, mark = await told(database, mark, 5)  # the first window opens
    assert seen == {2: (OrderNews.AVAILABLE, True, frozenset({1, 2}))}
    assert (await told(database, mark, 6))[0] == {}
    seen, mark = await told(database, mark, 61)
    assert seen == {2: (OrderNews.AVAILABLE, True, frozenset({1, 2, 4}))}
    async with database.transaction() as session:
        await accept_order(session, DEALER, 2, now=NOW + timedelta(seconds=62))
        _ = await add_event(session, old.id, OrderEventKind.COMMENT, at=NOW, data={"text": "привет"})
    seen, mark = await told(database, mark, 63)
    assert seen == {
        2: (OrderNews.MOVED, True, frozenset({1, 2, 4})),
        1: (OrderNews.CHANGED, True, frozenset({1, 2, 3})),
    }
    async with database.transaction() as session:
        _ = await add_event(session, order.id, OrderEventKind.COMMENT, at=NOW, data={"text": "ещё"})
    seen, mark = await told(database, mark, 64)  # the loser of the race hears no more of it
    assert seen == {2: (OrderNews.CHANGED, True, frozenset({1, 2}))}
    assert (await told(database, mark, 65))[0] == {}
