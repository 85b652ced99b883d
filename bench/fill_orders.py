"""A database with many orders in the shape of a network that has worked for years: nearly all closed, the newest running,
some offered to dealers at this moment, some refused, some overdue."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from callcore.kernel.migrations import upgrade

DEALERS = 100
CUSTOMERS = 100_000
EACH_S = 60  # an order a minute
NEWEST = datetime(2026, 3, 16, 9, tzinfo=UTC)
OPERATOR, DEALER = 1, 7  # ids of people; the dealer's is that of his organisation too
_MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
_AT = NEWEST.strftime("%Y-%m-%d %H:%M:%S.000000")


def fill(path: Path, orders: int) -> None:
    begun = time.perf_counter()
    upgrade(f"sqlite+aiosqlite:///{path}")
    db = sqlite3.connect(path)
    db.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA cache_size=-400000")
    found = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%' AND tbl_name IN"
        " ('orders', 'order_lines', 'customers', 'customer_contacts', 'order_windows')"
    ).fetchall()
    for name, _ in found:
        db.execute(f"DROP INDEX {name}")
    _network(db)
    _customers(db)
    _orders(db, orders)
    for _, sql in found:
        db.execute(sql)
    db.execute("ANALYZE")
    db.commit()
    db.close()
    print(f"{orders} orders made in {time.perf_counter() - begun:.0f} s")


def _network(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO regions (code, name, tz) VALUES ('RU-MOW', 'Москва', 'Europe/Moscow')")
    db.execute(
        f"{_MANY.format(DEALERS + 1)} INSERT INTO organizations (id, kind, parent_id, path, name, state,"
        " takes_site_calls, points, site_url, tz, created_at) SELECT i, iif(i = 1, 'manufacturer', 'dealer'),"
        " iif(i = 1, NULL, 1), iif(i = 1, '/1/', '/1/' || i || '/'), 'Организация ' || i, 'active', 1, 0, '',"
        f" 'Europe/Moscow', '{_AT}' FROM n"
    )


def _customers(db: sqlite3.Connection) -> None:
    db.execute(
        f"{_MANY.format(CUSTOMERS)} INSERT INTO customers (id, name, region_code, note, created_at, version)"
        f" SELECT i, 'Покупатель ' || i, 'RU-MOW', '', '{_AT}', 1 FROM n"
    )
    db.execute(
        f"{_MANY.format(CUSTOMERS)} INSERT INTO customer_contacts (customer_id, kind, value, is_main)"
        " SELECT i, 'phone', printf('+7900%07d', i), 1 FROM n"
    )


def _orders(db: sqlite3.Connection, orders: int) -> None:
    """The last 3 % run: of ten one is open, three wait for a call, five are in work, one awaits its money."""
    running = f"i > {orders - orders * 3 // 100}"
    made = (
        f"strftime('%Y-%m-%d %H:%M:%f', '{_AT}', '-' || ({EACH_S} * ({orders} - i)) || ' seconds') || '000'"
    )
    is_open = f"({running} AND i % 10 = 0)"
    stage = f"iif({running}, iif(i % 10 = 0, 'open', iif(i % 10 < 4, 'waiting', iif(i % 10 < 9, 'contacted', 'payment'))), 'closed')"
    status = f"iif({running}, iif(i % 10 = 0, 'available', iif(i % 10 < 4, 'accepted', 'processed')), iif(i % 8, 'done', 'failed'))"
    result = f"iif({running}, 'running', iif(i % 8, 'done', 'failed'))"
    db.execute(
        f"{_MANY.format(orders)} INSERT INTO orders (id, number, public_id, kind, status, status_class, result,"
        " created_at, closed_at, customer_id, region_code, tz, city, address, org_id, manager_id, source, medium,"
        " campaign, request_type, total_kopecks, version, offered_at, run, declined_at, accepted_at, attention_at,"
        f" due_at) SELECT i, i, 'p' || i, 'order', {status}, {stage}, {result}, {made},"
        f" iif({running}, NULL, {made}), 1 + i % {CUSTOMERS}, 'RU-MOW', 'Europe/Moscow', 'Москва', '',"
        f" iif({is_open}, NULL, 2 + i % {DEALERS}), iif(i % 40 = 3, {OPERATOR}, NULL), 'site', 'unknown', '',"
        f" 'unknown', 100000 + (i * 7919) % 90000000, 1, {made}, 1, iif({is_open} AND i % 50 = 0, {made}, NULL),"
        f" iif({is_open}, NULL, {made}), iif({running} AND i % 7 = 0, {made}, NULL), {made} FROM n"
    )
    db.execute(
        "INSERT INTO order_lines (order_id, position, kind, article, name, unit, quantity_m, price, total_kopecks)"
        " SELECT id, 1, 'goods', 'PV-' || (id % 5000), 'Панель ПВХ ' || (id % 5000), 'шт', 1000,"
        " total_kopecks / 100.0, total_kopecks FROM orders"
    )
    db.execute(
        "INSERT INTO order_windows (order_id, run, org_id, stage, opens_at, close_cause)"
        f" SELECT o.id, 1, 2 + (o.id / 10 + k.i * 17) % {DEALERS}, 'base', o.created_at, ''"
        " FROM orders o, (SELECT 0 AS i UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) k"
        " WHERE o.status_class = 'open'"
    )
    db.execute(
        f"INSERT INTO order_declines (order_id, run, org_id, kind, note, at)"
        f" SELECT id, 1, 2 + id % {DEALERS}, 'declined', 'далеко', created_at FROM orders WHERE declined_at IS NOT NULL"
    )
