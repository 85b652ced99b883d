"""SQLAlchemy 2 async over SQLite (WAL) and PostgreSQL; column types that keep our promises on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from callcore.kernel.errors import DatabaseUnavailable

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


# SQLite numbers rows by itself only for INTEGER keys.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON(), str: String()}  # noqa: RUF012


def _prepare_sqlite(connection: Any, _: Any) -> None:
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


def _connect(dialect: Dialect, _record: Any, arguments: Any, values: Any) -> Any:
    """asyncpg tells a missing socket, a server that starts or stops and a full one each in its own way."""
    try:
        return dialect.connect(*arguments, **values)
    except Exception as exc:
        raise DatabaseUnavailable("database-unavailable", type(exc).__name__) from exc


class Database:
    """One engine. `session()` reads; `transaction()` commits at the end of the block or rolls back whole."""

    def __init__(self, url: str, *, echo: bool = False) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = (
            {} if self.is_sqlite else {"pool_size": 10, "max_overflow": 10, "pool_timeout": 5}
        )
        if not self.is_sqlite:
            options["connect_args"] = {"timeout": 5, "command_timeout": 30}
        self.engine: AsyncEngine = create_async_engine(
            url, echo=echo, pool_pre_ping=not self.is_sqlite, hide_parameters=True, **options
        )
        event.listen(self.engine.sync_engine, "do_connect", _connect)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

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

    async def close(self) -> None:
        await self.engine.dispose()


class _translated:  # noqa: N801 - reads as a word in a with statement
    """A dead or locked database becomes our own, retryable refusal."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        known = OperationalError | InterfaceError | PoolTimeout | ConnectionError | TimeoutError
        is_cut = isinstance(exc, DBAPIError) and exc.connection_invalidated
        if is_cut or isinstance(exc, known):
            raise DatabaseUnavailable("database-unavailable", type(exc).__name__) from exc


async def insert_unless_exists(session: AsyncSession, table: type[Base], **values: Any) -> bool:
    """One INSERT that gives way to a row with the same unique key; tells whether it was written. Waits for a rival's
    transaction to end, so that what it lost to can be read next."""
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    result = await session.execute(make(table).values(**values).on_conflict_do_nothing())
    return cast("CursorResult[Any]", result).rowcount == 1
