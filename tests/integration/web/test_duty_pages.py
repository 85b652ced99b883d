"""The duty room as a browser gets it, without script: a week is made, a gap seen and closed, a shift handed over."""

import html
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.duty import ShiftView, shifts_between
from callcore.network.model import Role
from callcore.network.tables import UserRow
from tests.factories.network import make_phone
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def page(browser: ClientSession, path: str, status: int = 200) -> str:
    async with browser.get(path) as answer:
        assert answer.status == status, path
        return html.unescape(await answer.text())


async def send(site: GuardedSite, browser: ClientSession, path: str, status: int = 303, **form: str) -> str:
    form["csrf_token"] = await site.csrf_token(browser)
    async with browser.post(path, data=form, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (path, answer.status, text[-1500:])
        return html.unescape(text)


def night(site: GuardedSite, **more: str) -> dict[str, str]:
    form = {
        "day": f"{site.clock.now() + timedelta(days=1):%Y-%m-%d}",
        "start": "21:00",
        "end": "09:00",
        "tz": "Europe/Moscow",
        "repeat": "none",
        "phone-1": str(site.seeds.duty_ids[0]),
        "do": "save",
    }
    return form | {name.replace("_", "-"): value for name, value in more.items()}


async def shifts(site: GuardedSite) -> tuple[ShiftView, ...]:
    now = site.clock.now()
    async with site.database.session() as session:
        return await shifts_between(session, now - timedelta(days=30), now + timedelta(days=100))


async def test_a_week_is_shown_before_it_is_written(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.SUPERVISOR)
    until = f"{site.clock.now() + timedelta(days=4):%Y-%m-%d}"
    form = night(site, repeat="daily", until=until)
    text = await send(site, browser, "/duty", 200, **form | {"do": "preview"})
    assert "4\xa0смены" in text
    assert len(await shifts(site)) == 1
    await send(site, browser, "/duty", **form)
    assert len(await shifts(site)) == 5
    assert "21:00–24:00" in await page(browser, "/duty")


async def test_an_overlap_names_the_shift_and_keeps_what_was_typed(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    form = night(site, day=f"{site.clock.now():%Y-%m-%d}", start="12:30", end="20:00", note=HOSTILE)
    text = await send(site, browser, "/duty", 409, **form)
    assert "Здесь уже стоит смена" in text
    assert "с 11:00 до 13:00" in text
    assert 'value="12:30"' in text
    assert 'value="20:00"' in text
    assert len(await shifts(site)) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day": "завтра"}, "Выберите день"),
        ({"start": "25:99"}, "Время пишется как 21:00"),
        ({"tz": "Mars/Base"}, "Выберите значение из списка"),
        ({"phone-1": ""}, "Выберите, кому звонить первым"),
        ({"phone-1": "999"}, "выключен или не годится"),
        ({"repeat": "daily", "until": "2099-01-01"}, "не дальше 92 дней"),
        ({"day": "2020-01-01"}, "уже прошла"),
        ({"note": "ы" * 200}, "Не длиннее 120"),
    ],
)
async def test_what_is_wrong_is_said_by_the_field(
    site: GuardedSite, wrong: dict[str, str], said: str
) -> None:
    browser = await site.signed_in(Role.ADMIN)
    assert said in await send(site, browser, "/duty", 422, **night(site) | wrong)


