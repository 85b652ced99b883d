"""The application's answer takes part in what is live, is told to whoever keeps count, and speaks with ready sounds."""

from datetime import datetime

import pytest

from callcore.asterisk.agi.protocol import AgiRequest
from callcore.asterisk.inbound import InboundRouting
from callcore.calls.facts import RouteDecided
from callcore.kernel.database import Database
from callcore.kernel.metrics import Metrics
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import Decision
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.snapshot import RoutingOptions
from callcore.routing.sounds import NO_SOUNDS, Sounds
from tests.factories.network import make_did, make_org, make_outlet, make_phone
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

DID = "+74951112233"


class Keeper:
    """What the application hands in."""

    def __init__(self) -> None:
        self.live = NOTHING_LIVE
        self.sounds = NO_SOUNDS
        self.noted: list[tuple[Decision, datetime]] = []
        self.told: list[RouteDecided] = []
        self.is_broken = False

    def note(self, decision: Decision, now: datetime) -> None:
        if self.is_broken:
            raise RuntimeError("the keeper is out of order")
        self.noted.append((decision, now))


@pytest.fixture
async def network(database: Database) -> tuple[str, int]:
    """The key of the outlet's only phone and the number's id."""
    async with database.transaction() as session:
        root = await make_org(session)
        dealer = await make_org(session, parent=root)
        outlet = await make_outlet(session, dealer)
        phone = await make_phone(session, outlet=outlet)
        await make_phone(session)
        did = await make_did(session, region_code="RU-MOW", number=DID)
        return f"p{phone.id}", did.id


def make_routing(database: Database, clock: FakeClock, keeper: Keeper) -> InboundRouting:
    return InboundRouting(
        database=database,
        clock=clock,
        numbering=lambda: EMPTY_PLAN,
        options=RoutingOptions(),
        offer=keeper.told.append,
        metrics=Metrics(),
        live=lambda: keeper.live,
        sounds=lambda: keeper.sounds,
        note=keeper.note,
    )


def request() -> AgiRequest:
    did = DID.removeprefix("+")
    return AgiRequest("inbound", "1.1", did, "+79161112233", "", "PJSIP/t-1", "1.1", ("1.1", did))


async def test_what_is_live_counts_from_the_next_call_on(
    database: Database, clock: FakeClock, network: tuple[str, int]
) -> None:
    keeper = Keeper()
    routing = make_routing(database, clock, keeper)
    await routing.refresh()
    first = routing.answer(request())
    assert dict(first.variables)["DL_STEP_1_KEYS"] == network[0]
    assert keeper.noted == []
    first.afterwards()
    keeper.live = Live(version=1, unreachable=frozenset({network[0]}))
    second = routing.answer(request())
    second.afterwards()
    assert dict(second.variables)["DL_STEP_1_KIND"] == "duty"
    assert [decision.explanation.live_version for decision, _ in keeper.noted] == [0, 1]
    assert {at for _, at in keeper.noted} == {clock.now()}


async def test_a_broken_keeper_costs_neither_the_caller_his_answer_nor_the_journal_its_row(
    database: Database, clock: FakeClock, network: tuple[str, int]
) -> None:
    keeper = Keeper()
    keeper.is_broken = True
    routing = make_routing(database, clock, keeper)
    await routing.refresh()
    answer = routing.answer(request())
    assert dict(answer.variables)["DL_STEP_1_KEYS"] == network[0]
    with pytest.raises(RuntimeError):
        answer.afterwards()
    assert [fact.call_id for fact in keeper.told] == ["1.1"]


async def test_new_sounds_make_a_new_snapshot(
    database: Database, clock: FakeClock, network: tuple[str, int]
) -> None:
    keeper = Keeper()
    routing = make_routing(database, clock, keeper)
    assert await routing.refresh()
    assert not await routing.refresh()
    keeper.sounds = Sounds(greetings={network[1]: "dealerline/g"}, by_did={network[1]: "dealerline/w"})
    assert await routing.refresh()
    said = dict(routing.answer(request()).variables)
    assert (said["DL_GREETING"], said["DL_WHISPER"]) == ("dealerline/g", "dealerline/w")
