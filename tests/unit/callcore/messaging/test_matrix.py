"""Whose choice wins in the matrix."""

import pytest

from callcore.messaging.matrix import EVENTS, Channel, Choice, Recipient, choices_of
from callcore.messaging.sms_length import sms_length

pytestmark = pytest.mark.unit
SITE, EMAIL, SMS = Channel.SITE, Channel.EMAIL, Channel.SMS
DEALER, ADMIN, MANAGER = Recipient.DEALER, Recipient.ADMIN, Recipient.MANAGER


def test_later_layers_win_and_locked_cells_never_go_off() -> None:
    event = EVENTS["order:message-from-customer"]
    chosen = [
        Choice(event.code, DEALER, EMAIL, False),
        Choice(event.code, DEALER, EMAIL, True, org_id=5),
        Choice(event.code, Recipient.SELF, EMAIL, False, user_id=7),
        Choice("order:status", DEALER, SITE, True),
    ]
    choices = choices_of(event, chosen)
    assert choices.for_recipient(DEALER, SITE)
    assert not choices.for_recipient(DEALER, EMAIL)
    assert choices.for_recipient(DEALER, EMAIL, org_id=5)
    assert choices.for_person(6, 5, {DEALER}, EMAIL)
    assert not choices.for_person(7, 5, {DEALER}, EMAIL)
    assert choices.for_person(7, 9, {DEALER, MANAGER}, SITE)
    assert not choices.for_person(8, 5, set(), SITE)
    complaint = EVENTS["feedback:complaint"]
    off = [
        Choice(complaint.code, ADMIN, SITE, False),
        Choice(complaint.code, ADMIN, SITE, False, org_id=5),
        Choice(complaint.code, Recipient.SELF, SITE, False, user_id=7),
    ]
    assert choices_of(complaint, off).for_recipient(ADMIN, SITE, 5)
    assert choices_of(complaint, off).for_person(7, 5, {ADMIN}, SITE)


def test_a_dealer_decides_for_his_own_people_alone() -> None:
    event = EVENTS["order:released"]
    choices = choices_of(event, [Choice(event.code, ADMIN, EMAIL, False, org_id=5)])
    assert choices.for_recipient(ADMIN, EMAIL, 5)


def test_a_customer_has_no_inbox() -> None:
    assert not any(event.offers(Recipient.CUSTOMER, SITE) for event in EVENTS.values())


@pytest.mark.parametrize(
    ("text", "units", "parts", "is_unicode"),
    [
        ("", 0, 0, False),
        ("a" * 160, 160, 1, False),
        ("a" * 161, 161, 2, False),
        ("€" * 80, 160, 1, False),
        ("я" * 70, 70, 1, True),
        ("я" * 71, 71, 2, True),
        ("я" * 134, 134, 2, True),
        ("я" * 135, 135, 3, True),
        ("\N{GRINNING FACE}", 2, 1, True),
    ],
)
def test_parts_of_an_sms(text: str, units: int, parts: int, is_unicode: bool) -> None:
    length = sms_length(text)
    assert (length.units, length.parts, length.is_unicode) == (units, parts, is_unicode)
