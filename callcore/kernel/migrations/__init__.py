"""The shape of the database and the way to it. `upgrade(url)` is what a start calls; `schema_state(url)` only looks.

Both are plain functions that do their work in a thread of their own, so they may be called with or without a
running loop; from a coroutine use `await asyncio.to_thread(upgrade, url)`, so that others are not held up.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from callcore.kernel.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HERE = Path(__file__).parent
# A number of our own choice: everybody who changes the schema of a PostgreSQL database takes it first.
ADVISORY_LOCK = 0x6465616C6572
WAIT_FOR_OTHERS = "60s"
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "120s"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`current` is None in an empty database; it may be a revision that this code does not know (newer code ran)."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def upgrade(url: str) -> SchemaState:
    """Bring the database to the newest revision; a second run changes nothing.

    Two upgraders at once: one works, the other waits and finds it done. A failed migration leaves the revision before
    it. Raises DatabaseUnavailable when the database does not answer.
    """

    def work(connection: "Connection") -> SchemaState:
        from alembic import command

        command.upgrade(_config(connection), "head")
        return _read_state(connection)

    return _in_thread(lambda: _connected(url, work, exclusive=True))


def schema_state(url: str) -> SchemaState:
    """Which revision is there and which is wanted. Changes nothing; raises DatabaseUnavailable."""
    return _in_thread(lambda: _connected(url, _read_state, exclusive=False))


def compare(url: str, command: Callable[["Config"], Any], *, batch: bool = True) -> None:
    """Run an Alembic command that compares the database with the tables of the code: check, revision."""

    def work(connection: "Connection") -> None:
        settings = _config(connection)
        settings.attributes |= {"metadata": _load_tables(), "batch": batch}
        command(settings)

    _in_thread(lambda: _connected(url, work, exclusive=False))


def _config(connection: "Connection | None" = None) -> "Config":
    """Alembic's settings without a file. `env.py` works on the connection that is put here."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _read_state(connection: "Connection") -> SchemaState:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migration was shipped")
    return SchemaState(MigrationContext.configure(connection).get_current_revision(), head)


def _connected(url: str, work: Callable[["Connection"], T], *, exclusive: bool) -> T:
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        if url.startswith("sqlite"):
            return _on_sqlite(url, work, exclusive=exclusive)
        return asyncio.run(_on_postgresql(url, work, exclusive=exclusive))
    except (OperationalError, InterfaceError, OSError) as exc:
        raise DatabaseUnavailable("database-unavailable", type(exc).__name__) from exc


def _on_sqlite(url: str, work: Callable[["Connection"], T], *, exclusive: bool) -> T:
    """One transaction for all; the write lock, taken before the first look, keeps a second upgrader out.

    The driver's own transactions are off because they would not cover DDL. Foreign keys stay unchecked while tables are
    rebuilt and are verified at the end.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        url.replace("+aiosqlite", "", 1),
        poolclass=NullPool,
        connect_args={"timeout": 30, "isolation_level": None},
    )
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")
            done = work(connection)
            if exclusive and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"{len(broken)} rows point at nothing after the migration")
            return done
    finally:
        engine.dispose()


async def _on_postgresql(url: str, work: Callable[["Connection"], T], *, exclusive: bool) -> T:
    """A transaction per migration, under one advisory lock of the session; short patience with other people's locks."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            if exclusive:
                await connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_OTHERS}'"))
                await connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
            await connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
            await connection.commit()
            # The end of the session gives the advisory lock back, whatever happens.
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _in_thread(work: Callable[[], T]) -> T:
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as exc:  # noqa: BLE001 - handed over to the caller's thread
            failures.append(exc)

    thread = threading.Thread(target=run, name="migrations")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _load_tables() -> Any:
    """The wanted schema (MetaData): every `tables.py` and `…_tables.py` of the business, the audit log, the outbox,
    keys of idempotency.

    Found by name because this room stands below all others and must not know them.
    """
    from importlib import import_module
    from importlib.resources import files

    from callcore.kernel.database import Base

    import_module("callcore.kernel.audit")
    import_module("callcore.kernel.idempotency")
    import_module("callcore.kernel.outbox")
    for room in sorted(
        (entry for entry in files("callcore").iterdir() if entry.is_dir()), key=lambda r: r.name
    ):
        for name in sorted(entry.name for entry in room.iterdir()):
            if name == "tables.py" or name.endswith("_tables.py"):
                import_module(f"callcore.{room.name}.{name.removesuffix('.py')}")
    return Base.metadata
