"""Pauses begin, end and end by themselves; routing reads them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.change_pauses import ChangePauses, pause_of, paused_people
from callcore.network.directory import load_directory
from callcore.network.model import Role, Viewer
from callcore.network.pauses import open_pauses
from callcore.network.staff_tables import PauseRow
from tests.factories.network import make_org, make_phone, make_user

pytestmark = pytest.mark.integration


def seen(user, org, role, *phones):
    return Viewer(user.id, user.full_name, role, org.id, org.name, org.path, phones, "Europe/Moscow")


@pytest.fixture
async def people(database):
    async with database.transaction() as session:
        root = await make_org(session)
        dealer, other = await make_org(session, parent=root), await make_org(session, parent=root)
        operator, chief = await make_user(session, root), await make_user(session, root)
        seller, owner = await make_user(session, dealer), await make_user(session, other)
        phone = await make_phone(session, user=operator)
        return {
            "operator": seen(operator, root, Role.OPERATOR, phone.id),
            "chief": seen(chief, root, Role.SUPERVISOR),
            "seller": seen(seller, dealer, Role.DEALER_MANAGER, 77),
            "owner": seen(owner, other, Role.DEALER_OWNER),
        }


@pytest.fixture
def pauses(database, clock):
    return ChangePauses(database, clock)


async def test_a_pause_ends_by_itself_and_routing_knows(database, clock, pauses, people):
    await pauses.begin(people["operator"], "обед", 30)
    async with database.session() as session:
        (phone,) = [p for p in (await load_directory(session, clock.now())).phones if p.person]
        assert phone.person.pause == "обед"
        assert phone.person.paused_until == clock.now() + timedelta(minutes=30)
        later = clock.now() + timedelta(minutes=30)
        assert await pause_of(session, people["operator"].user_id, later) is None
        assert await open_pauses(session, later) == {}


async def test_a_second_pause_takes_the_place_of_the_first(database, clock, pauses, people):
    await pauses.begin(people["operator"], "обед", 15)
    clock.advance(3600)
    await pauses.begin(people["operator"], "совещание")
    async with database.session() as session:
        first, second = await session.scalars(select(PauseRow).order_by(PauseRow.id))
        actions = list(await session.scalars(select(AuditRow.action)))
    assert first.ended_at == first.until, "it had ended by itself"
    assert (second.reason, second.until, second.ended_at) == ("совещание", None, None)
    assert actions == ["pause:begun", "pause:begun"]


async def test_who_may_end_whose(database, clock, pauses, people):
    await pauses.begin(people["seller"], "перерыв")
    with pytest.raises(NotFound):
        await pauses.end(people["owner"], people["seller"].user_id)
    with pytest.raises(Forbidden):
        await pauses.end(people["operator"], people["seller"].user_id)
    async with database.session() as session:
        assert await paused_people(session, people["owner"], clock.now()) == ()
        assert len(await paused_people(session, people["chief"], clock.now())) == 1
    await pauses.end(people["chief"], people["seller"].user_id)
    await pauses.end(people["seller"])
    async with database.session() as session:
        assert await paused_people(session, people["chief"], clock.now()) == ()


async def test_what_makes_no_pause(pauses, people):
    for reason, minutes in (("", None), ("ы" * 61, None), ("а\nб", None), ("обед", 7)):
        with pytest.raises(Invalid):
            await pauses.begin(people["operator"], reason, minutes)
    with pytest.raises(Forbidden):
        await pauses.begin(people["chief"], "обед")
