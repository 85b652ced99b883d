"""Whole steps on a plain connection: committed or undone whole, on both databases."""

import asyncio
import threading

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Base, Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.tasks import TaskOwner
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.integration

LOG = Base.metadata.tables[AuditRow.__tablename__]


def note(connection, number):
    row = {"id": number, "at": MONDAY_NOON, "action": "a:b", "entity": "thing", "entity_id": str(number)}
    connection.execute(insert(LOG).values(**row, ip="", data={}))
    return number


async def count(database):
    return await database.read(lambda connection: connection.scalar(select(func.count()).select_from(LOG)))


async def test_a_step_gives_its_result_and_is_kept(database):
    assert await database.write(lambda connection: note(connection, 5)) == 5
    assert await count(database) == 1


async def test_a_step_that_fails_is_undone_whole(database):
    def twice(connection):
        note(connection, 5)
        note(connection, 5)

    with pytest.raises(IntegrityError):
        await database.write(twice)
    assert await count(database) == 0


async def test_a_part_that_fails_leaves_the_rest(database):
    def broken(connection):
        with connection.begin_nested():
            note(connection, 6)
            note(connection, 5)

    def partly(connection):
        note(connection, 5)
        with pytest.raises(IntegrityError):
            broken(connection)

    await database.write(partly)
    assert await count(database) == 1


async def test_steps_at_once_wait_for_each_other(database):
    def first_look_then_write(number):
        def work(connection):
            connection.scalar(select(func.count()).select_from(LOG))
            note(connection, number)

        return work

    await asyncio.gather(*(database.write(first_look_then_write(n)) for n in range(1, 13)))
    assert await count(database) == 12


@pytest.mark.parametrize("backend", ["sqlite"])  # a cancelled statement of PostgreSQL ends its transaction
async def test_whoever_gives_up_has_changed_nothing(database):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        note(connection, 5)
        begun.set()
        go_on.wait(10)

    tasks = TaskOwner("test")
    task = tasks.spawn("slow", database.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await database.write(lambda connection: note(connection, 6))  # waits for the lock of the one given up
    assert await count(database) == 1


async def test_a_database_that_is_away_is_our_own_refusal(database):
    def refused(connection):
        raise OperationalError("BEGIN", {}, Exception("database is locked"))

    with pytest.raises(DatabaseUnavailable):
        await database.write(refused)


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def cut(database):
    """As a restarted server does with connections that rest in the pool."""
    other = Database(database.url)
    try:
        await other.write(lambda connection: connection.execute(text(CUT)).all())
    finally:
        await other.close()


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_connections_cut_while_they_rested_are_not_noticed(database, monkeypatch):
    assert await count(database) == 0
    await cut(database)
    monkeypatch.setattr("callcore.kernel.database.REST_S", 0.0)
    assert await count(database) == 0


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_a_connection_cut_just_after_use_fails_once(database, monkeypatch):
    monkeypatch.setattr("callcore.kernel.database.REST_S", 3600.0)
    assert await count(database) == 0
    await cut(database)
    with pytest.raises(DatabaseUnavailable):
        await count(database)
    assert await count(database) == 0
