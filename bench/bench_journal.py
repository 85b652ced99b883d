"""A page of the journal with 1 000 000 calls: our read side against the bare SQL, in one run.

The bare SQL is written by hand and asks for the same columns and names. It is sent three ways, all fetching everything:
by the sqlite3 module, by the driver (aiosqlite) on an open connection, and as text through a session of our engine, as a
handler without a read side would. The ratio is to the last; the others show what the stack itself costs. Our side is
what a handler does: take a session, ask `journal`, get frozen rows with rights and masking applied. Figures are the
processor's time of the whole process (other work on the machine does not count), medians in turns.

    python bench/bench_journal.py [--calls 1000000] [--rounds 200] [--most 3] [--file KEEP.db] [--page MODULE:CALLABLE]

`--page` names an async callable `(database, viewer, wanted, after) -> object` that is measured instead of our read side:
a whole page with its template. Ends with 1 when the ratio of the first page is over `--most`.
"""

import argparse
import asyncio
import importlib
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from callcore.calls.queries import journal
from callcore.calls.tables import CallRow
from callcore.calls.views import JournalCursor, JournalFilter
from callcore.kernel.database import Database
from callcore.kernel.migrations import upgrade
from callcore.network.model import Role, Viewer

ROWS = 50
DEALERS = 200
NEWEST = datetime(2026, 3, 16, 9, tzinfo=UTC)
STAFF = Viewer(1, "", Role.OPERATOR, 1, "", "/1/", (), "Europe/Moscow")
DEALER = Viewer(1, "", Role.DEALER_OWNER, 7, "", "/1/7/", (), "Europe/Moscow")
Page = Callable[[Database, Viewer, JournalFilter, str], Awaitable[object]]

COLUMNS = """
SELECT c.id, c.call_id, c.direction, c.state, c.result, c.started_at, c.answered_at, c.ended_at, c.wait_s, c.talk_s,
       c.did_number, c.caller_number, c.caller_raw, c.caller_name, c.region_code, c.source, c.org_id, c.outlet_id,
       c.customer_id, c.order_id, c.route, c.warning, c.is_transferred, c.has_recording, c.is_repaired,
       d.label, r.name, r.tz, o.name, t.name, u.full_name, k.name
FROM calls c LEFT JOIN dids d ON d.id = c.did_id LEFT JOIN regions r ON r.code = c.region_code
     LEFT JOIN organizations o ON o.id = c.org_id LEFT JOIN outlets t ON t.id = c.outlet_id
     LEFT JOIN users u ON u.id = c.user_id LEFT JOIN customers k ON k.id = c.customer_id
"""
ORDER = f" ORDER BY c.started_at DESC, c.id DESC LIMIT {ROWS + 1}"


@dataclass(frozen=True)
class Case:
    name: str
    viewer: Viewer
    wanted: JournalFilter
    where: str
    values: tuple[Any, ...]
    after: str = ""


