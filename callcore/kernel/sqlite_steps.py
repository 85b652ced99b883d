"""SQLite without a hop for each statement: whole steps in threads, over the driver of the standard library."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncSession

Result = TypeVar("Result")


def prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class SessionWriter:
    """Whole coroutines over a session, one at a time, each in one transaction and without a hop: the driver of the standard
    library answers at once, so nothing in them ever waits."""

    def __init__(self, url: str) -> None:
        self._engine = plain_engine(url, echo=False)
        self._engine.dialect.is_async = True  # an AsyncSession asks for it; here it costs nothing
        self._thread = ThreadPoolExecutor(1, "writer")

    async def run(
        self,
        work: Callable[[AsyncSession], Awaitable[Result]],
        *,
        on: ThreadPoolExecutor | None = None,
        is_read: bool = False,
    ) -> Result:
        """Cancelled before its commit, it is rolled back. `on`: other threads than the writer's own, for reading."""
        is_given_up = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                on or self._thread, self._whole, work, is_given_up, is_read
            )
        except asyncio.CancelledError:
            is_given_up.set()
            raise

    def _whole(
        self,
        work: Callable[[AsyncSession], Awaitable[Result]],
        is_given_up: threading.Event,
        is_read: bool,
    ) -> Result:
        options = {"is_read": is_read}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            session = _AtOnce(expire_on_commit=False)
            session.sync_session.bind = connection
            try:
                result = _without_waiting(_flushed(session, work))
            finally:
                session.sync_session.close()
            if is_given_up.is_set():
                raise _GivenUp
            return result

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()


class _AtOnce(AsyncSession):
    """Its own methods go through a greenlet each, which is for drivers that wait."""

    async def execute(self, *args: Any, **more: Any) -> Any:
        return self.sync_session.execute(*args, **more)

    async def scalars(self, *args: Any, **more: Any) -> Any:
        return self.sync_session.scalars(*args, **more)

    async def scalar(self, *args: Any, **more: Any) -> Any:
        return self.sync_session.scalar(*args, **more)

    async def get(self, *args: Any, **more: Any) -> Any:
        return self.sync_session.get(*args, **more)

    async def flush(self, *args: Any, **more: Any) -> None:
        self.sync_session.flush(*args, **more)

    async def run_sync(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return fn(self.sync_session, *args, **more)


async def _flushed(session: AsyncSession, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    result = await work(session)
    await session.flush()
    return result


def _without_waiting(coroutine: Coroutine[Any, Any, Result]) -> Result:
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("Result", done.value)
    coroutine.close()
    raise RuntimeError("the work waits for something else than its session")


class _GivenUp(Exception):
    """Nobody waits for the step any more."""


def run_step(
    engine: Engine, work: Callable[[Connection], Result], is_given_up: threading.Event, is_read: bool
) -> Result:
    with engine.connect().execution_options(is_read=is_read) as connection, connection.begin():
        result = work(connection)
        if is_given_up.is_set():
            raise _GivenUp
        return result


def plain_engine(url: str, *, echo: bool) -> Engine:
    """The driver of the standard library, for whole steps. A writer takes the lock at once: one that read first and finds
    another's commit between would be refused without waiting."""
    engine = create_engine(make_url(url).set(drivername="sqlite+pysqlite"), echo=echo, hide_parameters=True)
    event.listen(engine, "connect", _prepare_plain)
    event.listen(engine, "begin", _begin_plain)
    return engine


def _prepare_plain(connection: Any, record: Any) -> None:
    prepare_sqlite(connection, record)
    connection.isolation_level = None  # we say BEGIN ourselves, so that savepoints hold


def _begin_plain(connection: Connection) -> None:
    is_read = connection.get_execution_options().get("is_read")
    _ = connection.exec_driver_sql("BEGIN" if is_read else "BEGIN IMMEDIATE")
