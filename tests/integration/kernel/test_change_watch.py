"""The network is read again when somebody changed it, and not for what happens to orders and customers."""

import pytest

from callcore.bootstrap.change_watch import ChangeWatch
from callcore.kernel import audit
from callcore.kernel.database import Database
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration


async def test_only_changes_of_the_network_make_it_read_again(database: Database, clock: FakeClock) -> None:
    read = 0

    async def refresh() -> None:
        nonlocal read
        read += 1

    async def changed(*entities: str) -> None:
        async with database.transaction() as session:
            for entity in entities:
                audit.record(
                    session, at=clock.now(), actor_id=None, action="x:changed", entity=entity, entity_id=1
                )

    watch = ChangeWatch(database, refresh, 3600)
    await watch.look()
    assert read == 1  # the first look always
    await watch.look()
    await changed("order", "customer")
    await watch.look()
    assert read == 1
    await changed("order", "outlet", "order")
    await watch.look()
    await watch.look()
    assert read == 2
    await changed("customer")
    await watch.look()
    assert read == 2
