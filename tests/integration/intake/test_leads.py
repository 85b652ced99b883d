"""Leads of another program become orders once, whatever is cut, pressed twice or broken, on both databases."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from callcore.intake.lead_tables import ExternalLeadRow, IntegrationAccountRow, IntegrationRunRow
from callcore.intake.leads.change_account import AccountDraft, save_account
from callcore.intake.leads.lead_json import read_page
from callcore.intake.leads.lead_port import LeadBaseTrouble
from callcore.intake.leads.lead_queries import LeadBook, lead_book
from callcore.intake.leads.lead_runs import Tally, begin_run
from callcore.intake.leads.model import LEASE, RunCause, RunState, Trouble
from callcore.intake.leads.sync_leads import SyncLeads
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow
from callcore.kernel.ids import secret_token
from callcore.kernel.seal import Seal
from callcore.network.model import Role, Viewer
from callcore.orders.tables import OrderRow
from tests.factories.network import make_org, make_region, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.leads import FakeLeadBase, lead

pytestmark = pytest.mark.integration
SECRET = "geheim-und-lang"
SEAL_KEY = secret_token()
ADMIN = Viewer(1, "Анна", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
DEALER = 2


def draft(**more: Any) -> AccountDraft:
    return AccountDraft(**{"address": "https://leads.test/api", "login": "we", "secret": SECRET} | more)


class Desk:
    """Two processes may have one each, over one database."""

    def __init__(self, database: Database, clock: FakeClock, base: FakeLeadBase) -> None:
        self.database, self.clock, self.base = database, clock, base
        self.seal = Seal(lambda: SEAL_KEY)
        self.sync = SyncLeads(
            database,
            clock,
            base,
            lambda sealed: self.seal.open(sealed, clock.now()),
            lambda _number: ("RU-MOW",),
        )

    async def save(self, meant: AccountDraft, shown: int = 0, viewer: Viewer = ADMIN) -> int:
        async with self.database.transaction() as session:
            return await save_account(
                session, viewer, meant, shown=shown, seal=self.seal, now=self.clock.now()
            )

    async def press(self, *, whole: bool = False) -> Any:
        await self.sync.fetch(await self.sync.begin(ADMIN, whole=whole))
        return (await self.book()).runs[0]

    async def book(self) -> LeadBook:
        async with self.database.session() as session:
            return await lead_book(session, ADMIN, self.clock.now())

    async def account(self) -> IntegrationAccountRow:
        async with self.database.session() as session:
            return (await session.scalars(select(IntegrationAccountRow))).one()

    async def orders(self) -> list[OrderRow]:
        async with self.database.session() as session:
            return list(await session.scalars(select(OrderRow).order_by(OrderRow.id)))


async def open_desk(database: Database, clock: FakeClock, *leads: Any, **account: Any) -> Desk:
    async with database.transaction() as session:
        factory = await make_org(session, id=1)
        await make_user(session, factory, id=1)
        await make_org(session, parent=factory, region_code="RU-MOW", id=DEALER)
        await make_region(session)
    desk = Desk(database, clock, FakeLeadBase(*leads))
    await desk.save(draft(**account))
    return desk


async def test_new_leads_become_orders_once_and_broken_ones_are_told_of(
    database: Database, clock: FakeClock
) -> None:
    broken = [lead(3, phone="12"), {"id": "L4", "name": ["?"]}, {"phone": "8 912 440-80-05"}]
    desk = await open_desk(database, clock, lead(1), lead(2, campaign="весна"), *broken, lead(6))
    run = await desk.press()
    assert (run.state, run.taken, run.known, run.refused) == (RunState.DONE, 3, 0, 3)
    assert [(one.external_id, one.wrong) for one in run.refusals] == [
        ("L3", {"customer.phone": "not-a-number"}),
        ("L4", {"customer.name": "not-text"}),
        ("", {"external_id": "empty"}),
    ]
    orders = await desk.orders()
    assert [(one.source, one.channel, one.campaign) for one in orders] == [
        ("leadsdb", "api", ""),
        ("leadsdb", "api", "весна"),
        ("leadsdb", "api", ""),
    ]
    assert run.orders == tuple(one.number for one in orders)
    assert desk.base.asked[0][0].secret == SECRET
    assert [after for _, after in desk.base.asked] == ["", "2", "4"]

    again = await desk.press()
    assert (again.taken, again.known, again.refused) == (0, 0, 0)
    desk.base.leads[2] = lead(3)  # somebody has put it right there
    whole = await desk.press(whole=True)
    assert (whole.taken, whole.known, whole.refused) == (1, 3, 2)
    assert len(await desk.orders()) == 4
    async with database.session() as session:
        said = [json.dumps(row.data) + row.action for row in await session.scalars(select(AuditRow))]
        stored = (await session.execute(text("SELECT * FROM integration_accounts"))).all()
    assert SECRET not in f"{said}{stored}{await desk.book()}"
    assert sum("integration:synced" in one for one in said) == 3


async def test_two_presses_and_two_processes_take_a_lead_once(database: Database, clock: FakeClock) -> None:
    desk = await open_desk(database, clock, *(lead(number) for number in range(1, 8)))
    rival = Desk(database, clock, FakeLeadBase(*desk.base.leads))
    job = await desk.sync.begin(ADMIN)
    with pytest.raises(NotAllowedNow, match="leads-running"):
        await rival.sync.begin(ADMIN)
    await asyncio.gather(desk.sync.fetch(job), rival.sync.fetch(job))  # even without the lease
    assert len(await desk.orders()) == 7
    clock.advance(1)
    assert (await rival.press()).taken == 0


async def test_whoever_dies_between_pages_is_followed_and_nothing_is_doubled(
    database: Database, clock: FakeClock
) -> None:
    desk = await open_desk(database, clock, *(lead(number) for number in range(1, 6)), is_on=True)
    hung = asyncio.Event()

    async def hang(asked: int) -> None:
        if asked == 2:
            hung.set()
            await asyncio.Event().wait()

    desk.base.on_page = hang
    async with asyncio.TaskGroup() as group:
        work = group.create_task(desk.sync.look())
        await hung.wait()
        assert ((await desk.book()).runs[0].taken, (await desk.account()).cursor) == (2, "2")
        work.cancel()
    book = await desk.book()
    assert (book.runs[0].state, book.account.is_running) == (RunState.CUT, False)
    desk.base.on_page = None

    async with database.transaction() as session:  # killed: nobody ends its run
        killed = await begin_run(session, RunCause.BUTTON, now=clock.now(), user_id=1)
    for one in desk.base.leads[2:3]:  # when one lead of its page was through
        await desk.sync._take(killed, _read(desk, one), Tally())
    await desk.sync.look()
    assert len(desk.base.asked) == 2  # the lease still holds
    clock.advance(LEASE + timedelta(seconds=1))
    assert (await desk.book()).runs[0].state is RunState.CUT
    await desk.sync.look()
    run = (await desk.book()).runs[0]
    assert (run.state, run.author, run.taken, run.known) == (RunState.DONE, "", 2, 1)
    assert len(await desk.orders()) == 5
    async with database.session() as session:
        states = list(await session.scalars(select(IntegrationRunRow.state)))
        kept = await session.scalar(select(func.count()).where(ExternalLeadRow.order_id.is_not(None)))
    assert (sorted(states), kept) == (["cut", "cut", "done"], 5)


def _read(desk: Desk, sent: dict[str, Any]) -> Any:
    return read_page(json.dumps({"leads": [sent], "cursor": "1"}).encode(), 1).leads[0]


async def test_the_schedule_waits_longer_after_each_failure_and_a_press_tries_at_once(
    database: Database, clock: FakeClock
) -> None:
    desk = await open_desk(database, clock, lead(1), is_on=True, every_minutes=10, site_org_id=DEALER)
    desk.base.trouble = LeadBaseTrouble(Trouble.SIGN_IN)
    waits = []
    for _ in range(3):
        await desk.sync.look()
        account = await desk.account()
        waits.append((account.due_at - clock.now()) // timedelta(minutes=1))
        await desk.sync.look()  # too early: nobody is asked
        clock.set(account.due_at)
    assert (waits, len(desk.base.asked)) == ([20, 40, 80], 3)
    assert {run.trouble for run in (await desk.book()).runs} == {"sign-in"}
    desk.base.trouble = None
    assert (await desk.press()).taken == 1
    account = await desk.account()
    assert (account.failures, account.due_at - clock.now()) == (0, timedelta(minutes=10))
    (order,) = await desk.orders()
    assert order.site_org_id == DEALER
    clock.advance(timedelta(days=2))
    await desk.sync.look()
    clock.advance(timedelta(days=2))
    await desk.sync.look()
    assert len((await desk.book()).runs) == 5  # the empty run before the last one has left the log


async def test_who_may_change_the_connection_and_what_a_change_wants(
    database: Database, clock: FakeClock
) -> None:
    desk = await open_desk(database, clock, *(lead(number) for number in range(1, 5)))
    for role in set(Role) - {Role.ADMIN}:
        other = Viewer(1, "Анна", role, 1, "Завод", "/1/", (), "Europe/Moscow")
        with pytest.raises(Forbidden):
            await desk.save(draft(), 1, other)
        with pytest.raises(Forbidden):
            await desk.sync.begin(other)
    for change in ({"address": "https://other.test/api"}, {"login": "they"}):
        with pytest.raises(Invalid) as refused:
            await desk.save(draft(secret="", **change), 1)
        assert refused.value.details["fields"] == {"secret": "needed-again"}
    with pytest.raises(Invalid) as refused:
        await desk.save(
            draft(address="ftp://a.test", login="a:b", every_minutes=0, source="", site_org_id=1), 1
        )
    assert set(refused.value.details["fields"]) == {
        "address",
        "login",
        "every_minutes",
        "source",
        "site_org_id",
    }
    assert await desk.save(draft(secret="", address="https://leads.test/moved/"), 1) == 2
    with pytest.raises(Conflict):
        await desk.save(draft(), 1)
    assert (await desk.press()).taken == 4

    async def change_meanwhile(asked: int) -> None:
        if asked == 4:
            await desk.save(draft(is_other_base=True), 2)

    desk.base.on_page = change_meanwhile  # numbers begin anew: they are other leads
    run = await desk.press(whole=True)
    assert (run.state, (await desk.account()).cursor) == (RunState.CUT, "")
    assert (await desk.press()).taken == 4
    assert len(await desk.orders()) == 8
    async with database.transaction() as session:
        await session.execute(update(IntegrationAccountRow).values(secret="sealed with another key"))
    assert (await desk.press()).trouble == Trouble.SECRET