def cases(calls: int) -> list[Case]:
    middle = NEWEST - timedelta(seconds=8 * (calls // 2))
    since = NEWEST - timedelta(days=30)
    shape = "%Y-%m-%d %H:%M:%S.%f"
    return [
        Case("first page", STAFF, JournalFilter(), "1", ()),
        Case(
            "in the middle",
            STAFF,
            JournalFilter(),
            "(c.started_at, c.id) < (?, ?)",
            (middle.strftime(shape), calls // 2),
            JournalCursor(middle, calls // 2).encode(),
        ),
        Case(
            "30 days, answered",
            STAFF,
            JournalFilter(since=since, result="answered"),  # type: ignore[arg-type]
            "c.started_at >= ? AND c.result = ?",
            (since.strftime(shape), "answered"),
        ),
        Case("one dealer", STAFF, JournalFilter(org_id=7), "c.org_id = ?", (7,)),
        Case(
            "whole number",
            STAFF,
            JournalFilter(number="8 900 000-12-34"),
            "c.caller_number = ?",
            ("+79000001234",),
        ),
        Case("last digits", STAFF, JournalFilter(number="012345"), "c.caller_number LIKE ?", ("%012345",)),
        Case("a dealer's own", DEALER, JournalFilter(), "c.org_id = ?", (7,)),
    ]


def fill(path: Path, calls: int) -> None:
    """A call each 8 s back from NEWEST, 200 dealers, 100 000 numbers."""
    upgrade(f"sqlite+aiosqlite:///{path}")
    db = sqlite3.connect(path)
    db.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA cache_size=-400000")
    indexes = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name='calls' AND sql LIKE 'CREATE INDEX%'"
    ).fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    at = NEWEST.strftime("%Y-%m-%d %H:%M:%S.000000")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < {})"
    db.execute("INSERT INTO regions VALUES ('RU-MOW', 'Москва', 'Europe/Moscow')")
    db.execute(
        f"{many.format(DEALERS)} INSERT INTO organizations (id, kind, parent_id, path, name, state, takes_site_calls, points,"
        " site_url, tz, created_at) SELECT i, iif(i = 1, 'manufacturer', 'dealer'), iif(i = 1, NULL, 1),"
        f" iif(i = 1, '/1/', '/1/' || i || '/'), 'Организация ' || i, 'active', 1, 0, '', 'Europe/Moscow', '{at}' FROM n"
    )
    db.execute(
        f"{many.format(DEALERS)} INSERT INTO outlets (id, org_id, name, city, address, region_code, tz, hours, accepts_calls,"
        " position, ring_s) SELECT i, i, 'Салон ' || i, 'Москва', '', 'RU-MOW', 'Europe/Moscow', '{}', 1, 100, 20 FROM n"
    )
    db.execute(
        "INSERT INTO dids (id, number, label, source, medium, campaign, request_type, to_operators, is_active)"
        " VALUES (1, '+74950000001', 'Сайт', 'site', 'unknown', '', 'call', 0, 1)"
    )
    db.execute(
        f"{many.format(calls)} INSERT INTO calls (call_id, direction, state, result, started_at, ended_at, wait_s, talk_s,"
        " did_number, did_id, caller_number, caller_raw, caller_name, region_code, source, org_id, outlet_id, route,"
        " warning, is_transferred, has_recording, is_repaired) SELECT 'c' || i, 'inbound', 'ended',"
        " iif(i % 3, 'answered', 'missed'),"
        f" strftime('%Y-%m-%d %H:%M:%f', '{at}', '-' || (8 * ({calls} - i)) || ' seconds') || '000',"
        f" '{at}', i % 30, iif(i % 3, i % 200, 0), '+74950000001', 1, printf('+7900%07d', i % 100000), '', '',"
        f" 'RU-MOW', 'site', 1 + i % {DEALERS}, 1 + i % {DEALERS}, 'app', '', 0, i % 2, 0 FROM n"
    )
    for _, sql in indexes:
        db.execute(sql)
    db.execute("ANALYZE")
    db.commit()
    db.close()


async def read_side(database: Database, viewer: Viewer, wanted: JournalFilter, after: str) -> object:
    async with database.session() as session:
        return await journal(session, viewer, wanted, after=after, limit=ROWS)


async def measure(path: Path, case: Case, page: Page, rounds: int) -> list[float]:
    """Milliseconds: sqlite3, driver, engine, page; in turns, so that all suffer alike."""
    sql = COLUMNS + " WHERE " + case.where + ORDER
    names = [f"v{number}" for number in range(len(case.values))]
    named = text(sql.replace("?", "{}").format(*(f":{name}" for name in names)))
    plain = sqlite3.connect(path)
    database = Database(f"sqlite+aiosqlite:///{path}")

    async with aiosqlite.connect(path) as bare:

        async def by_module() -> None:
            plain.execute(sql, case.values).fetchall()

        async def by_driver() -> None:
            await (await bare.execute(sql, case.values)).fetchall()

        async def by_engine() -> None:
            async with database.session() as session:
                (await session.execute(named, dict(zip(names, case.values, strict=True)))).all()

        async def by_page() -> None:
            await page(database, case.viewer, case.wanted, case.after)

        ways = (by_module, by_driver, by_engine, by_page)
        times: list[list[float]] = [[] for _ in ways]
        for _ in range(await fitting(by_page, rounds)):
            for way, series in zip(ways, times, strict=True):
                begun = time.process_time()
                await way()
                series.append((time.process_time() - begun) * 1000)
    plain.close()
    await database.close()
    return [statistics.median(series) for series in times]


async def fitting(way: Callable[[], Awaitable[None]], rounds: int) -> int:
    """Warms all caches; slow cases get fewer rounds."""
    begun = time.perf_counter()
    for _ in range(3):
        await way()
    return max(5, min(rounds, int(10 / ((time.perf_counter() - begun) / 3))))


async def run(path: Path, calls: int, rounds: int, page: Page) -> float:
    print(f"{'milliseconds':<20}{'sqlite3':>10}{'driver':>10}{'engine':>10}{'page':>10}{'ratio':>8}")
    first = 0.0
    for case in cases(calls):
        figures = await measure(path, case, page, rounds)
        ratio = figures[3] / figures[2]
        first = first or ratio
        print(f"{case.name:<20}{''.join(f'{figure:>10.2f}' for figure in figures)}{ratio:>8.2f}")
    return first


def named_page(name: str) -> Page:
    if not name:
        return read_side
    module, _, function = name.partition(":")
    page: Page = getattr(importlib.import_module(module), function)
    return page


def main() -> int:
    assert CallRow.__tablename__ == "calls"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--most", type=float, default=3.0)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--page", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.file or Path(folder) / "journal.db"
        if not path.exists():
            begun = time.perf_counter()
            fill(path, asked.calls)
            print(f"{asked.calls} calls made in {time.perf_counter() - begun:.1f} s")
        ratio = asyncio.run(run(path, asked.calls, asked.rounds, named_page(asked.page)))
    print(f"first page: {ratio:.2f} times the bare SQL, at most {asked.most:g}")
    return int(ratio > asked.most)


if __name__ == "__main__":
    sys.exit(main())
