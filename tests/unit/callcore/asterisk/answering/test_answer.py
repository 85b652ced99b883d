"""What the process that answers callers knows, and how its own decisions count before the application has heard of them."""

from datetime import timedelta

import pytest

from callcore.asterisk.agi import AgiRequest
from callcore.asterisk.answering.answer import CallAnswerer
from callcore.asterisk.answering.messages import HEAD, Decided, Network, pack, unpack
from callcore.kernel.errors import NotAllowedNow
from callcore.network.policy import ActivePolicy, Policy, Quota, QuotaUnit, Stage, StageKind
from callcore.outbound.masked_way import MaskedWay
from callcore.routing.given import Given, with_given
from callcore.routing.live import Live, QuotaCount
from callcore.routing.snapshot import with_policy
from callcore.routing.stored import from_json
from dialplans import contract
from tests.fakes import network
from tests.fakes.clock import FakeClock
from tests.fakes.network import MONDAY_NOON_UTC, SITE_MOSCOW

pytestmark = pytest.mark.unit

CALLER = "+79161112233"
BASE = Stage(StageKind.BASE)


class Application:
    """What it would hear."""

    def __init__(self) -> None:
        self.clock = FakeClock(MONDAY_NOON_UTC)
        self.told: list[Decided] = []
        self.answerer = CallAnswerer(self.clock, self.told.append)

    def call(self, did: str = SITE_MOSCOW, caller: str = CALLER) -> dict[str, str]:
        reply = self.answerer.answer(AgiRequest("inbound", "1.1", did, caller, "", "PJSIP/t", "1.1", ()))
        reply.afterwards()
        return dict(reply.variables)


@pytest.fixture
def application() -> Application:
    return Application()


def test_nobody_is_answered_before_the_network_is_known(application: Application) -> None:
    with pytest.raises(NotAllowedNow):
        application.call()
    assert application.told == []


def test_each_decision_is_told_with_its_explanation(application: Application) -> None:
    whole = network.snapshot()
    application.answerer.learn_network(unpack(pack(Network(whole, None))[HEAD.size :]).snapshot)
    assert application.call()["DL_STEP_1_KEYS"] == "p20-p21"
    _ = application.call()
    assert [told.number for told in application.told] == [1, 2]
    told = application.told[0]
    assert told.took_s > 0
    assert told.fact.call_id == "1.1"
    assert told.given == Given(MONDAY_NOON_UTC, ("p20", "p21"), told.given.org_id)
    assert told.fact.explanation is not None
    assert from_json(told.fact.explanation).plan.steps[0].phone_keys == ("p20", "p21")


def test_who_is_busy_is_learnt(application: Application) -> None:
    application.answerer.learn_network(network.snapshot())
    application.answerer.learn_live({"unreachable": frozenset({"p20", "p21", "p22"})}, 0)
    assert application.call()["DL_STEP_1_KIND"] == "operators"


def test_quotas_hold_between_two_words_of_the_application(application: Application) -> None:
    """Two dealers share by halves: every second call is the other's, whether the application has heard of the first or not."""
    orgs = (network.org(2, "/1/2/"), network.org(3, "/1/3/"))
    places = (network.outlet(10, 2), network.outlet(11, 3))
    shares = tuple(Quota(org_id, QuotaUnit.PERCENT, 50) for org_id in (2, 3))
    policy = ActivePolicy(1, 1, "Поровну", Policy((Stage(StageKind.QUOTA, quotas=shares), BASE)))
    snapshot = with_policy(network.snapshot(orgs=orgs, outlets=places), policy)
    application.answerer.learn_network(snapshot)
    heard = Live()
    for number in range(12):
        _ = application.call()
        application.clock.advance(timedelta(seconds=1))
        if number % 5 == 4:  # it has heard of all but the last
            heard = with_given(Live(), [told.given for told in application.told[:-1]])
            application.answerer.learn_live({"quotas": heard.quotas}, number)
        given = [told.given.quota_org_id for told in application.told]
        assert abs(given.count(2) - given.count(3)) <= 1, given
    assert heard.quotas[1].counted == 9


def test_a_masked_session_needs_no_network(application: Application) -> None:
    way = MaskedWay(CALLER, SITE_MOSCOW, "p7", 5, MONDAY_NOON_UTC + timedelta(days=1))
    application.answerer.learn_ways({("+79031112233", SITE_MOSCOW): way})
    said = application.call(did=SITE_MOSCOW.removeprefix("+"), caller="89031112233")
    assert (said[contract.MASKED], said[contract.OUT_NUMBER]) == ("p7", CALLER)
    assert application.told == []
    application.clock.advance(timedelta(days=2))
    with pytest.raises(NotAllowedNow):
        application.call(did=SITE_MOSCOW, caller="89031112233")


def test_what_a_decision_changes_at_once() -> None:
    live = Live(version=4, quotas={1: QuotaCount(3, {2: 3})})
    assert with_given(live, ()) is live
    news = (Given(MONDAY_NOON_UTC, ("p1", "p2"), 7, 1, 2), Given(MONDAY_NOON_UTC, (), None, 2, None))
    assert with_given(live, news) == Live(
        version=4,
        phone_used_at={"p1": MONDAY_NOON_UTC, "p2": MONDAY_NOON_UTC},
        org_used_at={7: MONDAY_NOON_UTC},
        quotas={1: QuotaCount(4, {2: 4}), 2: QuotaCount(1, {})},
    )
