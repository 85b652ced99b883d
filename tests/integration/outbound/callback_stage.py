"""Callbacks on a small network: a site, an operator's phone, a dealer's, a dialler that only counts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from callcore.calls.attempt_rows import close
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.tables import CallRow
from callcore.kernel.bus import Bus, Event
from callcore.kernel.database import Database
from callcore.network.tables import DidRow, PhoneRow
from callcore.outbound.callbacks.ask_callback import AskCallback, AskedCallback
from callcore.outbound.callbacks.callback_worker import CallbackWorker
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from callcore.outbound.callbacks.plan_callback import CallbackTools
from callcore.outbound.callbacks.sites import CallbackSite, site_by_key
from callcore.outbound.callbacks.work_callback import WorkCallbacks
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from tests.fakes.clock import FakeClock
from tests.integration.distribution.stage import NOW, fill

NUMBER = "+79161234567"
DID = "+74950000001"
SITE, DEALER_SITE, DEALER = "shopkey", "dealerkey", 3


class CountingDialler:
    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def dial(self, call_id: str) -> None:
        self.dialled.append(call_id)


class Stage:
    """Noon in Moscow. `steps` is what the routing would ring, `talking` and `out` what is known of phones."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock(NOW)
        self.dialler = CountingDialler()
        self.told: list[Event] = []
        self.bus = Bus()
        self.bus.subscribe(self.told.append)
        self.steps: list[tuple[str, ...]] = [("p1",), ("p2", "p3")]
        self.talking: dict[str, int] = {}
        self.held: list[int] = []
        self.out: set[str] = set()
        self.asking = AskCallback(database, self.clock, self.bus, lambda _number: ("RU-MOW",))
        self.work = WorkCallbacks(database, self.clock, self.bus)
        self.worker = self.another_worker()

    def another_worker(self) -> CallbackWorker:
        tools = CallbackTools(
            steps=lambda _did, _caller, _now: self.steps,
            unreachable=lambda: self.out,
            talking=lambda: self.talking,
            whisper=lambda *_: "dealerline/callback-ru",
            is_connected=lambda: True,
            usual_cli=DID,
            hold_place=self._hold_place,
        )
        return CallbackWorker(self.database, self.clock, self.bus, self.dialler, tools)

    async def _hold_place(self, ticket: int, _at: datetime) -> None:
        self.held.append(ticket)

    async def open(self) -> None:
        await fill(self.database)
        async with self.database.transaction() as session:
            if self.database.url.startswith("postgresql"):  # customer 1 took no number of the sequence
                await session.execute(text("SELECT setval('customers_id_seq', 1)"))
            session.add(DidRow(id=1, number=DID, label="Горячая линия"))
            session.add(PhoneRow(id=1, kind="sip", label="Оператор", owner="operator", user_id=1))
            session.add(PhoneRow(id=9, kind="sip", label="Дилер", owner="user", user_id=DEALER))
            session.add(
                CallbackSiteRow(id=1, key=SITE, title="Окна", origins=["https://okna.ru"], made_at=NOW)
            )
            dealers = CallbackSiteRow(id=2, key=DEALER_SITE, title="Окна 3", org_id=DEALER, made_at=NOW)
            session.add(dealers)

    async def site(self, key: str = SITE) -> CallbackSite:
        async with self.database.session() as session:
            return await site_by_key(session, key)

    async def ask(
        self, number: str = NUMBER, key: str = SITE, *, ip: str = "", press: Any = None, **more: Any
    ) -> AskedCallback:
        told = CallbackAsk(source=more.pop("source", CallbackSource.WIDGET), site=key, number=number, **more)
        return await self.asking.ask(told, await self.site(key), ip_hash=ip, press=press)

    async def step(self, after: float = 31) -> int:
        self.clock.advance(after)
        return await self.worker.step()

    async def ended(
        self,
        result: AttemptResult = AttemptResult.TALKED,
        reason: AttemptReason = AttemptReason.CUSTOMER_HUNG_UP,
        talk_s: int = 60,
    ) -> None:
        call_id, now = self.dialler.dialled[-1], self.clock.now()
        talk_s = talk_s if result is AttemptResult.TALKED else 0
        await self.database.write(
            lambda connection: close(connection, call_id, result, reason, now, talk_s=talk_s)
        )

    async def talk(self, number: str, seconds: int = 30, direction: str = "inbound") -> None:
        """Somebody talks with the number by the usual way."""
        now = self.clock.now() + timedelta(seconds=seconds)
        async with self.database.transaction() as session:
            session.add(
                CallRow(
                    call_id=f"call-{now.timestamp()}",
                    direction=direction,
                    state="ended",
                    result="answered",
                    caller_number=number,
                    started_at=self.clock.now(),
                    ended_at=now,
                    talk_s=seconds,
                )
            )
        self.clock.advance(seconds + 1)

    async def all(self, table: type[Any], *where: Any) -> list[Any]:
        async with self.database.session() as session:
            return list(await session.scalars(select(table).where(*where)))

    async def row(self, number: str = NUMBER) -> CallbackRow:
        """The newest."""
        found = await self.all(CallbackRow, CallbackRow.number == number)
        newest: CallbackRow = max(found, key=lambda one: one.id)
        return newest

    async def keys(self) -> list[list[str]]:
        return [row.phone_keys for row in await self.all(AttemptRow)]

    @property
    def now(self) -> datetime:
        return self.clock.now()
