"""The way of the schema, on both databases."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from callcore.kernel.database import Base, Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.migrations import compare, schema_state, upgrade

pytestmark = pytest.mark.integration


async def test_models_and_migrations_agree(database_url: str) -> None:
    await asyncio.to_thread(compare, database_url, command.check)


async def test_a_forgotten_migration_is_found(database: Database) -> None:
    """The check above can fail."""
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE products DROP COLUMN unit"))
    with pytest.raises(Exception, match="New upgrade operations detected"):
        await asyncio.to_thread(compare, database.url, command.check)


async def test_an_empty_database_gets_every_table(empty_url: str) -> None:
    before = await asyncio.to_thread(schema_state, empty_url)
    assert before.current is None
    assert not before.is_current

    after = await asyncio.to_thread(upgrade, empty_url)
    assert after.is_current
    database = Database(empty_url)
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await database.close()
    await asyncio.to_thread(compare, empty_url, command.check)
    assert names == set(Base.metadata.tables) | {"alembic_version"}


async def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO regions (code, name, tz) VALUES ('RU-MOW', 'Москва', 'Europe/Moscow')")
        )
    first = await asyncio.to_thread(schema_state, database.url)
    assert first.is_current
    assert await asyncio.to_thread(upgrade, database.url) == first
    async with database.session() as session:
        assert (await session.scalar(text("SELECT count(*) FROM regions"))) == 1


async def test_upgrade_may_be_called_beside_a_running_loop(empty_url: str) -> None:
    assert upgrade(empty_url).is_current


async def test_two_upgraders_at_once_both_end_well(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(upgrade, [empty_url] * 4))
    assert all(state.is_current for state in states)


async def test_the_way_back_leads_to_an_empty_database(database_url: str) -> None:
    await asyncio.to_thread(compare, database_url, lambda settings: command.downgrade(settings, "base"))
    assert (await asyncio.to_thread(schema_state, database_url)).current is None
    assert (await asyncio.to_thread(upgrade, database_url)).is_current


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(url)
    assert schema_state(url).current is None
    assert upgrade(url).is_current


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////nowhere/at/all.db", "postgresql+asyncpg://u@127.0.0.1:1/none"]
)
def test_an_unreachable_database_is_a_typed_refusal(url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        upgrade(url)
