"""A person joins, gets a new password, leaves."""

import asyncio

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.model import Role
from callcore.network.people import NewPerson, People
from callcore.network.sign_in import SignIn
from tests.factories.network import make_org
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

PASSWORD = "достаточно длинный"


@pytest.fixture
async def org_id(database: Database) -> int:
    async with database.transaction() as session:
        return (await make_org(session, tz="Asia/Omsk")).id


@pytest.fixture
def people(database: Database, clock: FakeClock) -> People:
    return People(database, clock)


def new(org_id: int, email: str = "ivan@example.test", password: str = PASSWORD) -> NewPerson:
    return NewPerson(org_id, email, "Иван", Role.SUPERVISOR, password)


async def test_a_new_person_can_sign_in(
    people: People, database: Database, clock: FakeClock, org_id: int
) -> None:
    user_id = await people.add(new(org_id, email=" Ivan@Example.test"), actor_id=None)
    signed = await SignIn(database, clock).sign_in("ivan@example.test", PASSWORD, "192.0.2.1", "")
    assert signed.viewer.user_id == user_id
    assert signed.viewer.tz == "Asia/Omsk"


async def test_an_email_belongs_to_one_person(people: People, org_id: int) -> None:
    results = await asyncio.gather(
        *(people.add(new(org_id), actor_id=None) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2


@pytest.mark.parametrize(
    ("email", "password"),
    [("ivan", PASSWORD), ("@", PASSWORD), ("i@x\x00.ru", PASSWORD), ("i@x.ru", "short")],
)
async def test_bad_input_names_the_field(people: People, org_id: int, email: str, password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await people.add(new(org_id, email, password), actor_id=None)
    assert set(refusal.value.details["fields"]) == {"password" if password == "short" else "email"}


async def test_an_unknown_organisation_or_person(people: People, org_id: int) -> None:
    with pytest.raises(NotFound):
        await people.add(new(org_id + 1), actor_id=None)
    with pytest.raises(NotFound):
        await people.set_password(1, PASSWORD, actor_id=None)


async def test_a_new_password_ends_every_session(
    people: People, database: Database, clock: FakeClock, org_id: int
) -> None:
    user_id = await people.add(new(org_id), actor_id=None)
    sign_in = SignIn(database, clock)
    old = await sign_in.sign_in("ivan@example.test", PASSWORD, "192.0.2.1", "")
    await people.set_password(user_id, PASSWORD + "!", actor_id=user_id)
    assert await sign_in.viewer(old.token) is None
    with pytest.raises(Forbidden):
        await sign_in.sign_in("ivan@example.test", PASSWORD, "192.0.2.1", "")
    await sign_in.sign_in("ivan@example.test", PASSWORD + "!", "192.0.2.1", "")


async def test_who_left_is_out_at_once(
    people: People, database: Database, clock: FakeClock, org_id: int
) -> None:
    user_id = await people.add(new(org_id), actor_id=None)
    sign_in = SignIn(database, clock)
    signed = await sign_in.sign_in("ivan@example.test", PASSWORD, "192.0.2.1", "")
    await people.set_active(user_id, is_active=False, actor_id=None)
    assert await sign_in.viewer(signed.token) is None
    await people.set_active(user_id, is_active=True, actor_id=None)
    assert await sign_in.viewer(signed.token) is None
    async with database.session() as session:
        actions = list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))
    assert actions == ["user:added", "user:signed-in", "user:deactivated", "user:activated"]
