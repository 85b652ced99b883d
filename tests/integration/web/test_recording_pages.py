"""Recordings: the three tabs and their search, playing from a folder and from a distant store, holds, terms, comparisons."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.bootstrap.recording_services import RecordingDesk
from callcore.bootstrap.services import Reader
from callcore.calls.facts import ChannelRef, MilestoneReached
from callcore.calls.recording_pause import PauseRecording
from callcore.calls.recording_tables import RecordingCopyRow
from callcore.calls.tables import RecordingRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.network.model import Role
from dialplans.contract import Milestone
from recordings.local_store import LocalStore
from recordings.model import RecordingSettings
from recordings.night import NightWork
from recordings.store import Stores
from tests.factories.network import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.pbx import FakePbx
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from tests.integration.web.call_stage import MASKED, NUMBER, SOUND, Stage, build_stage, digits_of
from web.app import make_app
from web.calls import pages as calls
from web.deps import WebDeps
from web.recordings import pages as recordings

pytestmark = pytest.mark.integration

OPUS = b"OggS" + SOUND


class DistantStore(LocalStore):
    """Files that must be read through the application."""

    @property
    def name(self) -> str:
        return "s3"

    def path(self, key: str) -> Path | None:
        return None


class RecordingStage:
    def __init__(self, stage: Stage, tmp_path: Path) -> None:
        self.stage = stage
        self.distant = DistantStore(tmp_path / "distant")
        stage.stores = Stores(self.distant, (LocalStore(stage.store),))
        self.settings = RecordingSettings(spool_dir=tmp_path / "spool", store_dir=stage.store)
        self.night = NightWork(stage.database, stage.clock, self.settings, stage.stores)
        self.tasks = TaskOwner("test")
        self.pbx = FakePbx(stage.clock)
        self.bus = Bus()
        self.pauses = PauseRecording(stage.database, self.bus, stage.clock, self.pbx, 120)

    @asynccontextmanager
    async def browser(self, who: str, role: Role) -> AsyncIterator[TestClient[Any, Any]]:
        stage = self.stage
        reader = Reader(stage.database, stage.clock, stage.stores)
        desk = RecordingDesk(
            stage.database,
            stage.clock,
            self.night,
            stage.stores,
            self.tasks,
            reader.choices,
            self.pauses,
        )
        rooms = (calls.room(reader.calls()), recordings.room(desk.services()))
        sign_in = FakeSignIn(**{who: stage.person(who, role)})
        deps = WebDeps(sign_in=sign_in, clock=stage.clock, rooms=rooms, template_cache=stage.template_cache)
        async with TestClient(TestServer(make_app(deps))) as client:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            assert (await client.post("/sign-in", data=form, allow_redirects=False)).status == 303
            yield client

    async def actions(self) -> list[str]:
        async with self.stage.database.session() as session:
            return list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))

    async def row(self, recording_id: int) -> RecordingRow:
        async with self.stage.database.session() as session:
            return await session.get_one(RecordingRow, recording_id)


@pytest.fixture
async def world(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> AsyncIterator[RecordingStage]:
    stage = await build_stage(database, clock, tmp_path / "store", template_cache)
    async with database.transaction() as session:
        for org in ("factory", "vector"):
            _ = await make_user(session, stage.orgs[org], full_name=f"Кто-то из {org}")
    found = RecordingStage(stage, tmp_path)
    yield found
    await found.tasks.close()


async def read(browser: TestClient[Any, Any], path: str, status: int = 200) -> str:
    answer = await browser.get(path)
    text = await answer.text()
    assert answer.status == status, text[:300]
    return text


async def send(browser: TestClient[Any, Any], address: str, status: int = 303, /, **form: str) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', await read(browser, "/recordings"))
    assert token is not None
    answer = await browser.post(address, data={"csrf_token": token[1], **form}, allow_redirects=False)
    text = await answer.text()
    assert answer.status == status, text[:300]
    return text


def listed(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'data-recording="(\d+)"', page)]


async def test_tabs_search_places_and_whose_they_are(world: RecordingStage) -> None:
    stage, start = world.stage, world.stage.clock.now()
    async with stage.database.transaction() as session:
        incoming = []
        for minute in range(17):
            call = await stage.call(session, minute - 60)
            incoming.append((await stage.recording(session, call, silence_share=minute / 20)).id)
        out = await stage.call(session, -70, direction="outbound")
        outgoing = (
            await stage.recording(session, out, silence_share=0.1, talk_share=0.4, duration_ms=8_000)
        ).id
        missed = await stage.call(session, -80, result="missed")
        message = (await stage.recording(session, missed, kind="voicemail")).id
        other = await stage.call(session, -90, org_id=stage.orgs["master"].id)
        others = (await stage.recording(session, other)).id
    newest = incoming[::-1]
    async with world.browser("factory", Role.SUPERVISOR) as browser:
        first = await read(browser, "/recordings")
        assert listed(first) == newest[:15]
        place = re.search(r'rel="next" href="([^"]+)"', first)
        assert place is not None
        second = await read(browser, place[1].replace("&amp;", "&"))
        assert listed(second) == [*newest[15:], others]
        back = re.search(r'rel="prev" href="([^"]+)"', second)
        assert back is not None
        assert listed(await read(browser, back[1].replace("&amp;", "&"))) == newest[:15]
        assert listed(await read(browser, "/recordings?tab=outbound")) == [outgoing]
        assert listed(await read(browser, "/recordings?tab=voicemail")) == [message]
        assert listed(await read(browser, "/recordings?tab=outbound&length=10-")) == []
        assert listed(await read(browser, "/recordings?silence=60-")) == newest[:5]
        assert listed(await read(browser, f"/recordings?org={stage.orgs['master'].id}")) == [others]
        assert listed(await read(browser, "/recordings?number=4401825&length=300-")) == []
        day = f"{start + timedelta(days=1):%Y-%m-%d}"
        assert "По этим условиям записей нет" in await read(browser, f"/recordings?since={day}")
        assert "Такого заказа у вас нет" in await read(browser, "/recordings?order=77")
        assert "только цифры" in await read(browser, "/recordings?order=x", 400)
        assert "наша сторона говорит 40" in await read(browser, "/recordings?tab=outbound")
    async with world.browser("vector", Role.DEALER_OWNER) as browser:
        page = await read(browser, f"/recordings?org={stage.orgs['master'].id}")
        assert listed(page) == []
        page = await read(browser, "/recordings?after=&number=")
        assert others not in listed(page)
        assert MASKED in page
        assert NUMBER[1:] not in digits_of(page)
        assert listed(await read(browser, "/recordings?number=4401825")) == [], "a hidden number is not found"
        for path in ("", "/audio", "/audio?format=mp3", "/audio?download=1", "/waveform.json"):
            await read(browser, f"/recordings/{others}{path}", 404)
        await read(browser, "/recordings/rules", 404)
        await read(browser, "/recordings/checks", 404)
    assert await world.actions() == []


async def test_the_copy_that_the_browser_plays_by_range_from_a_distant_store(world: RecordingStage) -> None:
    stage = world.stage
    async with stage.database.transaction() as session:
        recording = await stage.recording(session, await stage.call(session))
        for kind, mime, sound in (("mp3", "audio/mpeg", SOUND), ("opus", "audio/ogg", OPUS)):
            key = f"2026/03/16/a.{kind}"
            (world.distant._root / key).parent.mkdir(parents=True, exist_ok=True)
            (world.distant._root / key).write_bytes(sound)
            more = {"size_bytes": len(sound), "sha256": kind * 16, "at": stage.clock.now(), "mime": mime}
            copy = RecordingCopyRow(recording_id=recording.id, format=kind, store="s3", path=key, **more)
            session.add(copy)
        recording.path = "2026/03/16/a.mp3"
    sound = f"/recordings/{recording.id}/audio"
    async with world.browser("vector", Role.DEALER_MANAGER) as browser:
        whole = await browser.get(sound)
        assert (whole.status, await whole.read()) == (200, SOUND)
        assert whole.headers["Accept-Ranges"] == "bytes"
        named = await browser.get(sound, headers={"Accept": "audio/webm,audio/ogg,*/*;q=0.1"})
        assert await named.read() == OPUS
        assert await (await browser.get(f"{sound}?format=opus")).read() == OPUS
        await read(browser, f"{sound}?format=wav", 404)
        for asked, status, part in (
            ("bytes=5-9", 206, SOUND[5:10]),
            ("bytes=10000-", 206, SOUND[10000:]),
            ("bytes=-7", 206, SOUND[-7:]),
            ("bytes=0-99999", 206, SOUND),
            ("bytes=99999-", 416, b""),
            ("nonsense", 200, SOUND),
        ):
            answer = await browser.get(sound, headers={"Range": asked})
            got = await answer.read()
            assert (answer.status, got) == (status, part), asked
        etag = whole.headers["ETag"]
        assert (await browser.get(sound, headers={"If-None-Match": etag})).status == 304
        stale = await browser.get(sound, headers={"Range": "bytes=5-9", "If-Range": '"older"'})
        assert (stale.status, await stale.read()) == (200, SOUND)
        assert (await browser.head(sound)).headers["Content-Length"] == str(len(SOUND))
        await read(browser, f"{sound}?download=1", 403)
    assert await world.actions() == ["recording:played"], "all pieces of one play are one line"
    async with world.browser("factory", Role.ADMIN) as browser:
        page = await read(browser, f"/recordings/{recording.id}")
        assert page.count("слушал") >= 1
        assert "облачное хранилище" in page
        (world.distant._root / "2026/03/16/a.mp3").unlink()
        assert (await browser.get(sound)).status == 404


async def test_terms_holds_and_the_night(world: RecordingStage) -> None:
    """What the preview shows is what goes; a held one stays whoever asks; the row tells why the other one went."""
    stage, now = world.stage, world.stage.clock.now()
    async with stage.database.transaction() as session:
        made = {}
        for name, days, values in (
            ("old", 40, {}),
            ("held", 40, {}),
            ("fresh", 5, {}),
            ("others", 400, {"org_id": stage.orgs["master"].id}),
        ):
            call = await stage.call(session, -days * 24 * 60, **values)
            made[name] = (await stage.recording(session, call, base=name, path=f"{name}.mp3")).id
            (stage.store / f"{name}.mp3").write_bytes(SOUND)
    assert now is not None
    rule = {"days": "30", "reason": "Приказ № 5", "is_active": "1", "org": "", "did": "", "direction": ""}
    rule |= {"kind": "", "result": ""}
    async with world.browser("factory", Role.ADMIN) as browser:
        wrong = await send(browser, "/recordings/rules", 422, **rule | {"title": "Все", "days": "3"})
        assert "от 7 дней" in wrong
        assert "Приказ № 5" in wrong, "nothing typed is lost"
        await send(browser, "/recordings/rules", **rule, title="Все записи")
        forever = rule | {"org": str(stage.orgs["master"].id), "days": "0"}
        await send(browser, "/recordings/rules", **forever, title="Мастер-Дом")
        page = await read(browser, "/recordings/rules")
        second = re.findall(r"/recordings/rules/(\d+)/move", page)[-1]
        await send(browser, f"/recordings/rules/{second}/move", up="1")
        await send(browser, f"/recordings/{made['held']}/hold", 422, reason="")
        await send(browser, f"/recordings/{made['held']}/hold", reason="Претензия № 7")
        await send(browser, f"/recordings/{made['held']}/hold", 409, reason="Претензия № 7")
        page = await read(browser, "/recordings/rules")
        assert f"/recordings/{made['old']}" in page
        for name in ("held", "fresh", "others"):
            assert f'"/recordings/{made[name]}"' not in page
        assert "Претензия № 7" in await read(browser, f"/recordings/{made['held']}")
    assert await world.night.delete_due() == 1
    assert await world.night.delete_due() == 0
    row = await world.row(made["old"])
    assert (row.state, row.delete_reason, row.path) == ("deleted", "Все записи", "")
    assert not (stage.store / "old.mp3").exists()
    for name in ("held", "fresh", "others"):
        assert (await world.row(made[name])).state == "ready"
        assert (stage.store / f"{name}.mp3").exists()
    async with world.browser("factory", Role.SUPERVISOR) as browser:
        assert "Запись удалена по сроку" in await read(browser, f"/recordings/{made['old']}")
        await read(browser, f"/recordings/{made['old']}/audio", 404)
        await send(browser, f"/recordings/{made['old']}/hold", 409, reason="Поздно просить")
        await send(browser, f"/recordings/{made['held']}/release", 403, reason="Спор закрыт")
    async with world.browser("factory", Role.ADMIN) as browser:
        await send(browser, f"/recordings/{made['held']}/release", reason="Спор закрыт")
    assert await world.night.delete_due() == 1
    said = [action for action in await world.actions() if action.startswith("recording")]
    assert said == ["recording:held", "recording:deleted", "recording:released", "recording:deleted"]


async def test_a_comparison_by_button_tells_and_deletes_nothing(world: RecordingStage) -> None:
    stage = world.stage
    async with stage.database.transaction() as session:
        recording = await stage.recording(session, await stage.call(session), path="2026/03/16/a.mp3")
    stray = stage.store / "2026/03/16/stray.mp3"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(SOUND)
    (stray.parent / "a.mp3").write_bytes(SOUND[:-1])
    async with world.browser("factory", Role.ADMIN) as browser:
        assert "Сверок ещё не было" in await read(browser, "/recordings/checks")
        await send(browser, "/recordings/checks")
        page = ""
        for _ in range(500):
            if "Файл без записи в базе" in (page := await read(browser, "/recordings/checks")):
                break
        assert "Файл без записи в базе" in page
        assert "Размер не тот" in page
        assert f"/recordings/{recording.id}" in page
        assert stray.exists()
        await send(browser, "/recordings/checks/forget-file", store="local", path="2026/03/16/a.mp3")
        assert (stray.parent / "a.mp3").exists(), "one of which a row speaks is not to be removed"
        await send(browser, "/recordings/checks/forget-file", store="local", path="2026/03/16/stray.mp3")
        assert not stray.exists()


async def test_a_pause_by_who_talks_and_its_end_by_itself(world: RecordingStage) -> None:
    stage = world.stage
    async with stage.database.transaction() as session:
        call = await stage.call(session, -1, state="talking", result="", ended_at=None, answered_at=None)
        call.answered_at = call.started_at
        await stage.leg(session, call, call.call_id)
        live = await stage.recording(session, call, state="pending", path="", duration_ms=0)
        foreign = await stage.call(session, -2, state="talking", result="", ended_at=None)
        foreign.org_id = stage.orgs["master"].id
    world.pbx.connect()
    told: list[Any] = []
    world.bus.subscribe(told.append)
    address = f"/recordings/pause/{call.call_id}"
    async with world.browser("vector", Role.DEALER_MANAGER) as browser:
        assert "Пауза записи" in await read(browser, f"/calls/{call.call_id}")
        await send(browser, address)
        await send(browser, address)
        assert "Продолжить запись" in await read(browser, f"/calls/{call.call_id}")
        await send(browser, f"/recordings/pause/{foreign.call_id}", 404)
        assert world.pbx.handed == [("mute", call.call_id, "")]
        stage.clock.advance(119)
        await world.pauses.keep()
        assert len(world.pbx.handed) == 1
        stage.clock.advance(2)
        await world.pauses.keep()
        assert world.pbx.handed[1:] == [("unmute", call.call_id, "")]
        assert (await world.row(live.id)).paused_ms == 121_000
        world.pbx.lose()
        await send(browser, address)
        assert (await world.row(live.id)).paused_at is None, "what the PBX did not do is not said"
        world.pbx.connect()
        await send(browser, address)
        stage.clock.advance(10)
        await send(browser, f"/recordings/resume/{call.call_id}", back="desk")
    row = await world.row(live.id)
    assert (row.paused_at, row.paused_ms) == (None, 131_000)
    assert (await world.actions()).count("recording:paused") == 3
    assert [event.is_paused for event in told] == [True, False, False, True, False], "every open page is told"
    assert {event.call_id for event in told} == {call.call_id}

    phone = ChannelRef("PJSIP/p7-00000001", "7.1", call.call_id)
    keys = MilestoneReached(stage.clock.now(), phone, Milestone.PAUSE, call.call_id, (("Phone", "p7"),))
    for _ in range(2):
        await world.pauses.by_phone(keys)
    world.pbx.lose()
    await world.pauses.by_phone(keys)
    said = [word for what, _, word in world.pbx.handed if what == "answer_pause"]
    assert said == ["paused", "resumed"]
    assert (await world.row(live.id)).paused_at is None
    async with stage.database.session() as session:
        last = list(await session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(4)))
    assert [(row.action.partition(":")[2], row.data.get("phone")) for row in reversed(last)] == [
        *(("paused", "p7"), ("resumed", "p7"), ("paused", "p7"), ("resumed", None))
    ]
