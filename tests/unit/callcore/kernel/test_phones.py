"""How people and carriers write telephone numbers."""

import phonenumbers
import pytest

from callcore.kernel.phones import format_phone, mask_phone, parse_phone

pytestmark = pytest.mark.unit

SPELLINGS = [
    ("8 (495) 123-45-67", "+74951234567"),
    ("+7 495 123-45-67", "+74951234567"),
    ("84951234567", "+74951234567"),
    ("4951234567", "+74951234567"),
    ("79161234567", "+79161234567"),
    ("9161234567", "+79161234567"),
    ("8-495-123-45-67 доб. 12", "+74951234567"),
    ("+7 (495) 123-45-67, доб.12", "+74951234567"),
    ("８９１６１２３４５６７", "+79161234567"),
    ("+7\xa0916\xa0123‑45‑67", "+79161234567"),
    ("+7(916)1234567;9161112233", None),
    ("+7 916 123-45-67, +7 495 123-45-67", None),
    ("+7 499 123-45-67 (Иван)", None),
    ("8 10 375 29 1234567", "+375291234567"),
    ("810442071234567", "+442071234567"),
    ("+77011234567", "+77011234567"),
    ("+79401234567", "+79401234567"),
    ("+78095123456", "+78095123456"),
    ("+78035123456", "+78035123456"),
    ("88007001234", "+78007001234"),
    ("112", None),
    ("103", None),
    ("02", None),
    ("123-45-67", None),
    ("+7 916 123 45 6", None),
    ("+7 916 123 45 678", None),
    ("0079161234567", None),
    ("*100#", None),
    ("#31#+79161234567", None),
    ("9161234567&Local/810442071234567", None),
    ("9161234567@evil.example", None),
    ("9161234567\r\nAction: Originate", None),
    ("9161234567p123", None),
    ("+7916123456７８９１２３４", None),
    ("", None),
    ("tel:+7-916-123-45-67", "+79161234567"),
    ("+7 916 O23 45 67", None),
]


@pytest.mark.parametrize(("raw", "e164"), SPELLINGS)
def test_usual_spellings(raw, e164):
    number = parse_phone(raw)
    assert (number.e164 if number else None) == e164


@pytest.mark.parametrize("raw", ["8-495-123-45-67 доб. 12", "+7 (495) 123-45-67, доб.12"])
def test_extension_is_kept_apart(raw):
    number = parse_phone(raw)
    assert number is not None
    assert (number.e164, number.extension, number.digits) == ("+74951234567", "12", "74951234567")


@pytest.mark.parametrize(
    "raw", ["Иван", "anonymous", "7" * 40, "9" * 1000, "${EXTEN}", '"', "&", "\r\n", "\x00"]
)
def test_nonsense_is_no_number(raw):
    assert parse_phone(raw) is None


def test_for_people():
    assert format_phone("+74951234567") == "+7 495 123-45-67"
    assert format_phone("anonymous") == "anonymous"
    assert mask_phone("+79001234567") == "+7 900 [скрыт]"
    assert mask_phone("") == "[скрыт]"


@pytest.mark.parametrize("code", [*range(300, 500), *range(800, 1000)])
def test_the_short_way_agrees_with_the_library(code):
    number = phonenumbers.PhoneNumber(country_code=7, national_number=code * 10**7 + 1234567)
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert format_phone(f"+7{code}1234567") == shown
    assert mask_phone(f"+7{code}1234567") == f"+7 {code} [скрыт]"
