"""From a schedule that somebody saved to the PBX that works by it; and calls that come while schedules are published.

The whole way: a change of hours committed, found by the look that a stand takes twice a second, files made, checked and
written, the PBX told; `snapshot` is the file from which the script beside the PBX decides. Needs SIPp.

    python -m bench.bench_publish [--changes 10] [--rate 10] [--calls 100]

Ends with 1 when the median change takes longer than 1 s, or a call failed.
"""

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.setup_lab import OURS, Calls, SetupLab, setup_lab
from callcore.asterisk.fallback import script
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.network.change_network import ChangeNetwork, WeekChange
from callcore.network.model import Role, Viewer
from callcore.routing.hours import DAYS
from callcore.stand.rendering import read_source
from callcore.stand.republish import Republisher

LIMIT_S = 1.0
_WAIT_S = 20.0
_LOOK_S = 0.02
_ADMIN = Viewer(1, "Замер", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
_OUTLET = 1
_HOLD_MS = 1000


class Times(NamedTuple):
    """Seconds from the commit."""

    pbx: float
    snapshot: float


class Result(NamedTuple):
    changes: list[Times]
    quiet: Calls
    reloaded: Calls
    reloads: int

    @property
    def pbx_s(self) -> float:
        return statistics.median(one.pbx for one in self.changes)

    @property
    def snapshot_s(self) -> float:
        return statistics.median(one.snapshot for one in self.changes)

    @property
    def is_met(self) -> bool:
        is_whole = self.reloaded.answered == self.reloaded.asked and not self.reloaded.failed
        return self.pbx_s <= LIMIT_S and self.snapshot_s <= LIMIT_S and is_whole


class Change:
    """Every one lets the only outlet open a minute later or earlier on the day after tomorrow: it stays open now."""

    def __init__(self, lab: SetupLab, database: Database) -> None:
        self._lab = lab
        self._change = ChangeNetwork(database, SystemClock())
        self._day = DAYS[(SystemClock().now().weekday() + 2) % 7]
        self.made = 0

    async def make(self) -> Times:
        snapshot = self._lab.settings.pbx.agi_dir / script.SNAPSHOT
        before = _stamp(snapshot)
        self.made += 1
        opens = f"{1 + self.made // 60:02}:{self.made % 60:02}"
        hours = {day: [[opens if day == self._day else "00:00", "24:00"]] for day in DAYS}
        await self._change.set_week(_ADMIN, _OUTLET, WeekChange(hours, True, self.made))
        return await self._followed(opens, snapshot, before)

    async def _followed(self, opens: str, snapshot: Path, before: tuple[int, int]) -> Times:
        begun, pbx_s, snapshot_s = time.monotonic(), 0.0, 0.0
        async with asyncio.timeout(_WAIT_S):
            while not (pbx_s and snapshot_s):
                if not pbx_s and opens in await self._lab.pbx.cli("dialplan show dl-target"):
                    pbx_s = time.monotonic() - begun
                if not snapshot_s and _stamp(snapshot) != before:
                    snapshot_s = time.monotonic() - begun
                await asyncio.sleep(_LOOK_S)
        return Times(pbx_s, snapshot_s)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


async def measure(changes: int, rate: float, calls: int) -> Result:
    async with setup_lab() as lab:
        await lab.application.start()
        database = Database(lab.settings.database.url.get_secret_value())
        tasks = TaskOwner("bench")
        follower = Republisher(lab.settings, lab.pbx.cli, await read_source(database))
        _ = tasks.spawn("republish", follower.follow())
        change = Change(lab, database)
        try:
            await change.make()
            times = [await change.make() for _ in range(changes)]
            await lab.call(OURS, rate, 10, 100)
            await lab.drained()
            quiet = await lab.call(OURS, rate, calls, _HOLD_MS)
            await lab.drained()
            made = change.made
            changing = tasks.spawn("change", _keep_changing(change))
            reloaded = await lab.call(OURS, rate, calls, _HOLD_MS)
            changing.cancel()
            await lab.drained()
            return Result(times, quiet, reloaded, change.made - made)
        finally:
            await tasks.close()
            await database.close()


async def _keep_changing(change: Change) -> None:
    while True:
        await change.make()


def at(run: Calls, part: int) -> float:
    return statistics.quantiles(run.times_ms, n=100, method="inclusive")[part - 1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--calls", type=int, default=100)
    asked = parser.parse_args()
    result = asyncio.run(measure(asked.changes, asked.rate, asked.calls))
    longest = max(one.pbx for one in result.changes)
    print(
        f"saved hours stand in the PBX after {result.pbx_s:.2f} s (longest {longest:.2f} s of {asked.changes})"
    )
    print(f"and in the snapshot beside it after {result.snapshot_s:.2f} s")
    for name, run in (("quiet", result.quiet), (f"{result.reloads} reloads", result.reloaded)):
        lost = run.asked - run.answered + run.failed
        print(
            f"{name:12} p50 {at(run, 50):6.2f}  p95 {at(run, 95):6.2f} ms  {run.asked} calls, failed {lost}"
        )
    return 0 if result.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
