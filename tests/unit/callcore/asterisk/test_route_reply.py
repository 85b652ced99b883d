import pytest

from callcore.asterisk.route_reply import reply_variables
from callcore.routing.decide import decide
from callcore.routing.snapshot import RoutingOptions
from dialplans import contract
from tests.fakes import network
from tests.fakes.network import MONDAY_NOON_UTC, SITE_MOSCOW

pytestmark = pytest.mark.unit


def test_the_whole_plan_in_the_words_of_the_dialplan():
    snapshot = network.snapshot(options=RoutingOptions(whisper_sound="dl/whisper", greeting_sound="dl/hello"))
    assert reply_variables(decide(snapshot, SITE_MOSCOW, "", MONDAY_NOON_UTC).plan) == (
        ("DL_GREETING", "dl/hello"),
        ("DL_WHISPER", "dl/whisper"),
        ("DL_WAITING", ""),
        ("DL_LANG", "ru"),
        ("DL_STEP_1_KEYS", "p20-p21"),
        ("DL_STEP_1_RING", "20"),
        ("DL_STEP_1_KIND", "outlet"),
        ("DL_STEP_2_KEYS", "p22"),
        ("DL_STEP_2_RING", "20"),
        ("DL_STEP_2_KIND", "outlet"),
        ("DL_STEP_3_KEYS", "p30"),
        ("DL_STEP_3_RING", "30"),
        ("DL_STEP_3_KIND", "operators"),
        ("DL_STEP_4_KEYS", "p40"),
        ("DL_STEP_4_RING", "25"),
        ("DL_STEP_4_KIND", "duty"),
        ("DL_STEPS", "4"),
    )


def test_an_empty_plan_says_so():
    decision = decide(network.snapshot(phones=()), SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert (contract.STEPS, "0") in reply_variables(decision.plan)


def test_nothing_that_people_typed_reaches_the_dialplan():
    evil = '${SYSTEM(id)}",&\r\n'
    snapshot = network.snapshot(
        outlets=(network.outlet(10, 2, name=evil),), orgs=(network.org(2, "/1/2/", name=evil),)
    )
    values = reply_variables(decide(snapshot, SITE_MOSCOW, evil, MONDAY_NOON_UTC).plan)
    assert len(values) > 2
    assert not any(set(value) & set('${}()",&\r\n') for _, value in values)


def test_the_proof_of_a_whole_plan_is_not_ours_to_give():
    names = [
        name for name, _ in reply_variables(decide(network.snapshot(), SITE_MOSCOW, "", MONDAY_NOON_UTC).plan)
    ]
    assert contract.ROUTED not in names
