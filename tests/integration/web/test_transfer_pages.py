"""«Переводы» as a browser gets them, and a talk that is handed on from the desk; rights of two dealers."""

import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.bootstrap.services import Reader
from callcore.bootstrap.transfer_services import TransferDesk
from callcore.calls.settings import CallSettings, write_call_settings
from callcore.calls.transfer_tables import TransferRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from tests.factories.network import make_phone, make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import FakeClock
from tests.fakes.pbx import FakePbx
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from tests.integration.web.call_stage import MASKED, NUMBER, Stage, build_stage, digits_of
from web.app import make_app
from web.deps import WebDeps
from web.desk import pages as desk
from web.transfers import pages as transfers

pytestmark = pytest.mark.integration

HOSTILE = '=cmd|"<b>'
CALL = "talk-1"


@dataclass
class Play:
    """p<own> talks in CALL; `people` by name."""

    stage: Stage
    pbx: FakePbx
    own: int
    people: dict[str, int]

    @asynccontextmanager
    async def visit(self, who: str, role: Role, *phones: int) -> AsyncIterator[TestClient[Any, Any]]:
        stage = self.stage
        reader = Reader(stage.database, stage.clock, stage.stores)
        hand = TransferDesk(stage.database, stage.clock, self.pbx, tuple, reader.choices)
        rooms = (desk.room(reader.desk()), transfers.room(hand.services()))
        sign_in = FakeSignIn(**{who: replace(stage.person(who, role), phone_ids=phones)})
        deps = WebDeps(sign_in=sign_in, clock=stage.clock, rooms=rooms, template_cache=stage.template_cache)
        async with TestClient(TestServer(make_app(deps))) as client:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            assert (await client.post("/sign-in", data=form, allow_redirects=False)).status == 303
            yield client


@pytest.fixture
async def play(database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache) -> Play:
    """Vector hands on to an operator (answered) and to «master» (returned), the factory to an outside number."""
    stage = await build_stage(database, clock, tmp_path / "store", template_cache)
    async with database.transaction() as session:
        people = {
            "vector": (await make_user(session, stage.orgs["vector"], full_name=HOSTILE)).id,
            "operator": (await make_user(session, stage.orgs["factory"], full_name="Ольга Линия")).id,
            "master": (await make_user(session, stage.orgs["master"], full_name="Пётр Чужой")).id,
        }
        phones = {
            "vector": await make_phone(session, outlet_id=stage.outlets["vector"], user_id=people["vector"]),
            "operator": await make_phone(session, owner="operator", user_id=people["operator"]),
            "master": await make_phone(session, outlet_id=stage.outlets["master"], user_id=people["master"]),
        }
        customer = await make_customer(session, phone=NUMBER)
        order = await make_order(session, customer, number=77, org_id=stage.orgs["vector"].id, status="new")
        talk = await stage.call(
            session,
            call_id=CALL,
            state="talking",
            result="",
            ended_at=None,
            is_transferred=True,
            order_id=order.id,
        )
        await stage.leg(
            session,
            talk,
            "l1",
            channel="PJSIP/p1-00000001",
            role="outlet",
            phone_id=phones["vector"].id,
            org_id=stage.orgs["vector"].id,
            bridged_at=talk.started_at,
        )
        sides = {name: _side(stage, name, people, phones) for name in people}
        rows = (
            ("vector", "operator", "answered", 5, 30),
            ("vector", "master", "returned", 24, 20),
        )
        for ordinal, (sender, target, result, wait_s, talk_s) in enumerate(rows, start=1):
            session.add(
                TransferRow(
                    call_row_id=talk.id,
                    ordinal=ordinal,
                    at=talk.started_at + timedelta(seconds=40 * ordinal),
                    ended_at=talk.started_at + timedelta(seconds=90),
                    kind="blind",
                    to_kind="person",
                    wait_s=wait_s,
                    talk_s=talk_s,
                    result=result,
                    **{f"from_{name}": value for name, value in sides[sender].items()},
                    **{f"to_{name}": value for name, value in sides[target].items()},
                )
            )
        await stage.recording(session, talk)
        factory = {"org_id": stage.orgs["factory"].id, "outlet_id": None, "caller_number": "+79876543210"}
        other = await stage.call(session, 5, call_id="other", **factory)
        session.add(
            TransferRow(
                call_row_id=other.id,
                ordinal=1,
                at=other.started_at,
                kind="attended",
                means="keys",
                to_kind="outside",
                to_extension="+79001112233",
                result="abandoned",
                from_org_id=stage.orgs["factory"].id,
            )
        )
    pbx = FakePbx(clock)
    pbx.connect()
    return Play(stage, pbx, phones["vector"].id, people)


