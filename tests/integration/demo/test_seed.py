"""The demo network in both databases."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from callcore.calls.model import CallResult, CallState, Direction, LegOutcome, LegRole, Rung
from callcore.calls.tables import CallRow, LegRow
from callcore.demo.data import load_demo_data
from callcore.demo.phones import awaits_robot, first_call, phone_behaviours
from callcore.demo.seed import DemoSecrets, seed
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.lines import load_wiring
from callcore.network.model import Role
from callcore.network.sign_in import SignIn
from callcore.orders.card_queries import order_card
from callcore.orders.model import STATUSES, OrderEventKind, OrderKind
from callcore.orders.queries import list_orders
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.views import OrderFilter
from callcore.outbound.robot.plan_call import PlannedCall, plan_call
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.tables import RobotCallRow
from callcore.routing.decide import decide
from callcore.routing.explain import from_json
from callcore.routing.snapshot import build_snapshot
from tests.factories.network import make_org
from tests.fakes.clock import FakeClock
from tests.integration.databases import PostgresCluster, migrated_sqlite

pytestmark = pytest.mark.integration

SECRETS = DemoSecrets("demo password of this test")


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Seeded once per kind of database; gives the file or the template database to copy."""
    made: dict[str, str] = {}

    def fill(backend: str) -> str:
        if backend not in made:
            if backend == "sqlite":
                name = str(migrated_sqlite(tmp_path_factory.mktemp("demo")))
                url = f"sqlite+aiosqlite:///{name}"
            else:
                cluster: PostgresCluster = request.getfixturevalue("postgres")
                name = cluster.create()
                url = cluster.url(name)
            asyncio.run(_fill(url))
            made[backend] = name
        return made[backend]

    return fill


async def _fill(url: str) -> None:
    database = Database(url)
    assert (await seed(database, FakeClock().now(), SECRETS)).created
    await database.close()


