"""The overview: its figures, the lists behind them, who lands on it."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import BytecodeCache

from callcore.calls.tables import CallEventRow, LegRow
from callcore.calls.tasks import TaskKind, open_task
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.staff_tables import DutyShiftRow
from tests.factories.network import make_phone
from tests.fakes.clock import FakeClock
from tests.integration.web.overview_stage import OverviewStage
from tests.integration.web.sales_stage import page

pytestmark = pytest.mark.integration

LEADERS = (Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR)


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> OverviewStage:
    stage = OverviewStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


def figures(text: str) -> dict[str, tuple[str, str]]:
    """Label -> (figure, address of its list or empty)."""
    found = {}
    for part in re.findall(r'<(?:a|div) class="stat".*?</(?:a|div)>', text, re.DOTALL):
        label = re.sub(r"<[^>]+>", "", part.split('class="stat-label">', 1)[1].split("</span>", 1)[0]).strip()
        address = re.search(r'href="(/[^"]*)"', part.split(">", 1)[0])
        found[label] = (
            part.split('class="stat-value">', 1)[1].split("<", 1)[0],
            address[1] if address else "",
        )
    return found


async def a_day(stage: OverviewStage) -> None:
    async with stage.database.transaction() as session:
        for minute, (result, wait_s) in enumerate(
            (
                ("answered", 5),
                ("answered", 9),
                ("duty_answered", 40),
                ("missed", 60),
                ("voicemail", 61),
                ("abandoned", 3),
            )
        ):
            await stage.call(session, -30 + minute, result=result, wait_s=wait_s)
        await stage.call(session, -730, result="answered", wait_s=1)  # yesterday
        await stage.call(session, -20, result="no_answer", direction="outbound")
        await stage.ringing(session, "rings", "factory")
        await stage.order(session, 1, status="new", due_at=stage.clock.now() - timedelta(hours=1))
        await stage.order(session, 2, status="accepted", due_at=stage.clock.now() + timedelta(hours=1))
        await stage.order(session, 3, status="done", due_at=stage.clock.now() - timedelta(hours=1))
        now = stage.clock.now()
        for number, kind in enumerate((TaskKind.MISSED, TaskKind.CALLBACK)):
            due = now - timedelta(minutes=5 - 10 * number)
            await open_task(
                session, kind=kind, title="Перезвонить", due_at=due, at=now, dedupe_key=f"t{number}"
            )


async def test_every_figure_leads_to_a_list_of_as_many(stage: OverviewStage) -> None:
    await a_day(stage)
    async with stage.visit("factory", Role.SUPERVISOR) as browser:
        found = figures(html.unescape(await page(browser, "/overview")))
        told = {label: value for label, (value, _) in found.items()}
        assert told == {
            "Звонков сегодня": "7", "Отвечено": "3", "Никто не ответил": "3", "Ждут ответа сейчас": "1",
            "Обычно ждут": "00:09", "Не перезвонили": "1", "Просрочено задач": "1", "Заказы: новые": "1",
            "Заказы: ждут звонка": "1", "Заказы: срок прошёл": "1",
        }  # fmt: skip
        for label, (value, address) in found.items():
            if address.startswith(("/calls", "/orders")):
                rows = (await page(browser, address)).count('<tr data-href="/')
                assert rows == int(value), (label, address)
            else:
                assert address.startswith("/tasks") or label == "Обычно ждут"


async def test_today_is_the_viewers_own(stage: OverviewStage) -> None:
    """Half past midnight in Moscow is still yesterday in UTC."""
    stage.clock.set(stage.clock.now().replace(hour=21, minute=30))
    async with stage.database.transaction() as session:
        await stage.call(session, 12 * 60, result="answered")  # 21:00 UTC is midnight in Moscow
        await stage.call(session, 12 * 60 - 1, result="answered")
    async with stage.visit("factory", Role.ADMIN) as browser:
        text = html.unescape(await page(browser, "/overview"))
        assert figures(text)["Звонков сегодня"][0] == "1"
        assert "17\N{NO-BREAK SPACE}марта" in text


async def test_alarms_when_others_than_the_application_carried_calls(stage: OverviewStage) -> None:
    async with stage.visit("factory", Role.ADMIN) as browser:
        calm = html.unescape(await page(browser, "/overview"))
        assert "Звонков ещё не было" in calm
        assert 'class="alarms"' not in calm
    async with stage.database.transaction() as session:
        for minute, route in enumerate(("app", "script", "static", "duty", "")):
            await stage.call(session, -10 + minute, route=route)
    stage.is_up = False
    async with stage.visit("factory", Role.ADMIN) as browser:
        text = html.unescape(await page(browser, "/overview"))
        assert "3\N{NO-BREAK SPACE}звонка из последних 5 вело не приложение" in text
        assert "Нет связи с АТС" in text
        for words in (
            "скрипт у АТС <b>1</b>",
            "часы в АТС <b>1</b>",
            "сразу дежурный <b>1</b>",
            "приложение <b>1</b>",
        ):
            assert words in text
        assert text.count('class="rung rung-fallback"') == 3


async def test_duty_gaps_and_odd_calls(stage: OverviewStage) -> None:
    now = stage.clock.now()
    async with stage.database.transaction() as session:
        phone = await make_phone(session, label="Пётр, ночь")
        shift = {"tz": "Europe/Moscow", "phone_ids": [phone.id]}
        session.add(
            DutyShiftRow(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=2), **shift)
        )
        session.add(DutyShiftRow(starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=9), **shift))
        call = await stage.call(session, -5, warning="unknown-did")
        for minute in (30, 20):
            missed = await stage.call(session, -minute)
            session.add(
                LegRow(
                    call_row_id=missed.id, uniqueid=f"duty-{minute}", channel="", role="duty", phone_id=phone.id,
                    started_at=missed.started_at, ended_at=missed.started_at, outcome="no_answer",
                )
            )  # fmt: skip
        session.add(
            CallEventRow(call_row_id=call.id, at=now, kind="anomaly", data={"code": "bridge-unknown"})
        )
    async with stage.visit("factory", Role.ADMIN) as browser:
        text = html.unescape(await page(browser, "/overview"))
        assert "В дежурствах на неделю 1\N{NO-BREAK SPACE}окно без смены" in text
        assert "Дежурный телефон дважды подряд не ответил: Пётр, ночь" in text
        assert "Неизвестный номер" in text
        assert "bridge-unknown" in text


async def test_who_may_look_and_who_lands_here(stage: OverviewStage) -> None:
    firsts = {Role.OPERATOR: "/desk", Role.MARKETER: "/calls", Role.DEALER_OWNER: "/desk"}
    for role in (*LEADERS, *firsts):
        who = "vector" if role is Role.DEALER_OWNER else "factory"
        async with stage.visit(who, role) as browser:
            answer = await browser.get("/", allow_redirects=False)
            assert answer.headers["Location"] == firsts.get(role, "/overview"), role
            text = await page(browser, "/overview")
            assert ("Что изменило баллы" in text) == (who == "vector")
    async with stage.visit("factory", Role.ADMIN) as browser:
        part = await page(browser, "/overview?fragment=day")
        assert part.lstrip().startswith('<div class="day"')
        await page(browser, "/overview?fragment=else", status=404)
