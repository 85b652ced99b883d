"""The whole page of the journal with 1 000 000 calls against the bare SQL of the same page, in one run.

The page is asked of the whole site over a loopback socket by a signed-in person: session, rights, choices of the filters,
rows, template. Its time is the server's own, from the first middleware to the ready answer. The bare SQL are the very
statements that the page ran, with their values and all rows fetched, and nothing else: once in the same sessions of our
own database layer (the judged ratio: what a page costs beyond its SQL), once on an open connection of the naked driver
(for the record: what the layer itself costs). All in turns.

    python -m bench.bench_page [--calls 1000000] [--rounds 100] [--most 3] [--file KEEP.db] [--postgres]

Ends with 1 when the ratio of a case is over `--most`.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import structlog
from aiohttp import ClientSession, CookieJar, web
from sqlalchemy import event, select

from bench.bench_journal import NEWEST, fill
from callcore.bootstrap.customer_services import CustomerReader
from callcore.bootstrap.order_list_services import OrderListReader
from callcore.bootstrap.services import Reader
from callcore.calls.views import JournalCursor
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.passwords import hash_password
from callcore.network.sign_in import SignIn
from callcore.network.tables import UserRow
from web.app import make_app
from web.calls.pages import room as call_room
from web.customers.pages import room as customer_room
from web.deps import WebDeps
from web.orders.list_pages import room as order_list_room

PASSWORD = "a long password of a bench"
LIMIT = 3.0
Statement = tuple[str, Any]
Replay = Callable[[list[Statement]], Awaitable[None]]


class Case(NamedTuple):
    name: str
    path: str
    who: str = "operator"


def cases(calls: int) -> tuple[Case, ...]:
    deep = JournalCursor(NEWEST - timedelta(seconds=8 * (calls // 2)), calls // 2).encode()
    return (
        Case("first page", "/calls"),
        Case("deep in the middle", f"/calls?after={deep}"),
        Case("one dealer", "/calls?org=7"),
        Case("a whole number", "/calls?number=89000001234"),
        Case("a dealer's own", "/calls", "dealer"),
    )


@dataclass
class Site:
    """The running site; `seconds` are those of its answers, `statements` what they ran since the last `clear`."""

    database: Database
    address: str = ""
    seconds: list[float] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def observe(self, _method: str, _route: str, status: int, seconds: float) -> None:
        assert status in (200, 303), status
        self.seconds.append(seconds)

    def note(self, _conn: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        self.statements.append((statement, values))


async def serve(site: Site) -> web.AppRunner:
    clock = SystemClock()
    reader = Reader(site.database, clock, Path())
    rooms = (
        call_room(reader.calls()),
        order_list_room(OrderListReader(site.database, clock, reader.choices).services()),
        customer_room(CustomerReader(site.database, clock, Path()).services()),
    )
    deps = WebDeps(
        sign_in=SignIn(site.database, clock),
        clock=clock,
        rooms=rooms,
        observe=site.observe,
        search_path="/orders",
    )
    runner = web.AppRunner(make_app(deps), access_log=None)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    site.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    event.listen(site.database.engine.sync_engine, "before_cursor_execute", site.note)
    return runner


async def add_people(database: Database) -> None:
    """One of the factory, one of the seventh organisation, a dealer."""
    async with database.transaction() as session:
        if await session.scalar(select(UserRow.id).limit(1)):
            return
        for name, role, org_id in (("operator", "operator", 1), ("dealer", "dealer_owner", 7)):
            person = UserRow(email=f"{name}@example.test", full_name="Анна Белова", role=role, org_id=org_id)
            person.password_hash = hash_password(PASSWORD)
            person.tz, person.created_at = "Europe/Moscow", NEWEST
            session.add(person)


async def browse(site: Site, who: str) -> ClientSession:
    browser = ClientSession(cookie_jar=CookieJar(unsafe=True))
    form = {"email": f"{who}@example.test", "password": PASSWORD}
    async with browser.post(f"{site.address}/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
    return browser


class Measured(NamedTuple):
    """Medians in milliseconds, how many statements the page ran, bytes of the page. `bare`: SQL alone in our sessions,
    `driver`: SQL alone on the naked driver."""

    name: str
    bare: float
    driver: float
    page: float
    statements: int
    size: int

    @property
    def ratio(self) -> float:
        return self.page / self.bare


async def measure(site: Site, case: Case, replay: Replay, rounds: int) -> Measured:
    browser = await browse(site, case.who)
    bare: list[float] = []
    driver: list[float] = []

    async def ask() -> int:
        async with browser.get(site.address + case.path) as answer:
            assert answer.status == 200
            text = await answer.text()
            assert "data-call=" in text, "the page shows no call"
            return len(text.encode())

    for _ in range(3):  # warms caches
        site.statements.clear()
        size = await ask()
    ran = [one for one in site.statements if not one[0].startswith("UPDATE")]
    site.seconds.clear()
    for _ in range(rounds):
        begun = time.perf_counter()
        await replay(ran)
        driver.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        await in_sessions(site.database, ran)
        bare.append(time.perf_counter() - begun)
        await ask()
    await browser.close()
    medians = (statistics.median(series) * 1000 for series in (bare, driver, site.seconds))
    return Measured(case.name, *medians, len(ran), size)


async def in_sessions(database: Database, ran: list[Statement]) -> None:
    """As the page does: the person in one session, all that is shown in another."""
    for part in (ran[:1], ran[1:]):
        async with database.session() as session:
            connection = await session.connection()
            for statement, values in part:
                (await connection.exec_driver_sql(statement, values)).fetchall()


async def run(
    title: str,
    url: str,
    calls: int,
    rounds: int,
    open_bare: Callable[[], AbstractAsyncContextManager[Replay]],
) -> list[Measured]:
    """Prints a line per case."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    site = Site(Database(url))
    await add_people(site.database)
    runner = await serve(site)
    done = []
    print(f"{title:<24}{'driver':>10}{'bare SQL':>10}{'page':>10}{'ratio':>8}{'statements':>12}{'bytes':>9}")
    async with open_bare() as replay:
        for case in cases(calls):
            one = await measure(site, case, replay, rounds)
            print(
                f"{one.name:<24}{one.driver:>8.2f}ms{one.bare:>8.2f}ms{one.page:>8.2f}ms{one.ratio:>8.2f}{one.statements:>12}{one.size:>9}"
            )
            done.append(one)
    await runner.cleanup()
    await site.database.close()
    return done


@asynccontextmanager
async def bare_sqlite(path: Path) -> AsyncIterator[Replay]:
    async with aiosqlite.connect(path) as bare:

        async def replay(ran: list[Statement]) -> None:
            for statement, values in ran:
                async with bare.execute(statement, values) as cursor:
                    await cursor.fetchall()

        yield replay


def prepared(folder: Path, calls: int, keep: Path | None) -> Path:
    """A database with so many calls; one that is already at `keep` is taken as it is."""
    path = keep or folder / "journal.db"
    if not path.exists():
        begun = time.perf_counter()
        fill(path, calls)
        print(f"{calls} calls made in {time.perf_counter() - begun:.0f} s")
    return path


def on_sqlite(calls: int, rounds: int, keep: Path | None = None) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        path = prepared(Path(folder), calls, keep)
        url = f"sqlite+aiosqlite:///{path}"
        return asyncio.run(run("SQLite", url, calls, rounds, lambda: bare_sqlite(path)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--most", type=float, default=LIMIT)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    worst = max(one.ratio for one in on_sqlite(asked.calls, asked.rounds, asked.file))
    print(f"worst ratio {worst:.1f}, at most {asked.most:g}")
    return int(worst > asked.most)


if __name__ == "__main__":
    sys.exit(main())
