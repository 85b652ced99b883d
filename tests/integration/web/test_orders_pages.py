"""Orders as a browser gets them: list, card, print, comments; rights, masks, sums, hostile texts."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.orders.tables import OrderEventRow
from tests.factories.sales import make_customer
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.call_stage import MASKED, NUMBER, SHOWN, digits_of
from tests.integration.web.sales_stage import CSRF, SalesStage, page

pytestmark = pytest.mark.integration

NBSP = "\N{NO-BREAK SPACE}"
HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
PANELS = ("Панель ПВХ, белая", 40_000, "222.75", 891_000)
CORNER = ("Уголок", 12_500, "10.0350", 12_544)


@pytest.fixture
async def stage(
    database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache
) -> SalesStage:
    stage = SalesStage(database, clock, tmp_path / "store", template_cache)
    await stage.build()
    return stage


def numbers_in(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr data-href="/orders/(\d+)"', text)]


# --- the card -----------------------------------------------------------------------------------------------


async def test_sums_can_be_checked_by_hand(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 416, lines=(PANELS, CORNER))
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders/416")
        assert f"40{NBSP}×{NBSP}222,75 ={NBSP}8{NBSP}910,00{NBSP}₽" in text
        assert f"12,5{NBSP}×{NBSP}10,035 ≈{NBSP}125,44{NBSP}₽" in text
        assert f"9{NBSP}035,44{NBSP}₽" in text
        assert "не сходится" not in text
        assert f"40{NBSP}×{NBSP}222,75 ={NBSP}8{NBSP}910,00{NBSP}₽" in await page(
            browser, "/orders/416?fragment=preview"
        )


async def test_a_sum_that_does_not_multiply_is_said_so(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416, lines=(("Панель", 40_000, "222.75", 892_000),))
        order.total_kopecks = 900_000
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders/416")
        assert "не сходится с ценой" in text
        assert "не равна сумме строк" in text


async def test_one_timeline_of_events_comments_and_calls(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416)
        call = await stage.call(session, 5, order_id=order.id, result="answered", talk_s=61)
        recording = await stage.recording(session, call)
        for seq, (kind, data) in enumerate(
            (
                ("created", {}),
                ("status", {"from": "new", "to": "accepted"}),
                ("comment", {"text": "Просит\nутром"}),
            ),
            start=1,
        ):
            session.add(
                OrderEventRow(
                    order_id=order.id, seq=seq, at=MONDAY_NOON + timedelta(minutes=seq), kind=kind, data=data
                )
            )
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders/416")
        places = [
            text.index(word) for word in ("Входящий звонок", "Просит\nутром", "Новый → Принят", ">Создан<")
        ]
        assert places == sorted(places)
        assert f'src="/recordings/{recording.id}/audio"' in text
        assert f'data-calls="{call.call_id}"' in text
        calls = await page(browser, "/orders/416?fragment=timeline&show=calls")
        assert "Входящий звонок" in calls
        assert "Просит" not in calls
        assert "<html" not in calls
        await page(browser, "/orders/416?show=nonsense")


async def test_the_recording_changes_the_signature_of_its_call_alone(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416)
        calls = [await stage.call(session, minute, order_id=order.id) for minute in (1, 2)]
    address = "/orders/416?fragment=timeline"

    def signatures(text: str) -> dict[str, str]:
        return dict(re.findall(r'data-key="([^"]+)" data-signature="([^"]+)"', text))

    async with stage.browser("factory") as browser:
        before = signatures(await page(browser, address))
        async with stage.database.transaction() as session:
            await stage.recording(session, await session.merge(calls[0]))
        after = signatures(await page(browser, address))
    assert before.keys() == after.keys()
    assert [key for key in before if before[key] != after[key]] == [f"call-{calls[0].call_id}"]


async def test_the_recording_of_a_talk_pauses_from_the_order(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416)
        call = await stage.call(session, 1, order_id=order.id, state="talking", result="", ended_at=None)
        row = await stage.recording(session, call, state="pending", path="", duration_ms=0)
    async with stage.browser("factory") as browser:
        before = await page(browser, "/orders/416")
        assert f'action="/recordings/pause/{call.call_id}"' in before
        assert 'name="back" value="416"' in before
        async with stage.database.transaction() as session:
            (await session.merge(row)).paused_at = MONDAY_NOON
        after = await page(browser, "/orders/416?fragment=timeline")
        assert f'action="/recordings/resume/{call.call_id}"' in after
        was, now = (
            re.search(r'data-key="call-[^"]+" data-signature="([^"]+)"', text)[1] for text in (before, after)
        )
        assert was != now, "an open page takes it over"


async def test_the_print_is_a_sheet_without_navigation_and_players(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        order = await stage.order(session, 416, lines=(PANELS,))
        await stage.recording(session, await stage.call(session, order_id=order.id))
    async with stage.browser("factory") as browser:
        text = await page(browser, "/orders/416/print")
        assert f"8{NBSP}910,00{NBSP}₽" in text
        assert "<nav" not in text
        assert "<audio" not in text


# --- rights and masks ---------------------------------------------------------------------------------------


async def test_a_dealer_sees_his_own_and_learns_nothing_by_guessing(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 1, "vector")
        await stage.order(session, 2, "master")
        await stage.order(session, 3, "")
    async with stage.browser("vector") as browser:
        assert numbers_in(await page(browser, "/orders")) == [1]
        foreign = f"/orders?org={stage.orgs['master'].id}"
        assert numbers_in(await page(browser, foreign)) == []
        assert "Мастер-Дом" not in await page(browser, "/orders")
        await page(browser, "/orders/1")
        await page(browser, "/orders/999", 404)
        for number in (2, 3):
            for rest in ("", "/print", "?fragment=timeline", "?fragment=preview"):
                text = await page(browser, f"/orders/{number}{rest}", 404)
                assert "Мастер-Дом" not in text
                assert "Роман" not in text
            sent = await browser.post(
                f"/orders/{number}/comments",
                data={"text": "чужое", "csrf_token": CSRF},
                allow_redirects=False,
            )
            assert sent.status == 404
    async with stage.database.session() as session:
        assert (await session.scalars(select(OrderEventRow))).all() == []


@pytest.mark.parametrize("role", [Role.SEO])
async def test_others_have_no_orders_at_all(stage: SalesStage, role: Role) -> None:
    async with stage.browser("factory", role) as browser:
        for address in ("/orders", "/orders/1", "/orders/1/print", "/desk", "/desk/calls", "/desk/calls/x"):
            await page(browser, address, 404)


@pytest.mark.parametrize(
    "address", ["/orders/0", "/orders/-1", "/orders/1e3", "/orders/x", "/orders/" + "9" * 40, "/orders/٣"]
)
async def test_addresses_that_do_not_exist(stage: SalesStage, address: str) -> None:
    async with stage.browser("factory") as browser:
        await page(browser, address, 404)


async def test_a_masked_number_is_in_no_byte_of_any_page(stage: SalesStage) -> None:
    """Also where people have typed it."""
    async with stage.database.transaction() as session:
        customer = await session.get_one(CustomerRow, stage.customer_id)
        customer.name, customer.note = "Роман 8 (912) 440-18-25", "звонить на 4401825"
        order = await stage.order(session, 416, lines=(PANELS,), address="ул. Мира, 89124401825")
        await stage.call(session, order_id=order.id, customer_id=stage.customer_id)
        data = {"text": "перезвонить: +7 912 440 18 25"}
        session.add(OrderEventRow(order_id=order.id, seq=1, at=MONDAY_NOON, kind="comment", data=data))
    addresses = (
        "/orders",
        "/orders/416",
        "/orders/416/print",
        "/orders/416?fragment=preview",
        "/orders/416?fragment=timeline",
    )
    async with stage.browser("vector") as browser:
        for address in addresses:
            text = await page(browser, address)
            assert NUMBER[-7:] not in digits_of(text), address
            if "timeline" not in address:
                assert MASKED in text, address
        for tail in ("1825", "4401825", "89124401825"):
            assert numbers_in(await page(browser, f"/orders?period=7d&q={tail}")) == []
        async with stage.database.transaction() as session:
            await stage.call(session, 9, customer_id=stage.customer_id, result="answered", talk_s=10)
        assert SHOWN in await page(browser, "/orders/416")
        assert numbers_in(await page(browser, "/orders?q=1825")) == [416]
    async with stage.browser("master") as browser:
        await page(browser, "/orders/416", 404)


async def test_hostile_texts_are_only_texts(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        customer = await make_customer(session, name=HOSTILE, note=HOSTILE)
        order = await stage.order(
            session, 416, customer_id=customer.id, city=HOSTILE, address=HOSTILE, campaign=HOSTILE, source=HOSTILE[:30],
            lines=((HOSTILE, 1000, "1", 100),),
        )  # fmt: skip
        data = {"text": HOSTILE}
        session.add(OrderEventRow(order_id=order.id, seq=1, at=MONDAY_NOON, kind="comment", data=data))
    async with stage.browser("factory") as browser:
        for address in ("/orders", "/orders/416", "/orders/416/print", "/orders/416?fragment=preview"):
            text = await page(browser, address)
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
            assert "{{7*7}}" in text, "shown as it was typed, not counted"
            assert " style=" not in text
            assert " onclick=" not in text


# --- comments -----------------------------------------------------------------------------------------------


async def test_a_comment_is_stored_and_shown(stage: SalesStage) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 416)
    async with stage.browser("vector") as browser:
        for text, audience in (("Только нам", "internal"), ("Для клиента <b>", "customer")):
            form = {"text": text, "audience": audience, "csrf_token": CSRF}
            sent = await browser.post("/orders/416/comments", data=form, allow_redirects=False)
            assert (sent.status, sent.headers["Location"]) == (303, "/orders/416#timeline")
        told = await page(browser, "/orders/416")
        assert "Комментарий записан" in told
        assert told.index("Для клиента &lt;b&gt;") < told.index("Только нам")
        assert told.count("видит клиент</span>") == 2  # the choice of the form, and one comment
        assert "Белова из Вектор-Строй" in told
    async with stage.database.session() as session:
        stored = (await session.scalars(select(OrderEventRow).order_by(OrderEventRow.seq))).all()
    assert [(row.data["text"], row.data["is_public"]) for row in stored] == [
        ("Только нам", False),
        ("Для клиента <b>", True),
    ]


@pytest.mark.parametrize(
    ("text", "advice"),
    [("", "Напишите хоть слово"), (" \n ", "Напишите хоть слово"), ("я" * 4001, "Слишком длинно")],
)
async def test_a_wrong_comment_comes_back_with_what_was_typed(
    stage: SalesStage, text: str, advice: str
) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 416)
    async with stage.browser("factory") as browser:
        form = {"text": text, "audience": "customer", "csrf_token": CSRF}
        sent = await browser.post("/orders/416/comments", data=form, allow_redirects=False)
        told = await sent.text()
        assert sent.status == 422
        assert advice in told
        assert text in told
        assert 'value="customer" checked' in told


@pytest.mark.parametrize("form", [{"text": "x"}, {"text": "x", "csrf_token": "guess"}])
async def test_a_forged_comment_is_refused(stage: SalesStage, form: dict[str, str]) -> None:
    async with stage.database.transaction() as session:
        await stage.order(session, 416)
    async with stage.browser("factory") as browser:
        sent = await browser.post("/orders/416/comments", data=form, allow_redirects=False)
        assert sent.status == 403
        own = {"text": "x", "csrf_token": CSRF}
        foreign = await browser.post(
            "/orders/416/comments",
            data=own,
            headers={"Origin": "https://evil.example"},
            allow_redirects=False,
        )
        assert foreign.status == 403
    async with stage.database.session() as session:
        assert (await session.scalars(select(OrderEventRow))).all() == []
