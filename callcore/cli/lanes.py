"""Parts of the whole check, one after another or in two lanes: what computes beside what waits for real calls."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path

from rich.console import Console

_GIVES_WAY = ("nice", "-n", "10")
_GOODBYE_S = 30.0  # for tests to stop the programs that they have started


class Lane(Enum):
    """Neighbours of different lanes run at once: real calls last as long as they sound and hardly load the processor, and
    computing gives way to them. What measures its own time, or fills both cores, runs ALONE."""

    ALONE = "alone"
    WORK = "work"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Job:
    """`prepare` runs in turn before any of its neighbours starts; False: it failed and has said why."""

    name: str
    command: tuple[str, ...]
    lane: Lane
    prepare: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Done:
    job: Job
    passed: bool
    seconds: float
    output: str


class Lanes:
    """Runs jobs and tells how each ended. `run` ends with KeyboardInterrupt only after everything started has ended."""

    def __init__(self, folder: Path, environment: Mapping[str, str], console: Console) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._console = console
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._is_stopping = False

    def run(self, jobs: Iterable[Job]) -> tuple[str, ...]:
        """All of them, whatever fails; the names of those that did not pass, in their order."""
        jobs = tuple(jobs)
        passed: set[str] = set()
        try:
            for is_alone, neighbours in groupby(jobs, lambda job: job.lane is Lane.ALONE):
                ready = [job for job in neighbours if job.prepare()]
                sound = [] if is_alone else [job for job in ready if job.lane is Lane.SOUND]
                work = [job for job in ready if job not in sound]
                passed |= self._beside(work, sound) if work and sound else self._in_turn(ready)
        except KeyboardInterrupt:
            self._stop_all()
            raise
        return tuple(job.name for job in jobs if job.name not in passed)

    def _in_turn(self, jobs: list[Job]) -> set[str]:
        return {job.name for job in jobs if self._aloud(job, job.command)}

    def _beside(self, work: list[Job], sound: list[Job]) -> set[str]:
        """Work is told as it goes; what the other lane said is told between two jobs, so that lines do not mix."""
        names = ", ".join(job.name for job in sound)
        self._console.print(f"Рядом, с выводом по окончании: {names}")
        finished: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        second = threading.Thread(target=self._quietly, args=(sound, finished))
        second.start()
        passed = set()
        for job in work:
            if self._aloud(job, (*_GIVES_WAY, *job.command)):
                passed.add(job.name)
            while not finished.empty():
                passed |= self._tell(finished.get())
        while second.is_alive() or not finished.empty():
            try:
                passed |= self._tell(finished.get(timeout=0.5))
            except queue.Empty:
                continue
        return passed

    def _quietly(self, jobs: list[Job], finished: "queue.SimpleQueue[_Done]") -> None:
        for job in jobs:
            started = time.monotonic()
            code, output = self._ended(job.command, stdout=subprocess.PIPE)
            finished.put(_Done(job, code == 0, time.monotonic() - started, output))

    def _aloud(self, job: Job, command: tuple[str, ...]) -> bool:
        self._console.rule(job.name)
        started = time.monotonic()
        code, _ = self._ended(command, stdout=None)
        self._verdict(job, code == 0, time.monotonic() - started)
        return code == 0

    def _tell(self, done: _Done) -> set[str]:
        self._console.rule(done.job.name)
        sys.stdout.write(done.output)
        sys.stdout.flush()
        self._verdict(done.job, done.passed, done.seconds)
        return {done.job.name} if done.passed else set()

    def _verdict(self, job: Job, passed: bool, seconds: float) -> None:
        self._console.print(f"{job.name}: {'прошло' if passed else 'НЕ прошло'} за {seconds:.0f} с")

    def _ended(self, command: tuple[str, ...], *, stdout: int | None) -> tuple[int, str]:
        """Exit code and what was said. In a group of its own, but in this session: there `nice` counts."""
        with self._guard:
            if self._is_stopping:
                return 130, ""
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT if stdout is not None else None,
                text=True,
                errors="replace",
                process_group=0,
            )
            self._running.add(process)
        output, _ = process.communicate()
        with self._guard:
            self._running.discard(process)
        return process.returncode, output or ""

    def _stop_all(self) -> None:
        with self._guard:
            self._is_stopping = True
            running = tuple(self._running)
        _signal(running, signal.SIGINT)
        end = time.monotonic() + _GOODBYE_S
        try:
            for process in running:
                process.wait(max(0.0, end - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            _signal(running, signal.SIGKILL)


def _signal(processes: tuple[subprocess.Popen[str], ...], number: signal.Signals) -> None:
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, number)
