"""A running application takes a new numbering plan without a restart."""

from pathlib import Path

import pytest

from callcore.asterisk.inbound import InboundRouting
from callcore.bootstrap.numbering_file import NumberingFile
from callcore.kernel.database import Database
from callcore.routing.compile_numbering import pack
from callcore.routing.snapshot import RoutingOptions
from tests.factories.network import make_org, make_region
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

CALLER = "+79000000000"


async def test_the_next_refresh_makes_a_new_snapshot(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        for code in ("RU-KDA", "RU-TOM"):
            await make_region(session, code)
        await make_org(session)
    plan = NumberingFile(tmp_path / "numbering")
    routing = InboundRouting(
        database=database,
        clock=clock,
        numbering=plan.current,
        options=RoutingOptions(),
    )
    assert await routing.refresh()
    assert routing.decide("100", CALLER, clock.now()).region_code == "RU-KDA"
    assert not await routing.refresh(), "nothing has changed"

    plan.replace(pack([(9000000000, ("RU-TOM",))], "new"))
    assert await routing.refresh()
    assert routing.decide("100", CALLER, clock.now()).region_code == "RU-TOM"
    assert routing.snapshot is not None
    assert routing.snapshot.version == 2
    assert not await routing.refresh()
