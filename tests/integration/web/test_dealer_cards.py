"""Cards of dealers, outlets and phones as forms: rights, mistakes, two people at one card, what is shown once."""

import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select, update

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.lines import load_wiring
from callcore.network.model import Role
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OrgRow, OutletRow, PhoneRow
from tests.factories.network import make_did, make_org, make_user
from tests.fakes.clock import FakeClock
from tests.integration.web.sales_stage import CSRF, SalesStage, page
from tests.unit.callcore.network.test_logos import png

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
Browser = TestClient[Any, Any]


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


async def send(browser: Browser, path: str, status: int = 303, /, data: Any = None, **form: Any) -> str:
    sent = data if data is not None else {"csrf_token": CSRF} | form
    answer = await browser.post(path, data=sent, allow_redirects=False)
    text = html.unescape(await answer.text())
    assert answer.status == status, f"{path}: {answer.status} {text}"
    return text


def card(**more: Any) -> dict[str, Any]:
    return {"version": "1", "do": "save", "name": "Вектор-Строй", "region_code": "RU-SVE"} | more


def outlet(**more: str) -> dict[str, str]:
    usual = {"name": "Склад", "city": "Екатеринбург", "address": "ул. Мира, 2", "region_code": "RU-SVE"}
    return usual | {"position": "10", "ring_s": "15", "ringing": "in-order"} | more


def phone(**more: str) -> dict[str, str]:
    usual = {"kind": "external", "label": "Касса", "number": "8 (343) 200-11-02", "lines": "2"}
    return usual | {"position": "100", "accept_by_key": "1"} | more


async def org_of(stage: SalesStage, name: str) -> OrgRow:
    async with stage.database.session() as session:
        return await session.get_one(OrgRow, stage.orgs[name].id)


async def audit_of(stage: SalesStage, action: str) -> list[dict[str, Any]]:
    async with stage.database.session() as session:
        rows = await session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id))
        return [row.data for row in rows]


# --- the card -------------------------------------------------------------------------------------------------


