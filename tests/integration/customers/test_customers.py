"""What happens to a customer: consents, contacts, merging and back, a dealer's own customers, forgetting."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcore.calls.recording_tables import RecordingCopyRow, RecordingHoldRow
from callcore.calls.tables import CallRow, CelRow, LinkedidRow, RecordingRow
from callcore.customers.consents import ConsentKind, consents_of, give_consent, has_consent, revoke_consent
from callcore.customers.edit_customer import ContactTaken, CustomerFields
from callcore.customers.merging import Choice
from callcore.customers.reading import is_inn, read_contact
from callcore.customers.tables import ConsentRow, ContactRow, CustomerClaimRow, CustomerMergeRow, CustomerRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Base, Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound, TooMany
from callcore.messaging.forget_messages import forget_messages
from callcore.messaging.tables import DeliveryRow, FeedbackRow, NoticeRow, SurveyRow
from callcore.network.model import Role
from callcore.orders.change_customer import ChangeCustomers, Merge
from callcore.orders.claims import CHECKS, ClaimState, NewClaim, claims_of
from callcore.orders.comment_order import comment_order
from callcore.orders.customer_list import find_customers
from callcore.orders.customer_view import customer_view, merged_into
from callcore.orders.desk_tables import ImportJobRow, ImportRowRow, OrderDeclineRow, OrderFileRow
from callcore.orders.edit_order import Place, change_place
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.timeline import add_event
from callcore.outbound.callbacks.forget_callbacks import forget_callbacks
from callcore.outbound.robot.forget_robot import forget_robot
from tests.factories.sales import make_call, make_customer, make_order
from tests.fakes.clock import FakeClock
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, DEALER, RIVAL, SUBDEALER

pytestmark = pytest.mark.integration

PHONE, OTHER = "+79161234567", "+79167654321"
INN, PERSONS_INN = "7707083893", "500100732259"
OPERATOR = stage.viewer(1, Role.OPERATOR)


@pytest.fixture(autouse=True)
async def _network(database: Database) -> None:
    await stage.fill(database)


@pytest.fixture
def change(database: Database, clock: FakeClock) -> ChangeCustomers:
    return ChangeCustomers(database, clock, (forget_messages, forget_robot, forget_callbacks))


async def made(database: Database, clock: FakeClock, **values: object) -> int:
    async with database.transaction() as session:
        row = await make_customer(session, **{"created_at": clock.now()} | values)
        return row.id


async def count(database: Database, table: type, *conditions: object) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


@pytest.mark.parametrize(
    ("text", "is_right"),
    [(INN, True), (PERSONS_INN, True), ("7707083894", False), ("500100732258", False), ("", False), ("Ж" * 10, False)],
)  # fmt: skip
def test_an_inn_has_its_check_digits(text: str, is_right: bool) -> None:
    assert is_inn(text) is is_right


def test_a_contact_is_a_telephone_or_an_address() -> None:
    assert read_contact("8 (916) 123-45-67") == ("phone", PHONE)
    assert read_contact(" Ivan@Example.TEST ") == ("email", "ivan@example.test")
    for text in ("", "иван", "a@b", "a b@c.ru", "a@b@c.ru", "+7 916 123-45-67 доб. 2", "x" * 400 + "@c.ru"):
        assert read_contact(text) is None, text


async def test_consents_are_provable_and_never_overwritten(database: Database, clock: FakeClock) -> None:
    customer_id = await made(database, clock)
    ads = ConsentKind.ADS
    async with database.transaction() as session:
        assert not await has_consent(session, customer_id, ads)
        assert await revoke_consent(session, customer_id, ads, at=clock.now(), source="phone")
        assert not await revoke_consent(session, customer_id, ads, at=clock.now(), source="phone")
        given = {"at": clock.now(), "source": "site", "ip": "192.0.2.7", "text_version": "2026-03"}
        assert await give_consent(session, customer_id, ads, **given)
        assert not await give_consent(session, customer_id, ads, **given)
        assert await has_consent(session, customer_id, ads)
        assert not await has_consent(session, customer_id, ConsentKind.CALLS)
        clock.advance(timedelta(days=1))
        assert await revoke_consent(session, customer_id, ads, at=clock.now(), source="link")
        assert not await has_consent(session, customer_id, ads)
        last, first = await consents_of(session, customer_id)
    assert (last.text_version, last.source, last.ip, last.revoke_source) == (
        "2026-03",
        "site",
        "192.0.2.7",
        "link",
    )
    assert first.revoked_at == first.at
    assert await count(database, AuditRow, AuditRow.action.startswith("consent:")) == 3


async def test_fields_and_contacts_are_changed_by_staff_with_versions(
    database: Database, clock: FakeClock, change: ChangeCustomers
) -> None:
    first, second = await made(database, clock, phone=PHONE), await made(database, clock, phone=OTHER)
    fields = CustomerFields("ООО Двери", "company", INN, "RU-MOW", "тёзка", "опт, белые двери,, опт")
    await change.save(OPERATOR, first, fields, 1)
    with pytest.raises(Conflict):
        await change.save(ADMIN, first, fields, 1)
    for wrong in ({"inn": "1"}, {"kind": "robot"}, {"region_code": "RU-XXX"}, {"note": "x" * 3000}):
        with pytest.raises(Invalid) as refused:
            await change.save(ADMIN, first, CustomerFields(**fields_with(fields, **wrong)), 2)
        assert refused.value.details["fields"].keys() == wrong.keys()
    with pytest.raises(ContactTaken) as taken:
        await change.add_contact(ADMIN, first, "8 916 765-43-21")
    assert taken.value.customer_id == second
    await change.add_contact(ADMIN, first, "+7 495 000-00-01")
    await change.add_contact(ADMIN, first, "door@example.test")
    async with database.session() as session:
        view = await customer_view(session, ADMIN, first, clock.now())
        main, spare, _ = view.contacts
        await change.make_main(ADMIN, first, spare.id)
        await change.remove_contact(ADMIN, first, spare.id)
    async with database.session() as session:
        view = await customer_view(session, ADMIN, first, clock.now())
    assert [(one.id, one.is_main) for one in view.contacts if one.phone] == [(main.id, True)]
    assert (view.name, view.inn, view.tags) == ("ООО Двери", INN, ("опт", "белые двери"))
    for viewer, refusal in ((DEALER, NotFound), (stage.viewer(1, Role.MARKETER), Forbidden)):
        with pytest.raises(refusal):
            await change.save(viewer, first, fields, 2)
    with pytest.raises(NotFound):
        await change.remove_contact(ADMIN, second, main.id)


def fields_with(fields: CustomerFields, **changes: str) -> dict[str, str]:
    return {name: getattr(fields, name) for name in CustomerFields.__slots__} | changes


async def test_two_become_one_and_two_again(
    database: Database, clock: FakeClock, change: ChangeCustomers
) -> None:
    kept = await made(database, clock, phone=PHONE, name="Иван Петров", region_code="RU-MOW", tags=["опт"])
    gone = await made(
        database, clock, phone=OTHER, name="Иван Петров", region_code="RU-MOW", note="звонить днём"
    )
    async with database.transaction() as session:
        row = await session.get_one(CustomerRow, gone)
        order = await make_order(session, row, org_id=2)
        call = await make_call(session, customer_id=gone, caller_number=OTHER, org_id=2)
        session.add(ContactRow(customer_id=gone, kind="email", value="ivan@example.test", is_main=True))
        await give_consent(session, gone, ConsentKind.ADS, at=clock.now(), source="site")
        session.add(
            CustomerClaimRow(
                customer_id=gone, org_id=2, at=clock.now(), until=clock.now() + timedelta(days=9)
            )
        )
    (pair,) = await change.duplicates(ADMIN)
    assert (pair.first_id, pair.second_id, pair.why) == (kept, gone, "name")
    wanted = Merge(kept, gone, Choice(frozenset({"note"})), (1, 1))
    with pytest.raises(Forbidden):
        await change.merge(OPERATOR, wanted)
    with pytest.raises(NotFound):
        await change.merge(DEALER, wanted)
    with pytest.raises(NotAllowedNow):
        await change.merge(ADMIN, Merge(kept, kept, Choice(), (1, 1)))
    done = await asyncio.gather(
        *(change.merge(ADMIN, one) for one in (wanted, Merge(gone, kept, Choice(), (1, 1)))),
        return_exceptions=True,
    )
    merge_id = next(one for one in done if isinstance(one, int))
    assert [type(one) for one in done if not isinstance(one, int)] in (
        [NotAllowedNow],
        [Conflict],
        [NotFound],
    )
    async with database.session() as session:
        row = await session.get_one(CustomerMergeRow, merge_id)
        stays, left = row.kept_id, row.merged_id
        view = await customer_view(session, ADMIN, stays, clock.now())
        with pytest.raises(NotFound):
            await customer_view(session, ADMIN, left, clock.now())
        assert await merged_into(session, ADMIN, left) == stays
        assert await has_consent(session, stays, ConsentKind.ADS)
        assert (await session.get_one(CallRow, call.id)).customer_id == stays
        assert (await session.get_one(OrderRow, order.id)).customer_id == stays
    assert sorted(one.phone.e164 for one in view.contacts if one.phone) == [PHONE, OTHER]
    assert sum(one.is_main for one in view.contacts if one.phone) == 1
    assert (view.tags, view.orders_count, view.calls_count, view.held_by != "") == (("опт",), 1, 1, True)
    assert await change.duplicates(ADMIN) == ()

    assert await change.undo_merge(ADMIN, merge_id) == stays
    with pytest.raises(NotAllowedNow):
        await change.undo_merge(ADMIN, merge_id)
    async with database.session() as session:
        first = await customer_view(session, ADMIN, kept, clock.now())
        second = await customer_view(session, ADMIN, gone, clock.now())
    assert [one.phone.e164 for one in first.contacts if one.phone] == [PHONE]
    assert [(one.phone.e164, one.is_main) for one in second.contacts if one.phone] == [(OTHER, True)]
    assert (first.note, first.tags, second.note, second.tags) == ("", ("опт",), "звонить днём", ())
    assert (first.orders_count, second.orders_count, second.calls_count) == (0, 1, 1)
    assert second.held_by


async def test_a_dealer_learns_only_free_or_taken(
    database: Database, clock: FakeClock, change: ChangeCustomers
) -> None:
    known = await made(database, clock, phone=PHONE, name="Тайный Покупатель", inn=INN)
    assert (await change.check_claim(DEALER, "8 916 123-45-67")).state is ClaimState.FREE
    assert (await change.check_claim(DEALER, "8 916 000-00-00")).state is ClaimState.FREE
    clock.advance(timedelta(minutes=1))
    assert await change.register(DEALER, NewClaim(PHONE, "", "")) == known
    async with database.session() as session:
        (claim,) = await claims_of(session, DEALER, clock.now())
        with pytest.raises(NotFound):  # a number that one types opens nobody's card
            await customer_view(session, DEALER, known, clock.now())
        assert await claims_of(session, RIVAL, clock.now()) == ()
    assert ("Тайный" in claim.name, PHONE[-7:] in claim.contact) == (False, False)
    until = claim.until
    for asked in (INN, PHONE):
        answer = await change.check_claim(RIVAL, asked)
        assert (answer.state, answer.until) == (ClaimState.TAKEN, until)
    with pytest.raises(Conflict) as refused:
        await change.register(RIVAL, NewClaim("", INN, "Наш"))
    assert refused.value.details["until"] == until
    assert (await change.check_claim(SUBDEALER, INN)).state is ClaimState.TAKEN
    assert (await change.check_claim(DEALER, INN)).state is ClaimState.OWN
    fresh = await change.register(RIVAL, NewClaim("", PERSONS_INN, "Свой Клиент"))
    async with database.session() as session:
        assert (await customer_view(session, RIVAL, fresh, clock.now())).name == "Свой Клиент"
    for wrong in (NewClaim("", "", "x"), NewClaim("12", "", ""), NewClaim("", "123", "")):
        with pytest.raises(Invalid):
            await change.register(RIVAL, wrong)
    with pytest.raises(NotFound):
        await change.release(RIVAL, claim.id)

    clock.advance(timedelta(days=60))  # an order keeps it
    async with database.transaction() as session:
        row = await session.get_one(CustomerRow, known)
        await make_order(session, row, org_id=DEALER.org_id, created_at=clock.now(), number=900)
    clock.advance(timedelta(days=60))
    assert (await change.check_claim(RIVAL, INN)).state is ClaimState.TAKEN
    clock.advance(timedelta(days=31))
    assert (await change.check_claim(RIVAL, INN)).state is ClaimState.FREE
    done = await asyncio.gather(
        *(change.register(viewer, NewClaim(PHONE, "", "")) for viewer in (RIVAL, DEALER)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "int"]

    clock.advance(timedelta(hours=2))
    for _ in range(CHECKS):
        await change.check_claim(RIVAL, PHONE)
    with pytest.raises(TooMany):
        await change.check_claim(RIVAL, PHONE)
    with pytest.raises(TooMany):
        await change.register(RIVAL, NewClaim("", INN, ""))
    async with database.session() as session:
        rows = list(await session.scalars(select(AuditRow).where(AuditRow.action == "claim:checked")))
    assert len(rows) > CHECKS
    assert PHONE not in str([row.data for row in rows])


HIS_WORDS = (
    "Пётр",
    "метро",
    "Тихая",
    "Новая",
    PHONE[-7:],
    OTHER[-7:],
    PERSONS_INN,
    "petr@",
    "192.0.2.9",
    "паспорт",
)


async def live(database: Database, clock: FakeClock, change: ChangeCustomers, who: int, number: int) -> None:
    """Everything that may leave words about a person: on his card and orders, in inboxes, letters, imports, the audit."""
    now, at = clock.now(), {"at": clock.now()}
    async with database.session() as session:
        version = (await session.get_one(CustomerRow, who)).version
    fields = CustomerFields("Пётр Ильич", "person", PERSONS_INN, "", "живёт у метро", "Пётр")
    await change.save(ADMIN, who, fields, version)
    await change.add_contact(ADMIN, who, "petr@example.test")
    twin = await made(database, clock, phone=OTHER, name="Пётр Забытый")
    await change.merge(ADMIN, Merge(who, twin, Choice(), (version + 1, 1)))
    async with database.transaction() as session:
        order = (await session.scalars(select(OrderRow).where(OrderRow.number == number))).one()
        order.status_class = "work"
        await change_place(session, ADMIN, number, Place("Москва", "ул. Новая, 7"), shown=0, now=now)
        await comment_order(session, ADMIN, number, f"Пётр просит звонить {PHONE}", now=now, is_public=True)
        order.status_class, order.result = "closed", "done"
        own = {"order_id": order.id}
        line = {"position": 1, "name": f"Доска {PHONE}", "quantity_m": 1000, "price": 1, "total_kopecks": 1}
        session.add(OrderLineRow(**own, **line, params={"тел": PHONE}))
        session.add(OrderFileRow(**own, **at, sha256="0" * 64, name="паспорт.pdf", size=1, media_type="x"))
        refused = {"run": 1, "org_id": 2, "note": "Пётр передумал"}
        session.add(OrderDeclineRow(**own, **at, **refused))
        session.add(ImportJobRow(file_name="a.csv", sha256="", state="applied", **at))
        await session.flush()
        session.add(ImportRowRow(job_id=1, line=1, raw={"имя": "Пётр"}, **own))
        feedback = {"kind": "review", "org_id": 2, "customer_id": who, "text": "Я Пётр", "answer": "Пётр, да"}
        session.add(FeedbackRow(**own, **at, **feedback))
        asked = {"cycle": 1, "org_id": 2, "token_hash": "t", "result": "done", "made_at": now}
        session.add(SurveyRow(**own, **asked, text="Пётр доволен"))
        letter = {"channel": "email", "address": "m@example.test", "body": "Клиент Пётр", "due_at": now}
        session.add(DeliveryRow(**own, **letter, made_at=now, dedupe_key="to-manager"))
        notice = {"topic": "t", "level": "info", "title": "Пётр", "url": f"/orders/{number}"}
        session.add(NoticeRow(**notice, **at, user_id=2, dedupe_key="n"))
        call = (await session.scalars(select(CallRow).where(CallRow.customer_id == who))).one()
        session.add(LinkedidRow(linkedid="l1", call_row_id=call.id))
        told = dict.fromkeys(("channel", "context", "application", "peer", "caller_name"), "Пётр")
        told |= {"extension": PHONE, "application_data": f"PJSIP/{PHONE}@t", "caller_number": PHONE}
        told |= dict.fromkeys(("channel", "context", "application", "peer"), "")
        of_pbx = {"event_type": "CHAN_START", "uniqueid": "u1", "linkedid": "l1", "extra": "{}"}
        session.add(CelRow(**of_pbx, **at, **told))


async def tables_with(database: Database, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every word of these that stands in any cell of any table."""
    found = []
    async with database.session() as session:
        for table in Base.metadata.sorted_tables:
            rows = str((await session.execute(select(table))).all())
            found += [(table.name, word) for word in words if word in rows]
    return found


