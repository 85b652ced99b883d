"""What a dealer lacks before calls can come."""

from dataclasses import replace

import pytest

from callcore.network.checklist import (
    Need,
    OutletReadiness,
    Readiness,
    checklist,
    is_complete,
    waits_for_dealer,
)

pytestmark = pytest.mark.unit

READY_OUTLET = OutletReadiness(7, "Салон", has_hours=True, has_phone=True, accepts_calls=True)
READY = Readiness(
    has_email=True,
    has_card_phone=True,
    has_logo=False,
    has_region=True,
    takes_site_calls=True,
    is_active=True,
    outlets=(READY_OUTLET,),
)


def missing(known: Readiness) -> set[Need]:
    return {item.need for item in checklist(known) if item.is_required and not item.is_done}


def test_logo_and_test_call_may_wait() -> None:
    assert is_complete(checklist(READY))
    assert {item.need for item in checklist(READY) if not item.is_done} == {Need.LOGO, Need.TEST_CALL}


@pytest.mark.parametrize(
    ("change", "need"),
    [
        ({"has_email": False}, Need.CONTACTS),
        ({"has_card_phone": False}, Need.CONTACTS),
        ({"has_region": False}, Need.REGION),
        ({"takes_site_calls": False}, Need.SITE_CALLS),
        ({"is_active": False}, Need.ACTIVE),
        ({"outlets": (replace(READY_OUTLET, has_hours=False),)}, Need.HOURS),
        ({"outlets": (replace(READY_OUTLET, has_phone=False),)}, Need.PHONE),
        ({"outlets": (replace(READY_OUTLET, accepts_calls=False),)}, Need.ACCEPTS),
    ],
)
def test_each_need_alone_keeps_calls_away(change: dict[str, object], need: Need) -> None:
    assert missing(replace(READY, **change)) == {need}


def test_what_only_the_head_office_can_do_does_not_wait_for_the_dealer() -> None:
    known = replace(READY, has_region=False, takes_site_calls=False)
    assert not is_complete(checklist(known))
    assert not waits_for_dealer(checklist(known))
    assert waits_for_dealer(checklist(replace(known, has_email=False)))


def test_without_an_outlet_its_needs_have_no_place() -> None:
    items = {item.need: item for item in checklist(replace(READY, outlets=()))}
    for need in (Need.OUTLET, Need.HOURS, Need.PHONE, Need.ACCEPTS):
        assert not items[need].is_done
        assert items[need].outlet_id is None


def test_two_halves_are_no_whole_and_the_better_one_is_named() -> None:
    """Hours here and a phone there: no outlet can take a call."""
    bare = OutletReadiness(1, "Склад", has_hours=False, has_phone=False, accepts_calls=False)
    half = OutletReadiness(2, "Салон", has_hours=True, has_phone=False, accepts_calls=True)
    items = {item.need: item for item in checklist(replace(READY, outlets=(bare, half)))}
    assert not items[Need.PHONE].is_done
    assert items[Need.PHONE].outlet_id == 2
    assert is_complete(checklist(replace(READY, outlets=(bare, half, READY_OUTLET))))
