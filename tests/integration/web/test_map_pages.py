"""The map as a browser gets it: figures, regions without dealers, rights of a dealer."""

import html
from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import BytecodeCache

from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import OrgRegionRow, OrgRow, OutletRow
from tests.factories.network import make_did, make_phone, make_region
from tests.fakes.clock import FakeClock
from tests.integration.web.overview_stage import OverviewStage
from tests.integration.web.sales_stage import page

pytestmark = pytest.mark.integration


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> OverviewStage:
    """«Вектор-Строй» stands in Sverdlovsk and serves Kurgan; «Мастер-Дом» stands in Moscow."""
    stage = OverviewStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    async with database.transaction() as session:
        for code, name in (
            ("RU-KGN", "Курганская область"),
            ("RU-PER", "Пермский край"),
            ("RU-KGD", "Калининград"),
        ):
            await make_region(session, code, name=name)
        outlet = await session.get_one(OutletRow, stage.outlets["vector"])
        outlet.region_code, outlet.tz, outlet.lat, outlet.lon = (
            "RU-SVE",
            "Asia/Yekaterinburg",
            56.838011,
            60.597474,
        )
        session.add(OrgRegionRow(org_id=stage.orgs["vector"].id, region_code="RU-KGN"))
    return stage


def tile(text: str, code: str) -> str:
    """A region on the map with its words."""
    return text.split(f'href="/map/{code}" aria-label="', 1)[1].split("</a>", 1)[0]


async def test_each_region_says_its_figures_in_words(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        for minute, result in enumerate(("answered", "answered", "missed")):
            await stage.call(session, minute, result=result)
        await stage.call(session, 4, region_code="RU-PER", result="abandoned")
        await stage.call(session, 5, started_at=stage.clock.now() - timedelta(days=40))
        await stage.order(session, 416)
    async with stage.visit("factory", Role.OPERATOR) as browser:
        text = html.unescape(await page(browser, "/map"))
        assert tile(text, "RU-SVE").startswith(
            "Свердловская область: 1\N{NO-BREAK SPACE}дилер, 1\N{NO-BREAK SPACE}точка, готовы сейчас 1; "
            "за 30 дней 3\N{NO-BREAK SPACE}звонка, отвечено 67%, 1\N{NO-BREAK SPACE}заказ"
        )
        assert "обслуживают издалека: Вектор-Строй" in tile(text, "RU-KGN")
        assert "нет дилера: звонки уйдут соседям (Вектор-Строй)" in tile(text, "RU-PER")
        assert "нет дилера: звонки уйдут в головной офис" in tile(text, "RU-KGD")
        assert "area-alarm" in text.split('href="/map/RU-PER"', 1)[0].rsplit("<a", 1)[1], (
            "people call from there"
        )
        assert (await page(browser, "/calls?region=RU-SVE&period=30d")).count('<tr data-href="/calls/') == 3
        assert ">67%</text>" in tile(html.unescape(await page(browser, "/map?by=answered")), "RU-SVE")
        bare = html.unescape(await page(browser, "/map?show=bare"))
        assert "Курганская" not in bare.split("<tbody>", 1)[1]
        assert "Пермский край" in bare.split("<tbody>", 1)[1]
        await page(browser, "/map?by=nonsense&show=nonsense")


async def test_a_region_tells_what_a_call_would_meet(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        await make_did(session, label="Сайт завода", source="site")
        (await session.get_one(OrgRow, stage.orgs["master"].id)).state = "suspended"
        await make_phone(session, label="Дежурный ночной")
    async with stage.visit("factory", Role.MARKETER) as browser:
        text = html.unescape(await page(browser, "/map/RU-SVE"))
        assert "готова принять звонок" in text
        assert "Вектор-Строй: Салон Вектор-Строй — телефонов: 1" in text, "the plan of a call from here"
        assert "https://maps.example/?at=56.838011,60.597474" in text
        assert 'href="/value?region=RU-SVE"' in text, "whom it pays to give the region's calls"
        moscow = html.unescape(await page(browser, "/map/RU-MOW"))
        assert "Дилер приостановлен: звонки уйдут" in moscow
        assert "Дежурный ночной" in moscow
        for code in ("RU-XX", "x'--", "%00"):
            await page(browser, f"/map/{code}", status=404)


async def test_a_dealer_sees_its_own_regions_and_its_own_figures(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        await stage.call(session, 0)
        await stage.call(session, 1, org_id=stage.orgs["master"].id)
    async with stage.visit("vector", Role.DEALER_OWNER) as browser:
        text = html.unescape(await page(browser, "/map"))
        assert "1\N{NO-BREAK SPACE}звонок" in tile(text, "RU-SVE"), "the other dealer's call is not counted"
        assert "вы обслуживаете издалека" in tile(text, "RU-KGN")
        for foreign in ("Москва", "Пермский край", "Мастер-Дом", "RU-MOW"):
            assert foreign not in text.split('id="content"', 1)[1]
        region = html.unescape(await page(browser, "/map/RU-SVE"))
        assert "Салон Вектор-Строй" in region
        assert "Кого рассмотрим" not in region
        assert "/value" not in region
        assert "Куда уйдёт звонок" not in region
        await page(browser, "/map/RU-MOW", status=404)
    async with stage.visit("factory", Role.SEO) as browser:
        await page(browser, "/map", status=404)


async def test_why_an_outlet_would_not_ring(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        outlet = await session.get_one(OutletRow, stage.outlets["vector"])
        outlet.hours = {"mon": [["00:00", "01:00"]]}
    async with stage.visit("factory", Role.OPERATOR) as browser:
        text = html.unescape(await page(browser, "/map/RU-SVE"))
        assert "закрыта" in text
    async with stage.database.transaction() as session:
        (await session.get_one(OutletRow, stage.outlets["vector"])).accepts_calls = False
    async with stage.visit("factory", Role.OPERATOR) as browser:
        assert "звонки выключены" in await page(browser, "/map/RU-SVE")
