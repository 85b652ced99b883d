"""Parts of the check beside each other: nothing hides a failure, and an interruption leaves nothing running."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from callcore.cli.lanes import Job, Lane, Lanes

pytestmark = pytest.mark.unit
INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from rich.console import Console
from callcore.cli.lanes import Job, Lane, Lanes
sleeper = "import os, time; open('{name}', 'w').write(str(os.getpid())); time.sleep(60)"
jobs = [
    Job(name, (sys.executable, "-c", sleeper.format(name=name)), lane, lambda: True)
    for name, lane in (("work", Lane.WORK), ("sound", Lane.SOUND), ("later", Lane.SOUND))
]
try:
    Lanes(Path.cwd(), os.environ, Console()).run(jobs)
except KeyboardInterrupt:
    sys.exit(130)
"""


def job(name: str, code: str, lane: Lane, *, prepared: bool = True) -> Job:
    return Job(name, (sys.executable, "-c", code), lane, lambda: prepared)


def run(folder: Path, *jobs: Job) -> tuple[tuple[str, ...], str]:
    said = io.StringIO()
    return Lanes(folder, os.environ, Console(file=said, width=80)).run(jobs), said.getvalue()


def test_each_tells_its_end_and_a_failure_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, said = run(
        tmp_path,
        job("style", "raise SystemExit(1)", Lane.ALONE),
        job("types", "pass", Lane.WORK),
        job("integration", "raise SystemExit(2)", Lane.WORK),
        job("pbx", "print('a call failed'); raise SystemExit(1)", Lane.SOUND),
        job("resilience", "pass", Lane.SOUND),
        job("no-browser", "pass", Lane.ALONE, prepared=False),
        job("e2e", "pass", Lane.ALONE),
    )
    assert failed == ("style", "integration", "pbx", "no-browser")
    ends = {line.split(" за ")[0] for line in said.splitlines() if " за " in line}
    assert ends == {
        "style: НЕ прошло", "types: прошло", "integration: НЕ прошло", "pbx: НЕ прошло", "resilience: прошло",
        "e2e: прошло",
    }  # fmt: skip
    assert "a call failed" in capsys.readouterr().out


def test_work_gives_way_and_runs_beside_sound(tmp_path: Path) -> None:
    meet = "import os, time\nopen('{me}', 'w').close()\nend = time.monotonic() + 10\n"
    meet += "while not os.path.exists('{other}'):\n    assert time.monotonic() < end\n    time.sleep(0.01)\n"
    niceness = f"assert os.nice(0) == {os.nice(0)} + {{more}}"
    failed, _ = run(
        tmp_path,
        job("work", meet.format(me="work", other="sound") + niceness.format(more=10), Lane.WORK),
        job("sound", meet.format(me="sound", other="work") + niceness.format(more=0), Lane.SOUND),
    )
    assert failed == ()


def test_an_interruption_ends_all_that_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[4]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], cwd=tmp_path, env=environment) as whole:
        end = time.monotonic() + 20
        while not all(
            (tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("work", "sound")
        ):
            assert time.monotonic() < end
            time.sleep(0.02)
        whole.send_signal(signal.SIGINT)
        assert whole.wait(20) == 130
    pids = [int((tmp_path / name).read_text()) for name in ("work", "sound")]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not (tmp_path / "later").exists()
