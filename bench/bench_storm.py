"""An acceptance storm: 20 dealers go for the same 200 orders at once. Each order must get exactly one of them.

The time is that of one attempt, win or refusal, from the press to the answer. Baseline: the bare guarded UPDATE,
committed, one after another, in the same database layer.

    python -m bench.bench_storm [--orders 200] [--dealers 20] [--postgres URL-of-an-empty-database]

Ends with 1 when p95 is over the limit or an order has not exactly one winner.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select, update

from callcore.customers.tables import CustomerRow
from callcore.distribution.offers import Offers
from callcore.distribution.take_order import take_order
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict
from callcore.kernel.migrations import upgrade
from callcore.kernel.tasks import TaskOwner
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import NewOrder, OrderEventKind, OrderKind
from callcore.orders.tables import OrderEventRow, OrderRow

LIMIT_P95_MS: Final = 250.0
NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
REGION: Final = "RU-MOW"
_ROUNDS: Final = 200


class StillClock:
    def now(self) -> datetime:
        return NOW


class Storm(NamedTuple):
    """Milliseconds. `winners`: orders with exactly one; `rate` attempts a second."""

    p50: float
    p95: float
    p99: float
    bare: float
    rate: float
    orders: int
    winners: int

    @property
    def is_met(self) -> bool:
        return self.p95 <= LIMIT_P95_MS and self.winners == self.orders


async def storm(database: Database, dealers: int, orders: int) -> Storm:
    viewers = await _fill(database, dealers)
    numbers = await _orders(database, orders)
    bare = await _bare(database, numbers[0])
    offers, times = Offers(database, StillClock()), list[float]()
    gate = asyncio.Event()

    async def go(viewer: Viewer, seed: int) -> None:
        mine = list(numbers)
        random.Random(seed).shuffle(mine)  # nobody politely follows another
        _ = await gate.wait()
        for number in mine:
            began = time.perf_counter()
            with suppress(Conflict):
                _ = await offers.accept(viewer, number)
            times.append((time.perf_counter() - began) * 1000)

    tasks = TaskOwner("storm")
    racers = [tasks.spawn(f"dealer-{seed}", go(viewer, seed)) for seed, viewer in enumerate(viewers)]
    began = time.perf_counter()
    gate.set()
    _ = await asyncio.gather(*racers)
    took = time.perf_counter() - began
    await tasks.close()
    cuts = statistics.quantiles(times, n=100)
    return Storm(cuts[49], cuts[94], cuts[98], bare, len(times) / took, orders, await _winners(database))


async def _fill(database: Database, dealers: int) -> list[Viewer]:
    viewers = []
    async with database.transaction() as session:
        session.add(RegionRow(code=REGION, name="Москва", tz="Europe/Moscow"))
        session.add(CustomerRow(id=1, name="Иван", created_at=NOW))
        await session.flush()
        session.add(_org(1, "manufacturer", "/1/", None))
        await session.flush()
        for org_id in range(2, dealers + 2):
            session.add(_org(org_id, "dealer", f"/1/{org_id}/", 1))
            await session.flush()
            session.add(
                UserRow(
                    id=org_id,
                    org_id=org_id,
                    email=f"{org_id}@example.test",
                    full_name=f"Человек {org_id}",
                    role=Role.DEALER_OWNER.value,
                    password_hash="!",
                    tz="Europe/Moscow",
                    created_at=NOW,
                )
            )
            name, path = f"Дилер {org_id}", f"/1/{org_id}/"
            viewers.append(Viewer(org_id, name, Role.DEALER_OWNER, org_id, name, path, (), "Europe/Moscow"))
    return viewers


def _org(org_id: int, kind: str, path: str, parent_id: int | None) -> OrgRow:
    return OrgRow(
        id=org_id,
        kind=kind,
        parent_id=parent_id,
        path=path,
        name=f"Дилер {org_id}",
        region_code=REGION,
        tz="Europe/Moscow",
        created_at=NOW,
    )


async def _orders(database: Database, count: int) -> list[int]:
    numbers = []
    async with database.transaction() as session:
        for _ in range(count):
            new = NewOrder(kind=OrderKind.ORDER, customer_id=1, region_code=REGION)
            numbers.append((await take_order(session, new, now=NOW)).number)
    return numbers


async def _bare(database: Database, number: int) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        async with database.transaction() as session:
            _ = await session.execute(
                update(OrderRow)
                .where(OrderRow.number == number, OrderRow.status_class == "open")
                .values(version=OrderRow.version + 1)
                .execution_options(synchronize_session=False)
            )
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def _winners(database: Database) -> int:
    """Orders whose dealer, accepted window and event agree and are one."""
    async with database.session() as session:
        owners = {row.id: row.org_id for row in await session.scalars(select(OrderRow))}
        windows = await session.execute(
            select(OrderWindowRow.order_id, OrderWindowRow.org_id).where(
                OrderWindowRow.close_cause == "accepted"
            )
        )
        won = Counter(order_id for order_id, org_id in windows if owners[order_id] == org_id)
        told = Counter(
            await session.scalars(
                select(OrderEventRow.order_id).where(OrderEventRow.kind == OrderEventKind.ACCEPTED.value)
            )
        )
    return sum(won[order_id] == 1 and told[order_id] == 1 for order_id in owners)


def on_sqlite(dealers: int = 20, orders: int = 200) -> Storm:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(f"sqlite+aiosqlite:///{Path(folder) / 'storm.db'}", dealers, orders))


def on_postgres(url: str, dealers: int = 20, orders: int = 200) -> Storm:
    return asyncio.run(_run(url, dealers, orders))


async def _run(url: str, dealers: int, orders: int) -> Storm:
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    try:
        return await storm(database, dealers, orders)
    finally:
        await database.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--dealers", type=int, default=20)
    parser.add_argument("--postgres", default="", help="address of an empty database")
    asked = parser.parse_args()
    found = {"SQLite": on_sqlite(asked.dealers, asked.orders)}
    if asked.postgres:
        found["PostgreSQL"] = on_postgres(asked.postgres, asked.dealers, asked.orders)
    for name, one in found.items():
        print(
            f"{name}: p50 {one.p50:.1f} ms, p95 {one.p95:.1f} ms, p99 {one.p99:.1f} ms, bare UPDATE {one.bare:.2f} ms,"
            f" {one.rate:.0f} attempts/s, {one.winners} of {one.orders} orders have exactly one winner"
        )
    return int(not all(one.is_met for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
