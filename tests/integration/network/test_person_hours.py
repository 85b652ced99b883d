"""Hours of a person: whose may be seen and changed by whom, and nothing is lost between two editors."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.days import DayException
from callcore.network.directory import load_directory
from callcore.network.model import Role, Viewer
from callcore.network.person_hours import ChangePersonHours, person_hours
from callcore.network.tables import OrgRow
from tests.factories.network import make_org, make_phone, make_user

pytestmark = pytest.mark.integration

WEEK = {"mon": [["10:00", "16:00"]]}


def seen(user, org, role):
    return Viewer(user.id, user.full_name, role, org.id, org.name, org.path, (), "Europe/Moscow")


@pytest.fixture
async def people(database):
    async with database.transaction() as session:
        root = await make_org(session)
        dealer, other = await make_org(session, parent=root), await make_org(session, parent=root)
        users = {
            "operator": seen(await make_user(session, root), root, Role.OPERATOR),
            "colleague": seen(await make_user(session, root), root, Role.OPERATOR),
            "chief": seen(await make_user(session, root), root, Role.SUPERVISOR),
            "seller": seen(seller := await make_user(session, dealer), dealer, Role.DEALER_MANAGER),
            "stranger": seen(await make_user(session, other), other, Role.DEALER_OWNER),
        }
        await make_phone(session, user=seller)
        dealer.name = "Вектор"
        return users


@pytest.fixture
def change(database, clock):
    return ChangePersonHours(database, clock)


async def version(database, viewer, user_id):
    async with database.session() as session:
        return (await person_hours(session, viewer, user_id)).version


async def test_own_hours_are_read_by_routing(database, clock, change, people):
    chief, seller = people["chief"], people["seller"]
    shown = await version(database, chief, seller.user_id)
    await change.set_hours(chief, seller.user_id, WEEK, works_on_holidays=True, version=shown)
    async with database.session() as session:
        (phone,) = (await load_directory(session, clock.now())).phones
    assert (phone.person.hours, phone.person.works_on_holidays) == (WEEK, True)
    with pytest.raises(Conflict):
        await change.set_hours(chief, seller.user_id, None, works_on_holidays=False, version=shown)


async def test_days_off_and_other_hours_reach_routing_and_go(database, clock, change, people):
    chief, seller = people["chief"], people["seller"]
    today = clock.now().date()
    leave = [today + timedelta(days=number) for number in range(3)]
    await change.set_days(chief, seller.user_id, leave, (), "отпуск")
    await change.set_days(seller, seller.user_id, leave[1:2], (["10:00", "12:00"],), "")
    await change.remove_day(seller, seller.user_id, leave[2])
    async with database.session() as session:
        (phone,) = (await load_directory(session, clock.now())).phones
        known = await person_hours(session, chief, seller.user_id, today)
        actions = [row.action for row in await session.scalars(select(AuditRow).order_by(AuditRow.id))]
    expected = (DayException(leave[0], (), "отпуск"), DayException(leave[1], (("10:00", "12:00"),), ""))
    assert phone.person.exceptions == known.exceptions == expected
    assert actions == ["exception:set", "exception:set", "exception:removed"]
    with pytest.raises(Forbidden):
        await change.set_days(people["colleague"], people["operator"].user_id, leave, (), "")
    with pytest.raises(NotFound):
        await change.remove_day(people["stranger"], seller.user_id, leave[0])
    with pytest.raises(Invalid):
        await change.set_days(seller, seller.user_id, [today + timedelta(days=400)], (), "")


@pytest.mark.parametrize(
    ("who", "whose", "refusal"),
    [
        ("operator", "operator", None),
        ("seller", "seller", None),
        ("chief", "operator", None),
        ("colleague", "operator", Forbidden),
        ("operator", "seller", Forbidden),
        ("stranger", "seller", NotFound),
        ("seller", "operator", NotFound),
    ],
)
async def test_who_may_change_whose(database, change, people, who, whose, refusal):
    viewer, target = people[who], people[whose].user_id
    shown = await version(database, people["chief"], target)
    act = change.set_hours(viewer, target, WEEK, works_on_holidays=False, version=shown)
    if refusal is None:
        await act
        return
    with pytest.raises(refusal):
        await act


async def test_people_of_a_suspended_dealer_only_read(database, change, people):
    seller = people["seller"]
    async with database.transaction() as session:
        (await session.get_one(OrgRow, seller.org_id)).state = "suspended"
    shown = await version(database, seller, seller.user_id)
    with pytest.raises(NotAllowedNow):
        await change.set_hours(seller, seller.user_id, WEEK, works_on_holidays=False, version=shown)
