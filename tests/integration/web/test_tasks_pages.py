"""Tasks, notices and letters as people meet them, without script."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import select, update

from callcore.calls.task_tables import TaskRow
from callcore.kernel.database import Database
from callcore.messaging.tables import DeliveryRow, NoticeRow
from callcore.network.model import Role
from callcore.network.tables import UserRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import NUMBER, GuardedSite, open_site

pytestmark = pytest.mark.integration
STRANGE = "+79035557788"  # has never talked with anybody


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def body(browser: ClientSession, path: str, status: int = 200) -> str:
    async with browser.get(path) as answer:
        assert answer.status == status, path
        return await answer.text()


async def press(site: GuardedSite, browser: ClientSession, path: str, status: int = 303, **form: str) -> str:
    token = await site.csrf_token(browser)
    async with browser.post(path, data={"csrf_token": token, **form}, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        return answer.headers.get("Location") or await answer.text()


async def change(site: GuardedSite, **values: object) -> None:
    async with site.database.transaction() as session:
        await session.execute(update(TaskRow).values(**values))


async def stored(site: GuardedSite) -> TaskRow:
    async with site.database.session() as session:
        return (await session.scalars(select(TaskRow))).one()


async def test_task_is_taken_closed_and_opened_again(site: GuardedSite) -> None:
    owner, path = await site.signed_in(Role.DEALER_OWNER), f"/tasks/{site.seeds.task_id}"
    page = await body(owner, "/tasks")
    assert "осталось 15" in page
    assert "никто не взял" in page
    assert "заказ №" in page.lower()
    assert await press(site, owner, f"{path}/take", back="/tasks?tab=open") == "/tasks?tab=open"
    assert "Задача ваша" in await body(owner, "/tasks?tab=mine")
    assert await press(site, owner, f"{path}/close", reason="no_answer", comment="занято") == "/tasks"
    shown = await body(owner, "/tasks?tab=closed")
    assert "Не дозвонились" in shown
    assert f'action="{path}/reopen"' in shown
    await press(site, owner, f"{path}/reopen")
    row = await stored(site)
    assert (row.closed_at, row.close_reason, row.data["comment"]) == (None, "", "")


async def test_a_task_of_a_hidden_number_offers_no_call(site: GuardedSite) -> None:
    browser, called = await site.signed_in(Role.OPERATOR), f"/press/task/{site.seeds.task_id}"
    assert called in await body(browser, "/tasks")
    await change(site, caller_number="", call_id="")
    page = await body(browser, "/tasks")
    assert called not in page
    assert "Позвонили" not in page
    assert "Решено" in page


async def test_wrong_form_says_what_to_do_and_keeps_what_was_typed(site: GuardedSite) -> None:
    browser, path = await site.signed_in(Role.OPERATOR), f"/tasks/{site.seeds.task_id}"
    page = await press(site, browser, f"{path}/close", 422, comment="почти дозвонились")
    assert "Выберите, чем кончилось" in page
    assert "почти дозвонились" in page
    page = await press(site, browser, f"{path}/close", 422, reason="other")
    assert "Напишите, чем кончилось" in page
    page = await press(site, browser, f"{path}/postpone", 422, delay="at", until="вчера")
    assert "Укажите день и время" in page
    page = await press(site, browser, f"{path}/postpone", 422, delay="at", until="2020-01-01T10:00")
    assert "не в прошлом" in page
    assert (await stored(site)).closed_at is None


async def test_postponed(site: GuardedSite) -> None:
    browser, path = await site.signed_in(Role.OPERATOR), f"/tasks/{site.seeds.task_id}"
    await press(site, browser, f"{path}/postpone", delay="1h", back="https://evil.example/")
    assert (await stored(site)).due_at == site.clock.now() + timedelta(hours=1)
    site.clock.advance(timedelta(hours=2))
    assert "просрочено на 1" in await body(browser, "/tasks?tab=overdue")


async def test_back_leads_to_no_other_site(site: GuardedSite) -> None:
    browser, path = await site.signed_in(Role.OPERATOR), f"/tasks/{site.seeds.task_id}"
    for target in ("https://evil.example/", "//evil.example", "/tasks/\\evil", "/tasksevil", "/orders"):
        assert await press(site, browser, f"{path}/postpone", delay="1h", back=target) == "/tasks"


async def test_masked_number_is_nowhere_in_a_dealers_page(site: GuardedSite) -> None:
    await change(site, caller_number=STRANGE, call_id="", data={"comment": f"звонить {STRANGE}"})
    owner, operator = await site.signed_in(Role.DEALER_OWNER), await site.signed_in(Role.OPERATOR)
    for path in ("/tasks", "/tasks?fragment=list", f"/tasks/{site.seeds.task_id}"):
        digits = re.sub(r"\D", "", await body(owner, path))
        assert STRANGE[5:] not in digits, path
        assert "903 555" in (await body(operator, path)).replace("\N{NO-BREAK SPACE}", " "), path
    await change(site, caller_number=NUMBER)
    assert NUMBER[-4:-2] in await body(owner, "/tasks")


async def test_foreign_task_does_not_exist(site: GuardedSite) -> None:
    await change(site, org_id=None)
    owner, path = await site.signed_in(Role.DEALER_OWNER), f"/tasks/{site.seeds.task_id}"
    await body(owner, path, 404)
    for act, form in (
        ("take", {}),
        ("close", {"reason": "spam"}),
        ("postpone", {"delay": "1h"}),
        ("reopen", {}),
    ):
        await press(site, owner, f"{path}/{act}", 404, **form)
    assert "Все дела сделаны" in await body(owner, "/tasks")


async def test_who_was_late_is_told(site: GuardedSite) -> None:
    path = f"/tasks/{site.seeds.task_id}"
    one, two = await site.signed_in(Role.OPERATOR), await site.signed_in(Role.SUPERVISOR)
    await press(site, one, f"{path}/take")
    assert await press(site, two, f"{path}/take", owner="") == path
    assert "уже изменил кто-то другой" in await body(two, path)


async def test_badges(site: GuardedSite) -> None:
    owner = await site.signed_in(Role.DEALER_OWNER)
    async with owner.get("/tasks/badge") as answer:
        assert await answer.json() == {"count": 1, "late": 0}
    page = await body(owner, "/tasks")
    assert 'data-badge="/tasks/badge"' in page
    assert 'data-badge="/notices/badge"' in page


async def test_notices_are_read_and_lead_on(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        user_id = await session.scalar(select(UserRow.id).where(UserRow.role == Role.OPERATOR.value))
        await session.execute(
            update(NoticeRow).values(
                user_id=user_id, url=f"/tasks/{site.seeds.task_id}", title="<b>Задача</b>"
            )
        )
    operator, other = await site.signed_in(Role.OPERATOR), await site.signed_in(Role.SUPERVISOR)
    page, path = await body(operator, "/notices"), f"/notices/{site.seeds.notice_id}"
    assert "&lt;b&gt;Задача" in page
    assert "Сообщений пока нет" in await body(other, "/notices")
    await press(site, other, f"{path}/open", 404)
    assert await press(site, operator, f"{path}/open") == f"/tasks/{site.seeds.task_id}"
    assert "Всё прочитано" in await body(operator, "/notices?show=unread")
    await press(site, operator, f"{path}/unread")
    async with operator.get("/notices/badge") as answer:
        assert await answer.json() == {"count": 1}
    await press(site, operator, "/notices/read-all")
    async with operator.get("/notices/badge") as answer:
        assert await answer.json() == {"count": 0}


async def test_letters_are_the_administrators(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        for state, error in (("waiting", ""), ("dead", "550 no such user")):
            session.add(
                DeliveryRow(
                    channel="email",
                    address="owner@example.test",
                    subject=f"Письмо {state}",
                    body="Текст",
                    state=state,
                    error=error,
                    made_at=site.clock.now(),
                    due_at=site.clock.now(),
                    dedupe_key=state,
                )
            )
    admin, supervisor = await site.signed_in(Role.ADMIN), await site.signed_in(Role.SUPERVISOR)
    await body(supervisor, "/notices/letters", 403)
    assert "почта не настроена" in await body(admin, "/notices/letters")
    dead = await body(admin, "/notices/letters?state=dead")
    assert "550 no such user" in dead
    again = re.search(r'action="(/notices/letters/\d+/again)"', dead)
    assert again is not None
    await press(site, supervisor, again[1], 403)
    await press(site, admin, again[1])
    assert "Пропавших писем нет" in await body(admin, "/notices/letters?state=dead")
