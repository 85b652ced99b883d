"""The page of one order as a browser gets it: work on it, files, what a dealer of an offer and a masked one are told."""

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.outbox import OutboxRow
from callcore.network.model import Role
from callcore.orders.desk_tables import OrderFileRow, OrderWindowRow
from callcore.orders.reasons import ensure_reasons
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.call_stage import NUMBER, digits_of
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration
Browser = TestClient[Any, Any]
BOARDS = ("Доска", 40_000, "222.75", 891_000)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
NUMBERS = (NUMBER, "8 (" + NUMBER[2:5] + ") " + NUMBER[5:8] + "-" + NUMBER[8:10] + "-" + NUMBER[10:])


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    async with database.transaction() as session:
        await ensure_reasons(session)
        order = await stage.order(session, 416, lines=(BOARDS,), address="ул. Лесная, д. 5, кв. 3")
        order.accepted_at = MONDAY_NOON - timedelta(minutes=30)
    return stage


async def send(browser: Browser, path: str, expected: int, **form: str) -> str:
    answer = await browser.post(
        f"/orders/416/{path}", data={"csrf_token": CSRF, **form}, allow_redirects=False
    )
    text = await answer.text()
    assert answer.status == expected, text[-3000:]
    return text


async def attach(browser: Browser, name: str, body: bytes, status: int) -> str:
    form = FormData({"csrf_token": CSRF, "is_public": "1"})
    form.add_field("file", io.BytesIO(body), filename=name)
    answer = await browser.post("/orders/416/files", data=form, allow_redirects=False)
    assert answer.status == status
    return await answer.text()


def lines_form(version: int | str, *rows: dict[str, str]) -> FormData:
    form = FormData({"csrf_token": CSRF, "version": str(version)})
    for row in rows:
        usual = {
            "id": "",
            "name": "",
            "article": "",
            "params": "",
            "quantity": "",
            "unit": "шт",
            "price": "",
            "kind": "goods",
        }
        for name, value in (usual | row).items():
            form.add_field(name, value)
    return form


async def stored(stage: SalesStage) -> OrderRow:
    async with stage.database.session() as session:
        return (await session.scalars(select(OrderRow).where(OrderRow.number == 416))).one()


async def test_the_whole_way_of_an_order_on_its_page(stage: SalesStage) -> None:
    async with stage.browser("vector") as dealer, stage.browser("factory", Role.MANUFACTURER) as factory:
        assert "после разговора" in await page(dealer, "/orders/416")
        text = await send(dealer, "status", 409, status="processed", seen="accepted")
        assert "Сначала нужен разговор с клиентом" in text
        assert "fold" in await send(dealer, "close", 422, result="failed", earned="", reason="", note="жду")
        text = await send(dealer, "close", 409, result="done", earned="8910", reason="", note="Всё отлично")
        assert "Сначала нужен разговор" in text
        assert 'value="Всё отлично"' in text  # nothing typed is lost
        await send(dealer, "contact", 404, reason="звонил сам")
        await send(factory, "contact", 303, reason="Клиент приехал в салон")
        await send(dealer, "status", 303, status="processed", seen="accepted")
        await send(dealer, "postpone", 422, until="2020-01-01", reason="не сейчас")
        await send(dealer, "deadline", 404, due="2026-04-01", version="1")
        assert "не может быть в прошлом" in await send(
            factory, "deadline", 422, due="2020-01-01", version="9"
        )
        await send(factory, "reward", 303, points="300")
        await send(dealer, "place", 422, city="", address="", point="55", version="9")
        await send(
            dealer, "place", 303, city="Москва", address="Лесная, 5", point="55.75, 37.61", version="9"
        )
        text = await page(dealer, "/orders/416?open=close")
        assert "https://map.test/?at=55.750000,37.610000" in text
        assert "Метка поставлена вручную: " in text
        # the point that the form showed is not a new one: the pin stays, and is said to be of the address before
        as_shown = {"point": "55.750000, 37.610000", "point_shown": "55.750000, 37.610000"}
        await send(dealer, "place", 303, city="Москва", address="Лесная, 7", **as_shown, version="99")
        assert "проверьте её" in await page(dealer, "/orders/416")
        assert (await stored(stage)).lat == 55.75
        assert "8\N{NO-BREAK SPACE}910,00" in text
        await send(
            dealer, "close", 303, result="done", earned="8\N{NO-BREAK SPACE}910,00", reason="", note=""
        )
        text = await page(factory, "/orders/416")
        assert "+300" in text
        assert "в тот же день" in text
        assert "Вернуть в работу" in text
        await send(dealer, "reopen", 404, reason="ошиблись")
        await send(factory, "reopen", 303, reason="Клиент вернулся")
        assert (await stored(stage)).cycle == 2
        await send(factory, "delete", 403, reason="лишний")
    async with stage.browser("factory", Role.ADMIN) as admin:
        assert "останется в журнале действий" in await page(admin, "/orders/416?open=delete")
        await send(admin, "delete", 422, reason="")
        await send(admin, "delete", 303, reason="Проверочный заказ")
        await page(admin, "/orders/416", 404)


