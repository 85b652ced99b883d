"""The robot's room over the whole site: settings, an order given to it, the register, do-not-call, phrases; the customer's button."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession, FormData
from sqlalchemy import select, update

from callcore.asterisk.voice.parts import wav_of
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.orders.tables import OrderRow
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.tables import DoNotCallRow, RobotCallRow, VoicePhraseRow
from tests.audio import tone_samples
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import NUMBER, ORDER, GuardedSite, open_site
from web.robot.form import show

pytestmark = pytest.mark.integration


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

    async def upload(self, name: str, data: bytes) -> tuple[int, str]:
        form = FormData({"csrf_token": self._token, "name": name})
        form.add_field("file", BytesIO(data), filename="голос.wav")
        async with self._browser.post("/robot/phrases", data=form) as answer:
            return answer.status, await answer.text()

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self._browser.get(path) as answer:
            return answer.status, await answer.read()

    async def text(self, path: str) -> str:
        status, body = await self.get(path)
        assert status == 200, path
        return body.decode()


async def person(site: GuardedSite, role: Role = Role.ADMIN) -> Person:
    browser = await site.signed_in(role)
    return Person(browser, await site.csrf_token(browser))


def settings_form(**more: str) -> dict[str, str]:
    return {**show(RobotSettings(), 0).texts, "channel_site": "1", "version": "0", **more}


async def test_a_robot_is_switched_on_sent_and_answered_on_the_customers_page(site: GuardedSite) -> None:
    admin = await person(site)
    assert "Робот выключен" in await admin.text("/robot")
    status, page = await admin.post(f"/robot/orders/{ORDER}/send")
    assert (status, "Робот выключен" in page) == (422, True)
    status, page = await admin.post(
        "/robot/settings",
        **settings_form(
            is_on="1", from_minute="21:30", until_minute="9 ч", max_at_once="x", sources="google, /cpc"
        ),
    )
    assert status == 422
    assert 'value="google, /cpc"' in page
    assert "Введите время" in page
    assert "Введите целое число" in page
    assert 'value="x"' in page
    status, page = await admin.post(
        "/robot/settings",
        **settings_form(is_on="1", manager_name="Анна Светлова", sources="google/cpc; radio", voice="female"),
    )
    assert (status, "робот звонит по новым заказам" in page) == (200, True)
    assert 'value="google/cpc, radio"' in await admin.text("/robot/settings")
    phrases = await admin.text("/robot/phrases")
    assert "Женский · говорит сейчас" in phrases
    assert "listen?voice=female&amp;name=menu" in phrases
    wrong = settings_form(version="1", sources="/cpc", voice="nobody")
    status, page = await admin.post("/robot/settings", **wrong)
    assert (status, "Напишите источник" in page, "Выберите голос" in page) == (422, True, True)
    status, page = await admin.post("/robot/settings", **settings_form())
    assert (status, "сохранил кто-то другой" in page) == (409, True)
    async with site.database.transaction() as session:
        await session.execute(update(OrderRow).where(OrderRow.number == ORDER).values(contacted_at=None))
    status, page = await admin.post(f"/robot/orders/{ORDER}/send")
    assert (status, "Робот позвонит клиенту" in page) == (200, True)
    assert "Ждёт звонка" in await admin.text(f"/robot/orders/{ORDER}")
    register = await admin.text("/robot?what=waiting")
    assert f"/orders/{ORDER}" in register
    customer = site.browser()
    page = await Person(customer, "").text(f"/o/{site.seeds.public_id}")
    assert "Подтвердить заказ" in page
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    status, page = await Person(customer, token).post(f"/o/{site.seeds.public_id}/confirm")
    assert (status, "Заказ подтверждён" in page, "Подтвердить заказ" in page) == (200, True, False)
    async with site.database.session() as session:
        row = (await session.scalars(select(RobotCallRow))).one()
    assert (row.state, row.result) == ("done", "confirmed")
    assert "Подтверждён" in await admin.text("/robot?what=confirmed")
    assert "Клиент подтвердил заказ" in await admin.text(f"/orders/{ORDER}")
    status, page = await admin.post(f"/robot/orders/{ORDER}/off")
    assert (status, "уже начался или закончился" in page) == (422, True)
    dealer = await person(site, Role.DEALER_MANAGER)
    assert "Подтверждён" in await dealer.text(f"/robot/orders/{ORDER}")
    assert (await dealer.get("/robot"))[0] in (403, 404)
    assert (await dealer.post(f"/robot/orders/{ORDER}/send"))[0] in (403, 404)


async def test_do_not_call_and_phrases(site: GuardedSite) -> None:
    operator, admin = await person(site, Role.OPERATOR), await person(site)
    status, page = await operator.post("/robot/do-not-call", number="абв", reason="")
    assert status == 422
    assert "Напишите причину" in page
    status, _ = await operator.post("/robot/do-not-call", number="123", reason="просил")
    assert status == 422
    status, page = await operator.post("/robot/do-not-call", number=NUMBER, reason="просил не звонить")
    assert (status, "просил не звонить" in page) == (200, True)
    status, page = await operator.post("/robot/do-not-call", number=NUMBER, reason="ещё раз")
    assert (status, "уже в списке" in page) == (409, True)
    async with site.database.session() as session:
        barred = (await session.scalars(select(DoNotCallRow))).one()
    assert (await operator.post(f"/robot/do-not-call/{barred.id}/lift", reason=""))[0] == 422
    assert (await operator.post(f"/robot/do-not-call/{barred.id}/lift", reason="передумал"))[0] == 200
    assert (await operator.post(f"/robot/do-not-call/{barred.id}/lift", reason="передумал"))[0] == 404

    register = await operator.text("/robot/do-not-call?what=consents")
    assert "Отказ" in register or "Согласий пока нет" in register
    voice = wav_of(tone_samples(440, 1.5).tobytes())
    assert (await operator.upload("menu", voice))[0] in (403, 404)
    for data, words in (
        (b"", "Файл пустой"),
        (b"MZ" * 500, "нужен файл WAV"),
        (b"RIFF" + b"\0" * 500, "нет речи"),
        (wav_of(b"\0" * 16_000), "нет речи"),
        (wav_of(tone_samples(440, 40).tobytes()), "длиннее 30 секунд"),
    ):
        status, page = await admin.upload("menu", data)
        assert (status, words in page) == (422, True), words
    assert (await admin.upload("нет такой", voice))[0] == 404
    for _ in range(2):
        assert (await admin.upload("menu", voice))[0] == 200
    assert "версия" in await admin.text("/robot/phrases")
    status, sound = await admin.get("/robot/phrases/listen?name=menu")
    assert (status, sound[:4]) == (200, b"RIFF")
    other = await admin.get("/robot/phrases/listen?voice=female&name=menu")
    assert other[0] == 404, "each voice has recordings of its own"
    assert (await admin.get("/robot/phrases/listen?name=двести"))[0] == 404  # not rendered yet
    assert (await admin.post("/robot/phrases/restore", name="menu"))[0] == 200
    async with site.database.session() as session:
        kept = (await session.scalars(select(VoicePhraseRow).order_by(VoicePhraseRow.id))).all()
    assert [row.replaced_at is not None for row in kept] == [True, True]
    assert (await admin.get("/robot/phrases/listen?name=menu"))[0] == 404
