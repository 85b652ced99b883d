"""People sign in, stay signed in and sign out, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, func, select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, TooMany
from callcore.network.model import Role
from callcore.network.passwords import PasswordCheck, hash_password
from callcore.network.sign_in import SignedIn, SignIn
from callcore.network.tables import SessionRow, SignInAttemptRow, UserRow
from tests.factories.network import make_org, make_outlet, make_phone, make_user
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "правильный пароль"
EMAIL = "anna@example.test"


@pytest.fixture
async def user(database: Database) -> UserRow:
    async with database.transaction() as session:
        org = await make_org(session, name="Фабрика")
        return await make_user(
            session, org, email=EMAIL, full_name="Анна", password_hash=hash_password(PASSWORD, hasher=CHEAP)
        )


@pytest.fixture
def sign_in(database: Database, clock: FakeClock) -> SignIn:
    return SignIn(database, clock, PasswordCheck(CHEAP))


async def enter(
    sign_in: SignIn, email: str = EMAIL, password: str = PASSWORD, ip: str = "192.0.2.1"
) -> SignedIn:
    return await sign_in.sign_in(email, password, ip, "Browser/1.0")


async def actions(database: Database) -> list[str]:
    async with database.session() as session:
        return list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


async def test_a_right_password_opens_a_session(sign_in: SignIn, user: UserRow, database: Database) -> None:
    signed = await enter(sign_in, email="  ANNA@Example.Test ")
    assert signed.viewer.user_id == user.id
    assert signed.viewer.role is Role.OPERATOR
    assert signed.viewer.org_name == "Фабрика"

    seen = await sign_in.viewer(signed.token)
    assert seen is not None
    assert seen.viewer == signed.viewer
    assert seen.csrf_token == signed.csrf_token
    assert await actions(database) == ["user:signed-in"]


async def test_the_database_does_not_hold_the_token(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    signed = await enter(sign_in)
    async with database.session() as session:
        row = (await session.scalars(select(SessionRow))).one()
    assert signed.token not in (row.token_hash, row.csrf_token)
    assert await sign_in.viewer(row.token_hash) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "неправильный"),
        ("nobody@example.test", PASSWORD),
        ("", ""),
        ("a\x00b@example.test", "x\x00"),
        ("\ud800", "\ud800"),
        ("' OR 1=1 --", PASSWORD),
        ("я" * 5000, "я" * 5000),
    ],
)
async def test_every_refusal_is_the_same(
    sign_in: SignIn, user: UserRow, database: Database, email: str, password: str
) -> None:
    with pytest.raises(Forbidden) as refusal:
        await sign_in.sign_in(email, password, "192.0.2.1\n", "x\x00y")
    assert refusal.value.code == "bad-credentials"
    assert refusal.value.details == {}
    assert await actions(database) == ["user:sign-in-failed"]


async def test_a_closed_account_is_refused_and_its_session_ends(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    signed = await enter(sign_in)
    async with database.transaction() as session:
        (await session.get_one(UserRow, user.id)).is_active = False
    assert await sign_in.viewer(signed.token) is None
    with pytest.raises(Forbidden):
        await enter(sign_in)


async def test_five_failures_close_the_door_for_this_email(
    sign_in: SignIn, user: UserRow, clock: FakeClock
) -> None:
    for attempt in range(5):
        with pytest.raises(Forbidden):
            await enter(sign_in, password="нет", ip=f"192.0.2.{attempt}")
        clock.advance(60)
    with pytest.raises(TooMany) as refusal:
        await enter(sign_in, ip="192.0.2.99")
    assert refusal.value.code == "too-many-attempts"
    assert refusal.value.details["retry_after_s"] == 10 * 60
    clock.advance(10 * 60)
    await enter(sign_in, ip="192.0.2.99")


async def test_knocking_on_a_closed_door_does_not_keep_it_closed(
    sign_in: SignIn, user: UserRow, clock: FakeClock
) -> None:
    for _ in range(5):
        with pytest.raises(Forbidden):
            await enter(sign_in, password="нет")
    for _ in range(14):
        clock.advance(60)
        with pytest.raises(TooMany):
            await enter(sign_in)
    clock.advance(60)
    await enter(sign_in)


async def test_an_unknown_email_is_limited_alike(sign_in: SignIn) -> None:
    for _ in range(5):
        with pytest.raises(Forbidden):
            await enter(sign_in, email="nobody@example.test")
    with pytest.raises(TooMany):
        await enter(sign_in, email="nobody@example.test")


async def test_twenty_failures_close_the_door_for_this_address(sign_in: SignIn, user: UserRow) -> None:
    for attempt in range(20):
        with pytest.raises(Forbidden):
            await enter(sign_in, email=f"guess{attempt}@example.test")
    with pytest.raises(TooMany):
        await enter(sign_in)
    await enter(sign_in, ip="198.51.100.7")


async def test_a_success_forgets_the_failures_of_the_person(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Forbidden):
                await enter(sign_in, password="нет")
        await enter(sign_in)
    async with database.session() as session:
        left = await session.scalar(select(func.count()).select_from(SignInAttemptRow))
    assert left == 12  # of the address


async def test_guesses_at_the_same_instant_do_not_slip_through(sign_in: SignIn, user: UserRow) -> None:
    refusals = await asyncio.gather(
        *(enter(sign_in, password=f"guess {n}", ip=f"192.0.2.{n}") for n in range(12)), return_exceptions=True
    )
    let_in = [refusal for refusal in refusals if isinstance(refusal, Forbidden)]
    assert len(let_in) <= 5
    assert len(let_in) + sum(isinstance(refusal, TooMany) for refusal in refusals) == 12


async def test_a_session_ends_when_idle(sign_in: SignIn, user: UserRow, clock: FakeClock) -> None:
    signed = await enter(sign_in)
    clock.advance(timedelta(hours=11, minutes=59))
    assert await sign_in.viewer(signed.token) is not None
    clock.advance(timedelta(hours=11, minutes=59))
    assert await sign_in.viewer(signed.token) is not None
    clock.advance(timedelta(hours=12))
    assert await sign_in.viewer(signed.token) is None


async def test_a_session_ends_after_seven_days_of_use(
    sign_in: SignIn, user: UserRow, clock: FakeClock
) -> None:
    signed = await enter(sign_in)
    for _ in range(20):
        clock.advance(timedelta(hours=8))
        assert await sign_in.viewer(signed.token) is not None
    clock.advance(timedelta(hours=8))
    assert await sign_in.viewer(signed.token) is None


async def test_looking_costs_one_query_and_one_write_a_minute(
    sign_in: SignIn, user: UserRow, database: Database, clock: FakeClock
) -> None:
    signed = await enter(sign_in)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]).split()[0])

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await sign_in.viewer(signed.token)
    assert statements == ["SELECT"]
    clock.advance(59)
    await sign_in.viewer(signed.token)
    assert statements == ["SELECT"] * 2
    clock.advance(1)
    await sign_in.viewer(signed.token)
    await sign_in.viewer(signed.token)
    assert statements == ["SELECT"] * 3 + ["UPDATE", "SELECT"]


async def test_sign_out_ends_one_session(sign_in: SignIn, user: UserRow, database: Database) -> None:
    one, two = await enter(sign_in), await enter(sign_in)
    await sign_in.sign_out(one.token)
    await sign_in.sign_out(one.token)
    await sign_in.sign_out("made up")
    assert await sign_in.viewer(one.token) is None
    assert await sign_in.viewer(two.token) is not None
    assert await actions(database) == ["user:signed-in", "user:signed-in", "user:signed-out"]


async def test_sign_out_everywhere(sign_in: SignIn, user: UserRow, database: Database) -> None:
    tokens = [(await enter(sign_in)).token for _ in range(3)]
    assert await sign_in.sign_out_everywhere(user.id) == 3
    assert [await sign_in.viewer(token) for token in tokens] == [None] * 3
    assert (await actions(database))[-1] == "user:signed-out-everywhere"


async def test_a_hash_of_old_parameters_is_renewed(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    old = hash_password(PASSWORD, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    async with database.transaction() as session:
        (await session.get_one(UserRow, user.id)).password_hash = old
    await enter(sign_in)
    async with database.session() as session:
        stored = (await session.get_one(UserRow, user.id)).password_hash
    assert stored != old
    assert not CHEAP.check_needs_rehash(stored)
    await enter(sign_in)


async def test_a_viewer_knows_the_phones_of_the_person(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    async with database.transaction() as session:
        own = await make_phone(session, user=user)
        await make_phone(session, user=user, is_active=False)
        await make_phone(session)
    assert (await enter(sign_in)).viewer.phone_ids == (own.id,)


async def test_people_of_a_dealer_also_have_the_phones_of_its_outlets(
    sign_in: SignIn, user: UserRow, database: Database
) -> None:
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory)
        rival = await make_org(session, parent=factory)
        below = await make_org(session, parent=dealer, kind="subdealer")
        hashed = hash_password(PASSWORD, hasher=CHEAP)
        manager = await make_user(
            session, dealer, email="dealer@example.test", role="dealer_manager", password_hash=hashed
        )
        outlet = await make_outlet(session, dealer)
        own = await make_phone(session, user=manager)
        shared = [await make_phone(session, outlet=outlet) for _ in range(2)]
        await make_phone(session, outlet=await make_outlet(session, rival))
        await make_phone(session, outlet=await make_outlet(session, below))
        await make_phone(session, outlet=await make_outlet(session, factory))
    viewer = (await enter(sign_in, email="dealer@example.test")).viewer
    assert sorted(viewer.phone_ids) == sorted([own.id, *(phone.id for phone in shared)])
    assert viewer.org_path == f"/{factory.id}/{dealer.id}/"
