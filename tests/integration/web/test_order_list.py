"""The list of orders as a browser gets it: tabs with counts, conditions, paging, columns, views, actions on many, files."""

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.desk_tables import OrderDeclineRow, OrderWindowRow
from callcore.orders.tables import OrderRow
from tests.factories.sales import make_customer
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.call_stage import NUMBER, SHOWN
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration

NBSP = "\N{NO-BREAK SPACE}"
HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
FORMULA = "=1+1 Роман"
PANELS = ("Панель ПВХ, белая", 40_000, "222.75", 891_000)
CORNER = ("Уголок", 12_500, "10.0350", 12_544)
Browser = TestClient[Any, Any]


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


def numbers_in(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr data-href="/orders/(\d+)"', text)]


def counts_in(text: str) -> dict[str, str]:
    return dict(re.findall(r'class="tab"[^>]*>([^<]+)<span class="tab-count"[^>]*>([^<]+)<', text))


async def press(browser: Browser, address: str, **fields: Any) -> str:
    """Where the form leads to."""
    answer = await browser.post(address, data={"csrf_token": CSRF, **fields}, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def offer(stage: SalesStage, session: Any, order: OrderRow, **opens: timedelta) -> None:
    """Windows of these dealers, so long after the moment of the stage's clock."""
    now = stage.clock.now()
    order.offered_at, order.run = now, 1
    for name, after in opens.items():
        org_id = stage.orgs[name].id
        window = OrderWindowRow(order_id=order.id, run=1, org_id=org_id, stage="base", opens_at=now + after)
        session.add(window)


async def test_a_row_tells_what_matters_and_columns_are_chosen_for_good(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        lines = (PANELS, CORNER)
        order = await stage.order(session, 416, city="Екатеринбург", source="yandex-direct", lines=lines)
        order.due_at, order.accepted_at = MONDAY_NOON + timedelta(days=14), MONDAY_NOON
        order.attention_at = MONDAY_NOON + timedelta(minutes=50)
        await stage.call(session, order_id=order.id)
        await stage.order(session, 417, "", kind="request", status="new")
    usual = ("Принят", "Роман Ильин", SHOWN, "Панель ПВХ, белая", f"1{NBSP}строка", "16.03.2026", "11:06")
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders")
        assert numbers_in(text) == [417, 416]
        for expected in (*usual, f"9{NBSP}035,44{NBSP}руб.", "обращение", "Показано с 1 по 2 из 2"):
            assert expected in text, expected
        assert re.findall(r'<th scope="col" class="n-(\w+)', text)[1:] == [
            "number", "status", "created", "customer", "product", "sum",
        ]  # fmt: skip
        for waited, tone in ((30, "calm"), (10, "warn"), (20, "bad")):
            stage.clock.advance(timedelta(minutes=waited))
            assert f'class="deadline tone-{tone}"' in await page(browser, "/orders")
        codes = ["org", "region", "calls", "due", "nonsense"]
        assert await press(browser, "/orders/columns", back="tab=all&q=ильин", columns=codes) == (
            "/orders?q=%D0%B8%D0%BB%D1%8C%D0%B8%D0%BD&tab=all"
        )
        assert await press(browser, "/orders/page-rows", rows="50") == "/orders"
    async with stage.browser("factory") as browser:  # another device
        text = await page(browser, "/orders")
        assert re.findall(r'<th scope="col" class="n-(\w+)', text)[1:] == [
            "number", "org", "region", "due", "calls",
        ]  # fmt: skip
        for expected in ("Вектор-Строй", "не назначен", "Екатеринбург", "30.03.2026", "<option selected>50<"):
            assert expected in text, expected
        assert (await browser.post("/orders/page-rows", data={"csrf_token": CSRF, "rows": "7"})).status == 400


async def test_tabs_hold_what_they_count(stage: SalesStage) -> None:
    late = MONDAY_NOON - timedelta(minutes=1)
    async with stage.database.transaction() as session:
        await stage.order(session, 1, attention_at=late)
        await stage.order(session, 2, "master", status="done")
        refused = await stage.order(session, 3, "", status="dealer_declined")
        refused.declined_at = refused.attention_at = late
        await offer(stage, session, refused, master=timedelta())
        decline = {"order_id": refused.id, "run": 1, "org_id": stage.orgs["vector"].id, "at": late}
        session.add(OrderDeclineRow(**decline, note="далеко"))
        await stage.order(session, 4, manager_id=stage.users["factory"].id)
        gone = await stage.order(session, 5)
        gone.deleted_at = late
        offered = await stage.order(session, 6, "", status="available")
        await offer(stage, session, offered, vector=timedelta(), master=timedelta(minutes=3, seconds=12))
    async with stage.browser("factory", Role.MANUFACTURER) as browser:
        for tab, title, found in (
            ("mine", "Мои", [4]), ("available", "Доступные", [6, 3]), ("closed", "Завершённые", [2]),
            ("declined", "Дилер отказался", [3]), ("problems", "Проблемные", [3, 1]), ("all", "Все", [6, 4, 3, 2, 1]),
        ):  # fmt: skip
            text = await page(browser, f"/orders?tab={tab}")
            assert numbers_in(text) == found, tab
            assert counts_in(text)[title] == str(len(found)), tab
        text = await page(browser, "/orders?tab=declined")
        for expected in (
            "Вектор-Строй",
            "далеко",
            "Мастер",
            '/orders/3/assign"',
            '/orders/3/offer"',
        ):
            assert expected in text, expected
        assert (await (await browser.get("/orders/badge")).json())["count"] == 1
    async with stage.browser("vector") as browser:
        text = await page(browser, "/orders")
        assert (numbers_in(text), list(counts_in(text))) == (
            [4, 1],
            ["Мои", "Доступные", "Завершённые", "Проблемные"],
        )
        text = await page(browser, "/orders?tab=available")
        assert numbers_in(text) == [6]
        assert "<b data-left>3:12</b>" in text
        assert '/orders/6/accept"' in text
        for tab in ("declined", "all"):
            assert (await browser.get(f"/orders?tab={tab}")).status == 404
        assert await (await browser.get("/orders/badge")).json() == {"count": 3, "late": 1}
    async with stage.browser("master") as browser:
        assert numbers_in(await page(browser, "/orders?tab=available")) == [3]
        stage.clock.advance(timedelta(minutes=3, seconds=11))
        assert numbers_in(await page(browser, "/orders?tab=available")) == [3]
        stage.clock.advance(timedelta(seconds=1))
        text = await page(browser, "/orders?tab=available")
        assert numbers_in(text) == [6, 3]
        assert "data-left" not in text
    async with stage.database.transaction() as session:
        (await session.get_one(OrgRow, stage.orgs["master"].id)).order_access = "own_only"
    async with stage.browser("master") as browser:
        assert "Доступные" not in counts_in(await page(browser, "/orders"))
        for address in (
            "/orders?tab=available",
            "/orders/fresh?tab=available&numbers=6",
            "/orders/export?tab=available",
        ):
            assert (await browser.get(address)).status == 404, address


CONDITIONS = {
    "": [3, 1, 2],
    "stage=open": [3],
    "stage=waiting": [1],
    "tab=closed": [2],
    "tab=closed&result=failed": [],
    "status=accepted": [1],
    "result=done": [2],
    "kind=request": [3],
    "q=2": [2],
    "q=№ 1": [1],
    "q=ильин": [3, 1, 2],
    "q=18-25": [3, 1, 2],
    "q=8 912 440 18 25": [3, 1, 2],
    "q=0000": [],
    "q=PV-002": [1],
    "q=pv-002": [1],
    "source=radio": [2],
    "region=RU-SVE": [3, 1, 2],
    "period=today": [3, 1],
    "since=2026-03-10&until=2026-03-10": [2],
    "due=overdue": [1],
    "due=week": [3],
    "due=day": [],
    "sort=old": [2, 1, 3],
    "sort=sum": [1, 3, 2],
}
BROKEN = (
    "org=abc", "org=99999999999999999999", "kind=zzz", "tab=zzz", "result=1", "since=32.13.2026", "since=0001-01-01",
    "since=2026-03-10&until=2026-03-01", "period=year", "after=zzz", "after=1-2-3", "after=999999999999999999-1",
    f"region={'R' * 60}", f"source={'s' * 60}", f"q={'я' * 100}", "stage=1", "sort=x", "due=x", "manager=x",
    "after=1-2s3", "sort=sum&after=1-2",
)  # fmt: skip


async def test_conditions_find_stand_as_chips_and_never_break(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 1, lines=(PANELS, CORNER), due_at=MONDAY_NOON - timedelta(days=1))
        past = {"source": "radio", "created_at": MONDAY_NOON - timedelta(days=6)}
        await stage.order(session, 2, "master", status="done", **past)
        await stage.order(
            session, 3, "", kind="request", status="new", due_at=MONDAY_NOON + timedelta(days=5)
        )
    org_id = stage.orgs["vector"].id
    async with stage.browser("factory") as browser:
        for query, found in CONDITIONS.items():
            assert numbers_in(await page(browser, f"/orders?{query}")) == found, query
        for query in BROKEN:
            text = await page(browser, f"/orders?{query}", 400)
            assert "Список не показан: поправьте условия отбора" in text, query
            assert numbers_in(text) == []
        for odd in ("%", "_", "'", "%00", "\\", "';--", HOSTILE, "№", "+", "999999999999999999999"):
            answer = await browser.get("/orders", params={"q": odd})
            assert answer.status == 200, odd
            assert "<script>alert" not in await answer.text()
        text = await page(browser, f"/orders?tab=mine&kind=request&org={org_id}&q=Ильин&period=7d&stage=open")
        chips = dict(re.findall(r'class="chip" href="([^"]+)"[^>]*>([^<]+)<', text))
        assert set(chips.values()) == {"7 дней", "Обращение", "Дилер: Вектор-Строй", "Поиск: Ильин", "Открыт"}
        assert all("tab=mine" in address and address.count("=") == 5 for address in chips)
        assert "По этим условиям заказов нет" in text
        assert "Искать во всех заказах" in text
        assert "Отказов нет" in await page(browser, "/orders?tab=declined")


async def test_the_number_that_was_typed_comes_first(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        other = await make_customer(session, phone="+79990000414", name="Пётр")
        await stage.order(session, 414)
        for number in range(500, 530):
            await stage.order(session, number, customer_id=other.id)
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders?q=0414")
        assert numbers_in(text) == [414, *range(529, 505, -1)]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        assert following
        text = await page(browser, following[1].replace("&amp;", "&"))
        assert numbers_in(text) == list(range(505, 499, -1))
        assert "Показано с 26 по 31 из 31" in text
    async with stage.browser(
        "vector"
    ) as browser:  # a tail of a hidden number finds nothing, the order's number does
        assert numbers_in(await page(browser, "/orders?q=0414")) == [414]
        assert numbers_in(await page(browser, "/orders?q=9990000414")) == []


@pytest.mark.parametrize("sort", ["", "old", "sum"])
async def test_pages_follow_each_other_while_orders_come(stage: SalesStage, sort: str) -> None:
    async with stage.database.transaction() as session:
        for number in range(1, 61):
            order = await stage.order(session, number)
            order.total_kopecks = number // 3 * 100
    seen: list[int] = []
    async with stage.browser("factory") as browser:
        address = f"/orders?kind=order&sort={sort}"
        while address:
            text = await page(browser, address)
            seen += numbers_in(text)
            async with stage.database.transaction() as session:
                if sort != "old":
                    later = MONDAY_NOON + timedelta(hours=len(seen))
                    newer = await stage.order(session, 100 + len(seen), created_at=later)
                    newer.total_kopecks = 10**9
            following = re.search(r'rel="next" href="([^"]+)"', text)
            address = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == list(range(1, 61))
    assert len(seen) == 60


async def test_views_are_saved_shared_opened_first_and_deleted(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 1)
        await stage.order(session, 2, "", kind="request", status="new")
    async with stage.browser("factory") as browser:
        fields = {"back": "kind=request&tab=all&evil=1", "name": f"Обращения {HOSTILE}"[:60], "shared": "1"}
        address = await press(browser, "/orders/views", default="1", **fields)
        view_id = int(address.rsplit("=", 1)[1])
        assert address == f"/orders?tab=all&kind=request&view={view_id}"
        text = await page(browser, address)
        assert "<script>alert" not in text
        assert numbers_in(text) == [2]
        answer = await browser.get("/orders", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, address)
        await press(browser, "/orders/views", **fields)
        assert "такое имя у вас уже есть" in await page(browser, "/orders?tab=all")
        await press(browser, "/orders/views", back="", name=" ")
        assert "назовите его" in await page(browser, "/orders?tab=all")
        assert await press(browser, "/orders/views/open-with", back="tab=all") == "/orders?tab=all"
        assert numbers_in(await page(browser, "/orders")) == [2, 1]
    async with stage.browser("vector") as browser:
        assert "Обращения" not in await page(browser, "/orders?tab=mine")
        for path in (f"/orders/views/{view_id}/delete", "/orders/views/999/delete"):
            assert (await browser.post(path, data={"csrf_token": CSRF})).status == 404
        foreign = {"csrf_token": CSRF, "view": str(view_id)}
        assert (await browser.post("/orders/views/open-with", data=foreign)).status == 404
    async with stage.browser("factory") as browser:
        assert await press(browser, f"/orders/views/{view_id}/delete") == "/orders?tab=all&kind=request"
        assert "открывается первым" not in await page(browser, "/orders?tab=all")


async def test_many_orders_change_hands_are_told_one_by_one_and_come_back(stage: SalesStage) -> None:
    boss, master = stage.users["factory"].id, stage.orgs["master"].id
    async with stage.database.transaction() as session:
        for number, status in ((1, "accepted"), (2, "accepted"), (3, "done")):
            await stage.order(session, number, status=status)
        for name in ("vector", "master"):
            (await session.get_one(UserRow, stage.users[name].id)).role = "dealer_owner"

    async def owners() -> list[tuple[int | None, int | None]]:
        async with stage.database.session() as session:
            found = await session.execute(
                select(OrderRow.org_id, OrderRow.manager_id).order_by(OrderRow.number)
            )
            return [(org_id, manager_id) for org_id, manager_id in found]

    vector = stage.orgs["vector"].id
    async with stage.browser("factory", Role.MANUFACTURER) as browser:
        many = {"csrf_token": CSRF, "numbers": ["1", "2", "3", "99"], "back": "tab=all"}
        text = await (
            await browser.post("/orders/bulk", data=many | {"action": "assign", "assign": str(master)})
        ).text()
        assert "Передано дилеру: 2" in text
        assert "он завершён" in text
        assert "такого заказа у вас нет" in text
        assert await owners() == [(master, None), (master, None), (vector, None)]
        undo = re.search(r'action="(/orders/bulk/\d+/undo)"', text)
        assert undo
        await press(browser, undo[1])
        assert await owners() == [(vector, None), (vector, None), (vector, None)]
        two = {"numbers": ["1", "2"], "back": "tab=all", "action": "manager", "manager": str(boss)}
        assert await press(browser, "/orders/bulk", **two) == "/orders?tab=all"
        text = await page(browser, "/orders?tab=mine")
        assert numbers_in(text) == [2, 1]
        undo = re.search(r'action="(/orders/bulk/\d+/undo)"', text)
        assert undo
    async with stage.browser("vector") as browser:
        assert (await browser.post(undo[1], data={"csrf_token": CSRF})).status == 404
        assert (
            await browser.post("/orders/bulk", data=many | {"action": "assign", "assign": str(master)})
        ).status == 404
        own = stage.users["vector"].id
        fields = many | {"action": "manager", "manager": str(stage.users["master"].id)}
        assert "из другой организации" in await (await browser.post("/orders/bulk", data=fields)).text()
        await press(browser, "/orders/bulk", numbers=["1"], action="manager", manager=str(own))
        assert [manager for _org, manager in await owners()] == [own, boss, None]
        assert await press(browser, "/orders/bulk", action="print") == "/orders"
        assert "Отметьте заказы" in await page(browser, "/orders?tab=mine")
    async with stage.browser("factory", Role.MANUFACTURER) as browser:
        text = await (await browser.post(undo[1], data={"csrf_token": CSRF})).text()
        assert "менеджера уже сменили ещё раз" in text
    assert [manager for _org, manager in await owners()] == [own, None, None]

    async def statuses() -> list[str]:
        async with stage.database.session() as session:
            return list(await session.scalars(select(OrderRow.status).order_by(OrderRow.number)))

    moved = {"csrf_token": CSRF, "numbers": ["1", "2", "3"], "action": "status"}
    async with stage.browser("factory", Role.MARKETER) as browser:
        assert 'name="action" value="status"' not in await page(browser, "/orders?tab=all")
        text = await (await browser.post("/orders/bulk", data=moved | {"status": "clarifying"})).text()
        assert text.count("вы можете только смотреть") == 3
        boss = {"action": "manager", "manager": str(stage.users["factory"].id)}
        assert (
            "вы можете только смотреть"
            in await (await browser.post("/orders/bulk", data=moved | boss)).text()
        )
    async with stage.database.transaction() as session:
        first = (await session.scalars(select(OrderRow).where(OrderRow.number == 1))).one()
        first.contacted_at = first.accepted_at = MONDAY_NOON
    async with stage.browser("vector") as browser:
        answer = await browser.post("/orders/bulk", data=moved | {"status": "processed"})
        text = await answer.text()
        assert "Переведено: 1" in text
        assert "сначала нужен разговор с клиентом" in text
        assert "он завершён" in text
        assert await statuses() == ["processed", "accepted", "done"]
        undo = re.search(r'action="(/orders/bulk/\d+/undo)"', text)
        assert undo
        await press(browser, undo[1])
        assert await statuses() == ["accepted", "accepted", "done"]


async def test_a_file_and_a_sheet_hold_no_more_than_the_page(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        hostile = await make_customer(session, phone="+79990001122", name=FORMULA)
        await stage.order(session, 1, lines=(PANELS,))
        await stage.order(session, 2, customer_id=hostile.id)
        await stage.order(session, 3, "master")
        await stage.call(session, caller_number=NUMBER, org_id=stage.orgs["vector"].id, talk_s=2)

    async def rows(browser: Browser, address: str) -> list[list[Any]]:
        answer = await browser.get(address)
        assert answer.status == 200
        book = CalamineWorkbook.from_filelike(io.BytesIO(await answer.read()))
        return book.get_sheet_by_index(0).to_python()

    async with stage.browser("factory") as browser:
        found = await rows(browser, "/orders/export?tab=all")
        assert found[0] == ["ID", "Статус", "Создан", "Клиент", "Продукт", "Сумма"]
        assert [row[0] for row in found[1:]] == [3, 2, 1]
        assert (
            found[3][3:] == [f"Роман Ильин, {SHOWN}".replace(NBSP, " "), "Панель ПВХ, белая", 8910.0] or found
        )
        assert found[2][3].startswith("'=")
        chosen = await press(browser, "/orders/bulk", numbers=["1", "3"], action="export")
        assert [row[0] for row in (await rows(browser, chosen))[1:]] == [3, 1]
        chosen = await press(browser, "/orders/bulk", numbers=["1"], action="print")
        assert "Показано с 1 по 1 из 1" in await page(browser, chosen)
    async with stage.browser("vector") as browser:
        found = await rows(browser, "/orders/export?numbers=1,2,3")
        assert [row[0] for row in found[1:]] == [2, 1]
        told = str(found) + await page(browser, "/orders/print-list") + await page(browser, "/orders")
        assert NUMBER[2:] not in re.sub(r"\D", "", told)
    async with stage.database.session() as session:
        audit = list(await session.scalars(select(AuditRow).where(AuditRow.action == "orders:exported")))
        assert [row.data["count"] for row in audit] == [3, 2, 2]


async def test_an_open_list_is_told_of_what_came_and_what_left(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        for number in (1, 2):
            await stage.order(session, number)
        await stage.order(session, 3, "master")
    async with stage.browser("vector") as browser:
        text = await page(browser, "/orders/fresh?tab=mine&numbers=1,2,3,x,99")
        assert f"2{NBSP}новых: показать" in text
        assert '<i data-href="/orders?tab=mine">2</i>' in text
        assert numbers_in(await page(browser, "/orders/row?tab=mine&number=1")) == [1]
        for query in ("tab=mine&number=3", "tab=closed&number=1", "number=x", "tab=all&number=1"):
            assert (await browser.get(f"/orders/row?{query}")).status == 404
