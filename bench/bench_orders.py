"""The order list with 1 000 000 orders of 100 dealers: every tab as a whole page against the bare SQL of the same page.

As `bench_page` measures the journal: the page is asked of the site over a loopback socket by a signed-in person, its time
is the server's own, the bare SQL are the statements that it ran. Besides the ratio the time that 95 of 100 pages keep.

    python -m bench.bench_orders [--orders 1000000] [--rounds 60] [--file KEEP.db]

Ends with 1 when a ratio is over 3 or a page's 95th percentile over 200 ms.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import structlog
from aiohttp import web
from sqlalchemy import event

from bench.bench_page import (
    LIMIT,
    Case,
    Site,
    add_people,
    browse,
    in_sessions,
)
from bench.fill_orders import EACH_S, NEWEST, fill
from callcore.bootstrap.order_list_services import OrderListReader
from callcore.bootstrap.services import Reader
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.sign_in import SignIn
from callcore.orders.views import OrderCursor
from web.app import make_app
from web.deps import WebDeps
from web.orders.list_pages import room

LIMIT_P95_MS = 200.0


class Measured(NamedTuple):
    """Milliseconds; `bare` and `page` are medians."""

    name: str
    bare: float
    page: float
    p95: float
    statements: int
    size: int

    @property
    def ratio(self) -> float:
        return self.page / self.bare

    @property
    def is_met(self) -> bool:
        return self.ratio <= LIMIT and self.p95 <= LIMIT_P95_MS


def cases(orders: int) -> tuple[Case, ...]:
    middle = OrderCursor(NEWEST - timedelta(seconds=EACH_S * (orders // 2)), orders // 2).encode()
    staff = ("all", "mine", "available", "closed", "declined", "problems")
    return (
        *(Case(f"staff, {tab}", f"/orders?tab={tab}") for tab in staff),
        Case("staff, deep in the middle", f"/orders?tab=all&after={middle}&start=26"),
        Case("staff, the dearest", "/orders?tab=all&sort=sum"),
        Case("staff, one dealer", "/orders?tab=all&org=7"),
        Case("staff, a number", f"/orders?q={orders // 3}"),
        *(
            Case(f"dealer, {tab}", f"/orders?tab={tab}", "dealer")
            for tab in ("mine", "available", "closed", "problems")
        ),
    )


async def serve(site: Site) -> web.AppRunner:
    clock = SystemClock()
    reader = Reader(site.database, clock, Path())
    rooms = (room(OrderListReader(site.database, clock, reader.choices).services()),)
    deps = WebDeps(
        sign_in=SignIn(site.database, clock),
        clock=clock,
        rooms=rooms,
        observe=site.observe,
        search_path="/orders",
    )
    runner = web.AppRunner(make_app(deps), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    event.listen(site.database.engine.sync_engine, "before_cursor_execute", site.note)
    return runner


async def measure(site: Site, case: Case, rounds: int) -> Measured:
    browser = await browse(site, case.who)
    bare: list[float] = []

    async def ask() -> int:
        async with browser.get(site.address + case.path) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            assert "data-order=" in text, f"{case.name}: the page shows no order"
            return len(text.encode())

    for _ in range(3):  # warms caches
        site.statements.clear()
        size = await ask()
    ran = [one for one in site.statements if not one[0].startswith("UPDATE")]
    site.seconds.clear()
    for _ in range(rounds):
        begun = time.perf_counter()
        await in_sessions(site.database, ran)
        bare.append(time.perf_counter() - begun)
        await ask()
    await browser.close()
    page = sorted(site.seconds)
    return Measured(
        case.name,
        statistics.median(bare) * 1000,
        statistics.median(page) * 1000,
        page[int(len(page) * 0.95) - 1] * 1000,
        len(ran),
        size,
    )


async def run(path: Path, orders: int, rounds: int) -> list[Measured]:
    """Prints a line per case."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    site = Site(Database(f"sqlite+aiosqlite:///{path}"))
    await add_people(site.database)
    runner = await serve(site)
    done = []
    print(f"{'':<28}{'bare SQL':>10}{'page':>10}{'p95':>10}{'ratio':>8}{'statements':>12}{'bytes':>9}")
    for case in cases(orders):
        one = await measure(site, case, rounds)
        print(
            f"{one.name:<28}{one.bare:>8.2f}ms{one.page:>8.2f}ms{one.p95:>8.2f}ms{one.ratio:>8.2f}"
            f"{one.statements:>12}{one.size:>9}"
        )
        done.append(one)
    await runner.cleanup()
    await site.database.close()
    return done


def on_sqlite(orders: int, rounds: int, keep: Path | None = None) -> list[Measured]:
    """A database that is already at `keep` is taken as it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = keep or Path(folder) / "orders.db"
        if not path.exists():
            fill(path, orders)
        return asyncio.run(run(path, orders, rounds))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    done = on_sqlite(asked.orders, asked.rounds, asked.file)
    worst = max(done, key=lambda one: one.ratio)
    print(f"worst ratio {worst.ratio:.1f} ({worst.name}), worst p95 {max(one.p95 for one in done):.0f} ms")
    return int(not all(one.is_met for one in done))


if __name__ == "__main__":
    sys.exit(main())
