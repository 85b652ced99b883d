"""What dealers bring and cost, as a browser gets it: the report by region, costs typed and brought, the rating tried and saved."""

import html
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, FormData
from sqlalchemy import select

from callcore.calls.tables import LegRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.messaging.tables import FeedbackRow, SurveyRow
from callcore.network.directory import load_directory
from callcore.network.model import Role
from callcore.network.policy import Policy, Stage, StageKind
from callcore.network.tables import OrgRow
from tests.factories.network import make_org, make_outlet, make_policy, make_region
from tests.factories.sales import make_call, make_customer, make_order
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration

MONTH = f"{MONDAY_NOON:%Y-%m}"


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        await _market(database)
        yield opened


async def _market(database: Database) -> None:
    """«Щедрый»: four requests of the Urals, two fulfilled for 1 000 each; «Скупой»: one, unfulfilled, which complains."""
    made = MONDAY_NOON - timedelta(hours=1)
    async with database.transaction() as session:
        factory = await session.scalar(select(OrgRow).where(OrgRow.kind == "manufacturer"))
        await make_region(session, "RU-KGN", name="Курганская область")
        good = await make_org(session, name="Щедрый", parent=factory, region_code="RU-KGN", points=10)
        poor = await make_org(session, name="=Скупой", parent=factory, region_code="RU-KGN", points=90)
        for org in (good, poor):
            await make_outlet(session, org, region_code="RU-KGN")
        buyer = await make_customer(session)
        for number in range(4):
            order = await make_order(
                session,
                buyer,
                number=9001 + number,
                org_id=good.id,
                region_code="RU-KGN",
                created_at=made,
                accepted_at=made,
                result="done" if number < 2 else "running",
                closed_at=made if number < 2 else None,
                due_at=made + timedelta(days=number),
                total_kopecks=100_000,
            )
        session.add(_survey(order.id, good.id, 5))
        await make_call(
            session,
            direction="outbound",
            order_id=order.id,
            started_at=made + timedelta(minutes=2),
            result="answered",
        )
        bad = await make_order(
            session, buyer, number=9000, org_id=poor.id, region_code="RU-KGN", created_at=made
        )
        session.add(_survey(bad.id, poor.id, 1))
        session.add(
            FeedbackRow(
                kind="complaint", order_id=bad.id, org_id=poor.id, text="не едут", state="new", at=made
            )
        )
        for org, outcome in ((good, "talked"), (poor, "no_answer")):
            call = await make_call(
                session, org_id=org.id, region_code="RU-KGN", started_at=made, ended_at=made
            )
            session.add(
                LegRow(
                    call_row_id=call.id, uniqueid=f"leg-{org.id}", channel="", role="outlet", phone_id=1, org_id=org.id,
                    started_at=made, bridged_at=made, ended_at=made, outcome=outcome,
                )
            )  # fmt: skip
        top = Policy(stages=(Stage(StageKind.RATING, min_points=50, best=1), Stage(StageKind.BASE)))
        await make_policy(session, top, name="Звонки")


def _survey(order_id: int, org_id: int, score: int) -> SurveyRow:
    return SurveyRow(
        order_id=order_id, cycle=1, org_id=org_id, token_hash=f"t{order_id}", result="done",
        made_at=MONDAY_NOON, answered_at=MONDAY_NOON, score=score,
    )  # fmt: skip


async def read(browser: ClientSession, address: str, status: int = 200) -> str:
    async with browser.get(address) as answer:
        assert answer.status == status, address
        return " ".join(html.unescape(await answer.text()).replace("\xa0", " ").split())


def row_of(text: str, name: str) -> str:
    return next(part for part in text.split("<tr>") if f">{name}</a>" in part)


