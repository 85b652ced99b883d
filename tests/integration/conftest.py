"""Both databases, always; a fresh one per test."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from callcore.kernel.database import Database
from callcore.kernel.migrations import upgrade
from tests.fakes.clock import FakeClock
from tests.integration.databases import TEMPLATE, PostgresCluster, migrated_sqlite, running_cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One server for the session; its template database has the newest schema."""
    with running_cluster() as cluster:
        cluster.execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(cluster.url(TEMPLATE))
        yield cluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a fresh database with the newest schema, without rows."""
    if backend == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "dealerline.db")
        yield f"sqlite+aiosqlite:///{copy}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any table."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = cluster.create(template="template0")
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database on SQLite and on PostgreSQL: a test that asks for it runs twice."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
