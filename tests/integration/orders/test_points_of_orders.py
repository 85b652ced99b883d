"""Whatever is done to orders, in whatever order: the ledger holds what stands closed now, and its sum is the dealer's."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.close_order import Closing, close_order
from callcore.orders.model import Fault, OrderResult, ReasonKind
from callcore.orders.reasons import ensure_reasons, load_reasons
from callcore.orders.reopen_order import reopen_order
from callcore.orders.settings import stored_settings, write_settings
from callcore.orders.tables import OrderRow
from tests.factories.sales import make_customer, make_order
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, NOW

pytestmark = pytest.mark.integration
ORDERS = 3
STEPS = st.lists(
    st.tuples(
        st.integers(0, ORDERS - 1), st.sampled_from(("done", "dealer", "customer", "reopen", "setting"))
    ),
    min_size=3,
    max_size=12,
)


class Desk:
    """Orders of dealer 2 and what their points should be."""

    def __init__(self, database):
        self.database = database
        self.done, self.failed, self.first = 100, -50, 0
        self.expected: dict[int, int | None] = {}
        self.reasons: dict[Fault, int] = {}

    async def begin(self):
        """Fresh orders, each with a proven talk."""
        async with self.database.transaction() as session:
            last = await session.scalar(select(func.max(OrderRow.number))) or 0
            customer = await make_customer(session)
            for number in range(last + 1, last + 1 + ORDERS):
                await make_order(
                    session,
                    customer,
                    number=number,
                    status="accepted",
                    status_class="waiting",
                    org_id=2,
                    accepted_at=NOW,
                    contacted_at=NOW,
                )
        self.first = last + 1
        self.expected |= {last + 1 + at: None for at in range(ORDERS)}

    async def step(self, at, what):
        number = self.first + at
        try:
            async with self.database.transaction() as session:
                await self._do(session, number, what)
        except NotAllowedNow:
            is_closed = self.expected[number] is not None
            assert is_closed == (what != "reopen")
            return
        if what == "setting":
            return
        values = {"done": self.done, "dealer": self.failed, "customer": 0, "reopen": None}
        self.expected[number] = values[what]

    async def _do(self, session, number, what):
        if what == "setting":
            stored = await stored_settings(session)
            self.done = 170 - self.done
            changed = replace(stored.settings, points_done=self.done)
            await write_settings(session, changed, shown=stored.version, at=NOW, user_id=1)
        elif what == "reopen":
            await reopen_order(session, ADMIN, number, "Клиент вернулся", now=NOW)
            order = (await session.scalars(select(OrderRow).where(OrderRow.number == number))).one()
            order.contacted_at = NOW + timedelta(seconds=1)
        else:
            fault = Fault.NONE if what == "done" else Fault(what)
            closing = Closing(
                result=OrderResult.DONE if what == "done" else OrderResult.FAILED,
                earned_kopecks=100,
                reason_id=self.reasons.get(fault),
            )
            await close_order(session, ADMIN, number, closing, now=NOW)

    async def points(self):
        async with self.database.session() as session:
            total = await session.scalar(select(func.sum(PointsEntryRow.points))) or 0
            assert total == (await session.get(OrgRow, 2)).points
            return total


@pytest.fixture
def desk(database_url):
    """One loop for all examples: connections belong to it."""
    with asyncio.Runner() as runner:
        database = Database(database_url)
        made = Desk(database)

        async def build():
            await stage.fill(database)
            async with database.transaction() as session:
                await ensure_reasons(session)
                found = await load_reasons(session, ReasonKind.FAILED)
            made.reasons = {one.fault: one.id for one in found}

        runner.run(build())
        yield made, runner.run
        runner.run(database.close())


def test_the_ledger_holds_what_stands_closed_now(desk):
    made, run = desk

    @given(STEPS)
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def check(steps):
        run(made.begin())
        for at, what in steps:
            run(made.step(at, what))
            assert run(made.points()) == sum(points or 0 for points in made.expected.values())

    check()


@pytest.mark.parametrize(
    ("ends", "total"),
    [(["open"], 0), (["done", "dealer"], 50), (["done"] * 3 + ["dealer"] * 2 + ["open"], 200)],
)
def test_the_sums_that_are_told_in_the_rules(desk, ends, total):
    made, run = desk
    for end in ends:
        run(made.begin())
        if end != "open":
            run(made.step(0, end))
    assert run(made.points()) == total
