"""Dealers, outlets, hours and holidays as a browser gets them: rights of two dealers, forged and broken forms, conflicts."""

import html
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.directory_rows import Directory
from callcore.network.model import Role
from callcore.network.tables import OrgRow, OutletOverrideRow, OutletRow
from callcore.routing.decide import decide
from callcore.routing.explain import to_text
from callcore.routing.snapshot import build_snapshot
from tests.factories.network import make_did, make_org
from tests.fakes.clock import FakeClock
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
Browser = TestClient[Any, Any]
EDITORS = (Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR)


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


async def send(browser: Browser, address: str, status: int = 303, csrf: str = CSRF, **form: str) -> str:
    answer = await browser.post(address, data={"csrf_token": csrf} | form, allow_redirects=False)
    assert answer.status == status, f"{address}: {answer.status}"
    return html.unescape(await answer.text())


def week(version: int = 1, **more: str) -> dict[str, str]:
    """Working days from nine to six, as the form sends them."""
    form = {"version": str(version), "do": "save"}
    for day in ("mon", "tue", "wed", "thu", "fri"):
        form |= {f"{day}-opens": "09:00", f"{day}-closes": "18:00"}
    return form | more


async def outlet_of(stage: SalesStage, name: str) -> OutletRow:
    async with stage.database.session() as session:
        return await session.get_one(OutletRow, stage.outlets[name])


async def actions(stage: SalesStage) -> list[str]:
    async with stage.database.session() as session:
        return list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


# --- the list and the card ------------------------------------------------------------------------------------


