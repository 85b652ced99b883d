"""The button on somebody else's site, the page without script, the list for those who call, the sites; over the whole site."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.api_keys import ApiKeys, Scope
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow
from callcore.outbound.callbacks.proof_of_work import solve
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import CALLBACK, GuardedSite, open_site

pytestmark = pytest.mark.integration

ORIGIN = {"Origin": "https://okna.ru", "Sec-Fetch-Site": "cross-site"}
JSON = {"Accept": "application/json"}
NUMBER = "8 916 123-45-67"


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


class Person:
    def __init__(self, browser: ClientSession, token: str) -> None:
        self._browser, self._token = browser, token

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        async with self._browser.post(path, data={"csrf_token": self._token, **form}) as answer:
            return answer.status, await answer.text()

    async def get(self, path: str) -> tuple[int, str]:
        async with self._browser.get(path) as answer:
            return answer.status, await answer.text()

    async def text(self, path: str) -> str:
        status, body = await self.get(path)
        assert status == 200, path
        return body


async def person(site: GuardedSite, role: Role) -> Person:
    browser = await site.signed_in(role)
    return Person(browser, await site.csrf_token(browser))


class Visitor:
    """A browser on a page of another site; it has no cookies of ours."""

    def __init__(self, site: GuardedSite, key: str) -> None:
        self.base, self.key = str(site.server.make_url("")).rstrip("/"), key

    async def form(self, headers: dict[str, str] = ORIGIN) -> tuple[int, Any, Any]:
        address = f"{self.base}/widget/{self.key}/form"
        async with ClientSession() as session, session.get(address, headers=headers) as answer:
            return answer.status, await answer.json(), answer.headers

    async def send(self, headers: dict[str, str] = ORIGIN, **form: str) -> tuple[int, Any, Any]:
        if "challenge" not in form:
            told = (await self.form())[1]
            form |= {"challenge": told["challenge"], "answer": solve(told["challenge"], told["bits"])}
        async with ClientSession() as session:
            sent = {"consent": "1", **form}
            async with session.post(f"{self.base}/widget/{self.key}", data=sent, headers=headers) as answer:
                return answer.status, await answer.json(), answer.headers

    async def page(self, **form: str) -> tuple[int, str]:
        async with ClientSession() as session:
            address = f"{self.base}/callback/{self.key}"
            asked = session.post(address, data=form) if form else session.get(address)
            async with asked as answer:
                return answer.status, await answer.text()


async def rows(site: GuardedSite) -> list[CallbackRow]:
    async with site.database.session() as session:
        return list(
            await session.scalars(
                select(CallbackRow).where(CallbackRow.id > CALLBACK).order_by(CallbackRow.id)
            )
        )


async def made_site(site: GuardedSite, **more: str) -> Visitor:
    admin = await person(site, Role.ADMIN)
    form = {"title": "Окна", "origins": "okna.ru", "is_active": "1", "text_heading": "Ждём вас", **more}
    status, page = await admin.post("/callbacks/sites", **form)
    assert status == 200
    async with site.database.session() as session:
        row = (await session.scalars(select(CallbackSiteRow).order_by(CallbackSiteRow.id.desc()))).first()
    assert row is not None
    assert row.key in page
    assert row.origins == ["https://okna.ru"]
    return Visitor(site, row.key)


async def test_a_click_on_another_site_is_called_and_seen(site: GuardedSite, clock: FakeClock) -> None:
    visitor = await made_site(site)
    status, told, headers = await visitor.form()
    assert (status, told["texts"]["heading"]) == (200, "Ждём вас")
    assert headers["Access-Control-Allow-Origin"] == "https://okna.ru"
    assert told["days"][0]["times"]
    clock.advance(1)
    status, said, headers = await visitor.send(number=NUMBER, name="Пётр", campaign="весна")
    assert (status, headers["Access-Control-Allow-Origin"]) == (202, "https://okna.ru")
    assert "Мы перезвоним вам" in said["text"]
    (row,) = await rows(site)
    assert (row.number, row.source, row.campaign, row.state) == ("+79161234567", "widget", "весна", "waiting")
    assert row.ip_hash not in ("", "127.0.0.1")
    for wrong in ({"number": "112"}, {"number": "+1 650 253-00-00"}, {"number": NUMBER, "consent": ""}):
        status, said, headers = await visitor.send(**wrong)
        assert (status, headers["Access-Control-Allow-Origin"]) == (422, "https://okna.ru")
        assert said["text"]
    for form in (
        {"challenge": told["challenge"], "answer": "1"},
        {"challenge": told["challenge"].replace(visitor.key, "another"), "answer": "1"},
        {"challenge": "", "answer": ""},
    ):
        status, said, _ = await visitor.send(number=NUMBER, **form)
        assert (status, said["renew"]) == (422, True)
    status, said, _ = await visitor.send(number="8 916 000-00-01", website="http://spam")
    assert status == 202  # a machine learns nothing
    stranger = {"Origin": "https://evil.example"}
    status, _, headers = await visitor.send(stranger, number=NUMBER, challenge="x")
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
    assert (await Visitor(site, "nobody").form(ORIGIN | JSON))[0] == 404
    assert len(await rows(site)) == 1
    operator = await person(site, Role.OPERATOR)
    page = await operator.text("/callbacks")
    assert "Пётр" in page
    assert "Кнопка на сайте" in page
    status, page = await operator.post(f"/callbacks/{row.id}/close", reason="other", comment="")
    assert (status, "Напишите, чем кончилось" in page) == (422, True)
    assert (await operator.post(f"/callbacks/{row.id}/take", owner="operators"))[0] == 200
    status, page = await operator.post(
        f"/callbacks/{row.id}/assign", owner="user:1", to="operators", reason="", q="Анна"
    )
    assert (status, "Напишите, почему" in page, 'value="Анна"' in page) == (422, True, True)
    status, page = await operator.post(f"/callbacks/{row.id}/assign", owner="user:1", find="1", reason="Обед")
    assert (status, 'value="Обед"' in page, "Поручено" in page) == (200, True, False)
    assert (await operator.post(f"/callbacks/{row.id}/postpone", delay="1h"))[0] == 200
    assert (await operator.post(f"/callbacks/{row.id}/close", reason="spam"))[0] == 200
    assert "Спам или шутка" in await operator.text("/callbacks?tab=closed")
    dealer = await person(site, Role.DEALER_OWNER)
    assert "Пётр" not in await dealer.text("/callbacks?tab=closed")
    assert (await dealer.get(f"/callbacks/{row.id}"))[0] == 404
    assert (await dealer.post(f"/callbacks/{row.id}/take"))[0] == 404
    assert (await dealer.get("/callbacks/sites"))[0] in (403, 404)


async def test_without_script_with_a_chosen_time_and_stricter_limits(
    site: GuardedSite, clock: FakeClock
) -> None:
    visitor = await made_site(site)

    async def sent(number: str, **more: str) -> tuple[int, str]:
        page = (await visitor.page())[1]
        challenge = page.split('name="challenge" value="')[1].split('"')[0]
        clock.advance(3)
        form = {"number": number, "consent": "1", "challenge": challenge, "when": "", **more}
        return await visitor.page(**form)

    day = (clock.now() + timedelta(days=1)).date().isoformat()
    status, page = await sent(NUMBER, when="1", day=day, time="12:30")
    assert status == 200
    assert "12:30" in page
    (row,) = await rows(site)
    assert (row.source, row.is_soon) == ("page", False)
    assert row.due_at.astimezone().utcoffset() is not None
    status, page = await sent("8 809 123-45-67", name="Анна")
    assert status == 422
    assert "платные номера" in page
    assert 'value="Анна"' in page
    status, page = await sent("8 916 000-00-02", when="1", day=day, time="03:00")
    assert (status, "дневное" in page) == (422, True)
    assert (await sent("8 916 000-00-03"))[0] == 200
    assert (await sent("8 916 000-00-04"))[0] == 429
    script = await visitor.page()
    assert script[0] == 200


async def test_a_site_is_kept_by_staff_and_can_be_switched_off(site: GuardedSite) -> None:
    visitor = await made_site(site)
    admin, operator = await person(site, Role.ADMIN), await person(site, Role.OPERATOR)
    listed = await admin.text("/callbacks/sites")
    assert "https://okna.ru" in listed
    status, page = await admin.post("/callbacks/sites", title="О", origins="не адрес!", org_id="999999")
    assert status == 422
    assert "Назовите сайт" in page
    assert "Выберите из списка" in page
    assert (await operator.post("/callbacks/sites", title="Чужой"))[0] in (403, 404)
    async with site.database.session() as session:
        row = await session.scalar(select(CallbackSiteRow).where(CallbackSiteRow.key == visitor.key))
    assert row is not None
    status, page = await admin.post(f"/callbacks/sites/{row.id}", title="Окна", origins="https://okna.ru")
    assert status == 200
    assert (await visitor.form(ORIGIN | JSON))[0] == 404  # switched off
    async with (
        ClientSession() as session,
        session.get(f"{visitor.base}/widget/callback.js") as answer,
    ):
        script = await answer.read()
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(script) <= 10 * 1024


async def test_a_program_asks_once_by_its_key(site: GuardedSite) -> None:
    async with site.database.session() as session:
        factory = await session.scalar(select(OrgRow).where(OrgRow.kind == "manufacturer"))
    assert factory is not None
    viewer = Viewer(1, "Админ", Role.ADMIN, factory.id, factory.name, factory.path, (), "Europe/Moscow")
    made = await ApiKeys(site.database, site.clock).make(viewer, "CRM", tuple(Scope), None)
    async with site.client(Authorization=f"Bearer {made.secret}", **{"Idempotency-Key": "one"}) as program:
        seen = []
        for body in ({"phone": NUMBER, "name": "Пётр"}, {"phone": NUMBER, "name": "Пётр"}, {"phone": "112"}):
            async with program.post("/api/v1/callbacks", json=body) as answer:
                seen.append((answer.status, await answer.json()))
    assert [status for status, _ in seen] == [201, 201, 422]
    assert seen[0][1]["id"] == seen[1][1]["id"]
    (row,) = await rows(site)
    assert (row.source, row.site) == ("api", f"api:{made.id}")