def _side(stage: Stage, name: str, people: dict[str, int], phones: dict[str, Any]) -> dict[str, int | None]:
    org = stage.orgs["factory" if name == "operator" else name].id
    return {
        "user_id": people[name],
        "phone_id": phones[name].id,
        "outlet_id": stage.outlets.get(name),
        "org_id": org,
    }


async def read(browser: TestClient[Any, Any], address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, address
    return await answer.text()


def rows_of(page: str) -> int:
    return page.count('data-label="Кто перевёл"')


async def test_staff_sees_all_with_filters_chain_order_and_file(play: Play) -> None:
    async with play.visit("factory", Role.OPERATOR) as browser:
        page = await read(browser, "/transfers")
        assert rows_of(page) == 3
        assert "перевод 2 из 2: =cmd|&#34;&lt;b&gt; → Ольга Линия → =cmd|&#34;&lt;b&gt;" in page, "who had it"
        vector = play.stage.orgs["vector"].name
        assert re.search(f'title="Салон [^"]+, {re.escape(html.escape(vector))}"', page), (
            "person, outlet, dealer"
        )
        assert 'href="/orders/77"' in page
        for address, count in {
            "?order=77": 2,
            "?order=78": 0,
            "?result=returned": 1,
            "?kind=attended": 1,
            "?to_kind=outside&result=abandoned": 1,
            f"?whom={play.people['operator']}": 1,
            f"?who={play.people['vector']}": 2,
            f"?org={play.stage.orgs['master'].id}": 1,
            "?period=today": 3,
            "?until=2020-01-01": 0,
            "?since=nonsense": 0,
            f"?number={NUMBER}": 2,
            f"?number={NUMBER[-4:]}": 2,
            "?number=0000000": 0,
            "?became=running": 2,
            "?became=done": 0,
            "?became=none": 1,
            "?wait=10": 1,
            "?talk=60-": 0,
            "?talk=10-": 2,
            "?recording=1": 2,
            "?direction=inbound": 3,
            "?direction=outbound": 0,
            "?source=unknown": 3,
            "?source=radio": 0,
            "?region=XX": 0,
        }.items():
            assert rows_of(await read(browser, f"/transfers{address}")) == count, address
        answer = await browser.get("/transfers/export?order=77")
        body = await answer.read()
    with ZipFile(io.BytesIO(body)) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
        links = book.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert "'=cmd" in strings
    assert "Ольга Линия" in strings
    assert "Внешний номер" not in strings
    assert "Слушать" in strings
    assert f'/calls/{CALL}"' in links


async def test_a_dealer_sees_his_own_and_no_stranger(play: Play) -> None:
    async with play.visit("vector", Role.DEALER_OWNER) as browser:
        page = await read(browser, "/transfers")
        assert rows_of(page) == 2
        for stranger in ("Пётр Чужой", "Мастер-Дом", "Ольга Линия"):
            assert stranger not in page
        assert MASKED in page
        assert NUMBER[3:] not in digits_of(page)
    async with play.visit("master", Role.DEALER_OWNER) as browser:
        page = await read(browser, "/transfers")
        assert rows_of(page) == 1
        assert CALL not in page
        assert "77" not in re.findall(r"№ (\d+)", page)
        for asked in ("?became=running", f"?number={NUMBER}", "?direction=inbound", "?order=77"):
            assert rows_of(await read(browser, f"/transfers{asked}")) == 0, (
                "nothing is told of another's call"
            )
        answer = await browser.get("/transfers/export")
        with ZipFile(io.BytesIO(await answer.read())) as book:
            assert NUMBER[3:] not in digits_of(book.read("xl/sharedStrings.xml").decode())


async def test_pages_follow_one_another(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "ON_PAGE", 2)
    async with play.visit("factory", Role.ADMIN) as browser:
        first = await read(browser, "/transfers")
        (after,) = re.findall(r'rel="next" href="([^"]+)"', first)
        assert (rows_of(first), rows_of(await read(browser, after))) == (2, 1)


async def post(browser: TestClient[Any, Any], address: str, **form: str) -> tuple[int, str]:
    page = await read(browser, f"/desk/calls/{CALL}/transfer")
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    answer = await browser.post(address, data={"csrf_token": token, **form}, allow_redirects=False)
    return answer.status, await answer.text()


async def test_who_talks_hands_on_to_his_own_people_and_operators(play: Play, database: Database) -> None:
    address = f"/desk/calls/{CALL}/transfer"
    async with play.visit("vector", Role.DEALER_MANAGER, play.own) as browser:
        page = await read(browser, f"/desk/calls/{CALL}")
        assert f'href="{address}"' in page
        page = await read(browser, address)
        assert "Ольга Линия" in page
        assert "Пётр Чужой" not in page
        assert 'name="number"' not in page
        operator = f"user:{play.people['operator']}"
        for form, status in (
            ({"to": f"user:{play.people['master']}"}, 422),
            ({"to": f"outlet:{play.stage.outlets['master']}"}, 422),
            ({"number": "+79001112233"}, 422),
            ({}, 422),
            ({"to": f"user:{play.people['vector']}"}, 422),  # he has no other phone
            ({"to": operator, "kind": "attended"}, 303),
            ({"to": "duty"}, 303),
        ):
            assert (await post(browser, address, **form))[0] == status, form
        async with database.transaction() as session:
            await write_call_settings(
                session,
                CallSettings(dealers_hand_outside=True),
                shown=0,
                at=play.stage.clock.now(),
                user_id=play.people["vector"],
            )
        assert (await post(browser, address, number="8 (900) 111-22-33"))[0] == 303
        assert (await post(browser, address, number="+380441234567"))[0] == 422
    channel = "PJSIP/p1-00000001"
    assert play.pbx.handed == [
        ("ask_first", channel, play.pbx.handed[0][2]),
        ("hand_on", channel, "duty"),
        ("hand_on", channel, "+79001112233"),
    ]
    async with database.session() as session:
        actions = list(await session.scalars(select(AuditRow.action)))
    assert actions.count("call:handed-on") == 3


async def test_asking_ends_in_joining_or_going_back(play: Play, database: Database) -> None:
    async with database.transaction() as session:
        row = await session.scalar(select(TransferRow).where(TransferRow.ordinal == 2))
        assert row is not None
        row.kind, row.result, row.ended_at = "attended", "", None
    address = f"/desk/calls/{CALL}/transfer"
    async with play.visit("vector", Role.DEALER_MANAGER, play.own) as browser:
        assert f'action="{address}/join"' in await read(browser, f"/desk/calls/{CALL}?fragment=head")
        assert (await post(browser, f"{address}/back"))[0] == 303
        assert (await post(browser, f"{address}/join"))[0] == 303
        assert (await post(browser, address, to="duty"))[0] == 422
    assert play.pbx.handed == [("ask_no_more", "PJSIP/p1-00000001", "")]
    assert play.pbx.hung_up == ["l1"]


async def test_others_may_not_touch_the_talk(play: Play) -> None:
    address = f"/desk/calls/{CALL}/transfer"
    async with play.visit("master", Role.DEALER_OWNER, play.own + 100) as browser:
        await read(browser, address, 404)
    async with play.visit("vector", Role.DEALER_OWNER) as browser:  # not he talks
        answer = await browser.get(address, allow_redirects=False)
        assert answer.status == 303
    async with play.visit("factory", Role.SUPERVISOR) as browser:
        assert 'name="number"' in await read(browser, address)
        assert (await post(browser, address, number="+79001112233"))[0] == 303
    assert play.pbx.handed == [("hand_on", "PJSIP/p1-00000001", "+79001112233")]
