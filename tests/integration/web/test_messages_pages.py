"""Messages, reviews and complaints as people meet them, without script."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import delete, select, update
from twilio.request_validator import RequestValidator

from callcore.customers.consents import ConsentKind, give_consent, has_consent
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.database import Database
from callcore.messaging.feedback import leave_feedback
from callcore.messaging.links import stop_token
from callcore.messaging.tables import DeliveryRow, FeedbackRow, NotifyRuleRow, SurveyRow, TemplateRow
from callcore.network.model import Role
from callcore.network.tables import OrgRow
from callcore.orders.tables import OrderRow
from tests.fakes.clock import FakeClock
from tests.integration.web import guarded_site
from tests.integration.web.guarded_site import NUMBER, ORDER, TOKEN, GuardedSite, open_site

pytestmark = pytest.mark.integration
TWILIO = "secret of twilio"
OURS = "secret of our address"
WORDS = "/messages/words/order:status/customer/sms"


@pytest.fixture
async def site(
    database: Database, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GuardedSite]:
    plain = guarded_site.message_ways

    def with_twilio(settings, *more):
        values = {
            "senders": ("twilio", "http"),
            "http_login": "we",
            "http_hook_secret": type(settings.sms.twilio_token)(OURS),
            "twilio_account": "AC1",
            "twilio_sender": "+15005550006",
            "twilio_token": type(settings.sms.twilio_token)(TWILIO),
        }
        sms = settings.sms.model_copy(update=values)
        mail = settings.mail.model_copy(update={"site_address": "https://we.test"})
        return plain(settings.model_copy(update={"sms": sms, "mail": mail}), *more)

    monkeypatch.setattr(guarded_site, "message_ways", with_twilio)
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def body(browser: ClientSession, path: str, status: int = 200) -> str:
    async with browser.get(path) as answer:
        assert answer.status == status, path
        return html.unescape(await answer.text()).replace("\xa0", " ")


async def press(site: GuardedSite, browser: ClientSession, path: str, status: int = 303, **form: str) -> str:
    token = await site.csrf_token(browser)
    async with browser.post(path, data={"csrf_token": token, **form}, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        text = answer.headers.get("Location") or await answer.text()
        return html.unescape(text).replace("\xa0", " ")


def ticks(page: str) -> dict[str, str]:
    """The form as it stands."""
    on = re.findall(r'name="([\w:-]+/\w+/\w+)" value="1" checked aria', page)
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown is not None
    return dict.fromkeys(on, "1") | {"shown": shown[1]}


async def test_matrix_is_set_by_the_factory_narrowed_by_a_dealer_and_by_each_person(
    site: GuardedSite,
) -> None:
    admin, owner = await site.signed_in(Role.ADMIN), await site.signed_in(Role.DEALER_OWNER)
    await body(await site.signed_in(Role.OPERATOR), "/messages", 403)
    page = await body(admin, "/messages")
    first, second = "order:accepted/customer/email", "order:available/dealer/email"
    ours = ticks(page)
    assert first not in ours
    assert second in ours
    assert await press(site, admin, "/messages", **ours, **{first: "1"}) == "/messages"
    # a page that was opened before keeps what somebody else has set since
    del ours[second]
    await press(site, admin, "/messages", **ours)
    theirs = ticks(await body(admin, "/messages"))
    assert first in theirs
    assert second not in theirs
    page = await body(owner, "/messages")
    assert "customer/email" not in page
    await press(site, owner, "/messages", **ticks(page), **{"order:available/dealer/sms": "1"})
    own = await body(owner, "/account/notices")
    assert "order:available/self/sms" in ticks(own)
    wrong = await press(site, owner, "/account/notices", 422, **ticks(own), sms="звоните")
    assert "Это не номер телефона" in wrong
    assert "звоните" in wrong
    changed = ticks(own)
    del changed["order:available/self/sms"]
    await press(site, owner, "/account/notices", **changed, sms="8 912 111-22-33")
    assert "+79121112233" in await body(owner, "/account/notices")
    async with site.database.session() as session:
        keys = set(await session.scalars(select(NotifyRuleRow.scope_key)))
    scopes = sorted(key.partition(":order")[0].rstrip("0123456789") for key in keys)
    assert scopes == ["net", "net", "org:", "user:"]


async def test_words_are_checked_looked_at_tried_and_saved(site: GuardedSite) -> None:
    admin = await site.signed_in(Role.ADMIN)
    await body(admin, "/messages/words/order:status/customer/site", 404)
    assert "{{ number }}" in await body(admin, WORDS)
    wrong = await press(site, admin, WORDS, 422, body="{{ phone }}", version="0", do="save")
    assert "Имени «phone» здесь нет" in wrong
    look = await press(
        site, admin, WORDS, 200, body="Готово, {{ customer }}! " * 4, version="0", do="preview"
    )
    assert "Готово, Ирина Петрова!" in look
    assert "2 части" in look
    said = await press(site, admin, WORDS, 422, body="Проба {{ number }}", version="0", do="test", key="a")
    assert "Укажите свой номер" in said
    await press(site, admin, "/account/notices", shown="", sms="+79121112233")
    for _ in range(2):
        await press(site, admin, WORDS, 200, body="Проба {{ number }}", version="0", do="test", key="a")
    async with site.database.session() as session:
        (sent,) = list(await session.scalars(select(DeliveryRow)))
    assert (sent.address, sent.body) == ("+79121112233", "Проба 1042")
    await press(site, admin, WORDS, body="Заказ {{ number }} <b>", version="0", do="save")
    stale = await press(site, admin, WORDS, 409, body="Моё", version="0", do="save")
    assert "изменил кто-то другой" in stale
    assert "Моё" in stale
    await press(site, admin, WORDS, body="x", version="1", do="reset")
    async with site.database.session() as session:
        assert not list(await session.scalars(select(TemplateRow)))
    await press(site, admin, "/messages/quiet", 422, since="завтра", until="08:00", version="0")
    await press(site, admin, "/messages/quiet", since="21:30", until="09:00", version="0")
    await press(site, admin, "/messages/quiet", 409, since="20:00", until="09:00", version="0")
    assert "21:30" in await body(admin, "/messages/quiet")


async def test_complaint_is_answered_once_and_a_dealer_reads_it_without_the_number(site: GuardedSite) -> None:
    path = f"/feedback/{site.seeds.feedback_id}"
    supervisor, owner = await site.signed_in(Role.SUPERVISOR), await site.signed_in(Role.DEALER_OWNER)
    async with site.database.transaction() as session:
        await session.execute(update(OrderRow).values(attention_at=site.clock.now()))
    assert NUMBER in await body(supervisor, path)
    for page in ("/feedback", path):
        theirs = await body(owner, page)
        assert "Перезвоните мне" in theirs
        assert NUMBER[2:] not in theirs
    await press(site, owner, path, 404, state="closed", seen="new", answer="Сами разберёмся")
    wrong = await press(site, supervisor, path, 422, state="closed", seen="new", answer="")
    assert "ответ получит клиент" in wrong
    await press(site, supervisor, path, state="closed", seen="new", answer="<b>Позвоним</b> завтра")
    stale = await press(site, supervisor, path, 409, state="working", seen="new", answer="ещё")
    assert "ещё" in stale
    async with supervisor.get(path) as answer:
        assert "&lt;b&gt;Позвоним" in await answer.text()
    async with site.database.session() as session:
        assert (await session.scalars(select(OrderRow))).one().attention_at is None
    await body(supervisor, "/feedback/999999", 404)
    assert await (await supervisor.get("/feedback/badge")).json() == {"count": 0}


async def test_a_review_is_read_by_everybody_when_it_is_shown_and_names_nobody(site: GuardedSite) -> None:
    seeds, supervisor, anybody = site.seeds, await site.signed_in(Role.SUPERVISOR), site.browser()
    said = ("Спасибо! <b>Звоните</b> мне: 8 912 440-18-25, a.b@mail.test", "Неплохо", "Так себе")
    async with site.database.transaction() as session:
        customer = await session.get_one(CustomerRow, seeds.customer_id)
        customer.name = "Ильин Роман Петрович"
        order = await session.scalar(select(OrderRow).where(OrderRow.number == ORDER))
        assert order is not None
        order.org_id, order.accepted_at = seeds.dealer_id, site.clock.now()
        for score, text in zip((5, 4, 1), said, strict=True):
            _ = await leave_feedback(
                session, order_id=order.id, kind="review", score=score, text=text, now=site.clock.now()
            )
        ids = list(await session.scalars(select(FeedbackRow.id).where(FeedbackRow.kind == "review")))

    async def reviews(query: str = "") -> tuple[list[str], int, float | None, int | None]:
        async with anybody.get(f"/api/v1/reviews?{query}", headers={"Origin": "https://okna.test"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cache-Control"] == "public, max-age=60"
            told = await answer.json()
        assert {one["name"] for one in told["items"]} <= {"Роман"}
        return [one["text"] for one in told["items"]], told["count"], told["mean"], told["next"]

    assert await reviews() == ([], 0, None, None)
    for one in ids[:2]:
        await press(site, supervisor, f"/feedback/{one}", state="shown", seen="new", answer="Тайна")
    await press(site, supervisor, f"/feedback/{ids[2]}", state="hidden", seen="new", answer="")
    first = "Спасибо! <b>Звоните</b> мне: [номер скрыт], [почта скрыта]"
    assert await reviews(f"dealer={seeds.dealer_id}") == (["Неплохо", first], 2, 4.5, None)
    assert await reviews("limit=1") == (["Неплохо"], 2, 4.5, ids[1])
    assert await reviews(f"limit=1&after={ids[1]}") == ([first], 2, 4.5, None)
    assert await reviews("dealer=999999") == ([], 0, None, None)
    for wrong in ("dealer=0", "limit=51", "after=x"):
        assert (await anybody.get(f"/api/v1/reviews?{wrong}")).status == 422
    pages = (
        (anybody, f"/o/{seeds.public_id}"),
        (anybody, f"/site/{seeds.dealer_id}/order"),
        (supervisor, f"/dealers/{seeds.dealer_id}"),
    )
    for browser, page in pages:
        async with browser.get(page) as answer:
            block = (await answer.text()).partition("Отзывы о дилере")[2]
        assert "&lt;b&gt;Звоните&lt;/b&gt; мне: [номер скрыт], [почта скрыта]" in block, page
        assert "Неплохо" in block
        assert not any(word in block for word in ("Так себе", "440-18-25", "Ильин", "Петрович", "Тайна"))
    async with site.database.transaction() as session:
        await session.execute(update(CustomerRow).values(anonymised_at=site.clock.now()))
    assert await reviews() == ([], 0, None, None)


async def test_customer_answers_by_the_link_alone(site: GuardedSite) -> None:
    customer = site.browser()
    assert "Довольны ли вы заказом?" in await body(customer, f"/s/{TOKEN}")
    assert "Такого опроса нет" in await body(customer, "/s/unknown", 404)
    async with customer.post(f"/s/{TOKEN}", data={"text": "Забыл оценку"}) as answer:
        assert answer.status == 422
        page = await answer.text()
        assert "Выберите оценку" in page
        assert "Забыл оценку" in page
    for score in ("5", "1"):
        async with customer.post(
            f"/s/{TOKEN}", data={"score": score, "text": "<script>1</script>"}
        ) as answer:
            assert "Спасибо за ответ!" in await answer.text()
    assert "<script>1" not in (await (await customer.get(f"/s/{TOKEN}")).text())
    async with site.database.session() as session:
        assert (await session.scalars(select(SurveyRow.score))).one() == 5
        scores = list(await session.scalars(select(FeedbackRow.score).where(FeedbackRow.kind == "review")))
    assert scores == [5]


async def test_dealer_writes_to_the_customer_and_sees_what_became_of_it(site: GuardedSite) -> None:
    owner, path = await site.signed_in(Role.DEALER_OWNER), f"/orders/{ORDER}/write"
    customer_id = site.seeds.customer_id
    async with site.database.transaction() as session:
        await session.execute(delete(ContactRow).where(ContactRow.kind == "email"))
    form = {"channel": "sms", "text": "Приедем в 12", "key": "one"}
    for _ in range(2):
        await press(site, owner, path, **form)
    unknown = await press(site, owner, path, 422, channel="email", text="Привет", key="two")
    assert "нет такого адреса" in unknown
    refused = await press(site, owner, path, 409, channel="sms", text="Скидка!", is_ad="1", key="three")
    assert "не давал согласия на рекламу" in refused
    assert "Скидка!" in refused
    async with site.database.transaction() as session:
        await give_consent(
            session, customer_id, ConsentKind.ADS, at=site.clock.now(), source="site", text_version="1"
        )
        session.add(ContactRow(customer_id=customer_id, kind="email", value="p@example.test"))
    await press(site, owner, path, channel="email", text="Скидка!", is_ad="1", key="four")
    async with site.database.transaction() as session:
        rows = list(await session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))
        token = await stop_token(session, customer_id, site.clock.now())
        await session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == rows[0].id)
            .values(state="sent", sender="twilio", sender_id="SM1", sent_at=site.clock.now())
        )
    assert [(row.channel, row.is_ad) for row in rows] == [("sms", False), ("email", True)]
    assert rows[1].body.rstrip().endswith(f"https://we.test/u/{token}")
    page = await body(owner, f"/orders/{ORDER}/deliveries")
    assert "Отправлено" in page
    assert NUMBER[2:] not in page
    await body(await site.signed_in(Role.SEO), f"/orders/{ORDER}/deliveries", 404)
    await body(owner, "/orders/999999/write", 404)
    await _twilio_tells(site)
    assert "Доставлено" in await body(owner, f"/orders/{ORDER}/deliveries")
    customer = site.browser()
    assert "Отписаться от предложений?" in await body(customer, f"/u/{token}")
    await body(customer, f"/u/{token}x", 404)
    async with customer.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"}) as answer:
        assert "Вы отписаны" in await answer.text()
    async with site.database.session() as session:
        assert not await has_consent(session, customer_id, ConsentKind.ADS)


async def test_sms_from_the_cabinet_ready_words_quota_state_and_answers(site: GuardedSite) -> None:
    owner, admin = await site.signed_in(Role.DEALER_OWNER), await site.signed_in(Role.ADMIN)
    customer = f"/customers/{site.seeds.customer_id}"
    assert "Целое число" in await press(
        site, admin, "/messages/quiet", 422, since="22:00", until="08:00", sms_a_day="много"
    )
    saved = {"since": "22:00", "until": "22:00", "sms_a_day": "2", "version": "0"}
    await press(site, admin, "/messages/quiet", **saved)
    async with site.database.transaction() as session:
        order = (await session.scalars(select(OrderRow).where(OrderRow.number == int(ORDER)))).one()
        org = await session.get_one(OrgRow, order.org_id)
        org.promotions = "Скидка 10 % до мая"
    page = await body(owner, f"/orders/{ORDER}/write?words=order")
    assert f"Заказ {ORDER}:" in page
    assert order.public_id not in page  # the customer's own page is shown to no dealer
    assert "Осталось SMS на сегодня: 2 из 2" in page
    assert "не соглашался на рекламу" in page
    offer = await body(owner, f"{customer}/write?words=promo-0")
    assert f"{org.name}: Скидка 10 % до мая" in offer
    assert re.search(r'name="words" value="promo-0"', offer)
    assert 'name="is_ad"' not in offer  # it is advertising, nobody may say that it is not
    assert f"{org.name}: новое поступление: " in await body(owner, f"{customer}/write?words=arrivals")
    for words in ("promo-0", "arrivals"):
        begun = {"channel": "sms", "text": "Скидка", "words": words, "key": words}
        await press(site, owner, f"{customer}/write", 409, **begun)
    for path, key in (
        (f"/orders/{ORDER}/write", "one"),
        (f"{customer}/write", "two"),
        (f"{customer}/write", "two"),
    ):
        await press(site, owner, path, channel="sms", text=f"Приедем в {key}", key=key)
    refused = await press(site, owner, f"{customer}/write", 409, channel="sms", text="Ещё", key="three")
    assert "все SMS, разрешённые дилеру" in refused
    assert "Ещё" in refused
    await press(site, admin, f"{customer}/write", channel="sms", text="Завод пишет сколько нужно", key="four")
    await body(owner, "/customers/999999/write", 404)
    async with site.database.transaction() as session:
        rows = list(await session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))
        assert [row.body for row in rows[:2]] == ["Приедем в one", "Приедем в two"]
        assert {row.order_id for row in rows} == {order.id}
        rows[0].state, rows[0].delivered_at = "sent", site.clock.now()
    card = await body(owner, f"/orders/{ORDER}")
    assert "доставлено" in card
    assert "ещё не отправлено" in card
    heard, form = (
        "/hooks/twilio/incoming",
        {"From": NUMBER, "Body": "Жду, +7 999 123-45-67", "MessageSid": "SM9"},
    )
    for mark, status in (("forged", 403), (_signed(heard, form), 204), (_signed(heard, form), 204)):
        async with site.client().post(heard, data=form, headers={"X-Twilio-Signature": mark}) as answer:
            assert answer.status == status
    await _provider_tells(site)
    for who, is_whole in ((admin, True), (owner, False)):
        page = await body(who, customer)
        assert page.count("Жду,") == 1
        assert ("999 123-45-67" in page) == is_whole
        history = page.partition('aria-label="История"')[2].partition("</ol>")[0]
        assert history.count("А когда?") == 1
        for one in ("SMS от клиента", "SMS клиенту", f"/calls/{site.seeds.call_id}"):
            assert one in history, one
        timeline = await body(who, f"/orders/{ORDER}")
        for one in ("А когда?", "SMS клиента", "SMS клиенту", f"/calls/{site.seeds.call_id}"):
            assert one in timeline, one


def _signed(hook: str, form: dict[str, str]) -> str:
    return str(RequestValidator(TWILIO).compute_signature(f"https://we.test{hook}", form))


async def _provider_tells(site: GuardedSite) -> None:
    """An answer posted by the HTTP provider: only by who knows our secret, twice is once, nothing of a stranger is kept."""
    form = {"phone": NUMBER.lstrip("+"), "mes": "А когда?", "id": "501", "to": "79000000000"}
    stranger = form | {"phone": "79990000000", "id": "502"}
    for told, secret, status in (
        (form, "", 403), (form, "?secret=secret", 403), (form, f"?secret={OURS}", 204),
        (form, f"?secret={OURS}", 204), (stranger, f"?secret={OURS}", 204), ({}, f"?secret={OURS}", 204),
    ):  # fmt: skip
        async with site.client().post(f"/hooks/sms/incoming{secret}", data=told) as answer:
            assert answer.status == status


async def _twilio_tells(site: GuardedSite) -> None:
    """A forged hook is refused, a signed one believed, also twice."""
    hook, form = "/hooks/twilio/status", {"MessageSid": "SM1", "MessageStatus": "delivered"}
    signature = RequestValidator(TWILIO).compute_signature(f"https://we.test{hook}", form)
    outside = site.client()
    for mark, status in (("forged", 403), ("", 403), (signature, 204), (signature, 204)):
        headers = {"X-Twilio-Signature": mark} if mark else {}
        async with outside.post(hook, data=form, headers=headers) as answer:
            assert answer.status == status
    unknown = form | {"MessageSid": "SM2"}
    mark = RequestValidator(TWILIO).compute_signature(f"https://we.test{hook}", unknown)
    async with outside.post(hook, data=unknown, headers={"X-Twilio-Signature": mark}) as answer:
        assert answer.status == 404
