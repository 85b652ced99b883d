"""The only way to start a background task: it has a name, an owner, and its failure is seen."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from callcore.kernel.logs import get_logger

_log = get_logger(__name__)


class TaskOwner:
    """Keeps the tasks of one component; `close` cancels what is left and waits for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, name: str, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task; an exception in it is logged, never lost."""
        task = asyncio.get_running_loop().create_task(coro, name=f"{self._name}:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            _log.error("task failed", task=task.get_name(), exc_info=exc)

    async def close(self) -> None:
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, step: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run a step for ever with a pause between runs; a failed run is logged and does not end the loop."""
    while True:
        try:
            await step()
        except Exception:  # noqa: BLE001 - a border: the loop must outlive any failure of a step
            _log.exception("periodic step failed", step=getattr(step, "__qualname__", repr(step)))
        await asyncio.sleep(seconds)