async def test_the_same_phone_twice_is_refused(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    first = str(site.seeds.duty_ids[0])
    text = await send(site, browser, "/duty", 422, **night(site) | {"phone-2": first})
    assert "уже стоит в смене" in text


async def test_a_gap_is_seen_and_closed_in_one_press(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.MANUFACTURER)
    text = await page(browser, "/duty")
    assert "никого нет, звонки пойдут на резерв" in text
    starts = text.partition('name="starts" value="')[2].partition('"')[0]
    ends = text.partition('name="ends" value="')[2].partition('"')[0]
    await send(site, browser, "/duty/fill", starts=starts, ends=ends, phone=str(site.seeds.duty_ids[1]))
    assert "Окна на ближайшие" not in await page(browser, "/duty")


async def test_the_running_shift_goes_to_another_phone(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.SUPERVISOR)
    assert "Передать" in await page(browser, "/duty")
    path = f"/duty/{site.seeds.shift_id}"
    await send(site, browser, f"{path}/hand-over", phone=str(site.seeds.duty_ids[1]))
    old, new = await shifts(site)
    assert (old.ends_at, new.starts_at) == (site.clock.now(), site.clock.now())
    assert new.phones[0].id == site.seeds.duty_ids[1]


async def test_a_removed_shift_comes_back(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.SUPERVISOR)
    path = f"/duty/{site.seeds.shift_id}"
    await send(site, browser, f"{path}/remove")
    assert await shifts(site) == ()
    assert f'action="{path}/restore"' in await page(browser, "/duty")
    await send(site, browser, f"{path}/restore")
    assert len(await shifts(site)) == 1


async def test_an_edit_on_an_old_page_shows_what_stands_now(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.SUPERVISOR)
    path, form = f"/duty/{site.seeds.shift_id}", night(site, version="1", start="11:00", end="14:00")
    form["day"] = f"{site.clock.now():%Y-%m-%d}"
    await send(site, browser, path, **form)
    assert "изменил кто-то другой" in await send(site, browser, path, 409, **form | {"end": "15:00"})


async def test_operators_read_and_dealers_do_not(site: GuardedSite) -> None:
    operator = await site.signed_in(Role.OPERATOR)
    text = await page(operator, "/duty")
    assert "Новая смена" not in text
    assert "Закрыть окно" not in text
    assert "Передать" not in await page(operator, f"/duty/{site.seeds.shift_id}")
    await send(site, operator, "/duty", 403, **night(site))
    dealer = await site.signed_in(Role.DEALER_OWNER)
    await page(dealer, "/duty", 404)


async def test_the_month_links_to_its_weeks(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.OPERATOR)
    text = await page(browser, "/duty/month")
    assert "есть окно" in text
    assert "/duty?week=" in text
    await page(browser, "/duty/month?of=2026-02-31")
    await page(browser, "/duty?week=нет")
    await page(browser, "/duty/999", 404)


async def test_a_pause_begins_and_ends_without_script(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        user = await session.scalar(select(UserRow).where(UserRow.role == "operator"))
        await make_phone(session, user=user)
    operator = await site.signed_in(Role.OPERATOR)
    assert "Уйти на паузу" in await page(operator, "/pause")
    text = await send(site, operator, "/pause", 422, reason="другое", words="ы" * 90)
    assert "Выберите причину" in text
    await send(site, operator, "/pause", reason="другое", words="врач", minutes="15")
    assert "Вы на паузе: врач" in await page(operator, "/pause")
    assert "ещё 15 мин" in await page(operator, "/pause/bar")
    supervisor = await site.signed_in(Role.SUPERVISOR)
    assert "врач" in await page(supervisor, "/pause")
    assert user is not None
    await send(site, operator, f"/pause/{user.id}/end", 403)
    await send(site, supervisor, f"/pause/{user.id}/end")
    assert "Вы на паузе" not in await page(operator, "/pause")
    await send(site, supervisor, "/pause", 403, reason="обед")


async def test_days_of_a_person_are_written_and_taken_back(site: GuardedSite) -> None:
    async with site.database.session() as session:
        user = await session.scalar(select(UserRow).where(UserRow.role == "operator"))
    assert user is not None
    browser, here = await site.signed_in(Role.OPERATOR), f"/people/{user.id}/hours"
    first = site.clock.now().date() + timedelta(days=1)
    sent = {
        "do": "day",
        "day": first.isoformat(),
        "until": "",
        "kind": "open",
        "from": "10",
        "to": "",
        "reason": "отпуск",
    }
    text = await send(site, browser, here, 422, **sent)
    assert "Укажите, с какого и до какого времени" in text
    assert f'value="{first.isoformat()}"' in text, "what was typed stays"
    await send(site, browser, here, 422, **sent | {"until": "2020-01-01", "to": "12"})
    await send(site, browser, here, **sent | {"to": "12"})
    text = await page(browser, here)
    assert "10:00–12:00" in text
    assert "<small>отпуск</small>" in text
    assert f'value="day-{first.isoformat()}"' in text
    await send(site, browser, here, do=f"day-{first.isoformat()}")
    assert "Впереди только обычные дни" in await page(browser, here)
    await send(site, browser, here, 404, do="day-нет")
