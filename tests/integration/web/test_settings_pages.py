"""Pages of the settings of orders: what is typed is kept, statuses and reasons are named, moved, put away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.orders.settings import stored_settings
from callcore.orders.tables import OrderReasonRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


NUMBERS = {
    **dict.fromkeys(("points_done", "due_days", "claim_days", "accept_minutes", "contact_minutes"), "20"),
    **dict.fromkeys(("release_minutes", "open_to_all_minutes"), "0"),
    **{f"score_{score}": "0" for score in range(1, 6)},
    "points_failed": "50",
}


async def test_what_is_wrong_is_told_by_the_field_and_what_was_typed_stays(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.MANUFACTURER)
    token = {"csrf_token": await site.csrf_token(browser), "version": "0"}
    typed = NUMBERS | token | {"due_days": "две недели", "points_done": "120"}
    async with browser.post("/settings", data=typed) as answer:
        page = await answer.text()
    assert answer.status == 422
    assert "Введите целое число" in page
    assert 'value="две недели"' in page
    assert 'value="120"' in page
    async with browser.post("/settings", data=typed | {"due_days": "21"}) as answer:
        assert "Сохранено" in await answer.text()
    async with browser.post("/settings", data=typed | {"due_days": "30"}) as answer:
        page = await answer.text()
    assert answer.status == 409
    assert "сохранил кто-то другой" in page
    assert "Сейчас сохранено: 21" in " ".join(page.split())
    assert 'name="version" value="1"' in page  # the next save is meant
    async with site.database.session() as session:
        kept = (await stored_settings(session)).settings
    assert (kept.due_days, kept.points_done, kept.points_failed) == (21, 120, -50)


async def test_reasons_and_statuses_are_named_moved_and_put_away(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    token = {"csrf_token": await site.csrf_token(browser)}
    reason = token | {"kind": "failed", "title": "Дом ещё не построен", "fault": "customer"}
    async with browser.post("/settings/reasons", data=reason) as answer:
        assert "записано" in await answer.text()
    async with browser.post("/settings/reasons", data=reason) as answer:
        assert answer.status == 422
        assert "Такая причина уже есть" in await answer.text()
    async with site.database.session() as session:
        mine = await session.scalar(select(OrderReasonRow).where(OrderReasonRow.title == reason["title"]))
    assert mine is not None
    async with browser.post(
        "/settings/reasons/move", data=reason | {"id": str(mine.id), "way": "up"}
    ) as answer:
        page = await answer.text()
    assert page.index(reason["title"]) < page.index("Повторный или ошибочный заказ")
    async with browser.post("/settings/reasons", data=reason | {"id": str(mine.id)}) as answer:
        assert await answer.text()  # the switch is off: it is put away, not deleted
    async with site.database.session() as session:
        put_away = await session.get(OrderReasonRow, mine.id)
    assert put_away is not None
    assert not put_away.is_active

    status = token | {"code": "", "name": "Ждёт замера", "class": "waiting", "term": "48"}
    async with browser.post("/settings/statuses", data=status) as answer:
        page = await answer.text()
    assert "Ждёт замера" in page
    assert "own_1" in page
    async with browser.post("/settings/statuses", data=status | {"name": "Долгий", "term": "0"}) as answer:
        assert answer.status == 422
    async with browser.post(
        "/settings/statuses", data=token | {"code": "accepted", "name": "Принят"}
    ) as answer:
        assert answer.status == 422
        assert "ставит сама система" in await answer.text()
    reader = await site.signed_in(Role.SUPERVISOR)
    form = status | {"csrf_token": await site.csrf_token(reader)}
    async with reader.post("/settings/statuses", data=form) as answer:
        assert answer.status == 403
    async with reader.get("/settings/statuses") as answer:
        assert "Записать" not in await answer.text()


async def test_promo_codes_are_made_once_and_switched(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.MARKETER)
    token = {"csrf_token": await site.csrf_token(browser)}
    code = token | {"code": " весна 27 ", "value": "12,5", "kind": "percent", "since": "2026-11-01"}
    wrong = code | {"value": "101", "until": "2026-10-01", "use_limit": "0", "min_sum": "много"}
    async with browser.post("/settings/promo-codes", data=wrong) as answer:
        page = await answer.text()
    assert answer.status == 422
    assert "Рубли, от нуля" in page
    async with browser.post("/settings/promo-codes", data=wrong | {"min_sum": "5000"}) as answer:
        page = await answer.text()
    assert answer.status == 422
    assert page.count('class="field-error"') == 3
    assert 'value="101"' in page
    async with browser.post("/settings/promo-codes", data=code | {"use_limit": "3"}) as answer:
        page = " ".join((await answer.text()).split())
    assert "Промокод ВЕСНА27 работает" in page
    assert "−12,5 %" in page
    assert "с 01.11.2026" in page
    assert "применён 0 из 3" in page
    async with browser.post("/settings/promo-codes", data=code) as answer:
        assert answer.status == 422
        assert "Такой код уже есть" in await answer.text()
    async with browser.post("/settings/promo-codes/77/off", data=token) as answer:
        assert "ЛЕТО: выключен" in await answer.text()
