"""The page of a dealer's points: who may read it, who may change them, what a wrong form says."""

import html
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.ledger import PointsKind, add_points
from callcore.network.model import Role
from callcore.network.policy import Policy, policy_to_json
from callcore.network.policy_tables import PolicyVersionRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def enter(site: GuardedSite, count: int) -> None:
    async with site.database.transaction() as session:
        for number in range(count):
            await add_points(
                session,
                org_id=site.seeds.dealer_id,
                kind=PointsKind.CALL_MISSED,
                points=-5,
                reason="Пропущен звонок",
                at=site.clock.advance(60),
                dedupe_key=f"call:{number}",
                call_id=site.seeds.call_id,
            )


async def page(site: GuardedSite, role: Role, query: str = "") -> str:
    browser = await site.signed_in(role)
    async with browser.get(f"/dealers/{site.seeds.dealer_id}/points{query}") as answer:
        assert answer.status == 200
        return html.unescape(await answer.text())


async def test_the_dealer_reads_without_the_form(site: GuardedSite) -> None:
    await enter(site, 3)
    site.clock.advance(60)
    assert "порога" not in await page(site, Role.DEALER_OWNER)
    async with site.database.transaction() as session:
        for row in await session.scalars(select(PolicyVersionRow)):
            row.body = policy_to_json(Policy(min_points=10))
    text = await page(site, Role.DEALER_OWNER)
    assert "Сейчас −15 баллов: звонки с сайта приходят от 10 баллов. Свои номера" in text.replace("\xa0", " ")
    assert "−15" in text
    assert text.count("Пропущен звонок") == 3
    assert f"/calls/{site.seeds.call_id}" in text
    assert "<polyline" in text
    assert 'name="points"' not in text
    assert 'name="points"' in await page(site, Role.MANUFACTURER)
    assert 'name="points"' not in await page(site, Role.SUPERVISOR)


async def test_without_entries_the_page_says_what_brings_points(site: GuardedSite) -> None:
    text = await page(site, Role.DEALER_MANAGER)
    assert "Записей пока нет" in text
    assert "<polyline" not in text


async def test_points_by_hand_once_for_one_form(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    form = {"csrf_token": await site.csrf_token(browser), "points": "− 1 000", "reason": "сорвал монтаж"}
    address = f"/dealers/{site.seeds.dealer_id}/points"
    for _ in range(2):
        async with browser.post(address, data=form | {"key": "once"}, allow_redirects=False) as answer:
            assert answer.status == 303
    text = await page(site, Role.DEALER_OWNER)
    assert text.count("сорвал монтаж") == 1
    assert "−1" in text


async def test_a_wrong_form_keeps_what_was_typed(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    form = {"csrf_token": await site.csrf_token(browser), "points": "много", "reason": "за дело", "key": "k"}
    async with browser.post(f"/dealers/{site.seeds.dealer_id}/points", data=form) as answer:
        text = html.unescape(await answer.text())
        assert answer.status == 422
    assert "Целое число" in text
    assert 'value="много"' in text
    assert ">за дело</textarea>" in text


async def test_the_ledger_goes_on_page_by_page(site: GuardedSite) -> None:
    await enter(site, 40)
    first = await page(site, Role.OPERATOR)
    assert first.count("Пропущен звонок") == 30
    query = first.split("/points?before=")[1].partition('"')[0]
    assert (await page(site, Role.OPERATOR, f"?before={query}")).count("Пропущен звонок") == 10
