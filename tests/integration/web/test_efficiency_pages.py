"""«Телефония» as a browser gets it: figures that lead to their calls, a file, rights."""

import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache

from callcore.bootstrap.efficiency_services import efficiency_services
from callcore.bootstrap.services import Reader
from callcore.kernel.database import Database
from callcore.network.model import Role
from tests.factories.network import make_user
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from tests.integration.web.call_stage import NUMBER, Stage, build_stage
from web.app import make_app
from web.calls import pages as calls
from web.deps import WebDeps
from web.efficiency import pages as efficiency

pytestmark = pytest.mark.integration

HOSTILE = '=cmd|"<b>'


@pytest.fixture
async def stage(database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache) -> Stage:
    stage = await build_stage(database, clock, tmp_path / "store", template_cache)
    async with database.transaction() as session:
        user = await make_user(session, stage.orgs["vector"], full_name=HOSTILE)
        for minute, outcome in enumerate(("talked", "no_answer", "no_answer")):
            result = "answered" if outcome == "talked" else "missed"
            call = await stage.call(session, minute - 30, result=result, talk_s=60 * (outcome == "talked"))
            bridged = call.started_at + timedelta(seconds=7) if outcome == "talked" else None
            mine = {"phone_id": 1, "org_id": stage.orgs["vector"].id, "outlet_id": stage.outlets["vector"]}
            times = {"bridged_at": bridged, "ended_at": call.ended_at, "outcome": outcome}
            await stage.leg(session, call, f"l{minute}", role="outlet", user_id=user.id, **mine, **times)
    return stage


@asynccontextmanager
async def visit(stage: Stage, who: str, role: Role) -> AsyncIterator[TestClient[Any, Any]]:
    reader = Reader(stage.database, stage.clock, stage.stores)
    rooms = (
        calls.room(reader.calls()),
        efficiency.room(efficiency_services(stage.database, reader.choices)),
    )
    sign_in = FakeSignIn(**{who: stage.person(who, role)})
    deps = WebDeps(sign_in=sign_in, clock=stage.clock, rooms=rooms, template_cache=stage.template_cache)
    async with TestClient(TestServer(make_app(deps))) as client:
        form = {"email": f"{who}@demo.test", "password": PASSWORD}
        assert (await client.post("/sign-in", data=form, allow_redirects=False)).status == 303
        yield client


async def read(browser: TestClient[Any, Any], address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, address
    return await answer.text()


async def test_each_figure_leads_to_as_many_calls(stage: Stage) -> None:
    async with visit(stage, "vector", Role.DEALER_OWNER) as browser:
        for level in ("person", "outlet", "dealer"):
            text = await read(browser, f"/efficiency?period=today&level={level}")
            links = re.findall(r'<a href="(/calls\?[^"]+)">(\d+)</a>', text)
            assert len(links) == 9, level  # the line, the days and the hours
            for address, count in set(links):
                rows = (await read(browser, html.unescape(address))).count("data-call=")
                assert rows == int(count), address
        assert NUMBER[-7:] not in text
        chips = await read(browser, "/calls?who=all&fate=missed")
        assert "Телефония: пропущено" in chips


async def test_a_stranger_sees_nothing_and_a_wrong_period_keeps_what_was_typed(stage: Stage) -> None:
    async with visit(stage, "master", Role.DEALER_OWNER) as browser:
        assert "звонков не было" in await read(browser, "/efficiency")
        other = stage.orgs["vector"].id
        await read(browser, f"/efficiency?org={other}", 404)
        await read(browser, f"/efficiency/export?org={other}", 404)
        text = await read(browser, "/efficiency?since=2026-03-05&until=2026-03-01", 400)
        assert "Конец периода раньше начала" in text
        assert 'value="2026-03-05"' in text


async def test_the_file_has_the_same_figures_and_no_formula(stage: Stage) -> None:
    day = MONDAY_NOON.date()
    async with visit(stage, "factory", Role.OPERATOR) as browser:
        answer = await browser.get(f"/efficiency/export?since={day}&until={day}")
        assert answer.status == 200
        with ZipFile(io.BytesIO(await answer.read())) as book:
            words = book.read("xl/sharedStrings.xml").decode()
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "&apos;=cmd" in words or "'=cmd" in words
    assert "<f>" not in sheet
    assert re.findall(r'<c r="C2"[^>]*><v>(\d+)</v>', sheet) == ["3"]
    assert re.findall(r'<c r="[DE]2"[^>]*><v>(\d+)</v>', sheet) == ["1", "2"]