async def test_the_list_has_the_columns_of_a_dealer(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        row = await session.get_one(OrgRow, stage.orgs["vector"].id)
        row.region_code, row.points, row.takes_site_calls = "RU-SVE", 1250, False
        await stage.order(session, 416)
    async with stage.browser("factory") as browser:
        text = await page(browser, "/dealers")
        for expected in (
            "Вектор-Строй",
            "Мастер-Дом",
            "Свердловская область",
            "1\N{NO-BREAK SPACE}250",
            "ВС",
            "МД",
        ):
            assert expected in text
        assert "Северный профиль" not in text.split("<table", 1)[1], "the factory is no dealer"
        found = await page(browser, "/dealers?calls=off")
        assert "Вектор-Строй" in found
        assert "Мастер-Дом" not in found
        assert "Звонок с сайта выключен" in found, "the condition is a chip"
        assert "Мастер-Дом" in await page(browser, "/dealers?q=мастер")
        assert "дилеров нет" in await page(browser, "/dealers?q=такого нет")


async def test_pages_of_the_list_join_without_a_gap(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        for number in range(30):
            await make_org(session, parent=stage.orgs["factory"], name=f"Дилер {number % 7}")
    async with stage.browser("factory") as browser:
        first = await page(browser, "/dealers")
        address = html.unescape(first.split('rel="next" href="', 1)[1].split('"', 1)[0])
        second = await page(browser, address)
        seen = [text.count('<tr data-href="/dealers/') for text in (first, second)]
        assert seen == [25, 7]
        ids = {
            part.split('"', 1)[0]
            for text in (first, second)
            for part in text.split('data-href="/dealers/')[1:]
        }
        assert len(ids) == 32


@pytest.mark.parametrize(
    "query", ["region=RU-XX", "state=0", "calls=maybe", "after=x", "after=9" * 30, "q=" + "я" * 90]
)
async def test_wrong_conditions_are_said(stage: SalesStage, query: str) -> None:
    async with stage.browser("factory") as browser:
        assert "поправьте условия" in await page(browser, f"/dealers?{query}", status=400)


async def test_hostile_names_stay_text(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        org = await session.get_one(OrgRow, stage.orgs["vector"].id)
        org.name = org.description = org.site_url = HOSTILE
        row = await session.get_one(OutletRow, stage.outlets["vector"])
        row.name = row.city = row.address = HOSTILE
    async with stage.browser("factory", Role.ADMIN) as browser:
        outlet = f"/outlets/{stage.outlets['vector']}"
        await send(browser, f"{outlet}/override", state="closed", span="60", why=HOSTILE)
        await send(browser, "/holidays", day="2026-03-19", kind="off", title=HOSTILE, region="")
        for address in ("/dealers", f"/dealers/{org.id}", outlet, "/holidays"):
            text = await page(browser, address)
            assert "<script>alert" not in text
            assert "&lt;script&gt;" in text


# --- rights ---------------------------------------------------------------------------------------------------


async def test_a_dealer_knows_only_its_own(stage: SalesStage) -> None:
    mine, theirs = stage.outlets["vector"], stage.outlets["master"]
    async with stage.browser("vector") as browser:
        assert "Мастер-Дом" not in await page(browser, "/dealers")
        await page(browser, f"/outlets/{mine}")
        for address in (
            f"/outlets/{theirs}",
            f"/dealers/{stage.orgs['master'].id}",
            f"/dealers/{stage.orgs['factory'].id}",
        ):
            await page(browser, address, status=404)
        for address, form in (
            ("hours", week()),
            ("accepts-calls/off", {}),
            ("exceptions", {"day": "2026-03-20", "mode": "closed"}),
            ("exceptions/remove", {"day": "2026-03-20"}),
            ("override", {"state": "closed", "span": "60", "why": "чужое"}),
            ("override/remove", {}),
        ):
            await send(browser, f"/outlets/{theirs}/{address}", 404, **form)
        await send(browser, f"/dealers/{stage.orgs['vector'].id}/site-calls/off", 404)
        await page(browser, "/holidays", status=404)
        await send(browser, f"/outlets/{mine}/hours", **week())
        await send(browser, f"/outlets/{mine}/accepts-calls/off")
    assert not (await outlet_of(stage, "vector")).accepts_calls
    assert await actions(stage) == ["hours:changed", "accepts-calls:set"]


async def test_operators_read_and_change_nothing(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("factory") as browser:
        text = await page(browser, outlet)
        assert "Сохранить часы" not in text
        assert 'role="switch"' not in text
        await page(browser, "/holidays")
        for address in (f"{outlet}/hours", f"{outlet}/accepts-calls/off", "/holidays", "/holidays/remove"):
            await send(browser, address, 403, **week())
    assert await actions(stage) == []


@pytest.mark.parametrize("role", EDITORS)
async def test_a_switch_is_one_press_and_can_be_taken_back(stage: SalesStage, role: Role) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("factory", role) as browser:
        await send(browser, f"{dealer}/site-calls/off")
        text = await page(browser, dealer)
        assert "звонок с сайта выключен" in text
        assert f'action="{dealer}/site-calls/on"' in text.split('class="notice', 1)[1]
        await send(browser, f"{dealer}/site-calls/on")
    async with stage.database.session() as session:
        assert (await session.get_one(OrgRow, stage.orgs["vector"].id)).takes_site_calls
    assert await actions(stage) == ["site-calls:set"] * 2


async def test_a_forged_form_changes_nothing(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("factory", Role.ADMIN) as browser:
        for address in ("hours", "summary", "exceptions", "override", "accepts-calls/off", "override/remove"):
            await send(browser, f"{outlet}/{address}", 403, csrf="forged", **week())
        await send(browser, "/holidays", 403, csrf="forged", day="2026-03-19", kind="off", title="x")
    assert await actions(stage) == []


# --- hours ----------------------------------------------------------------------------------------------------


async def test_hours_are_saved_with_breaks_and_said_in_words(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    form = week(
        **{"mon-from-0": "13:00", "mon-to-0": "14:00", "fri-closes": "02:00", "works_on_holidays": "1"}
    )
    async with stage.browser("vector") as browser:
        assert "Сейчас открыто, до 13:00" in await send(browser, f"{outlet}/summary", 200, **form)
        await send(browser, f"{outlet}/hours", **form)
        text = await page(browser, outlet)
        assert "Сейчас открыто, до 13:00" in text
        assert "следующего дня" in text
        assert ">выходной<" in text.split('id="off-sat"')[1][:40]
    row = await outlet_of(stage, "vector")
    assert row.hours["mon"] == [["09:00", "13:00"], ["14:00", "18:00"]]
    assert row.hours["fri"] == [["09:00", "02:00"]]
    assert "sat" not in row.hours
    assert (row.works_on_holidays, row.hours_version) == (True, 2)


async def test_who_saves_second_is_told(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("vector") as browser:
        await send(browser, f"{outlet}/hours", **week(1))
        for version in ("1", "", "x", "9" * 40):
            text = await send(
                browser, f"{outlet}/hours", 409, **week() | {"version": version, "mon-opens": "03:33"}
            )
            assert "изменил кто-то другой" in text
            assert 'name="version" value="2"' in text
    assert (await outlet_of(stage, "vector")).hours["mon"] == [["09:00", "18:00"]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mon-closes": ""}, "Укажите и начало, и конец дня"),
        ({"mon-opens": "9x"}, "Время пишется как"),
        ({"mon-opens": HOSTILE}, "Время пишется как"),
        ({"mon-opens": "25:61"}, "Время пишется как"),
        ({"mon-from-0": "13:00"}, "конец перерыва"),
        ({"mon-from-0": "14:00", "mon-to-0": "13:00"}, "Перерыв должен лежать"),
        ({"mon-from-0": "17:00", "mon-to-0": "19:00"}, "Перерыв должен лежать"),
    ],
)
async def test_a_wrong_row_comes_back_with_a_word(
    stage: SalesStage, typed: dict[str, str], said: str
) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("vector") as browser:
        text = await send(browser, f"{outlet}/hours", 422, **week(**typed))
        assert said in text
        assert "понедельник" in await send(browser, f"{outlet}/summary", 200, **week(**typed))
    assert await actions(stage) == []


async def test_copying_fills_the_form_and_saves_nothing(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    form = {
        "version": "1",
        "do": "copy",
        "mon-opens": "08:15",
        "mon-closes": "17:45",
        "sun-opens": "11:00",
        "sun-closes": "12:00",
    }
    async with stage.browser("vector") as browser:
        text = await send(browser, f"{outlet}/hours", 200, **form)
        assert text.count('value="08:15"') == 5
        assert text.count('value="11:00"') == 1
        assert "ещё не сохранена" in text
        text = await send(browser, f"{outlet}/hours", 200, **form | {"do": "off-sun"})
        assert 'value="11:00"' not in text
    assert await actions(stage) == []


async def test_a_week_without_an_open_minute_warns(stage: SalesStage) -> None:
    async with stage.browser("vector") as browser:
        address = f"/outlets/{stage.outlets['vector']}/summary"
        assert "ни одной рабочей минуты" in await send(browser, address, 200, version="1")


# --- days that differ -----------------------------------------------------------------------------------------


async def test_exceptions_come_and_go(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    today = stage.clock.now().date()
    day = {"day": today.isoformat()}
    async with stage.browser("vector") as browser:
        await send(browser, f"{outlet}/exceptions", **day, mode="closed", reason="ремонт")
        text = await page(browser, outlet)
        assert "закрыто по исключению" in text
        assert "ремонт" in text
        await send(browser, f"{outlet}/exceptions", **day, mode="open", **{"from": "11:00", "to": "13:00"})
        assert "11:00-13:00" in await page(browser, outlet)
        await send(browser, f"{outlet}/exceptions/remove", **day)
        assert "11:00-13:00" not in await page(browser, outlet)
        for wrong in (
            {"day": "вчера", "mode": "closed"},
            {"day": (today - timedelta(days=1)).isoformat(), "mode": "closed"},
            {"day": "9999-12-31", "mode": "closed"},
            {**day, "mode": "open", "from": "11:00"},
            {**day, "mode": "closed", "reason": "я" * 200},
        ):
            await send(browser, f"{outlet}/exceptions", 422, **wrong)
        await send(browser, f"{outlet}/exceptions/remove", 404, day="никогда")


async def test_an_override_always_ends(stage: SalesStage) -> None:
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("vector") as browser:
        for wrong in (
            {"span": "own", "until": ""},
            {"span": "own", "until": "2026-01-01T00:00"},
            {"span": "own", "until": "9999-12-31T23:59"},
            {"span": "own", "until": "завтра"},
            {"span": "999999"},
            {"span": "60", "why": ""},
            {"span": "60", "state": "half"},
        ):
            await send(browser, f"{outlet}/override", 422, **{"state": "closed", "why": "учёт"} | wrong)
        await send(browser, f"{outlet}/override", state="closed", span="120", why="инвентаризация")
        assert "закрыто до 14:00: инвентаризация" in await page(browser, outlet)
        async with stage.database.session() as session:
            (row,) = await session.scalars(select(OutletOverrideRow))
        assert row.until == stage.clock.now() + timedelta(hours=2)
        await send(browser, f"{outlet}/override/remove")
        assert "инвентаризация</p>" not in await page(browser, outlet)
    assert await actions(stage) == ["override:set", "override:removed"]


async def test_a_change_is_in_force_after_the_next_refresh(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        did = await make_did(session, org=stage.orgs["vector"])

    async def network() -> Directory:
        """What the application reads every five seconds; it makes a new snapshot when this differs from the last."""
        async with stage.database.session() as session:
            return await load_directory(session, stage.clock.now())

    async def explained() -> str:
        now = stage.clock.now()
        return to_text(decide(build_snapshot(await network(), 1, now), did.number, "", now))

    assert "+ Вектор-Строй" in await explained()
    assert await network() == await network(), "nothing changed"
    outlet = f"/outlets/{stage.outlets['vector']}"
    async with stage.browser("factory", Role.ADMIN) as browser:
        today = stage.clock.now().date().isoformat()
        await send(browser, "/holidays", day=today, kind="off", title="День завода", region="")
        assert "(День завода)" in await explained()
        await send(browser, f"{outlet}/override", state="open", span="60", why="дежурим")
        assert "открыто до 13:00: дежурим" in await explained()
        stage.clock.advance(timedelta(hours=1))
        assert "(День завода)" in await explained(), "the override ended by itself"
        await send(browser, "/holidays/remove", day=today, region="")
        assert "+ Вектор-Строй" in await explained()
        await send(browser, f"{outlet}/accepts-calls/off")
        assert "не принимает звонки" in await explained()


async def test_the_calendar_is_shown_and_edited(stage: SalesStage) -> None:
    async with stage.browser("factory", Role.SUPERVISOR) as browser:
        text = await page(browser, "/holidays?year=2026")
        assert "Международный женский день" in text
        await send(browser, "/holidays", day="2026-06-01", kind="off", title="День детей", region="RU-SVE")
        text = await page(browser, "/holidays?year=2026")
        assert "День детей" in text
        assert "Свердловская область" in text
        for wrong in (
            {"day": "", "kind": "off", "title": "x"},
            {"day": "2026-06-01", "kind": "party", "title": "x"},
            {"day": "2026-06-01", "kind": "off", "title": ""},
            {"day": "2026-06-01", "kind": "off", "title": "x", "region": "RU-XX"},
            {"day": "1700-06-01", "kind": "off", "title": "x"},
        ):
            await send(browser, "/holidays", 422, **wrong)
        for year in ("1999", "9999"):
            await page(browser, f"/holidays?year={year}", status=404)
        await send(browser, "/holidays/remove", day="2026-06-01", region="RU-SVE")
        assert "День детей" not in await page(browser, "/holidays?year=2026")
