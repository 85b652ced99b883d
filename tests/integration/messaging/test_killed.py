"""SIGKILL between the commit and the sending, to a real worker in a real process."""

import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.kernel import outbox
from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.catcher import Catcher, CaughtLetters
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.messaging.worker import LETTER_LEASE, LETTERS_AT_ONCE, MessageWorker
from callcore.network.model import Role
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
PEOPLE = LETTERS_AT_ONCE + 1  # one letter more than a worker takes at once
GAP = {
    "starts_at": "2026-03-20T18:00:00+00:00",
    "ends_at": "2026-03-21T06:00:00+00:00",
    "tz": "Europe/Moscow",
}


class SilentMail:
    """Takes the connection and never says a word."""

    def __init__(self) -> None:
        self.reached, self.left = asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.set()
        assert not await reader.read()  # until the process at the other end is no more
        writer.close()
        self.left.set()


async def put(database: Database, clock: FakeClock, key: str) -> bool:
    async with database.transaction() as session:
        return await outbox.put(session, "duty:gap", at=clock.now(), dedupe_key=key, **GAP)


async def deliveries(database: Database) -> list[DeliveryRow]:
    async with database.session() as session:
        return list(await session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


async def killed_while_sending(url: str, clock: FakeClock) -> None:
    silent = SilentMail()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.killed_worker", url, port, clock.now().isoformat(), cwd=ROOT
    )
    try:
        async with asyncio.timeout(60):
            await silent.reached.wait()
    finally:
        process.kill()
        server.close()
    assert await process.wait() == -signal.SIGKILL
    async with asyncio.timeout(60):
        await silent.left.wait()


async def test_what_a_killed_worker_held_is_sent_once_by_the_next(
    database: Database, database_url: str, clock: FakeClock
) -> None:
    async with database.transaction() as session:
        factory = await make_org(session)
        people = [await make_user(session, factory, role=Role.ADMIN.value) for _ in range(PEOPLE)]
    everyone = Counter(person.email for person in people)
    assert await put(database, clock, "told by the killed")
    await killed_while_sending(database_url, clock)
    left = await deliveries(database)
    assert [(row.state, row.attempts) for row in left] == [("waiting", 1)] * LETTERS_AT_ONCE + [
        ("waiting", 0)
    ]
    assert not await put(database, clock, "told by the killed")  # the same cause is no second letter
    assert await put(database, clock, "committed and never taken")

    catcher = Catcher(clock)
    await catcher.open()
    teller = Teller(Texts(), "https://calls.example.test/")
    post = CaughtLetters(catcher)
    following = MessageWorker(database=database, clock=clock, bus=Bus(), teller=teller, sender=post)
    try:
        await following.pass_over()
        # at once what nobody holds; what the killed one held, not before its lease is over
        held = Counter({left[-1].address: 1}) + everyone
        assert Counter(one.address for one in catcher.newest()) == held
        clock.advance(LETTER_LEASE)
        for _ in range(2):
            await following.pass_over()
        caught = catcher.newest()
    finally:
        await following.close()
        await catcher.shut()
    assert Counter(one.address for one in caught) == everyone + everyone
    assert all("Дежурства: никого нет" in one.subject and "/duty" in one.text for one in caught)
    rows = await deliveries(database)
    assert {row.state for row in rows} == {"sent"}
    assert [row.attempts for row in rows] == [2] * LETTERS_AT_ONCE + [1] * (PEOPLE + 1)
    async with database.session() as session:
        assert None not in set(await session.scalars(select(OutboxRow.done_at)))
