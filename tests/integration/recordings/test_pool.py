"""The worker process: made on demand, ended when idle, and no trouble when it dies."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from callcore.calls.model import RecordingKind
from recordings.model import AudioJob, Converted, Failed, FailureCode, SourceGroup
from recordings.pool import AudioPool, run_in_worker
from tests.audio import make_tone
from tests.fakes.polling import until

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def job(tmp_path: Path, seconds: float = 0.5, limit_s: float = 30) -> AudioJob:
    customer = make_tone(tmp_path / "c-in.wav", 440, seconds)
    return AudioJob(SourceGroup("c", RecordingKind.TALK, customer), tmp_path / "scratch", "wav", limit_s)


def children() -> list[psutil.Process]:
    """Worker processes of this test; the resource tracker of multiprocessing stays and is none."""
    return [child for child in psutil.Process().children(recursive=True) if "spawn_main" in command(child)]


def command(process: psutil.Process) -> str:
    """Empty for one that has just ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return ""


async def test_made_on_demand_and_ended_when_idle(tmp_path: Path) -> None:
    pool = AudioPool(1, idle_s=0.05)
    assert not pool.is_started
    assert isinstance(await pool.run(job(tmp_path)), Converted)
    await until(lambda: not pool.is_started)
    await until(lambda: not children())
    assert isinstance(await pool.run(job(tmp_path)), Converted), "and made again"
    await pool.close()
    assert not children()


async def test_a_worker_that_dies_is_an_outcome(tmp_path: Path) -> None:
    pool = AudioPool(1, idle_s=60)
    await pool.run(job(tmp_path))
    for child in children():
        child.send_signal(signal.SIGSTOP)
    waiting = asyncio.gather(pool.run(job(tmp_path)))
    await asyncio.sleep(0)
    for child in children():
        child.kill()
    assert await waiting == [Failed(FailureCode.WORKER_DIED)]
    assert isinstance(await pool.run(job(tmp_path)), Converted), "the next job gets a new worker"
    await pool.close()


async def test_close_breaks_off_what_runs(tmp_path: Path) -> None:
    pool = AudioPool(1, idle_s=60)
    await pool.run(job(tmp_path))
    for child in children():
        child.send_signal(signal.SIGSTOP)
    waiting = asyncio.gather(pool.run(job(tmp_path)), return_exceptions=True)
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await pool.close()
        await waiting
    assert not children()


def test_a_conversion_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recordings.steps import convert

    monkeypatch.setattr(convert, "_convert", lambda _job: signal.pause())
    before = signal.getsignal(signal.SIGALRM)
    try:
        assert run_in_worker(job(tmp_path, limit_s=0.05)) == Failed(FailureCode.TIME_LIMIT)
    finally:
        signal.signal(signal.SIGALRM, before)


PARENT = """
import asyncio, sys
from pathlib import Path
from callcore.calls.model import RecordingKind
from recordings.model import AudioJob, SourceGroup
from recordings.pool import AudioPool

async def main():
    pool = AudioPool(1, idle_s=60)
    folder = Path(sys.argv[1])
    group = SourceGroup("c", RecordingKind.TALK, folder / "c-in.wav")
    await pool.run(AudioJob(group, folder / "scratch", "wav", 30))
    print("ready", flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_worker_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    make_tone(tmp_path / "c-in.wav", 440, 0.2)
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert workers
        parent.kill()
        parent.wait(10)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive


def test_the_worker_process_stays_small() -> None:
    code = (
        "import sys, recordings.pool, recordings.steps.convert as steps\n"
        "from recordings.audio import _pydub\n_pydub()\n"
        "bad = {'sqlalchemy', 'aiohttp', 'web', 'callcore.kernel.database'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


def test_the_application_does_not_load_pydub() -> None:
    code = (
        "import sys, recordings.pipeline\nsys.exit('pydub' in sys.modules or 'imageio_ffmpeg' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)
