"""The button «Позвонить клиенту»: one press, one call, whatever the browser does; refusals say why and leave their trace."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import select, update

from callcore.calls.attempt_rows import close, move
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptReason, AttemptResult, AttemptState
from callcore.calls.settings import CallSettings, stored_call_settings, write_call_settings
from callcore.customers.tables import ContactRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import DidRow, OrgRow, PhoneRow
from callcore.orders.tables import OrderRow
from dialplans.contract import GREETING_SOUND, OUT_KEYS, OUT_NUMBER
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.fakes.polling import until
from tests.integration.web.guarded_site import NUMBER, ORDER, GuardedSite, open_site
from web.ui.formats import phone as shown_phone

pytestmark = pytest.mark.integration

BOX = {"HX-Request": "true"}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def page(browser: ClientSession, path: str, status: int = 200, **headers: str) -> str:
    async with browser.get(path, headers=headers) as answer:
        assert answer.status == status, path
        return await answer.text()


def form_of(text: str) -> dict[str, str]:
    """Hidden fields of the button's form, as the browser sends them."""
    form = text[text.index('class="press-form"') :].partition("</form>")[0]
    return dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form))


async def press(site: GuardedSite, browser: ClientSession, form: dict[str, str], status: int = 202) -> str:
    async with browser.post("/press", data=form, headers=BOX) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def audit_codes(site: GuardedSite) -> list[str]:
    async with site.database.session() as session:
        rows = await session.scalars(select(AuditRow).where(AuditRow.entity == "call").order_by(AuditRow.id))
        return [f"{row.action} {row.data.get('code', '')}".strip() for row in rows]


async def sign_as(site: GuardedSite, label: str) -> None:
    async with site.database.transaction() as session:
        stored = await stored_call_settings(session)
        settings = replace(stored.settings, cli_label=label)
        await write_call_settings(
            session, settings, shown=stored.version, at=site.clock.now(), user_id=site.seeds.person_id
        )


