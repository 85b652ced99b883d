"""Tracked numbers as a browser gets them: rights, the form, two people at once, what calls then do."""

import html
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import func, select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.model import STAFF_ROLES, Role
from callcore.network.policy_tables import PolicyRow
from callcore.network.tables import DidRow
from tests.factories.network import make_did, make_phone
from tests.fakes.clock import FakeClock
from tests.integration.web.overview_stage import OverviewStage
from tests.integration.web.sales_stage import CSRF, page

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
Browser = TestClient[Any, Any]
EDITORS = (Role.ADMIN, Role.MANUFACTURER)
READERS = (Role.SUPERVISOR, Role.MARKETER)


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> OverviewStage:
    stage = OverviewStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


def form(**more: str) -> dict[str, str]:
    usual = {
        "csrf_token": CSRF, "number": "8 (343) 200-10-10", "label": "Сайт, Урал", "whose": "region",
        "region": "RU-SVE", "org": "", "source": "site", "medium": "cpc", "campaign": "Весна",
        "request_type": "call", "language": "ru", "greeting": "Здравствуйте", "whisper": "",
        "waiting": "music", "policy": "",
    }  # fmt: skip
    return usual | more


async def send(browser: Browser, address: str, status: int, **fields: str) -> str:
    answer = await browser.post(address, data=fields, allow_redirects=False)
    assert answer.status == status, (address, answer.status)
    return html.unescape(await answer.text())


async def did_of(stage: OverviewStage, number: str) -> DidRow | None:
    async with stage.database.session() as session:
        return await session.scalar(select(DidRow).where(DidRow.number == number))


def version_in(text: str) -> str:
    return text.split('name="version" value="', 1)[1].split('"', 1)[0]


async def test_a_number_is_added_in_any_notation_and_calls_know_it(stage: OverviewStage) -> None:
    async with stage.visit("factory", Role.ADMIN) as browser:
        await page(browser, "/dids/new")
        await send(browser, "/dids", 303, **form(says_recorded="1"))
    row = await did_of(stage, "+73432001010")
    assert row is not None
    assert (row.label, row.region_code, row.org_id, row.to_operators) == ("Сайт, Урал", "RU-SVE", None, False)
    assert (row.greeting, row.says_recorded, row.waiting, row.is_active) == (
        "Здравствуйте",
        True,
        "music",
        True,
    )
    async with stage.visit("factory", Role.MARKETER) as browser:
        text = html.unescape(await page(browser, f"/dids/{row.id}"))
        assert "Приветствие: «Здравствуйте»" in text
        assert "Предупреждение: «Разговор записывается.»" in text
        assert "Музыку, пока ищем" in text
        assert "номер головного сайта, звонок идёт по региону" in text, "the decision of a call now"
        assert "Сохранить" not in text, "a reader has no button"
    async with stage.database.session() as session:
        assert await session.scalar(select(AuditRow.action)) == "did:added"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"number": "12345"}, "не похоже на номер"),
        ({"number": "8 495 123-45-67 доб. 12"}, "без добавочного"),
        ({"label": " "}, "Назовите номер"),
        ({"label": "я" * 81}, "Не длиннее 80"),
        ({"region": ""}, "Выберите регион"),
        ({"region": "RU-XX"}, "Выберите значение из списка"),
        ({"whose": "caller"}, "Уберите регион"),
        ({"whose": "dealer"}, "Выберите дилера"),
        ({"whose": "dealer", "org": "999999"}, "Выберите значение из списка"),
        ({"whose": "all"}, "Выберите значение из списка"),
        ({"greeting": "я" * 301}, "Не длиннее 300"),
        ({"policy": "77"}, "Выберите значение из списка"),
        ({"waiting": "radio"}, "Выберите значение из списка"),
        ({"source": ""}, "Укажите источник"),
    ],
)
async def test_what_is_wrong_is_said_by_its_field_and_nothing_is_lost(
    stage: OverviewStage, more: dict[str, str], told: str
) -> None:
    async with stage.visit("factory", Role.MANUFACTURER) as browser:
        text = await send(browser, "/dids", 422, **form(campaign="Не потеряй меня") | more)
    assert told in text
    assert "Не потеряй меня" in text
    assert await did_of(stage, "+73432001010") is None