async def test_a_customer_is_forgotten_and_the_books_stay(
    database: Database, clock: FakeClock, change: ChangeCustomers
) -> None:
    who = await made(database, clock, phone=PHONE, name="Пётр Забытый", note="у метро", inn=PERSONS_INN)
    async with database.transaction() as session:
        row = await session.get_one(CustomerRow, who)
        order = await make_order(
            session, row, org_id=2, address="ул. Тихая, 5", total_kopecks=891_000, status_class="work"
        )
        text = {"text": "Пётр ждёт у метро", "is_public": True}
        await add_event(session, order.id, OrderEventKind.COMMENT, at=clock.now(), data=text)
        ended = {"ended_at": clock.now(), "caller_number": PHONE, "caller_name": "Пётр", "talk_s": 60}
        call = await make_call(session, customer_id=who, org_id=2, **ended)
        recording = RecordingRow(
            call_row_id=call.id,
            call_id=call.call_id,
            base="b",
            state="ready",
            path="b.mp3",
            started_at=clock.now(),
        )
        session.add(recording)
        await session.flush()
        copy = {"store": "local", "mime": "", "size_bytes": 1, "sha256": "", "at": clock.now()}
        for kind in ("mp3", "opus"):
            session.add(RecordingCopyRow(recording_id=recording.id, format=kind, path=f"b.{kind}", **copy))
        session.add(RecordingHoldRow(recording_id=recording.id, reason="Спор", at=clock.now()))
        await give_consent(session, who, ConsentKind.ADS, at=clock.now(), source="site", ip="192.0.2.9")
        session.add(
            DeliveryRow(
                channel="sms",
                address=PHONE,
                body="Пётр, заказ готов",
                customer_id=who,
                made_at=clock.now(),
                due_at=clock.now(),
                dedupe_key="x",
            )
        )
    asked = {"reason": "Письмо от 12 марта", "typed": "удалить", "with_recordings": True}
    with pytest.raises(Forbidden):
        await change.forget(OPERATOR, who, **asked)
    with pytest.raises(NotFound):
        await change.forget(RIVAL, who, **asked)
    with pytest.raises(Invalid):
        await change.forget(ADMIN, who, **asked | {"typed": "да"})
    with pytest.raises(NotAllowedNow):
        await change.forget(ADMIN, who, **asked)
    async with database.transaction() as session:
        (await session.get_one(OrderRow, order.id)).status_class = "closed"
    with pytest.raises(NotAllowedNow) as held:
        await change.forget(ADMIN, who, **asked)
    assert held.value.code == "recordings-held"
    async with database.transaction() as session:
        (await session.scalars(select(RecordingHoldRow))).one().released_at = clock.now()
    await live(database, clock, change, who, order.number)
    gone = await change.forget(ADMIN, who, **asked)
    assert (gone.recordings, gone.files) == (("b.mp3", "b.opus"), ("0" * 64,))
    assert await tables_with(database, HIS_WORDS) == []
    async with database.session() as session:
        view = await customer_view(session, ADMIN, who, clock.now())
        stays = await session.get_one(OrderRow, order.id)
        event = await session.scalar(select(OrderEventRow).where(OrderEventRow.order_id == order.id))
        ring = await session.get_one(CallRow, call.id)
        sent = await session.scalar(select(DeliveryRow))
        consent = await session.scalar(select(ConsentRow))
        assert not await has_consent(session, who, ConsentKind.ADS)
        assert (await find_customers(session, ADMIN)).customers == ()
    assert "Пётр" not in repr(view)
    assert (stays.total_kopecks, ring.talk_s, event.data["is_public"], consent.ip) == (891_000, 60, True, "")
    assert (view.forgotten_at, view.rights.may_change, sent.state) == (clock.now(), False, "dead")
    for again in (change.forget(ADMIN, who, **asked), change.add_contact(ADMIN, who, PHONE)):
        with pytest.raises(NotFound):
            await again
