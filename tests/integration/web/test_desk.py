"""The desk as a browser gets it: cards of own calls, parts for its script, the side, comments, rights and masks."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.calls.phone_reach import PhoneState
from callcore.calls.tables import CallRow, LegRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.orders.tables import OrderEventRow
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.call_stage import MASKED, NUMBER, SHOWN, digits_of
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration

NBSP = "\N{NO-BREAK SPACE}"
PANELS = ("Панель ПВХ, белая", 40_000, "222.75", 891_000)
HOSTILE = "<img src=x onerror=alert(1)>\"'"


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


def cards_in(text: str) -> list[str]:
    return re.findall(r'data-desk-card="([^"]+)"', text)


def moment_in(text: str) -> str:
    return re.findall(r'data-card-head data-moment="(\w+)"', text)[0]


async def join(stage: SalesStage, call_id: str) -> None:
    """The phone answers half a minute later."""
    at = MONDAY_NOON - timedelta(seconds=30)
    async with stage.database.transaction() as session:
        call = (await session.scalars(select(CallRow).where(CallRow.call_id == call_id))).one()
        call.state, call.answered_at = "talking", at
        for leg in await session.scalars(select(LegRow).where(LegRow.call_row_id == call.id)):
            leg.bridged_at = at


async def end(stage: SalesStage, call_id: str, talk_s: int) -> None:
    async with stage.database.transaction() as session:
        call = (await session.scalars(select(CallRow).where(CallRow.call_id == call_id))).one()
        call.state, call.result, call.talk_s = "ended", "answered", talk_s
        call.ended_at = MONDAY_NOON
        for leg in await session.scalars(select(LegRow).where(LegRow.call_row_id == call.id)):
            leg.ended_at = MONDAY_NOON


# --- cards --------------------------------------------------------------------------------------------------


async def test_a_ringing_call_stands_with_all_that_is_known(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416, lines=(PANELS,))
        await stage.order(session, 417, status="processed")
        await stage.order(session, 418, status="done")
        await stage.call(
            session, -600, call_id="old", customer_id=stage.customer_id, result="answered", talk_s=61
        )
        await stage.ringing(session, "live-1", "factory", order_id=order.id)
    async with stage.browser("factory") as browser:
        for address in ("/desk", "/desk/calls", "/desk/calls/live-1", "/desk/calls/live-1?fragment=card"):
            text = await page(browser, address)
            assert cards_in(text) == ["live-1"]
            for expected in (
                "Вам звонят", "01:00", "Роман Ильин", SHOWN, "Свердловская область", f"14:00{NBSP}(МСК+2)",
                "Сайт, Екатеринбург", "Принят", f"40{NBSP}×{NBSP}222,75 ={NBSP}8{NBSP}910,00{NBSP}₽", f"Заказ №{NBSP}417",
                'href="/calls/old"', "отвечен, 01:01", 'href="/orders/416"', 'href="/calls/live-1"',
                "/desk/calls/live-1/comments/416", "звоним",
            ):  # fmt: skip
                assert expected in text, (address, expected)
            assert f"№{NBSP}418" not in text
            assert f'data-since="{(MONDAY_NOON - timedelta(minutes=1)).timestamp()}"' in text
        assert "<html" not in await page(browser, "/desk/calls")


async def test_the_head_alone_follows_the_call(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.ringing(session, "live-1", "factory")
    address = "/desk/calls/live-1?fragment=head"
    async with stage.browser("factory") as browser:
        assert moment_in(await page(browser, address)) == "ringing"
        await join(stage, "live-1")
        talking = await page(browser, address)
        assert moment_in(talking) == "talking"
        assert f'data-since="{(MONDAY_NOON - timedelta(seconds=30)).timestamp()}"' in talking
        assert cards_in(await page(browser, "/desk/calls")) == ["live-1"]
        await end(stage, "live-1", 30)
        ended = await page(browser, address)
        assert moment_in(ended) == "ended"
        assert "data-since" not in ended
        assert "00:30" in ended
        assert cards_in(await page(browser, "/desk/calls")) == []
        assert cards_in(await page(browser, "/desk/calls/live-1")) == ["live-1"]
        for text in (talking, ended):
            assert "<form" not in text
            assert "desk-body" not in text


async def test_others_calls_are_not_on_my_desk(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.ringing(session, "theirs", "vector")
        await stage.ringing(session, "mine", "factory")
    async with stage.browser("factory") as browser:
        assert cards_in(await page(browser, "/desk")) == ["mine"]
        assert moment_in(await page(browser, "/desk/calls/theirs?fragment=head")) == "elsewhere"


async def test_a_new_customer_without_an_order(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.ringing(session, "new", "factory", customer_id=None, caller_number="", caller_raw="")
    async with stage.browser("factory") as browser:
        text = await page(browser, "/desk")
        for expected in (
            "Новый клиент",
            "номер не определён",
            "Открытых заказов нет",
            "Заказ ещё не заведён",
        ):
            assert expected in text
        assert "data-quick-comment" not in text


async def test_the_side_tells_of_phones_and_last_calls(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        own = {"user_id": stage.users["factory"].id, "org_id": stage.orgs["factory"].id}
        for minute in range(12):
            await stage.call(session, -minute * 60, call_id=f"own-{minute:02}", **own)
        await stage.call(session, 0, call_id="foreign")
    async with stage.browser("factory") as browser:
        text = await page(browser, "/desk?fragment=side")
        assert re.findall(r'href="/calls/(own-\d+|foreign)"', text) == [f"own-{n:02}" for n in range(10)]
        assert "Гарнитура Беловой" in text
        assert "свободен" in text
        stage.states[stage.phones["factory"].id] = PhoneState.UNREACHABLE
        assert "не на связи" in await page(browser, "/desk?fragment=side")
        async with stage.database.transaction() as session:
            await stage.ringing(session, "live-1", "factory")
        assert "звонит" in await page(browser, "/desk?fragment=side")
        await join(stage, "live-1")
        assert "разговор</span>" in await page(browser, "/desk?fragment=side")


async def test_the_lost_link_is_said_plainly(stage: SalesStage) -> None:
    lost = 'data-desk-lost="down" role="alert">'
    async with stage.browser("factory") as browser:
        assert lost not in await page(browser, "/desk")
        stage.is_up = False
        text = await page(browser, "/desk")
        assert lost in text
        assert "Связь с АТС потеряна" in text


# --- rights and masks ---------------------------------------------------------------------------------------


async def test_a_dealer_has_the_calls_of_his_outlets_and_no_others(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        ours = await stage.order(session, 1, "vector", lines=(PANELS,))
        theirs = await stage.order(session, 2, "master", lines=(("Тайный уголок", 1000, "1", 100),))
        await stage.ringing(session, "at-vector", "vector", order_id=ours.id)
        await stage.ringing(session, "at-master", "master", order_id=theirs.id)
        await stage.call(
            session, -60, call_id="past-master", org_id=stage.orgs["master"].id, customer_id=stage.customer_id
        )
    async with stage.browser("vector") as browser:
        text = await page(browser, "/desk")
        assert cards_in(text) == ["at-vector"]
        for secret in ("Мастер-Дом", "Касса master", "Тайный уголок", "past-master", f"№{NBSP}2<"):
            assert secret not in text
        for address in (
            "/desk/calls/at-master",
            "/desk/calls/at-master?fragment=head",
            "/desk/calls/no-such",
        ):
            await page(browser, address, 404)


async def test_a_masked_number_is_in_no_byte_of_the_desk(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        customer = await session.get_one(CustomerRow, stage.customer_id)
        customer.name = "Роман 89124401825"
        order = await stage.order(session, 416, lines=(PANELS,))
        await stage.ringing(session, "live-1", "vector", order_id=order.id, caller_name="+7 912 440-18-25")
    addresses = (
        "/desk", "/desk/calls", "/desk/calls/live-1", "/desk/calls/live-1?fragment=card",
        "/desk/calls/live-1?fragment=head", "/desk?fragment=side",
    )  # fmt: skip
    async with stage.browser("vector") as browser:
        for address in addresses:
            text = await page(browser, address)
            assert NUMBER[-7:] not in digits_of(text), address
            if "head" not in address:
                assert MASKED in text, address


async def test_hostile_names_are_only_names(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        customer = await session.get_one(CustomerRow, stage.customer_id)
        customer.name = HOSTILE
        await stage.ringing(
            session, "live-1", "factory", caller_name=HOSTILE, caller_number="", caller_raw=HOSTILE
        )
        await stage.ringing(session, "live 2?x=<y>", "factory", customer_id=None, caller_name=HOSTILE)
    async with stage.browser("factory") as browser:
        text = await page(browser, "/desk")
        assert len(cards_in(text)) == 2
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "live 2?x" not in re.sub(r"data-desk-card=\"[^\"]+\"", "", text)
        assert " style=" not in text


# --- quick comments -----------------------------------------------------------------------------------------


async def test_a_comment_goes_to_the_order_with_and_without_script(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416)
        await stage.ringing(session, "live-1", "factory", order_id=order.id)
    address = "/desk/calls/live-1/comments/416"
    async with stage.browser("factory") as browser:
        script = {"HX-Request": "true", "X-CSRF-Token": CSRF}
        sent = await browser.post(address, data={"text": "с скриптом"}, headers=script)
        assert sent.status == 204
        assert "toast" in sent.headers["HX-Trigger"]
        assert sent.headers["HX-Trigger"].isascii()
        form = {"text": "без скрипта", "csrf_token": CSRF}
        plain = await browser.post(address, data=form, allow_redirects=False)
        assert (plain.status, plain.headers["Location"]) == (303, "/desk/calls/live-1")
        empty = await browser.post(address, data={"text": " "}, headers=script)
        assert empty.status == 400
        assert (await empty.json())["advice"] == "Напишите хоть слово"
        told = await page(browser, "/orders/416")
        assert "с скриптом" in told
        assert "без скрипта" in told
    async with stage.database.session() as session:
        stored = (await session.scalars(select(OrderEventRow).order_by(OrderEventRow.seq))).all()
    assert [row.data["is_public"] for row in stored] == [False, False]


async def test_no_comment_without_a_token_or_a_right(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 1, "vector")
        await stage.order(session, 2, "master")
        await stage.ringing(session, "live-1", "vector")
    async with stage.browser("vector") as browser:
        forged = await browser.post(
            "/desk/calls/live-1/comments/1", data={"text": "x"}, allow_redirects=False
        )
        assert forged.status == 403
        form = {"text": "x", "csrf_token": CSRF}
        for number in ("2", "3", "0", "x", "9" * 40):
            sent = await browser.post(
                f"/desk/calls/live-1/comments/{number}", data=form, allow_redirects=False
            )
            assert sent.status == 404, number
    async with stage.database.session() as session:
        assert (await session.scalars(select(OrderEventRow))).all() == []


async def test_the_desk_is_not_for_every_role(stage: SalesStage) -> None:
    async with stage.browser("factory", Role.MARKETER) as browser:
        await page(browser, "/desk", 403)
        assert "Рабочий стол" not in await page(browser, "/orders")
