"""Who is told of orders over which channel, from the fact to the row that leaves, as people chose it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from callcore.calls.task_tables import TaskRow
from callcore.customers.consents import ConsentKind, give_consent, revoke_consent
from callcore.customers.find_or_create import find_or_create_customer
from callcore.customers.tables import ContactRow
from callcore.kernel import outbox
from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid
from callcore.messaging.choose_messages import (
    choose_for_dealer,
    choose_for_network,
    choose_for_self,
    set_sms_number,
)
from callcore.messaging.customer_messages import messages_of_customer
from callcore.messaging.feedback import leave_feedback
from callcore.messaging.matrix import CANCELLED, CLOSED, EVENTS, Channel, Recipient
from callcore.messaging.sms.port import Asked, SmsMessage, SmsNews, SmsOutcome, SmsRefused
from callcore.messaging.sms.route import NOT_SET_UP, SmsRoute
from callcore.messaging.sms_news import FIRST_LOOK, take_heard, take_news
from callcore.messaging.tables import DeliveryRow, FeedbackRow, NoticeRow, SurveyRow
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.messaging.worker import MessageWorker
from callcore.network.model import Role, Viewer
from callcore.network.sessions import find_viewer
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event
from tests.factories.network import make_org, make_region, make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration
SITE, EMAIL, SMS = Channel.SITE, Channel.EMAIL, Channel.SMS
NUMBER = "+79124401825"
DAY = datetime(2026, 3, 16, 9, tzinfo=UTC)


class Phone:
    """Takes SMS; `refusal` is what it says instead."""

    name = "phone"

    def __init__(self) -> None:
        self.taken: list[SmsMessage] = []
        self.refusal: SmsRefused | None = None

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, message: SmsMessage) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.taken.append(message)
        return f"p{message.id}"

    async def news(self, asked: list[Asked]) -> tuple[SmsNews, ...]:
        return tuple(SmsNews(one.sender_id, SmsOutcome.DELIVERED) for one in asked)


class Post:
    async def send(self, row: DeliveryRow) -> None:
        return None


@dataclass
class Desk:
    """A network with one dealer, one customer and his order, and the worker that tells."""

    database: Database
    clock: FakeClock
    phone: Phone
    worker: MessageWorker
    ids: dict[str, int]

    async def viewer(self, name: str) -> Viewer:
        async with self.database.session() as session:
            found = await find_viewer(session, self.ids[name])
        assert found is not None
        return found

    async def choose(self, *cells: tuple[str, Recipient, Channel], is_on: bool = True) -> None:
        async with self.database.transaction() as session:
            viewer = await self.viewer("admin")
            await choose_for_network(session, viewer, dict.fromkeys(cells, is_on), now=self.clock.now())

    async def tell(self, topic: str, key: str = "k", **data: Any) -> None:
        async with self.database.transaction() as session:
            values = {"order_id": self.ids["order"]} | data
            await outbox.put(session, topic, at=self.clock.now(), dedupe_key=f"{topic}:{key}", **values)
        await self.worker.pass_over()

    async def event(self, kind: OrderEventKind, actor: str = "", **data: Any) -> int:
        async with self.database.transaction() as session:
            actor_id = self.ids[actor] if actor else None
            await add_event(
                session, self.ids["order"], kind, at=self.clock.now(), actor_id=actor_id, data=data
            )
            last = select(OrderEventRow.id).order_by(OrderEventRow.seq.desc()).limit(1)
            return int(await session.scalar(last) or 0)

    async def told(self) -> tuple[set[tuple[str, str]], set[str]]:
        """(channel, to whom) of deliveries; whose inbox."""
        names = {
            value: name for name, value in self.ids.items() if name not in ("order", "dealer", "customer")
        }
        async with self.database.session() as session:
            sent = list(await session.scalars(select(DeliveryRow)))
            notices = list(await session.scalars(select(NoticeRow)))
        posts = {(row.channel, names[row.user_id] if row.user_id else "customer") for row in sent}
        assert len(posts) == len(sent)
        return posts, {names[row.user_id] for row in notices}

    async def deliveries(self) -> list[DeliveryRow]:
        async with self.database.session() as session:
            return list(await session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


@pytest.fixture
async def desk(database: Database, clock: FakeClock) -> Desk:
    clock.set(DAY)
    ids = {}
    async with database.transaction() as session:
        await make_region(session, "RU-MOW")
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory, name="Вектор")
        other = await make_org(session, parent=factory)
        people = {
            "admin": (factory, Role.ADMIN),
            "operator": (factory, Role.OPERATOR),
            "owner": (dealer, Role.DEALER_OWNER),
            "manager": (dealer, Role.DEALER_MANAGER),
            "stranger": (other, Role.DEALER_OWNER),
        }
        for name, (org, role) in people.items():
            ids[name] = (await make_user(session, org, role=role.value)).id
        customer = await make_customer(session, phone=NUMBER, name="Ирина")
        session.add(ContactRow(customer_id=customer.id, kind="email", value="irina@example.test"))
        values = {"org_id": dealer.id, "manager_id": ids["manager"], "status": "accepted", "number": 414}
        order = await make_order(session, customer, region_code="RU-MOW", city="Тула", **values)
        ids |= {"order": order.id, "dealer": dealer.id, "customer": customer.id}
    phone = Phone()
    worker = MessageWorker(
        database=database,
        clock=clock,
        bus=Bus(),
        teller=Teller(Texts(), "https://x.test"),
        sender=Post(),
        sms=SmsRoute([phone]),
    )
    return Desk(database, clock, phone, worker, ids)


async def test_customer_ticked_for_an_accepted_order_is_told_and_nobody_else(desk: Desk) -> None:
    accepted = {"org_id": desk.ids["dealer"], "user_id": desk.ids["manager"]}
    await desk.tell("order:accepted", "before", **accepted)
    assert await desk.told() == (set(), set())
    await desk.choose(("order:accepted", Recipient.CUSTOMER, EMAIL))
    await desk.tell("order:accepted", "after", **accepted)
    assert await desk.told() == ({("email", "customer")}, set())
    (letter,) = await desk.deliveries()
    assert (letter.address, letter.order_id, letter.state) == (
        "irina@example.test",
        desk.ids["order"],
        "sent",
    )
    assert "https://x.test/o/public" in letter.body
    assert "Вектор" in letter.html


async def test_dealer_who_ticks_sms_alone_gets_one_for_each_order_he_sees(desk: Desk) -> None:
    owner = await desk.viewer("owner")
    async with desk.database.transaction() as session:
        cells = {("order:available", Recipient.DEALER, channel): channel is SMS for channel in Channel}
        await choose_for_dealer(session, owner, cells, now=DAY)
        await set_sms_number(session, owner, "8 (912) 000-11-22")
        order = await make_order(session, await make_customer(session), city="Тула", number=415)
        window = {"order_id": order.id, "run": 1, "org_id": desk.ids["dealer"], "stage": "rating"}
        session.add(OrderWindowRow(**window, opens_at=DAY + timedelta(minutes=5)))
    told = {"order_id": order.id, "org_id": desk.ids["dealer"], "stage": "rating"}
    await desk.tell("order:available", "early", **told)
    assert not desk.phone.taken  # not visible yet
    desk.clock.advance(timedelta(minutes=5))
    for _ in range(2):
        await desk.tell("order:available", **told)
    assert [(one.number, one.text[:25]) for one in desk.phone.taken] == [
        ("+79120001122", "Доступен заказ 415, Тула ")
    ]
    assert await desk.told() == ({("sms", "owner")}, set())
    async with desk.database.transaction() as session:
        with pytest.raises(Forbidden):
            await choose_for_dealer(session, await desk.viewer("manager"), cells, now=DAY)
        admins = {("order:declined", Recipient.ADMIN, SITE): False}
        with pytest.raises(Invalid):
            await choose_for_dealer(session, owner, admins, now=DAY)


async def test_person_who_unticks_letters_keeps_the_bell(desk: Desk) -> None:
    manager = await desk.viewer("manager")
    async with desk.database.transaction() as session:
        await choose_for_self(session, manager, {("order:message-from-customer", EMAIL): False})
    event_id = await desk.event(OrderEventKind.MESSAGE, text=f"Позвоните {NUMBER}", **{"from": "customer"})
    await desk.tell("order:message-from-customer", event_id=event_id)
    assert await desk.told() == ({("email", "owner")}, {"owner", "manager"})
    (letter,) = await desk.deliveries()
    assert "1825" not in letter.body + letter.html  # typed by the customer, hidden from his dealer


async def test_of_what_he_did_himself_a_person_hears_only_when_the_network_says_so(desk: Desk) -> None:
    event_id = await desk.event(OrderEventKind.STATUS, actor="manager", to="accepted")
    await desk.tell("order:status", "one", event_id=event_id)
    assert await desk.told() == (set(), set())
    await desk.choose(("order:status", Recipient.SELF, SITE))
    await desk.tell("order:status", "two", event_id=event_id)
    assert await desk.told() == (set(), {"manager"})


async def test_refusals_of_dealers_are_told_to_the_customer_once(desk: Desk) -> None:
    await desk.choose(*(("order:declined", Recipient.CUSTOMER, channel) for channel in (EMAIL, SMS)))
    for key in ("a", "b"):
        await desk.tell("order:declined", key, org_id=desk.ids["dealer"])
    assert [row.channel for row in await desk.deliveries()] == ["email", "sms"]
    assert len(desk.phone.taken) == 1


async def test_complaint_always_reaches_the_factory_and_subscribers(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        admin, operator = await desk.viewer("admin"), await desk.viewer("operator")
        cell = ("feedback:complaint", Recipient.ADMIN, SITE)
        with pytest.raises(Invalid):
            await choose_for_network(session, admin, {cell: False}, now=DAY)
        await choose_for_self(session, admin, {("feedback:complaint", SITE): False})
        await choose_for_self(session, operator, {("feedback:complaint", SITE): True})
        complaint = {"order_id": desk.ids["order"], "kind": "complaint", "score": None}
        await leave_feedback(session, **complaint, text=f"Хамят! {NUMBER}", now=DAY)
    await desk.worker.pass_over()
    posts, inboxes = await desk.told()
    assert inboxes == {"admin", "operator", "owner", "manager"}
    assert ("email", "admin") in posts
    async with desk.database.session() as session:
        notices = {row.user_id: row for row in await session.scalars(select(NoticeRow))}
    assert notices[desk.ids["admin"]].level == "alarm"
    assert NUMBER in notices[desk.ids["admin"]].body
    assert NUMBER not in notices[desk.ids["owner"]].body


async def test_every_event_of_the_matrix_reaches_each_recipient_over_each_channel(desk: Desk) -> None:
    """Whatever can be ticked really leaves: the event is told by its fact, to each recipient that the matrix offers."""
    owner, manager, admin = [await desk.viewer(name) for name in ("owner", "manager", "admin")]
    async with desk.database.transaction() as session:
        for who, number in (
            (owner, "8 912 000-11-22"),
            (manager, "8 912 000-11-33"),
            (admin, "8 912 000-11-44"),
        ):
            await set_sms_number(session, who, number)
    everything = [
        (code, recipient, channel)
        for code, event in EVENTS.items()
        for recipient in event.on
        for channel in Channel
        if event.offers(recipient, channel)
    ]
    await desk.choose(*everything)
    text = await desk.event(OrderEventKind.MESSAGE, text="Слово", **{"from": "customer"})
    async with desk.database.transaction() as session:
        own = {"org_id": desk.ids["dealer"], "order_id": desk.ids["order"]}
        said = {"kind": "review", "customer_id": desk.ids["customer"], "score": 5, "text": "Да", "at": DAY}
        session.add(feedback := FeedbackRow(**own, **said))
        asked = {"cycle": 1, "token_hash": "t", "result": "done", "made_at": DAY, "score": 5}
        session.add(survey := SurveyRow(**own, **asked))
        task = {"kind": "manual", "title": "Перезвонить", "due_at": DAY, "made_at": DAY, "dedupe_key": "t"}
        session.add(task_row := TaskRow(**task, org_id=desk.ids["dealer"], user_id=desk.ids["manager"]))
        window = {"order_id": desk.ids["order"], "run": 1, "stage": "base", "opens_at": DAY}
        session.add(OrderWindowRow(**window, org_id=desk.ids["dealer"]))
        await session.flush()
        ids = {"feedback": feedback.id, "survey": survey.id, "task": task_row.id}
    facts: dict[str, dict[str, Any]] = {
        "order": {"event_id": text, "org_id": desk.ids["dealer"], "cycle": 1},
        "feedback": {"feedback_id": ids["feedback"]},
        "survey": {"survey_id": ids["survey"]},
        "task": {"task_id": ids["task"]},
        "duty": {
            "starts_at": DAY.isoformat(),
            "ends_at": (DAY + timedelta(days=1)).isoformat(),
            "label": "Ночной",
            "call_ids": ["c1"],
        },
    }
    names = {desk.ids[name]: name for name in ("owner", "manager", "admin")}
    expected = {Recipient.ADMIN: "admin", Recipient.DEALER: "owner", Recipient.MANAGER: "manager"}
    for code, event in EVENTS.items():
        if event.is_ad:
            continue  # a person sends it by hand, see below
        async with desk.database.transaction() as session:
            await session.execute(delete(DeliveryRow))
            await session.execute(delete(NoticeRow))
            row = await session.get_one(OrderRow, desk.ids["order"])
            row.status_class = "open" if code == "order:available" else "waiting"
        result = {"result": "failed"} if code == CANCELLED else {}
        await desk.tell(CLOSED if code == CANCELLED else code, code, **facts[code.partition(":")[0]] | result)
        posts, inboxes = set(), set()
        async with desk.database.session() as session:
            for sent in await session.scalars(select(DeliveryRow).where(DeliveryRow.event == code)):
                posts.add((names.get(sent.user_id or 0, "customer"), sent.channel))
            inboxes = {names.get(one.user_id) for one in await session.scalars(select(NoticeRow))}
        for recipient in event.on:
            if recipient is Recipient.SELF:
                continue
            who = expected.get(recipient, "customer")
            channels = {EMAIL} if event.first_only and who == "customer" else {EMAIL, SMS}
            assert {(who, channel.value) for channel in channels} <= posts, (code, recipient)
            assert who == "customer" or who in inboxes, (code, recipient)


async def test_survey_leaves_within_a_minute_of_closing_also_at_night_and_without_a_sale(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 3, 16, 23, 30, tzinfo=UTC))
    async with desk.database.transaction() as session:
        closed = {"status": "failed", "status_class": "closed", "result": "failed"}
        order = await make_order(session, await make_customer(session), number=77, **closed)
        session.add(ContactRow(customer_id=order.customer_id, kind="email", value="a@example.test"))
    await desk.tell("order:closed", order_id=order.id, cycle=1, result="failed")
    (letter,) = await desk.deliveries()
    assert (letter.state, letter.subject) == ("sent", "Почему заказ 77 не состоялся?")
    assert "https://x.test/s/" in letter.body
    assert not desk.phone.taken  # the first channel that reaches him is enough
    async with desk.database.session() as session:
        assert (await session.scalars(select(SurveyRow))).one().result == "failed"


async def test_sms_waits_for_the_customers_morning_and_is_followed_to_its_end(desk: Desk) -> None:
    night = datetime(2026, 3, 16, 20, tzinfo=UTC)  # 23:00 in Moscow
    desk.clock.set(night)
    await desk.choose(("order:status", Recipient.CUSTOMER, SMS))
    event_id = await desk.event(OrderEventKind.STATUS, to="accepted")
    await desk.tell("order:status", event_id=event_id)
    assert not desk.phone.taken
    desk.clock.set(night + timedelta(hours=9))
    desk.phone.refusal = SmsRefused("sms-not-now", "500")
    await desk.worker.pass_over()
    desk.phone.refusal = None
    desk.clock.advance(timedelta(minutes=1))
    await desk.worker.pass_over()
    assert [(one.number, one.text[:18]) for one in desk.phone.taken] == [(NUMBER, "Заказ 414: Принят.")]
    desk.clock.advance(FIRST_LOOK)
    assert await desk.worker.ask_news() == 1
    assert await desk.worker.ask_news() == 0
    (row,) = [row for row in await desk.deliveries() if row.channel == "sms"]
    assert (row.state, row.delivered_at, row.sender) == ("sent", desk.clock.now(), "phone")
    async with desk.database.transaction() as session:
        late = SmsNews(row.sender_id, SmsOutcome.FAILED, "UNDELIV")
        assert await take_news(session, "phone", late, desk.clock.now())
        assert not await take_news(session, "phone", SmsNews("who", SmsOutcome.DELIVERED), desk.clock.now())
    assert [one.state for one in await desk.deliveries() if one.channel == "sms"] == ["sent"]


async def test_without_a_way_out_an_sms_is_dead_and_says_why(desk: Desk) -> None:
    lonely = MessageWorker(
        database=desk.database, clock=desk.clock, bus=Bus(), teller=Teller(Texts(), ""), sender=None
    )
    desk.worker = lonely
    await desk.choose(("order:status", Recipient.CUSTOMER, SMS))
    await desk.tell("order:status", event_id=await desk.event(OrderEventKind.STATUS, to="accepted"))
    assert [(row.state, row.error) for row in await desk.deliveries()] == [("dead", NOT_SET_UP)]


async def test_advertising_leaves_with_consent_alone_and_stop_ends_it(desk: Desk) -> None:
    async def advertise(key: str) -> str:
        async with desk.database.transaction() as session:
            session.add(
                DeliveryRow(
                    channel="sms",
                    address=NUMBER,
                    body="Скидки",
                    state="waiting",
                    made_at=desk.clock.now(),
                    due_at=desk.clock.now(),
                    dedupe_key=key,
                    is_ad=True,
                    customer_id=desk.ids["customer"],
                )
            )
        await desk.worker.pass_over()
        return (await desk.deliveries())[-1].error

    ads = desk.ids["customer"], ConsentKind.ADS
    assert await advertise("a") == "no-consent"
    async with desk.database.transaction() as session:
        await give_consent(session, *ads, at=desk.clock.now(), source="site")
    assert await advertise("b") == ""
    async with desk.database.transaction() as session:
        await take_heard(session, NUMBER, " Стоп ", desk.clock.now())
        assert not await revoke_consent(session, *ads, at=desk.clock.now(), source="link")
    assert await advertise("c") == "no-consent"
    assert len(desk.phone.taken) == 1


async def test_answer_by_sms_stands_on_the_newest_order_and_is_told(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await take_heard(session, NUMBER, "Когда привезёте?", desk.clock.now())
        await take_heard(session, "+79990000000", "Кто вы?", desk.clock.now())
    await desk.worker.pass_over()
    assert (await desk.told())[1] == {"owner", "manager"}
    async with desk.database.session() as session:
        event = (await session.scalars(select(OrderEventRow))).one()
    assert (event.order_id, event.kind, event.data["text"]) == (
        desk.ids["order"],
        "message",
        "Когда привезёте?",
    )


async def test_answer_of_a_customer_without_an_order_is_a_request_of_who_wrote_to_him(desk: Desk) -> None:
    now, number = desk.clock.now(), "+79990000001"
    async with desk.database.transaction() as session:
        writer = await session.scalar(select(OrderRow.org_id).where(OrderRow.id == desk.ids["order"]))
        customer_id, _ = await find_or_create_customer(session, phone=number, now=now, region_code=None)
        sent = {"channel": "sms", "address": number, "body": "Акция", "made_at": now, "due_at": now}
        whose = {"dedupe_key": "w", "customer_id": customer_id, "org_id": writer}
        session.add(DeliveryRow(state="sent", **sent, **whose))
    for text in ("Почём?", "Почём?", "А доставка?"):  # the carrier repeats itself
        async with desk.database.transaction() as session:
            await take_heard(session, number, text, now)
    async with desk.database.session() as session:
        (made,) = await session.scalars(select(OrderRow).where(OrderRow.customer_id == customer_id))
        events = await session.scalars(select(OrderEventRow).where(OrderEventRow.order_id == made.id))
        told = [event.data["text"] for event in events if event.kind == "message"]
        assert (made.kind, made.channel, made.org_id) == ("request", "sms", writer)
        staff = Viewer(1, "Админ", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
        listed = await messages_of_customer(session, staff, customer_id)
    assert told == ["Почём?", "А доставка?"]
    assert {one.text for one in listed if one.is_incoming} == set(told)


async def test_what_a_carrier_repeats_stands_once(desk: Desk) -> None:
    now = desk.clock.now()
    told = (
        ("Да", "SM1", 0), ("Да", "SM1", 600), ("Да", "SM2", 30),  # by id, by words within a minute
        ("Нет", "", 40), ("Нет", "", 99), ("Нет", "", 161),  # the last is said anew
    )  # fmt: skip
    for text, sms_id, after_s in told:
        async with desk.database.transaction() as session:
            await take_heard(session, NUMBER, text, now + timedelta(seconds=after_s), sms_id=sms_id)
    async with desk.database.session() as session:
        events = await session.scalars(select(OrderEventRow).order_by(OrderEventRow.seq))
        assert [event.data["text"] for event in events] == ["Да", "Нет", "Нет"]
