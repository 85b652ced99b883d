"""What `numbering lookup` knows of numbers in the spellings that people use."""

import pytest

from callcore.bootstrap.numbering_file import SHIPPED
from callcore.kernel.phone_kinds import NumberKind
from callcore.routing.lookup import RegionName, look_up
from callcore.routing.numbering import parse_numbering, parse_operators

pytestmark = pytest.mark.unit

MOSCOW = RegionName("RU-MOW", "Москва", "Europe/Moscow")


@pytest.fixture(scope="module")
def ask():
    packed = SHIPPED.read_bytes()
    plan, operators = parse_numbering(packed), parse_operators(packed)
    return lambda text: look_up(text, plan, operators, {"RU-MOW": MOSCOW})


def test_a_landline_with_its_extension(ask):
    facts = ask("8 (495) 123-45-67 доб. 12")
    assert (facts.e164, facts.extension, facts.kind) == ("+74951234567", "12", NumberKind.FIXED)
    assert (facts.country, facts.operator, facts.regions) == ("", "", (MOSCOW,))


@pytest.mark.parametrize(
    "text",
    ["+7 900 000-00-00", "8 (900) 000 00 00", "89000000000", "79000000000", "9000000000", "tel:+79000000000"],
)
def test_a_mobile_number_in_every_spelling(ask, text):
    facts = ask(text)
    assert (facts.e164, facts.kind, facts.operator) == (
        "+79000000000",
        NumberKind.MOBILE,
        'ООО "Т2 МОБАЙЛ"',
    )
    assert [region.code for region in facts.regions] == ["RU-KDA"]


def test_a_free_number_has_no_region(ask):
    facts = ask("8-800-555-35-35")
    assert (facts.kind, facts.country, facts.regions) == (NumberKind.FREE, "", ())


@pytest.mark.parametrize(
    ("text", "e164", "country"),
    [
        ("+375 29 123-45-67", "+375291234567", "Беларусь"),
        ("8 10 375 29 123-45-67", "+375291234567", "Беларусь"),
        ("+7 701 123-45-67", "+77011234567", "Казахстан"),
        ("+49 30 901820", "+4930901820", "Германия"),
        ("+800 1234 5678", "+80012345678", "неизвестная страна"),
    ],
)
def test_foreign_numbers_say_their_country(ask, text, e164, country):
    facts = ask(text)
    assert (facts.e164, facts.country, facts.operator, facts.regions) == (e164, country, "", ())


@pytest.mark.parametrize("text", ["", "abc", "112", "7" * 40, "+7 495 123-45-67; +7 495 765-43-21"])
def test_what_is_no_number(ask, text):
    assert ask(text) is None