async def test_the_head_office_saves_all_fields_and_reads_the_difference(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("factory", Role.MANUFACTURER) as browser:
        form = card(name="Вектор", site_url="vector.ru", email="Info@Vector.ru", description="Окна\nдвери")
        phones = [("phone", "8 343 200-11-02"), ("phone", ""), ("phone", "+7 343 200 11 03")]
        pairs = [*form.items(), ("csrf_token", CSRF), *phones, ("regions", "RU-MOW"), ("regions", "RU-SVE")]
        await send(browser, f"{dealer}/edit", data=pairs)
        text = html.unescape(await page(browser, dealer))
        for shown in ("Вектор", "https://vector.ru", "info@vector.ru", "Окна\nдвери", "Свердловская область"):
            assert shown in text
        history = html.unescape(await page(browser, f"{dealer}/history"))
        for shown in ("Карточка изменена", "<del>Вектор-Строй</del>", "<ins>Вектор</ins>", "Белова из"):
            assert shown in history
    row = await org_of(stage, "vector")
    assert (row.name, row.region_code, row.version) == ("Вектор", "RU-SVE", 2)
    async with stage.database.session() as session:
        regions = await session.scalars(select(OrgRegionRow.region_code).where(OrgRegionRow.org_id == row.id))
        assert set(regions) == {"RU-MOW", "RU-SVE"}
        numbers = select(OrgPhoneRow.number).where(OrgPhoneRow.org_id == row.id).order_by(OrgPhoneRow.id)
        assert list(await session.scalars(numbers)) == ["+73432001102", "+73432001103"]


async def test_a_dealer_changes_its_contacts_and_nothing_of_the_head_office(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("vector") as browser:
        form = card(name="Захват", region_code="RU-MOW", regions="RU-MOW", email="a@vector.ru")
        await send(browser, f"{dealer}/edit", **form)
        for address in ("authorised/on", "site-orders/off", "site-calls/off", "suspend", "resume", "parent"):
            await send(browser, f"{dealer}/{address}", 404, reason="x", parent="")
        await page(browser, f"{dealer}/history", status=404)
        for path in ("edit", "logo", "logo/remove", "invites", "outlets/new"):
            await send(browser, f"/dealers/{stage.orgs['master'].id}/{path}", 404, **card())
    row = await org_of(stage, "vector")
    assert (row.name, row.region_code, row.email) == ("Вектор-Строй", None, "a@vector.ru")
    async with stage.browser("vector", Role.DEALER_MANAGER) as browser:
        await send(browser, f"{dealer}/edit", 404, **card())
        assert f'href="{dealer}/edit"' not in await page(browser, dealer)


async def test_who_saves_second_sees_what_the_other_changed_and_loses_nothing(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("vector") as mine, stage.browser("factory", Role.ADMIN) as theirs:
        await send(theirs, f"{dealer}/edit", **card(email="new@vector.ru", description="чужое"))
        text = await send(mine, f"{dealer}/edit", 409, **card(description="моё", site_url="vector.ru"))
        assert "изменил кто-то другой" in text
        assert "<b>Почта:</b> — → new@vector.ru" in text
        assert 'value="new@vector.ru"' in text, "I did not touch it: theirs is in the form"
        assert ">моё</textarea>" in text
        assert 'value="vector.ru"' in text
        await send(
            mine, f"{dealer}/edit", **card(version="2", description="моё", email="new@vector.ru", site_url="")
        )
    row = await org_of(stage, "vector")
    assert (row.email, row.description, row.version) == ("new@vector.ru", "моё", 3)


async def test_mistakes_stand_by_their_fields_and_nothing_typed_is_lost(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("factory", Role.ADMIN) as browser:
        form = card(name="", email="кто-то", site_url="нет адреса", phone="не номер", description=HOSTILE)
        answer = await browser.post(f"{dealer}/edit", data={"csrf_token": CSRF} | form)
        text = await answer.text()
        assert answer.status == 422
        assert "<script>alert" not in text
        for kept in ("кто-то", "нет адреса", "не номер", "&lt;script&gt;"):
            assert kept in text
        assert text.count('class="field-error"') == 4
        longer = await send(browser, f"{dealer}/edit", 200, **card(do="add-phone", phone="8 343 200-11-02"))
        assert longer.count('name="phone"') == 2
        await send(browser, f"{dealer}/edit", 422, **card(name="Мастер-Дом"))
    assert await audit_of(stage, "dealer:changed") == []


async def test_a_logo_is_checked_shown_and_taken_away(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"

    def file(data: bytes, name: str = "logo.png") -> FormData:
        form = FormData({"csrf_token": CSRF})
        form.add_field("logo", io.BytesIO(data), filename=name, content_type="image/png")
        return form

    async with stage.browser("vector") as browser:
        for wrong in (b"", b"<svg onload=alert(1)>", png()[:-9], png() + b"\0" * 1024 * 1024):
            text = await send(browser, f"{dealer}/logo", 422, data=file(wrong))
            assert 'id="e-logo"' in text
        await send(browser, f"{dealer}/logo", data=file(png() + b"<script>tail</script>"))
        found = re.search(r"/logos/[0-9a-f]{32}\.png", await page(browser, dealer))
        assert found is not None
        answer = await browser.get(found[0])
        assert answer.content_type == "image/png"
        assert "immutable" in answer.headers["Cache-Control"]
        assert await answer.read() == png()
        for path in ("/logos/../secrets.json", "/logos/x.png", f"/logos/{'0' * 32}.png", "/logos/..%2fa.png"):
            assert (await browser.get(path)).status == 404
        assert found[0] in await page(browser, "/dealers")
        await send(browser, f"{dealer}/logo/remove")
        assert "Без логотипа" in await page(browser, "/dealers")


async def test_options_are_switched_in_the_list_and_undone(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("factory", Role.SUPERVISOR) as browser:
        came = {"Referer": str(browser.make_url("/dealers?q=вектор"))}
        for flag, column in (("authorised", "is_authorised"), ("site-orders", "takes_site_orders")):
            answer = await browser.post(
                f"{dealer}/{flag}/off", data={"csrf_token": CSRF}, headers=came, allow_redirects=False
            )
            assert answer.headers["Location"].startswith("/dealers?q=")
            assert not getattr(await org_of(stage, "vector"), column)
            text = await page(browser, "/dealers")
            assert f'action="{dealer}/{flag}/on"' in text.split('class="notice', 1)[1]
        assert "Вектор-Строй" not in (await page(browser, "/dealers?authorised=on")).split("<table", 1)[1]
        assert "Вектор-Строй" in await page(browser, "/dealers?orders=off")
        await send(browser, f"{dealer}/authorised/on")
        await send(browser, f"{dealer}/authorised/maybe", 404)
        async with stage.database.transaction() as session:
            await session.execute(
                update(OrgRow).where(OrgRow.id == stage.orgs["master"].id).values(points=90)
            )
        text = (await page(browser, "/dealers?sort=points")).split("<table", 1)[1]
        assert text.index("Мастер-Дом") < text.index("Вектор-Строй")


async def test_a_suspended_dealer_only_reads(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.database.transaction() as session:
        await stage.order(session, 416)
        await stage.order(session, 417, status="done")
    async with stage.browser("factory", Role.ADMIN) as browser, stage.browser("vector") as theirs:
        text = await page(browser, f"{dealer}/suspend")
        assert "/orders/416" in text
        assert "/orders/417" not in text, "it is closed"
        await send(browser, f"{dealer}/suspend", 422, reason="")
        await send(browser, f"{dealer}/suspend", reason="закончился договор")
        text = await page(theirs, dealer)
        assert "закончился договор" in text
        assert f'href="{dealer}/edit"' not in text
        assert "Дилер приостановлен" in await send(theirs, f"{dealer}/edit", 409, **card())
        await send(theirs, f"/outlets/{stage.outlets['vector']}/accepts-calls/off", 409)
        await send(theirs, f"{dealer}/invites", 409, email="a@b.ru", role="dealer_manager")
        await page(theirs, f"{dealer}/people")
        await send(browser, f"{dealer}/resume")
        await send(theirs, f"/outlets/{stage.outlets['vector']}/accepts-calls/off")


# --- the tree -------------------------------------------------------------------------------------------------


async def test_a_dealer_moves_with_all_below_and_never_below_itself(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        below = await make_org(session, parent=stage.orgs["vector"], kind="subdealer", name="Ниже")
        deep = await make_org(session, parent=below, kind="subdealer", name="Ещё ниже")
        head = await make_user(session, stage.orgs["vector"], role="dealer_owner")
    vector, master = stage.orgs["vector"].id, stage.orgs["master"].id
    async with stage.browser("factory", Role.ADMIN) as browser:
        for wrong in (vector, below.id, deep.id, stage.orgs["factory"].id, 10**9, "x"):
            text = await send(browser, f"/dealers/{vector}/parent", 422, parent=str(wrong))
            assert 'id="e-parent"' in text
        await send(browser, f"/dealers/{vector}/parent", parent=str(master))
        text = (await page(browser, f"/dealers/{master}")).split("Субдилеры", 1)[1]
        assert text.index("Вектор-Строй") < text.index("Ниже") < text.index("Ещё ниже")
    async with stage.database.session() as session:
        rows = {row.id: row for row in await session.scalars(select(OrgRow))}
        assert rows[deep.id].path == f"{rows[master].path}{vector}/{below.id}/{deep.id}/"
        assert rows[vector].kind == "subdealer"
        assert (await session.get_one(type(head), head.id)).role == "subdealer"
    async with stage.browser("factory", Role.ADMIN) as browser:
        await send(browser, f"/dealers/{vector}/parent", parent="")
    assert (await org_of(stage, "vector")).kind == "dealer"


# --- outlets --------------------------------------------------------------------------------------------------


async def test_an_outlet_comes_changes_and_goes(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"
    async with stage.browser("vector") as browser:
        await send(browser, f"{dealer}/outlets/new", **outlet(lat="56,83", lon="60.6", max_calls="3"))
        async with stage.database.session() as session:
            row = await session.scalar(select(OutletRow).where(OutletRow.name == "Склад"))
        assert row is not None
        assert (row.tz, row.ringing, row.max_calls, row.lat) == ("Asia/Yekaterinburg", "in-order", 3, 56.83)
        text = await page(browser, f"/outlets/{row.id}/edit")
        stamp = text.split('name="stamp" value="', 1)[1].split('"', 1)[0]
        await send(browser, f"/outlets/{row.id}/edit", **outlet(name="Салон", stamp=stamp))
        told = await send(browser, f"/outlets/{row.id}/edit", 409, **outlet(name="Третий", stamp=stamp))
        assert 'value="Третий"' in told, "what was typed stays"
        await send(browser, f"/outlets/{row.id}/remove", 422, reason="")
        await send(browser, f"/outlets/{row.id}/remove", reason="заведена по ошибке")
        used = stage.outlets["vector"]
        assert "нельзя удалить" in await send(browser, f"/outlets/{used}/remove", 409, reason="лишняя")
        await send(browser, f"/outlets/{stage.outlets['master']}/remove", 404, reason="чужая")
    assert [data["reason"] for data in await audit_of(stage, "outlet:removed")] == ["заведена по ошибке"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"city": ""}, "city"),
        ({"region_code": "RU-XX"}, "region_code"),
        ({"tz": "Europe/Atlantis"}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"ring_s": "0"}, "ring_s"),
        ({"ring_s": "много"}, "ring_s"),
        ({"position": "-1"}, "position"),
        ({"max_calls": "0"}, "max_calls"),
        ({"lat": "55"}, "lat"),
        ({"lat": "155", "lon": "37"}, "lat"),
        ({"lat": "nan", "lon": "37"}, "lat"),
    ],
)
async def test_a_wrong_outlet_is_refused_by_the_field(
    stage: SalesStage, wrong: dict[str, str], field: str
) -> None:
    async with stage.browser("vector") as browser:
        address = f"/dealers/{stage.orgs['vector'].id}/outlets/new"
        text = await send(browser, address, 422, **outlet(**wrong))
        assert f'id="e-{field}"' in text


# --- phones ---------------------------------------------------------------------------------------------------


async def test_an_outside_phone_reaches_the_pbx_until_it_is_switched_off(stage: SalesStage) -> None:
    async with stage.browser("vector") as browser:
        await send(browser, f"/outlets/{stage.outlets['vector']}/phones/new", **phone())
        async with stage.database.session() as session:
            wiring = await load_wiring(session)
            line = next(line for line in wiring.phones if line.number)
        assert (line.number, line.lines, line.accept_by_key, line.is_sip) == ("+73432001102", 2, True, False)
        await send(browser, f"/phones/{line.id}/active/off")
        async with stage.database.session() as session:
            assert line.id not in [one.id for one in (await load_wiring(session)).phones]
        text = await page(browser, f"/phones/{line.id}")
        stamp = text.split('name="stamp" value="', 1)[1].split('"', 1)[0]
        await send(browser, f"/phones/{line.id}", **phone(number="8 343 200-11-09", stamp=stamp))
        await send(browser, f"/phones/{line.id}", 409, **phone(stamp=stamp))
        await send(browser, f"/phones/{line.id}/secret", 409)
        await send(browser, f"/phones/{stage.phones['master'].id}", 404, **phone())
        await send(browser, f"/phones/{stage.phones['factory'].id}", 404, **phone())


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"number": "abc"}, "number", "не номер телефона"),
        ({"number": "8 343 200-11-02 доб. 5"}, "number", "добавочным"),
        ({"number": "+1 212 555 2368"}, "number", "не разрешено"),
        ({"number": "8 809 505 00 00"}, "number", "не разрешено"),
        ({"number": "8 (495) 777-00-11"}, "number", "наш собственный"),
        ({"label": ""}, "label", "Заполните"),
        ({"lines": "0"}, "lines", "от 1 до 20"),
        ({"kind": "sip", "extension": "12a"}, "extension", "цифр"),
        ({"user_id": "999999"}, "user_id", "из списка"),
    ],
)
async def test_a_wrong_phone_is_refused_by_the_field(
    stage: SalesStage, wrong: dict[str, str], field: str, said: str
) -> None:
    async with stage.database.transaction() as session:
        await make_did(session, number="+74957770011", is_active=False)
    async with stage.browser("vector") as browser:
        address = f"/outlets/{stage.outlets['vector']}/phones/new"
        text = await send(browser, address, 422, **phone(**wrong))
        assert said in text.split(f'id="e-{field}"', 1)[1][:400]


async def test_two_dealers_with_one_number_need_a_word(stage: SalesStage) -> None:
    async with stage.browser("factory", Role.ADMIN) as staff, stage.browser("vector") as dealer:
        await send(staff, f"/outlets/{stage.outlets['master']}/phones/new", **phone())
        address = f"/outlets/{stage.outlets['vector']}/phones/new"
        assert "Мастер-Дом" in await send(staff, address, 409, **phone())
        text = await send(dealer, address, 409, **phone())
        assert "у другого дилера" in text
        assert "Мастер-Дом" not in text, "he may not know of it"
        assert 'name="is_shared"' in text
        await send(dealer, address, **phone(is_shared="1"))
    assert [data["is_shared"] for data in await audit_of(stage, "phone:added")] == [False, True]


async def test_the_password_of_a_sip_phone_is_shown_once_and_kept_nowhere(stage: SalesStage) -> None:
    async with stage.browser("vector") as browser:
        address = f"/outlets/{stage.outlets['vector']}/phones/new"
        await send(browser, address, **phone(kind="sip", number=""))
        async with stage.database.session() as session:
            row = await session.scalar(select(PhoneRow).order_by(PhoneRow.id.desc()).limit(1))
        assert row is not None
        assert row.extension.isdigit()
        taken = await send(browser, address, 422, **phone(kind="sip", number="", extension=row.extension))
        assert "уже занят" in taken
        text = await send(browser, f"/phones/{row.id}/secret", 200)
        codes = re.findall(r"<code>([^<]+)</code>", text)
        assert codes[:2] == ["127.0.0.1:5060", f"p{row.id}"]
        assert codes[2] in stage.options.secrets_file.read_text()
        again = await send(browser, f"/phones/{row.id}/secret", 409)
        assert codes[2] not in again
        assert codes[2] not in await page(browser, f"/phones/{row.id}")
    async with stage.database.session() as session:
        rows = await session.scalars(select(AuditRow).where(AuditRow.entity == "phone"))
        assert codes[2] not in repr([row.data for row in rows])


async def test_the_checklist_shrinks_as_the_card_is_filled(stage: SalesStage) -> None:
    dealer = f"/dealers/{stage.orgs['vector'].id}"

    async def left(browser: Browser) -> int:
        return (await page(browser, f"{dealer}/checklist")).count('aria-label="не хватает"')

    async with stage.browser("vector") as browser, stage.browser("factory", Role.ADMIN) as staff:
        assert await left(browser) == 2, "contacts and region; the stage's outlet has hours and a phone"
        await send(browser, f"{dealer}/edit", **card(email="a@vector.ru", phone="8 343 200-11-02"))
        assert await left(browser) == 1
        assert "Регион назначает производитель" in await page(browser, f"{dealer}/checklist")
        await send(
            staff,
            f"{dealer}/edit",
            **card(version="2", email="a@vector.ru", phone="8 343 200-11-02"),
        )
        assert await left(browser) == 0
        assert "Всё готово" in await page(browser, f"{dealer}/checklist")
        assert "Чего не хватает" not in await page(browser, dealer)
