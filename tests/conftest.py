"""Guards for every test: one category, loopback only, no task left behind."""

import asyncio
import gc
import inspect
import socket
from collections.abc import AsyncIterator

import pytest
import structlog

CATEGORIES = {"unit", "scenario", "property", "integration", "pbx", "e2e", "resilience", "architecture"}
LOOPBACK = ("127.", "::1", "localhost")
TASK_GRACE_S = 1.0


def pytest_configure() -> None:
    """A logged failure is printed plainly: a drawing with every local variable costs a third of a second.

    No garbage is looked for while thousands of modules and tests are made that all stay: it took a third of that time.
    """
    gc.disable()
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        own = {mark.name for mark in item.iter_markers()} & CATEGORIES
        if len(own) != 1:
            raise pytest.UsageError(
                f"{item.nodeid}: set exactly one category, e.g. pytestmark = pytest.mark.unit (has {sorted(own)})"
            )


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test must not leave the machine: {address}")
        original(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _no_task_left(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end_with_the_test")


@pytest.fixture
async def _tasks_end_with_the_test() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=TASK_GRACE_S)
    names = sorted(task.get_name() for task in left)
    for task in left:
        task.cancel()
    assert not names, f"tasks left running: {names}"
