"""The robot on a small network: a customer with a telephone, an operator's phone, a dialler that only counts."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from callcore.calls.attempt_rows import close
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.tables import CallEventRow, CallRow
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.database import Database
from callcore.network.tables import DidRow, PhoneRow
from callcore.orders.settings import OrderSettings, write_settings
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.outbound.robot.robot_worker import RobotWorker
from callcore.outbound.robot.settings import (
    RobotSettings,
    stored_robot_settings,
    write_robot_settings,
)
from callcore.outbound.tables import RobotCallRow
from tests.fakes.clock import FakeClock
from tests.integration.distribution.stage import NOW, fill, make

NUMBER = "+79161234567"
CLI = "+74950000000"


class CountingDialler:
    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def dial(self, call_id: str) -> None:
        self.dialled.append(call_id)


class ReadySpeaker:
    """`sound` None: a part is still missing."""

    def __init__(self) -> None:
        self.sound: str | None = "dealerline/robot/say-1"
        self.heard: list[str] = []

    async def ready(self, parts: Any) -> str | None:
        self.heard.append(" ".join(part.text for part in parts))
        return self.sound

    def has_voice(self) -> bool:
        return True


class Stage:
    """Noon in Moscow; the robot is on for orders of the site."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock(NOW)
        self.dialler = CountingDialler()
        self.speaker = ReadySpeaker()
        self.worker = self.another_worker()

    def another_worker(self) -> RobotWorker:
        return RobotWorker(self.database, self.clock, self.dialler, self.speaker, CLI)

    async def open(self, **more: Any) -> None:
        await fill(self.database)
        async with self.database.transaction() as session:
            session.add(ContactRow(customer_id=1, kind="phone", value=NUMBER))
            session.add(PhoneRow(id=1, kind="sip", label="Оператор", owner="operator", user_id=1))
            session.add(DidRow(id=1, number="+74950000001", label="Горячая линия"))
        await self.set(delay_minutes=0, **more)

    async def set(self, **more: Any) -> None:
        async with self.database.transaction() as session:
            stored = await stored_robot_settings(session)
            new = replace(RobotSettings(is_on=True, since=NOW.isoformat()), **more)
            await write_robot_settings(session, new, shown=stored.version, at=NOW, user_id=None)

    async def needs_confirmation(self) -> None:
        async with self.database.transaction() as session:
            await write_settings(session, OrderSettings(needs_confirmation=True), shown=0, at=NOW, user_id=1)

    async def customer(self, customer_id: int, number: str) -> None:
        async with self.database.transaction() as session:
            session.add(CustomerRow(id=customer_id, name="Пётр", created_at=NOW))
            await session.flush()
            session.add(ContactRow(customer_id=customer_id, kind="phone", value=number))

    async def order(self, **more: Any) -> int:
        async with self.database.transaction() as session:
            usual = {"channel": "site", "address": "Тверская, 1"}
            row = await make(session, at=self.clock.now(), **usual | more)
            session.add(
                OrderLineRow(
                    order_id=row.id,
                    position=1,
                    name="Окно",
                    quantity_m=2000,
                    unit="шт",
                    price=1500,
                    total_kopecks=300000,
                )
            )
            row.total_kopecks = 300000
            return row.id

    async def ended(
        self,
        keys: str = "",
        result: AttemptResult = AttemptResult.TALKED,
        reason: AttemptReason = AttemptReason.CUSTOMER_HUNG_UP,
        accepted: bool = False,
    ) -> None:
        """The newest call is over; what the dialplan told of it stands in the journal."""
        call_id, now = self.dialler.dialled[-1], self.clock.now()
        async with self.database.transaction() as session:
            call = CallRow(call_id=call_id, direction="outbound", state="ended", started_at=now, ended_at=now)
            session.add(call)
            await session.flush()
            told = [("robot", {"key": key}) for key in keys] + ([("accepted", {})] if accepted else [])
            for kind, data in told:
                session.add(CallEventRow(call_row_id=call.id, at=now, kind=kind, data=data))
                await session.flush()
        await self.database.write(lambda connection: close(connection, call_id, result, reason, now))

    async def step(self, after: timedelta = timedelta(seconds=20)) -> int:
        self.clock.advance(after.total_seconds())
        return await self.worker.step()

    async def row(self, order_id: int) -> RobotCallRow:
        async with self.database.session() as session:
            return (
                await session.scalars(select(RobotCallRow).where(RobotCallRow.order_id == order_id))
            ).one()

    async def order_row(self, order_id: int) -> OrderRow:
        async with self.database.session() as session:
            return (await session.scalars(select(OrderRow).where(OrderRow.id == order_id))).one()

    async def all(self, table: type[Any], *where: Any) -> list[Any]:
        async with self.database.session() as session:
            return list(await session.scalars(select(table).where(*where)))

    async def attempts(self) -> list[AttemptRow]:
        return await self.all(AttemptRow)

    @property
    def now(self) -> datetime:
        return self.clock.now()
