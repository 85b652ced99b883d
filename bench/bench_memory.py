"""Memory of the idle application against a bare Python process that has imported aiohttp and SQLAlchemy, in one run.

A whole installation is started in a temporary folder: PBX, simulated carrier, demo network, application. When the
application has been healthy and idle for some seconds, the memory of its process and of the processes it started is read.

    python -m bench.bench_memory [--idle 10] [--most 150]

RSS is what the process occupies, PSS its share where pages are shared with others, USS what is its own alone. Ends with 1
when RSS of all processes of the application together is over `--most` MB.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil

from callcore.stand.stand import Stand, StandOptions

MB = 1_000_000
LIMIT_MB = 150.0
BARE = "import asyncio, sys, aiohttp.web, aiosqlite, sqlalchemy.ext.asyncio; print('ready', flush=True); sys.stdin.read()"


class Memory(NamedTuple):
    """Megabytes (10^6 bytes), and of how many processes."""

    rss: float
    pss: float
    uss: float
    processes: int


def memory_of(pid: int) -> Memory:
    """A process together with those it has started."""
    root = psutil.Process(pid)
    all_of_it = [root, *root.children(recursive=True)]
    read = [one.memory_full_info() for one in all_of_it]
    sums = (sum(getattr(one, kind) for one in read) / MB for kind in ("rss", "pss", "uss"))
    return Memory(*sums, len(all_of_it))


def bare_python() -> Memory:
    with subprocess.Popen(
        [sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return memory_of(process.pid)


async def idle_application(idle_s: float) -> Memory:
    with tempfile.TemporaryDirectory(prefix="dl-memory-") as folder:
        stand = Stand(StandOptions(Path(folder)), lambda line: print(f"  {line}", file=sys.stderr))
        await stand.start()
        try:
            await asyncio.sleep(idle_s)
            pid = stand.application.pid
            assert pid is not None, "the application has ended"
            return memory_of(pid)
        finally:
            await stand.stop()


def show(name: str, memory: Memory) -> None:
    print(
        f"{name:<28}{memory.rss:>8.1f} MB RSS{memory.pss:>8.1f} MB PSS{memory.uss:>8.1f} MB USS"
        f"   {memory.processes} processes"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--idle", type=float, default=10.0)
    parser.add_argument("--most", type=float, default=LIMIT_MB)
    asked = parser.parse_args()
    bare = bare_python()
    ours = asyncio.run(idle_application(asked.idle))
    show("bare aiohttp + SQLAlchemy", bare)
    show("idle application", ours)
    print(f"ratio {ours.rss / bare.rss:.2f}; RSS at most {asked.most:g} MB")
    return int(ours.rss > asked.most)


if __name__ == "__main__":
    sys.exit(main())