async def test_two_editors_see_each_other(stage: SalesStage) -> None:
    async with stage.browser("vector") as dealer, stage.browser("factory") as operator:
        shown = re.search(r'name="version" value="(\d+)"', await page(dealer, "/orders/416?open=lines"))
        line_id = re.search(r'name="id" value="(\d+)"', await page(dealer, "/orders/416?open=lines"))
        assert shown
        assert line_id
        board = {"id": line_id[1], "name": "Доска", "price": "222,75", "article": "PV-001"}
        theirs = lines_form(shown[1], board | {"quantity": "20"})
        answer = await operator.post("/orders/416/lines", data=theirs, allow_redirects=False)
        assert answer.status == 303
        delivery = {"name": "Доставка <b>", "quantity": "1", "price": "1500", "kind": "service:delivery"}
        mine = (board | {"quantity": "30"}, delivery)
        answer = await dealer.post("/orders/416/lines", data=lines_form(shown[1], *mine))
        text = await answer.text()
        assert answer.status == 409
        assert "изменил(а) количество" in text
        assert "Доска: количество 40 → 20" in text
        assert 'value="30"' in text
        assert "Доставка &lt;b&gt;" in text
        newest = re.search(r'name="version" value="(\d+)"', text)
        assert newest
        answer = await dealer.post(
            "/orders/416/lines", data=lines_form(newest[1], *mine), allow_redirects=False
        )
        assert answer.status == 303
        assert (await stored(stage)).total_kopecks == 668_250 + 150_000
        wrong = lines_form(99, board | {"quantity": "1e12"})
        answer = await dealer.post("/orders/416/lines", data=wrong)
        text = await answer.text()
        assert answer.status == 422
        assert 'value="1e12"' in text
        assert "Больше нуля" in text
        assert "Такого кода нет" in await send(dealer, "promo", 422, code="НЕТ")
    async with stage.database.session() as session:
        topics = list(await session.scalars(select(OutboxRow.topic)))
    assert topics.count("order:changed") == 2


async def test_files_are_the_orders_own(stage: SalesStage) -> None:
    async with stage.browser("vector") as dealer, stage.browser("master") as rival:
        await attach(dealer, "счёт.pdf", PDF, 303)
        assert "не то, что обещает имя" in await attach(dealer, "счёт.pdf", b"MZ\x90" + b"\0" * 99, 422)
        assert "Такие файлы не принимаем" in await attach(dealer, "run.exe", b"MZ", 422)
        await attach(dealer, "большой.pdf", b"x" * (3 * 1024 * 1024), 413)
        await attach(rival, "счёт.pdf", PDF, 404)
        async with stage.database.session() as session:
            (file,) = await session.scalars(select(OrderFileRow))
        path = f"/orders/416/files/{file.id}"
        answer = await dealer.get(path)
        assert await answer.read() == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        await page(rival, path, 404)
        await page(dealer, f"/orders/416/files/{file.id + 1}", 404)
        await send(dealer, f"files/{file.id}/remove", 303)
        await page(dealer, path, 404)
        await send(dealer, f"files/{file.id}/restore", 303)
        assert "видит клиент" in await page(dealer, "/orders/416")


