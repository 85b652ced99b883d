"""SQLAlchemy 2 async over SQLite (WAL) and PostgreSQL; column types that keep our promises on both."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    event,
    insert,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.sqlite_steps import SessionWriter, plain_engine, prepare_sqlite, run_step

Result = TypeVar("Result")
Given = ParamSpec("Given")
REST_S: Final = 1.0  # a connection that was not used for so long is tried before it is trusted
_REST: Final = "rests_since"
STEPS_AT_ONCE: Final = 4  # SQLite has one writer; the others read

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants only. SQLite forgets the zone, so it is checked on the way in and restored on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # SQLite keeps text. Rows of calls and orders hold half a dozen instants each: one step for each instead of three.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


# SQLite numbers rows by itself only for INTEGER keys.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON(), str: String()}  # noqa: RUF012


def _connect(dialect: Dialect, _record: Any, arguments: Any, values: Any) -> Any:
    """asyncpg tells a missing socket, a server that starts or stops and a full one each in its own way."""
    try:
        return dialect.connect(*arguments, **values)
    except Exception as exc:
        raise DatabaseUnavailable("database-unavailable", type(exc).__name__) from exc


def _begin_rest(_: Any, record: ConnectionPoolEntry) -> None:
    record.info[_REST] = time.monotonic()


class Database:
    """One engine. `session()` reads; `transaction()` commits at the end of the block or rolls back whole. What is done for
    each call goes through `write` and `read`: on SQLite a whole step costs one hop to a thread, where a session pays four
    for each statement."""

    def __init__(self, url: str, *, echo: bool = False) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = (
            {} if self.is_sqlite else {"pool_size": 10, "max_overflow": 10, "pool_timeout": 5}
        )
        if not self.is_sqlite:
            options["connect_args"] = {"timeout": 5, "command_timeout": 30}
        self.engine: AsyncEngine = create_async_engine(url, echo=echo, hide_parameters=True, **options)
        event.listen(self.engine.sync_engine, "do_connect", _connect)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", prepare_sqlite)
        else:
            event.listen(self.engine.sync_engine, "checkin", _begin_rest)
            event.listen(self.engine.sync_engine, "checkout", self._ping_after_rest)
        self._plain = plain_engine(url, echo=echo) if self.is_sqlite else None
        self._threads = ThreadPoolExecutor(STEPS_AT_ONCE, "database")
        self._writer = SessionWriter(url) if self.is_sqlite else None
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    def _ping_after_rest(self, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        """One that worked just now is trusted: asking costs three answers of the server, each time."""
        if time.monotonic() - record.info.get(_REST, time.monotonic()) < REST_S:
            return
        dialect = self.engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as exc:
            raise InvalidatePoolError from exc

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        with _translated():
            async with self._sessions() as session:
                yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """The writer's block. Choose an HTTP answer after it, never inside."""
        with _translated():
            async with self._sessions() as session, session.begin():
                yield session

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """One transaction as one step. `work` may run in another thread: it touches nothing but its connection and what
        was handed to it. Cancelled before its commit, it is rolled back."""
        return await self._step(work, is_read=False)

    async def transact(self, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """`transaction` for work that awaits nothing but its session: on SQLite all of it is one hop to a thread, and such
        works wait for each other instead of for the lock."""
        if self._writer is None:
            async with self.transaction() as session:
                return await work(session)
        with _translated():
            return await self._writer.run(work)

    async def look(self, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """`session` for work that awaits nothing but its session and changes nothing: on SQLite one hop to a thread."""
        if self._writer is None:
            async with self.session() as session:
                return await work(session)
        with _translated():
            return await self._writer.run(work, on=self._threads, is_read=True)

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """As `write`, of one state of the database, for a step that changes nothing."""
        return await self._step(work, is_read=True)

    async def _step(self, work: Callable[[Connection], Result], *, is_read: bool) -> Result:
        with _translated():
            if self._plain is None:
                async with self.engine.begin() as connection:
                    return await connection.run_sync(work)
            is_given_up = threading.Event()
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, run_step, self._plain, work, is_given_up, is_read
                )
            except asyncio.CancelledError:
                is_given_up.set()
                raise

    async def close(self) -> None:
        await self.engine.dispose()
        if self._plain is not None:
            await asyncio.to_thread(self._threads.shutdown)
            self._plain.dispose()
        if self._writer is not None:
            await self._writer.close()


class _translated:  # noqa: N801 - reads as a word in a with statement
    """A dead or locked database becomes our own, retryable refusal."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        known = OperationalError | InterfaceError | PoolTimeout | ConnectionError | TimeoutError
        is_cut = isinstance(exc, DBAPIError) and exc.connection_invalidated
        if is_cut or isinstance(exc, known):
            raise DatabaseUnavailable("database-unavailable", type(exc).__name__) from exc


async def on_connection(
    session: AsyncSession,
    work: Callable[Concatenate[Connection, Given], Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Work that is written for a connection, in the session's transaction and after what the session has to write."""

    def do(inner: Session) -> Result:
        inner.flush()
        return work(inner.connection(), *given, **named)

    return await session.run_sync(do)


async def insert_rows(session: AsyncSession, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """All in one statement, without the session learning of them."""
    if rows:
        _ = await on_connection(session, _insert_rows, table, rows)


def _insert_rows(connection: Connection, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    _ = connection.execute(_plain_insert(cast("Table", table.__table__)), rows)


@lru_cache(maxsize=64)  # putting it together costs more than running it
def _plain_insert(table: Table) -> Insert:
    return insert(table)


async def insert_unless_exists(session: AsyncSession, table: type[Base], **values: Any) -> bool:
    """One INSERT that gives way to a row with the same unique key; tells whether it was written. Waits for a rival's
    transaction to end, so that what it lost to can be read next."""
    return await on_connection(session, _insert_unless_exists, table, values)


def _insert_unless_exists(connection: Connection, table: type[Base], values: dict[str, Any]) -> bool:
    made = unless_exists(connection, cast("Table", table.__table__))
    return connection.execute(made, values).rowcount == 1


@lru_cache(maxsize=128)  # putting it together costs more than running it
def _unless_exists(dialect: str, table: Table) -> Insert:
    made = sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)
    return made.on_conflict_do_nothing()


def unless_exists(connection: Connection, table: Table) -> Insert:
    """As `insert_unless_exists`; its values are handed to `execute`."""
    return _unless_exists(connection.dialect.name, table)


def upsert(connection: Connection, table: Table, key: str, columns: tuple[str, ...]) -> Insert:
    """An INSERT that brings these columns of the row with the same unique key (columns joined by commas) up to date."""
    return _upsert(connection.dialect.name, table, key, columns)


@lru_cache(maxsize=64)  # putting it together costs more than running it
def _upsert(dialect: str, table: Table, key: str, columns: tuple[str, ...]) -> Insert:
    made = sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)
    taken = {name: made.excluded[name] for name in columns}
    return made.on_conflict_do_update(index_elements=key.split(","), set_=taken)
