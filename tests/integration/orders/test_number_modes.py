"""When a dealer sees a number: every mode at every level, before and after a talk, on every way out of the database."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.queries import journal
from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.settings import CallSettings, FirstCall, write_call_settings
from callcore.calls.tables import CallRow
from callcore.calls.views import JournalFilter
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.access_tables import SettingRow
from callcore.network.model import PhonePolicy
from callcore.network.tables import OrgRow
from callcore.orders.card_queries import order_card
from callcore.orders.contact import prove_contacts
from callcore.orders.customer_list import find_customers
from callcore.orders.queries import list_orders
from callcore.orders.tables import OrderRow
from callcore.orders.views import OrderFilter
from callcore.outbound.reveal import is_reveal_due, open_attempted
from tests.factories.sales import make_call, make_customer, make_order
from tests.integration.orders.stage import ADMIN, DEALER, NOW, RIVAL, fill

pytestmark = pytest.mark.integration

NUMBER = "+79124401825"
OPEN, FIRST, NEVER = PhonePolicy.OPEN, PhonePolicy.UNTIL_FIRST_CALL, PhonePolicy.NEVER


async def build(database: Database) -> None:
    """Order 41 of dealer 2; order 42 of the same customer, his too; a call on 41 that did not last."""
    await fill(database)
    async with database.transaction() as session:
        customer = await make_customer(session, phone=NUMBER, name="Прасковья")
        accepted = {"org_id": 2, "status": "accepted", "status_class": "waiting"}
        first = await make_order(session, customer, number=41, **accepted)
        await make_order(session, customer, number=42, **accepted)
        await make_call(
            session,
            call_id="talk",
            started_at=NOW,
            ended_at=NOW + timedelta(minutes=1),
            talk_s=3,
            result="answered",
            caller_number=NUMBER,
            org_id=2,
            user_id=2,
            customer_id=customer.id,
            order_id=first.id,
        )


async def configure(database: Database, **settings: object) -> None:
    async with database.transaction() as session:
        shown = await session.scalar(select(SettingRow.version).where(SettingRow.key == "calls")) or 0
        await write_call_settings(session, CallSettings(**settings), shown=shown, at=NOW, user_id=1)


async def change(database: Database, *statements: object) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(statement)


async def add_stranger(database: Database) -> None:
    """Another customer of dealer 2, with whom nobody has talked."""
    async with database.transaction() as session:
        customer = await make_customer(session, phone="+79124401999", name="Степан")
        await make_order(session, customer, number=50, org_id=2, status="accepted", status_class="waiting")
        await session.execute(update(OrderRow).where(OrderRow.number == 50).values(phone_policy=FIRST))


async def sees(database: Database, number: int = 41) -> bool:
    """Whether dealer 2 sees it; all that show or search it must say the same."""
    async with database.session() as session:
        card = await order_card(session, DEALER, number)
        (brief,) = (await list_orders(session, DEALER, OrderFilter(numbers=(number,)))).items
        calls = (await journal(session, DEALER, JournalFilter())).items
        found = (await journal(session, DEALER, JournalFilter(number="0-18-25"))).items
        customers = (await find_customers(session, DEALER, "4401825")).customers
        assert (await order_card(session, ADMIN, number)).order.phone.e164 == NUMBER
        assert (await find_customers(session, RIVAL, "4401825")).customers == ()
        assert (await find_customers(session, DEALER, "4401999")).customers == ()
        assert (await list_orders(session, DEALER, OrderFilter(text="4401999"))).items == ()
        listed = (await list_orders(session, DEALER, OrderFilter(text="4401825"))).items
    is_shown = not card.order.phone.is_hidden
    assert brief.phone.is_hidden is not is_shown
    if number == 41:
        assert [call.phone.is_hidden for call in calls] == [not is_shown]
        assert len(found) == len(customers) == is_shown
        assert bool(listed) is is_shown
    return is_shown


# network, dealer, order; seen before a talk, after it
MODES = (
    (FIRST, "", "", False, True),
    (OPEN, "", "", True, True),
    (NEVER, "", "", False, False),
    (NEVER, FIRST, "", False, True),
    (OPEN, NEVER, "", False, False),
    (NEVER, NEVER, FIRST, False, True),
    (FIRST, OPEN, NEVER, False, False),
    (NEVER, FIRST, OPEN, True, True),
)


async def test_the_nearest_mode_wins(database) -> None:
    await build(database)
    await add_stranger(database)
    for network, dealer, order, before, after in MODES:
        await configure(database, phone_policy=network)
        await change(
            database,
            update(OrgRow).where(OrgRow.id == 2).values(phone_policy=dealer),
            update(OrderRow).where(OrderRow.number != 50).values(phone_policy=order),
            update(CallRow).values(talk_s=3),
        )
        assert await sees(database) is before, (network, dealer, order)
        await change(database, update(CallRow).values(talk_s=15))
        assert await sees(database) is after, (network, dealer, order)


async def test_one_order_that_never_opens_hides_the_number_everywhere(database) -> None:
    await build(database)
    await change(
        database,
        update(CallRow).values(talk_s=90),
        update(OrderRow).where(OrderRow.number == 42).values(phone_policy=NEVER),
    )
    assert not await sees(database)
    await change(database, update(OrderRow).where(OrderRow.number == 42).values(deleted_at=NOW))
    assert await sees(database)


async def test_what_proves_is_a_setting_and_what_was_opened_stays_open(database) -> None:
    await build(database)
    await configure(database, proven_talk_s=3)
    await change(database, update(OrderRow).values(phone_policy=NEVER))
    async with database.transaction() as session:
        assert await prove_contacts(session, now=NOW + timedelta(minutes=2)) == 1
        assert await session.scalar(select(func.count()).select_from(PhoneRevealRow)) == 0
        await session.execute(update(OrderRow).values(phone_policy="", contacted_at=None))
    async with database.transaction() as session:
        assert await prove_contacts(session, now=NOW + timedelta(minutes=2)) == 1
        assert await prove_contacts(session, now=NOW + timedelta(minutes=2)) == 0
    assert await sees(database)
    await configure(database, proven_talk_s=60)
    assert await sees(database)
    async with database.session() as session:
        (reveal,) = await session.scalars(select(PhoneRevealRow))
        audits = await session.scalars(select(AuditRow).where(AuditRow.action == "phone:revealed"))
        (audit,) = audits
    assert (reveal.org_id, reveal.call_id, reveal.user_id, reveal.number) == (2, "talk", 2, NUMBER)
    assert NUMBER[1:] not in str(audit.data)
    assert audit.data["why"] == "answered"
    await change(database, update(OrgRow).where(OrgRow.id == 2).values(phone_policy=NEVER))
    assert not await sees(database)


async def test_each_order_may_have_its_own_first_call(database) -> None:
    await build(database)
    await change(database, update(CallRow).values(talk_s=90))
    assert await sees(database, 42)
    await configure(database, reveals_other_orders=False)
    assert not await sees(database, 42)
    assert await sees(database, 41)


async def test_a_call_that_was_tried_may_open_the_number(database) -> None:
    await build(database)
    async with database.transaction() as session:
        order = await session.scalar(select(OrderRow).where(OrderRow.number == 41))
        usual = {"state": "ended", "number": NUMBER, "cli": "+74950000001", "kind": "order", "open_key": None}
        mine = {
            "org_id": 2,
            "user_id": 2,
            "order_id": order.id,
            "customer_id": order.customer_id,
            "made_at": NOW,
        }
        tried = {"call_id": "out-1", "key": "k1", "dialled_at": NOW, "result": "no_answer"}
        never_sent = {"call_id": "out-2", "key": "k2", "result": "ours_no_answer"}
        session.add_all([AttemptRow(**usual, **mine, **tried), AttemptRow(**usual, **mine, **never_sent)])
    assert not await database.read(lambda connection: is_reveal_due(connection, NOW))
    await configure(database, first_call=FirstCall.ATTEMPTED)
    assert await database.read(lambda connection: is_reveal_due(connection, NOW))
    async with database.transaction() as session:
        assert [await open_attempted(session, now=NOW) for _ in range(2)] == [1, 0]
        reveals = await session.scalar(select(func.count()).select_from(PhoneRevealRow))
    assert reveals == 1
    assert await sees(database)
