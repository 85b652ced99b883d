"""Buttons and pages of the distribution: two rivals and the head office, with stale pages, wrong forms and foreign orders."""

import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.distribution.take_order import take_order
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import OrgRow
from callcore.orders.model import NewOrder, OrderKind, ReasonKind
from callcore.orders.reasons import ensure_reasons
from callcore.orders.tables import OrderReasonRow, OrderRow
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>\"'>"
RIVAL = "Мастер-Дом"


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    async with database.transaction() as session:
        for name in ("vector", "master"):
            (await session.get_one(OrgRow, stage.orgs[name].id)).region_code = "RU-SVE"
        await ensure_reasons(session)
    return stage


async def make(stage: SalesStage) -> int:
    new = NewOrder(kind=OrderKind.ORDER, customer_id=stage.customer_id, region_code="RU-SVE")
    async with stage.database.transaction() as session:
        return (await take_order(session, new, now=MONDAY_NOON)).number


async def reason(stage: SalesStage, kind: ReasonKind) -> str:
    async with stage.database.session() as session:
        found = select(OrderReasonRow.id).where(OrderReasonRow.kind == kind.value).limit(1)
        return str((await session.scalars(found)).one())


async def send(browser: TestClient[Any, Any], path: str, status: int = 303, **form: str) -> str:
    answer = await browser.post(path, data={"csrf_token": CSRF} | form, allow_redirects=False)
    text = html.unescape(await answer.text())
    assert answer.status == status, f"{path}: {answer.status} {text}"
    return text


async def test_rivals_the_head_office_and_stale_pages(stage: SalesStage) -> None:
    taken, refused = await make(stage), await make(stage)
    why = await reason(stage, ReasonKind.DECLINE)
    back = await reason(stage, ReasonKind.RELEASE)
    async with stage.browser("vector") as vector, stage.browser("master") as master:
        card = await page(vector, f"/orders/{taken}")
        assert "Заказ предложен вам" in card
        assert "видят и другие дилеры" in card
        assert "Передать дилеру" not in card
        await page(vector, f"/orders/{taken}/why", 404)
        await send(vector, f"/orders/{taken}/accept")
        await send(vector, f"/orders/{taken}/accept")  # the back button
        late = await send(master, f"/orders/{taken}/accept", 409)
        assert "Заказ уже принят" in late
        assert "Вектор" not in late
        await page(master, f"/orders/{taken}", 404)
        await send(master, f"/orders/{taken}/release", 404, reason=back)
        await send(master, "/orders/99999/accept", 404)
        wrong = await send(master, f"/orders/{refused}/decline", 422, note=HOSTILE)
        assert "Выберите причину" in wrong
        assert "<script>alert" not in (await raw(master, f"/orders/{refused}/decline", note=HOSTILE))
        assert f'value="{HOSTILE}"' in wrong
        await send(master, f"/orders/{refused}/decline", reason=why, note=HOSTILE)
        assert "Заказ вам больше не предложен" in await send(
            master, f"/orders/{refused}/decline", 410, reason=why
        )
        await page(master, f"/orders/{refused}", 404)
        await send(vector, f"/orders/{refused}/assign", 403, org_id=str(stage.orgs["vector"].id))
    async with stage.browser("factory", Role.MANUFACTURER) as office:
        told = await page(office, f"/orders/{refused}/why")
        assert "&lt;script&gt;" in told
        assert RIVAL in told
        card = await page(office, f"/orders/{refused}")
        assert "Передать дилеру" in card
        assert re.search(r"Вектор-Строй\s*— подходит", card)
        assert "отказался от этого заказа" in card
        await send(office, f"/orders/{refused}/accept", 403)
        await send(office, f"/orders/{refused}/assign", 422, org_id="999")
        await send(office, f"/orders/{refused}/assign", org_id=str(stage.orgs["master"].id), note="обещал")
        await send(office, f"/orders/{taken}/release", 422, reason=why)  # of another kind
        await send(office, f"/orders/{taken}/release", reason=back, way="hand")
        await send(office, f"/orders/{taken}/release", 409, reason=back)
        await send(office, f"/orders/{taken}/offer")
        hand = f"/dealers/{stage.orgs['master'].id}/orders-in-hand"
        assert f"/orders/{refused}" in await page(office, hand)
        await send(office, hand, 422, way="one")
        await send(office, hand, way="one", org_id=str(stage.orgs["vector"].id))
        assert "Открытых заказов нет" in await page(office, hand)
        await page(office, "/dealers/99999/orders-in-hand", 404)
    async with stage.database.session() as session:
        owners = {row.number: row.org_id for row in await session.scalars(select(OrderRow))}
    assert owners == {taken: None, refused: stage.orgs["vector"].id}


async def raw(browser: TestClient[Any, Any], path: str, **form: str) -> str:
    answer = await browser.post(path, data={"csrf_token": CSRF} | form, allow_redirects=False)
    return await answer.text()


async def test_nobody_sees_it_before_his_minute(stage: SalesStage) -> None:
    number = await make(stage)
    stage.clock.set(MONDAY_NOON - timedelta(milliseconds=1))
    async with stage.browser("vector") as vector:
        await page(vector, f"/orders/{number}", 404)
        await send(vector, f"/orders/{number}/accept", 404)
        stage.clock.set(MONDAY_NOON)
        await page(vector, f"/orders/{number}")
