"""People of the head office: invited, changed and sent away by administrators alone, of whom one always remains."""

import asyncio

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.kernel.ids import ActingAs
from callcore.network.audit_log import AuditFilter, find_audit
from callcore.network.change_people import ChangePeople, person
from callcore.network.invites import Invites
from callcore.network.model import Role, Viewer
from callcore.network.sessions import find_viewer
from callcore.network.sign_in import SignIn
from callcore.network.staff import PeopleFilter, find_people, staff_links
from callcore.network.tables import UserRow
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

PASSWORD = "длинный пароль 2026"
Viewers = dict[str, Viewer]


@pytest.fixture
async def viewers(database: Database) -> Viewers:
    async with database.transaction() as session:
        office = await make_org(session)
        dealer = await make_org(session, parent=office, name="Двери Урала")
        people = {
            name: await make_user(session, org, role=role, full_name=name)
            for name, role, org in (
                ("Первый", "admin", office),
                ("Второй", "admin", office),
                ("Смотрящий", "supervisor", office),
                ("Оператор", "operator", office),
                ("Владелец", "dealer_owner", dealer),
            )
        }
        return {name: await find_viewer(session, row.id) for name, row in people.items()}


async def test_an_administrator_invites_and_changes_people_of_the_head_office(
    database: Database, clock: FakeClock, viewers: Viewers
) -> None:
    invites, change = Invites(database, clock), ChangePeople(database, clock)
    admin, supervisor, operator = viewers["Первый"], viewers["Смотрящий"], viewers["Оператор"]
    for viewer in (supervisor, operator, viewers["Владелец"]):
        with pytest.raises(Forbidden):
            await invites.invite_staff(viewer, "new@example.test", Role.ADMIN)
    for email, role in (("новый", Role.OPERATOR), ("new@example.test", Role.DEALER_OWNER)):
        with pytest.raises(Invalid):
            await invites.invite_staff(admin, email, role)
    link = await invites.invite_staff(admin, "new@example.test", Role.MARKETER)
    async with database.session() as session:
        assert [one.email for one in await staff_links(session, admin, clock.now())] == ["new@example.test"]
        assert await staff_links(session, supervisor, clock.now()) == ()
    await invites.accept(link.token, "Новая Сотрудница", PASSWORD, "192.0.2.1")
    signed = await SignIn(database, clock).sign_in("new@example.test", PASSWORD, "192.0.2.1", "")
    assert signed.viewer.role is Role.MARKETER

    await change.set_role(admin, signed.viewer.user_id, Role.SUPERVISOR)
    assert (
        await SignIn(database, clock).viewer(signed.token) is None
    )  # another role begins with another session
    with pytest.raises(Invalid):
        await change.set_role(admin, signed.viewer.user_id, Role.DEALER_MANAGER)
    for viewer, refusal in ((supervisor, Forbidden), (operator, NotFound), (viewers["Владелец"], NotFound)):
        with pytest.raises(refusal):
            await change.set_active(viewer, signed.viewer.user_id, is_on=False)
    async with database.session() as session:
        assert (await person(session, supervisor, operator.user_id)).is_staff
        with pytest.raises(NotFound):
            await person(session, operator, supervisor.user_id)
        page = await find_people(session, supervisor, PeopleFilter(), limit=4)
        rest = await find_people(session, supervisor, PeopleFilter(), after=page.next_after, limit=4)
        assert len(page.people) + len(rest.people) == 5
        found = await find_people(session, supervisor, PeopleFilter(of_dealers=True, text="двери"))
        assert [one.full_name for one in found.people] == ["Владелец"]
        with pytest.raises(Forbidden):
            await find_people(session, operator, PeopleFilter())


async def test_two_administrators_who_send_each_other_away_do_not_both_go(
    database: Database, clock: FakeClock, viewers: Viewers
) -> None:
    change = ChangePeople(database, clock)
    first, second = viewers["Первый"], viewers["Второй"]
    with pytest.raises(NotAllowedNow):
        await change.set_active(first, first.user_id, is_on=False)
    done = await asyncio.gather(
        change.set_active(first, second.user_id, is_on=False),
        change.set_role(second, first.user_id, Role.OPERATOR),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["Forbidden", "str"]
    async with database.session() as session:
        left = await session.scalars(select(UserRow.id).where(UserRow.role == "admin", UserRow.is_active))
        assert len(list(left)) == 1


async def test_the_audit_names_who_did_it_and_in_whose_place(
    database: Database, clock: FakeClock, viewers: Viewers
) -> None:
    owner, manager = viewers["Владелец"], viewers["Первый"]
    acting = Viewer(
        **{name: getattr(owner, name) for name in Viewer.__slots__}
        | {"user_id": ActingAs(owner.user_id, manager.user_id)}
    )
    assert (acting.acting_id, owner.acting_id) == (manager.user_id, None)
    async with database.transaction() as session:
        row = await make_user(session, await make_org(session), role="dealer_manager")
        assert row.id
    link = await Invites(database, clock).invite(
        acting, owner.org_id, "guest@example.test", Role.DEALER_MANAGER
    )
    async with database.session() as session:
        row = await session.scalar(select(AuditRow).where(AuditRow.action == "invite:made"))
        assert row is not None
        assert (row.actor_id, row.on_behalf_id) == (manager.user_id, owner.user_id)
        (line,) = await find_audit(session, viewers["Смотрящий"], AuditFilter(person="владелец"))
        assert (line.actor, line.on_behalf, line.entity_id) == ("Первый", "Владелец", str(link.id))
        assert await find_audit(session, manager, AuditFilter(subject="order")) == ()
        with pytest.raises(Forbidden):
            await find_audit(session, viewers["Оператор"], AuditFilter())