async def test_one_press_is_one_call_that_is_followed_to_its_end(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.DEALER_MANAGER)
    await sign_as(site, "Окна Века")
    offer = await page(browser, f"/press/order/{ORDER}", **BOX)
    assert "Клиент увидит" in offer
    form = form_of(offer)
    first = await press(site, browser, form)
    again = await press(site, browser, form)  # a double click, Back and press, a repeated request
    call_id = re.search(r'data-attempt="([^"]+)"', first)
    assert call_id is not None
    assert call_id[1] in again
    assert "«Окна Века»" in first
    await sign_as(site, "Окна")  # later calls are signed otherwise
    assert "«Окна Века»" in await page(browser, f"/press/{call_id[1]}")
    async with site.database.transaction() as session:  # a call of before, as the journal has it
        await session.execute(
            update(AttemptRow)
            .where(AttemptRow.call_id == site.seeds.call_id)
            .values(data={"asked": str(ORDER), "cli_label": "Двери"})
        )
    card = await page(browser, f"/calls/{site.seeds.call_id}")
    assert "Клиент видел" in card
    assert "«Двери»" in card
    async with site.database.session() as session:
        pressed = await session.scalar(select(AuditRow).where(AuditRow.action == "call:pressed"))
        assert pressed.data["cli_label"] == "Окна Века"
    other_tab = await page(browser, f"/press/order/{ORDER}", **BOX)
    assert "Клиенту сейчас звонят" in other_tab
    late = await press(site, browser, form | {"key": "another-tab-1"})
    assert call_id[1] in late
    async with browser.post("/press", data=form, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/press/{call_id[1]}")
    await until(lambda: len(site.pbx.originated) == 1)
    asked = site.pbx.originated[0]
    assert (asked.call_id, asked.variables[OUT_NUMBER]) == (call_id[1], NUMBER)
    assert NUMBER[1:] not in asked.caller_id
    assert asked.variables[GREETING_SOUND] == "dealerline/recorded-ru", (
        "who is called is told of the recording"
    )
    ways = [
        (AttemptState.OURS, "Вы на линии"),
        (AttemptState.DIALLING, "Звоним клиенту"),
        (AttemptState.TALKING, "Разговор"),
    ]
    async with browser.ws_connect("/live", headers={"Origin": site.address}) as link:
        _ = await link.receive_str(timeout=60)
        for state, words in ways:
            changed = await site.database.write(
                lambda connection, state=state: move(connection, call_id[1], state, site.clock.now())
            )
            site.bus.publish(changed)
            frame = await link.receive_str(timeout=60)
            assert (call_id[1] in frame, state.value in frame) == (True, True)
            assert NUMBER[-7:] not in frame
            text = await page(browser, f"/press/{call_id[1]}", **BOX)
            assert words in text
            assert "Прервать" in text
            assert "hx-trigger" in text
        site.clock.advance(42)
        assert "00:42" in await page(browser, f"/press/{call_id[1]}")
        token = {"csrf_token": form["csrf_token"]}
        async with browser.post(f"/press/{call_id[1]}/stop", data=token, headers=BOX) as answer:
            assert answer.status == 202
    assert site.pbx.hung_up == [call_id[1]]
    await site.database.write(
        lambda connection: close(
            connection,
            call_id[1],
            AttemptResult.NO_ANSWER,
            AttemptReason.CUSTOMER_NO_ANSWER,
            site.clock.now(),
        )
    )
    ended = await page(browser, f"/press/{call_id[1]}", **BOX)
    assert "Клиент не ответил" in ended
    assert "Позвонить ещё раз" in ended
    assert "hx-trigger" not in ended
    assert call_id[1] in await press(site, browser, form)  # the old page, long after
    await press(site, browser, form_of(await page(browser, f"/press/order/{ORDER}", **BOX)))
    await until(lambda: len(site.pbx.originated) == 2)
    assert await audit_codes(site) == ["call:pressed", "call:refused call-in-progress", "call:pressed"]


async def test_what_may_not_be_dialled_is_told_at_once(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.DEALER_OWNER)
    form = form_of(await page(browser, f"/press/order/{ORDER}", **BOX))

    async def refused(words: str) -> None:
        assert words in await press(site, browser, form, 422)

    async def change(*statements: object) -> None:
        async with site.database.transaction() as session:
            for statement in statements:
                await session.execute(statement)

    site.clock.set(MONDAY_NOON + timedelta(hours=10))  # late at the customer's
    await refused("У клиента сейчас 22:00")
    assert "У клиента сейчас 22:00" in await page(browser, f"/press/order/{ORDER}")
    staff = await site.signed_in(Role.ADMIN)
    token = {"csrf_token": await site.csrf_token(staff)}
    assert "У клиента сейчас 22:00" in await press(site, staff, form | token, 422)
    site.clock.set(MONDAY_NOON)
    for number in ("+998901234567", "+78095551234", "+4930123456"):
        await change(update(ContactRow).where(ContactRow.kind == "phone").values(value=number))
        await refused("На этот номер звонить нельзя")
    did = select(DidRow.number).limit(1).scalar_subquery()
    await change(update(ContactRow).where(ContactRow.kind == "phone").values(value=did))
    await refused("Это номер самой сети")
    await change(update(ContactRow).where(ContactRow.kind == "phone").values(value=NUMBER))
    site.pbx.lose()
    await refused("Нет связи с АТС")
    site.pbx.connect()
    await change(update(OrgRow).values(takes_site_calls=False))
    await refused("У вас выключен «Звонок с сайта»")
    await change(update(OrgRow).values(takes_site_calls=True))
    await change(update(PhoneRow).where(PhoneRow.outlet_id.is_not(None)).values(is_active=False))
    await refused("У вас нет телефона в системе")
    await change(update(PhoneRow).values(is_active=True))
    async with site.database.transaction() as session:
        await write_call_settings(
            session, CallSettings(max_calls_a_day=1), shown=0, at=site.clock.now(), user_id=1
        )
        await session.execute(update(AttemptRow).values(made_at=site.clock.now()))
    await refused("Сегодня уже 1")
    async with site.database.transaction() as session:
        tight = CallSettings(max_calls_at_once=1)
        await write_call_settings(session, tight, shown=1, at=site.clock.now(), user_id=1)
        await session.execute(update(AttemptRow).values(state="talking"))
    await refused("Уже идёт 1")
    await change(update(OrderRow).values(org_id=None))
    async with browser.post("/press", data=form) as answer:
        assert answer.status == 404
    assert site.pbx.originated == []
    assert {code.rpartition(" ")[2] for code in await audit_codes(site)} == {
        "customer-sleeps", "destination-not-allowed", "number-is-ours", "pbx-not-connected", "no-own-phone",
        "too-many-calls-today", "too-many-calls-now", "order-not-found", "no-site-calls",
    }  # fmt: skip


async def test_the_phone_that_rings_is_chosen_remembered_and_must_be_on(site: GuardedSite) -> None:
    async with site.database.transaction() as session:
        own = await session.scalar(select(PhoneRow).where(PhoneRow.id == site.seeds.phone_id))
        await write_call_settings(
            session, CallSettings(announces_recording=False), shown=0, at=site.clock.now(), user_id=1
        )
        spare = PhoneRow(
            kind="sip", label="Склад", owner="outlet", outlet_id=own.outlet_id, duty_position=None
        )
        session.add(spare)
        await session.flush()
        spare_id = spare.id
    browser = await site.signed_in(Role.DEALER_MANAGER)
    form = form_of(await page(browser, f"/press/order/{ORDER}", **BOX))
    site.reach.unreachable = frozenset({f"p{spare_id}"})
    text = await press(site, browser, form | {"phone": f"p{spare_id}"}, 422)
    assert "Телефон не зарегистрирован: Склад" in text
    assert re.search(rf'value="p{spare_id}" selected', text)
    site.reach.unreachable = frozenset()
    await press(site, browser, form | {"phone": f"p{spare_id}"})
    await until(lambda: len(site.pbx.originated) == 1)
    assert site.pbx.originated[0].variables[OUT_KEYS] == f"p{spare_id}"
    assert site.pbx.originated[0].variables[GREETING_SOUND] == "", (
        "neither the setting nor the number wants it"
    )
    async with site.database.transaction() as session:
        await session.execute(update(AttemptRow).values(state="ended", open_key=None))
    assert re.search(
        rf'value="p{spare_id}" selected',
        await page(browser, f"/press/customer/{site.seeds.customer_id}", **BOX),
    )
    for kind, target in (("task", site.seeds.task_id), ("call", site.seeds.call_id)):
        assert "press-form" in await page(browser, f"/press/{kind}/{target}")
    for path, mark in (
        (f"/orders/{ORDER}", f"/press/order/{ORDER}"),
        (f"/customers/{site.seeds.customer_id}", f"/press/customer/{site.seeds.customer_id}"),
        (f"/tasks/{site.seeds.task_id}", f"/press/task/{site.seeds.task_id}"),
        ("/calls", f"/press/call/{site.seeds.call_id}"),
    ):
        assert mark in await page(browser, path), path


async def test_who_sees_the_number_is_set_and_a_call_is_told_to_the_customer(site: GuardedSite) -> None:
    """The editors on the order's and the dealer's card; the mark on a call of the timeline."""
    dealer, admin = await site.signed_in(Role.DEALER_MANAGER), await site.signed_in(Role.ADMIN)
    order, customers = f"/orders/{ORDER}", f"/o/{site.seeds.public_id}"
    mine = {"csrf_token": await site.csrf_token(dealer)}
    theirs = {"csrf_token": await site.csrf_token(admin)}
    assert shown_phone(NUMBER) in await page(dealer, order)
    async with admin.post(f"{order}/phone-policy", data=theirs | {"policy": "never"}) as answer:
        text = await answer.text()
    assert "Дилер видит номер: никогда" in text
    assert "как у дилера → никогда" in text
    text = await page(dealer, order)
    assert "Номер закрыт: звоните кнопкой" in text
    assert NUMBER[-7:] not in re.sub(r"\D", "", text.partition("<main")[2])
    async with dealer.post(f"{order}/phone-policy", data=mine | {"policy": "open"}) as answer:
        assert answer.status in (403, 404)
    async with admin.post(f"{order}/phone-policy", data=theirs | {"policy": ""}) as answer:
        assert answer.status == 200
    trade = f"/dealers/{site.seeds.dealer_id}/trade"
    text = await page(admin, trade)
    stamp = re.search(r'name="stamp" value="([^"]+)"', text)
    assert stamp is not None
    form = {"stamp": stamp[1], "whole_line": "1", "order_access": "region", "phone_policy": "never"}
    async with admin.post(trade, data=theirs | form) as answer:
        assert 'value="never" selected' in await answer.text()
    assert "Номер закрыт" in await page(dealer, order)

    call = f"{order}/calls/{site.seeds.call_id}/shown"
    assert "поговорили" not in await page(dealer, customers)
    async with dealer.post(call, data=mine | {"shown": "1"}) as answer:
        assert "Скрыть от клиента" in await answer.text()
    text = await page(site.browser(), customers)
    assert "поговорили, 2 минуты" in " ".join(text.split())
    assert "audio" not in text
    async with dealer.post(call, data=mine | {"shown": ""}) as answer:
        assert "Показать клиенту" in await answer.text()
    assert "поговорили" not in await page(site.browser(), customers)