async def test_who_is_only_offered_an_order_is_told_little(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = (await session.scalars(select(OrderRow).where(OrderRow.number == 416))).one()
        order.org_id, order.status, order.status_class = None, "available", "open"
        order.offered_at = MONDAY_NOON - timedelta(minutes=9)
        window = {"order_id": order.id, "run": 1, "stage": "base", "close_cause": ""}
        for name, opens in (("master", -5), ("vector", 5)):
            session.add(
                OrderWindowRow(
                    org_id=stage.orgs[name].id, opens_at=MONDAY_NOON + timedelta(minutes=opens), **window
                )
            )
        session.add(
            OrderEventRow(order_id=order.id, seq=50, at=MONDAY_NOON, kind="comment", data={"text": "тайна"})
        )
    async with stage.browser("vector") as early:
        await page(early, "/orders/416", 404)
    async with stage.browser("master") as dealer:
        for address in ("/orders/416", "/orders/416/print", "/orders/416?fragment=preview"):
            text = await page(dealer, address)
            assert "Доска" in text
            assert "Роман" in text
            for hidden in ("Ильин", "д. 5", "тайна", NUMBER[:5], f"/customers/{stage.customer_id}"):
                assert hidden not in text, (address, hidden)
        await send(dealer, "status", 404, status="payment", seen="available")
        await send(dealer, "comments", 404, text="Наш", audience="internal")


async def test_a_masked_number_is_in_no_word_of_the_card(stage: SalesStage) -> None:
    typed = f"звонить {NUMBERS[1]}"
    async with stage.browser("factory", Role.MANUFACTURER) as factory:
        await send(factory, "comments", 303, text=typed, audience="internal")
        await send(factory, "place", 303, city="Москва", address=typed, point="", version="99")
        await send(factory, "contact", 303, reason=typed)
        await attach(factory, f"{NUMBER[1:]}.pdf", PDF, 303)
        rows = lines_form(
            99, {"name": f"Доска {NUMBERS[0]}", "quantity": "1", "price": "1", "params": f"тел: {NUMBERS[0]}"}
        )
        answer = await factory.post("/orders/416/lines", data=rows, allow_redirects=False)
        assert answer.status == 303
        async with stage.database.session() as session:
            (file,) = await session.scalars(select(OrderFileRow))
    async with stage.browser("vector") as dealer:
        addresses = (
            "",
            "?fragment=timeline",
            "?fragment=preview",
            "/print",
            "?open=lines",
            "?open=place",
            "?show=files",
        )
        for address in addresses:
            assert NUMBER[-7:] not in digits_of(await page(dealer, f"/orders/416{address}")), address
        answer = await dealer.get(f"/orders/416/files/{file.id}")
        assert NUMBER[-7:] not in digits_of(answer.headers["Content-Disposition"])


async def test_a_public_comment_is_told_and_reading_of_messages_is_noted(stage: SalesStage) -> None:
    async with stage.browser("vector") as dealer, stage.browser("factory", Role.ADMIN) as admin:
        await send(dealer, "comments", 303, text="Выезжаем завтра", audience="customer")
        await send(dealer, "comments", 303, text="Клиент сложный", audience="internal")
        async with stage.database.transaction() as session:
            order = (await session.scalars(select(OrderRow).where(OrderRow.number == 416))).one()
            session.add(
                OrderEventRow(order_id=order.id, seq=60, at=MONDAY_NOON, kind="message", data={"text": "Жду"})
            )
        for _ in range(2):
            assert "Сообщение клиента" in await page(admin, "/orders/416?show=messages")
        assert "Жду" in await page(dealer, "/orders/416")
    async with stage.database.session() as session:
        read = list(
            await session.scalars(select(AuditRow.actor_id).where(AuditRow.action == "order:messages-read"))
        )
        told = list(
            await session.scalars(select(OutboxRow).where(OutboxRow.topic == "order:message-to-customer"))
        )
    assert len(read) == 1
    assert len(told) == 1
