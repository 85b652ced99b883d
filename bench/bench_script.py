"""The script beside the PBX: from its start to `DL_ROUTED`, with our Python and with the system's.

    python -m bench.bench_script [--runs 30] [--outlets 1000]

A snapshot of so many outlets and of the whole numbering plan, as deployed. Elapsed time and processor time of the child;
the baseline of each run is the same Python that does nothing. Ends with 1 when p50 of ours is over 150 ms.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from callcore.asterisk.fallback.deploy import SCRIPT, deploy_script, script_text
from callcore.asterisk.fallback.script import SNAPSHOT
from callcore.asterisk.snapshot_file import pack
from callcore.kernel.clock import SystemClock
from callcore.routing.numbering import load_numbering
from callcore.routing.snapshot import build_snapshot
from tests.fakes import network

LIMIT_S = 0.15
PLAN = Path(__file__).parents[1] / "config" / "data" / "numbering" / "plan.gz"
ASKED = b"agi_request: x\nagi_callerid: +79161234567\n\n" + b"200 result=1\n" * 99


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=30)
    options.add_argument("--outlets", type=int, default=1000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = deployed(Path(folder), chosen.outlets)
        ours = measured("our Python", path, sys.executable, chosen.runs)
        path.write_text(script_text("/nowhere/python3"), encoding="utf-8")
        measured("the system's", path, "/usr/bin/python3", chosen.runs)
    return 0 if ours <= LIMIT_S else 1


def deployed(folder: Path, count: int) -> Path:
    path = deploy_script(folder)
    outlets = tuple(
        network.outlet(100 + n, 2, region_code=("RU-MOW", "RU-SVE")[n % 2], hours=network.ALWAYS)
        for n in range(count)
    )
    phones = (*(network.outlet_phone(2000 + one.id, one.id) for one in outlets), network.duty(40))
    directory, now = network.directory(outlets=outlets, phones=phones), SystemClock().now()
    snapshot = build_snapshot(directory, 1, now, numbering=load_numbering(PLAN))
    (folder / SNAPSHOT).write_bytes(pack(snapshot, now))
    return path


def measured(what: str, path: Path, python: str, runs: int) -> float:
    """Prints its line; seconds of p50 elapsed."""
    elapsed, spent, bare = [], [], []
    for _ in range(runs):
        before, begun = _spent(), time.perf_counter()
        done = subprocess.run(
            [str(path), "pbx-1.2", network.SITE_MOSCOW[1:]], input=ASKED, capture_output=True, check=True
        )
        elapsed.append(time.perf_counter() - begun)
        spent.append(_spent() - before)
        if b"DL_ROUTED" not in done.stdout:
            raise SystemExit(f"{path.parent / SCRIPT} gave no plan")
        begun = time.perf_counter()
        subprocess.run([python, "-I", "-S", "-c", ""], check=True)
        bare.append(time.perf_counter() - begun)
    p50 = statistics.median(elapsed)
    print(
        f"{what}: elapsed best {min(elapsed) * 1e3:.0f}, p50 {p50 * 1e3:.0f}, longest {max(elapsed) * 1e3:.0f} ms; "
        f"processor best {min(spent) * 1e3:.0f}, p50 {statistics.median(spent) * 1e3:.0f} ms; "
        f"bare Python p50 {statistics.median(bare) * 1e3:.0f} ms"
    )
    return p50


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
