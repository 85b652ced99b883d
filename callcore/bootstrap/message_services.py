"""Tasks and messages: what runs beside the calls, and the services of their rooms."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from callcore.bootstrap.message_ways import MessageWays
from callcore.calls.after_call import LOOK_BACK, OpenTime, has_work, look_after_calls
from callcore.calls.events import CallEnded
from callcore.calls.remind import has_due, remind_of_tasks
from callcore.calls.task_model import CloseReason, TaskCounts, TaskFilter, TaskPage, TaskView
from callcore.calls.tasks import TaskWork, find_tasks, task_counts, task_view
from callcore.kernel.bus import Bus, Event
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.metrics import Metrics
from callcore.kernel.tasks import TaskOwner
from callcore.messaging.inbox import NoticePage, ReadNotices, find_notices, unread_count
from callcore.messaging.letters import LetterPage, SendAgain, find_letters
from callcore.messaging.rules import LetterState
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.messaging.worker import MessageWorker
from callcore.network.model import Viewer
from callcore.orders.numbers import order_numbers
from web.deps import HealthCheck
from web.notices.pages import room as notice_room
from web.notices.services import NoticeServices
from web.rooms import Room
from web.tasks.pages import room as task_room
from web.tasks.services import TaskServices

SWEEP_S: Final = 15.0
CALM_S: Final = 0.5  # many calls that end together are one look
FRESH: Final = timedelta(hours=1)
LATE_S: Final = 300.0  # a message that waits longer is worth a look
_log = get_logger(__name__)


class Messages:
    """Looks after calls that ended, at once and by a sweep, and sends what the outbox holds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: Bus,
        ways: MessageWays,
        hours: OpenTime | None = None,
    ) -> None:
        self.ways = ways
        self._hours = hours
        self._database = database
        self._clock = clock
        self._bus = bus
        self._tasks = TaskOwner("after-call")
        self._ended = asyncio.Event()
        self._swept_at = clock.now()
        self.worker = MessageWorker(
            database=database,
            clock=clock,
            bus=bus,
            teller=Teller(Texts(), ways.site_address),
            sender=ways.letters,
            sms=ways.sms,
        )

    def start(self) -> None:
        _ = self._bus.subscribe(self._on_event)
        if self.ways.catcher is not None:
            _ = self._tasks.spawn("catcher", self.ways.catcher.open())
        self.worker.start()
        _ = self._tasks.spawn("sweep", self._run())

    async def close(self) -> None:
        await self._tasks.close()
        await self.worker.close()
        if self.ways.catcher is not None:
            await self.ways.catcher.shut()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, CallEnded):
            self._ended.set()

    async def _run(self) -> None:
        look_back = LOOK_BACK
        while True:
            self._ended.clear()
            try:
                await self.look_after(look_back)
            except DatabaseUnavailable as exc:
                _log.warning("calls not looked after, trying again", error=str(exc))
            except Exception:  # noqa: BLE001 - a border: the sweep must outlive any failure of a pass
                _log.exception("calls not looked after")
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._ended.wait()
                await asyncio.sleep(CALM_S)
                look_back = FRESH if self._is_swept() else LOOK_BACK
            except TimeoutError:
                look_back = LOOK_BACK

    def _is_swept(self) -> bool:
        """All days were looked at not long ago: also while calls end without a pause."""
        return self._clock.now() - self._swept_at < timedelta(seconds=SWEEP_S)

    async def look_after(self, look_back: timedelta = LOOK_BACK) -> None:
        """One pass."""
        if look_back == LOOK_BACK:
            self._swept_at = self._clock.now()
        now = self._clock.now()
        is_needed = await self._database.read(
            lambda connection: has_work(connection, now, look_back=look_back) or has_due(connection, now)
        )
        if not is_needed:
            return
        async with self._database.transaction() as session:
            facts = await look_after_calls(session, now, self._hours, look_back=look_back)
            await remind_of_tasks(session, now)
        self._bus.publish(*facts)
        self.worker.wake()

    def check(self) -> HealthCheck:
        """For /healthz: messages that are late."""
        health = self.worker.health
        note = f"сообщения ждут: {health.waiting}, старшее {int(health.oldest_s)} с" if health.waiting else ""
        return HealthCheck("messages", health.oldest_s < LATE_S, note)

    def add_gauges(self, metrics: Metrics) -> None:
        worker = self.worker
        metrics.gauge("dealerline_messages_waiting", "Due and not told", lambda: worker.health.waiting)
        metrics.gauge(
            "dealerline_messages_oldest_seconds", "Age of the oldest of them", lambda: worker.health.oldest_s
        )
        metrics.gauge("dealerline_letters_dead", "Letters given up", lambda: worker.health.dead)