@pytest.fixture
def seeded_url(
    backend: str, filled: Callable[[str], str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    template = filled(backend)
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{shutil.copy(template, tmp_path / 'demo.db')}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = cluster.create(template=template)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
async def seeded(seeded_url: str) -> AsyncIterator[Database]:
    opened = Database(seeded_url)
    yield opened
    await opened.close()


async def rows(database: Database, sql: str) -> Sequence[tuple[Any, ...]]:
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


async def number(database: Database, sql: str) -> int:
    ((value,),) = await rows(database, sql)
    return int(value)


async def test_the_network_is_as_large_as_promised(seeded: Database, clock: FakeClock) -> None:
    counts = {
        table: await number(seeded, f"SELECT count(*) FROM {table}")
        for table in ("products", "customers", "orders", "calls", "organizations", "dids")
    }
    assert counts == {
        "products": 300, "customers": 602, "orders": 2011, "calls": 2503, "organizations": 19, "dids": 30
    }  # fmt: skip
    assert await number(seeded, "SELECT count(*) FROM recordings") == 0
    paths = [path for (path,) in await rows(seeded, "SELECT path FROM organizations")]
    assert max(path.count("/") for path in paths) == 5  # factory, dealer, subdealer, subdealer


async def test_the_robot_has_one_customer_to_call_when_the_demo_starts(
    seeded: Database, clock: FakeClock
) -> None:
    (awaited,) = await awaits_robot(seeded)
    async with seeded.session() as session:
        row = (await session.scalars(select(RobotCallRow).where(RobotCallRow.state == "waiting"))).one()
        plan = await plan_call(session, row, RobotSettings(), "+74951200000", clock.now())
    assert isinstance(plan, PlannedCall)
    assert (plan.number, row.due_at <= clock.now() + timedelta(minutes=1)) == (awaited, True)


async def test_everything_lies_in_the_last_90_days(seeded: Database, clock: FakeClock) -> None:
    async with seeded.session() as session:
        for column in (CallRow.started_at, CallRow.ended_at, OrderRow.created_at, OrderEventRow.at):
            first, last = (await session.execute(select(func.min(column), func.max(column)))).one()
            assert first > clock.now() - timedelta(days=91)
            assert last < clock.now()


async def test_calls_agree_with_themselves(seeded: Database) -> None:
    wrong = {
        "talk without an answer": "talk_s > 0 AND answered_at IS NULL",
        "answered without a talk": "result IN ('answered', 'duty_answered') AND answered_at IS NULL",
        "ends before it begins": "ended_at < started_at OR answered_at < started_at",
        "talks before the answer": "result IN ('missed', 'abandoned', 'no_answer') AND answered_at IS NOT NULL",
        "not over": "state <> 'ended'",
        "hidden caller has a customer": "caller_number = '' AND customer_id IS NOT NULL",
    }
    for what, condition in wrong.items():
        assert await number(seeded, f"SELECT count(*) FROM calls WHERE {condition}") == 0, what
    assert (
        await number(seeded, "SELECT count(*) FROM call_legs WHERE ended_at IS NULL OR ended_at < started_at")
        == 0
    )
    mixed = "SELECT count(DISTINCT result) FROM calls WHERE direction = 'inbound'"
    assert await number(seeded, mixed) >= 4
    assert (
        await number(seeded, "SELECT count(*) FROM calls WHERE warning = 'unknown-did' AND did_id IS NULL")
        > 0
    )
    assert await number(seeded, "SELECT count(*) FROM calls WHERE route = 'duty'") > 0
    assert await number(seeded, "SELECT count(*) FROM calls WHERE is_transferred") > 10


async def test_words_are_the_known_ones(seeded: Database) -> None:
    statuses = {status.code: (status.status_class, status.result) for status in STATUSES}
    for status, *rest in await rows(seeded, "SELECT DISTINCT status, status_class, result FROM orders"):
        assert tuple(rest) == statuses[status]
    for column, table, words in (
        ("kind", "order_events", OrderEventKind),
        ("kind", "orders", OrderKind),
        ("state", "calls", CallState),
        ("result", "calls", CallResult),
        ("direction", "calls", Direction),
        ("route", "calls", Rung),
        ("role", "call_legs", LegRole),
        ("outcome", "call_legs", LegOutcome),
    ):
        for (value,) in await rows(seeded, f"SELECT DISTINCT {column} FROM {table}"):
            words(value)


async def test_explanations_can_be_read_and_name_who_was_rung(seeded: Database) -> None:
    async with seeded.session() as session:
        calls = (
            await session.scalars(
                select(CallRow).where(CallRow.explanation.is_not(None)).order_by(CallRow.id).limit(200)
            )
        ).all()
        read = 0
        for call in calls:
            if call.explanation is None:
                continue
            decision = from_json(call.explanation)
            planned = {key for step in decision.plan.steps for key in step.phone_keys}
            rung = await session.scalars(
                select(LegRow.phone_id).where(LegRow.call_row_id == call.id, LegRow.step.is_not(None))
            )
            assert {f"p{phone_id}" for phone_id in rung} <= planned
            read += 1
    assert read > 50


async def test_points_are_the_sum_of_their_entries(seeded: Database) -> None:
    wrong = await rows(
        seeded,
        "SELECT o.id FROM organizations o LEFT JOIN points_entries p ON p.org_id = o.id "
        "GROUP BY o.id, o.points HAVING o.points <> coalesce(sum(p.points), 0)",
    )
    assert wrong == []
    assert await number(seeded, "SELECT count(*) FROM points_entries WHERE order_id IS NOT NULL") > 50


async def test_orders_agree_with_their_lines_and_calls(seeded: Database) -> None:
    assert (
        await number(
            seeded,
            "SELECT count(*) FROM orders o WHERE total_kopecks <> "
            "(SELECT coalesce(sum(total_kopecks), 0) FROM order_lines l WHERE l.order_id = o.id)",
        )
        == 0
    )
    unproven = (
        "SELECT count(*) FROM orders o WHERE status_class IN ('contacted', 'payment') AND NOT EXISTS "
        "(SELECT 1 FROM calls c WHERE c.order_id = o.id AND c.talk_s > 0)"
    )
    assert await number(seeded, unproven) == 0
    stray = "SELECT count(*) FROM order_events e JOIN calls c ON c.call_id = e.call_id WHERE c.order_id <> e.order_id"
    assert await number(seeded, stray) == 0
    kinds = dict(await rows(seeded, "SELECT kind, count(*) FROM orders GROUP BY kind"))
    assert set(kinds) == {"order", "request"}
    results = dict(await rows(seeded, "SELECT result, count(*) FROM orders GROUP BY result"))
    assert results["done"] > results["failed"] > results["running"] > 50


async def test_forty_pieces_at_222_75_are_8910_roubles(seeded: Database) -> None:
    found = await rows(
        seeded,
        "SELECT o.total_kopecks, o.status_class FROM orders o JOIN order_lines l ON l.order_id = o.id "
        "WHERE l.article = 'PV-001' AND l.quantity_m = 40000 AND o.customer_id = 1",
    )
    assert found == [(891_000, "waiting")]


async def test_every_card_and_list_can_be_shown(seeded: Database, clock: FakeClock) -> None:
    signed = await SignIn(seeded, clock).sign_in(
        "admin@demo.dealerline.example", SECRETS.password, "127.0.0.1", ""
    )
    dealer = await SignIn(seeded, clock).sign_in(
        "dealer@demo.dealerline.example", SECRETS.password, "127.0.0.1", ""
    )
    async with seeded.session() as session:
        page = await list_orders(session, signed.viewer, OrderFilter(), limit=100)
        assert len(page.items) == 100
        for brief in page.items:
            assert (await order_card(session, signed.viewer, brief.number)).timeline
        own = await list_orders(session, dealer.viewer, OrderFilter(customer_id=1))
    assert [(brief.status, brief.total_kopecks) for brief in own.items] == [("accepted", 891_000)]


async def test_people_of_every_role_sign_in_with_the_demo_password(
    seeded: Database, clock: FakeClock
) -> None:
    again = await seed(seeded, clock.now(), DemoSecrets("another"))
    assert not again.created
    assert {login.role for login in again.logins} == set(Role)
    sign_in = SignIn(seeded, clock)
    for login in again.logins:
        viewer = (await sign_in.sign_in(login.email, SECRETS.password, "127.0.0.1", "")).viewer
        assert viewer.role is login.role
        assert viewer.full_name == login.full_name
        if login.role in (Role.OPERATOR, Role.DEALER_OWNER, Role.DEALER_MANAGER, Role.SUBDEALER):
            assert viewer.phone_ids


async def test_new_rows_continue_the_numbers(seeded: Database) -> None:
    async with seeded.transaction() as session:
        assert (await make_org(session)).id == 20
    assert await rows(seeded, "SELECT name, value FROM order_sequences") == [("order", 2011)]


async def test_a_second_run_and_a_foreign_network_are_left_alone(
    database: Database, clock: FakeClock
) -> None:
    async with database.transaction() as session:
        await make_org(session, name="Настоящий завод")
    assert not (await seed(database, clock.now(), SECRETS)).created
    assert await number(database, "SELECT count(*) FROM organizations") == 1


async def test_at_any_hour_the_first_call_reaches_an_outlet_that_takes_it(
    seeded: Database, clock: FakeClock
) -> None:
    data = load_demo_data()
    async with seeded.session() as session:
        odd = phone_behaviours(data, await load_wiring(session))
        snapshot = build_snapshot(await load_directory(session), 1, clock.now())
    for _ in range(7 * 24):
        now = clock.advance(timedelta(hours=1))
        call = await first_call(seeded, data, now)
        step = decide(snapshot, call.to_did, call.from_number, now).plan.steps[0]
        assert any(key not in odd for key in step.phone_keys)


async def test_every_phone_of_a_plan_leads_somewhere(seeded: Database, clock: FakeClock) -> None:
    """Whatever number is dialled at whatever hour, somebody on the way takes the call."""
    data = load_demo_data()
    async with seeded.session() as session:
        wiring = await load_wiring(session)
        snapshot = build_snapshot(await load_directory(session), 1, clock.now())
    behaves = phone_behaviours(data, wiring)
    names = {f"p{line.id}": f"p{line.id}" if line.is_sip else line.number for line in wiring.phones}
    for hour in range(0, 7 * 24, 5):
        now = clock.now() + timedelta(hours=hour)
        for did in data.dids:
            keys = {
                key for step in decide(snapshot, did.number, "", now).plan.steps for key in step.phone_keys
            }
            assert any(names[key] not in behaves for key in keys), did.label


async def test_the_same_now_gives_the_same_network(tmp_path: Path, clock: FakeClock) -> None:
    dumps = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        database = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path / name)}")
        await seed(database, clock.now(), SECRETS)
        dumps.append(
            [
                await rows(database, f"SELECT * FROM {table} ORDER BY id")
                for table in ("customers", "orders", "order_events", "calls", "call_legs", "phones")
            ]
        )
        await database.close()
    assert dumps[0] == dumps[1]
