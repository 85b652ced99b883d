"""Orders that people bring: on a site's form, by an operator's hand; and the customer's own page. On both databases."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select, update

from callcore.catalog.tables import ProductRow
from callcore.customers.tables import ConsentRow
from callcore.kernel.database import Database
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.tables import FeedbackRow
from callcore.network.model import Role
from callcore.network.tables import OrgRegionRow, RegionRow
from callcore.orders.desk_tables import DealerServiceRow, OrderWindowRow
from callcore.orders.model import OrderEventKind
from callcore.orders.pin_tables import OrderPinRow
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.timeline import add_event
from tests.factories.sales import make_call, make_customer, make_order
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration

XSS = "<script>alert(1)</script>"
SITE = {
    "name": f"Ирина {XSS}",
    "phone": "8 912 440-00-22",
    "email": "irina@example.test",
    "city": "Москва",
    "address": "ул. Мира, 5",
    "comment": f"Позвоните вечером {XSS}",
    "wish.0.what": "Профиль-100",
    "wish.0.quantity": "40",
    "service.delivery": "1",
    "pd": "1",
    "ads": "1",
    "calls": "1",
}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        async with database.transaction() as session:
            _ = await session.merge(RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"))
            await session.flush()
            if await session.get(OrgRegionRow, (opened.seeds.dealer_id, "RU-MOW")) is None:
                session.add(OrgRegionRow(org_id=opened.seeds.dealer_id, region_code="RU-MOW"))
            session.add(DealerServiceRow(org_id=opened.seeds.dealer_id, service="delivery"))
            session.add(ProductRow(article="PR-100", name="Профиль-100", category="Окна", price="222.75"))
        yield opened


def hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))


async def order_numbered(site: GuardedSite, number: int) -> OrderRow:
    async with site.database.session() as session:
        found = await session.scalar(select(OrderRow).where(OrderRow.number == number))
    assert found is not None
    return found


async def last_order(site: GuardedSite) -> OrderRow:
    async with site.database.session() as session:
        found = await session.scalar(select(OrderRow).order_by(OrderRow.id.desc()).limit(1))
    assert found is not None
    return found


async def opened_form(browser: ClientSession, path: str, **headers: str) -> dict[str, str]:
    async with browser.get(path, headers=headers) as answer:
        assert answer.status == 200
        return hidden(await answer.text())


async def test_a_customer_orders_on_a_site_and_follows_it(site: GuardedSite) -> None:
    browser = site.browser()
    path = "/site/order?utm_source=yandex&utm_medium=cpc&utm_campaign=spring&utm_term=okna"
    form = await opened_form(browser, path) | SITE
    for field, value, words in (
        ("wish.0.quantity", "0", "больше нуля"),
        ("wish.0.quantity", "1e12", "число до миллиона"),
        ("phone", "12", "не похоже на номер"),
        ("pd", "", "Без согласия"),
    ):
        async with browser.post("/site/order", data=form | {field: value}) as answer:
            text = await answer.text()
            assert (answer.status, words in text) == (422, True), field
            assert "ул. Мира, 5" in text  # nothing typed is lost
    async with browser.post("/site/order", data=form, allow_redirects=False) as answer:
        link = answer.headers["Location"]
        assert (answer.status, link[:3]) == (303, "/o/")
    async with browser.post("/site/order", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == link  # pressed twice: one order
    async with browser.post("/site/order", data=form | {"city": "Тверь"}) as answer:
        assert answer.status == 409  # gone back and changed: asked whether another one is meant
    order = await last_order(site)
    assert (order.source, order.medium, order.campaign, order.channel) == ("yandex", "cpc", "spring", "site")
    assert (order.region_code, order.total_kopecks, link) == ("RU-MOW", 891_000, f"/o/{order.public_id}")
    async with site.database.session() as session:
        kinds = set(await session.scalars(select(ConsentRow.kind)))
        windows = list(await session.scalars(select(OrderWindowRow.org_id)))
        created = await session.scalar(
            select(OrderEventRow.data).where(OrderEventRow.order_id == order.id, OrderEventRow.seq == 1)
        )
    assert kinds == {"pd", "ads", "calls"}
    assert windows == [site.seeds.dealer_id]
    assert created["term"] == "okna"
    await follow(site, browser, link, order.id)


async def follow(site: GuardedSite, browser: ClientSession, link: str, order_id: int) -> None:
    async with site.database.transaction() as session:
        for text, is_public in (("Внутренний секрет", False), ("Привезём в среду", True)):
            data = {"text": text, "is_public": is_public}
            await add_event(session, order_id, OrderEventKind.COMMENT, at=site.clock.now(), data=data)
    async with browser.get(link) as answer:
        text = await answer.text()
        assert (answer.status, answer.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
        assert answer.headers["Cache-Control"] == "no-store"
    assert "Ищем дилера" in text
    assert "8\N{NO-BREAK SPACE}910" in text
    assert "Привезём в среду" in text
    assert not any(word in text for word in ("Внутренний секрет", XSS, "4400022"))
    form = hidden(text)
    said = {"key": form["key"], "text": f"Можно в четверг? {XSS}"}
    for _ in range(2):
        async with browser.post(f"{link}/message", data=said) as answer:
            page = await answer.text()
    assert (page.count("Можно в четверг?"), XSS in page) == (1, False)
    async with browser.post(f"{link}/message", data={"text": "  "}) as answer:
        assert answer.status == 422
    complaint = {"kind": "complaint", "score": "1", "text": "Никто не звонит"}
    async with browser.post(f"{link}/feedback", data=complaint) as answer:
        page = await answer.text()
        assert "Никто не звонит" in page
        assert "Отписаться" in page
    async with browser.post(f"{link}/feedback", data={"kind": "complaint"}) as answer:
        assert answer.status == 422
    async with browser.post(f"{link}/unsubscribe") as answer:
        assert "Отписаться" not in await answer.text()
    async with site.database.session() as session:
        topics = list(await session.scalars(select(OutboxRow.topic)))
        feedback = list(
            await session.scalars(select(FeedbackRow.kind).where(FeedbackRow.order_id == order_id))
        )
        order = await session.get_one(OrderRow, order_id)
    assert topics.count("order:message-from-customer") == 1
    assert (feedback, order.attention_at) == (["complaint"], site.clock.now())
    for odd in ("/o/short", f"/o/{'a' * 26}", f"{link}/files/1", f"{link}x"):
        async with browser.get(odd) as answer:
            assert answer.status == 404, odd


async def test_forms_of_dealers_traps_and_hurry(site: GuardedSite) -> None:
    browser, dealer = site.browser(), site.seeds.dealer_id
    form = await opened_form(browser, f"/site/{dealer}/order", Referer="https://www.google.ru/") | SITE
    async with site.database.session() as session:
        before = await session.scalar(select(func.count()).select_from(OrderRow))
    async with browser.post(f"/site/{dealer}/order", data=form | {"website": "http://spam"}) as answer:
        assert answer.status == 200
    async with site.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(OrderRow)) == before
    async with browser.post(f"/site/{dealer}/order", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    order = await last_order(site)
    assert (order.site_org_id, order.source, order.medium) == (dealer, "google", "organic")
    for path in ("/site/999999/order", "/site/1/order", "/site/x/order"):
        async with browser.get(path) as answer:
            assert answer.status == 404
    statuses = []
    for number in range(14):
        async with browser.post(
            "/site/order", data=form | {"key": f"k{number}"}, allow_redirects=False
        ) as answer:
            statuses.append(answer.status)
    assert statuses[0] == 303
    assert statuses[-1] == 429
    site.clock.advance(timedelta(minutes=1))
    async with browser.post("/site/order", data=form | {"key": "later"}, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_an_operator_types_an_order(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.OPERATOR)
    form = await opened_form(browser, "/orders/new")
    form |= {"phone": "8 912 440-00-33", "name": "Пётр", "region": "RU-MOW", "q": "проф", "do": "find"}
    form |= {"lines.0.kind": "goods", "lines.0.quantity": "1", "comment": "Просил вечером"}
    async with browser.post("/orders/new", data=form) as answer:
        text = await answer.text()
        assert 'value="add:PR-100"' in text
        assert "Просил вечером" in text
    async with browser.post("/orders/new", data=form | {"do": "add:PR-100"}) as answer:
        text = await answer.text()
    assert 'value="222,75"' in text
    line = {"lines.0.article": "PR-100", "lines.0.name": "Профиль-100", "lines.0.price": "222,75"}
    form |= line | {"do": "save", "lines.0.quantity": "40"}
    for field, value, words in (
        ("lines.0.quantity", "0", "больше нуля"),
        ("lines.0.quantity", "-1", "больше нуля"),
        ("lines.0.quantity", "1e12", "число до миллиона"),
        ("due", "2020-01-01", "уже прошёл"),
        ("due", "завтра", "Выберите день"),
        ("lat", "55,7", "обе координаты"),
    ):
        async with browser.post("/orders/new", data=form | {field: value}) as answer:
            text = await answer.text()
            assert (answer.status, words in text, "Просил вечером" in text) == (422, True, True), (
                field,
                value,
            )
    for _ in range(2):
        async with browser.post("/orders/new", data=form, allow_redirects=False) as answer:
            where = answer.headers["Location"]
    order = await last_order(site)
    assert where == f"/orders/{order.number}"
    assert (order.total_kopecks, order.channel, order.number) == (891_000, "operator", 42)
    async with site.database.session() as session:
        rows = await session.scalars(select(OrderLineRow).where(OrderLineRow.order_id == order.id))
        lines = [(row.article, row.category, row.quantity_m) for row in rows]
    assert lines == [("PR-100", "Окна", 40_000)]


async def test_a_request_becomes_an_order_under_its_number(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        customer = await make_customer(session, phone="+79124400044", name="Олег")
        await make_order(
            session, customer, number=77, kind="request", status="new", source="yandex", region_code="RU-MOW"
        )
        row = await session.scalar(select(OrderRow).where(OrderRow.number == 77))
        call = await make_call(
            session, customer_id=customer.id, order_id=row.id, caller_number="+79124400044"
        )
        call_id = call.call_id
    browser = await site.signed_in(Role.OPERATOR)
    form = await opened_form(browser, f"/orders/new?call_id={call_id}")
    assert form["request"] == "77"
    form |= {"do": "save", "source": "yandex", "region": "RU-MOW", "city": "Москва", "address": "ул. Мира, 5"}
    form |= {"lines.0.kind": "goods", "lines.0.quantity": "2", "lines.0.article": "PR-100"}
    async with browser.post("/orders/new", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/orders/77", await answer.text()
    order = await order_numbered(site, 77)
    async with site.database.session() as session:
        pin = await session.get(OrderPinRow, order.id)
    assert pin is not None
    assert pin.due_at is not None  # its first address is looked for on the map
    assert (order.kind, order.source, order.total_kopecks, order.run) == ("order", "yandex", 44_550, 1)
    assert order.due_at is not None
    # its dealer alone: strangers do not learn of it, nor of the customer
    dealer = await site.signed_in(Role.DEALER_MANAGER)
    async with site.database.transaction() as session:
        await session.execute(update(OrderRow).where(OrderRow.number == 77).values(kind="request"))
    for path in (
        "/orders/new?request=77",
        f"/orders/new?customer={order.customer_id}",
        f"/orders/new?call_id={call_id}",
    ):
        async with dealer.get(path) as answer:
            assert answer.status == 404, path
    own = await opened_form(dealer, "/orders/new") | {"do": "save", "phone": "8 912 440-00-55"}
    async with dealer.post("/orders/new", data=own, allow_redirects=False) as answer:
        assert answer.status == 303
    order = await last_order(site)
    assert (order.org_id, order.status) == (site.seeds.dealer_id, "accepted")