class MessageReader:
    """Names follow the services; changes are told after their commit."""

    def __init__(self, database: Database, clock: Clock, bus: Bus, *, has_mail: bool) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._work = TaskWork(database, clock)
        self._notices = ReadNotices(database, clock)
        self._has_mail = has_mail

    def rooms(self) -> tuple[Room, Room]:
        return task_room(self.tasks()), notice_room(self.notices())

    def tasks(self) -> TaskServices:
        return TaskServices(
            find=self.find,
            view=self.view,
            counts=self.counts,
            order_numbers=self.order_numbers,
            take=self.take,
            release=self.release,
            close=self.close,
            postpone=self.postpone,
            reopen=self.reopen,
        )

    def notices(self) -> NoticeServices:
        return NoticeServices(
            find=self.find_notices,
            unread=self.unread,
            mark=self.mark,
            mark_all=self.mark_all,
            letters=self.letters,
            send_again=SendAgain(self._database, self._clock).send_again,
            has_mail=self._has_mail,
        )

    async def find(self, viewer: Viewer, wanted: TaskFilter, *, after: str, limit: int) -> TaskPage:
        async with self._database.session() as session:
            return await find_tasks(session, viewer, wanted, now=self._clock.now(), after=after, limit=limit)

    async def view(self, viewer: Viewer, task_id: int) -> TaskView:
        async with self._database.session() as session:
            return await task_view(session, viewer, task_id)

    async def counts(self, viewer: Viewer) -> TaskCounts:
        async with self._database.session() as session:
            return await task_counts(session, viewer, self._clock.now())

    async def order_numbers(self, viewer: Viewer, ids: Collection[int]) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await order_numbers(session, viewer, ids)

    async def take(self, viewer: Viewer, task_id: int, *, seen_user_id: int | None) -> None:
        self._bus.publish(await self._work.take(viewer, task_id, seen_user_id=seen_user_id))

    async def release(self, viewer: Viewer, task_id: int) -> None:
        self._bus.publish(await self._work.release(viewer, task_id))

    async def close(self, viewer: Viewer, task_id: int, reason: CloseReason, comment: str) -> None:
        self._bus.publish(await self._work.close(viewer, task_id, reason, comment))

    async def postpone(self, viewer: Viewer, task_id: int, until: datetime) -> None:
        self._bus.publish(await self._work.postpone(viewer, task_id, until))

    async def reopen(self, viewer: Viewer, task_id: int) -> None:
        self._bus.publish(await self._work.reopen(viewer, task_id))

    async def find_notices(
        self, viewer: Viewer, *, unread_only: bool, after: int | None, limit: int
    ) -> NoticePage:
        async with self._database.session() as session:
            return await find_notices(session, viewer, unread_only=unread_only, after=after, limit=limit)

    async def unread(self, viewer: Viewer) -> int:
        async with self._database.session() as session:
            return await unread_count(session, viewer)

    async def mark(self, viewer: Viewer, notice_id: int, *, is_read: bool) -> str:
        fact, url = await self._notices.mark(viewer, notice_id, is_read=is_read)
        self._bus.publish(fact)
        return url

    async def mark_all(self, viewer: Viewer) -> None:
        self._bus.publish(await self._notices.mark_all(viewer))

    async def letters(
        self, viewer: Viewer, state: LetterState, *, after: int | None, limit: int
    ) -> LetterPage:
        async with self._database.session() as session:
            return await find_letters(session, viewer, state, after=after, limit=limit)
