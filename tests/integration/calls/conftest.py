"""The network of tests/scenarios in a database, and a follower that is fed with stories."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.facts import PbxFact
from callcore.calls.follow_calls import CallFollower
from callcore.calls.journal import CallLink, UnlinkedCall
from callcore.calls.tables import CallEventRow, CallRow, LegRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.bus import Bus, Event
from callcore.kernel.database import Database, Result
from callcore.kernel.errors import DatabaseUnavailable
from callcore.network.tables import DidRow, OrgRow, OutletRow, RegionRow, UserRow
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.fakes.pbx import FakePbx
from tests.scenarios.story import STORIES, Phones, read_story

ORGS = {
    1: ("manufacturer", None, "/1/"),
    5: ("dealer", 1, "/1/5/"),
    6: ("subdealer", 5, "/1/5/6/"),
    7: ("dealer", 1, "/1/7/"),
}


@pytest.fixture
async def network(database: Database) -> Database:
    """The database with the organisations, outlets, the operator and the number of the stories."""
    async with database.transaction() as session:
        session.add_all(
            [
                RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"),
                RegionRow(code="RU-SVE", name="Урал", tz="Asia/Yekaterinburg"),
            ]
        )
        await session.flush()
        for id_, (kind, parent, path) in ORGS.items():
            session.add(
                OrgRow(
                    id=id_,
                    kind=kind,
                    parent_id=parent,
                    path=path,
                    name=f"Орг {id_}",
                    tz="Europe/Moscow",
                    created_at=MONDAY_NOON,
                )
            )
            await session.flush()
        for id_, org in ((50, 5), (70, 7)):
            session.add(
                OutletRow(
                    id=id_,
                    org_id=org,
                    name=f"Салон {id_}",
                    city="Москва",
                    address="",
                    region_code="RU-MOW",
                    tz="Europe/Moscow",
                    hours={},
                )
            )
        session.add(
            UserRow(
                id=200,
                org_id=1,
                email="op@example.test",
                full_name="Оператор",
                role="operator",
                password_hash="!",
                tz="Europe/Moscow",
                created_at=MONDAY_NOON,
            )
        )
        session.add(CustomerRow(id=7, name="Иван", created_at=MONDAY_NOON))
        session.add(DidRow(id=3, number="+74950000001", label="Сайт", source="site", region_code="RU-MOW"))
    return database


class Linker:
    """Remembers whom it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.customer_id = 7

    def link(self, connection: Connection, calls: Sequence[UnlinkedCall]) -> dict[str, CallLink]:
        self.asked += [call.call_id for call in calls]
        connection.execute(update(DidRow).values(label="half-done"))
        if self.fails:
            raise RuntimeError("orders are broken")
        return {call.call_id: CallLink(self.customer_id, 77) for call in calls}


class Unsteady:
    """A database that goes away when told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_away = False
        self.refused = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        if self.is_away:
            self.refused += 1
            raise DatabaseUnavailable("database-unavailable")
        async with self._database.transaction() as session:
            yield session

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        if self.is_away:
            self.refused += 1
            raise DatabaseUnavailable("database-unavailable")
        return await self._database.write(work)

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        if self.is_away:
            self.refused += 1
            raise DatabaseUnavailable("database-unavailable")
        return await self._database.read(work)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        if self.is_away:
            self.refused += 1
            raise DatabaseUnavailable("database-unavailable")
        async with self._database.session() as session:
            yield session


@dataclass
class Desk:
    """A running follower with all that it touches."""

    follower: CallFollower
    pbx: FakePbx
    database: Database
    unsteady: Unsteady
    linker: Linker
    events: list[Event] = field(default_factory=list)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events if type(event).__name__ != "CallChanged"]

    def has_told(self, call_id: str = "100.1") -> bool:
        """Something about the call was announced, so it is committed."""
        return any(getattr(event, "call_id", "") == call_id for event in self.events)

    async def call(self, call_id: str = "100.1") -> CallRow | None:
        async with self.database.session() as session:
            return await session.scalar(select(CallRow).where(CallRow.call_id == call_id))

    async def legs(self) -> dict[str, LegRow]:
        async with self.database.session() as session:
            return {leg.uniqueid: leg for leg in await session.scalars(select(LegRow))}

    async def happened(self) -> list[str]:
        async with self.database.session() as session:
            return [row.kind for row in await session.scalars(select(CallEventRow).order_by(CallEventRow.id))]


def story(name: str) -> list[PbxFact]:
    return read_story(STORIES / f"{name}.txt").facts


@pytest.fixture
async def start(network: Database, clock: FakeClock) -> AsyncIterator[Callable[..., Desk]]:
    """Starts a follower; all are stopped at the end."""
    running: list[CallFollower] = []

    async def make(*, connected: bool = True) -> Desk:
        bus, pbx, linker, unsteady = Bus(), FakePbx(clock), Linker(), Unsteady(network)
        follower = CallFollower(
            pbx=pbx, database=unsteady, bus=bus, clock=clock, directory=Phones(), linker=linker
        )
        desk = Desk(follower, pbx, network, unsteady, linker)
        _ = bus.subscribe(desk.events.append)
        if connected:
            pbx.connect()
        await follower.start()
        running.append(follower)
        return desk

    yield make
    for follower in running:
        await follower.close()
