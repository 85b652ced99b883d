"""Audio work in a process of its own: made when the first work comes, ended when none has come for a while."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import FrameType
from typing import Protocol

from callcore.kernel.logs import get_logger
from recordings.model import AudioJob, Failed, FailureCode, Outcome

_log = get_logger(__name__)
_MARGIN_S = 15.0


class AudioRunner(Protocol):
    """Does one conversion outside the loop; failures are outcomes, not exceptions."""

    async def run(self, job: AudioJob) -> Outcome: ...

    async def close(self) -> None: ...


class AudioPool:
    """`run` never raises for what happens to the audio; a dead or frozen worker is a Failed outcome."""

    def __init__(self, workers: int, idle_s: float) -> None:
        self._workers = workers
        self._idle_s = idle_s
        self._executor: ProcessPoolExecutor | None = None
        self._running = 0
        self._reaper: asyncio.TimerHandle | None = None

    @property
    def is_started(self) -> bool:
        return self._executor is not None

    async def run(self, job: AudioJob) -> Outcome:
        executor = self._start()
        self._running += 1
        try:
            async with asyncio.timeout(job.limit_s + _MARGIN_S):
                return await asyncio.get_running_loop().run_in_executor(executor, run_in_worker, job)
        except BrokenProcessPool:
            self._discard(executor)
            return Failed(FailureCode.WORKER_DIED)
        except TimeoutError:
            self._discard(executor)
            return Failed(FailureCode.TIME_LIMIT)
        finally:
            self._running -= 1
            self._rest()

    async def close(self) -> None:
        """A running conversion is broken off; its row is given back by whoever waited for it."""
        if self._reaper is not None:
            self._reaper.cancel()
        if (executor := self._executor) is not None:
            self._executor = None
            _kill(executor)
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=prepare_worker
            )
        return self._executor

    def _rest(self) -> None:
        if not self._running and self._executor is not None:
            self._reaper = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        if self._executor is not None and not self._running:
            self._executor.shutdown(wait=False)
            self._executor = None

    def _discard(self, executor: ProcessPoolExecutor) -> None:
        _log.error("audio worker lost")
        _kill(executor)
        executor.shutdown(wait=False, cancel_futures=True)
        if self._executor is executor:
            self._executor = None


def _kill(executor: ProcessPoolExecutor) -> None:
    """A conversion only reads originals and writes to its scratch folder: it may be ended at any line."""
    processes = getattr(executor, "_processes", None) or {}
    for process in list(processes.values()):
        with contextlib.suppress(ValueError, OSError):
            process.kill()


def prepare_worker() -> None:
    """First thing in a worker: leave Ctrl-C to the parent, give way to calls, and do not outlive the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_in_worker(job: AudioJob) -> Outcome:
    """Entry of the worker process: one conversion under a time limit."""
    from recordings.steps.convert import convert

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimit

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, job.limit_s)
    try:
        return convert(job)
    except TimeLimit:
        return Failed(FailureCode.TIME_LIMIT)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class TimeLimit(BaseException):
    """Not an Exception, so that no step mistakes it for trouble of its own."""