async def test_a_known_number_and_an_own_phone_are_refused(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        known = await make_did(session, number="+73432001010", is_active=False)
        await make_phone(session, kind="external", number="+79161112233", label="Мобильный дежурного")
    async with stage.visit("factory", Role.ADMIN) as browser:
        text = await send(browser, "/dids", 422, **form())
        assert "уже есть в списке" in text
        assert f'href="/dids/{known.id}"' in text
        text = await send(browser, "/dids", 422, **form(number="8 916 111-22-33"))
        assert "нашего телефона «Мобильный дежурного»" in text


async def test_a_change_is_kept_and_the_second_of_two_people_learns_of_the_first(
    stage: OverviewStage,
) -> None:
    async with stage.database.transaction() as session:
        did = await make_did(
            session, org=stage.orgs["vector"], label="Визитка", source="card", medium="offline"
        )
        policy = PolicyRow(name="Ночная")
        session.add(policy)
        await session.flush()
    address = f"/dids/{did.id}"
    async with stage.visit("factory", Role.ADMIN) as browser:
        seen = version_in(await page(browser, address))
        await send(
            browser, address, 303, **form(whose="operators", region="", policy=str(policy.id), version=seen)
        )
        row = await did_of(stage, did.number)
        assert row is not None
        assert (row.to_operators, row.org_id, row.policy_id) == (True, None, policy.id)
        text = await send(browser, address, 409, **form(label="Моя правка", version=seen))
        assert "изменил кто-то другой" in text
        assert "Моя правка" in text
        await send(browser, address, 303, **form(label="Моя правка", version=version_in(text)))
    async with stage.database.session() as session:
        rows = (await session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [row.action for row in rows] == ["did:changed"] * 2
    assert rows[0].data["before"]["to_operators"] is False
    assert rows[0].data["after"]["to_operators"] is True


async def test_a_second_press_of_the_same_form_is_no_quarrel(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        did = await make_did(session)
    async with stage.visit("factory", Role.ADMIN) as browser:
        seen = version_in(await page(browser, f"/dids/{did.id}"))
        for _ in range(2):
            await send(browser, f"/dids/{did.id}", 303, **form(version=seen))
    async with stage.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(AuditRow)) == 1


async def test_off_and_back_again(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        did = await make_did(session, label="Радио")
    async with stage.visit("factory", Role.ADMIN) as browser:
        await send(browser, f"/dids/{did.id}/active/off", 303, csrf_token=CSRF)
        text = html.unescape(await page(browser, f"/dids/{did.id}"))
        assert f'action="/dids/{did.id}/active/on"' in text, "the undo and the switch"
        assert "как на неизвестный номер" in text
        async with stage.database.session() as session:
            assert did.number not in {one.number for one in (await load_directory(session)).dids}
        await send(browser, f"/dids/{did.id}/active/on", 303, csrf_token=CSRF)
        await send(browser, f"/dids/{did.id}/active/0", 404, csrf_token=CSRF)
    async with stage.database.session() as session:
        assert did.number in {one.number for one in (await load_directory(session)).dids}


async def test_who_may_read_and_who_may_change(stage: OverviewStage) -> None:
    address = f"/dids/{stage.did_id}"
    for role in Role:
        who = "vector" if role.value.startswith(("dealer", "subdealer")) else "factory"
        async with stage.visit(who, role) as browser:
            may_read, may_edit = role in EDITORS + READERS, role in EDITORS
            closed = 403 if role in STAFF_ROLES else 404
            for path in ("/dids", address):
                await page(browser, path, status=200 if may_read else closed)
            await page(browser, "/dids/new", status=200 if may_edit else closed)
            for path in ("/dids", address, f"{address}/active/off"):
                answer = await browser.post(path, data=form(number="nonsense"), allow_redirects=False)
                assert (answer.status != closed) == may_edit, (role, path, answer.status)
    async with stage.visit("factory", Role.ADMIN) as browser:
        for path in ("/dids/999999", "/dids/x", f"/dids/{'9' * 30}"):
            await page(browser, path, status=404)


async def test_the_list_narrows_and_counts_as_the_journal_does(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        await make_did(
            session, label="Радио Урала", region_code="RU-SVE", source="radio", number="+73432009999"
        )
        await make_did(session, label="Старый номер", is_active=False)
        for minute in range(3):
            await stage.call(session, minute, did_id=stage.did_id)
    async with stage.visit("factory", Role.SUPERVISOR) as browser:
        text = html.unescape(await page(browser, "/dids"))
        assert f'href="/calls?did={stage.did_id}&period=30d" title="Звонки на этот номер">3</a>' in text
        assert (await page(browser, f"/calls?did={stage.did_id}&period=30d")).count(
            '<tr data-href="/calls/'
        ) == 3
        for query, told in (
            ("q=урала", "Радио Урала"), ("q=8+343+200-99-99", "Радио Урала"), ("whose=region", "Радио Урала"),
            ("region=RU-SVE", "Радио Урала"), ("source=radio", "Радио Урала"), ("state=off", "Старый номер"),
        ):  # fmt: skip
            rows = html.unescape(await page(browser, f"/dids?{query}")).split("<tbody>", 1)[1]
            assert told in rows, query
            assert "Сайт, Екатеринбург" not in rows, query
        assert "номеров нет" in await page(browser, "/dids?q=такого нет")
        for query in ("whose=x", "region=RU-XX", "state=2", "q=" + "я" * 90):
            assert "поправьте условия" in await page(browser, f"/dids?{query}", status=400)


async def test_greeting_and_whisper_can_be_listened_to(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        did = await make_did(
            session, greeting="Добрый день", says_recorded=True, source="site", region_code="RU-SVE"
        )
        silent = await make_did(session)
    async with stage.visit("factory", Role.MARKETER) as browser:
        assert (
            await page(browser, f"/dids/{did.id}/sounds/greeting")
            == "RIFF ru Добрый день Разговор записывается."
        )
        assert (
            await page(browser, f"/dids/{did.id}/sounds/whisper")
            == "RIFF ru Сайт завода, Свердловская область"
        )
        await page(browser, f"/dids/{silent.id}/sounds/greeting", status=404)
        await page(browser, f"/dids/{did.id}/sounds/else", status=404)
        stage.voice_works = False
        await page(browser, f"/dids/{did.id}/sounds/whisper", status=404)


async def test_hostile_texts_stay_text(stage: OverviewStage) -> None:
    async with stage.visit("factory", Role.ADMIN) as browser:
        texts = {"label": HOSTILE, "greeting": HOSTILE, "whisper": HOSTILE, "campaign": HOSTILE}
        await send(browser, "/dids", 303, **form(**texts))
        row = await did_of(stage, "+73432001010")
        assert row is not None
        for path in ("/dids", f"/dids/{row.id}", "/dids/new"):
            text = await page(browser, path)
            assert "<script>alert" not in text
            assert "&lt;script&gt;" in text
