"""Route decision with 10 000 outlets against a bare dict lookup of the same run.

python -m bench.bench_route            prints figures
python -m bench.bench_route --check    also fails when p99 is above 1 ms
"""

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from callcore.network.days import DayException, HoursOverride, calendar_between
from callcore.network.directory_rows import Did, Directory, Org, Outlet, Phone, Region
from callcore.network.model import OrgKind, PhoneOwner
from callcore.routing.decide import decide
from callcore.routing.hours import DAYS
from callcore.routing.numbering import load_numbering
from callcore.routing.snapshot import build_snapshot

OUTLETS, DEALERS, CALLS = 10_000, 1_000, 20_000
LIMIT_P99_MS = 1.0
PLAN = Path(__file__).parents[1] / "config" / "data" / "numbering" / "plan.gz"
START = datetime(2026, 11, 2, tzinfo=UTC)


def make_directory(dice: random.Random, codes: list[str]) -> Directory:
    """A sixth of the outlets stands in Moscow, as in life; dealers three deep; a dozen kinds of hours;
    the production calendar, an exception at every fiftieth outlet, an override at every two hundredth."""
    orgs = [Org(1, OrgKind.MANUFACTURER, "/1/", "Завод", "Europe/Moscow")]
    for number in range(2, DEALERS + 2):
        parent = orgs[0] if number < DEALERS // 2 else dice.choice(orgs[1 : DEALERS // 2])
        orgs.append(
            Org(number, OrgKind.DEALER, f"{parent.path}{number}/", f"Дилер {number}", "Europe/Moscow")
        )
    kinds = [
        {day: [[f"{8 + n % 4:02}:00", f"{17 + n % 5:02}:00"]] for day in DAYS[: 5 + n % 3]} for n in range(12)
    ]
    zones = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok", "Europe/Samara")
    outlets = tuple(
        Outlet(
            n,
            dice.choice(orgs[1:]).id,
            f"Точка {n}",
            "Город",
            "RU-MOW" if n % 6 == 0 else dice.choice(codes),
            dice.choice(zones),
            dice.choice(kinds),
            accepts_calls=dice.random() < 0.9,
            position=dice.randrange(100),
            exceptions=(DayException(START.date() + timedelta(days=n % 30), (), "Учёт"),)
            if n % 50 == 0
            else (),
            override=HoursOverride(n % 400 == 0, START + timedelta(days=3), "Учёт") if n % 200 == 0 else None,
        )
        for n in range(1, OUTLETS + 1)
    )
    phones = tuple(Phone(n, f"p{n}", PhoneOwner.OUTLET, "", outlet_id=n) for n in range(1, OUTLETS + 1))
    tail = (
        Phone(90001, "p90001", PhoneOwner.OPERATOR, ""),
        Phone(90002, "p90002", PhoneOwner.DUTY, "", duty_position=1),
    )
    dids = (
        *(Did(n, f"+7495{n:07}", "", region_code=dice.choice(["RU-MOW", *codes])) for n in range(1, 301)),
        *(Did(n, f"+7495{n:07}", "") for n in range(301, 601)),
        *(Did(n, f"+7495{n:07}", "", org_id=dice.choice(orgs[1:]).id) for n in range(601, 901)),
        Did(901, "+74950000901", "", region_code="RU-MOW"),
    )
    regions = tuple(Region(code, code, "Europe/Moscow") for code in sorted({"RU-MOW", *codes}))
    calendar = calendar_between(START.date(), START.date() + timedelta(days=365), ())
    return Directory(regions, tuple(orgs), outlets, (*phones, *tail), dids, calendar)


def measure(
    calls: list[tuple[str, str, datetime]], work: Callable[[str, str, datetime], object]
) -> list[float]:
    """Milliseconds of each call, sorted: processor time of this thread, so that neighbours on the machine do not count."""
    times = []
    for did, caller, now in calls:
        started = time.thread_time_ns()
        work(did, caller, now)
        times.append((time.thread_time_ns() - started) / 1e6)
    return sorted(times)


def show(name: str, times: list[float]) -> tuple[float, float]:
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{name:<34} p50 {p50:8.4f} ms   p99 {p99:8.4f} ms   max {times[-1]:8.4f} ms")
    return p50, p99


class Times(NamedTuple):
    """Milliseconds: of the baseline, of any call, and of calls for the region with the most outlets."""

    base50: float
    base99: float
    p50: float
    p99: float
    worst99: float


def run() -> Times:
    """Measures and prints."""
    dice = random.Random(2)
    numbering = load_numbering(PLAN)
    codes = sorted({codes[0] for codes in numbering.sets if codes})
    started = time.perf_counter()
    snapshot = build_snapshot(make_directory(dice, codes), 1, START, numbering=numbering)
    gc.collect()
    print(f"snapshot of {OUTLETS} outlets built in {time.perf_counter() - started:.2f} s")
    calls = [
        (
            f"+7495{dice.randint(1, 950):07}",
            f"+79{dice.randrange(10**9):09}",
            START + timedelta(minutes=dice.randrange(10_080)),
        )
        for _ in range(CALLS)
    ]
    worst = [("+74950000901", "", now) for _, _, now in calls[:2000]]
    base50, base99 = show(
        "dict lookup (baseline)", measure(calls, lambda did, _caller, _now: snapshot.dids.get(did))
    )
    p50, p99 = show(
        "decide, any call", measure(calls, lambda did, caller, now: decide(snapshot, did, caller, now))
    )
    _, worst99 = show(
        "decide, the biggest region",
        measure(worst, lambda did, caller, now: decide(snapshot, did, caller, now)),
    )
    print(
        f"ratio to the baseline: p50 {p50 / base50:.0f}, p99 {p99 / base99:.0f}; limit of p99 is {LIMIT_P99_MS} ms"
    )
    return Times(base50, base99, p50, p99, worst99)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    times = run()
    return 1 if is_check and max(times.p99, times.worst99) > LIMIT_P99_MS else 0


if __name__ == "__main__":
    sys.exit(main())
