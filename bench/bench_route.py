"""Route decision with 10 000 outlets against a bare dict lookup of the same run: by the built-in policy while nothing is
live, and by one with all four stages, neighbours and personal choice while every call changes what is live. The time is that for
which a caller waits: until the plan stands. Its explanation is made afterwards and measured on a line of its own.

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

from callcore.asterisk.answering.answer import uncollected
from callcore.network.days import DayException, HoursOverride, calendar_between
from callcore.network.directory_rows import Did, Directory, Org, Outlet, Phone, Region
from callcore.network.model import OrgKind, PhoneOwner
from callcore.network.policy import (
    ActivePolicy,
    FixRule,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
)
from callcore.network.regions import neighbours_of
from callcore.routing.decide import answer, decide
from callcore.routing.hours import DAYS
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live, QuotaCount, Tie, TieKind
from callcore.routing.model import Decision, StepStage
from callcore.routing.numbering import load_numbering
from callcore.routing.snapshot import build_snapshot, with_policy

OUTLETS, DEALERS, CALLS = 10_000, 1_000, 20_000
QUARTERS = 100  # of the week in which calls come
LIMIT_P99_MS = 1.0
PLAN = Path(__file__).parents[1] / "config" / "data" / "numbering" / "plan.gz"
START = datetime(2026, 11, 2, tzinfo=UTC)


def make_directory(dice: random.Random, codes: list[str]) -> Directory:
    """A sixth of the outlets stands in Moscow, as in life; dealers three deep; a dozen kinds of hours;
    the production calendar, an exception at every fiftieth outlet, an override at every two hundredth."""
    orgs = [Org(1, OrgKind.MANUFACTURER, "/1/", "Завод", "Europe/Moscow")]
    for number in range(2, DEALERS + 2):
        parent = orgs[0] if number < DEALERS // 2 else dice.choice(orgs[1 : DEALERS // 2])
        path, points = f"{parent.path}{number}/", dice.randrange(0, 500, 50)
        orgs.append(Org(number, OrgKind.DEALER, path, f"Дилер {number}", "Europe/Moscow", points=points))
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
    regions = tuple(
        Region(code, code, "Europe/Moscow", neighbours_of(code)) for code in sorted({"RU-MOW", *codes})
    )
    calendar = calendar_between(START.date(), START.date() + timedelta(days=365), ())
    return Directory(regions, tuple(orgs), outlets, (*phones, *tail), dids, calendar)


def make_policy(dice: random.Random, ringing: Ringing) -> ActivePolicy:
    """All four stages; twelve dealers share two thirds of the calls."""
    quotas = tuple(
        Quota(org_id, QuotaUnit.PERCENT, dice.randint(2, 8)) for org_id in dice.sample(range(2, DEALERS), 12)
    )
    rules = (
        FixRule(dice.randrange(2, DEALERS), ("RU-TVE",)),
        FixRule(dice.randrange(2, DEALERS), (), (1, 2)),
    )
    return ActivePolicy(
        1,
        1,
        "Все этапы",
        Policy(
            (
                Stage(StageKind.FIX, rules=rules),
                Stage(StageKind.QUOTA, quotas=quotas),
                Stage(StageKind.RATING, min_points=300, best=5, ringing=Ringing.BY_RATING),
                Stage(StageKind.BASE, ringing=ringing),
            ),
            min_points=50,
        ),
    )


class LiveNetwork:
    """A busy network: a tenth of the phones is away, two hundred talk; each call changes counts, ties and who was rung
    when, as the application's keeper does after its answer."""

    def __init__(self, dice: random.Random, snapshot: RoutingSnapshot) -> None:
        self._dice = dice
        self._snapshot = snapshot
        self._keys = [outlet.phone_keys[0] for outlet in snapshot.outlets_by_org[1].outlets]
        self._unreachable = frozenset(dice.sample(self._keys, OUTLETS // 10))
        self._used: dict[str, datetime] = {key: self._past() for key in self._keys}
        self._orgs: dict[int, datetime] = {org_id: self._past() for org_id in snapshot.org_names}
        self._given: dict[int, int] = {}
        self._counted = 0
        self.live = NOTHING_LIVE

    def _past(self) -> datetime:
        return START - timedelta(minutes=self._dice.randrange(100_000))

    def after(self, decision: Decision | None, caller: str, now: datetime) -> None:
        for step in decision.plan.steps[:3] if decision is not None else ():
            self._used.update(dict.fromkeys(step.phone_keys, now))
            if step.org_id is not None:
                self._orgs[step.org_id] = now
            if step.stage is StepStage.QUOTA and step.org_id is not None:
                self._given[step.org_id] = self._given.get(step.org_id, 0) + 1
        self._counted += decision is not None and decision.explanation.counts_for_quotas
        self.live = Live(
            version=self.live.version + 1,
            unreachable=self._unreachable,
            talking=dict.fromkeys(self._dice.sample(self._keys, 200), 1),
            phone_used_at=self._used,
            org_used_at=self._orgs,
            quotas={1: QuotaCount(self._counted, dict(self._given))},
            ties={caller: Tie(TieKind.LAST_TALK, now, self._dice.randrange(2, DEALERS))}
            if self._dice.random() < 0.3
            else {},
        )


def measure_live(
    snapshot: RoutingSnapshot, dice: random.Random, calls: list[tuple[str, str, datetime]]
) -> list[float]:
    """As `measure`; what changes between calls is not counted."""
    network, times = LiveNetwork(dice, snapshot), []
    network.after(None, calls[0][1], calls[0][2])
    for did, caller, now in calls:
        live = network.live
        snapshot.quarters.prepare(now)
        with uncollected():
            started = time.thread_time_ns()
            found = answer(snapshot, did, caller, now, live)
            times.append((time.thread_time_ns() - started) / 1e6)
        network.after(found.decision(), dice.choice(calls)[1], now)
    return sorted(times)


def measure(
    calls: list[tuple[str, str, datetime]],
    work: Callable[[str, str, datetime], object],
    prepare: Callable[[datetime], object] = lambda _: None,
) -> list[float]:
    """Milliseconds of each call, sorted: processor time of this thread, so that neighbours on the machine do not count.
    `prepare` is what the application does between calls."""
    times = []
    for did, caller, now in calls:
        prepare(now)
        with uncollected():
            started = time.thread_time_ns()
            work(did, caller, now)
            times.append((time.thread_time_ns() - started) / 1e6)
    return sorted(times)


def show(name: str, times: list[float]) -> tuple[float, float]:
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{name:<34} p50 {p50:8.4f} ms   p99 {p99:8.4f} ms   max {times[-1]:8.4f} ms")
    return p50, p99


class Times(NamedTuple):
    """Milliseconds: of the baseline, of any call, and of calls for the region with the most outlets; `live99` is the worst
    of all with every stage and a live network."""

    base50: float
    base99: float
    p50: float
    p99: float
    worst99: float
    live99: float


def run() -> Times:
    """Measures and prints."""
    dice = random.Random(2)
    numbering = load_numbering(PLAN)
    codes = sorted({codes[0] for codes in numbering.sets if codes})
    started = time.perf_counter()
    snapshot = build_snapshot(make_directory(dice, codes), 1, START, numbering=numbering)
    gc.collect()
    print(f"snapshot of {OUTLETS} outlets built in {time.perf_counter() - started:.2f} s")
    # In the order of time, as calls come: hours are worked out a quarter ahead.
    quarters = [START + timedelta(minutes=15 * dice.randrange(672)) for _ in range(QUARTERS)]
    times = sorted(dice.choice(quarters) + timedelta(minutes=dice.randrange(15)) for _ in range(CALLS))
    calls = [(f"+7495{dice.randint(1, 950):07}", f"+79{dice.randrange(10**9):09}", now) for now in times]
    some = calls[:: CALLS // 4000]
    worst = [("+74950000901", "", now) for _, _, now in calls[:: CALLS // 2000]]
    base50, base99 = show(
        "dict lookup (baseline)", measure(calls, lambda did, _caller, _now: snapshot.dids.get(did))
    )
    ahead = snapshot.quarters.prepare
    p50, p99 = show(
        "plan, any call", measure(calls, lambda did, caller, now: answer(snapshot, did, caller, now), ahead)
    )
    _, worst99 = show(
        "plan, the biggest region",
        measure(worst, lambda did, caller, now: answer(snapshot, did, caller, now), ahead),
    )
    show(
        "plan and explanation, any call",
        measure(some, lambda did, caller, now: decide(snapshot, did, caller, now), ahead),
    )
    live99 = max(
        show(
            f"{ringing}, {name}", measure_live(with_policy(snapshot, make_policy(dice, ringing)), dice, asked)
        )[1]
        for ringing in Ringing
        for name, asked in (("any call", some), ("the biggest region", worst))
    )
    print(
        f"ratio to the baseline: p50 {p50 / base50:.0f}, p99 {p99 / base99:.0f}; limit of p99 is {LIMIT_P99_MS} ms"
    )
    return Times(base50, base99, p50, p99, worst99, live99)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    times = run()
    return 1 if is_check and max(times.p99, times.worst99, times.live99) > LIMIT_P99_MS else 0


if __name__ == "__main__":
    sys.exit(main())
