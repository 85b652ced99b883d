"""`python -m bench [route|ami|memory|journal|orders|storm|all]`: measures, then prints one table.

Ends with 1 when a target is missed. Nothing else heavy should run on the machine meanwhile.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import bench_ami, bench_memory, bench_orders, bench_page, bench_route, bench_storm


class Figure(NamedTuple):
    """One line of the table; texts carry their units."""

    what: str
    ours: str
    baseline: str
    ratio: float
    target: str
    is_met: bool


def route(_asked: argparse.Namespace) -> list[Figure]:
    times = bench_route.run()
    limit = bench_route.LIMIT_P99_MS
    target = f"p99 ≤ {limit:g} ms"

    def line(what: str, ours: float, base: float) -> Figure:
        return Figure(what, f"{ours:.2f} ms", f"{base:.4f} ms", ours / base, target, ours <= limit)

    return [
        line("route decision, 10 000 outlets, p50", times.p50, times.base50),
        line("route decision, 10 000 outlets, p99", times.p99, times.base99),
        line("the biggest region alone, p99", times.worst99, times.base99),
        line("every stage, a live network, p99", times.live99, times.base99),
    ]


def ami(asked: argparse.Namespace) -> list[Figure]:
    rounds = 1 if asked.quick else 3
    rates = bench_ami.compare("as captured", bench_ami.load(bench_ami.CAPTURE), rounds, 30)
    texts = (f"{rate:,.0f} events/s".replace(",", " ") for rate in (rates.door, rates.bare))
    return [Figure("AMI door, captured stream", *texts, rates.ratio, "≥ 5 times", rates.ratio >= 5)]


def memory(_asked: argparse.Namespace) -> list[Figure]:
    bare, ours = bench_memory.bare_python(), asyncio.run(bench_memory.idle_application(10))
    target = f"≤ {bench_memory.LIMIT_MB:g} MB"
    return [
        Figure(
            f"idle application, {kind}",
            f"{mine:.0f} MB",
            f"{base:.0f} MB",
            mine / base,
            target,
            mine <= bench_memory.LIMIT_MB,
        )
        for kind, mine, base in (("RSS", ours.rss, bare.rss), ("PSS", ours.pss, bare.pss))
    ]


def journal(asked: argparse.Namespace) -> list[Figure]:
    calls = 100_000 if asked.quick else 1_000_000
    limit = bench_page.LIMIT
    return [
        Figure(
            f"journal page, {one.name}",
            f"{one.page:.1f} ms",
            f"{one.bare:.1f} ms",
            one.ratio,
            f"≤ {limit:g} times",
            one.ratio <= limit,
        )
        for one in bench_page.on_sqlite(calls, 60, asked.file)
    ]


def orders(asked: argparse.Namespace) -> list[Figure]:
    count = 100_000 if asked.quick else 1_000_000
    target = f"≤ {bench_orders.LIMIT:g} times, p95 ≤ {bench_orders.LIMIT_P95_MS:g} ms"
    return [
        Figure(
            f"order list, {one.name}",
            f"{one.page:.1f} ms, p95 {one.p95:.0f}",
            f"{one.bare:.1f} ms",
            one.ratio,
            target,
            one.is_met,
        )
        for one in bench_orders.on_sqlite(count, 40, asked.orders_file)
    ]


def storm(asked: argparse.Namespace) -> list[Figure]:
    orders = 40 if asked.quick else 200
    found = {"SQLite": bench_storm.on_sqlite(orders=orders)}
    if asked.postgres:
        found["PostgreSQL"] = bench_storm.on_postgres(asked.postgres, orders=orders)
    return [
        Figure(
            f"20 dealers take {orders} orders at once, {name}, p95",
            f"{one.p95:.0f} ms",
            f"{one.bare:.2f} ms",
            one.p95 / one.bare,
            f"≤ {bench_storm.LIMIT_P95_MS:g} ms, one winner each",
            one.is_met,
        )
        for name, one in found.items()
    ]


BENCHES: dict[str, Callable[[argparse.Namespace], list[Figure]]] = {
    "route": route,
    "ami": ami,
    "memory": memory,
    "journal": journal,
    "orders": orders,
    "storm": storm,
}


def show(figures: list[Figure]) -> None:
    table = Table("what", "ours", "baseline", "ratio", "target", "met")
    for one in figures:
        table.add_row(*one[:3], f"{one.ratio:.1f}", one.target, "yes" if one.is_met else "NO")
    Console(width=120).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", nargs="?", default="all", choices=[*BENCHES, "all"])
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls, fewer rounds")
    parser.add_argument("--postgres", default="", help="address of an empty database for the storm")
    parser.add_argument("--file", type=Path, help="keep the journal's database here and take it again")
    parser.add_argument("--orders-file", type=Path, help="the same for the database of orders")
    asked = parser.parse_args()
    bench_ami.silence()
    chosen = BENCHES if asked.which == "all" else {asked.which: BENCHES[asked.which]}
    figures = [figure for bench in chosen.values() for figure in bench(asked)]
    show(figures)
    return int(not all(figure.is_met for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
