from dataclasses import replace
from datetime import timedelta

import pytest

from callcore.network.model import OrgState
from callcore.network.policy import Policy
from callcore.routing.choose import MAX_LISTED
from callcore.routing.decide import decide
from callcore.routing.model import Reason, RegionSource, RouteKind, RouteWarning
from callcore.routing.numbering import parse_numbering
from callcore.routing.snapshot import RoutingOptions
from dialplans.contract import MAX_STEPS, StepKind
from tests.fakes import network
from tests.fakes.network import DEALER_DID, MONDAY_NOON_UTC, OPERATORS_DID, SITE, SITE_MOSCOW, WORKDAYS

pytestmark = pytest.mark.unit

URAL_MOBILE = "+79122345678"


@pytest.fixture(scope="module")
def numbering():
    from callcore.routing.compile_numbering import pack

    return parse_numbering(
        pack(
            [
                (9120000000, ("RU-SVE",)),
                (9130000000, ()),
                (9160000000, ("RU-MOW", "RU-SVE")),
                (9170000000, ("RU-XX",)),
            ],
            "t",
        )
    )


def keys(decision):
    return [step.phone_keys for step in decision.plan.steps]


def outlets(decision):
    return [step.outlet_id for step in decision.plan.steps if step.kind is StepKind.OUTLET]


def reasons(decision):
    return {item.outlet_id: item.reason for item in decision.explanation.considered}


def test_region_of_the_did_outlets_in_order_then_operators_then_duty():
    decision = decide(network.snapshot(), SITE_MOSCOW, URAL_MOBILE, MONDAY_NOON_UTC)
    assert keys(decision) == [("p20", "p21"), ("p22",), ("p30",), ("p40",)]
    assert [step.kind for step in decision.plan.steps][-2:] == [StepKind.OPERATORS, StepKind.DUTY]
    assert (decision.did_id, decision.region_code, decision.source, decision.warning) == (
        2,
        "RU-MOW",
        "yandex",
        "",
    )
    assert decision.explanation.region_source is RegionSource.DID


@pytest.mark.parametrize("dialled", ["+74951000002", "74951000002", "84951000002", "4951000002"])
def test_a_did_in_every_carrier_spelling(dialled):
    assert decide(network.snapshot(), dialled, "", MONDAY_NOON_UTC).did_id == 2


def test_region_of_the_caller_when_the_did_has_none(numbering):
    decision = decide(network.snapshot(numbering=numbering), SITE, URAL_MOBILE, MONDAY_NOON_UTC)
    assert outlets(decision) == [12]
    assert decision.explanation.region_source is RegionSource.CALLER


def test_a_number_of_two_regions_tries_both(numbering):
    decision = decide(network.snapshot(numbering=numbering), SITE, "+79161234567", MONDAY_NOON_UTC)
    assert outlets(decision) == [10, 11, 12]
    assert decision.region_code == "RU-MOW"
    assert decision.explanation.region_also == ("Свердловская область",)


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "7" * 40, "Иван", "+77011234567", "+79170000000", "${X}", '"a",\r\n']
)
def test_no_region_means_the_head_office(numbering, caller):
    decision = decide(network.snapshot(numbering=numbering), SITE, caller, MONDAY_NOON_UTC)
    assert keys(decision) == [("p30",), ("p40",)]
    assert decision.explanation.route is RouteKind.HEAD_OFFICE
    assert decision.region_code is None
    assert decision.warning == ""


