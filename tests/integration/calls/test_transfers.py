"""Handings on in the journal: as they were heard, after a restart in the middle, and as CEL tells them."""

from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.calls.cel_file import CelReader
from callcore.calls.reconcile import CallReconciler
from callcore.calls.tables import CallRow
from callcore.calls.transfer_tables import TransferRow
from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.integration.calls.conftest import Desk, Linker, story
from tests.integration.calls.test_follow_calls import Start, ended
from tests.scenarios.as_cel import cel_lines
from tests.scenarios.story import Phones, instant

pytestmark = pytest.mark.integration

# kind, means, from and to whom, seconds of waiting and talking, result
CHAIN = [
    ("blind", "phone", 200, None, "outlet", 50, 5, 13, "answered"),
    ("blind", "keys", None, 50, "outlet", 70, 24, 20, "returned"),
]
SHORT = [
    ("attended", "keys", None, 50, "outlet", 70, 6, 0, "returned"),
    ("attended", "keys", None, 50, "outlet", 70, 6, 20, "answered"),
]


async def rows(database: Database) -> list[tuple[object, ...]]:
    async with database.session() as session:
        found = await session.scalars(select(TransferRow).order_by(TransferRow.ordinal))
        return [
            (
                row.kind, row.means, row.from_user_id, row.from_outlet_id, row.to_kind, row.to_outlet_id,
                row.wait_s, row.talk_s, row.result,
            )
            for row in found
        ]  # fmt: skip


class Book:
    """CEL of the story, reconciled."""

    def __init__(self, database: Database, clock: FakeClock, path: Path) -> None:
        clock.set(instant(3600 * 5))
        self.path = path
        self.busy_with = lambda _: False
        self.reconciler = CallReconciler(
            reader=CelReader(path, database),
            database=database,
            bus=Bus(),
            clock=clock,
            directory=Phones(),
            linker=Linker(),
            is_busy_with=lambda call_id: self.busy_with(call_id),
        )

    def write(self, name: str) -> None:
        self.path.write_text("".join(cel_lines(story(name))), encoding="utf-8")


@pytest.fixture
def book(network: Database, clock: FakeClock, tmp_path: Path) -> Book:
    return Book(network, clock, tmp_path / "cel.csv")


@pytest.mark.parametrize(
    ("name", "expected"), [("transfer_chain", CHAIN), ("transfer_asked_and_cancelled", SHORT)]
)
async def test_what_was_heard_is_what_cel_tells(
    network: Database, start: Start, book: Book, name: str, expected: list[tuple[object, ...]]
) -> None:
    desk = await start()
    desk.pbx.emit(*story(name))
    await ended(desk)
    assert await rows(network) == expected
    book.write(name)
    result = await book.reconciler.run()
    assert (result.right, result.repaired) == (1, 0)
    assert await rows(network) == expected


async def test_calls_without_the_application_have_theirs(network: Database, book: Book) -> None:
    book.write("transfer_chain")
    assert (await book.reconciler.run()).inserted == 1
    assert await rows(network) == CHAIN
    async with network.session() as session:
        assert set(await session.scalars(select(TransferRow.is_repaired))) == {True}
        call = await session.scalar(select(CallRow))
    assert call is not None
    assert call.is_transferred
    assert call.outlet_id == 50


async def killed(start: Start, cut: int) -> Desk:
    """A follower that has lived through so many facts only."""
    desk = await start()
    desk.pbx.emit(*story("transfer_chain")[:cut])
    await until(desk.has_told)
    await desk.follower.close()
    return desk


@pytest.mark.parametrize("cut", [12, 16, 22, 29, 35])
async def test_a_killed_application_is_corrected(
    network: Database, start: Start, book: Book, cut: int
) -> None:
    await killed(start, cut)
    reborn = await start(connected=False)
    book.busy_with = reborn.follower.is_busy_with
    book.write("transfer_chain")
    assert (await book.reconciler.run()).repaired == 1
    assert await rows(network) == CHAIN
