"""What the room of tasks needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from callcore.calls.task_model import CloseReason, TaskCounts, TaskFilter, TaskPage, TaskView
from callcore.network.model import Viewer


class FindTasks(Protocol):
    async def __call__(self, viewer: Viewer, wanted: TaskFilter, *, after: str, limit: int) -> TaskPage: ...


class TakeTask(Protocol):
    async def __call__(self, viewer: Viewer, task_id: int, *, seen_user_id: int | None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskServices:
    """All raise NotFound for a task of which the viewer may not know; changes raise Conflict("task-changed")."""

    find: FindTasks
    view: Callable[[Viewer, int], Awaitable[TaskView]]
    counts: Callable[[Viewer], Awaitable[TaskCounts]]
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    take: TakeTask
    release: Callable[[Viewer, int], Awaitable[None]]
    close: Callable[[Viewer, int, CloseReason, str], Awaitable[None]]
    postpone: Callable[[Viewer, int, datetime], Awaitable[None]]
    reopen: Callable[[Viewer, int], Awaitable[None]]


SERVICES = web.AppKey("task_services", TaskServices)
