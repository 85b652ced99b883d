"""«Распределение заказов» as a browser gets it: buttons, trial, saving, a rival, return, who may only look."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcore.distribution.policy_store import load_order_policies
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.policy import StageKind
from tests.factories.network import make_region
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


RATING = {
    "stages.0.kind": "rating",
    "stages.0.window_min": "5",
    "stages.0.min_points": "0",
    "stages.0.best": "3",
    "stages.1.kind": "base",
    "stages.1.delay_min": "15",
    "counts_all": "1",
    "shown": "0",
}


async def test_a_policy_is_tried_saved_and_taken_back(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.MANUFACTURER)
    token = {"csrf_token": await site.csrf_token(browser)}
    async with browser.post("/strategies", data=token | RATING | {"do": "add.quota"}) as answer:
        page = await answer.text()
    assert "ещё не сохранена" in page
    assert 'name="stages.0.quotas.0.org_id"' in page
    async with browser.post("/strategies", data=token | RATING | {"do": "try"}) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "Проверка на последних заказах" in page
    wrong = RATING | {"stages.0.window_min": "", "stages.1.delay_min": "час", "do": "save"}
    async with browser.post("/strategies", data=token | wrong) as answer:
        page = await answer.text()
    assert answer.status == 422
    assert "сколько минут заказ видят только они" in page
    assert "Нужно целое число" in page
    assert 'value="час"' in page
    async with browser.post(
        "/strategies", data=token | RATING | {"do": "save", "note": "лучшие вперёд"}
    ) as answer:
        page = await answer.text()
    assert "Версия 1 сохранена" in page
    assert "лучшие вперёд" in page
    async with browser.post("/strategies", data=token | RATING | {"do": "save"}) as answer:
        page = await answer.text()
    assert answer.status == 409
    assert "версию 1 сохранил(а)" in page
    assert 'name="shown" value="1"' in page
    async with site.database.session() as session:
        active = (await load_order_policies(session)).main
    assert [stage.kind for stage in active.policy.stages] == [StageKind.RATING, StageKind.BASE]
    base = {"stages.0.kind": "base", "shown": "1", "do": "save", "counts_all": "1"}
    async with browser.post("/strategies", data=token | base) as answer:
        assert "Версия 2 сохранена" in await answer.text()
    async with browser.post("/strategies/return", data=token | {"version": "1", "shown": "2"}) as answer:
        assert "под номером 3" in await answer.text()
    async with site.database.session() as session:
        assert (await load_order_policies(session)).main.policy == active.policy


async def test_others_look_or_do_not_know_of_it(site: GuardedSite) -> None:
    reader = await site.signed_in(Role.SUPERVISOR)
    async with reader.get("/strategies") as answer:
        page = await answer.text()
    assert "Вы можете только смотреть" in page
    assert "Сохранить как версию" not in page
    form = RATING | {"csrf_token": await site.csrf_token(reader), "do": "save"}
    async with reader.post("/strategies", data=form) as answer:
        assert answer.status == 403
    dealer = await site.signed_in(Role.DEALER_OWNER)
    async with dealer.get("/strategies") as answer:
        assert answer.status == 404


async def test_a_strategy_gets_a_name_and_regions(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        region = await make_region(session, "RU-SVE")
    browser = await site.signed_in(Role.MANUFACTURER)
    token = {"csrf_token": await site.csrf_token(browser)}
    async with browser.get("/strategies?policy=new") as answer:
        assert 'name="region_codes"' in await answer.text()
    sent = token | {
        "policy": "new",
        "shown": "0",
        "do": "save",
        "counts_all": "1",
        "name": "",
        "is_on": "1",
        "stages.0.kind": "base",
        "stages.0.delay_min": "7",
    }
    async with browser.post("/strategies", data=sent) as answer:
        page = await answer.text()
    assert answer.status == 422
    assert "Назовите стратегию" in page
    async with browser.post(
        "/strategies", data=sent | {"name": "<b>Урал</b>", "region_codes": region.name}
    ) as answer:
        page = await answer.text()
    assert "Версия 1 сохранена" in page, page
    assert "&lt;b&gt;Урал&lt;/b&gt;" in page
    async with browser.get("/strategies?policy=9999") as answer:
        assert answer.status == 404
