"""Orders through the public HTTP API, with distribution: 50 a second for a minute. None may be lost or doubled.

The sender is a process of its own with connections that stay open; one request in ten is sent a second time under its key, as a program
does that had no answer. Time is that of a request, processor time that of the whole serving process a taken order.
Baseline: one INSERT committed, in the same database layer.

    python -m bench.bench_intake [--rate 50] [--seconds 60] [--dealers 100] [--quick] [--postgres URL-of-an-empty-database]

Ends with 1 when an order is lost, doubled, offered to nobody, or the rate was not held.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import ClientSession, TCPConnector, web
from sqlalchemy import func, select

from bench import bench_ami
from callcore.bootstrap.intake_services import IntakeDesk
from callcore.catalog.tables import ProductRow
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.migrations import upgrade
from callcore.kernel.outbox import put
from callcore.kernel.tasks import TaskOwner
from callcore.network.api_keys import ApiKeys, Scope
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRegionRow, OrgRow, RegionRow, UserRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.tables import OrderLineRow, OrderRow
from tests.fakes.sign_in import FakeSignIn
from web.api.pages import room
from web.app import make_app
from web.deps import WebDeps

REGIONS: Final = 80
REGIONS_OF_ONE: Final = 4
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT_P95_MS: Final = 250.0


class Intake(NamedTuple):
    """Milliseconds. `held`: orders a second over the whole run; `cpu` of the server a taken order."""

    backend: str
    sent: int
    taken: int
    offered: int
    failed: int
    held: float
    asked: float
    p50: float
    p95: float
    cpu: float
    bare: float

    @property
    def is_met(self) -> bool:
        is_whole = self.sent == self.taken == self.offered and not self.failed
        return is_whole and self.held >= 0.98 * self.asked


async def fill(database: Database, dealers: int) -> str:
    """The secret of a key."""
    async with database.transaction() as session:
        for number in range(REGIONS):
            session.add(RegionRow(code=f"RU-{number:03}", name=f"Регион {number}", tz="Europe/Moscow"))
        await session.flush()
        for org_id in range(1, dealers + 2):
            path = "/1/" if org_id == 1 else f"/1/{org_id}/"
            kind = "manufacturer" if org_id == 1 else "dealer"
            session.add(
                OrgRow(
                    id=org_id,
                    kind=kind,
                    path=path,
                    name=f"Дилер {org_id}",
                    tz="Europe/Moscow",
                    created_at=SINCE,
                )
            )
            await session.flush()
            for place in range(REGIONS_OF_ONE if org_id > 1 else 0):
                code = f"RU-{(org_id * REGIONS_OF_ONE + place) % REGIONS:03}"
                session.add(OrgRegionRow(org_id=org_id, region_code=code))
        session.add(
            UserRow(
                id=1, org_id=1, email="a@example.test", full_name="А", role="admin", password_hash="!",
                tz="Europe/Moscow", created_at=SINCE,
            )
        )  # fmt: skip
        for number in range(200):
            session.add(
                ProductRow(article=f"PR-{number}", name=f"Профиль {number}", category="Окна", price="222.75")
            )
    admin = Viewer(1, "А", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
    return (await ApiKeys(database, SystemClock()).make(admin, "Сайт", tuple(Scope), None)).secret


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[int]:
    desk = IntakeDesk(database, SystemClock(), lambda _number: ())
    deps = WebDeps(sign_in=FakeSignIn(), clock=SystemClock(), rooms=(room(desk.api()),), api_door=desk.keys)
    runner = web.AppRunner(make_app(deps), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def measure(database: Database, backend: str, rate: float, seconds: float, dealers: int) -> Intake:
    secret = await fill(database, dealers)
    bare = await _bare(database)
    count = round(rate * seconds)
    async with serving(database) as port:
        await _send(port, secret, 20, rate, "warm")
        before = time.process_time()
        told = await _send(port, secret, count, rate, "load")
        cpu = (time.process_time() - before) * 1000 / count
    async with database.session() as session:
        taken = await session.scalar(select(func.count()).select_from(OrderRow)) or 0
        numbers = await session.scalar(select(func.count(OrderRow.number.distinct()))) or 0
        offered = await session.scalar(select(func.count(OrderWindowRow.order_id.distinct()))) or 0
        lines = await session.scalar(select(func.count()).select_from(OrderLineRow)) or 0
    assert numbers == taken
    assert lines == 2 * taken
    return Intake(
        backend, count, taken - 20, offered - 20, told["failed"], count / told["took"], rate,
        told["p50"], told["p95"], cpu, bare,
    )  # fmt: skip


async def _bare(database: Database) -> float:
    times = []
    for number in range(100):
        began = time.perf_counter()
        async with database.transaction() as session:
            await put(session, "bench", at=SINCE, dedupe_key=f"bench:{number}")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def _send(port: int, secret: str, count: int, rate: float, run: str) -> dict[str, float]:
    arguments = (
        "--send",
        str(port),
        "--secret",
        secret,
        "--count",
        str(count),
        "--rate",
        str(rate),
        "--run",
        run,
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bench_intake", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    return json.loads(out)


async def send(port: int, secret: str, count: int, rate: float, run: str) -> dict[str, float]:
    """In the process of the sender: starts each request at its own moment, whether or not earlier ones are answered."""
    times, failed = list[float](), 0
    headers = {"Authorization": f"Bearer {secret}"}

    async def one(number: int, session: ClientSession) -> None:
        nonlocal failed
        body = {
            "external_id": f"{run}-{number}",
            "customer": {"name": f"Покупатель {number}", "phone": f"+7912{hash((run, number)) % 10**7:07}"},
            "region": f"RU-{number % REGIONS:03}",
            "city": "Город",
            "source": "site",
            "lines": [
                {"article": f"PR-{number % 200}", "quantity": "40"},
                {"article": f"PR-{(number * 7) % 200}"},
            ],
        }
        answers = set()
        for _ in range(2 if number % 10 == 0 else 1):
            began = time.perf_counter()
            async with session.post(
                "/api/v1/orders", json=body, headers={"Idempotency-Key": f"{run}-{number}"}
            ) as answer:
                answers.add((answer.status, await answer.text()))
            times.append((time.perf_counter() - began) * 1000)
        failed += len(answers) != 1 or next(iter(answers))[0] != 201

    tasks, began = TaskOwner("sender"), time.perf_counter()
    async with ClientSession(
        f"http://127.0.0.1:{port}", headers=headers, connector=TCPConnector(limit=64)
    ) as session:
        running = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            running.append(tasks.spawn(str(number), one(number, session)))
        _ = await asyncio.gather(*running)
    took = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=20)
    return {"took": took, "failed": failed, "p50": statistics.median(times), "p95": cuts[18]}


async def on(url: str, backend: str, asked: argparse.Namespace) -> Intake:
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    try:
        return await measure(
            database, backend, asked.rate, 10 if asked.quick else asked.seconds, asked.dealers
        )
    finally:
        await database.close()


def run(asked: argparse.Namespace) -> list[Intake]:
    with tempfile.TemporaryDirectory() as folder:
        found = [asyncio.run(on(f"sqlite+aiosqlite:///{Path(folder) / 'intake.db'}", "SQLite", asked))]
    if asked.postgres:
        found.append(asyncio.run(on(asked.postgres, "PostgreSQL", asked)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--dealers", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="ten seconds")
    parser.add_argument("--postgres", help="also on this empty database")
    for name in ("--send", "--secret", "--count", "--run"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    bench_ami.silence()
    if asked.send:
        told = asyncio.run(send(int(asked.send), asked.secret, int(asked.count), asked.rate, asked.run))
        print(json.dumps(told))
        return 0
    figures = run(asked)
    for one in figures:
        print(
            f"{one.backend}: sent {one.sent}, taken {one.taken}, offered {one.offered}, failed {one.failed}; "
            f"{one.held:.1f} a second of {one.asked:g}; p50 {one.p50:.0f} ms, p95 {one.p95:.0f} ms; "
            f"processor {one.cpu:.1f} ms an order; one committed INSERT {one.bare:.1f} ms"
        )
    return int(not all(one.is_met for one in figures))


if __name__ == "__main__":
    sys.exit(main())
