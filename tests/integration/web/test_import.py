"""Orders from files, through the page, on both databases; and files that are no tables."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, FormData
from sqlalchemy import func, select, update

from callcore.catalog.tables import ProductRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import RegionRow
from callcore.orders.tables import OrderLineRow, OrderRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration

TABLE = (
    "Номер;Имя;Телефон;Регион;Город;Артикул;Товар;Количество;Цена;Услуга;Цвет\r\n"
    "10;Анна;8 912 440-00-61;Москва;Москва;PR-100;;40;;;дуб\r\n"
    "10;;8 912 440-00-61;;;;;1;1500;Доставка;\r\n"
    "11;Борис;8 912 440-00-62;RU-MOW;;;=HYPERLINK(1);2,5;10,5;;\r\n"
    "12;Вера;12;;;PR-100;;1;;;\r\n"
    "13;Глеб;8 912 440-00-63;;;PR-100;;0;;;\r\n"
    "14;Дина;8 912 440-00-64;;;НЕТ;;1;;;\r\n"
    ";Егор;8 912 440-00-65;;;PR-100;;1;;;\r\n"
    ";Егор;8 912 440-00-65;;;PR-100;;1;;;\r\n"
)


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        async with database.transaction() as session:
            _ = await session.merge(RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"))
            session.add(ProductRow(article="PR-100", name="Профиль-100", category="Окна", price="222.75"))
        yield opened


async def sent(
    site: GuardedSite, browser: ClientSession, raw: bytes, name: str = "orders.csv"
) -> tuple[int, str]:
    """Status and the address or the text of the answer."""
    form = FormData()
    form.add_field("csrf_token", await site.csrf_token(browser))
    form.add_field("file", raw, filename=name)
    async with browser.post("/orders/import", data=form, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


async def press(site: GuardedSite, browser: ClientSession, path: str) -> str:
    async with browser.post(path, data={"csrf_token": await site.csrf_token(browser)}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def count(site: GuardedSite) -> int:
    async with site.database.session() as session:
        found = select(func.count()).select_from(OrderRow).where(OrderRow.deleted_at.is_(None))
        return await session.scalar(found) or 0


def packed(parts: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return raw.getvalue()


async def test_a_table_becomes_orders_and_is_taken_back(site: GuardedSite) -> None:
    browser, before = await site.signed_in(Role.MANUFACTURER), await count(site)
    status, job = await sent(site, browser, TABLE.encode("cp1251"))
    assert status == 303, job
    async with browser.get(job) as answer:
        text = await answer.text()
    for words in (
        "не похоже на номер",
        "больше нуля",
        "артикула в каталоге нет",
        "повторяет строку 8",
        "Цвет",
    ):
        assert words in text, words
    assert await count(site) == before
    text = await press(site, browser, f"{job}/apply")
    assert await count(site) == before + 3, text
    _ = await press(site, browser, f"{job}/apply")
    assert await count(site) == before + 3  # pressed twice
    async with site.database.session() as session:
        first = await session.scalar(select(OrderRow).where(OrderRow.total_kopecks == 891_000 + 150_000))
        lines = list(await session.scalars(select(OrderLineRow.name).order_by(OrderLineRow.id)))
    assert first is not None
    assert (first.channel, first.region_code, first.run) == ("import", "RU-MOW", 1)
    assert lines == ["Профиль-100", "Доставка", "=HYPERLINK(1)", "Профиль-100"]
    status, again = await sent(site, browser, TABLE.encode())
    async with browser.get(again) as answer:
        assert "заказ 10 уже загружен" in await answer.text()
    async with site.database.transaction() as session:
        await session.execute(
            update(OrderRow)
            .where(OrderRow.id == first.id)
            .values(org_id=site.seeds.dealer_id, status="accepted", status_class="waiting")
        )
    text = await press(site, browser, f"{job}/undo")
    assert "с ними уже работают" in text
    assert await count(site) == before + 1
    operator = await site.signed_in(Role.OPERATOR)
    async with operator.get(job) as answer:
        assert answer.status == 403


async def test_files_that_are_no_tables(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    bomb = packed({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b"0" * 70_000_000})
    for raw, name, words in (
        (b"MZ\x90\x00\x03" + b"\x00" * 200, "orders.csv", "не таблица"),
        (b"PK\x03\x04 broken", "orders.xlsx", "не таблица"),
        (packed({"readme.txt": b"x"}), "orders.xlsx", "не таблица"),
        (packed({"xl/workbook.xml": b"<broken"}), "orders.xlsx", "не таблица"),
        (bomb, "orders.xlsx", "слишком большой"),
        (b"", "orders.csv", "нет строк"),
        ("Имя;Город\nАнна;Москва\n".encode(), "orders.csv", "Не нашли столбец"),
        ("Телефон\n" + "8\n" * 6000, "orders.csv", "Слишком много строк"),
    ):
        body = raw.encode() if isinstance(raw, str) else raw
        status, text = await sent(site, browser, body, name)
        assert (status, words in text) == (422, True), (name, words, text[-300:])
    # 200 MB are refused by what the sender says of their length, before a byte of them is read
    head = (
        f"POST /orders/import HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(browser)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 209715200\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
    writer.write(head.encode())
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
    async with browser.get("/orders/import/template.csv") as template:
        raw = await template.read()
    status, job = await sent(site, browser, raw)
    assert status == 303
    async with browser.get(job) as page:
        assert "import-bad" not in await page.text()


def cookie(browser: ClientSession) -> str:
    kept = next(iter(browser.cookie_jar))
    return f"{kept.key}={kept.value}"
