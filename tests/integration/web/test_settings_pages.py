"""Pages of the settings of orders: what is typed is kept, statuses and reasons are named, moved, put away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.calls.settings import (
    CallSettings,
    phone_policy_sql,
    proven_talk_sql,
    stored_call_settings,
)
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import PhonePolicy, Role
from callcore.orders.settings import stored_settings
from callcore.orders.tables import OrderReasonRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site
from web.settings.call_form import show_settings

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
    assert not kept.points_below_zero  # a switch that is not ticked is off


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


async def test_settings_of_calls_are_bounded_versioned_and_audited(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    token = {"csrf_token": await site.csrf_token(browser), "version": "0"}
    typed = show_settings(CallSettings(), 0).texts | token | {"proven_talk_s": "15", "until_minute": "00:00"}
    for wrong, words in (
        ({"max_calls_a_day": "много"}, "Введите целое число"),
        ({"from_minute": "9 утра"}, "Введите время"),
        ({"proven_talk_s": "2"}, "От 3 до 600"),
        ({"prefixes": "8"}, "Начала номеров"),
        ({"until_minute": "07:00"}, "Должно быть позже начала"),
    ):
        async with browser.post("/settings/calls", data=typed | wrong) as answer:
            page = await answer.text()
        assert answer.status == 422
        assert words in page
        assert f'value="{next(iter(wrong.values()))}"' in page
    async with browser.post("/settings/calls", data=typed | {"phone_policy": "never"}) as answer:
        assert "Сохранено" in await answer.text()
    async with browser.post("/settings/calls", data=typed | {"proven_talk_s": "30"}) as answer:
        page = await answer.text()
    assert answer.status == 409
    assert "Сейчас сохранено: 15" in " ".join(page.split())
    async with site.database.session() as session:
        kept = await stored_call_settings(session)
        written = await session.scalar(select(AuditRow).where(AuditRow.entity_id == "calls"))
        assert await session.scalar(select(proven_talk_sql())) == 15
        assert await session.scalar(select(phone_policy_sql())) == "never"
    assert (kept.version, kept.settings.proven_talk_s, kept.settings.until_minute) == (1, 15, 1440)
    assert kept.settings.prefixes == ("+7",)
    assert kept.settings.phone_policy is PhonePolicy.NEVER
    assert written is not None
    assert written.data["after"]["proven_talk_s"] == 15
    async with (await site.signed_in(Role.SUPERVISOR)).get("/settings/calls") as answer:
        page = await answer.text()
    assert "disabled" in page
    supervisor = await site.signed_in(Role.SUPERVISOR)
    for path in ("/recordings/rules", "/robot/settings", "/dealers", "/dids"):
        assert f'href="{path}"' in page.partition("Ещё о звонках")[2]
        async with supervisor.get(path) as answer:
            assert answer.status == 200
    assert "Сохранить" not in page