async def test_costs_and_what_a_request_brings(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.MARKETER)
    token = {"csrf_token": await site.csrf_token(browser)}
    text = await read(browser, "/value?region=RU-KGN")
    assert 'href="/map/RU-KGN"' in text, "and back to the region"
    assert "1 000 ₽</td>" in row_of(text, "Щедрый"), "the mean order"
    assert "500 ₽" in row_of(text, "Щедрый"), "half of the requests are fulfilled, nothing was spent yet"

    cost = {"org": "Щедрый", "month": MONTH, "kind": "ads", "kopecks": "400,00", "note": "<b>Директ</b>"}
    for wrong, told in (
        ({"org": "Никто"}, "Такого дилера нет"), ({"kopecks": "-1"}, "Сумма больше нуля"), ({"kopecks": "1e9"}, "Сумма в"),
        ({"month": "2099-01"}, "ещё не наступил"), ({"note": "x" * 250}, "не длиннее"),
    ):  # fmt: skip
        async with browser.post("/value/costs", data=token | cost | wrong) as answer:
            page = html.unescape(await answer.text())
            assert answer.status == 422
            assert told in page
            assert (cost | wrong)["note"] in page, "what was typed is still there"
    async with browser.post("/value/costs", data=token | cost) as answer:
        assert "&lt;b&gt;Директ" in await answer.text()

    async def bring(body: str) -> str:
        data = FormData(token)
        data.add_field("file", body.encode("cp1251"), filename="затраты.csv")
        async with browser.post("/value/costs/file", data=data) as answer:
            return html.unescape(await answer.text())

    head = "Дилер;Месяц;Статья;Сумма;Примечание\n"
    refused = await bring(
        f"{head}Щедрый;{MONTH};Бонусы;100\nЧужой;{MONTH};Связь;1\n=Скупой;{MONTH};Связь;много\n"
    )
    assert "Строка 3" in refused
    assert "Строка 4" in refused
    assert "Строка 2" not in refused
    good = f"{head}=Скупой;{MONTH};Связь;50,00;\n"
    assert "1 строка" in (await bring(good)).replace("\xa0", " ")
    assert "уже загружен" in await bring(good)
    assert "Нет столбцов: Сумма" in await bring("Дилер;Месяц;Статья\nЩедрый;2026-01;Связь\n")

    text = await read(browser, "/value?region=RU-KGN")
    assert text.index(">Щедрый</a>") < text.index(">=Скупой</a>"), "who brings more stands first"
    assert "400 ₽" in row_of(text, "Щедрый"), "2 x 1 000 less 400, by four"
    assert "−50 ₽" in row_of(text, "=Скупой")
    quality = await read(browser, "/value?region=RU-KGN&sort=quality")
    for told in ("100 %", "2 мин 00 с", "2 из 4", "5,0"):
        assert told in row_of(quality, "Щедрый")
    assert "1 из 1" in row_of(quality, "=Скупой")
    money = await read(browser, "/value?sort=money")
    for told in ("1 600 ₽", "2 000 ₽", "400 ₽</td>", "400 %"):
        assert told in row_of(money, "Щедрый")
    assert ">Щедрый</a>" not in await read(browser, "/value?region=RU-MOW")
    assert "Конец раньше начала" in await read(browser, "/value?since=2026-03&until=2026-01", 400)
    async with browser.get("/value/export?region=RU-KGN") as answer:
        assert (await answer.read()).startswith(b"PK")

    page = await read(browser, "/value/costs")
    path = page.partition('action="/value/costs/')[2].partition('"')[0]
    while "/" not in path:
        page = page.partition('action="/value/costs/')[2]
        path = page.partition('action="/value/costs/')[2].partition('"')[0]
    assert path.endswith("/remove")
    async with browser.post(f"/value/costs/{path}", data=token) as answer:
        assert "Затрата убрана" in await answer.text()
    async with browser.post(f"/value/costs/{path.replace('remove', 'restore')}", data=token) as answer:
        assert "Затрата снова в отчёте" in await answer.text()
    for role in (Role.OPERATOR, Role.DEALER_OWNER):
        async with (await site.signed_in(role)).get("/value") as answer:
            assert answer.status == (404 if role is Role.DEALER_OWNER else 403)


async def test_the_rating_is_tried_before_it_is_saved(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    token = {"csrf_token": await site.csrf_token(browser)}
    assert '<b class="tone-ok">+' not in await read(browser, "/value/rating")
    weights = {"points": "0", "revenue": "1", "on_time": "0", "survey": "1", "version": "0"}

    async def send(status: int, **more: str) -> str:
        async with browser.post("/value/rating", data=token | weights | more) as answer:
            assert answer.status == status
            return " ".join(html.unescape(await answer.text()).replace("\xa0", " ").split())

    async def ratings() -> dict[str, int]:
        async with site.database.session() as session:
            return {org.name: org.standing for org in (await load_directory(session)).orgs}

    tried = await send(200, do="try")
    assert '<b class="tone-ok">+ Щедрый</b>' in tried
    assert "выйдут: =Скупой" in tried
    assert (await ratings())["=Скупой"] == 90, "nothing is saved yet"
    assert "Хотя бы один вес" in await send(422, do="save", revenue="0", survey="0")
    assert "от 0 до 100" in await send(422, do="save", revenue="101")
    assert "Сохранено" in await send(200, do="save")
    assert (await ratings())["Щедрый"] == 100
    assert (await ratings())["=Скупой"] == 0
    assert "сохранил кто-то другой" in await send(409, do="save", revenue="7")
    assert 'value="7"' in await send(409, do="save", revenue="7")
    assert "Сохранено" in await send(200, do="save", points="1", revenue="0", survey="0", version="1")
    assert (await ratings())["=Скупой"] == 90, "points again"
    async with site.database.session() as session:
        saved = (await session.scalars(select(AuditRow).where(AuditRow.action == "rating:saved"))).all()
    assert [row.data["after"]["revenue"] for row in saved] == [1, 0]
    supervisor = await site.signed_in(Role.SUPERVISOR)
    assert "Сохранить" not in await read(supervisor, "/value/rating")
