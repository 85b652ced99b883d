"""New sounds make a new snapshot, and callers hear them."""

import pytest

from callcore.asterisk.inbound import InboundRouting
from callcore.kernel.database import Database
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.snapshot import RoutingOptions
from callcore.routing.sounds import NO_SOUNDS, Sounds
from tests.factories.network import make_did, make_org, make_outlet, make_phone
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

DID = "+74951112233"


async def test_new_sounds_make_a_new_snapshot(database: Database, clock: FakeClock) -> None:
    async with database.transaction() as session:
        root = await make_org(session)
        dealer = await make_org(session, parent=root)
        await make_phone(session, outlet=await make_outlet(session, dealer))
        did = await make_did(session, region_code="RU-MOW", number=DID)
    sounds = NO_SOUNDS
    routing = InboundRouting(
        database=database,
        clock=clock,
        numbering=lambda: EMPTY_PLAN,
        options=RoutingOptions(),
        sounds=lambda: sounds,
    )
    assert await routing.refresh()
    assert not await routing.refresh()
    sounds = Sounds(greetings={did.id: "dealerline/g"}, by_did={did.id: "dealerline/w"})
    assert await routing.refresh()
    plan = routing.decide(DID, "+79161112233", clock.now()).plan
    assert (plan.greeting_sound, plan.whisper_sound) == ("dealerline/g", "dealerline/w")