def test_a_dealers_number_reaches_the_dealer_and_all_below_even_without_site_calls():
    orgs = (
        network.org(1, "/1/"),
        network.org(2, "/1/2/", takes_site_calls=False),
        network.org(3, "/1/2/3/"),
        network.org(5, "/1/2/3/5/"),
    )
    places = (network.outlet(10, 2), network.outlet(11, 3), network.outlet(13, 5, position=1))
    phones = tuple(network.outlet_phone(n, n) for n in (10, 11, 13))
    snapshot = network.snapshot(orgs=orgs, outlets=places, phones=phones)
    assert outlets(decide(snapshot, DEALER_DID, "", MONDAY_NOON_UTC)) == [13, 10, 11]
    site_call = decide(snapshot, SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert outlets(site_call) == [13, 11]
    assert reasons(site_call)[10] is Reason.NO_SITE_CALLS


def test_straight_to_operators():
    decision = decide(network.snapshot(), OPERATORS_DID, "", MONDAY_NOON_UTC)
    assert keys(decision) == [("p30",), ("p40",)]
    assert decision.explanation.route is RouteKind.OPERATORS


@pytest.mark.parametrize("dialled", ["+74959999999", "", "9" * 40, "s", "+7495'; DROP"])
def test_unknown_did_goes_to_the_head_office_with_a_warning(dialled):
    decision = decide(network.snapshot(), dialled, URAL_MOBILE, MONDAY_NOON_UTC)
    assert keys(decision) == [("p30",), ("p40",)]
    assert decision.warning == RouteWarning.UNKNOWN_DID
    assert (decision.did_id, decision.source) == (None, "unknown")


def test_at_three_at_night_only_the_duty_phone_rings():
    decision = decide(network.snapshot(), SITE_MOSCOW, "", MONDAY_NOON_UTC + timedelta(hours=15))
    assert keys(decision) == [("p40",)]
    assert set(reasons(decision).values()) == {Reason.CLOSED}
    closed = decision.explanation.considered[0]
    assert dict(closed.data) == {"day": "tue", "hours": "09:00-18:00", "local": "03:00"}


def test_each_outlet_lives_on_its_own_clock():
    directory = {"dids": (replace(network.dids()[1], region_code="RU-SVE"),)}
    early = MONDAY_NOON_UTC.replace(hour=4, minute=30)  # 07:30 in Moscow, 09:30 in Yekaterinburg
    assert outlets(decide(network.snapshot(**directory), SITE_MOSCOW, "", early)) == [12]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"accepts_calls": False}, Reason.NOT_ACCEPTING),
        ({"hours": {"mon": [["9", "18"]]}}, Reason.HOURS_UNREADABLE),
        ({"hours": {"mon": 5}}, Reason.HOURS_UNREADABLE),
        ({"tz": "Europe/Mosscow"}, Reason.HOURS_UNREADABLE),
        ({"tz": "../etc/passwd"}, Reason.HOURS_UNREADABLE),
        ({"hours": {}}, Reason.CLOSED),
    ],
)
def test_why_an_outlet_is_out(change, reason):
    snapshot = network.snapshot(outlets=(network.outlet(10, 2, **change), network.outlet(11, 3)))
    decision = decide(snapshot, SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert outlets(decision) == [11]
    assert reasons(decision)[10] is reason


def test_an_outlet_without_phones_is_out():
    decision = decide(
        network.snapshot(phones=(network.outlet_phone(22, 11),)), SITE_MOSCOW, "", MONDAY_NOON_UTC
    )
    assert outlets(decision) == [11]
    assert reasons(decision)[10] is Reason.NO_PHONES


def test_a_suspended_dealer_takes_those_below_with_him():
    orgs = (
        network.org(1, "/1/"),
        network.org(2, "/1/2/", state=OrgState.SUSPENDED),
        network.org(3, "/1/2/3/"),
    )
    snapshot = network.snapshot(orgs=orgs)
    for dialled in (SITE_MOSCOW, DEALER_DID):
        decision = decide(snapshot, dialled, "", MONDAY_NOON_UTC)
        assert outlets(decision) == []
        assert reasons(decision)[10] is reasons(decision)[11] is Reason.ORG_SUSPENDED


def test_an_organisation_that_serves_the_region_from_elsewhere_comes_after_those_who_stand_there():
    orgs = (*network.directory().orgs[:3], network.org(4, "/1/4/", region_codes=("RU-MOW",)))
    places = (*network.directory().outlets[:2], replace(network.directory().outlets[2], position=1))
    decision = decide(network.snapshot(orgs=orgs, outlets=places), SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert outlets(decision) == [10, 11, 12]


def test_a_plan_has_an_end_and_keeps_room_for_duty():
    many = tuple(network.outlet(n, 2) for n in range(100, 100 + MAX_STEPS + MAX_LISTED + 30))
    phones = (
        *(network.outlet_phone(place.id, place.id) for place in many),
        network.operator(1),
        network.duty(2),
    )
    decision = decide(network.snapshot(outlets=many, phones=phones), SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert len(decision.plan.steps) == Policy().max_outlets + 2
    assert outlets(decision) == [place.id for place in many[: Policy().max_outlets]]
    assert [step.kind for step in decision.plan.steps][-2:] == [StepKind.OPERATORS, StepKind.DUTY]
    listed = [item for item in decision.explanation.considered if item.reason is Reason.OVER_LIMIT]
    assert len(listed) == MAX_LISTED
    assert decision.explanation.omitted == ((Reason.OVER_LIMIT, 38),)


def test_duty_phones_ring_one_after_another_in_their_order():
    phones = (network.duty(1, 2), network.duty(2, 1), network.duty(3, 3))
    assert keys(decide(network.snapshot(phones=phones), SITE, "", MONDAY_NOON_UTC)) == [
        ("p2",),
        ("p1",),
        ("p3",),
    ]


def test_nobody_at_all_is_a_warning_not_an_error():
    decision = decide(network.snapshot(phones=()), SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert decision.plan.steps == ()
    assert decision.warning == RouteWarning.NO_TARGETS


def test_operators_hours_are_the_head_offices_own():
    options = RoutingOptions(operator_hours=WORKDAYS, operators_ring_s=12)
    snapshot = network.snapshot(options=options)
    assert decide(snapshot, OPERATORS_DID, "", MONDAY_NOON_UTC).plan.steps[0].ring_s == 12
    assert keys(decide(snapshot, OPERATORS_DID, "", MONDAY_NOON_UTC + timedelta(hours=6))) == [("p40",)]
